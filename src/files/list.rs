//! What a folder of ours holds, by hash: `SHA256SUMS`, which `sha256sum -c` reads as well.

use super::sha256;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

/// The list's own name.
pub const LIST: &str = "SHA256SUMS";

/// What ends the first word of a list of ours: `# design of hvae-mnn 0.1.0`.
const MAKER: &str = " of hvae-mnn ";

/// The files of an output and their hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileList {
    /// What the folder is: `design`, `model`.
    kind: String,
    files: BTreeMap<String, String>,
}

/// A file that is not as the list has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Other bytes than when it was listed.
    Changed,
    /// Gone.
    Missing,
    /// The list does not have it.
    Unknown,
}

impl FileList {
    /// A list without files, of a folder that is a `kind`.
    pub fn new(kind: &str) -> FileList {
        FileList { kind: kind.into(), files: BTreeMap::new() }
    }

    /// Adds a file by its path below the folder.
    pub fn add(&mut self, path: &str, bytes: &[u8]) {
        self.files.insert(path.into(), sha256(bytes));
    }

    /// How many files it has, without itself.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What the folder is.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The list as a file. No date: same files, same bytes.
    pub fn to_text(&self) -> String {
        let mut text = format!("# {}{MAKER}{}\n", self.kind, env!("CARGO_PKG_VERSION"));
        for (path, hash) in &self.files {
            text += &format!("{hash}  {path}\n");
        }
        text
    }

    /// Reads a list; `None`: none of ours.
    pub fn parse(text: &str) -> Option<FileList> {
        let mut lines = text.lines();
        let (kind, _) = lines.next()?.strip_prefix("# ")?.split_once(MAKER)?;
        let mut list = FileList::new(kind);
        for line in lines {
            let (hash, path) = line.split_once("  ")?;
            let inside = path.split('/').all(|name| !["", ".", ".."].contains(&name));
            let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
            // Each file once, under the name that it has.
            let again = list.files.insert(path.into(), hash.into());
            if hash.len() != 64 || !hash.bytes().all(hex) || !inside || again.is_some() {
                return None;
            }
        }
        Some(list)
    }

    /// The list of a folder; `None`: it has none of ours.
    ///
    /// # Errors
    ///
    /// Those of the disk. That there is no list is none.
    pub fn of(folder: &Path) -> io::Result<Option<FileList>> {
        match fs::read(folder.join(LIST)) {
            Ok(bytes) => Ok(String::from_utf8(bytes).ok().and_then(|text| FileList::parse(&text))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The listed files of `folder` that are not as they were written, by name.
    ///
    /// # Errors
    ///
    /// A file that is there cannot be read.
    pub fn damage(&self, folder: &Path) -> io::Result<Vec<(String, Problem)>> {
        let mut found = Vec::new();
        for (path, hash) in &self.files {
            let problem = match fs::read(folder.join(path)) {
                Ok(bytes) if sha256(&bytes) == *hash => continue,
                Ok(_) => Problem::Changed,
                // Also where a folder has become a file.
                Err(e) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&e.kind()) => {
                    Problem::Missing
                }
                Err(e) if e.kind() == io::ErrorKind::IsADirectory => Problem::Changed,
                Err(e) => return Err(e),
            };
            found.push((path.clone(), problem));
        }
        Ok(found)
    }

    /// The files of `folder` that would be lost with it: those that the list does not have and `later` does not know
    /// as ours, and those that were changed.
    ///
    /// # Errors
    ///
    /// The folder, or a file in it, cannot be read.
    pub fn others(&self, folder: &Path, later: &dyn Fn(&str) -> bool) -> io::Result<Vec<(String, Problem)>> {
        let mut others = self.damage(folder)?;
        others.retain(|(_, problem)| *problem == Problem::Changed);
        for path in files_below(folder)? {
            if path != LIST && !self.files.contains_key(&path) && !later(&path) {
                others.push((path, Problem::Unknown));
            }
        }
        Ok(others)
    }
}

/// Every file below a folder, by its path from there, in order. Links are files.
pub(super) fn files_below(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(folder.join(&below))? {
            let entry = entry?;
            let path = format!("{below}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() { folders.push(path + "/") } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Problem::Changed => "changed",
            Problem::Missing => "missing",
            Problem::Unknown => "not listed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_written_and_nothing_else_is() {
        let mut list = FileList::new("design");
        list.add("rtl/a.sv", b"module a;");
        list.add("b.txt", b"");
        let text = list.to_text();
        assert!(text.starts_with("# design of hvae-mnn ") && text.ends_with("  rtl/a.sv\n"), "{text}");
        assert_eq!(FileList::parse(&text), Some(list));
        let hash = "0".repeat(64);
        for foreign in ["", "# made by somebody\n", &format!("{hash}  debian.iso\n")] {
            assert_eq!(FileList::parse(foreign), None, "{foreign}");
        }
        // Nor is one that has a file twice, or another hash.
        for line in
            [format!("{hash}  b.txt"), format!("{}  c", "A".repeat(64)), format!("{}  c", "g".repeat(64))]
        {
            assert_eq!(FileList::parse(&format!("{text}{line}\n")), None, "{line}");
        }
        // A list that names what lies outside its folder is none.
        for path in ["../x", "/etc/passwd", "a/../../x", "a/./x", "a//x", ""] {
            assert_eq!(FileList::parse(&format!("# design of hvae-mnn 0.1.0\n{hash}  {path}\n")), None);
        }
    }

    #[test]
    fn what_was_added_changed_or_removed_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut list = FileList::new("design");
        for name in ["a", "b", "c/d"] {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), name).unwrap();
            list.add(name, name.as_bytes());
        }
        fs::write(at(LIST), list.to_text()).unwrap();
        let read = FileList::of(folder.path()).unwrap().unwrap();
        let nobody = |_: &str| false;
        assert_eq!(read.damage(folder.path()).unwrap(), []);
        assert_eq!(read.others(folder.path(), &nobody).unwrap(), []);

        fs::write(at("b"), "B").unwrap();
        fs::remove_file(at("a")).unwrap();
        fs::write(at("c/notes"), "mine").unwrap();
        let named =
            |list: &[(&str, Problem)]| list.iter().map(|(n, p)| (n.to_string(), *p)).collect::<Vec<_>>();
        let damage = read.damage(folder.path()).unwrap();
        assert_eq!(damage, named(&[("a", Problem::Missing), ("b", Problem::Changed)]));
        let others = read.others(folder.path(), &nobody).unwrap();
        assert_eq!(others, named(&[("b", Problem::Changed), ("c/notes", Problem::Unknown)]));
        let others = read.others(folder.path(), &|path| path.starts_with("c/")).unwrap();
        assert_eq!(others, named(&[("b", Problem::Changed)]));
    }
}
