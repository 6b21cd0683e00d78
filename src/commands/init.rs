//! `hvae init`
// It makes the folder of its file.
#![allow(clippy::disallowed_methods)]

use super::Failure;
use super::out::say;
use hvae_mnn::files::write_file;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  hvae init my-design")]
pub struct Args {
    /// Folder of the new hvae.toml
    #[arg(default_value = ".")]
    dir: PathBuf,
}

/// The commented configuration, all at its defaults.
pub const COMMENTED: &str = include_str!("../../configs/default.toml");

/// The configuration that the committed model was trained with.
const TRAINED: &str = include_str!("../../configs/gutenberg.toml");

/// The whole file: defaults, and what a first model is trained with. The defaults of `[train]` are those of the publication, for
/// corpora a hundred times as large.
fn text() -> String {
    let (_, train) = TRAINED.split_once("[train]\n").expect("the committed model was trained");
    let what = "# What the committed model was trained with (models/gutenberg): good for some thousand short sentences.";
    format!("{COMMENTED}\n{what}\n[train]\n{train}")
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let path = args.dir.join("hvae.toml");
    if path.exists() {
        return Err(Failure::input(format!(
            "{}: expected no such file, found one; remove it or choose another folder",
            path.display()
        )));
    }
    std::fs::create_dir_all(&args.dir).map_err(|e| Failure::io(&args.dir, e))?;
    write_file(&path, text().as_bytes())?;
    let place = path.display();
    say!(
        "{place} written: edit it, then `hvae train --config {place} --data FOLDER --out MODEL`, or without training \
         `hvae generate --config {place} --random-weights 1 --out BUILD`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use hvae_mnn::config::{Config, Train};

    #[test]
    fn a_new_file_is_the_defaults_but_for_training() {
        let found = Config::parse("hvae.toml", &text()).unwrap();
        let trained = Config::parse("gutenberg.toml", TRAINED).unwrap().train;
        assert_ne!(trained, Train::default());
        assert_eq!(found, Config { train: trained, ..Config::default() });
    }
}
