//! The configurations that the project ships are read, and those that are compared differ in nothing
//! but what is compared.

use hvae_mnn::config::{Config, KlSchedule, Train};
use hvae_mnn::model::Network;
use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = all.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    found.sort();
    found
}

fn read(path: &Path) -> Config {
    Config::parse(&path.display().to_string(), &fs::read_to_string(path).unwrap())
        .unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_configuration_is_read() {
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let of_designs = files("configs").into_iter().filter(|path| !name(path).starts_with("study-"));
    let all: Vec<PathBuf> = of_designs.chain(files("configs/ptb")).chain(files("configs/recipe")).collect();
    assert!(all.len() > 15, "{all:?}");
    for path in all {
        let config = read(&path);
        Network::describe(&config.model, config.train.lambda_low).unwrap();
    }
}

/// Models on the Penn Treebank have the same sentences, sizes and budget: what differs is the cells,
/// the objective, and the units of those that are called wide.
#[test]
fn runs_that_are_compared_have_the_same_budget() {
    let objective = |config: Config| {
        let t = config.train;
        Train {
            step_kl: 0.0,
            last_step_kl: 0.0,
            kl_schedule: KlSchedule::Constant,
            kl_warmup_epochs: 0.0,
            batch_norm: 0.0,
            lagging_steps: 0,
            ..t
        }
    };
    let paths = files("configs/ptb");
    let first = read(&paths[0]);
    for path in &paths {
        let config = read(path);
        let (model, wide) = (&config.model, path.to_string_lossy().contains("wide"));
        assert_eq!(
            (model.vocabulary, model.embedding, model.latent, model.hidden),
            (9947, 512, 32, if wide { 280 } else { 256 }),
            "{}",
            path.display()
        );
        assert_eq!(objective(config), objective(first.clone()), "{}", path.display());
    }
}

/// Runs of the recipe differ in cells, objective and epochs alone, whatever begins anew with its cycles included; the twin of
/// the published program is none of them.
#[test]
fn runs_of_the_recipe_share_it() {
    let recipe = |config: &Config| Train {
        epochs: 0,
        lambda_low: 0.0,
        step_kl: 0.0,
        last_step_kl: 0.0,
        kl_schedule: KlSchedule::Constant,
        kl_warmup_epochs: 0.0,
        restarts: false,
        batch_norm: 0.0,
        lagging_steps: 0,
        ..config.train.clone()
    };
    let (twin, runs): (Vec<PathBuf>, Vec<PathBuf>) =
        files("configs/recipe").into_iter().partition(|path| path.ends_with("twin-twr-lstm.toml"));
    assert!(twin.len() == 1 && runs.len() > 8, "{runs:?}");
    let first = read(&runs[0]);
    for path in &runs {
        let (config, place) = (read(path), path.display());
        let sizes = |config: &Config| {
            let m = &config.model;
            (m.vocabulary, m.embedding, m.latent, m.hidden)
        };
        assert_eq!(sizes(&config), sizes(&first), "{place}");
        assert_eq!(recipe(&config), recipe(&first), "{place}");
        assert_eq!(config.train.restarts, config.train.kl_schedule == KlSchedule::Cyclical, "{place}");
    }
    let twin = read(&twin[0]).train;
    assert!(!twin.mask_pads && !twin.shuffle && twin.zero_pads && twin.clip_norm == 0.0);
    // What is 1e-6 and 1e-5 of gradients that are summed over a batch.
    assert!((twin.adam_epsilon * 64.0 / 1e-6 - 1.0).abs() < 0.05);
    assert!((twin.weight_decay * 64.0 / 1e-5 - 1.0).abs() < 0.05);
}
