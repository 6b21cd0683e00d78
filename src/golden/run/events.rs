//! The vectors that stages write, as the probes of a simulation see them.

use super::Runner;
use crate::golden::VectorEvent;
use crate::model::BlockId;
use crate::quant::{MatVec, QuantBlock, Signal};

impl<M: MatVec> Runner<'_, M> {
    /// What block `id` writes when it was started in cycle `start`.
    pub(super) fn record(&mut self, id: BlockId, step: usize, start: u64) {
        let stage = self.golden.timing.stages[id].expect("only stages write").at(step);
        let cycle = start + stage.first_write();
        let narrow = |words: &[i64]| words.iter().map(|&w| w as i32).collect::<Vec<_>>();
        let words = narrow(&self.machine.words[id]);
        let c = narrow(&self.machine.c[id]);
        let lanes = stage.lanes;
        match &self.golden.quant.blocks[id] {
            QuantBlock::Cell(cell) => {
                self.event(id, Signal::H, step, cycle, lanes, words);
                if cell.c.is_some() {
                    self.event(id, Signal::C, step, cycle, lanes, c);
                }
            }
            QuantBlock::Moments { size, .. } | QuantBlock::Values { size, .. } => {
                let (mean, log_variance) = words.split_at(*size);
                self.event(id, Signal::Mean, step, cycle, lanes, mean.to_vec());
                self.event(id, Signal::LogVariance, step, cycle, lanes, log_variance.to_vec());
            }
            QuantBlock::Linear { shift_c, .. } => {
                self.event(id, Signal::H, step, cycle, lanes, words);
                if shift_c.is_some() {
                    self.event(id, Signal::C, step, cycle, lanes, c);
                }
            }
            QuantBlock::Latent { .. } | QuantBlock::Draw { .. } => {
                self.event(id, Signal::Z, step, cycle, lanes, words)
            }
            QuantBlock::Vocabulary { .. } | QuantBlock::Label { .. } | QuantBlock::Bits { .. } => {
                self.event(id, Signal::Logits, step, cycle, lanes, words);
            }
            QuantBlock::Input { .. }
            | QuantBlock::Dense { .. }
            | QuantBlock::Accumulate { .. }
            | QuantBlock::Elementwise { .. } => {
                self.event(id, Signal::Word, step, cycle, lanes, words);
            }
            QuantBlock::Embedding { .. }
            | QuantBlock::Slice { .. }
            | QuantBlock::Join
            | QuantBlock::Flow { .. } => {}
        }
    }

    pub(super) fn event(
        &mut self,
        block: BlockId,
        signal: Signal,
        step: usize,
        cycle: u64,
        lanes: usize,
        values: Vec<i32>,
    ) {
        self.run.events.push(VectorEvent { block, signal, step, cycle, lanes, values });
    }
}
