//! The page of a design in a real browser: wide, on a phone, in the dark; nothing reaches sideways, nothing comes from
//! elsewhere, everything can be read.

mod chromium;

use crate::common::{family_designs, mapped, mapped_family, programs_but, skip, smallest, tiny};
use chromium::{Browser, Screen, find};
use hvae_mnn::build::{Build, BuildFile};
use hvae_mnn::config::{CellKind, Config, Encoding, Family, RangeOf};
use hvae_mnn::cosim::{CosimReport, Difference};
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::golden::{Job, JobKind};
use hvae_mnn::model::Vocabulary;
use hvae_mnn::pipeline::random_examples;
use hvae_mnn::report::{Material, page};
use hvae_mnn::sample::{conversation, frames, generations, job};
use hvae_mnn::tools;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const WIDE: Screen = Screen { name: "wide", width: 1100, dark: false };
const PHONE: Screen = Screen { name: "phone", width: 360, dark: false };
const DARK: Screen = Screen { name: "dark", width: 1100, dark: true };
const DARK_PHONE: Screen = Screen { name: "dark-phone", width: 360, dark: true };
const SCREENS: [Screen; 4] = [WIDE, PHONE, DARK, DARK_PHONE];

/// Words of all lengths, some of which no line is long enough for.
fn vocabulary(config: &Config) -> Vocabulary {
    let word = |i: usize| match i % 5 {
        0 => format!("a{i}\n"),
        1 => format!("incomprehensibilities{i}\n"),
        _ => format!("word{i}\n"),
    };
    let words: String = (4..config.model.vocabulary).map(word).collect();
    Vocabulary::parse("vocab.txt", &format!("<pad>\n<unk0>\n<sos>\n<eos>\n{words}")).unwrap()
}

fn build(config: &Config, net: CrossbarNet, words: bool) -> Build {
    let file = BuildFile::new(&net, config, BTreeMap::new());
    let vocabulary = (words && config.model.vocabulary > 0).then(|| vocabulary(config));
    Build { file, net, vocabulary }
}

/// Every job of the network, of random sequences.
fn every_job(build: &Build) -> Vec<Job> {
    let config = &build.file.design.config;
    let golden = hvae_mnn::golden::Golden::tiled(&build.net, &config.accelerator);
    let (network, limit) = (&golden.quant.network, config.accelerator.max_tokens);
    let mut jobs = generations(2, 0.8, 1, limit).unwrap();
    let kinds: Vec<JobKind> = golden.schedule.jobs().collect();
    jobs.retain(|job| kinds.contains(&job.kind));
    for mut example in random_examples(network, 3, 1) {
        if network.converses() {
            example.turns.iter_mut().for_each(|turn| turn.truncate(limit));
            jobs.extend(conversation(&example, &[JobKind::Generate], (0.8, 1), limit).unwrap());
            continue;
        }
        for &kind in &kinds {
            if example.frames.is_empty() {
                let kept = example.tokens.len().min(limit);
                jobs.push(job(kind, &example.tokens[..kept], &golden, (0.8, 1), limit).unwrap());
            } else {
                let kept = example.frames.nrows().min(limit);
                let some = example.frames.slice(ndarray::s![..kept, ..]).to_owned();
                jobs.push(frames(kind, &some, &golden, (0.8, 1), limit).unwrap());
            }
        }
    }
    jobs
}

/// What a simulation that agrees says, in large numbers.
fn agrees() -> CosimReport {
    let mut report = CosimReport::default();
    (report.sentences, report.bits_compared, report.tokens) = (23, 123_456_789_012, 321);
    (report.cycles, report.cycles_expected, report.cycles_floor) = (1_040_000, 1_040_000, 1_000_000);
    report.tile_samples = 1_234_567;
    report
}

fn text(build: &Build, cosim: &[CosimReport]) -> String {
    let jobs = every_job(build);
    let material = Material {
        jobs: &jobs,
        cosim,
        written: cosim.first(),
        flows: &[],
        whose: "Random sequences",
        command: "hvae report BUILD --html report.html --generate 10",
    };
    page(build, &material).html()
}

/// Pages of every family, and of every kind of tile.
fn pages() -> Vec<(String, String)> {
    let mut all = Vec::new();
    let hsr = |change: &dyn Fn(&mut Config)| {
        let mut config = tiny(&[CellKind::Gru, CellKind::Lstm]);
        change(&mut config);
        let (net, _) = mapped(&config, 1);
        build(&config, net, true)
    };
    let noisy = hsr(&|c| {
        c.device.preset = "wan2022".into();
        (c.crossbar.adc_range, c.crossbar.adc_range_of) = (hvae_mnn::config::AdcRange::Data, RangeOf::Tile);
        (c.crossbar.rows, c.crossbar.columns) = (16, 64);
        c.noise.comparator = 0.3;
    });
    all.push(("noisy".to_string(), text(&noisy, &[agrees()])));
    let shared = hsr(&|c| (c.crossbar.shared, c.crossbar.physical_tiles) = (true, 3));
    all.push(("shared-tiles".into(), text(&shared, &[])));
    let offset = hsr(&|c| {
        (c.crossbar.encoding, c.crossbar.flip, c.crossbar.columns) = (Encoding::Offset, true, 25);
        c.crossbar.adc_bits = 3;
    });
    let first = Difference {
        sentence: 3,
        step: 4,
        cycle: 567,
        signal: "dec1_bridge.h[12]".into(),
        expected: "-1234".into(),
        got: "1234".into(),
    };
    let mut wrong = agrees();
    (wrong.mismatches, wrong.first_difference) = (89, Some(first));
    all.push(("wrong".into(), text(&offset, &[wrong])));
    let mut others = family_designs();
    for family in [Family::Tagger, Family::Regression, Family::FlowVrae] {
        let mut config = tiny(&[CellKind::Lstm]);
        config.model.family = family;
        (config.model.dense, config.model.latent) = (7, 6);
        others.push((family.name(), config));
    }
    for (name, config) in others {
        let words = name != "language-model";
        let build = build(&config, mapped_family(&config), words);
        all.push((name.into(), text(&build, &[agrees()])));
    }
    all
}

/// A folder that is kept, for people who want to see.
fn kept() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn pages_of_every_family_can_be_read_on_every_screen() {
    let program = match find() {
        Ok(program) => program,
        Err(why) => return skip("pages in a browser", &why),
    };
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Browser::start(program, profile.path());
    let folder = kept();
    for (name, html) in pages() {
        let file = folder.join(format!("{name}.html"));
        fs::write(&file, &html).unwrap();
        for screen in SCREENS {
            let seen = browser.open(&file, screen);
            assert!(seen.wrong.is_empty(), "{name}, {}:\n  {}", screen.name, seen.wrong.join("\n  "));
            assert_eq!((seen.width, seen.dark), (screen.width.into(), screen.dark), "{name}");
            assert!(
                seen.texts > 100 && seen.height > 2000,
                "{name}: {} texts, {} px",
                seen.texts,
                seen.height
            );
            let picture = browser.photograph(screen, seen.height.min(16_000), 1.0);
            assert!(
                picture.starts_with(b"\x89PNG") && picture.len() > 50_000,
                "{name}: {} bytes",
                picture.len()
            );
            fs::write(folder.join(format!("{name}-{}.png", screen.name)), picture).unwrap();
        }
    }
    // docs/report.png: HVAE_REPORT_PAGE=$PWD/report.html HVAE_REPORT_SHOT=docs/report.png, of a page that `hvae report` wrote.
    if let (Ok(page), Ok(shot)) = (std::env::var("HVAE_REPORT_PAGE"), std::env::var("HVAE_REPORT_SHOT")) {
        let seen = browser.open(Path::new(&page), WIDE);
        assert!(seen.wrong.is_empty(), "{page}:\n  {}", seen.wrong.join("\n  "));
        let height = std::env::var("HVAE_REPORT_HEIGHT").ok().and_then(|h| h.parse().ok()).unwrap_or(1300);
        fs::write(shot, browser.photograph(WIDE, height, 0.72)).unwrap();
    }
}

/// `hvae report` twice on one build: what its simulation showed is said, with the same bytes; with nothing asked, that too.
#[test]
fn the_program_writes_the_page_of_a_build() {
    let verilator = match tools::VERILATOR.find() {
        Ok(tool) => tool,
        Err(why) => return skip("hvae report", &why.to_string()),
    };
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("hvae.toml"), smallest().to_toml()).unwrap();
    // Debian has no program `python`, which the makefiles of Verilator's package ask for.
    let programs = dir.join("bin");
    programs_but("python", &programs);
    let hvae = |words: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_hvae"))
            .args(words.split(' '))
            .current_dir(dir)
            .env(tools::VERILATOR.variable, &verilator.path)
            .env("PATH", &programs)
            .output()
            .unwrap();
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    };
    hvae("generate --config hvae.toml --random-weights 1 --out build");
    hvae("report build --html one.html --generate 2");
    hvae("report build --html two.html --generate 2");
    hvae("report build --html none.html --generate 0");
    let [one, two, none] =
        ["one", "two", "none"].map(|name| fs::read_to_string(dir.join(format!("{name}.html"))).unwrap());
    assert_eq!(one, two);
    assert!(
        one.contains("agrees with the golden model: ") && one.contains("bits of 5 jobs compared, 0 differ")
    );
    assert!(one.contains("hvae report BUILD --html report.html --generate 2"));
    assert!(
        one.contains("<figure id=\"stages\">") && one.contains("random weights, for a design of this size")
    );
    assert!(none.contains("Nothing was simulated for this page") && !none.contains("<figure id=\"stages\">"));
    assert!(!one.contains(&dir.display().to_string()));
}

/// Every mistake that the test looks for, planted in a page that has none.
#[test]
fn mistakes_of_a_page_are_seen_in_a_browser() {
    let program = match find() {
        Ok(program) => program,
        Err(why) => return skip("mistakes of pages in a browser", &why),
    };
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Browser::start(program, profile.path());
    let (_, html) = pages().remove(1);
    let file = profile.path().join("page.html");
    let mut look = |html: &str, screen: Screen| {
        fs::write(&file, html).unwrap();
        browser.open(&file, screen).wrong
    };
    assert_eq!(look(&html, DARK_PHONE), Vec::<String>::new());
    let planted = |mistake: &str| html.replacen("<main>", &format!("<main>{mistake}"), 1);
    let mistakes = [
        (PHONE, planted("<div style='width:900px'>wide</div>"), "sideways: the page is"),
        (PHONE, planted("<p style='position:relative;left:-50px'>gone</p>"), "sideways: p \"gone\""),
        (DARK, planted("<p style='color:#223'>dark on dark</p>"), "contrast: p \"dark on dark\""),
        (WIDE, planted("<p style='color:#bbb'>pale on pale</p>"), "contrast: p \"pale on pale\""),
        (DARK, html.replacen("--blue: #55b2f0", "--blue: #102030", 1), "contrast: marks of blue"),
        (WIDE, planted("<p style='font-size:6px'>tiny</p>"), "small: p \"tiny\""),
        (WIDE, planted("<script>console.error('oh')</script>"), "console: "),
        (WIDE, planted("<script>nothing.at.all()</script>"), "console: "),
        (WIDE, planted("<img alt='' src='http://127.0.0.1:9/x.png'>"), "request: http://127.0.0.1:9/x.png"),
        (WIDE, planted("<link rel='stylesheet' href='style.css'>"), "request: file://"),
        (
            WIDE,
            planted(
                "<figure id='f'><h2>h</h2><figcaption>c</figcaption><svg width='0' height='0'></svg></figure>",
            ),
            "picture: an svg of figure#f",
        ),
        (
            WIDE,
            planted("<figure id='f'><h2>h</h2><figcaption> </figcaption></figure>"),
            "picture: figure#f has no heading or no caption",
        ),
    ];
    for (screen, html, expected) in mistakes {
        let wrong = look(&html, screen);
        assert!(wrong.iter().any(|w| w.starts_with(expected)), "expected {expected}, found {wrong:?}");
    }
}

/// The same build gives the same bytes, and none of them tells where or when it was made; what a network has not
/// leaves no empty part behind.
#[test]
fn a_page_is_the_same_twice_and_has_only_what_the_network_has() {
    let (first, second) = (pages(), pages());
    assert_eq!(first, second);
    let has = |name: &str, part: &str| {
        let (_, html) = first.iter().find(|(n, _)| n == name).unwrap();
        html.contains(&format!("<figure id=\"{part}\">"))
    };
    for (name, html) in &first {
        assert!(!html.contains(env!("CARGO_MANIFEST_DIR")) && !html.contains("/tmp"), "{name}");
        for part in [
            "stages",
            "converters",
            "cycles",
            "energy",
            "area",
            "conductances",
            "tile",
            "clips",
            "saturations",
        ] {
            assert!(has(name, part), "{name} has no {part}");
        }
        assert!(!html.contains("NaN") && !html.contains("inf "), "{name}");
        assert!(!html.contains("Differential") && !html.contains("Offset"), "{name}: a debug print");
    }
    let parts = [
        ("noisy", &["new", "rewritten", "losses"][..]),
        ("language-model", &[]),
        ("z-forcing", &["new", "rewritten", "losses"]),
        ("frames", &["pieces"]),
        ("z-forcing-of-frames", &["pieces", "losses"]),
        ("dialogue", &["answers", "losses"]),
        ("tagger", &["labels"]),
        ("regression", &["values"]),
    ];
    let all = ["new", "rewritten", "losses", "pieces", "answers", "labels", "values"];
    for (name, expected) in parts {
        let found: Vec<&str> = all.into_iter().filter(|part| has(name, part)).collect();
        let mut expected = expected.to_vec();
        expected.sort_by_key(|part| all.iter().position(|p| p == part));
        assert_eq!(found, expected, "{name}");
    }
    let find = |name: &str| &first.iter().find(|(n, _)| n == name).unwrap().1;
    assert!(find("wrong").contains("does not agree") && find("wrong").contains("dec1_bridge.h[12]"));
    assert!(find("shared-tiles").contains("Nothing was simulated"));
    assert!(find("noisy").contains("123,456,789,012 bits of 23 jobs compared, 0 differ"));
}
