//! What other tools read of a build folder: lists of files, packages, registers, the driver.

use super::component::{File, FileSet, component};
use super::controllers::{csr, registers};
use super::files::put;
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
pub fn add(tiles: usize, max_tokens: usize, banner: &str, files: &mut BTreeMap<String, String>) {
    let below = |folder: &str, end: &str| -> Vec<String> {
        files.keys().filter(|p| p.starts_with(folder) && p.ends_with(end)).cloned().collect()
    };
    let (sources, images) = (below("rtl/", ".v"), below("rom/", ".hex"));
    let version = env!("CARGO_PKG_VERSION");
    let sets = file_sets(&sources, &images);
    let xml = component(&files["rtl/hvae_top.v"], version, tiles, banner, &sets);
    let list = format!("// {banner}\n+incdir+rtl\n{}\n", sources.join("\n"));
    let core = FuseSoc { banner, version, tiles, sources: &sources, images: &images, stimulus: STIMULUS };
    put(files, "hvae.core", &core);
    files.insert("component.xml".into(), xml);
    files.insert("design.f".into(), list);
    files.insert("csr.h".into(), csr::header());
    files.insert("csr.md".into(), csr::page());
    files.insert(STIMULUS.into(), stimulus(max_tokens));
    files.insert("constraints/hvae.sdc".into(), include_str!("../../constraints/hvae.sdc").into());
    files.extend(DRIVER.iter().map(|(path, text)| ((*path).into(), (*text).into())));
}

fn file_sets(sources: &[String], images: &[String]) -> Vec<FileSet> {
    let verilog =
        |path: &str, include| File { path: path.into(), kind: "systemVerilogSource", user: None, include };
    let mut rtl = vec![verilog("rtl/hvae_design.vh", true)];
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
    let job = registers::find("JOB").field("JOB").value("GENERATE");
    let temperature = registers::find("INVERSE_TEMPERATURE").reset;
    let words = [job, 1, 0, temperature, max_tokens.min(0xFFFF) as u32, 0];
    words.map(|w| format!("{w:08x}\n")).concat()
}
