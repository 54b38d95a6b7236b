//! The versions of buildx that read the files.

use std::path::PathBuf;
use std::process::Command;

/// A buildx that `./test` unpacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buildx {
    /// Debian 13's, of March 2024. One target cannot have several names in another
    /// (<https://github.com/docker/buildx/pull/2444>), and it knows no `extra-hosts`.
    Old,
    /// The next Debian's.
    New,
}

impl Buildx {
    pub fn command(self) -> Command {
        let folder = match self {
            Self::Old => "debian13",
            Self::New => "debian14",
        };
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/ci-tools").join(folder);
        let path = root.join("root/usr/libexec/docker/cli-plugins/docker-buildx");
        assert!(path.exists(), "{}: ./test unpacks it", path.display());
        Command::new(path)
    }
}
