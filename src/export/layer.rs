//! The layers of a tarball: where each comes from, and what it must hold.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::{ExportError, Verify};
use crate::archive::{Compression, LayerCompression, Verifier, verifier};
use crate::digest::{Digest, Hasher};
use crate::oci::Descriptor;
use crate::reference::Place;

/// A blob that is to be in the tarball.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) place: Place,
    pub(super) blob: Descriptor,
    /// The digest of what is in it, and how that is compressed; `None` for what is not a layer of an image.
    pub(super) content: Option<(LayerCompression, Digest)>,
    pub(super) verify: Verify,
}

#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// The place where the image is.
    Blob(Arc<Layer>),
    Prefetched(Arc<File>),
}

/// Why a layer must be at hand as a file before the tarball is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Docker before version 23 does not read Zstandard.
    Convert,
    /// It is not compressed, and the tarball is to be.
    Pack,
    /// It is to be checked, and cannot be while it passes by.
    Check,
}

impl Layer {
    /// Why it must be prefetched, if it must.
    pub(super) fn reason(&self, compression: Compression) -> Option<Reason> {
        match (&self.content.as_ref()?.0, compression) {
            (LayerCompression::Zstd, Compression::None | Compression::Gzip) => Some(Reason::Convert),
            (LayerCompression::Plain, Compression::Gzip | Compression::Zstd) => Some(Reason::Pack),
            (LayerCompression::Zstd, Compression::Zstd) if self.verify == Verify::Full => Some(Reason::Check),
            _ => None,
        }
    }

    /// It cannot be read, because of a limit of ours or because of what it is.
    pub(super) fn flawed(&self, flaw: &io::Error) -> ExportError {
        match flaw.kind() {
            io::ErrorKind::Unsupported => {
                ExportError::Unsupported { layer: self.blob.digest.short().to_owned(), why: flaw.to_string() }
            }
            _ => self.wrong(flaw.to_string()),
        }
    }

    /// It holds something else than its image says.
    pub(super) fn wrong(&self, found: String) -> ExportError {
        let expected = self.content.as_ref().map(|(_, digest)| digest.to_string()).unwrap_or_default();
        ExportError::Layer { layer: self.blob.digest.short().to_owned(), expected, found }
    }
}

/// Checks the content of a layer while it is written.
pub(super) struct ContentCheck {
    decoder: Box<dyn Verifier>,
    hasher: Arc<Mutex<Hasher>>,
    expected: Digest,
    failed: Option<String>,
}

/// Takes in what comes out of the decoder.
struct SharedHasher(Arc<Mutex<Hasher>>);

impl Write for SharedHasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no holder panics").update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ContentCheck {
    /// For a layer that is to be checked.
    pub(super) fn of(layer: &Layer) -> Option<Self> {
        let (kind, expected) = layer.content.as_ref().filter(|_| layer.verify == Verify::Full)?;
        let hasher = Arc::new(Mutex::new(expected.hasher()));
        let decoder = verifier(*kind, SharedHasher(hasher.clone()))?;
        Some(Self { decoder, hasher, expected: expected.clone(), failed: None })
    }

    pub(super) fn take(&mut self, piece: &[u8]) {
        if self.failed.is_none()
            && let Err(error) = self.decoder.write_all(piece)
        {
            self.failed = Some(error.to_string());
        }
    }

    /// Whether it held what it should; else what it held.
    pub(super) fn finish(mut self) -> Result<(), String> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.decoder.finish().map_err(|error| error.to_string())?;
        let found = self.hasher.lock().expect("no holder panics").clone().finish();
        if found == self.expected { Ok(()) } else { Err(found.to_string()) }
    }
}
