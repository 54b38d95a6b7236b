//! Why an image was not exported.

use crate::graph::GraphError;
use crate::reference::Reference;
use crate::store::Error;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// An image is not to be had.
    #[error(transparent)]
    ImageGraph(#[from] GraphError),
    /// An image is not what it should be.
    #[error("{source_name} cannot be exported: {why}")]
    Malformed { source_name: Reference, why: String },
    /// A layer holds something else than its image says.
    #[error(
        "the layer {layer} does not hold what its image says: expected {expected} after decompression, found {found}"
    )]
    Layer {
        /// The layer's digest, in short.
        layer: String,
        /// The digest that its content should have.
        expected: String,
        /// The digest that it has, or why it has none.
        found: String,
    },
    #[error("the layer {layer} cannot be decompressed here: {why}")]
    Unsupported {
        /// The layer's digest, in short.
        layer: String,
        why: String,
    },
    /// The tarball, or what is needed to make it, could not be written.
    #[error("cannot write {file}: {cause}")]
    Output { file: String, cause: String },
    #[error("the images are too large for one tarball")]
    TooLarge,
    /// A place did not do what it was asked.
    #[error(transparent)]
    Store(#[from] Error),
}

impl ExportError {
    /// What to do about it, if there is more to say than the message does.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::ImageGraph(error) => error.help(),
            Self::Store(error) => error.help(),
            Self::Layer { .. } => Some("the image is broken, or was altered: build it again"),
            Self::Unsupported { .. } => Some(
                "write a .tar.zst without --verify full, which takes the layer as it is, or build the image again with \
                 a smaller window",
            ),
            Self::Malformed { .. } | Self::Output { .. } | Self::TooLarge => None,
        }
    }

    pub(super) fn output(file: &std::path::Path) -> impl Fn(std::io::Error) -> Self {
        move |cause| Self::Output { file: file.display().to_string(), cause: cause.to_string() }
    }
}
