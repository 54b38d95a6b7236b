//! `--digests`: reads the hand-over files of jobs.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::Failure;
use crate::handover::{Handover, HandoverError, LONGEST, Pins, is_of_build};
use crate::reference::Reference;

/// The outcome to report when files are wrong.
pub(super) const UNPUBLISHED: &str = "nothing was published; every tag is as it was";

/// How many names a message lists.
const SHOWN: usize = 10;

/// Reads the hand-over files of build jobs, each by itself. Of a folder, those that build jobs wrote.
pub(super) fn builds(paths: &[PathBuf]) -> Result<Vec<Handover>, Failure> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        let found = if path.is_dir() { files_of(path)? } else { vec![path.clone()] };
        for file in found {
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    let (files, mut problems) = contents(&files)?;
    let mut builds = Vec::new();
    for (file, bytes) in &files {
        match Handover::parse(file, bytes) {
            Ok(build) => builds.push(build),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(builds) } else { Err(Failure::Handover { problems, outcome: UNPUBLISHED }) }
}

/// The digests of `--digests`, if it was given.
pub(super) struct Digests(Option<Pins>);

impl Digests {
    /// Reads the files of jobs, of either kind. `outcome` is what became of the request if they are wrong.
    pub(super) fn read(paths: &[PathBuf], outcome: &'static str) -> Result<Self, Failure> {
        if paths.is_empty() {
            return Ok(Self(None));
        }
        let (files, mut problems) = contents(paths)?;
        match Pins::read(&files) {
            Ok(pins) if problems.is_empty() => Ok(Self(Some(pins))),
            pins => {
                problems.extend(pins.err().unwrap_or_default());
                Err(Failure::Handover { problems, outcome })
            }
        }
    }

    /// The reference by the digest that the files give; as it is, where there are no files.
    pub(super) fn pin(&self, reference: &Reference) -> Result<Reference, Failure> {
        match &self.0 {
            None => Ok(reference.clone()),
            Some(_) if reference.digest().is_some() => {
                Err(Failure::Usage(format!("{reference} has a digest already: remove it, or --digests")))
            }
            Some(pins) => pins.pin(reference).ok_or_else(|| unlisted(reference, pins.names())),
        }
    }
}

/// The error for a reference that no file reports.
pub(super) fn unlisted<T: ToString>(reference: &Reference, known: impl Iterator<Item = T>) -> Failure {
    let mut known: Vec<String> = known.map(|name| name.to_string()).collect();
    let more = known.len().saturating_sub(SHOWN);
    known.truncate(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Failure::Usage(format!("the hand-over files do not report {reference}, but {}{more}", known.join(", ")))
}

/// The files of a folder that build jobs wrote, in the order of their names. Others may lie beside them, such as what
/// manifest jobs published.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |cause| Failure::File { action: "read", path: folder.to_owned(), cause };
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(failed)?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    // Opening a pipe would block until somebody writes to it.
    files.retain(|file| file.is_file());
    files.sort();
    let mut of_builds = Vec::new();
    for file in files {
        if is_of_build(&bytes(&file)?) {
            of_builds.push(file);
        }
    }
    if of_builds.is_empty() {
        return Err(failed(std::io::Error::other("it contains no hand-over file of a build job")));
    }
    Ok(of_builds)
}

/// Files with their names and what is in them; and those that are not there.
type Contents = (Vec<(String, Vec<u8>)>, Vec<HandoverError>);

fn contents(paths: &[PathBuf]) -> Result<Contents, Failure> {
    let (mut files, mut absent) = (Vec::new(), Vec::new());
    for path in paths {
        let file = path.display().to_string();
        match bytes(path) {
            Ok(bytes) => files.push((file, bytes)),
            Err(Failure::File { cause, .. }) if cause.kind() == ErrorKind::NotFound => {
                absent.push(HandoverError::Absent { file });
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok((files, absent))
}

/// The content of a file, cut just beyond the limit, so that the parser refuses it.
fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |cause| Failure::File { action: "read", path: path.to_owned(), cause };
    let mut bytes = Vec::new();
    let file = crate::file::open(path).map_err(failed)?;
    file.take(LONGEST as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
