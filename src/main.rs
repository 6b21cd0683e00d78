//! `hvae`: from a trained hierarchical text VAE to proved memristor-crossbar hardware.

mod commands;

use clap::{Parser, Subcommand};
use commands::out::{self, remark};
use commands::{
    Failure, bench, chat, cosim, demo, describe, doctor, eval, export, fit_prior, generate, import, init,
    keys, pareto, report, sample, spice, study, synth,
};
use std::io::{self, Write};
use std::process::ExitCode;

/// From a trained hierarchical text VAE to a memristor-crossbar accelerator in Verilog
/// that is proved, bit by bit, to compute the same thing.
#[derive(Parser)]
#[command(name = "hvae", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a commented hvae.toml
    Init(init::Args),
    /// Every key of hvae.toml: what it means, what it may be, its default
    Keys(keys::Args),
    /// The tools found, their versions, what each is needed for
    Doctor(doctor::Args),
    /// Fit a model; resumes an interrupted run
    #[cfg(feature = "train")]
    Train(commands::train::Args),
    /// Print a network as a description file, to begin one of your own with
    Describe(describe::Args),
    /// Take a PyTorch state dict in safetensors
    Import(import::Args),
    /// NLL, PPL, KL, MI, active units and reconstructions, side by side
    Eval(eval::Args),
    /// Scale z so that its prior fits its codes, in the weights
    FitPrior(fit_prior::Args),
    /// Conductance ROMs: hex images, microsiemens as CSV and NPY, a manifest
    Export(export::Args),
    /// The Verilog design for a model, or for a model size
    Generate(generate::Args),
    /// Run the design against the golden model, bit by bit and cycle by cycle
    Cosim(cosim::Args),
    /// Sentences from the float model or the golden model
    Sample(sample::Args),
    /// Talk with a network that holds conversations: the golden model, or the simulated hardware
    Chat(chat::Args),
    /// The figures of the README that are times
    Bench(bench::Args),
    /// A tile as a circuit: cells, wires, drivers and meters for ngspice
    Spice(spice::Args),
    /// Many configurations and seeds on the golden model, resumable, one row at a time
    Study(study::Args),
    /// Area and clock: yosys, and for an ECP5 place and route down to the bitstream
    Synth(synth::Args),
    /// Cycles, look-up tables and energy of many configurations side by side
    Pareto(pareto::Args),
    /// A page for people: size, cycles, co-simulation, sentences
    Report(report::Args),
    /// The whole way on one model: map, export, generate, co-simulate, report
    Demo(demo::Args),
}

fn main() -> ExitCode {
    // Before there is a second thread.
    #[cfg(feature = "train")]
    commands::train::quiet_drivers();
    // A reader that had enough (`| head`) is no error.
    sigpipe::reset();
    let command = match command() {
        Ok(command) => command,
        Err(status) => return status,
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&failure),
    }
}

fn failed(failure: &Failure) -> ExitCode {
    remark!("hvae: {failure}");
    ExitCode::from(commands::status(failure))
}

/// What is asked for. Help and wrong words are printed here.
fn command() -> Result<Command, ExitCode> {
    Cli::try_parse().map(|cli| cli.command).map_err(|words| {
        let printed = words.print().and_then(|()| io::stdout().flush());
        match (words.use_stderr(), printed) {
            (false, Err(error)) => failed(&out::full(error)),
            _ => ExitCode::from(words.exit_code() as u8),
        }
    })
}

fn run(command: Command) -> Result<(), Failure> {
    commands::threads::start()?;
    match command {
        Command::Init(args) => init::run(&args),
        Command::Keys(args) => keys::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        #[cfg(feature = "train")]
        Command::Train(args) => commands::train::run(&args),
        Command::Describe(args) => describe::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::FitPrior(args) => fit_prior::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Cosim(args) => cosim::run(&args),
        Command::Sample(args) => sample::run(&args),
        Command::Chat(args) => chat::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Spice(args) => spice::run(&args),
        Command::Study(args) => study::run(&args),
        Command::Synth(args) => synth::run(&args),
        Command::Pareto(args) => pareto::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Demo(args) => demo::run(&args),
    }
}
