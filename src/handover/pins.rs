//! The digests of names in this run, by its hand-over files, wherever their tags point by now.

use std::collections::BTreeMap;

use super::build::{Handover, is_of_build};
use super::error::HandoverError;
use super::published;
use crate::digest::Digest;
use crate::reference::Reference;

/// The digests of names, in full: an index has one by the file of its manifest job, and what was built for one
/// architecture, under the name of that, by the file of its build job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins(BTreeMap<String, Pin>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pin {
    digest: Digest,
    /// The file that gives it, for messages.
    file: String,
}

impl Pins {
    /// Reads files of either kind, each with its name.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn read(files: &[(String, Vec<u8>)]) -> Result<Self, Vec<HandoverError>> {
        let (mut pins, mut problems) = (Self::default(), Vec::new());
        for (file, bytes) in files {
            let names = if is_of_build(bytes) {
                Handover::parse(file, bytes).map(|read| read.pushed.into_iter().map(|pushed| pushed.source).collect())
            } else {
                published::parse(file, bytes)
            };
            match names {
                Ok(names) => problems.extend(names.iter().filter_map(|name| pins.insert(name, file).err())),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(pins) } else { Err(problems) }
    }

    fn insert(&mut self, name: &Reference, file: &str) -> Result<(), HandoverError> {
        let digest = name.digest().expect("what is handed on has a digest").clone();
        let pin = Pin { digest, file: file.to_owned() };
        match self.0.get(&name.in_full()) {
            None => drop(self.0.insert(name.in_full(), pin)),
            Some(known) if known.digest == pin.digest => {}
            Some(known) => {
                let first = known.file.clone();
                return Err(HandoverError::Digests { first, second: pin.file, name: name.in_full() });
            }
        }
        Ok(())
    }

    /// The same name and tag by the digest that a file gives, if one does.
    pub fn pin(&self, name: &Reference) -> Option<Reference> {
        let pin = self.0.get(&name.in_full())?;
        Some(Reference::tagged(name.name(), name.tag()?).at(pin.digest.clone()))
    }

    /// The names that have one, in full.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const OTHER: &str = "sha256:ca7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn read(files: &[(&str, String)]) -> Result<Pins, Vec<String>> {
        let files: Vec<(String, Vec<u8>)> =
            files.iter().map(|(name, text)| ((*name).to_owned(), text.clone().into_bytes())).collect();
        Pins::read(&files).map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    fn build(digest: &str) -> String {
        format!("splitbuild 2\nkey a\nplatform linux/arm64\npushed base:v1 base:v1-arm64 {digest}\n")
    }

    fn pinned(pins: &Pins, name: &str) -> Option<String> {
        pins.pin(&name.parse().expect("a name")).map(|pinned| pinned.to_string())
    }

    #[test]
    fn an_index_by_one_kind_of_file_and_an_architecture_by_the_other() {
        let pins = read(&[("a-arm64", build(DIGEST)), ("a-index", format!("base:latest@{OTHER}\n"))]).expect("good");
        assert_eq!(pinned(&pins, "docker.io/base:v1-arm64"), Some(format!("docker.io/base:v1-arm64@{DIGEST}")));
        assert_eq!(pinned(&pins, "base:latest"), Some(format!("base:latest@{OTHER}")));
        assert_eq!(pinned(&pins, "library/base"), Some(format!("library/base:latest@{OTHER}")));
        for other in ["base:v1", "ghcr.io/base:latest", "oci:base:latest", &format!("base@{OTHER}")] {
            assert_eq!(pinned(&pins, other), None, "{other}");
        }
        let names: Vec<&str> = pins.names().collect();
        assert_eq!(names, ["docker.io/library/base:latest", "docker.io/library/base:v1-arm64"]);
    }

    #[test]
    fn files_that_agree_and_files_that_do_not() {
        let index = |digest: &str| format!("docker.io/library/base:v1-arm64@{digest}\n");
        assert!(read(&[("a", build(DIGEST)), ("b", index(DIGEST)), ("c", build(DIGEST))]).is_ok());
        let problems = read(&[("a", build(DIGEST)), ("b", index(OTHER)), ("c", String::new())]).expect_err("two");
        assert_eq!(problems[0], "a and b disagree about the digest of docker.io/library/base:v1-arm64");
        assert!(problems.len() == 2 && problems[1].contains("c is not a valid hand-over file: line 1"), "{problems:?}");
        let old = read(&[("a", build(DIGEST).replace("build 2", "build 3"))]).expect_err("another version");
        assert!(old[0].contains("version 3"), "{old:?}");
    }
}
