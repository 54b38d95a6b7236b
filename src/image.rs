//! The documents of one image, read from where they are and checked: a manifest that an index names, and a configuration.
//!
//! Whether they are what they are said to be is decided here alone; what follows from that, by who asks.

use std::sync::Arc;

use crate::oci::{Config, Descriptor, Document, Malformed, Manifest, Raw, shown};
use crate::reference::{Place, Reference};
use crate::store::{Error, Store};

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    #[error("the index lists {}, which is not there", .0.digest.short())]
    Missing(Descriptor),
    #[error(
        "the index says that {} is {} of {} bytes, but it is {} of {size}",
        named.digest.short(), shown(&named.media_type), named.size, shown(media_type)
    )]
    DescriptorMismatch { named: Descriptor, media_type: String, size: u64 },
    #[error("it is an index within an index")]
    Nested,
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("its configuration is {}, not that of a container image", shown(.0))]
    Foreign(String),
    #[error("its configuration is invalid: {0}")]
    Config(Malformed),
    #[error(transparent)]
    Store(#[from] Error),
}

/// A manifest that an index names.
///
/// # Errors
/// It is not there, or has another media type or length than the index says; it is malformed, or an index itself.
pub async fn member(store: &Store, index: &Reference, named: &Descriptor) -> Result<(Raw, Manifest), ImageError> {
    if named.is_index() {
        return Err(ImageError::Nested);
    }
    let found = store.manifest(&index.at(named.digest.clone())).await?;
    let raw = found.ok_or_else(|| ImageError::Missing(named.clone()))?;
    let size = raw.bytes.len() as u64;
    if (&raw.media_type, size) != (&named.media_type, named.size) {
        return Err(ImageError::DescriptorMismatch { named: named.clone(), media_type: raw.media_type, size });
    }
    match Document::parse(&raw)? {
        Document::Manifest(manifest) => Ok((raw, manifest)),
        Document::Index(_) => Err(ImageError::Nested),
    }
}

/// The configuration of a container image: its bytes, and what they say.
///
/// # Errors
/// The manifest is that of something else; or its configuration is not there, not what its descriptor says, or malformed.
pub async fn config(store: &Store, at: &Place, manifest: &Manifest) -> Result<(Arc<Vec<u8>>, Config), ImageError> {
    if !manifest.is_image() {
        return Err(ImageError::Foreign(manifest.config.media_type.clone()));
    }
    let bytes = store.blob(at, &manifest.config).await?;
    let config = Config::parse(&bytes).map_err(ImageError::Config)?;
    Ok((bytes, config))
}
