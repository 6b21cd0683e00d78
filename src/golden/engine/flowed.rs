//! z carried on by a flow, as the jobs do it.

use super::{GoldenEngine, seed_of};
use crate::golden::LatentMode;
use crate::golden::net::Machine;
use crate::model::{Flowed, JobKind};
use crate::quant::MatVec;

/// Of the jobs that draw z of its posterior, one that every network with a flow has.
const READERS: [JobKind; 4] = [JobKind::Reconstruct, JobKind::Score, JobKind::Label, JobKind::Values];

impl<'a, M: MatVec> GoldenEngine<'a, M> {
    /// What the flow makes of codes of z of a sentence, as codes of z: DECODE takes them. The same codes where there is no
    /// flow.
    pub fn carried_on(&mut self, sentence: &[u32], z: &[i32]) -> Vec<i32> {
        match self.after_flow(sentence, z) {
            Some((machine, flow)) => machine.words[flow].iter().map(|&word| word as i32).collect(),
            None => z.to_vec(),
        }
    }

    fn after_flow(&mut self, sentence: &[u32], z: &[i32]) -> Option<(Machine<'a, M>, usize)> {
        let golden = self.golden;
        let network = &golden.quant.network;
        let (flow, ..) = network.flow()?;
        let kind = READERS.into_iter().find(|&kind| !golden.schedule.plan(kind).is_empty())?;
        // Nothing is read where the flow has no need of it.
        let input: Vec<i32> = match network.flow_reads() {
            true => sentence.iter().map(|&token| token as i32).collect(),
            false => Vec::new(),
        };
        let mut machine = Machine::new(golden, seed_of(z));
        self.follow(&mut machine, kind, &input, LatentMode::Drawn(z), |_, _| ());
        self.count(&machine);
        Some((machine, flow))
    }

    /// The same of real numbers, with the determinant of the gates as the integers have them: one of 0 counts for half of its
    /// last place.
    pub(super) fn flowed(&mut self, sentence: &[u32], z: &[f32]) -> Flowed {
        let golden = self.golden;
        let quant = &golden.quant;
        let format = quant.moment_format();
        let codes: Vec<i32> = z.iter().map(|&v| format.encode(v.into()) as i32).collect();
        let Some((machine, flow)) = self.after_flow(sentence, &codes) else { return Flowed::plain(z) };
        let gates = quant.network.flow_gates().into_iter().flat_map(|gate| {
            let scale = libm::ldexp(1.0, -quant.word_frac(gate));
            machine.words[gate].iter().map(move |&word| (word as f64).max(0.5) * scale)
        });
        Flowed {
            log_determinant: gates.map(f64::ln).sum(),
            z: machine.words[flow].iter().map(|&word| format.decode(word) as f32).collect(),
        }
    }
}
