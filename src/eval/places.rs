//! Where integers lose something: every vector of the network beside the same in floating point.

use super::On;
use crate::config::Config;
use crate::crossbar::CrossbarNet;
use crate::golden::{Golden, GoldenEngine, Machine, Place, Places, Visit};
use crate::model::{BlockId, Example, FloatNet, Role, Trace, kl_between};
use crate::quant::{Format, MatVec, QuantBlock, QuantNet};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is looked at of a block, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Vector {
    /// Pre-activations, all products of the block added.
    Pre,
    /// What gates make of them on the way to a state.
    Gates,
    /// h of a cell; h_0 of a bridge.
    H,
    /// c of an LSTM; c_0 of a bridge.
    C,
    /// Means of moments, or numbers that leave.
    Mean,
    /// Their log-variances; what is clipped of both is counted with the means.
    LogVariance,
    /// Draws.
    Z,
    /// Other words.
    Word,
    /// Scores before the choice.
    Logits,
    /// What drives word lines.
    Codes,
}

impl Vector {
    /// As the table calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Vector::Pre => "pre",
            Vector::Gates => "gates",
            Vector::H => "h",
            Vector::C => "c",
            Vector::Mean => "mean",
            Vector::LogVariance => "log-variance",
            Vector::Z => "z",
            Vector::Word => "word",
            Vector::Logits => "logits",
            Vector::Codes => "codes",
        }
    }

    /// Where a rounding of this place of the hardware is counted.
    const fn of(place: Place) -> Vector {
        match place {
            Place::Part | Place::PartSum | Place::DensePre => Vector::Pre,
            Place::RnnSum
            | Place::GruReset
            | Place::GruUpdate
            | Place::GruGated
            | Place::GruCandidate
            | Place::LstmInput
            | Place::LstmForget
            | Place::LstmCandidate
            | Place::LstmOutput
            | Place::LstmSquashed => Vector::Gates,
            Place::RnnState | Place::GruNew | Place::GruState | Place::LstmState | Place::Bridge => Vector::H,
            Place::LstmKept | Place::LstmAdded | Place::LstmCell | Place::BridgeCell => Vector::C,
            Place::Moment => Vector::Mean,
            Place::LatentScaled
            | Place::LatentPlain
            | Place::LatentSum
            | Place::Pooled
            | Place::PooledVariance => Vector::Z,
            Place::DenseWord | Place::Combined | Place::Accumulated => Vector::Word,
            Place::Logit => Vector::Logits,
            Place::Code => Vector::Codes,
        }
    }
}

/// A vector of a block in integers, beside the same in floating point over the same sequences.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlaceRow {
    /// Name of the block.
    pub block: String,
    /// Which of its vectors.
    pub vector: Vector,
    /// Its format: bits, of which fraction bits; absent where several have part in it.
    pub format: Option<Format>,
    /// Numbers compared; 0 where the float network has no such vector.
    pub numbers: u64,
    /// Roundings that their format clipped.
    pub clipped: u64,
    /// Of how many.
    pub rounded: u64,
    /// Power of the float vector over that of the difference, in dB; absent without a signal, or a difference.
    pub snr_db: Option<f64>,
    /// Mean of the difference (integers less float) over its root mean square: near 1 or -1, the same error everywhere, which a
    /// bias can carry.
    pub constant: Option<f64>,
    /// Largest magnitude in floating point, of each part of a sum by itself.
    pub widest: f64,
    /// What the format reaches.
    pub range: Option<f64>,
    /// KL divergence of what the head says in integers from what it says in floating point, or of moments of both, in nats a
    /// step.
    pub divergence: Option<f64>,
}

impl PlaceRow {
    /// 0 to 1.
    pub fn clipped_share(&self) -> f64 {
        self.clipped as f64 / self.rounded.max(1) as f64
    }
}

#[derive(Debug, Clone, Default)]
struct Sum {
    numbers: u64,
    signal: f64,
    noise: f64,
    difference: f64,
    widest: f64,
    clipped: u64,
    rounded: u64,
    divergence: f64,
    steps: u64,
}

impl Sum {
    fn add(&mut self, integers: &[f64], float: &[f64]) {
        for (&integer, &float) in integers.iter().zip(float) {
            self.numbers += 1;
            self.signal += float * float;
            self.noise += (integer - float) * (integer - float);
            self.difference += integer - float;
            self.widest = self.widest.max(float.abs());
        }
    }

    fn row(self, block: &str, vector: Vector, format: Option<Format>) -> PlaceRow {
        let compared = self.signal > 0.0 && self.noise > 0.0;
        PlaceRow {
            block: block.into(),
            vector,
            format,
            numbers: self.numbers,
            clipped: self.clipped,
            rounded: self.rounded,
            snr_db: compared.then(|| 10.0 * (self.signal / self.noise).log10()),
            constant: compared.then(|| self.difference / (self.noise * self.numbers as f64).sqrt()),
            widest: self.widest,
            range: format.map(|f| f.decode(-f.min())),
            divergence: (self.steps > 0).then(|| self.divergence / self.steps as f64),
        }
    }
}

/// Every vector of `net` on `on`, beside `float` on the same `examples`, each fed its own words or frames, latents at their
/// means: no error drifts through a word that was chosen or a draw.
///
/// # Panics
/// If `on` is [`On::Float`].
pub fn by_place(
    float: &FloatNet,
    net: &CrossbarNet,
    config: &Config,
    on: On,
    examples: &[Example],
) -> Vec<PlaceRow> {
    match on {
        On::Float => panic!("floating point beside itself"),
        On::Fixed => {
            measured(float, &Golden::ideal(&net.quant, &net.geometry, &config.accelerator), examples)
        }
        On::Crossbar => measured(float, &Golden::tiled(net, &config.accelerator), examples),
    }
}

fn measured<M: MatVec>(float: &FloatNet, golden: &Golden<M>, examples: &[Example]) -> Vec<PlaceRow> {
    let mut sums: BTreeMap<(BlockId, Vector), Sum> = BTreeMap::new();
    let mut engine = GoldenEngine::new(golden);
    let quant = &golden.quant;
    for example in examples {
        let traces = float.forced(example, None);
        engine.visit(example, &mut |visit, machine| {
            count(&mut sums, visit.block, &visit.places);
            let trace = traces.iter().rev().find(|trace| trace.has(visit.block));
            if let (Some(trace), Some(_)) = (trace, visit.row) {
                compare(&mut sums, quant, trace, &visit, machine);
            }
        });
    }
    let name = |id: BlockId| quant.network.blocks[id].name.as_str();
    sums.into_iter().map(|((id, vector), sum)| sum.row(name(id), vector, format(quant, id, vector))).collect()
}

fn count(sums: &mut BTreeMap<(BlockId, Vector), Sum>, block: BlockId, places: &Places) {
    for &place in Place::ALL {
        let counted = places.of(place);
        if counted.clipped + counted.fitted > 0 {
            let sum = sums.entry((block, Vector::of(place))).or_default();
            sum.clipped += counted.clipped;
            sum.rounded += counted.clipped + counted.fitted;
        }
    }
}

fn compare<M: MatVec>(
    sums: &mut BTreeMap<(BlockId, Vector), Sum>,
    quant: &QuantNet,
    trace: &Trace,
    visit: &Visit,
    machine: &Machine<'_, M>,
) {
    let (id, row) = (visit.block, visit.row.unwrap_or(0));
    let float = |role: Role| -> Vec<f64> {
        let all = trace.find(id, role).filter(|all| row < all.nrows());
        all.map_or(Vec::new(), |all| all.row(row).iter().map(|&v| f64::from(v)).collect())
    };
    let mut add = |vector: Vector, words: &[i64], role: Role| {
        let format = format(quant, id, vector).expect("a vector that is compared has a format");
        let integers: Vec<f64> = words.iter().map(|&w| format.decode(w)).collect();
        sums.entry((id, vector)).or_default().add(&integers, &float(role));
    };
    let words = &machine.words[id];
    match &quant.blocks[id] {
        QuantBlock::Cell(cell) => {
            add(Vector::H, words, Role::Output);
            if cell.c.is_some() {
                add(Vector::C, &machine.c[id], Role::Cell);
            }
            pres(sums, quant, (&float(Role::PreInput), &float(Role::PreRecurrent)), (id, machine));
        }
        QuantBlock::Moments { size, .. } | QuantBlock::Values { size, .. } => {
            add(Vector::Mean, &words[..*size], Role::Output);
            add(Vector::LogVariance, &words[*size..], Role::LogVariance);
            let real = |words: &[i64]| -> Vec<f64> {
                words.iter().map(|&w| quant.moment_format().decode(w)).collect()
            };
            let (means, log_variances) = (real(&words[..*size]), real(&words[*size..]));
            let (of_float, float_variances) = (float(Role::Output), float(Role::LogVariance));
            let kl = |j: usize| {
                let pair = |mean: f64, log_variance: f64| (mean as f32, log_variance as f32);
                kl_between(pair(means[j], log_variances[j]), pair(of_float[j], float_variances[j]))
            };
            let sum = sums.entry((id, Vector::Mean)).or_default();
            sum.divergence += (0..of_float.len()).map(kl).sum::<f64>();
            sum.steps += 1;
        }
        QuantBlock::Latent { .. } | QuantBlock::Draw { .. } => add(Vector::Z, words, Role::Output),
        QuantBlock::Linear { shift_c, .. } => {
            add(Vector::H, words, Role::Output);
            if shift_c.is_some() {
                add(Vector::C, &machine.c[id], Role::Output);
            }
        }
        QuantBlock::Input { .. }
        | QuantBlock::Dense { .. }
        | QuantBlock::Accumulate { .. }
        | QuantBlock::Elementwise { .. } => {
            add(Vector::Word, words, Role::Output);
        }
        QuantBlock::Vocabulary { logit, .. }
        | QuantBlock::Label { logit, .. }
        | QuantBlock::Bits { logit, .. } => {
            add(Vector::Logits, words, Role::Output);
            let integers: Vec<f64> = words.iter().map(|&w| logit.decode(w)).collect();
            let of_bits = matches!(quant.blocks[id], QuantBlock::Bits { .. });
            let divergence = if of_bits { of_independent } else { of_one_of_many };
            let sum = sums.entry((id, Vector::Logits)).or_default();
            sum.divergence += divergence(&float(Role::Output), &integers);
            sum.steps += 1;
        }
        QuantBlock::Embedding { .. }
        | QuantBlock::Slice { .. }
        | QuantBlock::Join
        | QuantBlock::Flow { .. } => {}
    }
    if let Some(dac) = quant.dac[id].filter(|_| !matches!(quant.blocks[id], QuantBlock::Linear { .. })) {
        let integers: Vec<f64> = machine.codes[id].iter().map(|&code| dac.decode(code.into())).collect();
        sums.entry((id, Vector::Codes)).or_default().add(&integers, &float(Role::Output));
    }
}

/// Pre-activations of a cell: the sum of both parts, whose widest number is that of a part, since each has the format alone.
fn pres<M: MatVec>(
    sums: &mut BTreeMap<(BlockId, Vector), Sum>,
    quant: &QuantNet,
    (input, recurrent): (&[f64], &[f64]),
    (id, machine): (BlockId, &Machine<'_, M>),
) {
    let [x, h] = &machine.pres[id];
    let frac = quant.fixed.pre_frac as i32;
    let integers: Vec<f64> =
        x.iter().zip(h).map(|(x, h)| Format::new(quant.fixed.pre_bits + 1, frac).decode(x + h)).collect();
    let float: Vec<f64> = input.iter().zip(recurrent).map(|(x, h)| x + h).collect();
    let sum = sums.entry((id, Vector::Pre)).or_default();
    let before = sum.widest;
    sum.add(&integers, &float);
    sum.widest = input.iter().chain(recurrent).fold(before, |widest, v| widest.max(v.abs()));
}

/// KL divergence of the distributions over words that logits give, in nats.
fn of_one_of_many(float: &[f64], integers: &[f64]) -> f64 {
    let log_sum = |logits: &[f64]| {
        let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        top + logits.iter().map(|l| (l - top).exp()).sum::<f64>().ln()
    };
    let (of_float, of_integers) = (log_sum(float), log_sum(integers));
    let each = float.iter().zip(integers);
    each.map(|(p, q)| (p - of_float).exp() * ((p - of_float) - (q - of_integers))).sum()
}

/// The same of independent bits.
fn of_independent(float: &[f64], integers: &[f64]) -> f64 {
    let each = float.iter().zip(integers);
    each.map(|(&p, &q)| of_one_of_many(&[0.0, p], &[0.0, q])).sum()
}

/// The format of a vector, where it has one.
fn format(quant: &QuantNet, id: BlockId, vector: Vector) -> Option<Format> {
    let fixed = &quant.fixed;
    let starts = |id: BlockId| {
        let (reader, _) = quant.network.start_of(id)?;
        Some(quant.cell(reader))
    };
    match vector {
        Vector::Pre => Some(Format::new(fixed.pre_bits, fixed.pre_frac as i32)),
        Vector::Gates => None,
        Vector::Mean | Vector::LogVariance | Vector::Z => Some(quant.moment_format()),
        Vector::H | Vector::C => {
            let cell = match &quant.blocks[id] {
                QuantBlock::Cell(cell) => Some(cell),
                _ => starts(id),
            }?;
            if vector == Vector::H { Some(cell.h) } else { cell.c }
        }
        Vector::Word => Some(Format::new(fixed.state_bits, quant.word_frac(id))),
        Vector::Logits => Some(Format::new(fixed.logit_bits, quant.word_frac(id))),
        Vector::Codes => quant.dac[id],
    }
}
