//! Files of samples that are none, or not of the network.

use super::*;

/// A bad file of samples, and what is said of it.
#[test]
fn bad_samples_are_refused() {
    type Spoil = fn(&mut Npz);
    let cases: [(&str, Spoil, &str); 17] = [
        (
            "tagger",
            |n| drop(n.whole.remove("tokens")),
            "s.npz: expected `tokens` [sequences, steps], which the network reads, got only bwd1, embed, fwd1, hidden1, label; add it",
        ),
        (
            "regression",
            |n| drop(n.real.remove("frames")),
            "s.npz: expected `frames` [sequences, steps, 3], which the network reads, got only lengths, level1, values.mean; add it",
        ),
        (
            "tagger",
            |n| n.real.clear(),
            "s.npz: expected what your network makes of a block, by its name, got inputs only; \
             add one of embed, bwd1, embed_again1, fwd1, hidden1, label",
        ),
        (
            "tagger",
            |n| {
                let array = n.real.remove("fwd1").unwrap();
                n.real.insert("forward".into(), array);
            },
            "s.npz: array `forward`: expected a block of the network, or one of tokens, frames, lengths, z, got `forward`; \
             did you mean `fwd1`? the blocks are embed, bwd1, embed_again1, fwd1, hidden1, label",
        ),
        (
            "tagger",
            |n| {
                let array = n.real.remove("fwd1").unwrap();
                n.real.insert("fwd1.cell".into(), array);
            },
            "s.npz: array `fwd1.cell`: expected one of fwd1.output, got `fwd1.cell`; correct it",
        ),
        (
            "tagger",
            |n| n.real.get_mut("fwd1").unwrap()[[1, 2, 3]] = f32::NAN,
            "s.npz: array `fwd1` at [1, 2, 3]: expected a finite number, got NaN; see what your network makes of it",
        ),
        (
            "classifier",
            |n| n.real.get_mut("label").unwrap()[[1, 2]] = f32::INFINITY,
            "s.npz: array `label` at [1, 2]: expected a finite number, got inf; see what your network makes of it",
        ),
        (
            "tagger",
            |n| drop(n.real.insert("fwd1".into(), ArrayD::zeros(IxDyn(&[2, 8, 6])))),
            "s.npz: array `fwd1`: expected shape [2, 8, 5], got shape [2, 8, 6]; give what the block makes at every step, by position",
        ),
        (
            "classifier",
            |n| drop(n.real.insert("label".into(), ArrayD::zeros(IxDyn(&[2, 8, 3])))),
            "s.npz: array `label`: expected shape [2, 3], got shape [2, 8, 3]; give what the block makes at every step, by position",
        ),
        (
            "tagger",
            |n| drop(n.whole.insert("fwd1".into(), n.real.remove("fwd1").unwrap().mapv(|v| v as i32))),
            "s.npz: array `fwd1`: expected dtype float32 or float64, got whole numbers; \
             convert it before saving, for example with .astype(\"float32\")",
        ),
        (
            "tagger",
            |n| drop(n.real.insert("tokens".into(), n.whole.remove("tokens").unwrap().mapv(|v| v as f32))),
            "s.npz: array `tokens`: expected dtype int32, int64 or another of whole numbers, got real numbers; \
             convert it before saving, for example with .astype(\"int32\")",
        ),
        (
            "tagger",
            |n| n.whole.get_mut("tokens").unwrap()[[0, 1]] = 12,
            "s.npz: array `tokens` at [0, 1]: expected a word below 12 (<pad>, <unk0>, <sos>, <eos> are 0 to 3), got 12; \
             number the words as the vocabulary has them, -1 behind the end",
        ),
        (
            "tagger",
            |n| n.whole.get_mut("tokens").unwrap()[[1, 3]] = -1,
            "s.npz: array `tokens` at [1, 4]: expected -1, since the sentence has ended, got 9; \
             number the words as the vocabulary has them, -1 behind the end",
        ),
        (
            "tagger",
            |n| n.whole.get_mut("tokens").unwrap().slice_mut(s![1, ..]).fill(-1),
            "s.npz: array `tokens` at [1]: expected a sequence of 1 steps at least, got 0; leave it out",
        ),
        (
            "language-model",
            |n| n.whole.get_mut("tokens").unwrap().slice_mut(s![0, 1..]).fill(-1),
            "s.npz: array `tokens` at [0]: expected a sequence of 2 steps at least, got 1; leave it out",
        ),
        (
            "regression",
            |n| n.whole.get_mut("lengths").unwrap()[[1]] = 99,
            "s.npz: array `lengths` at [1]: expected 0 to 8, the steps of the longest sequence, got 99; correct it",
        ),
        (
            "regression",
            |n| drop(n.real.insert("frames".into(), ArrayD::zeros(IxDyn(&[2, 8, 4])))),
            "s.npz: array `frames`: expected shape [sequences, steps, 3], got shape [2, 8, 4]; give a row a sequence",
        ),
    ];
    for (name, spoil, message) in cases {
        let (network, _, bytes) = network(name);
        let mut npz = Npz::of(&network, &bytes);
        spoil(&mut npz);
        let error = Samples::parse("s.npz", &npz.bytes(), &network).unwrap_err().to_string();
        assert_eq!(error, message, "{name}");
    }
}

/// Files that are no npz, or lie.
#[test]
fn files_that_are_no_npz_are_refused() {
    let (network, _, bytes) = network("tagger");
    let said = |bytes: &[u8]| Samples::parse("s.npz", bytes, &network).unwrap_err().to_string();
    for broken in [&[][..], b"PK\x03\x04", &bytes[..bytes.len() / 2], &bytes[..bytes.len() - 10]] {
        let message = said(broken);
        let start = format!(
            "s.npz: expected a whole npz file (numpy.savez), got {} bytes that are not one (",
            broken.len()
        );
        assert!(message.starts_with(&start), "{message}");
    }
    let stored = Npz::of(&network, &bytes).bytes();
    let at = |part: &[u8]| stored.windows(part.len()).position(|w| w == part).unwrap();
    // A byte of the numbers: the sum of the entry tells.
    let mut flipped = stored.clone();
    flipped[at(b"'shape'") + 200] ^= 1;
    assert!(said(&flipped).contains("that are not one (`"), "{}", said(&flipped));
    let one = |header: &str, numbers: &[u8]| {
        let padded = format!("{header:<117}\n");
        let mut array = b"\x93NUMPY\x01\x00".to_vec();
        array.extend((padded.len() as u16).to_le_bytes());
        array.extend(padded.as_bytes());
        array.extend(numbers);
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("tokens.npy", zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, &array).unwrap();
        zip.finish().unwrap().into_inner()
    };
    let header = |kind: &str, shape: &str| {
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}")
    };
    for (bytes, found) in [
        // A shape that would fill the memory.
        (one(&header("<i4", "(1000000, 1000000)"), &[0; 8]), "8 bytes for the shape [1000000, 1000000]"),
        (one(&header("<f4", "(3,)"), &[0; 8]), "8 bytes for the shape [3]"),
        (one(&"(".repeat(60), &[]), "a header that is none"),
        (one(&header("<f2", "(2,)"), &[0; 4]), "got f2; convert it before saving"),
        (one(&header("|O", "(1,)"), &[0; 4]), "got O; convert it before saving"),
        (one("{'descr': 3}", &[]), "expected a whole array as NumPy writes it, got "),
    ] {
        let message = said(&bytes);
        assert!(message.starts_with("s.npz: array `tokens`: ") && message.contains(found), "{message}");
    }
}

/// A small file that claims to be very much is read no further than it may be.
#[test]
fn a_file_that_unpacks_to_too_much_is_refused() {
    let (network, ..) = network("tagger");
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("tokens.npy", zip::write::SimpleFileOptions::default()).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..257 {
        std::io::Write::write_all(&mut zip, &zeros).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20, "{}", bytes.len());
    assert_eq!(
        Samples::parse("s.npz", &bytes, &network).unwrap_err().to_string(),
        "s.npz: expected arrays of 268435456 bytes together, got more with array `tokens`; take fewer sequences"
    );
}
