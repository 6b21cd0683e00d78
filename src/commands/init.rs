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

pub fn run(args: &Args) -> Result<(), Failure> {
    let path = args.dir.join("hvae.toml");
    if path.exists() {
        return Err(Failure::input(format!(
            "{}: expected no such file, found one; remove it or choose another folder",
            path.display()
        )));
    }
    std::fs::create_dir_all(&args.dir).map_err(|e| Failure::io(&args.dir, e))?;
    write_file(&path, COMMENTED.as_bytes())?;
    say!("{} written: edit it, then `hvae generate --config {}`", path.display(), path.display())
}
