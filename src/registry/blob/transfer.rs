//! A blob on its way to or from a repository.

use crate::oci::Descriptor;
use crate::reference::Repository;
use crate::registry::error::Error;
use crate::transfer::Wrong;

/// A blob, where it is or goes to, and what is said of it in errors: `read ba7816bf8f01 of acme/app`.
#[derive(Clone, Copy)]
pub(super) struct BlobTransfer<'a> {
    pub(super) repository: &'a Repository,
    pub(super) blob: &'a Descriptor,
    pub(super) what: &'a str,
}

impl BlobTransfer<'_> {
    /// The error for content that is not what it should be.
    pub(super) fn wrong(&self, wrong: &Wrong) -> Error {
        let expected = match wrong {
            Wrong::Digest(_) => self.blob.digest.to_string(),
            Wrong::Long(_) | Wrong::Short { .. } => format!("{} bytes", self.blob.size),
        };
        let (registry, what) = (self.repository.registry.clone(), self.what.to_owned());
        Error::WrongBytes { registry, what, expected, found: wrong.to_string() }
    }
}
