//! A file that is being written beside the one that it will be; it goes if it never is.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::{Builder, TempPath};

use super::check_close;

/// How the names of all of them end, after so many letters and digits by chance.
const SUFFIX: &str = ".partial";
const RANDOM: usize = 6;

/// How many characters of a file's name are in that of its draft: names have limits.
const NAMED: usize = 64;

/// A file that is being written. It has a temporary name, and is locked as long as it is written.
#[derive(Debug)]
pub struct Draft {
    file: Arc<File>,
    aside: TempPath,
    path: PathBuf,
    old: Option<Metadata>,
}

impl Draft {
    /// What the file at `path` will be, which is no link. What killed runs left of it is removed.
    pub fn of(path: &Path) -> io::Result<Self> {
        let (folder, name) = (folder_of(path), prefix(path)?);
        // What a link would lead to is not replaced.
        let old = fs::symlink_metadata(path).ok().filter(Metadata::is_file);
        if old.is_some() {
            // Who may not write it may not replace it, either.
            OpenOptions::new().write(true).open(path)?;
        }
        sweep(folder, |begin| begin == name);
        Self::create(folder, &name, (path, old))
    }

    /// The same, and it is written elsewhere than beside it: in a folder of the same file system.
    pub fn within(folder: &Path, path: &Path) -> io::Result<Self> {
        Self::create(folder, &prefix(path)?, (path, None))
    }

    fn create(folder: &Path, name: &str, (path, old): (&Path, Option<Metadata>)) -> io::Result<Self> {
        // Nobody may read it who may not read the old one.
        let open = |path: &Path| open_new(path, if old.is_some() { 0o600 } else { 0o666 });
        loop {
            let (file, aside) =
                Builder::new().prefix(name).suffix(SUFFIX).rand_bytes(RANDOM).make_in(folder, open)?.into_parts();
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => continue,
                // Not every file system has locks.
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            // Who sweeps may have found it before it was locked.
            if aside.exists() {
                return Ok(Self { file: Arc::new(file), aside, path: path.to_owned(), old });
            }
        }
    }

    /// A writer from a position on, for any thread.
    pub fn writer_at(&self, at: u64) -> DraftWriter {
        DraftWriter { file: Arc::clone(&self.file), at }
    }

    /// Gives it its name, and what the old file had of owner and mode. That the disk has it is not waited for: it is half as
    /// much time again for a large tarball, and a file that a power failure took is made again. Errors that the
    /// file system reports on closing are returned.
    pub fn finish(mut self) -> io::Result<()> {
        if let Some(old) = &self.old
            && !keep_metadata(&self.file, old)?
        {
            return self.overwrite();
        }
        check_close(&*self.file)?;
        self.aside.persist(&self.path).map_err(|error| error.error)
    }

    /// Writes it into the old file, whose owner we cannot give to a new one.
    fn overwrite(&mut self) -> io::Result<()> {
        let mut old = OpenOptions::new().write(true).truncate(true).open(&self.path)?;
        let mut file = &*self.file;
        file.rewind()?;
        io::copy(&mut file, &mut old)?;
        check_close(&old)
    }
}

/// Writes to a draft from a position on.
#[derive(Clone, Debug)]
pub struct DraftWriter {
    file: Arc<File>,
    at: u64,
}

impl Write for DraftWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let written = std::os::unix::fs::FileExt::write_at(&*self.file, bytes, self.at)?;
        #[cfg(windows)]
        let written = std::os::windows::fs::FileExt::seek_write(&*self.file, bytes, self.at)?;
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A new file: anything that is at the path already is an error, also a link.
fn open_new(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

/// Removes the drafts that killed runs left in a folder, by how their names begin. One that is still written is locked.
pub fn sweep(folder: &Path, is_meant: impl Fn(&str) -> bool) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let is_draft = |name: &str| {
        let name = name.strip_suffix(SUFFIX).unwrap_or_default();
        let (begin, random) = name.split_at_checked(name.len().saturating_sub(RANDOM)).unwrap_or_default();
        is_meant(begin) && random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    for entry in entries.flatten() {
        let is_file = entry.file_type().is_ok_and(|found| found.is_file());
        if !is_file || !is_draft(&entry.file_name().to_string_lossy()) {
            continue;
        }
        let path = entry.path();
        if let Ok(file) = File::open(&path)
            && file.try_lock().is_ok()
        {
            // It does no harm if it cannot be removed.
            let _ = fs::remove_file(&path);
        }
    }
}

/// Gives a file the mode and the owner of an old one; false if that is not allowed.
#[cfg(unix)]
fn keep_metadata(file: &File, old: &Metadata) -> io::Result<bool> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = file.metadata()?;
    let is_owner = (new.uid(), new.gid()) == (old.uid(), old.gid());
    if !is_owner && fchown(file, Some(old.uid()), Some(old.gid())).is_err() {
        return Ok(false);
    }
    file.set_permissions(old.permissions())?;
    Ok(true)
}

#[cfg(not(unix))]
fn keep_metadata(file: &File, old: &Metadata) -> io::Result<bool> {
    file.set_permissions(old.permissions()).map(|()| true)
}

/// How the name of a file's drafts begins.
fn prefix(path: &Path) -> io::Result<String> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it is not a file"))?;
    let name: String = name.to_string_lossy().chars().take(NAMED).collect();
    Ok(format!(".{name}."))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Replaces a file's content, or makes it.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = Draft::of(path)?;
    draft.writer_at(0).write_all(content)?;
    draft.finish()
}
