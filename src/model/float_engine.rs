//! The float net as an engine: many sentences in batches of similar length.

use super::drawn;
use super::engine::{Answer, Engine, Posterior, Score};
use super::flow::Flowed;
use super::layout::longest_first;
use super::sequence::{posterior, scores};
use super::{Drawn, Example, FloatNet, Latent, Network};
use ndarray::Array2;

/// Sentences evaluated together.
const BATCH: usize = 64;

impl Engine for FloatNet {
    fn network(&self) -> &Network {
        FloatNet::network(self)
    }

    fn encode(&mut self, sentence: &[u32]) -> Posterior {
        posterior(self, &FloatNet::encode(self, sentence), 0)
    }

    fn score(&mut self, sentence: &[u32], z: &[f32]) -> Vec<Score> {
        scores(self, &self.teacher_forced(sentence, z), &[sentence]).remove(0)
    }

    fn greedy(&mut self, z: &[f32], limit: usize) -> Vec<u32> {
        self.greedy_all(&[z.to_vec()], limit).remove(0)
    }

    fn answer(&mut self, example: &Example) -> Answer {
        self.answer_all(&[example]).remove(0)
    }

    fn answer_all(&mut self, examples: &[&Example]) -> Vec<Answer> {
        in_batches_of(
            examples,
            |e| e.steps(),
            |_, batch| match FloatNet::network(self).bits_block() {
                Some(_) => self.answers_of_pieces(batch),
                None => self.answers(batch),
            },
        )
    }

    fn encode_all(&mut self, sentences: &[&[u32]]) -> Vec<Posterior> {
        in_batches(sentences, |chosen, batch| {
            let trace = self.encode_batch(batch);
            (0..chosen.len()).map(|i| posterior(self, &trace, i)).collect()
        })
    }

    fn latents_drawn(
        &mut self,
        sentences: &[&[u32]],
        of_means: &[Latent],
        noise: &[Vec<f32>],
    ) -> Vec<Latent> {
        let network = self.network();
        if network.latent_drawn_at_once() {
            return of_means.to_vec();
        }
        in_batches(sentences, |chosen, batch| {
            let noise = stack(chosen.iter().map(|&i| noise[i].as_slice()));
            let trace = self.encode_with(batch, Some(&noise));
            (0..chosen.len()).map(|i| Latent::of(network, &posterior(self, &trace, i))).collect()
        })
    }

    fn flowed_all(&mut self, sentences: &[&[u32]], z: &[Vec<f32>]) -> Vec<Flowed> {
        if FloatNet::network(self).flow().is_none() {
            return z.iter().map(|z| Flowed::plain(z)).collect();
        }
        in_batches(sentences, |chosen, batch| {
            self.flowed_batch(batch, &stack(chosen.iter().map(|&i| z[i].as_slice())))
        })
    }

    fn score_all(&mut self, sentences: &[&[u32]], z: &[Vec<f32>]) -> Vec<Vec<Score>> {
        in_batches(sentences, |chosen, batch| {
            let rows = chosen.iter().map(|&i| z[i].as_slice());
            scores(self, &self.teacher_forced_batch(batch, stack(rows)), batch)
        })
    }

    fn greedy_all(&mut self, z: &[Vec<f32>], limit: usize) -> Vec<Vec<u32>> {
        let mut written = vec![Vec::new(); z.len()];
        for start in (0..z.len()).step_by(BATCH) {
            let end = z.len().min(start + BATCH);
            let mut decoder = self.decoder(stack(z[start..end].iter().map(Vec::as_slice)));
            let sentences = drawn::written(end - start, limit, |tokens| decoder.logits(tokens).to_owned());
            written[start..end].clone_from_slice(&sentences);
        }
        written
    }

    fn drawn_all(&mut self, sentences: &[&[u32]], seed: Option<u64>) -> Vec<Drawn> {
        in_batches(sentences, |_, batch| {
            let noise = seed.map(|seed| self.noise_of(batch, seed));
            self.drawn_batch(batch, noise.as_ref())
        })
    }

    fn drawn_conversations(&mut self, conversations: &[&Example], seed: Option<u64>) -> Vec<Vec<Drawn>> {
        FloatNet::drawn_conversations(self, conversations, seed)
    }

    fn answers_to(
        &mut self,
        contexts: &[&[Vec<u32>]],
        count_and_seed: (usize, u64),
        limit: usize,
    ) -> Vec<Vec<Vec<u32>>> {
        FloatNet::answers_to(self, contexts, count_and_seed, limit)
    }

    fn drawn_pieces(&mut self, pieces: &[&Example], seed: u64) -> Vec<Drawn> {
        in_batches_of(pieces, |piece| piece.steps(), |_, batch| self.drawn_of_pieces(batch, seed))
    }

    fn rewrite_all(&mut self, sentences: &[&[u32]], limit: usize) -> Vec<Vec<u32>> {
        in_batches(sentences, |_, batch| self.rewrite(batch, limit))
    }

    fn dream_all(&mut self, seeds: &[u64], limit: usize) -> Vec<Vec<u32>> {
        seeds.chunks(BATCH).flat_map(|seeds| self.dream(seeds, limit)).collect()
    }
}

/// Calls `work` with batches of similar length, longest first (their indices, the sentences), and
/// puts its answers back into the order of `sentences`.
fn in_batches<T>(sentences: &[&[u32]], work: impl FnMut(&[usize], &[&[u32]]) -> Vec<T>) -> Vec<T> {
    in_batches_of(sentences, |s| s.len(), work)
}

/// The same of anything that has a length.
fn in_batches_of<S: Copy, T>(
    sequences: &[S],
    length: impl Fn(&S) -> usize,
    mut work: impl FnMut(&[usize], &[S]) -> Vec<T>,
) -> Vec<T> {
    let order = longest_first(&sequences.iter().map(length).collect::<Vec<_>>());
    let mut answers: Vec<Option<T>> = sequences.iter().map(|_| None).collect();
    for chosen in order.chunks(BATCH) {
        let batch: Vec<S> = chosen.iter().map(|&i| sequences[i]).collect();
        for (&i, answer) in chosen.iter().zip(work(chosen, &batch)) {
            answers[i] = Some(answer);
        }
    }
    answers.into_iter().map(|a| a.expect("one answer a sentence")).collect()
}

fn stack<'a>(rows: impl Iterator<Item = &'a [f32]>) -> Array2<f32> {
    let rows: Vec<&[f32]> = rows.collect();
    let width = rows.first().map_or(0, |r| r.len());
    Array2::from_shape_vec((rows.len(), width), rows.concat()).expect("rows of one width")
}
