//! What a network that holds conversations is worth: its bound, and its answers.

use super::{ANSWERS, AnswerMeter, AnswerQuality, On, Row, Smoothing, with_engine};
use crate::config::Config;
use crate::crossbar::CrossbarNet;
use crate::model::{Effort, Example, Protocol, TrainedModel, evaluate_conversations};
use serde::Serialize;

/// The figures of one engine on conversations, every sentence given those before it; `net` for those that are not float.
pub fn measure_conversations(
    model: &TrainedModel,
    net: Option<&CrossbarNet>,
    config: &Config,
    on: On,
    conversations: &[Example],
    protocol: Protocol,
    effort: &Effort,
) -> Row {
    let made = with_engine(model, net, config, on, |engine| {
        evaluate_conversations(engine, conversations, protocol, effort)
    });
    Row::of(on, made, effort)
}

/// What the answers of one engine are worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnswersRow {
    /// Which engine.
    pub on: On,
    /// Its answers to every context.
    #[serde(flatten)]
    pub quality: AnswerQuality,
    /// NLL of the answers given their contexts under the model itself, in nats a word, and what it is of the references:
    /// broken sentences are diverse too.
    pub nll_of_answers: f64,
    /// The same of the sentences that were said.
    pub nll_of_references: f64,
}

/// The answers of one engine, [`ANSWERS`] to each of the first `contexts` contexts (0: all), at most `limit` tokens each.
/// Every sentence is the reference of a context, the first of a conversation that of none.
///
/// # Panics
/// If there is no sentence, or the network holds no conversations.
pub fn answer(
    model: &TrainedModel,
    net: Option<&CrossbarNet>,
    config: &Config,
    on: On,
    conversations: &[Example],
    (contexts, seed): (usize, u64),
    limit: usize,
) -> AnswersRow {
    let turns = conversations.iter().flat_map(|c| (0..c.turns.len()).map(move |turn| (c, turn)));
    let most = if contexts == 0 { usize::MAX } else { contexts };
    let asked: Vec<(&Example, usize)> = turns.take(most).collect();
    let heard: Vec<&[Vec<u32>]> = asked.iter().map(|(c, turn)| &c.turns[..*turn]).collect();
    let made =
        with_engine(model, net, config, on, |engine| engine.answers_to(&heard, (ANSWERS, seed), limit));
    let mut meter = AnswerMeter::new(Smoothing::default());
    for (answers, (conversation, turn)) in made.figures.iter().zip(&asked) {
        meter.add(answers, &conversation.turns[*turn]);
    }
    let first = made.figures.iter().zip(&asked).map(|(answers, (conversation, turn))| {
        let answer = [vec![crate::model::SOS], answers[0].clone()].concat();
        (&conversation.turns[..*turn], answer)
    });
    let said = asked.iter().map(|(c, turn)| (&c.turns[..*turn], c.turns[*turn].clone()));
    AnswersRow {
        on,
        quality: meter.quality().expect("a context at least"),
        nll_of_answers: nll_of_last(model, first),
        nll_of_references: nll_of_last(model, said),
    }
}

/// NLL of sentences given what was said before them, z at the mean of its posterior, in nats a word.
fn nll_of_last<'a>(model: &TrainedModel, sentences: impl Iterator<Item = (&'a [Vec<u32>], Vec<u32>)>) -> f64 {
    let whole = sentences.map(|(context, sentence)| {
        Example::conversation([context, std::slice::from_ref(&sentence)].concat())
    });
    let whole: Vec<Example> = whole.collect();
    let drawn = model.float_net().drawn_conversations(&whole.iter().collect::<Vec<_>>(), None);
    let last = || drawn.iter().filter_map(|turns| turns.last());
    let words: usize = last().map(|drawn| drawn.scores.len()).sum();
    let nats: f64 = last().map(|drawn| drawn.kl.iter().sum::<f64>() - drawn.log_likelihood()).sum();
    nats / words.max(1) as f64
}
