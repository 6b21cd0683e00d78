//! What sentences cost: the reconstruction and the KL of each, a token, on the cells of the design and on ideal ones.

use super::html::Picture;
use super::number::three;
use super::plot::{Axis, Colour, Lane, Lanes, Mark, short};
use crate::golden::{Golden, GoldenEngine, Job, JobKind, unpacked};
use crate::model::{Drawn, Effort, Engine, Example, Network, Protocol, evaluate_each};
use crate::quant::MatVec;
use ndarray::Array2;

/// What one sequence costs, in nats a token or a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// -ln p of what is read, given the latents.
    pub reconstruction: f64,
    /// From the prior of the latents to what the network makes of what it reads; 0 without latents.
    pub kl: f64,
}

impl Cost {
    fn all(&self) -> f64 {
        self.reconstruction + self.kl
    }

    fn of(drawn: &Drawn) -> Cost {
        let steps = drawn.scores.len().max(1) as f64;
        Cost { reconstruction: -drawn.log_likelihood() / steps, kl: drawn.kl.iter().sum::<f64>() / steps }
    }
}

/// Seed of the draws of latents.
const SEED: u64 = 1;

/// What the jobs read, as it can be scored, without what comes twice.
pub fn examples<M: MatVec>(golden: &Golden<M>, jobs: &[Job]) -> Vec<Example> {
    let network = &golden.quant.network;
    if network.written().is_none() {
        return Vec::new();
    }
    let mut all: Vec<Example> = Vec::new();
    let tokens = |job: &Job| -> Vec<u32> { job.input.iter().map(|&t| t as u32).collect() };
    if network.converses() {
        for job in jobs {
            if job.fresh || all.is_empty() {
                all.push(Example::conversation(Vec::new()));
            }
            if job.kind == JobKind::Listen {
                all.last_mut().expect("one was pushed").turns.push(tokens(job));
            }
        }
        all.retain(|example| !example.turns.is_empty());
        return all;
    }
    for job in jobs.iter().filter(|job| matches!(job.kind, JobKind::Reconstruct | JobKind::Score)) {
        let example = match network.bits_block() {
            None => Example::sentence(tokens(job)),
            Some(id) => {
                let (width, frame) = (network.width(id), golden.shape.frame);
                let words = tokens(job);
                let bits: Vec<f32> = words
                    .chunks_exact(frame)
                    .flat_map(|words| unpacked(words, width))
                    .map(|bit| if bit { 1.0 } else { 0.0 })
                    .collect();
                let frames = Array2::from_shape_vec((bits.len() / width, width), bits);
                Example { frames: frames.unwrap_or_default(), ..Example::default() }
            }
        };
        if !all.contains(&example) && job.refusal(&golden.shape).is_none() && example.steps() > 1 {
            all.push(example);
        }
    }
    all
}

/// What each sequence costs; of a conversation, each of its sentences. Nothing where the network says no such thing.
pub fn costs<M: MatVec>(golden: &Golden<M>, examples: &[Example]) -> Vec<Cost> {
    let mut engine = GoldenEngine::new(golden);
    // Ideal cells and those of the design are to differ by their arithmetic alone.
    engine.float_draws = true;
    let network = &golden.quant.network;
    let views: Vec<&Example> = examples.iter().collect();
    if examples.is_empty() {
        return Vec::new();
    }
    if network.converses() {
        let drawn = engine.drawn_conversations(&views, Some(SEED));
        return drawn.iter().flatten().map(Cost::of).collect();
    }
    if network.bits_block().is_some() {
        return match network.draw() {
            Some(_) => engine.drawn_pieces(&views, SEED).iter().map(Cost::of).collect(),
            None => Vec::new(),
        };
    }
    let sentences: Vec<Vec<u32>> = examples.iter().map(|e| e.tokens.clone()).collect();
    let effort = Effort { seed: SEED, reconstruction_limit: 0, ..Effort::default() };
    let (_, losses) = evaluate_each(&mut engine, &sentences, Protocol::Honest, &effort);
    let cost = |loss: &crate::model::SentenceLoss| {
        let tokens = loss.tokens.max(1) as f64;
        Cost { reconstruction: loss.reconstruction / tokens, kl: loss.kl / tokens }
    };
    losses.iter().map(cost).collect()
}

/// The picture of what these sequences, named so, cost on the cells of the design and on ideal ones.
pub fn picture(
    network: &Network,
    names: &[String],
    cells: &[Cost],
    ideal: &[Cost],
    whose: &str,
) -> Option<Picture> {
    if cells.is_empty() || cells.len() != ideal.len() {
        return None;
    }
    let unit = if network.vocabulary > 0 { "token" } else { "frame" };
    let latent = network.draw().is_some() || network.latent().is_some();
    let most = cells.iter().chain(ideal).map(Cost::all).fold(0.0, f64::max);
    let mut picture = Lanes::new(Axis::until(most), short, format!("nats a {unit}; less is better"));
    picture.height = 22;
    picture
        .legend
        .push((Colour::Blue, if latent { "reconstruction" } else { "negative log-likelihood" }.into()));
    if latent {
        picture.legend.push((Colour::Purple, "KL of the latent".into()));
    }
    picture.legend.push((Colour::Grey, "thin: the same on ideal cells".into()));
    for (number, (cost, ideal)) in cells.iter().zip(ideal).enumerate() {
        let name = names.get(number).cloned().unwrap_or_else(|| format!("sentence {}", number + 1));
        let bar = |from: f64, to: f64, (low, high): (f64, f64), colour: Colour, what: &str| Mark {
            low,
            high,
            ..Mark::bar(from, to, colour, format!("{what}: {} nats a {unit}", three(to - from)))
        };
        let (thick, thin) = ((0.05, 0.7), (0.76, 1.0));
        let mut marks = vec![
            bar(0.0, cost.reconstruction, thick, Colour::Blue, "reconstruction on these cells"),
            bar(0.0, ideal.all(), thin, Colour::Grey, "all of it on ideal cells"),
        ];
        if cost.kl > 0.0 {
            marks.push(bar(cost.reconstruction, cost.all(), thick, Colour::Purple, "KL on these cells"));
        }
        picture.lanes.push(Lane { name, figure: three(cost.all()), marks, rules: Vec::new() });
    }
    let mean = |all: &[Cost], of: fn(&Cost) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
    let kl = match latent {
        true => format!(
            " The KL, here {} nats a {unit}, is what the latent is told of each; near 0 it is not used.",
            three(mean(cells, |c| c.kl))
        ),
        false => String::new(),
    };
    let heading = if latent { "Reconstruction and KL" } else { "How probable each sequence is" };
    Some(Picture {
        id: "losses",
        heading: heading.into(),
        caption: format!(
            "{whose}: what each costs a {unit} (the negative ELBO where there is a latent, drawn once from its posterior). On average {} nats \
             on these cells, {} on ideal ones: where the thick bar is longer than the thin one, cells and converters have cost \
             something.{kl}",
            three(mean(cells, Cost::all)),
            three(mean(ideal, Cost::all)),
        ),
        body: picture.html(),
    })
}
