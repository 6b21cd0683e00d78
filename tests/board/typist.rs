//! The serial line of a simulated board.

use crate::common::skip;
use hvae_mnn::tools;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is done to the board; the words of serial_tb.sv.
#[derive(Debug, Clone, Copy)]
pub enum Key {
    Type(u8),
    /// Waits until so many prompts were seen in all.
    Prompts(u32),
    /// In cycles.
    Pause(u32),
    /// In bits.
    Low(u32),
    /// The button, in cycles.
    Press(u32),
    /// Notes them.
    Leds,
}

impl Key {
    fn word(self) -> u32 {
        let (kind, number) = match self {
            Key::Type(character) => (1, character.into()),
            Key::Prompts(count) => (2, count),
            Key::Pause(cycles) => (3, cycles),
            Key::Low(bits) => (4, bits),
            Key::Press(cycles) => (5, cycles),
            Key::Leds => (6, 0),
        };
        kind << 24 | number
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Heard {
    pub text: String,
    /// Seven to nought.
    pub leds: Vec<String>,
}

/// serial_tb.sv with a design, ready to run.
pub struct Bench {
    build: PathBuf,
    command: Vec<PathBuf>,
}

const BENCH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/board/serial_tb.sv");

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}");
}

impl Bench {
    /// Compiled by Verilator; None where there is none.
    pub fn verilator(build: &Path, test: &str) -> Option<Bench> {
        let tool = match (tools::VERILATOR.find(), tools::COMPILER.find()) {
            (Ok(tool), Ok(_)) => tool,
            (Err(why), _) | (_, Err(why)) => {
                skip(test, &why.to_string());
                return None;
            }
        };
        let mut command = Command::new(&tool.path);
        command.args([
            "--binary",
            "--timing",
            "-j",
            "2",
            "-f",
            "design.f",
            BENCH,
            "--top-module",
            "serial_tb",
        ]);
        command.args([
            "-CFLAGS",
            "-std=c++20 -fcoroutines",
            "-MAKEFLAGS",
            "OPT_FAST=-O1",
            "--output-split",
            "0",
        ]);
        command.args(["-Wno-TIMESCALEMOD", "--no-sched-zero-delay", "--Mdir", "serial", "-o", "serial"]);
        if let Some(root) = &tool.root {
            command.env("VERILATOR_ROOT", root).args(["-MAKEFLAGS", "CFG_CXXFLAGS_PCH_I=-include"]);
            command.env("MAKEFLAGS", "PYTHON3=python3");
        }
        run(command.current_dir(build));
        Some(Bench { build: build.into(), command: vec![build.join("serial/serial")] })
    }

    /// Compiled by Icarus, for a board that waits 2^(wait_bits - 1) looks at STATUS; None where there is none.
    pub fn icarus(build: &Path, wait_bits: u32, test: &str) -> Option<Bench> {
        let tool = match tools::ICARUS.find() {
            Ok(tool) => tool,
            Err(why) => {
                skip(test, &why.to_string());
                return None;
            }
        };
        let list = fs::read_to_string(build.join("design.f")).unwrap();
        let program = build.join(format!("serial-{wait_bits}.vvp"));
        let mut command = Command::new(&tool.path);
        command.args([
            "-g2012",
            "-Irtl",
            "-s",
            "serial_tb",
            &format!("-Pserial_tb.WaitBits={wait_bits}"),
            "-o",
        ]);
        command.arg(&program).arg(BENCH).args(list.lines().filter(|line| line.ends_with(".sv")));
        run(command.current_dir(build));
        Some(Bench { build: build.into(), command: vec![tools::beside(&tool, "vvp").unwrap(), program] })
    }

    /// Presses the keys and listens.
    pub fn play(&self, keys: &[Key], plusargs: &[String]) -> Heard {
        let script: String = keys.iter().map(|key| format!("{:08x}\n", key.word())).collect();
        fs::write(self.build.join("keys.hex"), script + "00000000\n").unwrap();
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).args(["+script=keys.hex", "+log=serial.log"]).args(plusargs);
        run(command.current_dir(&self.build));
        let log = fs::read_to_string(self.build.join("serial.log")).unwrap();
        let (mut bytes, mut leds, mut notes) = (Vec::new(), Vec::new(), String::new());
        for line in log.lines() {
            match (line.strip_prefix('L'), u8::from_str_radix(line, 16)) {
                (Some(lit), _) => leds.push(lit.to_string()),
                // The end is no character: a character has two digits.
                (None, Ok(byte)) if line.len() == 2 => bytes.push(byte),
                _ => notes += line,
            }
        }
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if notes != "E" {
            text += &format!("[{notes}]");
        }
        Heard { text, leds }
    }
}
