//! Verilator's own objects, kept between builds: a third of the work on a small design.
// They lie in the user's cache folder.
#![allow(clippy::disallowed_methods)]

use crate::files::{FileList, LIST, sha256, unique_folder};
use std::fs;
use std::path::{Path, PathBuf};

/// The objects, the same for every design.
const OBJECTS: [&str; 3] = ["verilated.o", "verilated_timing.o", "verilated_threads.o"];

/// Where they are kept: a folder with their hashes beside them.
pub struct Runtime(PathBuf);

impl Runtime {
    /// The objects of a compiler, told by all that they depend on. `None`: nowhere to keep them.
    pub fn new(made_by: &str) -> Option<Runtime> {
        // They are compiled for the processor at hand.
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let features = cpuinfo.lines().find(|l| l.starts_with("flags")).unwrap_or_default();
        let key = sha256(format!("{made_by}\n{features}").as_bytes());
        Some(Runtime(cache()?.join(format!("verilator-{}", &key[..16]))))
    }

    /// Puts the objects into a build folder, if they are there and as they were; flags for make that keep it from
    /// making them again.
    pub fn fetch(&self, folder: &Path) -> Option<Vec<String>> {
        let list = FileList::of(&self.0).ok()??;
        let whole = list.damage(&self.0).is_ok_and(|damage| damage.is_empty());
        let fetched = whole && OBJECTS.iter().all(|o| fs::copy(self.0.join(o), folder.join(o)).is_ok());
        // The makefile thinks them older than itself.
        fetched.then(|| OBJECTS.iter().flat_map(|o| ["-MAKEFLAGS".into(), format!("-o {o}")]).collect())
    }

    /// Keeps the objects of a build for the next ones, in the place of any that were not as they should be.
    /// A cache that cannot be written is none.
    pub fn keep(&self, folder: &Path) {
        let Some(parent) = self.0.parent() else { return };
        if fs::create_dir_all(parent).is_err() {
            return;
        }
        let Ok(part) = unique_folder(parent, "part-") else { return };
        let mut list = FileList::new("objects");
        let copied = OBJECTS.iter().all(|o| {
            let bytes = fs::read(folder.join(o));
            bytes.is_ok_and(|bytes| {
                list.add(o, &bytes);
                fs::write(part.join(o), bytes).is_ok()
            })
        });
        let whole = copied && fs::write(part.join(LIST), list.to_text()).is_ok();
        // Of two builds at a time, the first to rename wins.
        let _ = fs::remove_dir_all(&self.0);
        if !whole || fs::rename(&part, &self.0).is_err() {
            let _ = fs::remove_dir_all(&part);
        }
    }
}

/// `$HVAE_CACHE`, or `hvae-mnn` where the system keeps caches; an empty `$HVAE_CACHE` is none.
fn cache() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let absolute = |path: &PathBuf| path.is_absolute();
    if let Some(named) = variable("HVAE_CACHE") {
        return Some(named).filter(|path| !path.as_os_str().is_empty());
    }
    let caches = variable("XDG_CACHE_HOME").filter(absolute);
    Some(caches.or_else(|| Some(variable("HOME").filter(absolute)?.join(".cache")))?.join("hvae-mnn"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emptied_or_changed_object_is_made_again() {
        let place = tempfile::tempdir().unwrap();
        let [made, build] = ["made", "build"].map(|name| place.path().join(name));
        [&made, &build].iter().for_each(|folder| fs::create_dir(folder).unwrap());
        OBJECTS.iter().for_each(|o| fs::write(made.join(o), format!("object {o}")).unwrap());
        let runtime = Runtime(place.path().join("cache/verilator-0"));
        assert_eq!(runtime.fetch(&build), None);
        runtime.keep(&made);
        for spoilt in ["", "object verilated.o, changed"] {
            assert_eq!(runtime.fetch(&build).unwrap().len(), 2 * OBJECTS.len());
            fs::write(runtime.0.join("verilated.o"), spoilt).unwrap();
            assert_eq!(runtime.fetch(&build), None);
            runtime.keep(&made);
        }
        assert!(runtime.fetch(&build).is_some());
        assert_eq!(fs::read(build.join("verilated.o")).unwrap(), b"object verilated.o");
        assert_eq!(fs::read_dir(runtime.0.parent().unwrap()).unwrap().count(), 1);
    }
}
