//! Pages of `docs/` do what they say: their commands are run, in an empty folder.

use crate::common::{all_asked, python, script, skip, torch_python};
use hvae_mnn::config::{keys, schema};
use hvae_mnn::tools;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A block of a page: the word behind its fence, its text, and where that stands.
struct Block<'a> {
    kind: &'a str,
    text: &'a str,
    at: usize,
}

fn all_blocks(page: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = page[at..].find("\n```") {
        let kind = &page[at + start + 4..];
        let (kind, _) = kind.split_once('\n').expect("a fence ends its line");
        let text = at + start + 4 + kind.len() + 1;
        let end = text - 1 + page[text - 1..].find("\n```").expect("a block ends") + 1;
        found.push(Block { kind, text: &page[text..end.max(text)], at: text });
        at = end.max(text) - 1 + 4;
    }
    found
}

/// What a page says that its commands print, and they do (`BLESS=1` writes it into the page).
struct Said {
    commands: Vec<(String, String)>,
}

impl Said {
    fn of(&self, start: &str) -> &str {
        let (_, text) = self.commands.iter().find(|(command, _)| command.starts_with(start)).expect(start);
        text
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder with what a reader has: a clone, and `hvae` and the tools on the PATH.
fn clone(place: &Path, more: &[(&str, &Path)]) -> String {
    for part in ["configs", "data", "models", "python", "scripts"] {
        std::os::unix::fs::symlink(root().join(part), place.join(part)).unwrap();
    }
    let bin = place.join("bin");
    fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hvae"), bin.join("hvae")).unwrap();
    for (name, program) in more {
        script(&bin.join(name), &format!("exec {} \"$@\"", program.display()));
    }
    let rest = std::env::var("PATH").unwrap_or_default();
    format!("{}:{}:{rest}", bin.display(), root().join(".venv/bin").display())
}

/// Follows a page in a clone: writes the files of its blocks (those that begin with a comment that is a name), runs every line of
/// its `sh` blocks, and compares what they print with the `text` block behind them.
fn follow(name: &str) -> (tempfile::TempDir, Said) {
    let place = tempfile::tempdir().unwrap();
    let path = clone(place.path(), &[]);
    let file = root().join("docs").join(name);
    let page = fs::read_to_string(&file).unwrap();
    let (mut commands, mut last, mut blessed, mut kept) = (Vec::new(), String::new(), String::new(), 0);
    for Block { kind, text, at } in all_blocks(&page) {
        let first = text.lines().next().unwrap_or_default();
        let named = ["# ", "// "].iter().find_map(|comment| first.strip_prefix(comment));
        match (kind, named.filter(|name| name.contains('.') && !name.contains(' '))) {
            ("sh", _) => {
                last.clear();
                // Synthesis takes minutes.
                let short = |command: &&str| all_asked() || !command.starts_with("hvae synth");
                for command in text.lines().filter(short) {
                    let mut shell = Command::new("sh");
                    let output = shell
                        .args(["-c", command])
                        .current_dir(place.path())
                        .env("PATH", &path)
                        .output()
                        .unwrap();
                    let said = String::from_utf8_lossy(&output.stdout).into_owned();
                    let error = String::from_utf8_lossy(&output.stderr);
                    assert!(output.status.success(), "docs/{name}: {command}\n{said}{error}");
                    last.push_str(&said);
                    commands.push((command.to_string(), said));
                }
            }
            ("text", _) => {
                blessed.push_str(&page[kept..at]);
                blessed
                    .push_str(&last.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>());
                kept = at + text.len();
            }
            (_, Some(name)) => fs::write(place.path().join(name), text).unwrap(),
            _ => {}
        }
    }
    blessed.push_str(&page[kept..]);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &blessed).unwrap();
    }
    let page = fs::read_to_string(&file).unwrap();
    let differs = blessed.lines().zip(page.lines()).find(|(now, old)| now != old);
    assert!(
        page == blessed,
        "docs/{name}: its commands print something else: {differs:#?}\n(BLESS=1 rewrites it)"
    );
    (place, Said { commands })
}

#[test]
fn a_device_of_ones_own_leads_to_perplexity() {
    let (place, said) = follow("device.md");
    // What the page says of its figures: ideal cells lose nothing to integers, worse ones do, and calibration wins some back.
    let ppl = |row: &str| row.split_whitespace().nth(3).unwrap().parse::<f64>().unwrap();
    let row = |text: &str, on: &str| ppl(text.lines().find(|line| line.starts_with(on)).expect(on));
    let own = said.of("hvae eval");
    assert!(
        row(own, "crossbar") > 1.1 * row(own, "fixed") && row(own, "fixed") < 1.01 * row(own, "float"),
        "{own}"
    );
    let calibrated = said.commands.iter().rfind(|(command, _)| command.starts_with("hvae eval")).unwrap();
    assert!(row(&calibrated.1, "crossbar") < row(own, "crossbar"), "{}", calibrated.1);
    // The plot is there and has a circle for every row.
    let plot = place.path().join("build/my-study/ppl-device-verify_tolerance_us.svg");
    let plot = fs::read_to_string(plot).unwrap();
    assert!(plot.matches("<circle").count() >= 12, "{plot}");
    // The step of `level_shift` that the page gives.
    let page = fs::read_to_string(root().join("docs/device.md")).unwrap();
    assert!(page.contains("2^5 = 0.6 uS") && ((60.0 - 2.0) / 3.0 / 32.0 - 0.6f64).abs() < 0.01);
}

#[test]
fn a_design_goes_into_a_project() {
    let test = "the commands of docs/fpga.md";
    for tool in [tools::VERILATOR, tools::ICARUS, tools::YOSYS] {
        if let Err(why) = tool.find() {
            return skip(test, &why.to_string());
        }
    }
    if python(&["fusesoc"]).is_err() {
        return skip(test, "fusesoc: not found; install: make tools");
    }
    let (place, said) = follow("fpga.md");
    // A testbench of one's own and the driver get the same words.
    let words = said.of("cd build/small").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.split(' ').count() > 1, "{words}");
    let driver = said.of("make -s");
    assert!(driver.contains(&format!("answer {words}\n")), "{driver} {words}");
    assert!(said.of("hvae cosim").contains(" 0 mismatches"), "{}", said.of("hvae cosim"));
    // Files that the table names, and ports.
    let page = fs::read_to_string(root().join("docs/fpga.md")).unwrap();
    let build = place.path().join("build/small");
    for file in [
        "design.f",
        "component.xml",
        "hvae.core",
        "csr.h",
        "csr.md",
        "rtl/hvae_design.svh",
        "constraints/hvae.sdc",
    ] {
        let named = page.contains(file.rsplit('/').next().unwrap());
        assert!(named && build.join(file).is_file(), "{file}");
    }
    let ports = fs::read_to_string(build.join("rtl/hvae_top.sv")).unwrap();
    for port in ["aclk", "aresetn", "s_axil_awvalid", "s_axis_tlast", "m_axis_tdata", "irq"] {
        assert!(ports.contains(port), "{port}");
    }
    // The addresses of the testbench.
    let registers = fs::read_to_string(build.join("csr.md")).unwrap();
    for register in ["| 0x08 | CONTROL |", "| 0x0C | JOB |", "| 0x20 | MAX_TOKENS |"] {
        assert!(registers.contains(register), "{register}");
    }
}

/// Two blocks in a row, one of them empty.
#[test]
fn blocks_of_a_page_are_found() {
    let page = "a\n```sh\nx\ny\n```\nb\n```text\n```\n```toml\n# a.toml\n```\n";
    let found: Vec<(&str, &str)> = all_blocks(page).iter().map(|block| (block.kind, block.text)).collect();
    assert_eq!(found, [("sh", "x\ny\n"), ("text", ""), ("toml", "# a.toml\n")]);
    assert!(all_blocks(page).iter().all(|block| page[block.at..].starts_with(block.text)));
}

/// The blocks of a page that begin with this word.
fn blocks<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    let fence = format!("\n```{kind}\n");
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find(&fence) {
        rest = &rest[at + fence.len()..];
        let end = rest.find("```").expect("a block ends");
        found.push(&rest[..end]);
        rest = &rest[end..];
    }
    found
}

#[test]
fn the_road_from_pytorch_leads_to_verilog() {
    let test = "the commands of docs/pytorch.md";
    let python = match torch_python() {
        Ok(python) => python,
        Err(why) => return skip(test, &why),
    };
    if let Err(why) = tools::VERILATOR.find() {
        return skip(test, &why.to_string());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/pytorch.md")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let [program] = blocks(&page, "python")[..] else { panic!("one program in docs/pytorch.md") };
    std::fs::write(place.path().join("poem.py"), program).unwrap();
    // As a reader has them on the PATH.
    let bin = place.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hvae"), bin.join("hvae")).unwrap();
    script(&bin.join("python"), &format!("exec {} \"$@\"", python.display()));
    let path = format!(
        "{}:{}:{}",
        bin.display(),
        root.join(".venv/bin").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut said = Vec::new();
    let commands: Vec<&str> = blocks(&page, "sh").into_iter().flat_map(str::lines).collect();
    for command in &commands {
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(place.path())
            .env("PATH", &path)
            .env("PYTHONPATH", root.join("python/src"))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}\n{text}{error}");
        said.push((*command, text));
    }
    let of = |start: &str| {
        let (_, text) = said.iter().find(|(command, _)| command.starts_with(start)).expect(start);
        text.as_str()
    };
    // What the exporter prints is the command that the page gives.
    let import = commands.iter().find(|c| c.contains("--check")).unwrap();
    assert_eq!(
        of("python poem.py").lines().last(),
        Some(import.replace("models/poem", "models/exported").as_str())
    );
    assert!(
        of("hvae import exported").contains(": all within 1e-4 of the largest number"),
        "{}",
        of("hvae import exported")
    );
    assert!(of("hvae cosim").contains(" 0 mismatches"), "{}", of("hvae cosim"));
    // Both ways lead to the same weights.
    let weights = |model: &str| {
        std::fs::read(place.path().join("models").join(model).join("model.safetensors")).unwrap()
    };
    let again = hvae_mnn::model::read_tensors("again", &weights("again")).unwrap();
    let first = hvae_mnn::model::read_tensors("first", &weights("poem")).unwrap();
    assert_eq!(again.keys().collect::<Vec<_>>(), first.keys().collect::<Vec<_>>());
    // The special words are the first four of this page already, so that nothing was moved.
    assert_eq!(again, first);
    // What the message suggests where nothing is renamed is what the page gives.
    let unnamed = "hvae import poem.safetensors --config exported/hvae.toml --vocab exported/vocab.txt --out models/none";
    let output = Command::new("sh")
        .args(["-c", unnamed])
        .current_dir(place.path())
        .env("PATH", &path)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    let given = commands.iter().find(|c| c.contains("--rename")).unwrap();
    for rename in given.split(" --rename ").skip(1) {
        assert!(error.contains(&format!("--rename {rename}")), "{rename}: {error}");
    }
}

/// `docs/config.md` is what the program says of its own keys (`BLESS=1` rewrites it).
#[test]
fn the_page_of_keys_is_the_programs_own() {
    let said = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_hvae")).arg("keys").args(words).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), text, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/config.md");
    let (status, page, _) = said(&["--markdown"]);
    assert_eq!(status, Some(0));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    let differs = page.lines().zip(kept.lines()).find(|(new, old)| new != old);
    assert!(
        page == kept,
        "docs/config.md: expected what `hvae keys --markdown` says, first other line: {differs:#?}\n(BLESS=1 rewrites the page)"
    );
    // Every key of a file with all defaults, of which none is left out.
    for (section, keys) in toml::Table::try_from(hvae_mnn::config::Config::default()).unwrap() {
        assert!(page.contains(&format!("\n## [{section}]\n")), "[{section}]");
        for key in keys.as_table().unwrap().keys() {
            assert!(page.contains(&format!("\n- **`{key}`**")), "[{section}] {key}");
        }
    }
    // Parts of it: a section, a key of another section, a family.
    let (_, wires, _) = said(&["wires"]);
    assert!(wires.starts_with("[wires]  resistances") && !wires.contains("[noise]"), "{wires}");
    let (_, adc, _) = said(&["adc_bits"]);
    assert!(adc.contains("\nadc_bits = 9\n") && !adc.contains("adc_shift = "), "{adc}");
    let (_, regression, _) = said(&["regression"]);
    assert!(regression.contains("\nvalues = 1\n") && !regression.contains("\nlatent = "), "{regression}");
    let (status, _, error) = said(&["no-such-key"]);
    assert!(status == Some(2) && error.contains("`hvae keys` lists all"), "{error}");
    let (_, schema, _) = said(&["--schema"]);
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let adc = &schema["properties"]["crossbar"]["properties"]["adc_bits"];
    assert_eq!((&adc["type"], &adc["description"]), (&"integer".into(), &"Bits of a conversion.".into()));
}

/// Numbers without a bound: every whole number from 0 on, and every seed.
const FREE: [&str; 11] = [
    "device.seed",
    "model.network",
    "noise.seed",
    "train.hardware_every",
    "train.kl_cycles",
    "train.labels",
    "train.lagging_steps",
    "train.patience",
    "train.piece_frames",
    "train.seed",
    "train.warmup_updates",
];

#[test]
fn every_key_says_what_it_is() {
    let schema = schema();
    let found = keys();
    let properties = |schema: &serde_json::Value| schema["properties"].as_object().unwrap().len();
    assert_eq!(found.len(), properties(&schema));
    for (section, purpose, keys) in &found {
        assert!(!purpose.is_empty() && purpose.ends_with('.'), "[{section}]: {purpose:?}");
        assert_eq!(keys.len(), properties(&schema["properties"][section]), "[{section}]");
        for key in keys {
            let at = format!("{section}.{}", key.name);
            assert!(!key.meaning.is_empty() && !key.takes.is_empty(), "{key:?}");
            let number = key.takes.contains("number");
            assert!(!number || !key.bounds.is_empty() || FREE.contains(&at.as_str()), "{at} has no bound");
        }
    }
    let key = |section: &str, name: &str| {
        let (_, _, keys) = found.iter().find(|(found, _, _)| found == section).unwrap();
        keys.iter().find(|key| key.name == name).unwrap()
    };
    // A default that files do not have, one that `f32` would spoil, a word, a list, and none.
    let defaults = [
        ("model", "dense", Some("96")),
        ("train", "learning_rate", Some("0.0001")),
        ("model", "flow", Some("\"coupling\"")),
        ("model", "cells", Some("[\"gru\", \"gru\"]")),
        ("accelerator", "gate_lanes", Some("8")),
        ("device", "faults", Some("[]")),
        ("device", "g_max_us", None),
    ];
    for (section, name, default) in defaults {
        assert_eq!(key(section, name).default.as_deref(), default, "{section}.{name}");
    }
    assert_eq!(key("crossbar", "adc_bits").bounds[0].expected, "1 to 24");
    let drive: Vec<&str> = key("wires", "drive").words.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(drive, ["\"one-sided\"", "\"two-sided\""]);
}

/// Without the seconds, which are another machine's.
fn without_times(page: &str) -> String {
    let line = |line: &str| match line.strip_prefix("## ").and_then(|title| title.rsplit_once(" (")) {
        Some((title, seconds)) if seconds.ends_with(" s)") => format!("## {title}\n"),
        _ => format!("{line}\n"),
    };
    page.lines().filter(|line| !line.starts_with("Times: ")).map(line).collect()
}

/// Each command of `docs/first-hour.md` is one of its script.
#[test]
fn the_first_hour_is_that_of_its_script() {
    let page = fs::read_to_string(root().join("docs/first-hour.md")).unwrap();
    let script = fs::read_to_string(root().join("scripts/first_hour.sh")).unwrap();
    let lines: Vec<&str> = script.lines().collect();
    let shell = all_blocks(&page).into_iter().filter(|block| block.kind == "sh");
    let commands: Vec<&str> = shell.flat_map(|block| block.text.lines()).collect();
    assert!(commands.len() > 10);
    for command in &commands {
        assert!(lines.contains(command), "{command}");
    }
    // None is left out.
    let steps = lines.iter().filter(|line| line.starts_with("step ")).count();
    let timed = page.lines().filter(|line| line.starts_with("## ") && line.ends_with(" s)")).count();
    assert_eq!((steps, timed), (7, 7));
    let asked =
        lines.iter().skip_while(|line| !line.starts_with("step ")).filter(|line| line.starts_with("hvae "));
    assert!(asked.clone().count() > 5 && asked.clone().all(|line| commands.contains(line)));
}

/// The script writes the committed page again, but for the seconds (`BLESS=1` takes those too).
#[test]
#[ignore = "make test-all: demo, training, PyTorch, co-simulation, FuseSoC, the driver in C"]
fn the_first_hour_goes_as_its_page_says() {
    let test = "docs/first-hour.md";
    let python = match torch_python() {
        Ok(python) => python,
        Err(why) => return skip(test, &why),
    };
    for tool in [tools::VERILATOR, tools::ICARUS] {
        if let Err(why) = tool.find() {
            return skip(test, &why.to_string());
        }
    }
    let place = tempfile::tempdir().unwrap();
    let path = clone(place.path(), &[]);
    std::os::unix::fs::symlink(root().join("docs"), place.path().join("docs")).unwrap();
    // A script finds its clone by its own place.
    fs::remove_file(place.path().join("scripts")).unwrap();
    fs::create_dir(place.path().join("scripts")).unwrap();
    let script = place.path().join("scripts/first_hour.sh");
    fs::copy(root().join("scripts/first_hour.sh"), &script).unwrap();
    let output = Command::new("bash")
        .arg(&script)
        .env("PATH", &path)
        .env("HVAE_PYTHON", &python)
        .current_dir(place.path())
        .output()
        .unwrap();
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{page}{}", String::from_utf8_lossy(&output.stderr));
    let kept = root().join("docs/first-hour.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&kept, &page).unwrap();
    }
    assert_eq!(without_times(&page), without_times(&fs::read_to_string(kept).unwrap()));
}
