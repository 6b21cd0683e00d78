//! What flows have left in a build folder.
// Results are read from the disk.
#![allow(clippy::disallowed_methods)]

use super::SynthReport;
use super::folder::RESULT;
use crate::failure::Failure;
use crate::files::{read_text, silently};
use std::fs;
use std::path::{Path, PathBuf};

/// The results of every flow that was run on a build folder, by name.
///
/// # Errors
///
/// A result cannot be read, or is none.
pub fn results(build: &Path) -> Result<Vec<SynthReport>, Failure> {
    let Ok(entries) = fs::read_dir(build.join("synth")) else { return Ok(Vec::new()) };
    let mut files: Vec<_> = entries.flatten().map(|e| e.path().join(RESULT)).collect();
    files.sort();
    let read = |path: &PathBuf| {
        serde_json::from_str(&read_text(path, &silently)?).map_err(|e| {
            let place = path.display();
            Failure::input(format!(
                "{place}: expected the result of a synthesis flow, found {e}; run `hvae synth` again"
            ))
        })
    };
    files.iter().filter(|path| path.exists()).map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Kind;

    #[test]
    fn results_of_synthesis_are_found_in_a_build_folder() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(results(dir.path()).unwrap(), []);
        let folder = dir.path().join("synth/ecp5");
        fs::create_dir_all(&folder).unwrap();
        let text = r#"{"flow":"ecp5","device":"LFE5U-85F","lut":7,"ff":8,"bram":null,"dsp":0,"fmax_mhz":80.5,"clock_mhz":50,"seconds":{},"modules":[],"more":1}"#;
        fs::write(folder.join(RESULT), text).unwrap();
        let found = results(dir.path()).unwrap();
        assert_eq!((found[0].lut, found[0].bram, found[0].fmax_mhz), (Some(7), None, Some(80.5)));
        fs::write(folder.join(RESULT), "{").unwrap();
        let refused = results(dir.path()).unwrap_err();
        assert_eq!(refused.kind, Kind::Input);
        assert!(refused.message.contains("run `hvae synth` again"), "{refused}");
    }
}
