//! `hvae chat`

use super::Failure;
use super::cosim::simulate;
use super::inputs::{map_model, read_config, read_model, tell_clipped};
use super::out::{remark, say};
use hvae_mnn::build::{Build, DESCRIPTION, read_build};
use hvae_mnn::cosim::{Engine as Simulator, RunOptions};
use hvae_mnn::crossbar::{CrossbarNet, TiledMatrix};
use hvae_mnn::golden::{Context, Golden, Job, JobKind, Run, Stop};
use hvae_mnn::model::{Network, UNK, Vocabulary};
use hvae_mnn::sample::generation;
use serde::Serialize;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(
    after_help = "Type a line and read the answer; `/new` begins another conversation, the end of the input (Ctrl-D) ends.\n\nExamples:\n  hvae chat models/dialogue --cost\n  hvae chat build/dialogue              (the simulated hardware answers, checked against the golden model)\n  echo 'how are you ?' | hvae chat models/dialogue --json"
)]
pub struct Args {
    /// Trained model folder, or build folder, of a network that holds conversations
    source: PathBuf,
    /// Of the latents of the answers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Words are sampled at it; absent: the likeliest word
    #[arg(long)]
    temperature: Option<f64>,
    /// Say what every answer costs: cycles of hearing and of answering, conversions, and time
    #[arg(long)]
    cost: bool,
    /// A line of JSON for every answer
    #[arg(long)]
    json: bool,
    /// hvae.toml (model folder only); absent: all defaults
    #[arg(long)]
    config: Option<PathBuf>,
}

/// Bytes of a line at most.
const MOST_BYTES: u64 = 1 << 16;

/// What a turn came to.
#[derive(Serialize)]
struct Turn<'a> {
    heard: &'a str,
    answer: &'a str,
    cost: Cost,
}

/// Of what was heard, of the answer, and of hearing the answer.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Cost {
    cycles_heard: u64,
    cycles_answered: u64,
    conversions: u64,
    /// Of all cycles, at the clock of the configuration.
    microseconds: f64,
    /// Compared with the simulated hardware; 0 where there is none.
    bits_compared: u64,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    if args.source.join(DESCRIPTION).exists() {
        let build = read_build(&args.source)?;
        converses(&build.net.quant.network, &args.source)?;
        let Some(vocabulary) = &build.vocabulary else {
            return Err(Failure::input(format!(
                "{}: expected a vocabulary, found a design of random weights; build one with --model",
                args.source.display()
            )));
        };
        let config = &build.file.design.config;
        let golden = Golden::tiled(&build.net, &config.accelerator);
        let design: Option<(&Path, &Build)> = Some((args.source.as_path(), &build));
        let clock_mhz = config.accelerator.clock_mhz;
        let (generation, context, jobs) = begin(args, &golden)?;
        let (golden, net) = (&golden, &build.net);
        return Chat { args, golden, net, vocabulary, clock_mhz, design, generation, context, jobs }.hold();
    }
    let (model, config) = read_model(&args.source, read_config(args.config.as_deref())?)?;
    converses(&model.network, &args.source)?;
    let net = map_model(&model, &config, None)?;
    tell_clipped(&net.quant.clipped);
    let golden = Golden::tiled(&net, &config.accelerator);
    let (vocabulary, clock_mhz) = (&model.vocabulary, config.accelerator.clock_mhz);
    let (generation, context, jobs) = begin(args, &golden)?;
    let (golden, net) = (&golden, &net);
    Chat { args, golden, net, vocabulary, clock_mhz, design: None, generation, context, jobs }.hold()
}

/// The job that answers, and a conversation in which nothing has been said.
fn begin(args: &Args, golden: &Golden<TiledMatrix>) -> Result<(Job, Context, Vec<Job>), Failure> {
    let limit = golden.shape.max_tokens;
    let generation = match args.temperature {
        Some(temperature) => generation(temperature, args.seed, limit)?,
        None => Job { seed: args.seed, ..Job::new(JobKind::Generate, Vec::new(), limit as u16) },
    };
    Ok((generation, Context::default(), Vec::new()))
}

fn converses(network: &Network, source: &Path) -> Result<(), Failure> {
    match network.converses() {
        true => Ok(()),
        false => Err(Failure::input(format!(
            "{}: expected a network that holds conversations, found one of family {}; train one with family = \"dialogue\"",
            source.display(),
            network.family
        ))),
    }
}

struct Chat<'a> {
    args: &'a Args,
    golden: &'a Golden<TiledMatrix>,
    net: &'a CrossbarNet,
    vocabulary: &'a Vocabulary,
    clock_mhz: f64,
    /// The folder whose hardware is simulated beside.
    design: Option<(&'a Path, &'a Build)>,
    generation: Job,
    context: Context,
    /// All jobs of the conversation so far: a simulation begins with the first.
    jobs: Vec<Job>,
}

impl Chat<'_> {
    fn hold(mut self) -> Result<(), Failure> {
        let by_hand = io::stdin().is_terminal() && !self.args.json;
        let mut lines = io::stdin().lock();
        loop {
            if by_hand {
                let _ = io::stderr().write_all(b"> ").and_then(|()| io::stderr().flush());
            }
            let mut bytes = Vec::new();
            let read = lines.by_ref().take(MOST_BYTES).read_until(b'\n', &mut bytes);
            match read.map_err(|e| Failure::input(format!("standard input: {e}")))? as u64 {
                0 => return Ok(()),
                MOST_BYTES => {
                    return Err(Failure::input(format!(
                        "standard input: expected a sentence a line, found {MOST_BYTES} bytes without an end; write shorter lines"
                    )));
                }
                _ => {}
            }
            let line = String::from_utf8(bytes)
                .map_err(|_| Failure::input("standard input: expected text in UTF-8, found other bytes"))?;
            match line.trim() {
                "" => {}
                "/new" => {
                    self.context.forget();
                    self.jobs.clear();
                }
                line => self.turn(line)?,
            }
        }
    }

    fn turn(&mut self, line: &str) -> Result<(), Failure> {
        let tokens = self.vocabulary.encode(line);
        let most = self.golden.shape.max_tokens;
        if tokens.len() > most {
            remark!(
                "hvae: expected at most {most} tokens ([accelerator] max_tokens), found {}; say it in fewer words",
                tokens.len()
            );
            return Ok(());
        }
        let unknown = tokens.iter().filter(|&&token| token == UNK).count();
        if unknown > 0 {
            remark!("hvae: {unknown} of {} words are unknown to the model", tokens.len() - 2);
        }
        let heard = self.listen(&tokens);
        let seed = self.args.seed.wrapping_add(self.jobs.len() as u64);
        let answered = self.does(Job { seed, ..self.generation.clone() });
        let mut said = vec![hvae_mnn::model::SOS];
        said.extend(&answered.output);
        let again = self.listen(&said);
        let cycles = |run: &Run| run.counters.cycles;
        let converters = self.net.geometry.adcs() as u64;
        let runs = [&heard, &answered, &again];
        let cost = Cost {
            cycles_heard: cycles(&heard) + cycles(&again),
            cycles_answered: cycles(&answered),
            conversions: runs.iter().map(|run| run.counters.tile_samples * converters).sum(),
            microseconds: runs.iter().map(|run| cycles(run)).sum::<u64>() as f64 / self.clock_mhz,
            bits_compared: self.checked()?,
        };
        let answer = self.vocabulary.decode(&answered.output);
        if self.args.json {
            let turn = Turn { heard: line, answer: &answer, cost };
            return say!("{}", serde_json::to_string(&turn).expect("plain values"));
        }
        say!("{answer}")?;
        if self.args.cost {
            let Cost { cycles_heard, cycles_answered, conversions, microseconds, bits_compared } = cost;
            say!(
                "  [heard in {cycles_heard} cycles, answered in {cycles_answered}: {microseconds:.1} us at {} MHz, {conversions} conversions{}]",
                self.clock_mhz,
                match bits_compared {
                    0 => String::new(),
                    bits => format!("; {bits} bits of the conversation as the hardware has them"),
                }
            )?;
        }
        Ok(())
    }

    fn listen(&mut self, tokens: &[u32]) -> Run {
        let packet = tokens.iter().map(|&token| token as i32).collect();
        self.does(Job::new(JobKind::Listen, packet, 1))
    }

    fn does(&mut self, job: Job) -> Run {
        let job = Job { fresh: self.jobs.is_empty(), ..job };
        let run = self.golden.run_in(&mut self.context, &job, Stop::Never);
        self.jobs.push(job);
        run
    }

    /// Bits of the whole conversation so far that the simulated hardware has as the golden model has them.
    fn checked(&self) -> Result<u64, Failure> {
        let Some((folder, build)) = self.design else { return Ok(0) };
        let report = simulate(folder, build, &self.jobs, &RunOptions::default(), Simulator::Verilator)?;
        match report.first_difference {
            None => Ok(report.bits_compared),
            Some(first) => Err(Failure::check(format!("hardware and golden model differ at {first}"))),
        }
    }
}
