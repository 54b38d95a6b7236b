//! What can go wrong with a layout.

use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::oci::Descriptor;
use crate::transfer::Wrong;

/// Why a layout could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("cannot {action} {}: {cause}", path.display())]
    File {
        /// `read` or `write`.
        action: &'static str,
        path: PathBuf,
        cause: String,
    },
    #[error("{} is not valid in an OCI layout: {why}", path.display())]
    Malformed { path: PathBuf, why: String },
    #[error("{} holds other bytes: expected {expected}, found {found}", path.display())]
    WrongBytes { path: PathBuf, expected: String, found: String },
    #[error("{} is larger than the limit of {limit} bytes", path.display())]
    TooLarge {
        path: PathBuf,
        /// The bound in bytes.
        limit: u64,
    },
    #[error("{0}")]
    Output(String),
}

impl Error {
    /// What to do about it, if there is more to say than the message does.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::WrongBytes { .. } => Some("the layout is damaged: write it again"),
            Self::Malformed { .. } => Some("name a folder that holds an OCI layout, or one that is not there yet"),
            Self::File { .. } | Self::TooLarge { .. } | Self::Output(_) => None,
        }
    }

    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |cause| Self::File { action, path: path.to_owned(), cause: cause.to_string() }
    }

    pub(super) fn wrong_digest(path: &Path, expected: &Digest, found: &Digest) -> Self {
        Self::WrongBytes { path: path.to_owned(), expected: expected.to_string(), found: found.to_string() }
    }

    /// A blob's file is not what its descriptor says.
    pub(super) fn mismatch(path: &Path, blob: &Descriptor, wrong: &Wrong) -> Self {
        let expected = match wrong {
            Wrong::Digest(_) => blob.digest.to_string(),
            Wrong::Long(_) | Wrong::Short { .. } => format!("{} bytes", blob.size),
        };
        Self::WrongBytes { path: path.to_owned(), expected, found: wrong.to_string() }
    }
}
