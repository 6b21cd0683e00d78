//! A mask of words (-1e9, as in PyTorch), and other biases beyond all that integers hold: bounded, named, and still
//! what they were meant to be.

use crate::common::tiny;
use hvae_mnn::config::CellKind::{Gru, Lstm};
use hvae_mnn::config::Config;
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::golden::{Golden, Job, JobKind};
use hvae_mnn::model::{Network, Weights};
use hvae_mnn::pipeline::{map, random_sentences, random_weights};

fn try_mapped(config: &Config, change: impl Fn(&Weights) -> Weights) -> Result<CrossbarNet, String> {
    let network = Network::describe(&config.model, 1.0).unwrap();
    let weights = change(&random_weights(&network, 1));
    let sentences = random_sentences(config.model.vocabulary, 8, 1);
    map(&network, &weights, config, &sentences).map_err(|e| e.to_string())
}

fn mapped(config: &Config, change: impl Fn(&Weights) -> Weights) -> CrossbarNet {
    try_mapped(config, change).unwrap()
}

/// Sets values of a tensor, by number.
fn with(weights: &Weights, tensor: &str, values: &[(usize, f32)]) -> Weights {
    let at = std::cell::Cell::new(0);
    weights.map(tensor, |value| {
        let n = at.replace(at.get() + 1);
        values.iter().find(|(i, _)| *i == n).map_or(value, |(_, v)| *v)
    })
}

#[test]
fn a_mask_of_words_costs_rows_and_no_more_and_no_masked_word_is_written() {
    let config = tiny(&[Gru, Lstm]);
    let plain = mapped(&config, Weights::clone);
    // What the network likes best, without the mask.
    let job = |seed| Job::new(JobKind::Generate, Vec::new(), 12).sampled(0.7, seed).unwrap();
    let written = |net: &CrossbarNet| -> Vec<u32> {
        let golden = Golden::tiled(net, &config.accelerator);
        (0..20).flat_map(|seed| golden.run(&job(seed)).output).collect()
    };
    let masked = [5, 9, 17];
    assert!(written(&plain).iter().any(|t| masked.contains(t)));
    for mask in [-1e9, -1e3, f32::MIN] {
        let values = masked.map(|word| (word as usize, mask));
        let net = mapped(&config, |w| with(w, "vocab.bias", &values));
        assert!(!written(&net).iter().any(|t| masked.contains(t)), "{mask}");
        assert_eq!(net.quant.clipped.len(), 1);
        let said = net.quant.clipped[0].to_string();
        assert_eq!(
            said,
            format!(
                "vocab.bias: 3 of 23 values clipped to 32.0000 (the largest was {}): with that a word is always or never chosen",
                f64::from(mask)
            )
        );
        assert!(net.tiles() < 2 * plain.tiles(), "{} tiles of {}", net.tiles(), plain.tiles());
        // The other words keep their digits.
        let step = |net: &CrossbarNet| match net.quant.blocks.last().unwrap() {
            hvae_mnn::quant::QuantBlock::Vocabulary { logit, .. } => logit.step(),
            _ => unreachable!("the vocabulary is last"),
        };
        assert!(step(&net) <= 64.0 / 32768.0, "{}", step(&net));
    }
    // A word that is always written.
    let net = mapped(&config, |w| with(w, "vocab.bias", &[(7, 1e3)]));
    assert!(written(&net).iter().all(|&t| t == 7));
}

#[test]
fn biases_of_gates_and_moments_are_clipped_where_sums_saturate() {
    let config = tiny(&[Gru, Lstm]);
    let plain = mapped(&config, Weights::clone);
    assert_eq!(plain.quant.clipped, []);
    for huge in [1e3, -1e9, 1e30] {
        let net = mapped(&config, |w| {
            let w = with(w, "enc1.bias_ih_l0", &[(3, huge)]);
            let w = with(&w, "enc1.bias_hh_l0", &[(4, 30.0), (20, huge)]);
            with(&w, "q2.log_variance.bias", &[(0, huge)])
        });
        let named: Vec<(&str, usize, usize)> =
            net.quant.clipped.iter().map(|c| (c.tensor.as_str(), c.values, c.of)).collect();
        let found = [
            ("enc1.bias_ih_l0 + enc1.bias_hh_l0", 2, 21),
            ("enc1.bias_hh_l0", 1, 21),
            ("q2.log_variance.bias", 1, 3),
        ];
        assert_eq!(named, found, "{huge}");
        assert!(net.tiles() < 2 * plain.tiles(), "{} tiles of {}", net.tiles(), plain.tiles());
        let golden = Golden::tiled(&net, &config.accelerator);
        let tokens = vec![2, 5, 9, 3];
        golden.run(&Job::new(JobKind::Reconstruct, tokens, 12));
    }
}

/// Weights of any finite size are integers without a panic, and the cells answer as the exact products do.
#[test]
fn scales_of_any_size_are_integers() {
    for scale in [1e-38f32, 1e-20, 1e-8, 1e-3, 1e3, 1e8, 1e20] {
        let config = tiny(&[Gru, Lstm]);
        for tensor in
            ["enc_embed.weight", "enc1.weight_hh_l0", "q1.mean.weight", "init1.weight", "vocab.weight"]
        {
            let net = mapped(&config, |w| w.map(tensor, |v| v * scale));
            let golden = Golden::tiled(&net, &config.accelerator);
            let ideal = Golden::ideal(&net.quant, &net.geometry, &config.accelerator);
            let job = Job::new(JobKind::Reconstruct, vec![2, 5, 9, 3], 12);
            assert_eq!(golden.run(&job).output, ideal.run(&job).output, "{tensor} times {scale}");
        }
    }
    let beyond = try_mapped(&tiny(&[Gru, Lstm]), |w| w.map("vocab.weight", |v| v.signum() * 3e38));
    assert_eq!(
        beyond.unwrap_err(),
        "block vocab: expected numbers while the network reads sentences, found some beyond single precision; \
         train it again, or bound its weights"
    );
}
