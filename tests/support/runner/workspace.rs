//! The workspace of a workflow: every job adds a layer, and sees those of the jobs before it
//! (<https://circleci.com/docs/guides/orchestrate/workspaces/>).

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::folder;

/// What a job has added.
pub struct Layer<'l> {
    /// The job.
    pub job: &'l str,
    /// The jobs before it.
    pub ancestors: Vec<&'l str>,
    /// Where it is.
    pub folder: PathBuf,
}

/// Copies what the paths name below the root into a layer. Every path must name something: that is stricter than
/// CircleCI, and what is generated always names what it has made.
pub fn persist(root: &Path, paths: &[String], layer: &Path) -> Result<(), String> {
    for pattern in paths {
        let found = named(root, pattern).map_err(|error| format!("{}: {error}", root.display()))?;
        if found.is_empty() {
            return Err(format!("'{pattern}' names nothing in {}", root.display()));
        }
        for path in found {
            folder::copy(&root.join(&path), &layer.join(&path)).map_err(|error| format!("{pattern}: {error}"))?;
        }
    }
    Ok(())
}

/// The paths below a root that a pattern names, as Go's `filepath.Glob` does.
fn named(root: &Path, pattern: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.split('/').filter(|part| !part.is_empty() && *part != ".") {
        let mut next = Vec::new();
        for below in found {
            if !part.contains(['*', '?']) {
                next.extend(fs::symlink_metadata(root.join(&below).join(part)).is_ok().then(|| below.join(part)));
                continue;
            }
            let wild = regex::escape(part).replace(r"\*", ".*").replace(r"\?", ".");
            let wild = Regex::new(&format!("(?s)^{wild}$")).expect("what is escaped is a pattern");
            if !root.join(&below).is_dir() {
                continue;
            }
            for entry in fs::read_dir(root.join(&below))? {
                let name = entry?.file_name();
                next.extend(wild.is_match(&name.to_string_lossy()).then(|| below.join(&name)));
            }
        }
        next.sort();
        found = next;
    }
    Ok(found)
}

/// Copies the layers, which are in the order of their jobs, into a folder. A file of two jobs of which none is before
/// the other is an error.
pub fn attach(layers: &[Layer], to: &Path) -> Result<(), String> {
    let mut owners: BTreeMap<PathBuf, Vec<&Layer>> = BTreeMap::new();
    for layer in layers {
        let failed = |error: io::Error| format!("the layer of {}: {error}", layer.job);
        for file in folder::files(&layer.folder).map_err(failed)? {
            let others = owners.entry(file.clone()).or_default();
            if let Some(other) = others.iter().find(|other| !layer.ancestors.contains(&other.job)) {
                let (file, one, two) = (file.display(), other.job, layer.job);
                return Err(format!("concurrent upstream jobs persisted the same file: {file}, of {one} and {two}"));
            }
            others.push(layer);
        }
    }
    for layer in layers {
        folder::copy(&layer.folder, to).map_err(|error| format!("the layer of {}: {error}", layer.job))?;
    }
    Ok(())
}
