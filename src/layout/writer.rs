//! A blob that is being written: it gets its name when it is whole, and goes if it never is.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use super::{Error, Layout};
use crate::file::{Draft, DraftWriter};
use crate::oci::Descriptor;
use crate::transfer::Sink;

/// A blob that is being written. Whoever reads it checks it: hashed here as well, it would take as much time again.
#[derive(Debug)]
pub struct Writer {
    draft: Draft,
    end: DraftWriter,
    path: PathBuf,
}

impl Layout {
    pub fn writer(&self, blob: &Descriptor) -> Result<Writer, Error> {
        let path = self.path(&blob.digest);
        let folder = path.parent().expect("a blob lies in a folder");
        fs::create_dir_all(folder).map_err(Error::file("write", folder))?;
        let draft = Draft::within(&self.folder, &path).map_err(Error::file("write", &path))?;
        Ok(Writer { end: draft.writer_at(0), draft, path })
    }
}

impl Writer {
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.end.write_all(bytes).map_err(Error::file("write", &self.path))
    }

    /// Gives it its name: all of it has been written, and it is what it should be.
    pub fn finish(self) -> Result<(), Error> {
        self.draft.finish().map_err(Error::file("write", &self.path))
    }
}

impl Sink for Writer {
    fn take(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.write(piece).map_err(std::io::Error::other)
    }

    fn restart(&mut self) -> std::io::Result<bool> {
        // It is as long as it should be in the end, so nothing of what was written before stays.
        self.end = self.draft.writer_at(0);
        Ok(true)
    }
}
