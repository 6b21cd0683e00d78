//! `hvae import`

use super::Failure;
use super::inputs::{read, read_config, read_text, somebody_reads, to_train};
use super::out::{remark, say};
use hvae_mnn::files::{Kind, OutputFolder};
use hvae_mnn::model::{Description, FloatNet, Parity, Samples, TrainedModel, Vocabulary, import};
use std::path::{Path, PathBuf};

const MODEL: Kind = Kind::closed("model");

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  hvae import trained.safetensors --config hvae.toml --vocab vocab.txt --out models/mine\n  hvae import weights.safetensors --config hvae.toml --vocab vocab.txt --check samples.npz --out models/mine\n`hvae_mnn.export` (python/) writes all of these files of a PyTorch module; docs/pytorch.md says what samples.npz holds."
)]
pub struct Args {
    /// PyTorch state dict: its names, gate order, both biases
    file: PathBuf,
    /// hvae.toml whose [model] says the sizes
    #[arg(long)]
    config: PathBuf,
    /// One word a line, the four special tokens first; not for a network that reads frames
    #[arg(long)]
    vocab: Option<PathBuf>,
    /// Prefix in the file = prefix of the network, as often as needed
    #[arg(long, value_name = "FROM=TO")]
    rename: Vec<String>,
    /// Inputs and what your own network makes of them: nothing is imported unless ours makes the same
    #[arg(long, value_name = "SAMPLES.npz")]
    check: Option<PathBuf>,
    /// How far a number may be off, as a share of the largest of its block
    #[arg(long, value_name = "SHARE", default_value_t = 1e-4)]
    tolerance: f32,
    /// Model folder
    #[arg(long)]
    out: PathBuf,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let config = read_config(Some(&args.config))?;
    let folder = OutputFolder::begin(&args.out, MODEL)?;
    let network = to_train(&config)?;
    let vocabulary = match &args.vocab {
        Some(path) => Vocabulary::parse(&path.display().to_string(), &read_text(path)?)?,
        None if network.vocabulary == 0 => Vocabulary::none(),
        None => {
            return Err(Failure::input(format!(
                "--vocab: expected the file of the {} words of the network, found none; name it",
                network.vocabulary
            )));
        }
    };
    let renames = args.rename.iter().map(|pair| {
        let (from, to) = pair.split_once('=').ok_or_else(|| {
            Failure::input(format!(
                "--rename {pair}: expected FROM=TO, found no `=`; write for example encoder.=enc"
            ))
        })?;
        Ok((from.to_string(), to.to_string()))
    });
    let renames = renames.collect::<Result<Vec<_>, Failure>>()?;
    let bytes = read(&args.file)?;
    let weights = import(&args.file.display().to_string(), &bytes, &network, &renames)?;
    let description = Description { model: config.model, train: config.train };
    let model = TrainedModel::new(description, weights, vocabulary)?;
    if let Some(samples) = &args.check {
        check(samples, args.tolerance, &model.float_net())?;
    }
    for (name, bytes) in model.files() {
        folder.put(name, &bytes)?;
    }
    folder.finish(&somebody_reads)?;
    say!("{} tensors imported into {}", model.network.tensors().len(), args.out.display())
}

/// Prints how far the net is from the samples of a file, and refuses what is further than `tolerance`.
fn check(file: &Path, tolerance: f32, net: &FloatNet) -> Result<(), Failure> {
    if !(tolerance >= 0.0 && tolerance.is_finite()) {
        return Err(Failure::input(format!(
            "--tolerance {tolerance}: expected a share of the largest number of a block, 0 or more; leave it out for 1e-4"
        )));
    }
    let place = file.display().to_string();
    let samples = Samples::parse(&place, &read(file)?, net.network())?;
    let parity = samples.compare(net);
    table(&parity)?;
    let counted = format!("{} sequences, {} steps", samples.sequences(), samples.steps());
    let Some(first) = parity.first_beyond(tolerance) else {
        return say!(
            "{} blocks, {counted}: all within {tolerance:e} of the largest number of the block",
            parity.blocks.len()
        );
    };
    let [sequence, step, unit] = first.at;
    remark!("hvae: `{}` differs; trying out what would make it agree", first.name);
    let hint = samples.hint(net, &parity, tolerance).unwrap_or_default();
    Err(Failure::check(format!(
        "{place}: `{}` differs first in the order of evaluation, most at sequence {sequence}, step {step}, unit {unit}: \
         expected {}, got {} (off by {:.1e} of the largest number, allowed {tolerance:e}); {hint}",
        first.name,
        first.expected,
        first.found,
        first.relative()
    )))
}

fn table(parity: &Parity) -> Result<(), Failure> {
    let width = parity.blocks.iter().map(|b| b.name.len()).max().unwrap_or(0).max(5);
    say!(
        "{:width$}  {:>10}  {:>10}  {:>8}  at sequence, step, unit",
        "block",
        "largest",
        "difference",
        "share"
    )?;
    for block in &parity.blocks {
        let [sequence, step, unit] = block.at;
        let (scale, difference, share) = (block.scale, block.difference, block.relative());
        say!(
            "{:width$}  {scale:>10.4}  {difference:>10.1e}  {share:>8.1e}  {sequence}, {step}, {unit}",
            block.name
        )?;
    }
    Ok(())
}
