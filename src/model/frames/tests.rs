//! A frame predicted from those before it, written one by one, and its figures.

use super::*;
use crate::config::{CellKind, Family, Model};
use crate::model::{Network, Pieces, Random};

fn net(seed: u64) -> FloatNet {
    let cells = vec![CellKind::Lstm, CellKind::Gru];
    let model = Model { family: Family::LanguageModel, cells, hidden: 5, frame: 4, ..Model::default() };
    let network = Network::language_model(&model);
    let mut random = Random::keyed(&[seed]);
    let of_shape = |(_, shape): (String, Vec<usize>)| {
        let dim = if shape.len() == 1 { (1, shape[0]) } else { (shape[0], shape[1]) };
        Array2::from_shape_simple_fn(dim, || random.normal())
    };
    let tensors = network.tensors().into_iter().map(of_shape).collect();
    FloatNet::with_tensors(&network, tensors)
}

fn pieces(text: &str) -> Vec<Example> {
    Pieces::of(net(1).network()).unwrap().read("pieces", text).unwrap()
}

/// Step t has read rows 0 to t and nothing else; a piece is the same alone and among others.
#[test]
fn a_frame_is_predicted_from_those_before_it() {
    let mut net = net(3);
    let all = pieces("0,3 1 2 - 0,1,2\n1\n3 2,3 1");
    let views: Vec<&Example> = all.iter().collect();
    let together = net.answer_all(&views);
    for (piece, answer) in all.iter().zip(&together) {
        assert_eq!(answer.output.dim(), (piece.steps() - 1, 4));
        let off = &answer.output - &net.answer(piece).output;
        assert!(off.iter().all(|d| d.abs() < 1e-5), "{off}");
    }
    let alone = net.answer(&all[0]).output;
    for changed in 0..6 {
        let mut piece = all[0].clone();
        piece.frames.row_mut(changed).mapv_inplace(|bit| 1.0 - bit);
        let other = net.answer(&piece).output;
        for step in 0..5 {
            let same = other.row(step) == alone.row(step);
            assert_eq!(same, step < changed, "row {changed} and step {step}");
        }
    }
}

/// What is said of a piece as a whole is what is said of it frame by frame.
#[test]
fn a_piece_can_be_written_frame_by_frame() {
    let mut net = net(3);
    let all = pieces("0,3 1 2 - 0,1,2\n1 2 3 - 1,2");
    let views: Vec<&Example> = all.iter().collect();
    let whole = net.answer_all(&views);
    let mut decoder = net.decoder(Array2::zeros((2, 0)));
    for step in 0..5 {
        let rows = [all[0].frames.row(step), all[1].frames.row(step)];
        let logits = decoder.bits(&ndarray::stack(Axis(0), &rows).unwrap(), None).clone();
        for (piece, answer) in whole.iter().enumerate() {
            let off = &logits.row(piece) - &answer.output.row(step);
            assert!(off.iter().all(|d| d.abs() < 1e-5), "piece {piece}, step {step}: {off}");
        }
    }
}

/// The sum over the bits of a frame, the mean over all frames of all pieces.
#[test]
fn figures_are_nats_a_frame() {
    let mut net = net(3);
    let all = pieces("0,3 1 2 - 0,1,2\n1");
    let Answers::Frames { nll, nll_but_first, kl, bit_perplexity, accuracy, frames, sequences, .. } =
        crate::model::measure_answers(&mut net, &all)
    else {
        panic!("frames")
    };
    let (mut sum, mut of_first, mut both, mut either) = (0.0, 0.0, 0, 0);
    let views: Vec<&Example> = all.iter().collect();
    for (piece, answer) in all.iter().zip(net.answer_all(&views)) {
        for (logits, bits) in answer.output.outer_iter().zip(piece.frames.outer_iter().skip(1)) {
            let first = logits == answer.output.row(0);
            for (&l, &bit) in logits.iter().zip(bits) {
                let p = 1.0 / (1.0 + f64::from(-l).exp());
                let loss = if bit == 1.0 { -p.ln() } else { -(1.0 - p).ln() };
                sum += loss;
                of_first += if first { loss } else { 0.0 };
                both += i32::from(p > 0.5 && bit == 1.0);
                either += i32::from(p > 0.5 || bit == 1.0);
            }
        }
    }
    assert!((nll - sum / 6.0).abs() < 1e-9 && kl == 0.0, "{nll}, {sum}");
    assert!((nll_but_first - (sum - of_first) / 4.0).abs() < 1e-9, "{nll_but_first}");
    assert!((bit_perplexity - (sum / 24.0).exp()).abs() < 1e-9);
    assert_eq!((accuracy, frames, sequences), (f64::from(both) / f64::from(either), 6, 2));
}

#[test]
fn baselines_are_frequencies() {
    let fitted = FrameBaseline::fit(&pieces("0 0,1 0\n0 -"));
    // Bit 0 in 4 of 5 frames, bit 1 in one; half a frame of each kind beside them.
    assert_eq!((fitted.ones[0], fitted.ones[1], fitted.frames), (4.5, 1.5, 6.0));
    // After a 1: bit 0 twice 1 and once 0, bit 1 once 0. After a 0: three became 1, of 16.
    assert_eq!(fitted.after, [(3.5, 17.0), (2.5, 5.0)]);
    let held_out = fitted.measure(&pieces("0 0"));
    let ln = |p: f64| -p.ln();
    let unigram = ln(4.5 / 6.0) + ln(4.5 / 6.0) + 2.0 * ln(5.5 / 6.0);
    assert!((held_out.unigram_nll - unigram).abs() < 1e-12, "{held_out:?}");
    let first = ln(3.5 / 17.0) + 3.0 * ln(13.5 / 17.0);
    let second = ln(2.5 / 5.0) + 3.0 * ln(13.5 / 17.0);
    assert!((held_out.repeat_nll - 0.5 * (first + second)).abs() < 1e-12, "{held_out:?}");
}
