//! The folder of a job: its home, the project in it, and what it leaves.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The folder of a job.
pub struct Folder {
    root: PathBuf,
    working: PathBuf,
}

impl Folder {
    /// A new folder, with its working directory.
    pub fn create(root: &Path, working_directory: &str) -> io::Result<Self> {
        let mut folder = Self { root: root.to_owned(), working: root.join("home") };
        folder.working = folder.path(working_directory);
        for path in [&folder.working, &folder.temporary(), &layer(root), &folder.artifacts()] {
            fs::create_dir_all(path)?;
        }
        fs::write(folder.bash_env(), "")?;
        Ok(folder)
    }

    /// A path of the configuration: in the home, or from the working directory.
    pub fn path(&self, text: &str) -> PathBuf {
        match text.strip_prefix('~') {
            Some(rest) => self.home().join(rest.trim_start_matches('/')),
            None => self.working.join(text),
        }
    }

    /// The whole.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The home of the job's user.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// Where temporary files go, so that none of another job is found.
    pub fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Where `store_artifacts` copies to.
    pub fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }

    /// The file that Bash would read before every step.
    pub fn bash_env(&self) -> PathBuf {
        self.root.join("bash_env")
    }
}

/// Where in the folder of a job its part of the workspace is.
pub fn layer(root: &Path) -> PathBuf {
    root.join("layer")
}

/// Where in the folder of a job its log is.
pub fn log(root: &Path) -> PathBuf {
    root.join("log")
}

/// The files below a folder, as paths from there, in order.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut open) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(below) = open.pop() {
        for entry in fs::read_dir(folder.join(&below))? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if entry.file_type()?.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

/// Copies a file, a link as a link, or a folder with all that is in it; what is there already is replaced.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(from)?.file_type();
    if kind.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    if fs::symlink_metadata(to).is_ok() {
        fs::remove_file(to)?;
    }
    if kind.is_symlink() { symlink(fs::read_link(from)?, to) } else { fs::copy(from, to).map(drop) }
}
