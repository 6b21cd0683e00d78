//! The same losses, gradients and updates as without a graphics processor. A driver that computes on the
//! processor will do (Debian: mesa-vulkan-drivers); without any, the tests say that they are skipped.

use super::*;
use crate::config::{CellKind, LatentFrom, LatentSteps, Model};
use crate::train::adam::{Part, initial};
use crate::train::objective::TermWeights;
use crate::train::update::loss_and_gradients;

fn device(test: &str) -> Option<Device> {
    let found = Device::find(true);
    match &found {
        Some(device) => eprintln!("{test}: on {}", device.name()),
        None => eprintln!("SKIPPED {test}: no graphics processor, nor a driver that stands in for one"),
    }
    found
}

fn small() -> Model {
    Model { embedding: 5, hidden: 6, latent: 3, vocabulary: 9, ..Model::default() }
}

fn networks() -> Vec<(Network, Train)> {
    let noisy = Train { embedding_dropout: 0.3, level_dropout: 0.3, output_dropout: 0.3, ..Train::default() };
    let mut all = Vec::new();
    for below in CellKind::ALL {
        for above in CellKind::ALL {
            let model = Model { cells: vec![below, above], ..small() };
            let train = Train { start_penalty: 0.5, start_limit: 0.1, last_step_kl: 0.7, ..noisy.clone() };
            all.push((Network::hsr_vae(&model, 0.5), train));
        }
    }
    let steps = |latent_steps| Model { latent_steps, ..small() };
    all.push((Network::hsr_vae(&steps(LatentSteps::Mean), 0.5), Train { mask_pads: false, ..noisy.clone() }));
    let top_down = Model { latent_from: LatentFrom::TopDown, cells: vec![CellKind::Gru; 3], ..small() };
    all.push((Network::hsr_vae(&top_down, 0.5), noisy.clone()));
    let normal = Train { batch_norm: 0.6, step_kl: 0.0, last_step_kl: 1.0, ..noisy.clone() };
    all.push((Network::hsr_vae(&steps(LatentSteps::Last), 0.5), normal));
    // More than one workgroup of everything.
    let wide = Model { embedding: 70, hidden: 130, latent: 9, vocabulary: 700, ..Model::default() };
    all.push((Network::hsr_vae(&wide, 0.5), noisy));
    all
}

fn sentences(vocabulary: usize, count: usize) -> Vec<Vec<u32>> {
    let mut random = Random::keyed(&[4]);
    let mut word = || 4 + random.below(vocabulary - 4) as u32;
    (0..count).map(|i| [vec![2], (0..1 + i % 7).map(|_| word()).collect(), vec![3]].concat()).collect()
}

fn batch(network: &Network, train: &Train, count: usize) -> Batch {
    let sentences = sentences(network.vocabulary, count);
    let sentences: Vec<&[u32]> = sentences.iter().map(Vec::as_slice).collect();
    Batch::new(&sentences, train, &mut Random::keyed(&[7]))
}

fn update<'a>(batch: &'a Batch, train: &'a Train, parts: &'a [Part], random: Random) -> Update<'a> {
    Update { batch, train, weights: TermWeights::of_kl(1.0), learning_rate: 1e-2, parts, random }
}

#[test]
fn losses_and_gradients_are_those_of_the_processor() {
    let Some(mut device) = device("losses_and_gradients_are_those_of_the_processor") else { return };
    for (case, (network, train)) in networks().iter().enumerate() {
        assert_eq!(refusal(&device, network, train), None);
        let net = FloatNet::with_tensors(network, initial(network, 3));
        let batch = batch(network, train, 1 + 6 * case);
        let random = || Random::keyed(&[8]);
        let (want_losses, want) = loss_and_gradients(&net, &batch, train, TermWeights::of_kl(0.7), random());
        let mut gpu = Gpu::new(device, &net, &Adam::new(network, net.tensors()));
        // Twice: gradients begin at zero every time.
        gpu.gradients(&net, &batch, train, 0.7, random()).unwrap();
        let (losses, here) = gpu.gradients(&net, &batch, train, 0.7, random()).unwrap();
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-5 * (1.0 + b.abs());
        assert!(close(losses.reconstruction, want_losses.reconstruction), "{losses:?}, {want_losses:?}");
        assert!(close(losses.step_kl, want_losses.step_kl) && close(losses.last_kl, want_losses.last_kl));
        assert!(close(losses.start_excess, want_losses.start_excess));
        assert_eq!((losses.sentences, losses.tokens), (want_losses.sentences, want_losses.tokens));
        for (index, (name, _)) in network.tensors().iter().enumerate() {
            let got = match &gpu.tensors[index] {
                Some(tensor) => gpu.device.read(&[&tensor.gradient]).unwrap().remove(0),
                None => here[index].clone(),
            };
            let size = want[index].iter().fold(1e-3f32, |most, g| most.max(g.abs()));
            let off = (&got - &want[index]).iter().fold(0.0f32, |most, d| most.max(d.abs()));
            assert!(off <= 1e-4 * size, "case {case}, {name}: off by {off} where {size} is the largest");
        }
        device = gpu.device;
    }
}

/// Weights and moments after some updates, clipped and of one part only, and home again.
#[test]
fn updates_are_those_of_the_processor() {
    let Some(device) = device("updates_are_those_of_the_processor") else { return };
    let (network, _) = networks().remove(1);
    let train = Train { clip_norm: 0.05, weight_decay: 0.01, ..Train::default() };
    let start = FloatNet::with_tensors(&network, initial(&network, 3));
    let (mut net, mut adam) = (start.clone(), Adam::new(&network, start.tensors()));
    let (mut net_there, mut adam_there) = (net.clone(), adam.clone());
    let mut gpu = Gpu::new(device, &net, &adam);
    let both = [Part::Encoder, Part::Decoder];
    for (step, parts) in [&both[..], &both[..1], &both[..]].into_iter().enumerate() {
        let batch = batch(&network, &train, 5 + step);
        let random = || Random::keyed(&[step as u64]);
        let (_, mut gradients) = loss_and_gradients(&net, &batch, &train, TermWeights::of_kl(1.0), random());
        let norm = crate::train::adam::clip(&mut gradients, train.clip_norm);
        adam.update(net.tensors_mut(), &gradients, parts, 1e-2, &train);
        let (_, there) =
            gpu.update(&mut net_there, &mut adam_there, update(&batch, &train, parts, random())).unwrap();
        assert!((norm - there).abs() < 1e-5 * norm && norm > train.clip_norm, "{norm}, {there}");
    }
    gpu.settle(&mut net_there, &mut adam_there).unwrap();
    assert_eq!(adam.updates, adam_there.updates);
    let most = |t: &Array2<f32>| t.iter().fold(0.0f32, |most, x| most.max(x.abs()));
    // Moments are small numbers: off by a share of the largest of their tensor.
    let pairs = [
        ("weights", net.tensors(), net_there.tensors(), None),
        ("first moments", &adam.first, &adam_there.first, Some(1e-4)),
        ("second moments", &adam.second, &adam_there.second, Some(1e-4)),
    ];
    for (what, want, got, share) in pairs {
        for ((want, got), (name, _)) in want.iter().zip(got).zip(network.tensors()) {
            let limit = share.map_or(1e-3, |share| share * most(want));
            let off = most(&(got - want));
            assert!(limit > 0.0 && off <= limit, "{what} of {name}: off by {off}, at most {limit}");
        }
    }
    let moved = |(a, b): (&Array2<f32>, &Array2<f32>)| a != b;
    assert!(start.tensors().iter().zip(net_there.tensors()).all(moved));
}

/// A norm that is not a number changes nothing.
#[test]
fn nothing_is_changed_by_what_is_not_a_number() {
    let Some(device) = device("nothing_is_changed_by_what_is_not_a_number") else { return };
    let (network, train) = networks().remove(0);
    let mut net = FloatNet::with_tensors(&network, initial(&network, 3));
    let last = net.tensors().len() - 1;
    net.tensors_mut()[last][[0, 4]] = f32::INFINITY;
    let before = net.clone();
    let mut adam = Adam::new(&network, net.tensors());
    let mut gpu = Gpu::new(device, &net, &adam);
    let batch = batch(&network, &train, 3);
    let both = [Part::Encoder, Part::Decoder];
    let random = Random::keyed(&[1]);
    let (_, norm) = gpu.update(&mut net, &mut adam, update(&batch, &train, &both, random)).unwrap();
    assert!(!norm.is_finite());
    gpu.settle(&mut net, &mut adam).unwrap();
    assert_eq!(net.tensors(), before.tensors());
    assert_eq!(adam.updates, [0, 0]);
}

#[test]
fn what_cannot_be_done_there_is_refused() {
    let Some(device) = device("what_cannot_be_done_there_is_refused") else { return };
    let (network, train) = networks().remove(0);
    let refusal = |network: &Network, train: &Train| refusal(&device, network, train);
    assert_eq!(refusal(&network, &train), None);
    assert!(refusal(&network, &Train { hardware_every: 3, ..train.clone() }).unwrap().contains("hardware"));
    let large = Model { vocabulary: 1 << 31, embedding: 16, ..small() };
    assert!(refusal(&Network::hsr_vae(&large, 1.0), &train).unwrap().contains("`enc_embed.weight` has 137"));
    // A cell that reads what the one above it was a step before.
    let (below, above) = (network.find("enc1").unwrap(), network.find("enc2").unwrap());
    let other = network.changed(|net| match &mut net.blocks[below].op {
        Op::Cell { inputs, .. } => inputs.push(crate::model::Edge { before: true, ..above.into() }),
        op => panic!("{op:?}"),
    });
    let other = other.unwrap();
    assert!(refusal(&other, &train).unwrap().contains("`enc1`"));
}
