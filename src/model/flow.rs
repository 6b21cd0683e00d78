//! z carried on by a flow, and what that does to its density.

use super::network::Network;
use super::{Exact, FloatNet, Layout, Over, Pass, Random, Role, Trace, Values, fingerprint};
use ndarray::{Array2, s};

/// A z behind the flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Flowed {
    /// What the flow has made of it; itself where the network has none.
    pub z: Vec<f32>,
    /// ln |det| of the Jacobian there: ln q of what was made is ln q of the draw less this.
    pub log_determinant: f64,
}

impl Flowed {
    /// Where nothing is done to it.
    pub fn plain(z: &[f32]) -> Flowed {
        Flowed { z: z.to_vec(), log_determinant: 0.0 }
    }
}

impl Network {
    /// What of a sequence a flow reads beside z is made of what is read.
    pub fn flow_reads(&self) -> bool {
        self.carrying().into_iter().any(|id| self.over(id) != Over::Once)
    }
}

impl FloatNet {
    /// What the flow makes of z [batch, width of z] of sentences, longest first, and its gates.
    pub(super) fn flowed_batch(&self, sentences: &[&[u32]], z: &Array2<f32>) -> Vec<Flowed> {
        let network = self.network();
        let Some((flow, latent, _)) = network.flow() else {
            return z.outer_iter().map(|z| Flowed::plain(&z.to_vec())).collect();
        };
        let layout = Layout::new(sentences.iter().map(|s| s.len()).collect());
        let mut trace = Trace::new(network, layout.clone(), layout.clone());
        trace.set(latent, Values::output(z.slice(s![.., network.latent_end(latent)]).to_owned()));
        let mut wanted = network.carrying();
        wanted.push(flow);
        if network.flow_reads() {
            let tokens = layout.pack(|sentence, step| sentences[sentence][step]);
            for body in self.schedule().bodies().iter().filter(|body| body.over.is_read()) {
                let pass = Pass { over: body.id, tokens: &tokens, ..Pass::default() };
                self.run(&pass, &mut trace, &mut Exact);
            }
        }
        for body in self.schedule().bodies().iter().filter(|body| body.over.is_once()) {
            self.run_some(body.id, &wanted, &mut trace);
        }
        let made = trace.get(flow, Role::Output);
        let gates: Vec<&Array2<f32>> =
            network.flow_gates().into_iter().map(|gate| trace.get(gate, Role::Output)).collect();
        let of_row = |row: usize| Flowed {
            z: made.row(row).to_vec(),
            log_determinant: gates.iter().flat_map(|gate| gate.row(row)).map(|&g| f64::from(g).ln()).sum(),
        };
        (0..made.nrows()).map(of_row).collect()
    }

    /// Everything that reads one sentence, z drawn of its posterior by the seed and the sentence.
    pub fn encode_drawn(&self, sentence: &[u32], seed: u64) -> Trace {
        let key = fingerprint(sentence.iter().map(|&token| u64::from(token)));
        let noise = Random::keyed(&[seed, key]).normals(self.network().latent_width());
        let noise = Array2::from_shape_vec((1, noise.len()), noise).expect("one row");
        self.encode_with(&[sentence], Some(&noise))
    }
}

/// ln q of a draw at noise `epsilon` less ln of the density of `flowed` under the standard normal: the estimate by one
/// draw of the KL of what the flow makes to the prior, in nats.
pub fn flow_kl(log_variance: &[f32], epsilon: &[f32], flowed: &Flowed) -> f64 {
    let square = |values: &[f32]| values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
    let log_variances: f64 = log_variance.iter().map(|&lv| f64::from(lv)).sum();
    0.5 * (square(&flowed.z) - square(epsilon) - log_variances) - flowed.log_determinant
}
