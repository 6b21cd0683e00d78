//! Conversations in floating point: what their sentences come to, and answers to them.

use super::drawn::written;
use super::sequence::scores;
use super::{
    Carry, Drawn, Exact, Example, FloatNet, Layout, Over, Pass, Random, Role, Trace, Turns, fingerprint,
    longest_first,
};
use ndarray::{Array2, Axis};

/// Conversations evaluated together.
const BATCH: usize = 16;
/// Answers written together.
const ANSWERS: usize = 64;

/// The sentences of conversations, longest first, and of each conversation which of them it is made of.
pub fn flattened<'a>(conversations: &[&'a Example]) -> (Vec<&'a [u32]>, Vec<Vec<usize>>) {
    let all: Vec<&[u32]> = conversations.iter().flat_map(|c| c.turns.iter().map(Vec::as_slice)).collect();
    let order = longest_first(&all.iter().map(|s| s.len()).collect::<Vec<_>>());
    let mut place = vec![0; all.len()];
    order.iter().enumerate().for_each(|(at, &sentence)| place[sentence] = at);
    let mut places = place.into_iter();
    let followers = conversations.iter().map(|c| places.by_ref().take(c.turns.len()).collect()).collect();
    (order.iter().map(|&i| all[i]).collect(), followers)
}

/// The noise of the latent of turn `turn` of a conversation: it depends on the words so far and the seed alone.
fn noise_of_turn(turns: &[Vec<u32>], turn: usize, seed: u64, width: usize) -> Vec<f32> {
    let words = turns[..=turn].iter().flatten().map(|&token| u64::from(token));
    Random::keyed(&[seed, fingerprint(words)]).normals(width)
}

impl FloatNet {
    /// Conversations, fed their own words, with the latent of every sentence drawn from its posterior (from its prior, where
    /// it is `given`) by `noise` [sentences, width], or at its mean: every vector of every loop. With the sentences and what
    /// [`flattened`] says of them.
    fn inferred_conversations(
        &self,
        (sentences, followers): (&[&[u32]], &[Vec<usize>]),
        noise: Option<&Array2<f32>>,
        given: bool,
    ) -> Trace {
        let read = Layout::new(sentences.iter().map(|s| s.len()).collect());
        let said = Layout::new(sentences.iter().map(|s| s.len() - 1).collect());
        let tokens = |layout: &Layout| layout.pack(|sentence, step| sentences[sentence][step]);
        let (read_tokens, said_tokens) = (tokens(&read), tokens(&said));
        let turns = Turns::new(sentences.len(), followers);
        let mut trace = Trace::of_turns(self.network(), read, said, turns);
        for body in self.schedule().bodies() {
            let tokens: &[u32] = match body.over {
                Over::Positions | Over::Backwards => &read_tokens,
                Over::Written => &said_tokens,
                Over::Once | Over::Turns | Over::Heard => &[],
            };
            let hears = body.over.is_read() || body.over == Over::Turns;
            let pass = Pass { over: body.id, tokens, noise, given: given && !hears, ..Pass::default() };
            self.run(&pass, &mut trace, &mut Exact);
        }
        trace
    }

    /// What latents of sentences do to a conversation: at the means of their posteriors, drawn from them, and drawn from the
    /// priors.
    pub fn traces_of_conversation(&self, conversation: &Example) -> [Trace; 3] {
        let all = [conversation];
        let (sentences, followers) = flattened(&all);
        let noise = self.noise_of_turns(&all, &followers, 0);
        let of = |noise, given| self.inferred_conversations((&sentences, &followers), noise, given);
        [of(None, false), of(Some(&noise), false), of(Some(&noise), true)]
    }

    /// The noise of the latents of all sentences [sentences, width].
    fn noise_of_turns(&self, conversations: &[&Example], followers: &[Vec<usize>], seed: u64) -> Array2<f32> {
        let width = self.network().draw().map_or(0, |(z, ..)| self.network().width(z));
        let mut noise = Array2::zeros((followers.iter().map(Vec::len).sum(), width));
        for (conversation, sentences) in conversations.iter().zip(followers) {
            for (turn, &sentence) in sentences.iter().enumerate() {
                let drawn = noise_of_turn(&conversation.turns, turn, seed, width);
                noise.row_mut(sentence).iter_mut().zip(drawn).for_each(|(n, d)| *n = d);
            }
        }
        noise
    }

    /// What every sentence of conversations comes to, given those before it, with latents drawn from their posteriors
    /// by the seed, or at their means.
    ///
    /// # Panics
    /// If the network holds no conversations.
    pub fn drawn_conversations(&self, conversations: &[&Example], seed: Option<u64>) -> Vec<Vec<Drawn>> {
        assert!(self.network().converses(), "a network with a loop over turns");
        let of_batch = |conversations: &[&Example]| {
            let (sentences, followers) = flattened(conversations);
            let noise = seed.map(|seed| self.noise_of_turns(conversations, &followers, seed));
            let trace = self.inferred_conversations((&sentences, &followers), noise.as_ref(), false);
            let mut drawn: Vec<Option<Drawn>> = scores(self, &trace, &sentences)
                .into_iter()
                .enumerate()
                .map(|(sentence, scores)| Some(self.drawn_rows(&trace, sentence, scores)))
                .collect();
            let mut of = |&sentence: &usize| drawn[sentence].take().expect("a sentence has one turn");
            followers.iter().map(|sentences| sentences.iter().map(&mut of).collect()).collect::<Vec<_>>()
        };
        conversations.chunks(BATCH).flat_map(of_batch).collect()
    }

    /// What cells keep when they have heard these sentences [conversations, width]; zero where there was none.
    pub fn heard(&self, contexts: &[&[Vec<u32>]]) -> Carry {
        let network = self.network();
        let conversations: Vec<Example> =
            contexts.iter().map(|turns| Example::conversation(turns.to_vec())).collect();
        let spoken: Vec<usize> = (0..contexts.len()).filter(|&c| !contexts[c].is_empty()).collect();
        let (sentences, followers) =
            flattened(&spoken.iter().map(|&c| &conversations[c]).collect::<Vec<_>>());
        let read = Layout::new(sentences.iter().map(|s| s.len()).collect());
        let tokens = read.pack(|sentence, step| sentences[sentence][step]);
        let turns = Turns::new(sentences.len(), &followers);
        let mut trace = Trace::of_turns(network, read.clone(), read, turns);
        for body in self.schedule().bodies().iter().filter(|b| b.over.is_read() || b.over == Over::Turns) {
            let tokens: &[u32] = if body.over.is_read() { &tokens } else { &[] };
            self.run(&Pass { over: body.id, tokens, ..Pass::default() }, &mut trace, &mut Exact);
        }
        let kept = |block, role| {
            let mut kept = Array2::zeros((contexts.len(), network.width(block)));
            for (&context, sentences) in spoken.iter().zip(&followers) {
                let last = trace.turns().row(*sentences.last().expect("some sentence"));
                kept.row_mut(context).assign(&trace.get(block, role).row(last));
            }
            kept
        };
        let memory = |id| trace.find(id, Role::Cell).map(|_| kept(id, Role::Cell));
        network.keepers().map(|id| (id, (kept(id, Role::Output), memory(id)))).collect()
    }

    /// Answers, the most probable word at a time, to what has been `heard`, a sentence a row of it, with latents of the
    /// prior at these draws [sentences, width] of their noise; until `<eos>` (included) or `limit` tokens.
    pub fn answers_heard(&self, heard: Carry, noise: &Array2<f32>, limit: usize) -> Vec<Vec<u32>> {
        let count = noise.nrows();
        let once = Layout::new(vec![1; count]);
        let mut trace = Trace::new(self.network(), once.clone(), once);
        for body in self.schedule().bodies() {
            if matches!(body.over, Over::Once | Over::Heard) {
                let (carry, noise) = (Some(&heard), Some(noise));
                let pass = Pass { over: body.id, carry, noise, given: true, ..Pass::default() };
                self.run(&pass, &mut trace, &mut Exact);
            }
        }
        let mut decoder = self.decoder_from(trace, heard);
        written(count, limit, |tokens| decoder.logits(tokens).to_owned())
    }

    /// `count` answers to each of these contexts, the most probable word at a time, each with a latent drawn from the prior
    /// by the seed.
    ///
    /// # Panics
    /// If the network holds no conversations.
    pub fn answers_to(
        &self,
        contexts: &[&[Vec<u32>]],
        (count, seed): (usize, u64),
        limit: usize,
    ) -> Vec<Vec<Vec<u32>>> {
        assert!(self.network().converses(), "a network with a loop over turns");
        let width = self.network().draw().map_or(0, |(z, ..)| self.network().width(z));
        let together = (ANSWERS / count.max(1)).max(1);
        let of_batch = |contexts: &[&[Vec<u32>]]| {
            let heard = self.heard(contexts);
            let rows: Vec<usize> = (0..contexts.len()).flat_map(|c| vec![c; count]).collect();
            let repeated = |made: &Array2<f32>| made.select(Axis(0), &rows);
            let heard: Carry =
                heard.iter().map(|(&id, (h, c))| (id, (repeated(h), c.as_ref().map(repeated)))).collect();
            let noise_of = |context: &&[Vec<u32>]| {
                let words = context.iter().flatten().map(|&token| u64::from(token));
                Random::keyed(&[seed, fingerprint(words)]).normals(width * count)
            };
            let noise: Vec<f32> = contexts.iter().flat_map(noise_of).collect();
            let noise = Array2::from_shape_vec((rows.len(), width), noise).expect("rows of one width");
            let answers = self.answers_heard(heard, &noise, limit);
            answers.chunks(count).map(<[_]>::to_vec).collect::<Vec<_>>()
        };
        contexts.chunks(together).flat_map(of_batch).collect()
    }
}
