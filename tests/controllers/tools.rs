//! The simulators that happen to be here.

use hvae_mnn::tools::VERILATOR;
use std::path::PathBuf;
use std::process::Command;

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|it| it.status.success())
        || Command::new(program).arg("-V").output().is_ok_and(|it| it.status.success())
}

/// Says aloud what is skipped when there is none.
fn found(tool: &str, program: String, needed_for: &str) -> Option<String> {
    if runs(&program) {
        return Some(program);
    }
    eprintln!("SKIPPED: {needed_for}: no {tool} ({program} does not run)");
    None
}

/// The one that co-simulation takes: `HVAE_VERILATOR`, that of `make tools`, or the one on the path.
pub fn verilator(needed_for: &str) -> Option<String> {
    match VERILATOR.find() {
        Ok(tool) => Some(tool.path.display().to_string()),
        Err(why) => {
            eprintln!("SKIPPED: {needed_for}: {why}");
            None
        }
    }
}

pub fn icarus(needed_for: &str) -> Option<String> {
    found("Icarus", "iverilog".into(), needed_for)
}

pub fn yosys(needed_for: &str) -> Option<String> {
    found("Yosys", "yosys".into(), needed_for)
}

/// What the program printed; both streams and the command where it failed.
pub fn output(program: &str, arguments: &[&str], folder: &std::path::Path) -> String {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    let done = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}\n{text}{errors}");
    text + &errors
}

/// The emitted files in a folder, as paths.
pub fn emitted(folder: &std::path::Path) -> Vec<PathBuf> {
    let files = hvae_mnn::emit::controllers::verilog();
    let write = |(name, text): (String, String)| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a writable temporary folder");
        path
    };
    files.into_iter().map(write).collect()
}
