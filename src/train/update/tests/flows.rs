//! Flows on z, noise on codes, and labels beside words.

use super::*;
use crate::config::Flow;
use crate::train::objective::NO_TARGET;

/// A z that a flow carries on, with its determinant, with noise on what the encoder reads, with one level and two.
#[test]
fn gradients_of_flows_are_slopes_too() {
    let sentences: [&[u32]; 3] = [&[2, 5, 6, 7, 3], &[2, 4, 4, 3], &[2, 8, 3]];
    for (flow, cells, latent, skip) in [
        (Flow::Coupling, vec![CellKind::Lstm], 5, true),
        (Flow::Coupling, vec![CellKind::Gru, CellKind::Rnn], 3, false),
        (Flow::Iaf, vec![CellKind::Gru], 2, false),
        (Flow::Iaf, vec![CellKind::Rnn, CellKind::Lstm], 3, true),
        (Flow::None, vec![CellKind::Gru], 3, true),
    ] {
        let model = Model {
            family: Family::FlowVrae,
            cells,
            flow,
            latent,
            skip,
            flow_steps: 3,
            flow_hidden: 4,
            embedding: 5,
            hidden: 6,
            vocabulary: 9,
            ..Model::default()
        };
        for (step_kl, code_noise, mask_pads) in [(0.0, 0.0, true), (0.4, 0.1, false)] {
            let (embedding_dropout, level_dropout, output_dropout) = (0.3, 0.3, 0.3);
            let train = Train {
                step_kl,
                last_step_kl: 0.7,
                code_noise,
                mask_pads,
                embedding_dropout,
                level_dropout,
                output_dropout,
                ..Train::default()
            };
            check(&Network::flow_vrae(&model, 0.5), &train, &sentences);
        }
    }
}

/// A label of some sentences, said of z beside their words.
#[test]
fn gradients_of_labels_beside_words_are_slopes_too() {
    let model = Model {
        family: Family::FlowVrae,
        cells: vec![CellKind::Gru],
        label: true,
        classes: 3,
        embedding: 5,
        hidden: 6,
        latent: 3,
        flow_hidden: 4,
        vocabulary: 9,
        ..Model::default()
    };
    let network = Network::flow_vrae(&model, 1.0);
    let told = |tokens: &[u32], label: Option<u32>| Example {
        labels: label.map_or(Vec::new(), |label| vec![label; tokens.len()]),
        ..Example::sentence(tokens.to_vec())
    };
    let examples = [told(&[2, 4, 4, 3], Some(2)), told(&[2, 5, 6, 7, 3], None), told(&[2, 8, 3], Some(0))];
    let examples: Vec<&Example> = examples.iter().collect();
    let train = Train { label_weight: 0.6, last_step_kl: 0.7, output_dropout: 0.3, ..Train::default() };
    let batch = Batch::of(&network, &examples, &train, &mut Random::keyed(&[7]));
    check_batch(&network, &train, &batch, 4e-3);
    let net = FloatNet::with_tensors(&network, initial(&network, 3));
    let learn = |batch: &Batch| loss_and_gradients(&net, batch, &train, WEIGHTS, Random::keyed(&[8]));
    let (losses, gradients) = learn(&batch);
    // The longest sentence stands first, and has no label.
    assert_eq!(batch.labels, [NO_TARGET, 2, 0]);
    let head = net.index(network.find("label").unwrap(), 0);
    let size = |gradients: &[Array2<f32>]| gradients[head].iter().map(|g| g.abs()).sum::<f32>();
    assert!(losses.label > 0.0 && size(&gradients) > 0.0);
    let none = Batch { labels: vec![NO_TARGET; 3], ..batch.clone() };
    let (silent, gradients) = learn(&none);
    assert_eq!((silent.label, size(&gradients)), (0.0, 0.0));
    assert_eq!(silent.reconstruction, losses.reconstruction);
}

/// Noise on what the encoder reads changes an update, another way in every one, and leaves all other draws as they are.
#[test]
fn noise_on_codes_is_drawn_anew_and_alone() {
    let model = Model { embedding: 5, hidden: 6, latent: 3, vocabulary: 9, ..Model::default() };
    let network = Network::hsr_vae(&model, 1.0);
    let net = FloatNet::with_tensors(&network, initial(&network, 3));
    let losses = |code_noise: f32, seed: u64| {
        let train = Train { code_noise, ..Train::default() };
        let batch = Batch::new(&[&[2, 5, 6, 3], &[2, 4, 3]], &train, &mut Random::keyed(&[7]));
        loss_and_gradients(&net, &batch, &train, WEIGHTS, Random::keyed(&[seed])).0
    };
    assert_eq!(losses(0.1, 8), losses(0.1, 8));
    assert!(losses(0.1, 8) != losses(0.0, 8) && losses(0.1, 8) != losses(0.1, 9));
    // So little that only other draws would be seen.
    assert!((losses(1e-7, 8).reconstruction - losses(0.0, 8).reconstruction).abs() < 1e-4);
}
