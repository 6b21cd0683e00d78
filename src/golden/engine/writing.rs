//! Words one after the other, each chosen of the logits of its step.

use super::GoldenEngine;
use crate::golden::choice::{Chooser, UNIT_BETA};
use crate::golden::net::Machine;
use crate::golden::{LatentMode, NoiseSource};
use crate::model::{EOS, SOS};
use crate::quant::MatVec;

impl<M: MatVec> GoldenEngine<'_, M> {
    /// z from the prior and tokens at a temperature, as GENERATE would.
    pub fn generate(&mut self, noise: &NoiseSource, inverse_temperature: u16, limit: usize) -> Vec<u32> {
        let mut machine = Machine::new(self.golden, noise.seed());
        machine.drawing.noise = Some(noise.clone());
        self.start(&mut machine, LatentMode::Prior(noise));
        self.write(&mut machine, Some((noise, inverse_temperature)), limit)
    }

    /// From where the machine stands, until `<eos>` (included) or `limit` tokens.
    pub(super) fn write(
        &mut self,
        machine: &mut Machine<M>,
        sampling: Option<(&NoiseSource, u16)>,
        limit: usize,
    ) -> Vec<u32> {
        self.write_known(machine, sampling, limit, 0)
    }

    /// The same where the first words of what is written are known, `known` with the one that is given.
    pub(super) fn write_known(
        &mut self,
        machine: &mut Machine<M>,
        sampling: Option<(&NoiseSource, u16)>,
        limit: usize,
        known: usize,
    ) -> Vec<u32> {
        let (vocabulary, logit_frac) = self.vocabulary();
        let gumbel = &self.golden.quant.gumbel;
        let chooser = Chooser {
            logit_frac,
            noise: sampling.map(|(source, _)| (source, gumbel)),
            beta: sampling.map_or(UNIT_BETA, |(_, beta)| beta),
            say_unknown: false,
        };
        let mut written = Vec::new();
        let mut token = SOS;
        while written.len() < limit && token != EOS {
            machine.position = written.len();
            machine.drawing.known = written.len() + 1 < known;
            self.step(machine, self.written(), token, (written.len(), false));
            token = chooser.choose(&machine.words[vocabulary], written.len() as u32);
            written.push(token);
        }
        self.count(machine);
        written
    }
}
