//! What other tools read of a build folder: lists of files, packages, registers, the driver.

use super::board::top_of;
use super::component::{CLOCK, File, FileSet, Port, RESET, component, ports};
use super::controllers::{csr, registers};
use super::files::put;
use super::script::{Step, script};
use crate::config::{Accelerator, BOARDS};
use askama::Template;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "fusesoc.core", escape = "none", ext = "txt")]
struct FuseSoc<'a> {
    banner: &'a str,
    version: &'a str,
    tiles: usize,
    sources: &'a [String],
    images: &'a [String],
    stimulus: &'a str,
    /// The top of a board, where there is one.
    board: Option<&'a str>,
}

macro_rules! constraints {
    ($($kind:ident = $path:literal),* $(,)?) => {
        $(
            #[derive(Template)]
            #[template(path = $path, escape = "none", ext = "txt")]
            // Not every tool asks for everything.
            #[allow(dead_code)]
            struct $kind<'a> {
                banner: &'a str,
                clock_mhz: f64,
                period_ns: String,
                delay_ns: String,
                inputs: &'a str,
                outputs: &'a str,
            }
        )*
        /// The constraints of every tool, for this clock.
        fn constrain(
            banner: &str,
            clock_mhz: f64,
            (inputs, outputs): (&str, &str),
            files: &mut BTreeMap<String, String>,
        ) {
            let period = 1e3 / clock_mhz;
            let ns = |value: f64| format!("{value:.3}");
            $(
                let (period_ns, delay_ns) = (ns(period), ns(period / 5.0));
                put(files, concat!("constraints/", $path), &$kind { banner, clock_mhz, period_ns, delay_ns, inputs, outputs });
            )*
        }
    };
}

constraints! {
    Sdc = "hvae.sdc",
    Ecp5 = "hvae_ecp5.lpf",
    ArtyA7 = "hvae_arty_a7.xdc",
    Kv260 = "hvae_kv260.xdc",
}

/// One job for simulations started by other tools than `hvae cosim`.
const STIMULUS: &str = "sim/generate.hex";

macro_rules! driver {
    ($($name:literal),* $(,)?) => {
        [$((concat!("driver/", $name), include_str!(concat!("../../driver/", $name)))),*]
    };
}

/// The C driver, and a program that uses it on the simulated design.
const DRIVER: &[(&str, &str)] = &driver![
    "Makefile",
    "README.md",
    "example.c",
    "hvae_driver.c",
    "hvae_driver.h",
    "simulated.cpp",
    "simulated.h",
];

/// Adds the packages of the Verilog and the images that `files` holds.
pub fn add(tiles: usize, accelerator: &Accelerator, banner: &str, files: &mut BTreeMap<String, String>) {
    let below = |folder: &str, end: &str| -> Vec<String> {
        files.keys().filter(|p| p.starts_with(folder) && p.ends_with(end)).cloned().collect()
    };
    let (sources, images) = (below("rtl/", ".sv"), below("rom/", ".hex"));
    let version = env!("CARGO_PKG_VERSION");
    let sets = file_sets(&sources, &images);
    let ports = ports(&files["rtl/hvae_top.sv"]);
    let xml = component(&ports, version, tiles, banner, &sets);
    let list = format!("// {banner}\n+incdir+rtl\n{}\n", sources.join("\n"));
    let tops: Vec<String> = BOARDS.iter().map(top_of).collect();
    let board = tops.iter().map(String::as_str).find(|top| files.contains_key(&format!("rtl/{top}.sv")));
    let core =
        FuseSoc { banner, version, tiles, sources: &sources, images: &images, stimulus: STIMULUS, board };
    put(files, "hvae.core", &core);
    files.insert("component.xml".into(), xml);
    files.insert("design.f".into(), list);
    files.insert("csr.h".into(), csr::header());
    files.insert("csr.md".into(), csr::page());
    files.insert(STIMULUS.into(), stimulus(accelerator.max_tokens));
    let (inputs, outputs) = (synchronous(&ports, "in"), synchronous(&ports, "out"));
    constrain(banner, accelerator.clock_mhz, (&inputs, &outputs), files);
    files.extend(DRIVER.iter().map(|(path, text)| ((*path).into(), (*text).into())));
}

/// The ports of one direction but clock and reset, as Tcl names their bits, some to a line.
fn synchronous(ports: &[Port], direction: &str) -> String {
    let ours =
        ports.iter().filter(|p| p.direction == direction && ![CLOCK, RESET].contains(&p.name.as_str()));
    let bits = |port: &Port| match port.width {
        1 => port.name.clone(),
        _ => format!("{}[*]", port.name),
    };
    let names: Vec<String> = ours.map(bits).collect();
    names.chunks(6).map(|line| line.join(" ")).collect::<Vec<_>>().join("\n    ")
}

fn file_sets(sources: &[String], images: &[String]) -> Vec<FileSet> {
    let verilog =
        |path: &str, include| File { path: path.into(), kind: "systemVerilogSource", user: None, include };
    let mut rtl = vec![verilog("rtl/hvae_design.svh", true)];
    rtl.extend(sources.iter().map(|path| verilog(path, false)));
    let image =
        |path: &String| File { path: path.clone(), kind: "user", user: Some("readmemh"), include: false };
    vec![
        FileSet { name: "rtl", files: rtl },
        FileSet { name: "rom", files: images.iter().map(image).collect() },
    ]
}

/// GENERATE, the likeliest tokens, seed 1: needs no packet.
fn stimulus(max_tokens: usize) -> String {
    let register = |name: &str| registers::offset(name) as u8;
    let write = |name: &str, data: u32| Step::Write { address: register(name), strobes: 0xf, data };
    script(&[
        write("JOB", registers::find("JOB").field("JOB").value("GENERATE")),
        write("SEED_LO", 1),
        write("MAX_TOKENS", max_tokens.min(0xFFFF) as u32),
        write("CONTROL", registers::find("CONTROL").field("START").mask()),
        Step::Done,
        Step::Quiet,
        Step::Read { address: register("STATUS") },
        Step::Read { address: register("CYCLES") },
        Step::Read { address: register("TOKENS") },
    ])
}
