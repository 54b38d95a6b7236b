//! Which folder a Dockerfile is built in: the nearest that has the files that it copies.

use super::file::DockerfileIn;
use crate::repository::{Repository, folder};

/// Folders in which Dockerfiles are kept apart from what they build.
const KEPT_APART: &[&str] =
    &["docker", "dockerfiles", "build", "deploy", "deployment", "ci", "container", "containers"];

/// The context of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// From the root of the repository; `.` for the root.
    pub folder: String,
    /// Why it may be another one.
    pub guess: Option<String>,
}

impl Context {
    /// Looks at what is copied, in the Dockerfile's own folder and in all that it lies in.
    pub(super) fn of(file: &DockerfileIn, repository: &Repository) -> Self {
        let own = folder(&file.path);
        let sources = &file.dockerfile.sources;
        let named: Vec<&String> = sources.iter().filter(|source| !is_everything(source)).collect();
        let has = |folder: &str| named.iter().filter(|source| repository.has(folder, source)).count();
        let candidates = ancestors(own);
        if named.is_empty() {
            return Self::without_names(own, sources.iter().any(|source| is_everything(source)));
        }
        // Of equals, the nearest.
        let best = candidates.iter().copied().rev().max_by_key(|folder| has(folder)).unwrap_or(own);
        let missing = named.iter().find(|source| !repository.has(best, source));
        let guess = missing.map(|missing| match has(best) {
            0 => format!("it copies {}, which is nowhere yet", shown(missing)),
            _ => format!("it also copies {}, which is not there", shown(missing)),
        });
        Self { folder: best.to_owned(), guess }
    }

    fn without_names(own: &str, copies_all: bool) -> Self {
        let last = own.rsplit('/').next().unwrap_or(own);
        match copies_all && KEPT_APART.contains(&last.to_lowercase().as_str()) {
            true => {
                let guess = Some(format!("it copies everything, and `{last}` has no program"));
                Self { folder: folder(own).to_owned(), guess }
            }
            false => Self { folder: own.to_owned(), guess: None },
        }
    }

    /// The Dockerfile from the context; `None` where it is the one that Docker takes.
    pub(super) fn dockerfile(&self, path: &str) -> Option<String> {
        let prefix = if self.folder == "." { String::new() } else { format!("{}/", self.folder) };
        let within = path.strip_prefix(&prefix).unwrap_or(path);
        (within != "Dockerfile").then(|| within.to_owned())
    }
}

/// The folder and all that it lies in, the root last.
fn ancestors(own: &str) -> Vec<&str> {
    let mut folders = vec![own];
    while let Some((outer, _)) = folders.last().and_then(|last| last.rsplit_once('/')) {
        folders.push(outer);
    }
    if own != "." {
        folders.push(".");
    }
    folders
}

fn is_everything(source: &str) -> bool {
    source.split('/').all(|part| matches!(part, "" | "." | "*"))
}

fn shown(source: &str) -> String {
    source.chars().filter(|c| !c.is_control()).take(60).collect()
}
