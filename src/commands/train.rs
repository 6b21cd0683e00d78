//! `hvae train`

use super::inputs::read_config;
use super::{Failure, memory};
use hvae_mnn::model::{FloatNet, ModelError, TrainedModel};
use hvae_mnn::pipeline;
use hvae_mnn::train::{self, TrainRequest};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  hvae train --config configs/gutenberg.toml --data data/gutenberg --out models/mine\nAn interrupted run goes on where its last checkpoint was: give the same command again.\nAll cores share large products; RAYON_NUM_THREADS=1 keeps to one, with the same bytes."
)]
pub struct Args {
    /// hvae.toml with [model] and [train]
    #[arg(long)]
    config: PathBuf,
    /// Folder with train.txt, valid.txt and test.txt, or files named like ptb.train.txt, yahoo_val.txt, test.utts.txt
    #[arg(long)]
    data: PathBuf,
    /// Model folder
    #[arg(long)]
    out: PathBuf,
    /// A trained model to start from
    #[arg(long, value_name = "MODEL")]
    from: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    memory::keep_what_is_freed();
    let config = read_config(Some(&args.config))?;
    let mut bar = train::bar();
    let from = args.from.as_deref().map(TrainedModel::load).transpose()?;
    let mut program = |net: &FloatNet, update| {
        pipeline::hardware_net(net, &config, update).map_err(|error| {
            ModelError::new(
                "[train] hardware_every",
                "cells that can be programmed",
                error.to_string(),
                "correct that section, or set hardware_every = 0",
            )
        })
    };
    let request = TrainRequest {
        config: &config,
        data: &args.data,
        out: &args.out,
        from: from.as_ref(),
        program: Some(&mut program),
        progress: &mut bar,
    };
    let summary = train::run(request)?;
    if let Some((nll, epoch)) = summary.best {
        println!("best validation NLL {nll:.3} nats a sentence, epoch {epoch} of {}", summary.epochs);
    }
    if let Some(test) = &summary.test {
        let (h, b) = (&test.honest, &test.baselines);
        println!("test: honest PPL {:.2}, KL {:.2}, {} active units", h.ppl, h.kl, h.active_units);
        println!("same tokens: unigram PPL {:.1}, bigram PPL {:.1}", b.unigram_ppl, b.bigram_ppl);
    }
    Ok(())
}
