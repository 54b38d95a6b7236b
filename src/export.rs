//! Images out of a registry or a folder into one tarball, which is an OCI image layout and what `docker load` reads.
//!
//! What is asked for is read and checked first; then it is known where every byte of the tarball will stand, and layers go
//! straight to their places, several at a time.

mod contents;
mod error;
mod layer;
mod prefetch;
mod unchanged;
mod write;

use std::path::{Path, PathBuf};

pub use error::ExportError;
pub use write::Stream;

use crate::archive::{Archive, Compression};
use crate::digest::Digest;
use crate::graph::Scope;
use crate::reference::Reference;
use crate::store::Store;
use contents::Contents;

#[derive(Clone, Debug)]
pub struct Request {
    pub selections: Vec<Selection>,
    pub scope: Scope,
    pub compression: Compression,
    pub verify: Verify,
}

/// An image or an index, and what it is called in the tarball.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    pub reference: Reference,
    /// The names that `docker load` gives it.
    pub names: Vec<Reference>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// Digest and length.
    #[default]
    Blobs,
    /// Also that they decompress to what the image's configuration says.
    Full,
}

pub enum Output<'p> {
    /// To a file, which appears whole or not at all.
    File(&'p Path),
    /// To something that can only be written in order, such as a pipe, and what it is called.
    Stream(&'p str, Stream),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    pub images: Vec<Image>,
    /// The length of the tarball in bytes.
    pub size: u64,
    pub state: FileState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub reference: Reference,
    pub platform: String,
    /// The digest of its manifest.
    pub digest: Digest,
    /// The digest of its configuration, by which Docker without containerd's store knows it.
    pub id: Digest,
    /// The names that `docker load` gives it.
    pub names: Vec<String>,
    /// How many of its layers were converted from Zstandard to gzip, which gives its manifest a new digest.
    pub converted: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    Written,
    /// It held the same already, byte for byte.
    Unchanged,
}

/// Puts images into a tarball.
///
/// # Errors
/// What is wrong with an image, or why it could not be read or written. A file is then as it was before.
pub async fn export(store: &Store, request: &Request, output: Output<'_>) -> Result<Exported, ExportError> {
    let mut contents = Contents::read(store, request).await?;
    let scratch = match &output {
        Output::File(path) => folder_of(path),
        Output::Stream(..) => std::env::temp_dir(),
    };
    contents.prefetch(store, request, &scratch).await?;
    let archive = Archive::new(contents.files(), request.compression).map_err(|_| ExportError::TooLarge)?;
    let state = match output {
        Output::Stream(name, out) => {
            write::in_order(store, &archive, (name, out)).await?;
            FileState::Written
        }
        Output::File(path) if unchanged::is_same(&archive, path) => FileState::Unchanged,
        Output::File(path) => {
            write::side_by_side(store, &archive, path).await?;
            FileState::Written
        }
    };
    Ok(Exported { images: contents.reported(), size: archive.size, state })
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}
