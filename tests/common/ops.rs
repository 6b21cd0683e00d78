//! Small designs, described as text, that together have every stage of frames, dense layers, combinations and
//! heads that send step by step; and what they are asked.

use super::tiny;
use hvae_mnn::config::{CellKind, Config};
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::golden::{Abort, Job, JobKind, Manner, Packet, Shape};
use hvae_mnn::model::{Example, FloatNet, Network, Op, Random, Weights};
use hvae_mnn::pipeline::{calibrate, random_sentences, random_weights};
use hvae_mnn::quant::{QuantBlock, QuantNet};
use ndarray::Array2;

/// A design of the list.
pub struct Described {
    pub name: &'static str,
    text: String,
    pub config: Config,
    /// Its integers are changed so that places of the data path clip, and do not always.
    strained: bool,
}

/// Words that those know which read words.
const VOCABULARY: usize = 23;

impl Described {
    /// Random weights on tiles.
    pub fn mapped(&self) -> CrossbarNet {
        let network = Network::from_text(self.name, &self.text, VOCABULARY).unwrap();
        let weights = below_nothing(&network, &random_weights(&network, 3));
        let float = FloatNet::new(&network, &weights).unwrap();
        let frame = network.blocks.iter().find_map(|block| match block.op {
            Op::Input { size } => Some(size),
            _ => None,
        });
        let examples: Vec<Example> = match frame {
            None => random_sentences(VOCABULARY, 8, 3).into_iter().map(Example::sentence).collect(),
            Some(size) => {
                let mut random = Random::keyed(&[3, 5]);
                let frames = Array2::from_shape_simple_fn((9, size), || random.normal());
                vec![Example { frames, ..Example::default() }]
            }
        };
        let calibration = calibrate(&float, &examples);
        let mut quant = QuantNet::new(&network, &weights, &self.config.fixed, &calibration).unwrap();
        if self.strained {
            quant.blocks.iter_mut().for_each(strain);
        }
        CrossbarNet::new(quant, &self.config).unwrap()
    }
}

/// The same weights with smaller logits of labels: a class that does not exist, whose logit is 0, must not win.
fn below_nothing(network: &Network, weights: &Weights) -> Weights {
    let lowered = |(name, _): (String, Vec<usize>)| {
        let label = network.blocks.iter().find(|block| name == format!("{}.bias", block.name));
        let lower = if label.is_some_and(|block| matches!(block.op, Op::Label { .. })) { 1.0 } else { 0.0 };
        let tensor = weights.get(&name).mapv(|weight| weight - lower);
        (name, tensor)
    };
    let tensors = network.tensors().into_iter().map(lowered).collect();
    Weights::checked("weights of a test", tensors, network).unwrap()
}

/// Numbers so large that formats do not hold some of them.
fn strain(block: &mut QuantBlock) {
    match block {
        QuantBlock::Dense { shift, word, .. } => {
            *shift -= 4;
            // 1 is beyond it.
            word.frac = word.bits as i32;
        }
        QuantBlock::Elementwise { word, .. } | QuantBlock::Accumulate { word, .. } => word.frac += 2,
        QuantBlock::Values { shift, .. } => *shift -= 4,
        QuantBlock::Moments { shift, .. } => *shift -= 5,
        // So many are the largest that labels are often of several.
        QuantBlock::Label { shift, .. } => *shift -= 7,
        QuantBlock::Cell(_)
        | QuantBlock::Embedding { .. }
        | QuantBlock::Latent { .. }
        | QuantBlock::Draw { .. }
        | QuantBlock::Linear { .. }
        | QuantBlock::Vocabulary { .. }
        | QuantBlock::Slice { .. }
        | QuantBlock::Join
        | QuantBlock::Flow { .. }
        | QuantBlock::Bits { .. }
        | QuantBlock::Input { .. } => {}
    }
}

/// Blocks, one a line: name, op and its keys. All stand in the loop `read` but those behind a line `once`.
fn text(over: &str, lines: &str) -> String {
    let mut text = format!(
        "loop = [{{ name = \"read\", over = \"{over}\" }}, {{ name = \"once\", over = \"once\" }}]\n"
    );
    let mut within = "read";
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line == "once" {
            within = "once";
            continue;
        }
        let mut parts = line.splitn(3, ' ');
        let (name, op, keys) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        text += &format!("[[block]]\nname = \"{name}\"\nloop = \"{within}\"\nop = \"{op}\"\n");
        keys.split("; ").for_each(|key| text += &format!("{key}\n"));
    }
    if within == "read" {
        text = text.replace(", { name = \"once\", over = \"once\" }", "");
    }
    text
}

fn described(name: &'static str, over: &str, lines: &str, change: impl Fn(&mut Config)) -> Described {
    let mut config = tiny(&[CellKind::Gru]);
    change(&mut config);
    Described { name, text: text(over, lines), config, strained: false }
}

/// What a loop backwards, one step behind it and a loop forwards do.
fn two_loops(name: &'static str, blocks: &str, change: impl Fn(&mut Config)) -> Described {
    let once = if blocks.contains("\"once\"") { r#"{ name = "once", over = "once" }, "# } else { "" };
    let loops = format!(
        r#"loop = [{{ name = "back", over = "backwards" }}, {once}{{ name = "read", over = "positions" }}]"#
    );
    Described {
        text: format!("{loops}\nblock = [\n{blocks}\n]\n"),
        ..described(name, "positions", "", change)
    }
}

/// A cell that starts from somewhere, and whose words are read a step later: those that it starts from first.
const STARTED: &str = r#"
    { name = "embed", loop = "back", op = "embedding", size = 6 },
    { name = "behind", loop = "back", op = "cell", kind = "rnn", size = 6, inputs = ["embed"] },
    { name = "start", loop = "once", op = "linear", size = 6, inputs = ["behind"], activation = "tanh" },
    { name = "again", loop = "read", op = "embedding", size = 6, tied = "embed" },
    { name = "level", loop = "read", op = "cell", kind = "gru", size = 6, inputs = ["again"], init = "start" },
    { name = "moved", loop = "read", op = "elementwise", function = "subtract", inputs = ["again", { before = "level" }] },
    { name = "tag", loop = "read", op = "label", size = 5, inputs = ["moved"] },
"#;

/// Words of tables and of another loop, position by position.
const TABLES: &str = r#"
    { name = "embed", loop = "back", op = "embedding", size = 6 },
    { name = "behind", loop = "back", op = "cell", kind = "gru", size = 6, inputs = ["embed"] },
    { name = "far", loop = "back", op = "accumulate", input = "behind", steps = "mean" },
    { name = "again", loop = "read", op = "embedding", size = 6, tied = "embed" },
    { name = "level", loop = "read", op = "cell", kind = "rnn", size = 6, inputs = ["again"] },
    { name = "late", loop = "read", op = "linear", size = 4, inputs = [{ before = "both" }] },
    { name = "mixed", loop = "read", op = "elementwise", function = "add", inputs = ["level", "behind", "again"] },
    { name = "product", loop = "read", op = "elementwise", function = "multiply", inputs = ["again", "far"] },
    { name = "both", loop = "read", op = "join", inputs = ["mixed", "product"] },
    { name = "tag", loop = "read", op = "label", size = 5, inputs = ["both", "late"] },
"#;

/// The same of frames, which are written a number a cycle.
const NUMBERS: &str = r#"
    { name = "frame", loop = "back", op = "input", size = 5 },
    { name = "level", loop = "back", op = "cell", kind = "lstm", size = 5, inputs = ["frame"] },
    { name = "less", loop = "read", op = "elementwise", function = "subtract", inputs = ["level", "frame"] },
    { name = "so_far", loop = "read", op = "accumulate", input = "level", steps = "mean" },
    { name = "numbers", loop = "read", op = "values", size = 3, inputs = ["less", "so_far"] },
"#;

/// Dense layers with every activation, and combinations of everything that has words; in waves and in chains,
/// read at once and a step later; lanes that do and do not divide a vector; rounds; both ways through the packet.
pub fn described_designs() -> Vec<Described> {
    vec![
        described(
            "wave-of-products",
            "positions",
            r#"frame input size = 4
               a linear size = 7; inputs = ["frame"]; activation = "tanh"
               b linear size = 7; inputs = ["frame"]; activation = "sigmoid"
               product elementwise function = "multiply"; inputs = ["a", "b"]
               numbers values size = 5; inputs = ["product"]"#,
            |_| (),
        ),
        described(
            "regression-in-rounds",
            "positions",
            r#"frame input size = 3
               level cell kind = "gru"; size = 7; inputs = ["frame"]
               mixed linear size = 5; inputs = ["level"]; activation = "tanh"
               numbers values size = 2; inputs = ["mixed"]"#,
            |c| c.crossbar.physical_tiles = 24,
        ),
        described(
            "tagger",
            "positions",
            r#"words embedding size = 5
               level cell kind = "gru"; size = 7; inputs = ["words"]
               tag label size = 2; inputs = ["level"]"#,
            |_| (),
        ),
        described(
            "blend-with-a-cell",
            "positions",
            r#"frame input size = 7
               share linear size = 7; inputs = ["frame"]; activation = "sigmoid"
               level cell kind = "gru"; size = 7; inputs = ["frame"]
               blended elementwise function = "blend"; inputs = ["share", "level", "frame"]
               numbers values size = 4; inputs = ["blended"]"#,
            |_| (),
        ),
        described(
            "steps-before",
            "positions",
            r#"words embedding size = 6
               plain linear size = 6; inputs = ["words"]; bias = false
               late linear size = 6; inputs = [{ before = "sum" }]; activation = "tanh"
               sum elementwise function = "add"; inputs = ["plain", "late", { before = "sum" }, { before = "level" }]
               level cell kind = "rnn"; size = 6; inputs = ["sum"]
               tag label size = 4; inputs = ["level"]"#,
            |c| (c.accelerator.gate_lanes, c.accelerator.token_lanes) = (2.into(), 3.into()),
        ),
        described(
            "label-of-z",
            "positions",
            r#"words embedding size = 5
               level cell kind = "gru"; size = 7; inputs = ["words"]
               q moments size = 3; inputs = ["level"]
               once
               z latent moments = ["q"]
               plain linear size = 3; inputs = ["z"]
               less elementwise function = "subtract"; inputs = ["z", "plain"]
               tag label size = 6; inputs = ["less"]"#,
            |c| c.accelerator.gate_lanes = 2.into(),
        ),
        described(
            "backwards-one-lane",
            "backwards",
            r#"frame input size = 2
               level cell kind = "lstm"; size = 5; inputs = ["frame"]
               square elementwise function = "multiply"; inputs = ["level", "level"]
               tag label size = 3; inputs = ["square"]"#,
            |c| (c.accelerator.gate_lanes, c.accelerator.token_lanes) = (1.into(), 1.into()),
        ),
        described(
            "last-numbers-of-a-wave",
            "positions",
            r#"frame input size = 1
               up linear size = 9; inputs = ["frame"]; activation = "tanh"
               other linear size = 9; inputs = ["frame"]
               sum elementwise function = "add"; inputs = ["up", "other"]
               once
               last linear size = 4; inputs = ["sum"]; activation = "sigmoid"
               numbers values size = 13; inputs = ["last"]"#,
            |c| c.accelerator.gate_lanes = 8.into(),
        ),
        described(
            "slices-in-a-wave",
            "positions",
            r#"frame input size = 8
               seen slice input = "frame"; from = 3; size = 5
               level cell kind = "gru"; size = 7; inputs = ["seen"]
               up linear size = 5; inputs = ["frame"]; activation = "tanh"
               part slice input = "level"; from = 1; size = 5
               end slice input = "part"; from = 1; size = 4
               start slice input = "up"; from = 0; size = 4
               sum elementwise function = "add"; inputs = ["end", "start"]
               few slice input = "sum"; from = 1; size = 3
               numbers values size = 2; inputs = ["few"]"#,
            |_| (),
        ),
        described(
            "slices-a-step-before",
            "positions",
            r#"frame input size = 4
               late linear size = 4; inputs = [{ before = "few" }]; activation = "tanh"
               sum elementwise function = "add"; inputs = ["late", "frame", { before = "turned" }]
               few slice input = "sum"; from = 1; size = 3
               level cell kind = "gru"; size = 6; inputs = ["few"]
               turned slice input = "level"; from = 2; size = 4
               tag label size = 5; inputs = ["turned", "few"]"#,
            |c| c.accelerator.gate_lanes = 2.into(),
        ),
        described(
            "slices-of-z",
            "backwards",
            r#"words embedding size = 5
               level cell kind = "rnn"; size = 7; inputs = ["words"]
               q moments size = 7; inputs = ["level"]
               once
               z latent moments = ["q"]
               left slice input = "z"; from = 0; size = 3
               right slice input = "z"; from = 3; size = 4
               shift linear size = 4; inputs = ["left"]; activation = "tanh"
               moved elementwise function = "add"; inputs = ["right", "shift"]
               tag label size = 6; inputs = ["moved", "left"]"#,
            |c| c.accelerator.gate_lanes = 1.into(),
        ),
        described(
            "slices-read-later",
            "backwards",
            r#"frame input size = 4
               level cell kind = "lstm"; size = 6; inputs = ["frame"]
               part slice input = "level"; from = 2; size = 3
               once
               last elementwise function = "multiply"; inputs = ["part", "part"]
               numbers values size = 3; inputs = ["last", "part"]"#,
            |_| (),
        ),
        Described {
            strained: true,
            ..described(
                "strained-tagger",
                "positions",
                r#"words embedding size = 5
               mixed linear size = 7; inputs = ["words"]; activation = "tanh"
               tag label size = 11; inputs = ["mixed"]"#,
                |_| (),
            )
        },
        Described {
            strained: true,
            ..described(
                "strained-odd-widths",
                "positions",
                r#"frame input size = 5
                   share linear size = 5; inputs = ["frame"]; activation = "sigmoid"
                   tanh linear size = 5; inputs = ["frame"]; activation = "tanh"
                   plain linear size = 5; inputs = ["frame"]
                   blended elementwise function = "blend"; inputs = ["share", "tanh", "plain"]
                   numbers values size = 3; inputs = ["blended"]"#,
                |c| {
                    let f = &mut c.fixed;
                    (f.weight_bits, f.input_bits, f.state_bits, f.pre_bits, f.pre_frac) = (5, 7, 12, 14, 9);
                    (f.table_bits, f.table_address_bits, f.logit_bits) = (12, 6, 13);
                    (c.crossbar.cell_bits, c.crossbar.dac_bits, c.crossbar.columns_per_adc) = (1, 3, 8);
                    c.accelerator.skip_zero_phases = true;
                },
            )
        },
        described(
            "mean-in-a-wave",
            "positions",
            r#"frame input size = 5
               level cell kind = "gru"; size = 7; inputs = ["frame"]
               far accumulate input = "level"; steps = "mean"
               numbers values size = 3; inputs = ["far"]"#,
            |_| (),
        ),
        described(
            "sums-behind-a-loop",
            "backwards",
            r#"frame input size = 5
               all accumulate input = "frame"; steps = "sum"
               up linear size = 6; inputs = ["frame"]; activation = "tanh"
               mean accumulate input = "up"; steps = "mean"
               late accumulate input = { before = "mean" }; steps = "sum"
               once
               ends linear size = 4; inputs = ["all", "mean", "late"]
               few slice input = "ends"; from = 1; size = 3
               both join inputs = ["few", "ends"]
               tag label size = 4; inputs = ["both"]"#,
            |c| c.accelerator.gate_lanes = 2.into(),
        ),
        described(
            "latent-of-all-steps",
            "positions",
            r#"words embedding size = 5
               level cell kind = "gru"; size = 7; inputs = ["words"]
               q moments size = 5; inputs = ["level"]
               once
               z latent moments = ["q"]; steps = "mean"
               tag label size = 6; inputs = ["z"]"#,
            |_| (),
        ),
        described(
            "latent-of-sums",
            "backwards",
            r#"words embedding size = 5
               level cell kind = "rnn"; size = 7; inputs = ["words"]
               q moments size = 3; inputs = ["level"]
               r moments size = 4; inputs = ["words", "level"]
               once
               y latent moments = ["r"]; steps = "sum"
               given moments size = 2; inputs = ["y"]
               z latent moments = ["given", "q", "r"]; steps = "sum"
               tag label size = 6; inputs = ["z", "y"]"#,
            |c| c.accelerator.gate_lanes = 1.into(),
        ),
        Described {
            strained: true,
            ..described(
                "strained-mean-of-z",
                "positions",
                r#"words embedding size = 5
                   level cell kind = "gru"; size = 7; inputs = ["words"]
                   q moments size = 5; inputs = ["level"]
                   once
                   z latent moments = ["q"]; steps = "mean"
                   tag label size = 6; inputs = ["z"]"#,
                |_| (),
            )
        },
        Described {
            strained: true,
            ..described(
                "strained-sum-of-z",
                "positions",
                r#"words embedding size = 5
                   level cell kind = "gru"; size = 7; inputs = ["words"]
                   q moments size = 5; inputs = ["level"]
                   once
                   z latent moments = ["q"]; steps = "sum"
                   tag label size = 6; inputs = ["z"]"#,
                |c| c.accelerator.gate_lanes = 2.into(),
            )
        },
        two_loops("words-of-two-loops", TABLES, |_| ()),
        two_loops("words-of-a-start", STARTED, |c| c.accelerator.gate_lanes = 4.into()),
        two_loops("numbers-of-two-loops", NUMBERS, |c| c.accelerator.gate_lanes = 3.into()),
    ]
}

/// Every kind of job that such a design has, short and long, at the ends of the range, refused, broken off, and
/// handed over in every manner.
pub fn described_jobs(config: &Config, shape: &Shape) -> Vec<Job> {
    let mut jobs = Vec::new();
    let kinds = JobKind::ALL.into_iter().filter(|kind| shape.packets[*kind as usize] != Packet::Absent);
    for (n, kind) in kinds.enumerate() {
        let mut random = Random::keyed(&[7, n as u64]);
        let (unit, token) = match shape.packets[kind as usize] {
            Packet::Frames { size } => (size, false),
            Packet::Tokens { .. } => (1, true),
            Packet::Bits { .. } | Packet::Latent | Packet::Nothing | Packet::Absent => continue,
        };
        let top = (1i32 << (config.fixed.state_bits - 1)) - 1;
        let (low, high) = if token { (0, shape.vocabulary as i32 - 1) } else { (!top, top) };
        let mut some = |steps: usize, loud: i32| -> Vec<i32> {
            let span = ((high - low) / loud + 1) as usize;
            let from = if token { 0 } else { low / loud };
            (0..steps * unit).map(|_| from + random.below(span) as i32).collect()
        };
        let most = shape.max_tokens;
        let packets =
            [some(5, 4), some(1, 1), some(most, 2), vec![high; 3 * unit], vec![low; 2 * unit], some(4, 1)];
        let whole: Vec<Job> =
            packets.into_iter().map(|input| Job { seed: 9, ..Job::new(kind, input, 0) }).collect();
        let broken = [
            (5, Some(0)),
            (7, Some(2)),
            (0, None),
            (40, None),
            (90, None),
            (150, None),
            (260, None),
            (420, None),
        ];
        let broken: Vec<Job> = broken
            .iter()
            .zip(whole.iter().cycle().step_by(2))
            .map(|(&(after, words), job)| {
                let manner = Manner { abort: Some(Abort { after, words }), ..Manner::default() };
                Job { manner, ..job.clone() }
            })
            .collect();
        let mut wide = some(2, 4);
        wide[unit] = high + 1;
        let mut refused = vec![some(most + 1, 4), vec![low - 1; unit], wide];
        if unit > 1 {
            refused.extend([vec![0; unit - 1], vec![0; unit + 1], vec![0; most * unit + 1]]);
        }
        let sampled = Job { sample_z: true, seed: 77, ..whole[0].clone() };
        jobs.extend(whole);
        jobs.push(sampled);
        jobs.extend(refused.into_iter().map(|input| Job::new(kind, input, 0)));
        jobs.push(Job::new(JobKind::Listen, vec![1; 2], 0));
        jobs.extend(broken);
    }
    for (i, job) in jobs.iter_mut().enumerate() {
        let manner = &mut job.manner;
        manner.tour = (i % 4 == 0).then_some(i as u32 / 4 * 3);
        manner.ahead = i % 3 != 0;
        manner.eager = i % 5 == 2;
    }
    jobs
}
