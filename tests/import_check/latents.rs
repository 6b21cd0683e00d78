//! Samples of networks with latents, starts and blocks for training alone.

use super::*;

/// HSR-VAE from `tests/pytorch/make_fixture.py`: every vector of encoder, z and decoder as an npz.
fn hsr_vae(pair: &str, cells: [CellKind; 2]) -> (Network, Tensors, Npz) {
    let model = Model {
        cells: cells.to_vec(),
        latent_from: LatentFrom::Both,
        embedding: 5,
        hidden: 6,
        latent: 3,
        vocabulary: 11,
        ..Model::default()
    };
    fixture(pair, Network::describe(&model, 1.0).unwrap())
}

/// What a folder of `tests/fixtures/pytorch` holds of two sentences, as an npz.
fn fixture(name: &str, network: Network) -> (Network, Tensors, Npz) {
    let folder = root().join("tests/fixtures/pytorch").join(name);
    let read = |file: &str| read_tensors(file, &std::fs::read(folder.join(file)).unwrap()).unwrap();
    let mut npz = Npz::default();
    let sentences: [&[i32]; 2] = [&[2, 4, 5, 10, 9, 5, 3], &[2, 7, 1, 3]];
    let tokens = |i: usize, step: usize| sentences[i].get(step).copied().unwrap_or(-1);
    npz.whole.insert("tokens".into(), ArrayD::from_shape_fn(IxDyn(&[2, 7]), |at| tokens(at[0], at[1])));
    let expected = read("expected.safetensors");
    for (name, first) in expected.iter().filter_map(|(name, t)| Some((name.strip_prefix("0.")?, t))) {
        let second = &expected[&format!("1.{name}")];
        let (steps, width) = (first.shape()[0], first.shape()[1]);
        // Of what is there for training alone nothing is imported.
        let Some(block) = network.find(name.split('.').next().unwrap()) else { continue };
        let once = network.is_once(block);
        let mut all = Array3::<f32>::from_elem((2, steps, width), f32::NAN);
        for (i, values) in [first, second].into_iter().enumerate() {
            let values = values.view().into_dimensionality::<ndarray::Ix2>().unwrap();
            all.slice_mut(s![i, ..values.nrows(), ..]).assign(&values);
        }
        let all = if once { all.index_axis_move(Axis(1), 0).into_dyn() } else { all.into_dyn() };
        npz.real.insert(name.into(), all);
    }
    (network, read("weights.safetensors"), npz)
}

/// z at its mean, given, and given in a way that is not the mean; padding may be anything, NaN too.
#[test]
fn latents_are_means_or_given() {
    let (network, tensors, mut npz) = hsr_vae("gru-lstm", [CellKind::Gru, CellKind::Lstm]);
    let net = net(&network, tensors);
    let compare =
        |npz: &Npz| -> Parity { Samples::parse("samples", &npz.bytes(), &network).unwrap().compare(&net) };
    let parity = compare(&npz);
    // Embeddings are not in the fixture.
    assert_eq!(parity.blocks.len(), 14);
    assert!(parity.first_beyond(1e-5).is_none(), "{parity:?}");
    let names: Vec<&str> = parity.blocks.iter().map(|b| b.name.as_str()).collect();
    assert_eq!((names[0], names[names.len() - 1]), ("enc1.output", "vocab.output"));
    let mean = npz.real["z.output"].clone();
    npz.real.insert("z".into(), mean.clone());
    assert!(compare(&npz).first_beyond(1e-5).is_none());
    npz.real.insert("z".into(), mean + 0.5);
    let moved = compare(&npz);
    assert_eq!(moved.first_beyond(TOLERANCE).unwrap().name, "z.output");
    assert!(moved.blocks.iter().filter(|b| b.name.starts_with(['e', 'q'])).all(|b| b.within(1e-5)));
    assert!(!moved.blocks.last().unwrap().within(1e-2));
}

/// A latent of every step: given, as the reference drew it; not given, its mean, which is another.
#[test]
fn latents_of_steps_are_means_or_given() {
    let model = Model {
        family: Family::ZForcing,
        cells: vec![CellKind::Lstm],
        embedding: 5,
        hidden: 6,
        latent: 3,
        dense: 4,
        vocabulary: 11,
        ..Model::default()
    };
    let (network, tensors, mut npz) = fixture("z-forcing-lstm", Network::describe(&model, 1.0).unwrap());
    let whole = Network::to_train(&model, 1.0).unwrap();
    let weights = import("f", &write_tensors(&tensors, None), &whole, &[]).unwrap();
    let net = FloatNet::new(&network, &weights).unwrap();
    let compare = |npz: &Npz| Samples::parse("samples", &npz.bytes(), &network).unwrap().compare(&net);
    npz.real.insert("z".into(), npz.real["z.output"].clone());
    let parity = compare(&npz);
    assert_eq!(parity.blocks.len(), 15);
    assert!(parity.first_beyond(1e-5).is_none(), "{parity:?}");
    npz.real.remove("z");
    let off = compare(&npz);
    assert_eq!(off.first_beyond(TOLERANCE).unwrap().name, "z.output");
    // One number of one step for another.
    npz.real.insert("z".into(), npz.real["z.output"].clone());
    npz.real.get_mut("z").unwrap()[[1, 1, 2]] += 0.5;
    let off = compare(&npz);
    assert_eq!(off.first_beyond(TOLERANCE).unwrap().at, [1, 1, 2]);
    npz.real.insert("z".into(), ArrayD::zeros(IxDyn(&[2, 3])));
    let error = Samples::parse("s.npz", &npz.bytes(), &network).unwrap_err().to_string();
    assert!(error.starts_with("s.npz: array `z`: expected shape [2, 6, 3], got shape [2, 3]; "), "{error}");
}

#[test]
fn starts_and_joined_inputs_are_found() {
    let (network, tensors, npz) = hsr_vae("lstm-lstm", [CellKind::Lstm, CellKind::Lstm]);
    // A user whose c_0 is zero: only its first step can be told without that network.
    let own = net(&network, tensors.clone());
    let samples = Samples::parse("samples", &npz.bytes(), &network).unwrap();
    assert!(samples.compare(&own).first_beyond(1e-5).is_none());
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let mut zero = npz.clone();
    for (i, sentence) in [&[2u32, 4, 5, 10, 9, 5, 3][..], &[2, 7, 1, 3]].into_iter().enumerate() {
        let z = npz.real["z.output"].slice(s![i, ..]).to_vec();
        let trace = own.teacher_forced(sentence, &z);
        let id = network.find("dec1").unwrap();
        let row = |role| trace.get(id, role).row(0).mapv(f64::from);
        let sum = row(Role::PreInput) + row(Role::PreRecurrent);
        let array = zero.real.get_mut("dec1.output").unwrap();
        for j in 0..6 {
            let c = sigmoid(sum[j]) * sum[12 + j].tanh();
            array[[i, 0, j]] = (sigmoid(sum[18 + j]) * c.tanh()) as f32;
        }
    }
    zero.real.remove("dec1.cell");
    let hint_of = |npz: &Npz, net: &FloatNet| {
        let samples = Samples::parse("samples", &npz.bytes(), net.network()).unwrap();
        samples.hint(net, &samples.compare(net), TOLERANCE).unwrap()
    };
    assert_eq!(
        hint_of(&zero, &own),
        "your `dec1` starts with c_0 = 0: ours takes both h_0 and c_0 from `init1`; give it c_0 = \"zero\" in its description, \
         or train it with (start, start)"
    );
    // With that it agrees, at the step that is told.
    let text = network.to_text();
    let with_zero = text.replacen("init = \"init1\"\n", "init = \"init1\"\nc_0 = \"zero\"\n", 1);
    let described = hvae_mnn::model::Network::from_text("n", &with_zero, network.vocabulary).unwrap();
    assert!(with_zero != text && described.to_text() == with_zero);
    let sentence = [2u32, 4, 5, 10, 9, 5, 3];
    let z = npz.real["z.output"].slice(s![0, ..]).to_vec();
    let made = net(&described, tensors.clone()).teacher_forced(&sentence, &z);
    let made = made.get(network.find("dec1").unwrap(), Role::Output).row(0).to_vec();
    let wanted = zero.real["dec1.output"].slice(s![0, 0, ..]).to_vec();
    assert!(made.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{made:?} {wanted:?}");
    // The other way round: the description has starts, and the user's network none.
    let plain = network.changed(|net| {
        for block in &mut net.blocks {
            if let hvae_mnn::model::Op::Cell { init, .. } = &mut block.op {
                *init = None;
            }
        }
    });
    let theirs = net(&plain.unwrap(), tensors.clone());
    let mut unstarted = Npz { whole: npz.whole.clone(), ..Npz::default() };
    let mut all = Array3::<f32>::zeros((2, 6, 6));
    for (i, sentence) in [&[2u32, 4, 5, 10, 9, 5, 3][..], &[2, 7, 1, 3]].into_iter().enumerate() {
        let z = npz.real["z.output"].slice(s![i, ..]).to_vec();
        let made: Array2<f32> =
            theirs.teacher_forced(sentence, &z).get(network.find("dec1").unwrap(), Role::Output).clone();
        all.slice_mut(s![i, ..made.nrows(), ..]).assign(&made);
    }
    unstarted.real.insert("dec1".into(), all.into_dyn());
    assert_eq!(
        hint_of(&unstarted, &own),
        "your `dec1` starts from zero: leave out its init in the description"
    );
    // z before the word.
    let mut turned_round = tensors;
    let matrix = turned_round.get_mut("dec1.weight_ih_l0").unwrap();
    *matrix = turned(matrix, 5);
    assert_eq!(
        hint_of(&npz, &net(&network, turned_round)),
        "your `dec1` joins its inputs as z, dec_embed: write inputs in that order in the description"
    );
}

/// Blocks that are there for training alone may be in the file, and are not kept.
#[test]
fn what_is_there_for_training_is_left_behind() {
    let model = Model {
        family: Family::ZForcing,
        embedding: 4,
        hidden: 3,
        latent: 2,
        dense: 4,
        vocabulary: 9,
        ..Model::default()
    };
    let whole = Network::to_train(&model, 1.0).unwrap();
    let tensors = |network: &Network| -> Tensors {
        network
            .tensors()
            .into_iter()
            .map(|(name, shape)| (name, ArrayD::from_elem(IxDyn(&shape), 0.1)))
            .collect()
    };
    let all = write_tensors(&tensors(&whole), None);
    let kept = import("f", &all, &whole, &[]).unwrap();
    assert_eq!(kept, import("f", &write_tensors(&tensors(&whole.deployed()), None), &whole, &[]).unwrap());
    assert!(kept.iter().count() < whole.tensors().len());
    // Of another shape they are somebody else's.
    let mut odd = tensors(&whole);
    odd.insert("bwd_vocab.bias".into(), ArrayD::zeros(IxDyn(&[8])));
    let error = import("f", &write_tensors(&odd, None), &whole, &[]).unwrap_err().to_string();
    assert!(error.contains("bwd_vocab.bias [8]"), "{error}");
}
