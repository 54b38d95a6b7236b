//! A blob that is being written: it gets its name when it is whole, and goes if it never is.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Error, Layout};
use crate::oci::Descriptor;
use crate::transfer::{Check, Sink};

/// A blob that is being written.
#[derive(Debug)]
pub struct Writer {
    file: File,
    aside: PathBuf,
    path: PathBuf,
    blob: Descriptor,
    check: Check,
}

impl Layout {
    /// Begins to write a blob.
    pub fn writer(&self, blob: &Descriptor) -> Result<Writer, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let path = self.path(&blob.digest);
        let folder = path.parent().expect("a blob lies in a folder");
        fs::create_dir_all(folder).map_err(Error::file("write", folder))?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let aside = self.folder.join(format!(".{}.{}.{number}.partial", blob.digest.short(), std::process::id()));
        let file = File::create(&aside).map_err(Error::file("write", &aside))?;
        Ok(Writer { file, aside, path, blob: blob.clone(), check: Check::new(&blob.digest, blob.size) })
    }
}

impl Writer {
    /// The next piece.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.check.take(bytes).map_err(|wrong| Error::not(&self.path, &self.blob, &wrong))?;
        self.file.write_all(bytes).map_err(Error::file("write", &self.path))
    }

    /// Gives it its name, if it is what it should be.
    pub fn finish(self) -> Result<(), Error> {
        self.check.finish().map_err(|wrong| Error::not(&self.path, &self.blob, &wrong))?;
        fs::rename(&self.aside, &self.path).map_err(Error::file("write", &self.path))
    }
}

impl Sink for Writer {
    fn take(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.write(piece).map_err(std::io::Error::other)
    }

    fn restart(&mut self) -> std::io::Result<bool> {
        self.check = Check::new(&self.blob.digest, self.blob.size);
        self.file.rewind().and_then(|()| self.file.set_len(0)).map(|()| true)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It is gone when it has got its name; and what cannot be removed does no harm.
        let _ = fs::remove_file(&self.aside);
    }
}
