//! How jobs get splitbuild.

use crate::platform::Platform;

/// How manifest, copy and export jobs get splitbuild.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tool {
    /// They run in this image.
    Image(String),
    /// This shell installs it where builds run.
    Install(String),
    /// They fetch it, where builds run: one for each kind of machine, all of them archives or none.
    Download(Vec<Download>),
}

/// What jobs fetch on one kind of machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    pub platform: Platform,
    /// What `uname -m` prints there.
    pub machine: &'static str,
    /// Only what stands in an address: no blanks, no quotes, nothing that a shell or a provider would fill in.
    pub url: String,
    /// 64 hexadecimal digits in lower case.
    pub sha256: String,
}

impl Tool {
    /// The image that jobs run in, if they do not run where builds do.
    pub fn image(&self) -> Option<&str> {
        match self {
            Self::Image(image) => Some(image),
            Self::Install(_) | Self::Download(_) => None,
        }
    }
}

impl Download {
    /// Whether it is a tarball with splitbuild in it, at its top or one folder below; else it is splitbuild itself.
    pub fn is_archive(&self) -> bool {
        let path = self.url.split('?').next().unwrap_or_default();
        path.ends_with(".tar.gz") || path.ends_with(".tgz")
    }
}
