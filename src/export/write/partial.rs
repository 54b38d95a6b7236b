//! A file that is being written beside the one that it will be; it goes if it never is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::Places;
use crate::export::ExportError;

/// The file.
pub(super) struct Partial {
    pub(super) file: File,
    aside: PathBuf,
    path: PathBuf,
    is_done: bool,
}

impl Partial {
    pub(super) fn create(path: &Path) -> Result<Self, ExportError> {
        let failed = ExportError::output(path);
        let name = path.file_name().ok_or_else(|| failed(io::Error::other("it is no file")))?;
        // One name for all runs, so that what a killed one left is not left for ever.
        let aside = path.with_file_name(format!(".{}.partial", name.to_string_lossy()));
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&aside).map_err(&failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(failed(io::Error::other("another splitbuild is writing it")));
            }
            // Not every file system has locks.
            Err(fs::TryLockError::Error(_)) => {}
        }
        file.set_len(0).map_err(&failed)?;
        Ok(Self { file, aside, path: path.to_owned(), is_done: false })
    }

    /// Makes what writes to it from a place on, once there is something to be written.
    pub(super) fn places(&self, at: u64) -> Places {
        let aside = self.aside.clone();
        Box::new(move || Box::new(Opened { aside: aside.clone(), at, file: None }))
    }

    /// Gives it its name.
    pub(super) fn finish(mut self) -> Result<(), ExportError> {
        fs::rename(&self.aside, &self.path).map_err(ExportError::output(&self.path))?;
        self.is_done = true;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_done {
            // What cannot be removed does no harm: the next run begins with it.
            let _ = fs::remove_file(&self.aside);
        }
    }
}

/// A place in the file.
struct Opened {
    aside: PathBuf,
    at: u64,
    file: Option<File>,
}

impl Write for Opened {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let mut file = OpenOptions::new().write(true).open(&self.aside)?;
                file.seek(SeekFrom::Start(self.at))?;
                none.insert(file)
            }
        };
        file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
