//! `hvae import`

use super::Failure;
use super::inputs::{network, read, read_config, read_text, somebody_reads};
use super::out::say;
use hvae_mnn::files::{Kind, OutputFolder};
use hvae_mnn::model::{Description, TrainedModel, Vocabulary, import};
use std::path::PathBuf;

const MODEL: Kind = Kind::closed("model");

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  hvae import trained.safetensors --config hvae.toml --vocab vocab.txt --out models/mine"
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
    /// Model folder
    #[arg(long)]
    out: PathBuf,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let config = read_config(Some(&args.config))?;
    let folder = OutputFolder::begin(&args.out, MODEL)?;
    let network = network(&config)?;
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
    for (name, bytes) in model.files() {
        folder.put(name, &bytes)?;
    }
    folder.finish(&somebody_reads)?;
    say!("{} tensors imported into {}", network.tensors().len(), args.out.display())
}
