//! What is added up over the steps of a loop: vectors (`rtl/hvae_accumulate.sv`), and moments of z (`rtl/hvae_pool.sv`).

use super::net::Machine;
use super::{Place, Places, Scorer};
use crate::config::LatentSteps;
use crate::model::BlockId;
use crate::quant::{Format, MatVec, Saturations, requant_to};

/// Exact sums of so many steps.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    /// Steps.
    count: i64,
    /// Of words.
    words: Vec<i64>,
    /// Of variances, where they are words of moments.
    variances: Vec<u64>,
}

impl Sums {
    fn add(&mut self, words: &[i64]) {
        self.count += 1;
        self.words.resize(words.len(), 0);
        self.words.iter_mut().zip(words).for_each(|(sum, word)| *sum += word);
    }
}

/// One step's share of a mean of `count` steps, 1 / count, and its fraction bits: as many as leave less than half a last
/// place of words of `bits` bits over `most` steps.
fn share(count: i64, bits: u32, most: usize) -> (i64, i32) {
    let frac = bits + most.next_power_of_two().trailing_zeros();
    (((1 << frac) + count / 2) / count, frac as i32)
}

impl<M: MatVec> Machine<'_, M> {
    /// The sums of `count` steps, of `frac` fraction bits, as words of a format.
    fn of_steps(
        &self,
        (sums, count): (&[i64], i64),
        steps: LatentSteps,
        (frac, word): (i32, Format),
        clipped: &mut Saturations,
    ) -> Vec<i64> {
        let golden = self.golden;
        let (share, more) = match steps {
            LatentSteps::Mean => share(count, golden.quant.fixed.state_bits, golden.shape.max_tokens),
            LatentSteps::Sum | LatentSteps::Last => (1, 0),
        };
        let shift = frac + more - word.frac;
        sums.iter().map(|sum| requant_to(sum * share, shift, word.bits, clipped)).collect()
    }

    /// The next step of a sum or mean.
    pub(super) fn accumulated(&mut self, id: BlockId, steps: LatentSteps, word: Format) -> Vec<i64> {
        let edge = self.golden.quant.network.edges(id)[0];
        let frac = self.golden.quant.word_frac(edge.block);
        let mut sums = self.sums.remove(&id).unwrap_or_default();
        sums.add(&self.seen_words(id, edge));
        let mut clipped = *self.places.at(Place::Accumulated);
        let words = self.of_steps((&sums.words, sums.count), steps, (frac, word), &mut clipped);
        *self.places.at(Place::Accumulated) = clipped;
        self.sums.insert(id, sums);
        words
    }

    /// Adds up the moments of block `id`, where z is made of those of all steps: means, and variances exp(log-variance) as
    /// squares of the table's exp(log-variance / 2).
    pub(super) fn pool(&mut self, id: BlockId) {
        let quant = &self.golden.quant;
        if quant.network.pooled(id).is_none() {
            return;
        }
        let (means, log_variances) = self.words[id].split_at(self.words[id].len() / 2);
        let sums = self.sums.entry(id).or_default();
        sums.add(means);
        sums.variances.resize(means.len(), 0);
        for (sum, &log_variance) in sums.variances.iter_mut().zip(log_variances) {
            *sum += (quant.exp_half.lookup(log_variance) as u64).pow(2);
        }
    }

    /// Means and log-variances of block `id` as z takes them: those of its last step, or of the sum or mean over all steps,
    /// whose variance is the sum of the steps' (of a mean, divided by the square of their number).
    pub(super) fn moments_of(&self, id: BlockId, places: &mut Places) -> (Vec<i64>, Vec<i64>) {
        let quant = &self.golden.quant;
        let size = self.words[id].len() / 2;
        let (Some(steps), Some(sums)) = (quant.network.pooled(id), self.sums.get(&id)) else {
            let (means, log_variances) = self.words[id].split_at(size);
            return (means.to_vec(), log_variances.to_vec());
        };
        let format = quant.moment_format();
        let frac = (format.frac, format);
        let means = self.of_steps((&sums.words, sums.count), steps, frac, places.at(Place::Pooled));
        let scorer = Scorer { logit_frac: 0, exp2: &quant.exp2_fraction, log2: &quant.log2_fraction };
        let of_count = match steps {
            LatentSteps::Mean => 2 * scorer.log2(sums.count as u64),
            LatentSteps::Sum | LatentSteps::Last => 0,
        };
        let of_one = i64::from(2 * quant.exp_half.output.frac) << 16;
        let place = places.at(Place::PooledVariance);
        let log_variances = sums.variances.iter().map(|&sum| {
            let log2 = scorer.log2(sum.max(1)) - of_one - of_count;
            requant_to(log2 * Scorer::LN_2, 32 - format.frac, format.bits, place)
        });
        (means, log_variances.collect())
    }
}
