//! Where something is written: standard output, a device or a pipe, or a file.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::kind;

/// How many links may lead from one to the next, as for Linux.
const MOST_LINKS: usize = 40;

#[derive(Debug)]
pub enum Output {
    Standard,
    /// What has no end and keeps its name, such as a device or a pipe.
    Through(File),
    /// A file, which may not be there yet: its own path, to which all links lead.
    File(PathBuf),
}

impl Output {
    /// What is at a path. `-` is standard output, and so are its names in `/dev` and `/proc`.
    ///
    /// # Errors
    /// It is something that a shell's `>` could not write, either.
    pub fn at(path: &Path) -> io::Result<Self> {
        const STANDARD: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
        if STANDARD.iter().any(|name| path == Path::new(name)) {
            return Ok(Self::Standard);
        }
        let folder = || io::Error::new(io::ErrorKind::IsADirectory, "it is a folder");
        let found = match fs::metadata(path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_file = path.file_name().is_some() && !path.as_os_str().as_encoded_bytes().ends_with(b"/");
                return if is_file { destination(path).map(Self::File) } else { Err(folder()) };
            }
            Err(error) => return Err(error),
        };
        if found.is_dir() {
            return Err(folder());
        }
        #[cfg(unix)]
        if std::os::unix::fs::FileTypeExt::is_socket(&found.file_type()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is {}", kind(found.file_type()))));
        }
        let destination = destination(path)?;
        // A descriptor is whatever was opened, and is written to from its present position on.
        if !found.is_file() || is_descriptor(&destination) {
            return Ok(Self::Through(OpenOptions::new().append(true).open(path)?));
        }
        Ok(Self::File(destination))
    }
}

/// Where links lead, also to what is not there.
fn destination(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if is_descriptor(&path) {
            return Ok(path);
        }
        match fs::read_link(&path) {
            Ok(next) => path = path.parent().unwrap_or(Path::new("")).join(next),
            // It is no link, or is not there.
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links in a row"))
}

/// Whether a path is one of `/proc/self/fd` or `/dev/fd`, by whichever name.
fn is_descriptor(path: &Path) -> bool {
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    folder.is_some_and(|folder| folder.starts_with("/proc") || folder == Path::new("/dev/fd"))
}
