//! Broken model files are refused with a message that says where, expected, got and what to do.

use hvae_mnn::config::{CellKind, Model, NumberFormat, Tokenizer, Train};
use hvae_mnn::model::{
    Description, FloatNet, Network, TrainedModel, Vocabulary, Weights, import, read_tensors, write_tensors,
};
use ndarray::{Array2, ArrayD, IxDyn};
use std::collections::BTreeMap;

type Tensors = BTreeMap<String, ArrayD<f32>>;

fn model() -> Model {
    Model {
        cells: vec![CellKind::Gru, CellKind::Rnn],
        embedding: 4,
        hidden: 3,
        latent: 2,
        vocabulary: 6,
        ..Model::default()
    }
}

fn network() -> Network {
    Network::describe(&model(), 1.0).unwrap()
}

fn tensors() -> Tensors {
    let value = |i: usize| (i % 7) as f32 * 0.1 - 0.3;
    let fill = |shape: Vec<usize>| {
        let count = shape.iter().product();
        ArrayD::from_shape_vec(IxDyn(&shape), (0..count).map(value).collect()).unwrap()
    };
    network().tensors().into_iter().map(|(name, shape)| (name, fill(shape))).collect()
}

fn parse(bytes: &[u8]) -> Result<Weights, String> {
    Weights::parse("m.safetensors", bytes, &network()).map_err(|e| e.to_string())
}

#[test]
fn bad_tensors_are_refused() {
    type Change = fn(&mut Tensors);
    let cases: [(Change, &str); 9] = [
        (
            |t| {
                let bias = t.remove("vocab.bias").unwrap();
                t.insert("decoder.bias".into(), bias);
                let weight = t.remove("vocab.weight").unwrap();
                t.insert("decoder.weight".into(), weight);
            },
            "m.safetensors: expected the 30 tensors of the network, got 30 tensors\n  \
             without\n    vocab.weight [6, 3]\n    vocab.bias [6]\n  \
             and with\n    decoder.bias [6]\n    decoder.weight [6, 3]; \
             shapes and names suggest --rename decoder.=vocab.",
        ),
        (
            |t| {
                t.remove("enc1.bias_hh_l0");
                t.remove("q1.mean.bias");
                t.insert("head.bias".into(), ArrayD::zeros(IxDyn(&[7])));
                t.insert("init1.weight".into(), ArrayD::zeros(IxDyn(&[3, 3])));
            },
            "m.safetensors: expected the 30 tensors of the network, got 29 tensors\n  \
             without\n    enc1.bias_hh_l0 [9]\n    q1.mean.bias [2]\n  \
             and with\n    head.bias [7]\n  \
             and of another shape\n    init1.weight [3, 3] and not [3, 4]; \
             export every parameter of the network (both biases of each cell)",
        ),
        (
            |t| {
                let bias = t.remove("enc1.bias_hh_l0").unwrap();
                t.insert("enc1.bias_hidden".into(), bias);
            },
            "m.safetensors: expected the 30 tensors of the network, got 30 tensors, \
             without enc1.bias_hh_l0 [9], and with enc1.bias_hidden [9]; \
             export every parameter of the network (both biases of each cell)",
        ),
        (
            |t| drop(t.remove("enc1.bias_hh_l0")),
            "m.safetensors: expected the 30 tensors of the network, got 29 tensors, without enc1.bias_hh_l0 [9]; \
             export every parameter of the network (both biases of each cell)",
        ),
        (
            |t| drop(t.insert("enc3.bias_hh_l0".into(), ArrayD::zeros(IxDyn(&[3])))),
            "m.safetensors: expected the 30 tensors of the network, got 31 tensors, with enc3.bias_hh_l0 [3]; \
             remove what is left over, or map its name with a prefix",
        ),
        (
            |t| drop(t.insert("enc1.weight_ih_l0".into(), ArrayD::zeros(IxDyn(&[9, 5])))),
            "m.safetensors: expected the 30 tensors of the network, got 30 tensors, \
             of another shape enc1.weight_ih_l0 [9, 5] and not [9, 4]; make [model] say the sizes the file was trained with",
        ),
        (
            |t| drop(t.insert("vocab.bias".into(), ArrayD::zeros(IxDyn(&[6, 1])))),
            "m.safetensors: expected the 30 tensors of the network, got 30 tensors, \
             of another shape vocab.bias [6, 1] and not [6]; make [model] say the sizes the file was trained with",
        ),
        (
            |t| t.get_mut("q2.mean.weight").unwrap()[[1, 2]] = f32::NAN,
            "m.safetensors: tensor `q2.mean.weight` at [1, 2]: expected a finite number, got NaN; \
             train again with a lower learning rate or gradient clipping",
        ),
        (
            |t| t.get_mut("init1.weight").unwrap()[[2, 0]] = f32::NEG_INFINITY,
            "m.safetensors: tensor `init1.weight` at [2, 0]: expected a finite number, got -inf; \
             train again with a lower learning rate or gradient clipping",
        ),
    ];
    for (change, message) in cases {
        let mut broken = tensors();
        change(&mut broken);
        assert_eq!(parse(&write_tensors(&broken, None)).unwrap_err(), message);
    }
}

#[test]
fn bad_files_are_refused() {
    let whole = write_tensors(&tensors(), None);
    let cut = &whole[..whole.len() - 1];
    let mut flipped = whole.clone();
    flipped[20] ^= 0x01;
    let mut lying = whole.clone();
    lying[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    for (bytes, inside) in [
        (&[][..], "0 bytes that are not one"),
        (cut, "bytes that are not one"),
        (flipped.as_slice(), ""),
        (lying.as_slice(), "bytes that are not one"),
    ] {
        let message = parse(bytes).unwrap_err();
        assert!(message.starts_with("m.safetensors"), "{message}");
        assert!(message.contains(inside), "{message}");
    }
}

/// Files of other programs are called what they are, with what to do.
#[test]
fn other_files_are_named() {
    let checkpoint = "`python -m hvae_mnn.export_checkpoint FILE.pt OUT.safetensors`";
    for (bytes, kind, remedy) in [
        (&b"PK\x03\x04....x/data.pkl..."[..], "a PyTorch file (torch.save)", checkpoint),
        (b"PK\x03\x04....tokens.npy...", "an npz file of NumPy", "safetensors.numpy.save_file"),
        (b"PK\x03\x04....", "a zip file", checkpoint),
        (b"\x80\x02\x8a\x0a....", "a pickle (torch.save of before PyTorch 1.6)", checkpoint),
        (b"\x08\x08\x12\x07pytorch", "an ONNX file", "hvae_mnn.export"),
        (b"\x89HDF\r\n", "an HDF5 file (Keras)", "in PyTorch's gate order"),
    ] {
        let message = parse(bytes).unwrap_err();
        let start = format!("m.safetensors: expected a safetensors file, got {kind}; ");
        assert!(message.starts_with(&start) && message.contains(remedy), "{message}");
    }
    // A header of 640 bytes, cut short, begins like a pickle of version 2.
    let mut cut = 640u64.to_le_bytes().to_vec();
    cut.extend(b"{\"a\":");
    assert!(parse(&cut).unwrap_err().contains("13 bytes that are not one"), "{}", parse(&cut).unwrap_err());
}

#[test]
fn other_dtypes_are_converted_or_refused() {
    use safetensors::{Dtype, tensor::TensorView};
    let file = |dtype, data: &[u8], shape: Vec<usize>| {
        let view = TensorView::new(dtype, shape, data).unwrap();
        safetensors::serialize([("a", view)], None).unwrap()
    };
    let halves = [0x00, 0x3c, 0x00, 0xc1]; // 1 and -2.5 in F16
    let read = read_tensors("f", &file(Dtype::F16, &halves, vec![2])).unwrap();
    assert_eq!(read["a"].as_slice().unwrap(), [1.0, -2.5]);
    let brains = [0x80, 0x3f, 0x20, 0xc0]; // 1 and -2.5 in BF16
    let read = read_tensors("f", &file(Dtype::BF16, &brains, vec![2])).unwrap();
    assert_eq!(read["a"].as_slice().unwrap(), [1.0, -2.5]);
    let error = read_tensors("f", &file(Dtype::F64, &[0; 8], vec![1])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "f: tensor `a`: expected dtype F32, F16 or BF16, got F64; \
         convert it before saving, for example with .float()"
    );
}

#[test]
fn import_renames_and_keeps_every_bit() {
    let network = network();
    let prefixed: Tensors = tensors().into_iter().map(|(name, t)| (format!("model.{name}"), t)).collect();
    let bytes = write_tensors(&prefixed, None);
    let strip = [("model.".to_string(), String::new())];
    let weights = import("f", &bytes, &network, &strip).unwrap();
    assert_eq!(weights, Weights::checked("f", tensors(), &network).unwrap());
    assert_eq!(FloatNet::new(&network, &weights).unwrap().weights(), weights);
    let clash = [("model.q1".to_string(), "q2".to_string()), strip[0].clone()];
    assert_eq!(
        import("f", &bytes, &network, &clash).unwrap_err().to_string(),
        "f: tensor `model.q2.log_variance.bias`: expected different names after renaming, \
         got `q2.log_variance.bias` twice; make the prefixes of the renames differ"
    );
}

#[test]
fn a_rename_that_renames_nothing_is_refused() {
    let network = network();
    let bytes = write_tensors(&tensors(), None);
    let renamed = |renames: &[(&str, &str)]| {
        let renames: Vec<_> = renames.iter().map(|(from, to)| (from.to_string(), to.to_string())).collect();
        import("f", &bytes, &network, &renames).map_err(|e| e.to_string())
    };
    renamed(&[("enc1", "enc1")]).unwrap();
    assert_eq!(
        renamed(&[("model.", "")]).unwrap_err(),
        "--rename model.=: expected tensors in f that begin with `model.` and that no rename before it takes, \
         got none; its first are dec1.bias_hh_l0, dec1.bias_ih_l0, dec1.weight_hh_l0; correct or remove the rename"
    );
    // All that it would take is taken.
    assert!(renamed(&[("enc", "enc"), ("enc1", "enc1")]).unwrap_err().starts_with("--rename enc1=enc1: "));
}

#[test]
fn a_tensor_twice_is_refused() {
    let bytes = write_tensors(&tensors(), None);
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + length]).unwrap();
    let first = "\"dec1.bias_hh_l0\":{";
    let entry = &header[header.find(first).unwrap()..];
    let entry = &entry[..=entry.find('}').unwrap()];
    let twice = header.trim_end().strip_suffix('}').unwrap().to_string() + "," + entry + "}";
    let file = [&(twice.len() as u64).to_le_bytes(), twice.as_bytes(), &bytes[8 + length..]].concat();
    assert_eq!(
        parse(&file).unwrap_err(),
        "m.safetensors: tensor `dec1.bias_hh_l0`: expected every tensor once, got it twice in the header; \
         export the file again"
    );
}

#[test]
fn a_folder_reads_back_as_it_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    let vocabulary = Vocabulary::of_sentences(["a b"], 6);
    let weights = Weights::checked("f", tensors(), &network()).unwrap();
    let model = Model { tokenizer: Tokenizer::WordPunct, ..model() };
    let description = Description { model, train: Train::default() };
    let saved = TrainedModel::new(description, weights, vocabulary).unwrap();
    // Text is split as the description says, whoever made the vocabulary.
    assert_eq!(saved.vocabulary.tokenizer(), Tokenizer::WordPunct);
    saved.save(folder.path()).unwrap();
    let loaded = TrainedModel::load(folder.path()).unwrap();
    assert_eq!(loaded.weights, saved.weights);
    assert_eq!(loaded.vocabulary, saved.vocabulary);
    assert_eq!(loaded.description, saved.description);
    assert_eq!(loaded.network, saved.network);
    let bytes = |model: &TrainedModel| model.weights.to_bytes(NumberFormat::F32);
    assert_eq!(bytes(&loaded), bytes(&saved));
}

/// Half the bytes, and what is measured before it is written is what is read afterwards.
#[test]
fn weights_of_sixteen_bits_read_back_as_they_were_measured() {
    let scaled = |scale: f32, stored_as: NumberFormat| {
        let large = tensors().into_iter().map(|(name, tensor)| (name, tensor * scale)).collect();
        let weights = Weights::checked("f", large, &network()).unwrap();
        let description = Description { model: model(), train: Train { stored_as, ..Train::default() } };
        TrainedModel::new(description, weights, Vocabulary::of_sentences(["a b"], 6))
    };
    let (halves, whole) =
        (scaled(1.0 / 3.0, NumberFormat::F16).unwrap(), scaled(1.0 / 3.0, NumberFormat::F32).unwrap());
    let folder = tempfile::tempdir().unwrap();
    halves.save(folder.path()).unwrap();
    let loaded = TrainedModel::load(folder.path()).unwrap();
    assert_eq!(loaded.weights, halves.weights);
    assert_ne!(loaded.weights, whole.weights);
    for ((name, half), (_, exact)) in halves.weights.iter().zip(whole.weights.iter()) {
        for (half, exact) in half.iter().zip(exact) {
            // Eleven significant bits, and steps of 2^-24 below them.
            assert!(
                (half - exact).abs() <= exact.abs() / 2048.0 + 2f32.powi(-25),
                "{name}: {half} for {exact}"
            );
        }
    }
    let length = |model: &TrainedModel| model.files()[0].1.len();
    let numbers: usize = whole.weights.iter().map(|(_, tensor)| tensor.len()).sum();
    assert!(length(&whole) - length(&halves) >= 2 * numbers - 8);

    let error = scaled(1e9, NumberFormat::F16).unwrap_err().to_string();
    let (place, rest) = error.split_once(" at [").unwrap();
    assert!(place.starts_with("model.safetensors: tensor `"), "{error}");
    assert!(rest.contains("]: expected 65504 at most, for stored_as = \"f16\", got "), "{error}");
    assert!(rest.ends_with("; write stored_as = \"f32\" in [train]"), "{error}");
}

#[test]
fn bad_folders_are_refused() {
    type Say = Box<dyn Fn(&str) -> String>;
    let say = |name: &'static str, rest: &'static str| -> Say {
        Box::new(move |folder: &str| format!("{folder}/{name}: {rest}"))
    };
    let cases: [(&str, Option<&[u8]>, Say); 9] = [
        (
            "model.toml",
            None,
            say(
                "model.toml",
                "expected a readable file, got No such file or directory (os error 2); \
                 check the path",
            ),
        ),
        (
            "model.toml",
            Some(b"[model]\nhiden = 3\n"),
            say(
                "model.toml",
                "expected the description of a trained network, with the sha256 of its files, got unknown field `hiden`, \
                 expected one of `family`, `description`, `network`, `cells`, `decoder_cells`, `latent_from`, `latent_steps`, `embedding`, \
                 `hidden`, `latent`, `vocabulary`, `tokenizer`, `classes`, `frame`, `values`, `dense`, `prior`, `auxiliary`, `flow`, `flow_steps`, `flow_hidden`, `skip`, `label`, `context_kl`; restore the file that training or import wrote",
            ),
        ),
        (
            "model.toml",
            Some(b"[model]\nfamily = \"vae\"\n[sha256]\nweights = \"\"\nvocabulary = \"\"\n"),
            say(
                "model.toml",
                "expected the description of a trained network, with the sha256 of its files, got unknown variant `vae`, \
                 expected one of `hsr-vae`, `language-model`, `tagger`, `regression`, `z-forcing`, `flow-vrae`, `dialogue`, `custom`; restore the file that training or import wrote",
            ),
        ),
        (
            "model.toml",
            Some(b"[model]\nembedding = 4\n"),
            say(
                "model.toml",
                "expected the description of a trained network, with the sha256 of its files, got missing field `sha256`; \
                 restore the file that training or import wrote",
            ),
        ),
        (
            "model.toml",
            Some(b"[model]\ncells = []\n[sha256]\nweights = \"\"\nvocabulary = \"\"\n"),
            say(
                "model.toml",
                "[model] cells: expected 1 to 7, got 0; the sequencer has 8 depths: levels and heads of the encoder, \
                 levels and vocabulary of the decoder",
            ),
        ),
        (
            "model.toml",
            Some(b"[model]\nhidden = 0\n[sha256]\nweights = \"\"\nvocabulary = \"\"\n"),
            say("model.toml", "[model] hidden: expected 1 to 4096, got 0; the units of a level"),
        ),
        (
            "vocab.txt",
            Some(b"<pad>\n<unk0>\n<sos>\n<eos>\na\n"),
            say(
                "vocab.txt",
                "expected 6 words, as [model] vocabulary says, got 5 words; \
                 use the vocabulary the model was trained with",
            ),
        ),
        (
            "vocab.txt",
            Some(b"<pad>\n\xff"),
            say("vocab.txt", "expected UTF-8 text, got other bytes from byte 6; convert the file to UTF-8"),
        ),
        (
            "model.safetensors",
            None,
            say(
                "model.safetensors",
                "expected a readable file, got No such file or directory (os error 2); \
                 check the path",
            ),
        ),
    ];
    for (file, contents, message) in cases {
        let folder = tempfile::tempdir().unwrap();
        let vocabulary = Vocabulary::of_sentences(["a b"], 6);
        let weights = Weights::checked("f", tensors(), &network()).unwrap();
        let description = Description { model: model(), train: Train::default() };
        TrainedModel::new(description, weights, vocabulary).unwrap().save(folder.path()).unwrap();
        let path = folder.path().join(file);
        match contents {
            Some(bytes) => std::fs::write(&path, bytes).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let error = TrainedModel::load(folder.path()).unwrap_err().to_string();
        assert_eq!(error, message(&folder.path().display().to_string()));
    }
}

#[test]
fn one_flipped_bit_of_a_saved_model_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let vocabulary = Vocabulary::of_sentences(["a b"], 6);
    let weights = Weights::checked("f", tensors(), &network()).unwrap();
    let description = Description { model: model(), train: Train::default() };
    TrainedModel::new(description, weights, vocabulary).unwrap().save(folder.path()).unwrap();
    for file in ["model.safetensors", "vocab.txt"] {
        let path = folder.path().join(file);
        let whole = std::fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1 << 2;
        if file == "vocab.txt" {
            flipped = b"<pad>\n<unk0>\n<sos>\n<eos>\na\nc\n".to_vec();
        }
        std::fs::write(&path, flipped).unwrap();
        let error = TrainedModel::load(folder.path()).unwrap_err().to_string();
        let start = format!("{}: expected the sha256 ", path.display());
        assert!(error.starts_with(&start), "{error}");
        assert!(error.ends_with("restore the file, or train or import again"), "{error}");
        std::fs::write(&path, whole).unwrap();
    }
    TrainedModel::load(folder.path()).unwrap();
}

#[test]
fn an_untied_matrix_is_a_row_per_output() {
    // y = x W^T + b: the layout of torch.nn.Linear.
    let network = network();
    let weights = Weights::checked("f", tensors(), &network).unwrap();
    let net = FloatNet::new(&network, &weights).unwrap();
    let init = network.find("init1").unwrap();
    let z = [1.0, 0.0, 0.0, 0.0];
    let trace = net.teacher_forced(&[2, 3], &z);
    let made: &Array2<f32> = trace.get(init, hvae_mnn::model::Role::Output);
    let column: Vec<f32> = (0..3).map(|row| weights.get("init1.weight")[[row, 0]]).collect();
    assert_eq!(made.row(0).to_vec(), column);
}
