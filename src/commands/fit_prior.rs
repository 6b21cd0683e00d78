//! `hvae fit-prior`

use super::Failure;
use super::inputs::{read_config, read_model, read_words, somebody_reads};
use super::out::say;
use hvae_mnn::files::{Kind, OutputFolder};
use hvae_mnn::model::{Codes, Split};
use std::path::PathBuf;

const MODEL: Kind = Kind::closed("model");

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  hvae fit-prior models/gutenberg --data data/gutenberg --out build/fitted\nThe scale of every dimension of z goes into the weights: what is written of a sentence, and the hardware, stay the same; the\nbound is lower, and sentences from the prior are more like those that were read."
)]
pub struct Args {
    /// Trained model folder
    model: PathBuf,
    /// Sentences whose codes are fitted, or the set whose training part they are
    #[arg(long)]
    data: PathBuf,
    /// Model folder
    #[arg(long)]
    out: PathBuf,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let (model, _) = read_model(&args.model, read_config(None)?)?;
    let folder = OutputFolder::begin(&args.out, MODEL)?;
    super::inputs::writes_words(&model, "fit-prior")?;
    let sentences = read_words(&args.data, Split::Train, (&model.vocabulary, &model.network))?;
    let codes = Codes::of(&model, &sentences)?;
    let fitted = codes.standardise(&model)?;
    for (name, bytes) in fitted.files() {
        folder.put(name, &bytes)?;
    }
    folder.finish(&somebody_reads)?;
    let ends = |values: &[f64]| {
        let of = |f: fn(f64, f64) -> f64| values.iter().copied().reduce(f).unwrap_or(0.0);
        (of(f64::min), of(f64::max))
    };
    let ((least, most), (low, high)) = (ends(&codes.deviations), ends(&codes.means));
    say!(
        "{} sentences: root mean squares of z from {least:.3} to {most:.3}, means from {low:.3} to {high:.3}",
        codes.sentences
    )?;
    say!(
        "KL {:.3} nats a sentence before, {:.3} now ({:.3} if means could move as well)",
        codes.kl,
        codes.fitted_kl,
        codes.centred_kl
    )
}
