//! Where manifests and blobs are kept: a repository of a registry, or a folder.

use std::fmt;
use std::path::PathBuf;

use super::Repository;

/// What a reference into a folder begins with, as skopeo and podman write it.
pub(super) const LAYOUT: &str = "oci:";

/// What holds manifests and blobs; equal places are equal values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// A repository of a registry.
    Repository(Repository),
    /// An OCI image layout: a folder by the
    /// [OCI image spec](https://github.com/opencontainers/image-spec/blob/main/image-layout.md).
    Layout(PathBuf),
}

impl Place {
    /// The place of an image's name, which has neither tag nor digest: `acme/app`, `oci:out`.
    pub fn of(name: &str) -> Self {
        match name.strip_prefix(LAYOUT) {
            Some(folder) => Self::Layout(folder.into()),
            None => Self::Repository(Repository::of(name)),
        }
    }

    /// What is asked for it: the registry's host, or the folder.
    pub fn holder(&self) -> String {
        match self {
            Self::Repository(repository) => repository.registry.clone(),
            Self::Layout(folder) => folder.display().to_string(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(repository) => repository.fmt(f),
            Self::Layout(folder) => write!(f, "{LAYOUT}{}", folder.display()),
        }
    }
}

/// Why a text cannot be the folder of a layout, or `None` if it can.
pub(super) fn folder_problem(folder: &str) -> Option<String> {
    if folder.is_empty() {
        return Some("write oci:DIR:TAG, with the folder of an OCI layout".into());
    }
    folder.contains(char::is_control).then(|| "the name of its folder holds a control character".into())
}
