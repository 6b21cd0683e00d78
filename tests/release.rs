//! What is given away: the Python wheel, the crate.

use crate::common::{script, tree};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a command says; it must end well.
fn done(command: &mut Command) -> String {
    let output: Output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root());
    command
}

/// The crate has what it is built of, and is small.
#[test]
fn the_crate_holds_what_it_is_built_of() {
    let listed = done(cargo().args(["package", "--list", "--allow-dirty", "--offline"]));
    let listed: BTreeSet<&str> = listed.lines().collect();
    for folder in ["src", "rtl", "templates", "driver", "constraints"] {
        for file in tree(&root().join(folder)).keys().filter(|file| file.is_file()) {
            let file = file.strip_prefix(root()).unwrap().to_str().unwrap();
            assert!(listed.contains(file), "{file}");
        }
    }
    for file in ["Cargo.toml", "Cargo.lock", "README.md", "LICENSE", "askama.toml", "configs/default.toml"] {
        assert!(listed.contains(file), "{file}");
    }
    let left_out = ["models/", "data/", "tests/", "build/", "target/", ".venv"];
    let huge = listed.iter().find(|file| left_out.iter().any(|folder| file.starts_with(folder)));
    assert_eq!(huge, None);
    let size = |file: &&&str| std::fs::metadata(root().join(file)).map_or(0, |found| found.len());
    let bytes: u64 = listed.iter().map(|file| size(&file)).sum();
    assert!(bytes < 6_000_000, "{bytes} bytes");
}

/// Unpacked somewhere else, the crate is still a whole program.
#[test]
#[ignore = "make test-all: the library and the program are compiled once more"]
fn the_packed_crate_compiles() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("packed");
    done(
        cargo()
            .args(["package", "--no-metadata", "--no-verify", "--allow-dirty"])
            .arg("--target-dir")
            .arg(&target),
    );
    let packed = format!("hvae-mnn-{}", env!("CARGO_PKG_VERSION"));
    let file = target.join(format!("package/{packed}.crate"));
    done(Command::new("tar").arg("-xzf").arg(&file).arg("-C").arg(place.path()));
    // Dependencies are compiled already where the tests were.
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let check = || {
        let mut check = Command::new(env!("CARGO"));
        check.current_dir(place.path().join(&packed)).args(["check", "--release", "--features", "train"]);
        check.arg("--locked").arg("--target-dir").arg(shared);
        check
    };
    done(&mut check());
    // That it would fail without one of its files: a missing template.
    std::fs::remove_file(place.path().join(&packed).join("templates/cell.sv")).unwrap();
    let output = check().output().unwrap();
    assert!(!output.status.success());
}

/// `pip install .` gives `hvae`, which needs nothing of the clone, and the module `hvae_mnn`.
#[test]
#[ignore = "make test-all: pip fetches maturin and links the program once more"]
fn pip_gives_the_program_and_the_module() {
    let place = tempfile::tempdir().unwrap();
    let venv = place.path().join("venv");
    done(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    let pip = venv.join("bin/pip");
    done(Command::new(&pip).args(["install", "--quiet", "--disable-pip-version-check"]).arg(root()));
    let installed = venv.join("bin/hvae");
    let version = done(Command::new(&installed).arg("--version"));
    assert_eq!(version, format!("hvae {}\n", env!("CARGO_PKG_VERSION")));
    let empty = place.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let hvae = |words: &str| done(Command::new(&installed).args(words.split(' ')).current_dir(&empty));
    hvae("init design");
    hvae("generate --config design/hvae.toml --random-weights 1 --out build");
    assert!(empty.join("build/rtl/hvae_top.sv").is_file());
    // The same as this test's own, with training.
    let help = |program: &Path| done(Command::new(program).arg("--help"));
    assert_eq!(help(&installed), help(Path::new(env!("CARGO_BIN_EXE_hvae"))));
    let program =
        "import hvae_mnn, importlib.metadata as m; print(m.version('hvae-mnn'), callable(hvae_mnn.export))";
    let said = done(Command::new(venv.join("bin/python")).args(["-c", program]).current_dir(&empty));
    assert_eq!(said, format!("{} True\n", env!("CARGO_PKG_VERSION")));
}

/// Both packages of Python are one: the same name, version, dependencies and extras, so that one takes the other's place.
#[test]
fn the_module_alone_is_the_same_package() {
    let read =
        |file: &str| -> toml::Table { std::fs::read_to_string(root().join(file)).unwrap().parse().unwrap() };
    let (whole, alone) = (read("pyproject.toml"), read("python/pyproject.toml"));
    for key in ["name", "requires-python", "license", "dependencies", "optional-dependencies"] {
        assert_eq!(whole["project"][key], alone["project"][key], "{key}");
    }
    assert_eq!(alone["project"]["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(whole["tool"]["maturin"]["python-source"].as_str(), Some("python/src"));
}

/// A release is refused where it would be of other sources than those committed, or would write over something.
#[test]
fn a_release_is_not_made_of_anything() {
    let place = tempfile::tempdir().unwrap();
    // No git here says that the tree is clean.
    let git = place.path().join("git");
    script(&git, "echo ' M src/lib.rs'");
    let path = format!("{}:{}", place.path().display(), std::env::var("PATH").unwrap());
    let release = |out: &Path| {
        let output =
            Command::new(root().join("scripts/release.sh")).arg(out).env("PATH", &path).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, said) = release(&place.path().join("new"));
    assert!(status == Some(2) && said.contains("expected a clean tree, found changes"), "{said}");
    let (status, said) = release(place.path());
    assert!(status == Some(2) && said.contains("expected no such folder, found one"), "{said}");
    assert!(!place.path().join("new").exists());
}
