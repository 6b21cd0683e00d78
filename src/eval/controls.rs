//! Answers that need no model: what a dialogue model must be better than.

use super::answers::{ANSWERS, AnswerMeter, AnswerQuality};
use super::bleu::Smoothing;
use crate::model::{Random, SOS, SPECIAL};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Where an answer is from, if not from a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Control {
    /// Answers of the training set, drawn anew for every context.
    Random,
    /// The most frequent answer of the training set, again and again.
    Frequent,
    /// The answers that were given in the training set where the context was most like this one.
    Retrieved,
}

impl Control {
    /// All of them.
    pub const ALL: [Control; 3] = [Control::Random, Control::Frequent, Control::Retrieved];

    /// In small letters.
    pub const fn name(self) -> &'static str {
        match self {
            Control::Random => "random",
            Control::Frequent => "frequent",
            Control::Retrieved => "retrieved",
        }
    }
}

/// The answers of a training set, and where each was given.
///
/// Every utterance is an answer to those before it, the first to none. Contexts are compared by their last utterances as
/// bags of words: the cosine of vectors of n (1 + ln((1 + N) / (1 + d))), where a word stands n times in the context and in
/// d of the N contexts. Special tokens are no words; a context of no utterance is like those of none.
#[derive(Debug, Clone)]
pub struct Controls<'a> {
    answers: Vec<&'a [u32]>,
    frequent: &'a [u32],
    /// Last utterances of a context that are compared.
    window: usize,
    /// By word: how rare it is, and each context that has it with its part in the unit vector of it.
    words: HashMap<u32, (f64, Vec<(usize, f64)>)>,
}

/// Every utterance behind those before it.
fn turns(conversations: &[Vec<Vec<u32>>]) -> impl Iterator<Item = (&[Vec<u32>], &[u32])> {
    conversations
        .iter()
        .flat_map(|all| all.iter().enumerate().map(|(turn, said)| (&all[..turn], said.as_slice())))
}

impl<'a> Controls<'a> {
    /// Of conversations as [`Dialogues::numbered`](crate::model::Dialogues::numbered) gives them; contexts are compared by
    /// their last `window` utterances.
    ///
    /// # Panics
    /// If there is no utterance.
    pub fn of(conversations: &'a [Vec<Vec<u32>>], window: usize) -> Controls<'a> {
        let answers: Vec<&[u32]> = turns(conversations).map(|(_, answer)| answer).collect();
        let mut counts: HashMap<&[u32], (usize, usize)> = HashMap::new();
        for (place, &answer) in answers.iter().enumerate() {
            counts.entry(answer).or_insert((0, place)).0 += 1;
        }
        let most = counts.into_values().max_by_key(|&(count, first)| (count, std::cmp::Reverse(first)));
        let (_, frequent) = most.expect("an utterance at least");

        let bags: Vec<_> = turns(conversations).map(|(context, _)| bag(context, window)).collect();
        let mut contexts: HashMap<u32, usize> = HashMap::new();
        bags.iter().flat_map(BTreeMap::keys).for_each(|&word| *contexts.entry(word).or_default() += 1);
        let rarity = |contexts: usize| 1.0 + libm::log((1 + bags.len()) as f64 / (1 + contexts) as f64);
        let mut words: HashMap<u32, (f64, Vec<(usize, f64)>)> =
            contexts.into_iter().map(|(word, contexts)| (word, (rarity(contexts), Vec::new()))).collect();
        for (place, bag) in bags.iter().enumerate() {
            let norm = bag.iter().map(|(word, n)| (*n as f64 * words[word].0).powi(2)).sum::<f64>().sqrt();
            for (word, n) in bag {
                if let Some((rarity, places)) = words.get_mut(word) {
                    places.push((place, *n as f64 * *rarity / norm));
                }
            }
        }
        Controls { frequent: answers[frequent], answers, window, words }
    }

    /// `count` answers to the context with number `number`, as `control` gives them. `seed` and `number` decide what is drawn.
    pub fn answers(
        &self,
        control: Control,
        (seed, number): (u64, u64),
        context: &[Vec<u32>],
        count: usize,
    ) -> Vec<Vec<u32>> {
        match control {
            Control::Random => {
                let mut random = Random::keyed(&[seed, number]);
                (0..count).map(|_| self.answers[random.below(self.answers.len())].to_vec()).collect()
            }
            Control::Frequent => vec![self.frequent.to_vec(); count],
            Control::Retrieved => {
                self.nearest(context, count).into_iter().map(|place| self.answers[place].to_vec()).collect()
            }
        }
    }

    /// The places of the `count` contexts that are most like this one, the most like first, ties by their order.
    fn nearest(&self, context: &[Vec<u32>], count: usize) -> Vec<usize> {
        // The length of this context's own vector changes no order.
        let mut likeness = vec![0.0; self.answers.len()];
        for (word, n) in bag(context, self.window) {
            if let Some((rarity, places)) = self.words.get(&word) {
                places.iter().for_each(|&(place, part)| likeness[place] += n as f64 * rarity * part);
            }
        }
        let mut best: Vec<usize> = Vec::with_capacity(count + 1);
        for place in 0..likeness.len() {
            let at = best.partition_point(|&other| likeness[other] >= likeness[place]);
            if at < count {
                best.insert(at, place);
                best.truncate(count);
            }
        }
        best
    }

    /// What the answers of `control` to every context of `conversations` are worth, [`ANSWERS`] each; none without contexts.
    pub fn measure(
        &self,
        control: Control,
        seed: u64,
        conversations: &[Vec<Vec<u32>>],
        smoothing: Smoothing,
    ) -> Option<AnswerQuality> {
        let mut meter = AnswerMeter::new(smoothing);
        for (number, (context, reference)) in turns(conversations).enumerate() {
            meter.add(&self.answers(control, (seed, number as u64), context, ANSWERS), reference);
        }
        meter.quality()
    }
}

/// How often each word stands in the last `window` utterances.
fn bag(context: &[Vec<u32>], window: usize) -> BTreeMap<u32, usize> {
    let mut bag = BTreeMap::new();
    if context.is_empty() {
        bag.insert(SOS, 1);
    }
    let last = &context[context.len().saturating_sub(window)..];
    for &word in last.iter().flatten().filter(|&&token| token as usize >= SPECIAL.len()) {
        *bag.entry(word).or_default() += 1;
    }
    bag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EOS;

    fn conversation(utterances: &[&[u32]]) -> Vec<Vec<u32>> {
        utterances.iter().map(|words| [&[SOS], *words, &[EOS]].concat()).collect()
    }

    fn training() -> Vec<Vec<Vec<u32>>> {
        vec![
            conversation(&[&[10, 11], &[20], &[12], &[30]]),
            conversation(&[&[10, 13], &[21], &[12], &[31]]),
            conversation(&[&[14], &[21]]),
        ]
    }

    fn last(answers: &[Vec<u32>]) -> Vec<u32> {
        answers.iter().map(|answer| answer[answer.len() - 2]).collect()
    }

    #[test]
    fn the_answer_to_the_most_similar_context_comes_first() {
        let training = training();
        let controls = Controls::of(&training, 1);
        let to = |context: &[&[u32]]| {
            last(&controls.answers(Control::Retrieved, (0, 0), &conversation(context), 3))
        };
        // 13 is rarer than 10, so the second beginning is the more similar one.
        assert_eq!(to(&[&[10, 13]])[..2], [21, 20]);
        assert_eq!(to(&[&[10, 11]])[..2], [20, 21]);
        // A tie: by order. Of two utterances only the last is looked at.
        assert_eq!(to(&[&[14], &[12]])[..2], [30, 31]);
        // A beginning is like beginnings.
        assert_eq!(to(&[]), [11, 13, 14]);
        // Nothing is like it: all tie.
        assert_eq!(to(&[&[99]]), [11, 20, 12]);
    }

    #[test]
    fn a_window_of_two_sees_the_utterance_before_the_last() {
        let training = training();
        let of = |window| {
            let controls = Controls::of(&training, window);
            last(&controls.answers(Control::Retrieved, (0, 0), &conversation(&[&[10, 13], &[21], &[12]]), 1))
        };
        assert_eq!((of(1), of(2)), (vec![30], vec![31]));
    }

    #[test]
    fn the_most_frequent_answer_is_said_again_and_again() {
        let training = training();
        let controls = Controls::of(&training, 1);
        // 12 and 21 come twice each; 12 came first.
        assert_eq!(last(&controls.answers(Control::Frequent, (0, 0), &[], 3)), [12, 12, 12]);
    }

    #[test]
    fn random_answers_are_those_of_their_seed_and_number() {
        let training = training();
        let controls = Controls::of(&training, 1);
        let of = |seed, number| controls.answers(Control::Random, (seed, number), &[], 40);
        assert_eq!(of(1, 2), of(1, 2));
        assert!(of(1, 2) != of(1, 3) && of(1, 2) != of(2, 2));
        let said: std::collections::BTreeSet<u32> = last(&of(1, 2)).into_iter().collect();
        assert_eq!(said, [11, 12, 13, 14, 20, 21, 30, 31].into());
    }

    /// A set answered out of itself is answered right, and one answer again and again is the least diverse.
    #[test]
    fn rows_of_a_table() {
        let training = training();
        let controls = Controls::of(&training, 9);
        let row = |control| controls.measure(control, 5, &training, Smoothing::Nltk36).unwrap();
        let [random, frequent, retrieved] = Control::ALL.map(row);
        assert_eq!(random.contexts, 10);
        assert!(retrieved.bleu_recall > random.bleu_recall && random.bleu_recall > frequent.bleu_recall);
        assert!((frequent.inter_distinct_1 - 0.1).abs() < 1e-6, "{frequent:?}");
        assert_eq!(controls.measure(Control::Random, 5, &[], Smoothing::Nltk36), None);
    }
}
