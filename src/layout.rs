//! Folders that hold images by the
//! [image layout](https://github.com/opencontainers/image-spec/blob/main/image-layout.md) of OCI: read and written with
//! the same checks as a registry.
//!
//! Files appear whole or not at all, and `index.json` is changed under a lock, so several jobs may write at a time. What
//! killed ones left half written is removed by the next one that writes.

mod error;
mod index;
mod writer;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

pub use error::Error;
pub use writer::Writer;

use crate::digest::Digest;
use crate::file;
use crate::oci::{Descriptor, LONGEST_CONFIG, LONGEST_MANIFEST, Raw, own_type};
use crate::reference::Reference;
use crate::transfer::{Check, Sink};

/// How much of a file is read at a time, in bytes.
const PIECE: usize = 128 << 10;

/// A folder that is a layout, or will be one as soon as something is written.
#[derive(Clone, Debug)]
pub struct Layout {
    folder: PathBuf,
}

impl Layout {
    /// The layout in a folder, which need not be there.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        // Both halves are words, since a digest is.
        self.folder.join("blobs").join(digest.as_str().replacen(':', "/", 1))
    }

    /// The manifest that a reference leads to, if there is one.
    pub fn manifest(&self, reference: &Reference) -> Result<Option<Raw>, Error> {
        let entries = self.index()?;
        let (digest, media_type) = match (reference.digest(), reference.tag()) {
            (Some(digest), _) => {
                let entry = entries.iter().find(|entry| entry.digest == *digest);
                (digest.clone(), entry.map(|entry| entry.media_type.clone()))
            }
            (None, tag) => {
                let is_named =
                    |entry: &&Descriptor| entry.annotations.get(crate::oci::REF_NAME).map(String::as_str) == tag;
                let Some(entry) = entries.iter().find(is_named) else { return Ok(None) };
                (entry.digest.clone(), Some(entry.media_type.clone()))
            }
        };
        let path = self.path(&digest);
        let Some(bytes) = read(&path, LONGEST_MANIFEST)? else { return Ok(None) };
        if !digest.matches(&bytes) {
            return Err(Error::wrong_digest(&path, &digest, &Digest::of(&bytes)));
        }
        let media_type = media_type.unwrap_or_else(|| own_type(&bytes));
        Ok(Some(Raw { bytes, digest, media_type }))
    }

    /// The tags that lead to something in it.
    pub fn tags(&self) -> Result<Vec<String>, Error> {
        let entries = self.index()?;
        Ok(entries.into_iter().filter_map(|mut entry| entry.annotations.remove(crate::oci::REF_NAME)).collect())
    }

    /// Writes a manifest: under the tag of a reference, which leads to it from then on, else by its digest only.
    pub fn put_manifest(&self, reference: &Reference, raw: &Raw) -> Result<(), Error> {
        let mut writer = self.writer(&raw.descriptor())?;
        writer.write(&raw.bytes)?;
        writer.finish()?;
        let tag = if reference.digest().is_some() { None } else { reference.tag() };
        self.add_entry(raw, tag)
    }

    /// The content of a blob that is a document.
    pub fn blob(&self, blob: &Descriptor) -> Result<Vec<u8>, Error> {
        if blob.size > LONGEST_CONFIG {
            return Err(Error::TooLarge { path: self.path(&blob.digest), limit: LONGEST_CONFIG });
        }
        let mut bytes = Vec::new();
        self.fetch(blob, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads a blob. What is passed on is not known to be good before the last piece.
    pub fn fetch(&self, blob: &Descriptor, sink: &mut impl Sink) -> Result<(), Error> {
        let path = self.path(&blob.digest);
        let mut file = self.open(blob)?;
        let mut check = Check::new(&blob.digest, blob.size);
        let mut piece = vec![0; PIECE];
        loop {
            let length = file.read(&mut piece).map_err(Error::file("read", &path))?;
            let wrong = |wrong| Error::mismatch(&path, blob, &wrong);
            if length == 0 {
                return check.finish().map_err(wrong);
            }
            check.take(&piece[..length]).map_err(wrong)?;
            sink.take(&piece[..length]).map_err(|e| Error::Output(e.to_string()))?;
        }
    }

    pub fn open(&self, blob: &Descriptor) -> Result<File, Error> {
        let path = self.path(&blob.digest);
        file::open(&path).map_err(Error::file("read", &path))
    }

    /// Whether a blob is there, whole and right.
    pub fn holds(&self, blob: &Descriptor) -> Result<bool, Error> {
        let path = self.path(&blob.digest);
        match path.metadata() {
            Ok(found) if found.len() == blob.size => match self.fetch(blob, &mut ()) {
                Ok(()) => Ok(true),
                Err(Error::WrongBytes { .. }) => Ok(false),
                Err(error) => Err(error),
            },
            Ok(_) => Ok(false),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::file("read", &path)(error)),
        }
    }

    /// The manifests here that are about another one, such as signatures.
    pub fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, Error> {
        let mut found = Vec::new();
        for entry in self.index()? {
            let Some(bytes) = read(&self.path(&entry.digest), LONGEST_MANIFEST)? else { continue };
            if crate::oci::subject_of(&bytes).as_ref() == Some(subject) && !found.contains(&entry) {
                found.push(entry);
            }
        }
        Ok(found)
    }
}

/// A whole file, if it is there.
fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    match file::read(path, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::FileTooLarge => Err(Error::TooLarge { path: path.to_owned(), limit }),
        Err(error) => Err(Error::file("read", path)(error)),
    }
}

#[cfg(test)]
mod tests;
