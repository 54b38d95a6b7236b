//! A repository as `init` looks at it: the files that say what is built in it, and what git tells of it.
//!
//! Paths are relative to the root of the repository, with `/` between their parts.

mod bake;
mod git;
mod walk;

use std::io;
use std::path::{Path, PathBuf};

pub use git::{Git, Remote};
pub use walk::{Found, LeftOut};

use crate::file;

/// The most bytes of a file that is looked at.
const LONGEST: u64 = 1 << 20;

/// A repository, or the folder of one that was looked through.
#[derive(Debug)]
pub struct Repository {
    /// Its root: where git has it, else the folder itself.
    pub root: PathBuf,
    /// The folder that was looked through, from the root; empty for the root itself.
    pub folder: String,
    pub git: Git,
    pub found: Found,
}

impl Repository {
    /// Looks through a folder.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn look(folder: &Path) -> io::Result<Self> {
        let git = Git::of(folder);
        let (root, inside) = match &git.inside {
            Some((root, inside)) => (root.clone(), inside.clone()),
            None => (folder.to_owned(), String::new()),
        };
        let mut found = walk::walk(&root, &inside)?;
        found.leave_out(&git::ignored(&root, found.paths()), "git ignores it");
        Ok(Self { root, folder: inside, git, found })
    }

    /// The text of one of its files.
    ///
    /// # Errors
    /// It cannot be read, is too long, or is no text.
    pub fn text(&self, path: &str) -> io::Result<String> {
        let bytes = file::read(&self.root.join(path), LONGEST)?;
        String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
    }

    /// A bake file in HCL as JSON, which `docker buildx bake --print` makes of it, if that is there.
    pub fn printed_bake(&self, path: &str) -> Option<String> {
        bake::printed(&self.root, path)
    }

    /// Whether a context has what a path or a pattern in a Dockerfile names.
    pub fn has(&self, context: &str, source: &str) -> bool {
        // What leads out of the context ends at its root.
        let parts = source.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
        // Nothing is said of a pattern but the folder that it is in.
        let parts = parts.take_while(|part| !part.contains(['*', '?', '[']));
        let context = if context == "." { self.root.clone() } else { self.root.join(context) };
        context.join(parts.collect::<PathBuf>()).exists()
    }

    /// Its name: what the remote is called, else its folder.
    pub fn name(&self) -> Option<String> {
        let of_remote = self.git.remote.as_ref().and_then(|remote| remote.path.rsplit('/').next().map(str::to_owned));
        let of_folder = || {
            let root = std::path::absolute(&self.root).ok()?;
            root.file_name().map(|name| name.to_string_lossy().into_owned())
        };
        of_remote.or_else(of_folder)
    }
}

/// The folder that a file is in; `.` for the root.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

/// A path within a folder, where `.` is the root.
pub fn join(folder: &str, path: &str) -> String {
    match (folder, path) {
        ("." | "", path) => path.to_owned(),
        (folder, "." | "") => folder.to_owned(),
        (folder, path) => format!("{folder}/{path}"),
    }
}
