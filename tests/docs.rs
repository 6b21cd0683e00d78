//! Pages of `docs/` do what they say: their commands are run, in an empty folder.

use crate::common::{skip, torch_python};
use hvae_mnn::tools;
use std::path::Path;
use std::process::Command;

/// The blocks of a page that begin with this word.
fn blocks<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    let fence = format!("\n```{kind}\n");
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find(&fence) {
        rest = &rest[at + fence.len()..];
        let end = rest.find("```").expect("a block ends");
        found.push(&rest[..end]);
        rest = &rest[end..];
    }
    found
}

#[test]
fn the_road_from_pytorch_leads_to_verilog() {
    let test = "the commands of docs/pytorch.md";
    let python = match torch_python() {
        Ok(python) => python,
        Err(why) => return skip(test, &why),
    };
    if let Err(why) = tools::VERILATOR.find() {
        return skip(test, &why.to_string());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/pytorch.md")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let [program] = blocks(&page, "python")[..] else { panic!("one program in docs/pytorch.md") };
    std::fs::write(place.path().join("poem.py"), program).unwrap();
    // As a reader has them on the PATH.
    let bin = place.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hvae"), bin.join("hvae")).unwrap();
    crate::common::script(&bin.join("python"), &format!("exec {} \"$@\"", python.display()));
    let path = format!(
        "{}:{}:{}",
        bin.display(),
        root.join(".venv/bin").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut said = Vec::new();
    let commands: Vec<&str> = blocks(&page, "sh").into_iter().flat_map(str::lines).collect();
    for command in &commands {
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(place.path())
            .env("PATH", &path)
            .env("PYTHONPATH", root.join("python/src"))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}\n{text}{error}");
        said.push((*command, text));
    }
    let of = |start: &str| {
        let (_, text) = said.iter().find(|(command, _)| command.starts_with(start)).expect(start);
        text.as_str()
    };
    // What the exporter prints is the command that the page gives.
    let import = commands.iter().find(|c| c.contains("--check")).unwrap();
    assert_eq!(
        of("python poem.py").lines().last(),
        Some(import.replace("models/poem", "models/exported").as_str())
    );
    assert!(
        of("hvae import exported").contains(": all within 1e-4 of the largest number"),
        "{}",
        of("hvae import exported")
    );
    assert!(of("hvae cosim").contains(" 0 mismatches"), "{}", of("hvae cosim"));
    // Both ways lead to the same weights.
    let weights = |model: &str| {
        std::fs::read(place.path().join("models").join(model).join("model.safetensors")).unwrap()
    };
    let again = hvae_mnn::model::read_tensors("again", &weights("again")).unwrap();
    let first = hvae_mnn::model::read_tensors("first", &weights("poem")).unwrap();
    assert_eq!(again.keys().collect::<Vec<_>>(), first.keys().collect::<Vec<_>>());
    // The special words are the first four of this page already, so that nothing was moved.
    assert_eq!(again, first);
    // What the message suggests where nothing is renamed is what the page gives.
    let unnamed = "hvae import poem.safetensors --config exported/hvae.toml --vocab exported/vocab.txt --out models/none";
    let output = Command::new("sh")
        .args(["-c", unnamed])
        .current_dir(place.path())
        .env("PATH", &path)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    let given = commands.iter().find(|c| c.contains("--rename")).unwrap();
    for rename in given.split(" --rename ").skip(1) {
        assert!(error.contains(&format!("--rename {rename}")), "{rename}: {error}");
    }
}
