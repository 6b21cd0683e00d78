//! Small designs and jobs at random, of every kind that there is: what a soak simulates.

use super::{map_on, random_examples, random_weights};
use crate::config::{
    AdcRange, CellKind, Config, Encoding, Family, Flow, LatentFrom, LatentSteps, Prior, RangeOf, SliceOrder,
};
use crate::crossbar::{CrossbarNet, PRESETS};
use crate::golden::{Abort, Job, JobKind, Manner, Packet, Shape, packed};
use crate::model::{Network, Random};

/// Tiles of a design at most: more of them simulate slowly and show nothing new.
const MOST_TILES: usize = 120;

/// Design number `number` of a soak: a configuration that works, with random weights on its tiles.
pub fn varied_design(seed: u64, number: u64) -> (Config, CrossbarNet) {
    let tries = (0..).map(|attempt| Random::keyed(&[seed, number, attempt]));
    let design = tries.filter_map(|mut random| {
        let config = varied_config(&mut random);
        // The checks of a file that a person wrote.
        let config = Config::parse("soak", &config.to_toml()).ok()?;
        let network = Network::describe(&config.model, config.train.lambda_low).ok()?;
        let examples = random_examples(&network, 8, random.bits());
        let net = map_on(&network, &random_weights(&network, random.bits()), &config, &examples).ok()?;
        (net.tiles() <= MOST_TILES).then_some((config, net))
    });
    design.into_iter().next().expect("some configuration works")
}

struct Dice<'a>(&'a mut Random);

impl Dice<'_> {
    fn within(&mut self, low: usize, high: usize) -> usize {
        low + self.0.below(high - low + 1)
    }

    fn bits(&mut self, low: u32, high: u32) -> u32 {
        self.within(low as usize, high as usize) as u32
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.0.below(all.len())]
    }

    /// True one time in `n`.
    fn rarely(&mut self, n: usize) -> bool {
        self.0.below(n) == 0
    }
}

fn varied_config(random: &mut Random) -> Config {
    let mut dice = Dice(random);
    let mut config = Config::default();
    let levels = |dice: &mut Dice| -> Vec<CellKind> {
        let count = dice.of(&[1, 1, 2, 2, 2, 3]);
        (0..count).map(|_| dice.of(&CellKind::ALL)).collect()
    };
    let m = &mut config.model;
    m.cells = levels(&mut dice);
    // One family in two is the first one, whose designs have the most jobs.
    m.family = match dice.within(0, 9) {
        0 => Family::LanguageModel,
        1 | 2 => Family::ZForcing,
        3 => Family::FlowVrae,
        4 => dice.of(&[Family::Tagger, Family::Regression]),
        5 => Family::Dialogue,
        _ => Family::HsrVae,
    };
    // Frames of bits for words; of a regression numbers.
    let written = [Family::LanguageModel, Family::ZForcing].contains(&m.family);
    m.frame =
        if m.family == Family::Regression || written && dice.rarely(2) { dice.within(2, 40) } else { 1 };
    (m.dense, m.prior) = (dice.within(1, 9), dice.of(&[Prior::Learned, Prior::Standard]));
    m.flow = dice.of(&[Flow::Coupling, Flow::Coupling, Flow::Iaf, Flow::None]);
    (m.flow_steps, m.flow_hidden, m.skip) = (dice.within(1, 3), dice.within(1, 7), dice.rarely(2));
    m.label = m.family == Family::FlowVrae && dice.rarely(2);
    (m.classes, m.values) = (dice.within(2, 9), dice.within(1, 4));
    m.decoder_cells = dice.rarely(2).then(|| levels(&mut dice));
    m.latent_from = dice.of(&[LatentFrom::Both, LatentFrom::Both, LatentFrom::Top]);
    m.latent_steps = dice.of(&[
        LatentSteps::Last,
        LatentSteps::Last,
        LatentSteps::Last,
        LatentSteps::Mean,
        LatentSteps::Sum,
    ]);
    (m.vocabulary, m.embedding) = (dice.within(6, 60), dice.within(1, 14));
    (m.hidden, m.latent) = (dice.within(1, 16), dice.within(1, 7));
    if dice.rarely(2) {
        let f = &mut config.fixed;
        (f.weight_bits, f.input_bits) = (dice.bits(3, 10), dice.bits(3, 10));
        (f.state_bits, f.pre_bits) = (dice.bits(8, 16), dice.bits(8, 18));
        f.pre_frac = dice.bits(4, f.pre_bits.min(f.state_bits) - 2);
        (f.table_bits, f.table_address_bits) = (dice.bits(8, 18), dice.bits(2, 9));
        f.logit_bits = dice.bits(8, 16);
    }
    let x = &mut config.crossbar;
    (x.rows, x.columns) = (dice.of(&[4, 8, 13, 16, 32, 64]), dice.within(8, 64));
    (x.cell_bits, x.dac_bits) = (dice.bits(1, 4), dice.bits(1, 3));
    x.columns_per_adc = dice.within(1, 16);
    x.encoding = dice.of(&[Encoding::Differential, Encoding::Offset]);
    x.slice_order = dice.of(&[SliceOrder::LowFirst, SliceOrder::HighFirst]);
    x.flip = x.encoding == Encoding::Offset && dice.rarely(2);
    x.adc_bits = dice.of(&[2, 4, 6, 9, 12, 14]);
    x.adc_shift = dice.of(&[0, 0, 0, 1, 2]);
    x.adc_range = dice.of(&[AdcRange::Fixed, AdcRange::Full, AdcRange::Data]);
    x.adc_range_of = dice.of(&[RangeOf::Network, RangeOf::Matrix, RangeOf::Tile]);
    x.adc_zero = dice.of(&[0, 0, 2]);
    x.physical_tiles = if dice.rarely(3) { dice.within(4, 43) } else { 0 };
    x.calibrate_columns = dice.rarely(4);
    x.dodge_faults = dice.rarely(4);
    x.spare_columns = dice.of(&[0, 0, 1]);
    let a = &mut config.accelerator;
    (a.gate_lanes, a.token_lanes) = (dice.within(1, 9).into(), dice.within(1, 33).into());
    a.max_tokens = dice.within(3, 20);
    (a.score, a.skip_zero_phases) = (!dice.rarely(4), dice.rarely(3));
    if dice.rarely(3) {
        let n = &mut config.noise;
        (n.cell, n.comparator) = (dice.of(&[0.0, 0.05, 0.2]), dice.of(&[0.0, 0.3, 1.0]));
        (n.inl, n.dnl) = (dice.of(&[0.0, 0.5]), dice.of(&[0.0, 0.3]));
        n.seed = dice.0.bits() as u32;
        let x = &mut config.crossbar;
        (x.reads, x.read_phases) = (dice.of(&[1, 2, 4]), dice.of(&[0, 1, 2]));
    }
    if dice.rarely(2) {
        let d = &mut config.device;
        d.preset = PRESETS[dice.0.below(PRESETS.len())].name.into();
        (d.seed, d.time_s) = (dice.0.bits() >> 1, dice.of(&[0.0, 3600.0]));
        d.stuck_off = dice.rarely(3).then_some(0.02);
    }
    config.fixed.column_scales = dice.rarely(4);
    let x = &mut config.crossbar;
    if dice.rarely(4) {
        (x.shared, x.physical_tiles) = (true, dice.within(1, 3));
    }
    config
}

/// Jobs of every kind in every manner; some must be refused.
pub fn varied_jobs(shape: &Shape, count: usize, random: &mut Random) -> Vec<Job> {
    (0..count).map(|_| varied_job(shape, &mut Dice(random))).collect()
}

fn varied_job(shape: &Shape, dice: &mut Dice) -> Job {
    let has = |kind: &JobKind| shape.packets[*kind as usize] != Packet::Absent;
    let known: Vec<JobKind> = JobKind::ALL.into_iter().filter(has).collect();
    let mut kind = dice.of(&known);
    if dice.rarely(40) {
        kind = dice.of(&[JobKind::Listen, JobKind::Score, JobKind::Decode]);
    }
    let wrong = dice.rarely(25);
    let words = |count: usize, dice: &mut Dice| -> Vec<i32> {
        let limit = 1usize << (shape.state_bits - 1);
        // Mostly near 0, now and then anywhere.
        let span = dice.of(&[0, limit / 16, limit / 4, limit - 1]);
        (0..count).map(|_| dice.within(0, 2 * span + 1) as i32 - span as i32 - 1).collect()
    };
    let mut input: Vec<i32> = match shape.packets[kind as usize] {
        Packet::Latent => words(shape.latent, dice),
        Packet::Frames { size } => words(size * dice.within(1, shape.max_tokens), dice),
        Packet::Bits { size, least } => {
            let frames = dice.within(least, shape.max_tokens);
            // Mostly few of them are 1, as keys are.
            let one_of = dice.of(&[1, 2, 8]);
            let mut frame = || (0..size).map(|_| dice.rarely(one_of)).collect::<Vec<bool>>();
            (0..frames).flat_map(|_| packed(&frame())).map(|word| word as i32).collect()
        }
        Packet::Nothing => Vec::new(),
        Packet::Tokens { .. } | Packet::Absent => {
            let least = if kind == JobKind::Score { 2 } else { 1 };
            let length = dice.within(least, shape.max_tokens);
            (0..length).map(|_| dice.0.below(shape.vocabulary.max(1)) as i32).collect()
        }
    };
    match dice.0.below(3) {
        0 if wrong => input.extend([dice.of(&[1, 0xffff]); 25]),
        1 if wrong && !input.is_empty() => input[0] = dice.0.bits() as i32,
        2 if wrong => input.truncate(1),
        _ => {}
    }
    if kind == JobKind::Generate {
        input.clear();
    }
    let abort = dice.rarely(6).then(|| {
        let longest = 1 << dice.within(0, 12);
        let words = dice.rarely(5).then(|| dice.bits(0, 3) as u16);
        Abort { after: dice.0.below(longest) as u16, words }
    });
    Job {
        sample_z: dice.rarely(2),
        sample_tokens: dice.rarely(2),
        seed: dice.0.bits(),
        inverse_temperature: (dice.0.bits() >> 48) as u16 >> dice.within(0, 15),
        say_unknown: dice.rarely(3),
        fresh: dice.rarely(4),
        manner: Manner {
            ahead: dice.rarely(2),
            eager: dice.rarely(4),
            tour: dice.rarely(8).then(|| dice.0.bits() as u32 >> 8),
            abort,
        },
        ..Job::new(kind, input, dice.within(0, shape.max_tokens + 1) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn designs_and_jobs_are_of_every_kind_and_the_same_for_the_same_seed() {
        let designs: Vec<Config> = (0..60).map(|n| varied_design(1, n).0).collect();
        assert_eq!(designs[3].to_toml(), varied_design(1, 3).0.to_toml());
        let kinds: BTreeSet<&str> = designs.iter().flat_map(|c| &c.model.cells).map(|c| c.name()).collect();
        assert_eq!(kinds.len(), 3);
        let families: BTreeSet<&str> = designs.iter().map(|c| c.model.family.name()).collect();
        assert!(families.len() >= 5, "{families:?}");
        assert!(designs.iter().any(|c| c.model.frame > 1 && c.model.family == Family::ZForcing));
        assert!(designs.iter().any(|c| c.noise.draws()) && designs.iter().any(|c| !c.noise.draws()));
        let sentence = Packet::Tokens { least: 1 };
        let (scored, none) = (Packet::Tokens { least: 2 }, Packet::Absent);
        let packets = [sentence, sentence, Packet::Latent, Packet::Nothing, scored, none, none, none];
        let shape = Shape {
            vocabulary: 9,
            latent: 3,
            state_bits: 12,
            max_tokens: 5,
            packets,
            frame: 1,
            step_latent: 0,
            turn_latent: 0,
        };
        let jobs = varied_jobs(&shape, 400, &mut Random::keyed(&[7]));
        let refused = jobs.iter().filter(|job| job.refusal(&shape).is_some()).count();
        let aborted = jobs.iter().filter(|job| job.manner.abort.is_some()).count();
        assert!((5..80).contains(&refused) && (30..120).contains(&aborted), "{refused} {aborted}");
        // A packet has a word, or nothing comes.
        assert!(jobs.iter().all(|job| job.input.is_empty() == (job.kind == JobKind::Generate)));
    }
}
