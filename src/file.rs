//! Files of this machine: read up to a bound, and written whole or not at all. What is no file, such as a device or a FIFO
//! without an end, is not read at all.

mod draft;
mod output;

use std::ffi::OsString;
use std::fs::{self, File, FileType};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

#[cfg(unix)]
pub use std::os::fd::AsFd as Handle;
#[cfg(not(unix))]
pub use std::os::windows::io::AsHandle as Handle;

pub use draft::{Draft, DraftWriter, sweep, write};
pub use output::Output;

/// The most bytes of a text that people write, such as a matrix, or that is made of one.
pub const LONGEST_TEXT: u64 = 16 << 20;

/// A whole file.
///
/// # Errors
/// It cannot be read, is no file, or has more bytes than `longest`.
pub fn read(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    // Not read up to the bound if it is known to be beyond it.
    if file.metadata()?.len() > longest { Err(too_long(longest)) } else { bounded(file, longest) }
}

/// All that can be read, which may have no end.
///
/// # Errors
/// It cannot be read, or has more bytes than `longest`.
pub fn bounded(from: impl Read, longest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(longest.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest { Err(too_long(longest)) } else { Ok(bytes) }
}

/// What is in a folder, in no particular order.
///
/// # Errors
/// A folder that cannot be read.
pub fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}

/// What is in a folder by its name, each with what it is: a link is a link. In no particular order.
///
/// # Errors
/// A folder that cannot be read.
pub fn kinds(folder: &Path) -> io::Result<Vec<(OsString, FileType)>> {
    std::fs::read_dir(folder)?
        .map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))))
        .collect()
}

/// Writes a file that is not there yet.
///
/// # Errors
/// It is there already, if only as a link, or cannot be written.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    check_close(&file)
}

/// A file to be read.
///
/// # Errors
/// It cannot be opened, or is not a regular file: opening a FIFO would block until somebody writes to it.
pub fn open(path: &Path) -> io::Result<File> {
    regular(fs::metadata(path)?.file_type())?;
    let file = File::open(path)?;
    // Another one may have taken its place.
    regular(file.metadata()?.file_type())?;
    Ok(file)
}

/// The error that closing a file would give: file systems such as NFS report only then that the disk is full
/// ([close(2)](https://man7.org/linux/man-pages/man2/close.2.html)). It stays open, and locked. Where that cannot be asked
/// for, it is no error.
pub fn check_close(file: &impl Handle) -> io::Result<()> {
    #[cfg(unix)]
    // They report it whenever any of its descriptors is closed.
    nix::unistd::close(file.as_fd().try_clone_to_owned()?)?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Whether two paths lead to one file, whatever they are called.
pub fn is_same(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let identity = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
        matches!((identity(one), identity(other)), (Ok(one), Ok(other)) if one == other)
    }
    #[cfg(not(unix))]
    {
        matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
    }
}

/// Whether a path leads to a file or a folder, or to what is in it.
pub fn is_within(path: &Path, other: &Path) -> bool {
    path.ancestors().any(|path| is_same(path, other))
}

fn too_long(longest: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than the limit of {longest} bytes"))
}

fn regular(found: FileType) -> io::Result<()> {
    if found.is_file() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is {}, not a file", kind(found))))
}

/// What a path is that is not a regular file.
fn kind(found: FileType) -> &'static str {
    if found.is_dir() {
        return "a folder";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if found.is_fifo() {
            return "a pipe";
        }
        if found.is_socket() {
            return "a socket";
        }
    }
    "a device"
}

#[cfg(test)]
mod tests;
