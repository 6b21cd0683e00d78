//! What heads of what is written make of their logits: a score, or a choice.

use super::Runner;
use crate::golden::choice::Chooser;
use crate::golden::{BitHead, Job, Scorer, packed, unpacked};
use crate::model::BlockId;
use crate::quant::{MatVec, QuantBlock};

impl<M: MatVec> Runner<'_, M> {
    /// The log-probability of the token or frame `next` under what its head has made; none where block `id` is no such head.
    pub(super) fn scored(&self, id: BlockId, next: &[i32]) -> Option<i32> {
        let (quant, words) = (&self.golden.quant, &self.machine.words[id]);
        match &quant.blocks[id] {
            QuantBlock::Vocabulary { logit, .. } => {
                let (exp2, log2) = (&quant.exp2_fraction, &quant.log2_fraction);
                Some(Scorer { logit_frac: logit.frac, exp2, log2 }.score(words, next[0] as usize))
            }
            QuantBlock::Bits { logit, .. } => {
                let next: Vec<u32> = next.iter().map(|&word| word as u32).collect();
                Some(BitHead::new(quant, logit.frac)?.score(words, &unpacked(&next, words.len())))
            }
            _ => None,
        }
    }

    /// What the head `id` chooses of its logits, as words; none where it is no such head.
    pub(super) fn chosen(&self, id: BlockId, step: usize, job: &Job) -> Option<Vec<u32>> {
        let (quant, words) = (&self.golden.quant, &self.machine.words[id]);
        match &quant.blocks[id] {
            QuantBlock::Vocabulary { logit, .. } => {
                let noise = job.sample_tokens.then_some((&self.noise, &quant.gumbel));
                let (beta, say_unknown) = (job.inverse_temperature, job.say_unknown);
                let chooser = Chooser { logit_frac: logit.frac, noise, beta, say_unknown };
                Some(vec![chooser.choose(words, step as u32)])
            }
            QuantBlock::Bits { logit, .. } => {
                let noise = job.sample_tokens.then_some((&self.noise, job.inverse_temperature));
                Some(packed(&BitHead::new(quant, logit.frac)?.choose(words, noise, step as u32)))
            }
            _ => None,
        }
    }
}
