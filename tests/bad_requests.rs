//! Bad requests and broken files: exit status and whole message of each, as they stand in
//! `tests/bad_requests/expected.txt` (rewritten with `BLESS=1 cargo test --test all bad_requests`,
//! and read in the diff).

mod music;
mod values;

use crate::common::{copy_tree, script, tiny, tree};
use hvae_mnn::config::{CellKind, NumberFormat};
use hvae_mnn::model::{Description, Network, TrainedModel, Vocabulary};
use hvae_mnn::pipeline::random_weights;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// A request: what is spoilt first, then the words after `hvae`.
struct Case {
    name: &'static str,
    spoil: fn(&Path),
    words: &'static str,
}

const fn case(name: &'static str, words: &'static str, spoil: fn(&Path)) -> Case {
    Case { name, spoil, words }
}

fn nothing(_: &Path) {}

/// Replaces text in a file, which must hold it.
fn change(dir: &Path, file: &str, was: &str, becomes: &str) {
    let path = dir.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(was), "{file} has no {was:?}");
    fs::write(path, text.replacen(was, becomes, 1)).unwrap();
}

fn set(dir: &Path, text: &str) {
    fs::write(dir.join("hvae.toml"), text).unwrap();
}

fn cut(dir: &Path, file: &str, bytes: usize) {
    let path = dir.join(file);
    let whole = fs::read(&path).unwrap();
    fs::write(path, &whole[..bytes.min(whole.len())]).unwrap();
}

fn write(dir: &Path, file: &str, text: &str) {
    let path = dir.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A study of the model that is there.
fn study(dir: &Path) {
    let place = dir.display();
    let text = format!(
        "model = \"{place}/model\"\ndata = \"{place}/data.txt\"\nseeds = [1]\n[vary]\n\"crossbar.rows\" = [8, 16]\n"
    );
    write(dir, "study.toml", &text);
}

/// Overwrites the first weight with the bytes of `value`.
fn spoil_weight(dir: &Path, value: f32) {
    let path = dir.join("state.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    bytes[8 + header..12 + header].copy_from_slice(&value.to_le_bytes());
    fs::write(path, bytes).unwrap();
}

const GENERATE: &str = "generate --config DIR/hvae.toml --random-weights 1 --out DIR/out";
const FORCED: &str = "generate --config DIR/hvae.toml --random-weights 1 --force --out DIR/out";
const IMPORT: &str =
    "import DIR/state.safetensors --config DIR/hvae.toml --vocab DIR/model/vocab.txt --out DIR/out";
const CHECK: &str = "import DIR/state.safetensors --config DIR/hvae.toml --vocab DIR/model/vocab.txt --check DIR/samples.npz --out DIR/out";
/// Over the build that is there.
const REPLACE: &str = "generate --config DIR/hvae.toml --random-weights 1 --out DIR/build";
const IMPORT_AGAIN: &str =
    "import DIR/state.safetensors --config DIR/hvae.toml --vocab DIR/model/vocab.txt --out DIR/imported";
const EXPORT: &str = "export DIR/model --config DIR/hvae.toml --out DIR/conductances";
const STUDY: &str = "study DIR/study.toml --out DIR/rows";
const EVAL: &str = "eval DIR/model --data DIR/data.txt --on float";

const CASES: &[Case] = &[
    case("unknown section", GENERATE, |d| set(d, "[modle]\nhidden = 3\n")),
    case("unknown key", GENERATE, |d| set(d, "[model]\nhiden = 3\n")),
    case("unknown cell", GENERATE, |d| set(d, "[model]\ncells = [\"gruu\"]\n")),
    case("unknown encoding", GENERATE, |d| set(d, "[crossbar]\nencoding = \"ofset\"\n")),
    case("wrong type", GENERATE, |d| set(d, "[model]\nhidden = \"many\"\n")),
    case("negative size", GENERATE, |d| set(d, "[crossbar]\nrows = -4\n")),
    case("syntax error", GENERATE, |d| set(d, "[model\nhidden = 3\n")),
    case("unknown family", GENERATE, |d| set(d, "[model]\nfamily = \"gpt\"\n")),
    case("no levels", GENERATE, |d| set(d, "[model]\ncells = []\n")),
    case("zero hidden units", GENERATE, |d| set(d, "[model]\nhidden = 0\n")),
    case("huge embedding", GENERATE, |d| set(d, "[model]\nembedding = 1000000\n")),
    case("vocabulary without words", GENERATE, |d| set(d, "[model]\nvocabulary = 4\n")),
    case("vocabulary beyond 16 bits", GENERATE, |d| set(d, "[model]\nvocabulary = 70000\n")),
    case("unknown part", GENERATE, |d| set(d, "[target]\npart = \"lfe6\"\n")),
    case("unknown board", GENERATE, |d| set(d, "[target]\nboard = \"ulx4s\"\n")),
    case("part that is not on the board", GENERATE, |d| {
        set(d, "[target]\nboard = \"ulx3s\"\npart = \"xc7a35t\"\n")
    }),
    case("clock that the board cannot make", GENERATE, |d| {
        set(d, "[accelerator]\nclock_mhz = 48.1\n[target]\nboard = \"ulx3s\"\n")
    }),
    case("board for a network that writes no words", FORCED, |d| {
        change(d, "hvae.toml", "family = \"hsr-vae\"", "family = \"tagger\"");
        change(d, "hvae.toml", "[target]\n", "[target]\nboard = \"ulx3s\"\n");
    }),
    case(
        "words that a board cannot print",
        "generate --model DIR/model --config DIR/hvae.toml --force --out DIR/out",
        |d| {
            change(d, "model/vocab.txt", "w7\n", "caf\u{e9}\n");
            let text = fs::read(d.join("model/vocab.txt")).unwrap();
            let path = d.join("model/model.toml");
            let model = fs::read_to_string(&path).unwrap();
            let was = model
                .lines()
                .find_map(|l| l.strip_prefix("vocabulary = \""))
                .unwrap()
                .trim_end_matches('"')
                .to_string();
            fs::write(&path, model.replace(&was, &hvae_mnn::files::sha256(&text))).unwrap();
            change(d, "hvae.toml", "[target]\n", "[target]\nboard = \"ulx3s\"\n");
        },
    ),
    case("design too large for its part", GENERATE, |d| {
        set(d, "[model]\nhidden = 24\nvocabulary = 100\n[target]\npart = \"XC7A35T-1CPG236C\"\n")
    }),
    case("zero rows", GENERATE, |d| set(d, "[crossbar]\nrows = 0\n")),
    case("zero columns per ADC", GENERATE, |d| set(d, "[crossbar]\ncolumns_per_adc = 0\n")),
    case("zero cell bits", GENERATE, |d| set(d, "[crossbar]\ncell_bits = 0\n")),
    case("zero ADC bits", GENERATE, |d| set(d, "[crossbar]\nadc_bits = 0\n")),
    case("tile narrower than a weight", GENERATE, |d| {
        set(d, "[crossbar]\ncolumns = 6\ncolumns_per_adc = 4\n")
    }),
    case("weights too wide", GENERATE, |d| set(d, "[fixed]\nweight_bits = 40\n")),
    case("product too wide", GENERATE, |d| set(d, "[fixed]\nweight_bits = 12\ninput_bits = 12\n")),
    case("unknown device", GENERATE, |d| set(d, "[device]\npreset = \"unobtainium\"\n")),
    case("conductances upside down", GENERATE, |d| set(d, "[device]\ng_min_us = 300.0\n")),
    case("more faults than cells", GENERATE, |d| set(d, "[device]\nstuck_on = 0.7\nstuck_off = 0.6\n")),
    case("fault outside the tile", GENERATE, |d| {
        set(
            d,
            "[[device.faults]]\nmatrix = \"vocab\"\ntile = [0, 0]\nrow = 3\ncolumn = 900\nstuck = \"on\"\n",
        )
    }),
    case("fault in no matrix", GENERATE, |d| {
        set(
            d,
            "[[device.faults]]\nmatrix = \"attention\"\ntile = [0, 0]\nrow = 0\ncolumn = 0\nstuck = \"off\"\n",
        )
    }),
    case("non-linear cells, many input levels", GENERATE, |d| {
        set(d, "[device]\nnl2_us_per_v = 0.5\n[crossbar]\ndac_bits = 2\nadc_bits = 11\n")
    }),
    case("codes too fine", GENERATE, |d| set(d, "[device]\nlevel_shift = 9\n")),
    case("weights clipped by more than all", GENERATE, |d| set(d, "[fixed]\nweight_clip = 1.5\n")),
    case("a range without a zero", GENERATE, |d| set(d, "[crossbar]\nadc_zero = 600\n")),
    case("flipped columns without what counts the rows", GENERATE, |d| set(d, "[crossbar]\nflip = true\n")),
    case(
        "beside a set without published rows",
        "eval DIR/model --data DIR/data.txt --beside wikitext",
        nothing,
    ),
    case("a float sample without a temperature", "sample DIR/model --on float --temperature 0", nothing),
    case("the float network of a build", "sample DIR/build --on float", nothing),
    case("normalised means from the top down", GENERATE, |d| {
        set(d, "[model]\nlatent_from = \"top-down\"\n[train]\nbatch_norm = 0.5\n")
    }),
    case("every place spare", GENERATE, |d| set(d, "[crossbar]\nspare_columns = 16\n")),
    case("unknown range", GENERATE, |d| set(d, "[crossbar]\nadc_range = \"auto\"\n")),
    case("unknown order of slices", GENERATE, |d| set(d, "[crossbar]\nslice_order = \"middle-first\"\n")),
    case("negative noise", GENERATE, |d| set(d, "[noise]\ncomparator = -0.5\n")),
    case("negative resistance", GENERATE, |d| set(d, "[wires]\nbit_line_ohm = -2.0\n")),
    case("unknown array", GENERATE, |d| set(d, "[wires]\narray = \"2t2r\"\n")),
    case("netlist of no build", "spice DIR/none --tile 0 --out DIR/t.cir", nothing),
    case("zero lanes", GENERATE, |d| set(d, "[accelerator]\ngate_lanes = 0\n")),
    case("sentence too short to hold a word", GENERATE, |d| set(d, "[accelerator]\nmax_tokens = 2\n")),
    case("impossible clock", GENERATE, |d| set(d, "[accelerator]\nclock_mhz = -1.0\n")),
    case("no configuration", "generate --config DIR/none.toml --random-weights 1 --out DIR/out", nothing),
    case("configuration is no text", GENERATE, |d| fs::write(d.join("hvae.toml"), [0xff, 0xfe, 0]).unwrap()),
    case(
        "output is a file",
        "generate --config DIR/hvae.toml --random-weights 1 --out DIR/data.txt",
        nothing,
    ),
    case(
        "output is somebody's folder",
        "generate --config DIR/hvae.toml --random-weights 1 --out DIR/model",
        nothing,
    ),
    case(
        "output below a file",
        "generate --config DIR/hvae.toml --random-weights 1 --out DIR/data.txt/out",
        nothing,
    ),
    case("no model folder", "eval DIR/none --data DIR/data.txt", nothing),
    case("truncated checkpoint", IMPORT, |d| cut(d, "state.safetensors", 900)),
    case("checkpoint with a lying header", IMPORT, |d| {
        let mut bytes = fs::read(d.join("state.safetensors")).unwrap();
        bytes[6] ^= 0x40;
        fs::write(d.join("state.safetensors"), bytes).unwrap();
    }),
    case("not a number among the weights", IMPORT, |d| spoil_weight(d, f32::NAN)),
    case("infinity among the weights", IMPORT, |d| spoil_weight(d, f32::INFINITY)),
    case("shapes of another network", IMPORT, |d| change(d, "hvae.toml", "hidden = 7", "hidden = 8")),
    case("missing bias", IMPORT, |d| {
        let path = d.join("state.safetensors");
        let text = fs::read(&path).unwrap();
        let (was, becomes) = (b"enc1.bias_hh_l0", b"enc1.bias_xx_l0");
        let at = text.windows(was.len()).position(|w| w == was).unwrap();
        let mut bytes = text;
        bytes[at..at + was.len()].copy_from_slice(becomes);
        fs::write(path, bytes).unwrap();
    }),
    case("weights as integers", IMPORT, |d| {
        let path = d.join("state.safetensors");
        let bytes = fs::read(&path).unwrap();
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let text =
            String::from_utf8(bytes[8..8 + header].to_vec()).unwrap().replacen("\"F32\"", "\"I32\"", 1);
        fs::write(path, [&bytes[..8], text.as_bytes(), &bytes[8 + header..]].concat()).unwrap();
    }),
    case(
        "rename without a target",
        "import DIR/state.safetensors --config DIR/hvae.toml --vocab DIR/model/vocab.txt --rename encoder --out DIR/out",
        nothing,
    ),
    case("tensors of somebody else's names", IMPORT, |d| {
        let path = d.join("state.safetensors");
        let bytes = fs::read(&path).unwrap();
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let text = String::from_utf8(bytes[8..8 + header].to_vec()).unwrap();
        // As long as before.
        let text = text.replace("\"dec1.", "\"gru1.").replace("\"init", "\"strt");
        fs::write(path, [&bytes[..8], text.as_bytes(), &bytes[8 + header..]].concat()).unwrap();
    }),
    case("a checkpoint of torch.save", IMPORT, |d| {
        fs::write(d.join("state.safetensors"), b"PK\x03\x04\0\0archive/data.pkl").unwrap()
    }),
    case("a checkpoint of an old torch.save", IMPORT, |d| {
        fs::write(d.join("state.safetensors"), b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9").unwrap()
    }),
    case("a network in ONNX", IMPORT, |d| {
        fs::write(d.join("state.safetensors"), b"\x08\x07\x12\x07pytorch").unwrap()
    }),
    case("samples that are no npz", CHECK, |d| write(d, "samples.npz", "1 2 3\n")),
    case("no samples", CHECK, nothing),
    case(
        "a tolerance below zero",
        "import DIR/state.safetensors --config DIR/hvae.toml --vocab DIR/model/vocab.txt --check DIR/samples.npz --tolerance=-1 --out DIR/out",
        nothing,
    ),
    case("vocabulary with a word twice", IMPORT, |d| change(d, "model/vocab.txt", "w7\n", "w6\n")),
    case("vocabulary with an empty line", IMPORT, |d| change(d, "model/vocab.txt", "w7\n", "\n")),
    case("vocabulary too short", IMPORT, |d| cut(d, "model/vocab.txt", 40)),
    case("changed model file", EVAL, |d| cut(d, "model/model.safetensors", 2000)),
    case("broken model description", EVAL, |d| change(d, "model/model.toml", "hidden", "hiden")),
    case("no sentences", EVAL, |d| fs::write(d.join("data.txt"), "\n\n").unwrap()),
    case("no data file", "eval DIR/model --data DIR/none.txt", nothing),
    case("data is a folder", "eval DIR/model --data DIR/model", nothing),
    case("export over a foreign folder", "export DIR/model --out DIR/model", nothing),
    case("figures below a file", "doctor --json /dev/full/figures.json", nothing),
    case("notes beside a design", REPLACE, |d| fs::write(d.join("build/notes.md"), "mine").unwrap()),
    case("a waveform and notes in a design", REPLACE, |d| {
        for name in ["sim/wave.fst", "synth/ecp5/notes.md", "rtl/old/a.sv", "z.txt"] {
            write(d, &format!("build/{name}"), "mine");
        }
    }),
    case("a design that was changed by hand", REPLACE, |d| {
        change(d, "build/rtl/hvae_fifo.sv", "endmodule", "// mine\nendmodule")
    }),
    case("somebody's folder with a design.json", REPLACE, |d| {
        fs::rename(d.join("build"), d.join("ours")).unwrap();
        write(d, "build/design.json", "{}");
        write(d, "build/notes.md", "mine");
    }),
    case("somebody's folder with a list of hashes", REPLACE, |d| {
        fs::rename(d.join("build"), d.join("ours")).unwrap();
        write(d, "build/SHA256SUMS", &format!("{}  debian.iso\n", "0".repeat(64)));
    }),
    case(
        "a design over conductances",
        "generate --config DIR/hvae.toml --random-weights 1 --out DIR/conductances",
        |d| drop(run(d, EXPORT, &[])),
    ),
    case("notes beside conductances", EXPORT, |d| {
        run(d, EXPORT, &[]);
        write(d, "conductances/csv/notes.md", "mine");
    }),
    case("import over a model that was trained", IMPORT_AGAIN, |d| {
        run(d, IMPORT_AGAIN, &[]);
        write(d, "imported/metrics.jsonl", "{}\n");
    }),
    case("somebody's folder beside the output", REPLACE, |d| write(d, ".build.hvae/notes.md", "mine")),
    case("the folder this runs in", "generate --config DIR/hvae.toml --random-weights 1 --out .", nothing),
    case("a folder above", "generate --config DIR/hvae.toml --random-weights 1 --out DIR/build/..", nothing),
    case("a study over somebody's rows", STUDY, |d| {
        study(d);
        write(d, "rows/rows.jsonl", "{\"id\": 1}\n{\"id\": 2}\n{\"id\": ");
    }),
    case("a study over somebody's line", STUDY, |d| {
        study(d);
        write(d, "rows/rows.jsonl", "no line ends here");
    }),
    case("a study over somebody's results", STUDY, |d| {
        study(d);
        write(d, "rows/results.csv", "a,b\n");
    }),
    case("no build folder", "cosim DIR/model --random 1", nothing),
    case("broken design.json", "cosim DIR/build --random 1", |d| cut(d, "build/design.json", 300)),
    case("truncated network", "cosim DIR/build --random 1", |d| cut(d, "build/sim/network.cbor", 500)),
    case("broken design.json, taken as it is", "cosim DIR/build --random 1 --changed", |d| {
        cut(d, "build/design.json", 300)
    }),
    case("a memory image that is gone", "cosim DIR/build --random 1 --changed", |d| {
        fs::remove_file(d.join("build/rom/tanh.hex")).unwrap()
    }),
    case("memory images that were changed", "cosim DIR/build --random 1", |d| {
        cut(d, "build/rom/tanh.hex", 300);
        cut(d, "build/rom/sigmoid.hex", 300);
    }),
    case("synthesis of what was changed", "synth DIR/build --flow generic", |d| {
        change(d, "build/rtl/hvae_fifo.sv", "endmodule", "// mine\nendmodule")
    }),
    case("report on what was changed", "report DIR/build --html DIR/report.html", |d| {
        change(d, "build/rtl/hvae_fifo.sv", "endmodule", "// mine\nendmodule")
    }),
    case(
        "sentences for a page of random weights",
        "report DIR/build --html DIR/page.html --data DIR/data.txt",
        nothing,
    ),
    case("a design without its hashes", "cosim DIR/build --random 1", |d| {
        fs::remove_file(d.join("build/SHA256SUMS")).unwrap()
    }),
    case("a netlist that nobody made", "cosim DIR/build --random 1 --netlist", |d| {
        write(d, "build/synth/netlist/netlist.v", "module hvae_top; endmodule")
    }),
    case("waveform in no folder", "cosim DIR/build --random 1 --trace DIR/none/x.fst", nothing),
    case("waveform in a folder's place", "cosim DIR/build --random 1 --trace DIR/model", nothing),
    case("empty text", "cosim DIR/build --text EMPTY", nothing),
    case("unknown job", "cosim DIR/build --random 1 --job encode,translate", nothing),
    case("jobs said twice", "cosim DIR/build --random 1 --job encode --score", nothing),
    case("jobs that a soak did not keep", "cosim DIR/build --replay DIR/data.txt", nothing),
    case("a soak of no time", "cosim --soak 0 --out DIR/soak", nothing),
    case("a soak of another seed", "cosim --soak 0.1 --out DIR --seed 2", |d| {
        fs::write(d.join("soak.jsonl"), "{\"soak\":1}\n").unwrap();
    }),
    case("words for random weights", "cosim DIR/build --text hello", nothing),
    case("impossible temperature", "cosim DIR/build --generate 1 --temperature 0", nothing),
    case("window upside down", "cosim DIR/build --random 1 --trace DIR/x.fst --window 9:3", nothing),
    case("configuration already there", "init DIR", nothing),
    case("weights from nowhere", "generate --out DIR/out", nothing),
];

/// What every case starts from: a copy of a model, its state dict, sentences, a build.
pub fn prepare(dir: &Path) {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path());
        folder
    });
    copy_tree(made.path(), dir);
}

fn make(dir: &Path) {
    let config = tiny(&[CellKind::Gru, CellKind::Lstm]);
    let network = Network::describe(&config.model, config.train.lambda_low).unwrap();
    let weights = random_weights(&network, 1);
    fs::write(dir.join("state.safetensors"), weights.to_bytes(NumberFormat::F32)).unwrap();
    let words: String = (4..config.model.vocabulary).map(|i| format!("w{i}\n")).collect();
    let vocabulary =
        Vocabulary::parse("vocab.txt", &format!("<pad>\n<unk0>\n<sos>\n<eos>\n{words}")).unwrap();
    let description = Description { model: config.model.clone(), train: config.train.clone() };
    fs::create_dir_all(dir.join("model")).unwrap();
    TrainedModel::new(description, weights, vocabulary).unwrap().save(&dir.join("model")).unwrap();
    fs::write(dir.join("data.txt"), "w5 w6 w7\n").unwrap();
    set(dir, &config.to_toml());
    let made = run(dir, "generate --config DIR/hvae.toml --random-weights 1 --out DIR/build", &[]);
    assert!(made.starts_with("0\n"), "{made}");
}

/// Exit status and standard error of a request.
pub fn run(dir: &Path, words: &str, environment: &[(&str, &str)]) -> String {
    let place = dir.to_str().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_hvae"))
        .args(words.split(' ').map(|w| if w == "EMPTY" { String::new() } else { w.replace("DIR", place) }))
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let status = output.status.code().map_or("killed".into(), |c| c.to_string());
    let message = String::from_utf8_lossy(&output.stderr).replace(place, "DIR");
    format!("{status}\n{}", without_hashes(&message))
}

#[test]
fn every_bad_request_gets_its_status_and_message() {
    compare("tests/bad_requests/expected.txt", &answers(CASES));
}

/// Hashes follow from every byte of the hardware, and say nothing here.
fn without_hashes(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let hash = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_hash = hash.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
        words.push(match hash.len() {
            64 if is_hash => word.replace(hash, "SHA256"),
            8 if is_hash && hash.bytes().any(|b| b.is_ascii_alphabetic()) => word.replace(hash, "ID"),
            _ => word.into(),
        });
    }
    words.concat()
}

/// Of every case its words, status and message.
fn answers(cases: &[Case]) -> String {
    let mut found = String::new();
    for case in cases {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        (case.spoil)(folder.path());
        let before = tree(folder.path());
        let answer = run(folder.path(), case.words, &[]);
        assert!(!answer.starts_with('0') && !answer.contains("panicked"), "{}: {answer}", case.name);
        // Nothing of the user's is lost, nothing is half-written, nothing is left over.
        assert!(tree(folder.path()) == before, "{}: files were changed", case.name);
        found += &format!("== {}\nhvae {}\n{}\n", case.name, case.words, answer.trim_end());
    }
    found
}

#[test]
fn missing_and_old_tools_are_named_with_how_to_get_them() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let [old, alone] = ["old-verilator", "iverilog"].map(|name| folder.path().join(name));
    script(&old, "echo Verilator 4.038 2020-07-11");
    script(&alone, "echo Icarus Verilog version 12.0");
    let words = "cosim DIR/build --random 1";
    let mut found = String::new();
    for (name, variable, value) in [
        ("no simulator", "HVAE_VERILATOR", "/nonexistent/verilator"),
        ("old simulator", "HVAE_VERILATOR", old.to_str().unwrap()),
        ("no compiler", "CXX", "/nonexistent/g++"),
        ("no interpreter beside its compiler", "HVAE_IVERILOG", alone.to_str().unwrap()),
    ] {
        let engine = if variable == "HVAE_IVERILOG" { " --simulator icarus" } else { "" };
        let answer = run(folder.path(), &format!("{words}{engine}"), &[(variable, value)]);
        found += &format!("== {name}\n{}\n", answer.trim_end());
    }
    compare("tests/bad_requests/tools.txt", &found);
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|o| o.status.success()) {
        return crate::common::skip(
            "a_full_disk_is_said_and_leaves_nothing",
            "no right to mount a small disk here",
        );
    }
    let answer =
        run(folder.path(), "generate --config DIR/hvae.toml --random-weights 1 --out DIR/disk/out", &[]);
    let left = fs::read_dir(&disk).unwrap().count();
    Command::new("umount").arg(&disk).status().unwrap();
    assert!(answer.starts_with("2\nhvae: DIR/disk/out/"), "{answer}");
    assert!(answer.contains("free some space and run again, nothing was replaced"), "{answer}");
    assert_eq!(left, 0);
}

/// Against the file, or into it.
fn compare(path: &str, found: &str) {
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(path).unwrap();
    for (e, f) in expected.split("== ").zip(found.split("== ")) {
        assert_eq!(e, f, "{path} differs; BLESS=1 rewrites it");
    }
    assert_eq!(expected, found, "{path}");
}
