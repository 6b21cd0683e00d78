//! What a design is, in words, and the figures that people ask for first.

use super::html::Headline;
use super::number::{area, energy, ratio, thousands};
use crate::build::Build;
use crate::config::{Config, Family};
use crate::cosim::CosimReport;
use crate::model::Network;

/// What a step of the network reads and writes.
pub fn unit(build: &Build) -> &'static str {
    match build.net.quant.network.vocabulary {
        0 => "frame",
        _ => "token",
    }
}

/// What the network is.
pub fn family_words(config: &Config, network: &Network) -> String {
    let frames = network.bits_block().is_some();
    match config.model.family {
        Family::HsrVae => "hierarchical variational autoencoder of sentences",
        Family::LanguageModel if frames => "recurrent model of frames of bits, such as music",
        Family::LanguageModel => "recurrent language model",
        Family::Tagger => "recurrent tagger, which labels every word",
        Family::Regression => "recurrent network that foretells numbers",
        Family::ZForcing if frames => {
            "recurrent model of frames of bits with a latent at every step (Z-Forcing)"
        }
        Family::ZForcing => "recurrent language model with a latent at every step (Z-Forcing)",
        Family::FlowVrae => "variational recurrent autoencoder with a flow",
        Family::Dialogue => "hierarchical variational model of conversations",
        Family::Custom => "network of a description of its own",
    }
    .into()
}

/// Weights, biases left out.
pub fn weights(build: &Build) -> u64 {
    build.net.quant.matrices().iter().map(|(_, m)| (m.weights.nrows() * m.inputs) as u64).sum()
}

/// The figures that people ask for first.
pub fn headlines(build: &Build, cosim: &[CosimReport]) -> Vec<Headline> {
    let (file, unit) = (&build.file, unit(build));
    let (c, analog, pace) = (&file.cycles_per_token, &file.budget.analog, &file.budget.pace);
    let mut all = Vec::new();
    let mut say = |value: String, label: String| all.push(Headline { value, label });
    let compared: u64 = cosim.iter().map(|r| r.bits_compared).sum();
    if compared > 0 {
        let wrong: u64 = cosim.iter().map(|r| r.mismatches).sum();
        say(
            thousands(wrong),
            format!("numbers differ from the golden model, in {} bits compared", thousands(compared)),
        );
    }
    let writes = c.decode_expected > 0;
    let (cycles, floor, e, rate, does) = match writes {
        true => (
            c.decode_expected,
            c.decode_floor,
            &analog.energy_token_written,
            pace.tokens_written_per_second,
            "written",
        ),
        false => (
            c.encode_expected,
            c.encode_floor,
            &analog.energy_token_read,
            pace.tokens_read_per_second,
            "read",
        ),
    };
    if cycles > 0 {
        say(
            thousands(cycles),
            format!("cycles a {unit} {does}, {} x the floor", ratio(cycles as f64, floor as f64)),
        );
        say(thousands(rate.round() as u64), format!("{unit}s {does} a second at {} MHz", pace.clock_mhz));
        say(energy(e.total_pj), format!("a {unit} {does} (analog part)"));
    }
    say(area(analog.area.total_um2), "area of the analog part".into());
    say(thousands(weights(build)), format!("weights on {} tiles", thousands(file.budget.tiles as u64)));
    all
}
