//! A blob that is being written: it gets its name when it is whole, and goes if it never is.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use super::{Error, Layout};
use crate::file::{Draft, Place};
use crate::oci::Descriptor;
use crate::transfer::{Check, Sink};

/// A blob that is being written.
#[derive(Debug)]
pub struct Writer {
    draft: Draft,
    end: Place,
    path: PathBuf,
    blob: Descriptor,
    check: Check,
}

impl Layout {
    /// Begins to write a blob.
    pub fn writer(&self, blob: &Descriptor) -> Result<Writer, Error> {
        let path = self.path(&blob.digest);
        let folder = path.parent().expect("a blob lies in a folder");
        fs::create_dir_all(folder).map_err(Error::file("write", folder))?;
        let draft = Draft::within(&self.folder, &path).map_err(Error::file("write", &path))?;
        let check = Check::new(&blob.digest, blob.size);
        Ok(Writer { end: draft.place(0), draft, path, blob: blob.clone(), check })
    }
}

impl Writer {
    /// The next piece.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.check.take(bytes).map_err(|wrong| Error::not(&self.path, &self.blob, &wrong))?;
        self.end.write_all(bytes).map_err(Error::file("write", &self.path))
    }

    /// Gives it its name, if it is what it should be.
    pub fn finish(self) -> Result<(), Error> {
        self.check.finish().map_err(|wrong| Error::not(&self.path, &self.blob, &wrong))?;
        self.draft.finish().map_err(Error::file("write", &self.path))
    }
}

impl Sink for Writer {
    fn take(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.write(piece).map_err(std::io::Error::other)
    }

    fn restart(&mut self) -> std::io::Result<bool> {
        // It is as long as it should be in the end, so nothing of what was written before stays.
        self.check = Check::new(&self.blob.digest, self.blob.size);
        self.end = self.draft.place(0);
        Ok(true)
    }
}
