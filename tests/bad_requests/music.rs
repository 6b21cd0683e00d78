//! What cannot be done with frames, and what only frames can.

use super::{Case, answers, case, compare, nothing, write};
use hvae_mnn::config::{CellKind, Config, Family, Model};
use hvae_mnn::model::{Description, Network, TrainedModel, Vocabulary};
use hvae_mnn::pipeline::random_weights;
use std::fs;
use std::path::Path;

const EVAL: &str = "eval DIR/music --data DIR/pieces.txt --on float";

const MUSIC: &[Case] = &[
    case("a key that a piano does not have", EVAL, |d| pieces(d, "0,87 -\n12 3,88\n")),
    case("a key that is no number", EVAL, |d| pieces(d, "0,87 C4\n")),
    case("a key twice", EVAL, |d| pieces(d, "4,5,4\n")),
    case("no piece", EVAL, |d| pieces(d, "\n")),
    case("sentences for pieces", "eval DIR/music --data DIR/data.txt --on float", |d| pieces(d, "1\n")),
    case("a set without a test part", "eval DIR/music --data DIR/music --on float", |d| pieces(d, "1\n")),
    case(
        "frames that no accelerator addresses",
        "generate --config DIR/hvae.toml --random-weights 1 --out DIR/out",
        |d| write(d, "hvae.toml", "[model]\nfamily = \"language-model\"\nframe = 2049\nhidden = 4\n"),
    ),
    case("more frames than cells can keep", "sample DIR/music --on crossbar --frames 65", |d| {
        pieces(d, "1\n")
    }),
    case("a beginning for cells", "sample DIR/music --on crossbar --prime DIR/pieces.txt --played 1", |d| {
        pieces(d, "1\n")
    }),
    case("latents that are not there", "sample DIR/music --rewrite --prime DIR/pieces.txt --played 1", |d| {
        pieces(d, "1\n")
    }),
    case("rewritten from cells", "sample DIR/music --on crossbar --rewrite --prime DIR/pieces.txt", |d| {
        pieces(d, "1\n")
    }),
    case("a way between pieces", "sample DIR/music --between a b", |d| pieces(d, "1\n")),
    case("a piece that is not there", "sample DIR/music --prime DIR/pieces.txt --piece 3", |d| {
        pieces(d, "1 2\n3 4\n")
    }),
    case("a piece that is shorter", "sample DIR/music --prime DIR/pieces.txt --piece 2 --played 3", |d| {
        pieces(d, "1 2 3\n3 4\n")
    }),
    case("no frame at all", "sample DIR/music --frames 0", |d| pieces(d, "1\n")),
    case("frames without time", "sample DIR/music --midi DIR/a.mid --pace 0", |d| pieces(d, "1\n")),
    case("a piece of nothing", "sample DIR/music --piece 2", |d| pieces(d, "1\n")),
    case("a temperature of nothing", "sample DIR/music --temperature 0", |d| pieces(d, "1\n")),
    case("more keys than MIDI has", "sample DIR/music --midi DIR/a.mid", |d| music(d, 108)),
    case("words as a picture", "sample DIR/model --on float --roll DIR/a.svg", nothing),
    case("words of a build as music", "sample DIR/build --midi DIR/a.mid", nothing),
];

/// A model of frames with random weights.
fn music(dir: &Path, keys: usize) {
    let family = Family::LanguageModel;
    let model = Model { family, cells: vec![CellKind::Lstm], hidden: 4, frame: keys, ..Model::default() };
    let description = Description { model, train: Config::default().train };
    let network = Network::describe(&description.model, 1.0).unwrap();
    let weights = random_weights(&network, 1);
    fs::create_dir_all(dir.join("music")).unwrap();
    TrainedModel::new(description, weights, Vocabulary::none()).unwrap().save(&dir.join("music")).unwrap();
}

/// The same, and pieces for it.
fn pieces(dir: &Path, text: &str) {
    music(dir, 88);
    write(dir, "pieces.txt", text);
}

#[test]
fn every_bad_request_of_music_gets_its_status_and_message() {
    compare("tests/bad_requests/music.txt", &answers(MUSIC));
}
