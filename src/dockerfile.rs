//! What a Dockerfile says: the images that it is built on, the files of its context that it copies, and the platform that
//! it is fixed to. Nothing is run, and what only a build knows stays unknown.

mod expand;
mod heredoc;
mod reader;

use crate::platform::Platform;

pub use expand::expand;

/// A Dockerfile, as far as it can be known without a build.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dockerfile {
    /// Images from elsewhere, in order: of `FROM`, and of `COPY --from` and mounts. Stages of its own are none.
    pub bases: Vec<Base>,
    /// Paths in the context that `COPY`, `ADD` and mounts take, as far as they are known; a pattern stays one.
    pub sources: Vec<String>,
    /// The one platform that it can be built for, if it names one.
    pub platform: Option<Platform>,
    /// Whether it is for Windows.
    pub is_windows: bool,
}

/// An image that a Dockerfile names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// As it is written: `${REGISTRY}/base:$TAG`.
    pub written: String,
    /// With the defaults of its arguments; `None` if one has no default.
    pub image: Option<String>,
    /// The argument that is all of it.
    pub argument: Option<String>,
    /// The argument that is all of its tag, and is used for nothing else.
    pub tag_argument: Option<String>,
    /// The line, from one on.
    pub line: usize,
}

/// Why a text is no Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DockerfileError {
    pub message: String,
    /// Where, in bytes of the text.
    pub at: usize,
}

impl Dockerfile {
    /// Reads a Dockerfile, with what Docker itself would take: a stage may have the name of another.
    ///
    /// # Errors
    /// An instruction that is unknown or not whole, or no `FROM` at all.
    pub fn parse(text: &str) -> Result<Self, DockerfileError> {
        reader::read(text)
    }
}
