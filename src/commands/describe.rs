//! `hvae describe`

use super::Failure;
use super::inputs::{read_config, read_model, to_train};
use super::out::say;
use hvae_mnn::config::{Config, Family, Model};
use std::path::Path;

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  hvae describe tagger > network.toml\nA configuration with [model] family = \"custom\" and description = \"network.toml\" beside it trains and builds what the\nfile says."
)]
pub struct Args {
    /// A family, an hvae.toml, or a model folder
    #[arg(value_name = "FAMILY|CONFIG|MODEL")]
    what: String,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let family = Family::ALL.into_iter().find(|f| f.name() == args.what && *f != Family::Custom);
    let path = Path::new(&args.what);
    let described = match family {
        Some(family) => {
            to_train(&Config { model: Model { family, ..Model::default() }, ..Config::default() })?
        }
        None if path.is_dir() => read_model(path, Config::default())?.0.network,
        None if path.exists() => to_train(&read_config(Some(path))?)?,
        None => {
            let known: Vec<&str> =
                Family::ALL.into_iter().filter(|f| *f != Family::Custom).map(Family::name).collect();
            return Err(Failure::input(format!(
                "{}: expected one of {}, a configuration or a model folder, found none of that name; correct it",
                args.what,
                known.join(", ")
            )));
        }
    };
    say!("{}", described.to_text().trim_end())
}
