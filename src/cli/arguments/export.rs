//! The options of `splitbuild export`.

use std::path::PathBuf;

use clap::Args;

use super::{Network, platform, reference, target};
use crate::archive::Compression;
use crate::platform::Platform;
use crate::reference::Reference;

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  splitbuild export acme/app:v1 --platform linux/arm64 -o app-arm64.tar.gz
  splitbuild export acme/app@sha256:… --name acme/app:v1 -o app.tar
  splitbuild export acme/app:v1 --digests app-index -o app.tar    as this run published it
  splitbuild export acme/app:v1 acme/web:v1 --platform linux/amd64 -o all.tar    layers once
  splitbuild export acme/app:v1 -o app.tar        every platform, with attestations
  splitbuild export acme/app:v1 --platform linux/amd64 | docker load
  splitbuild export oci:layout:v1 --name acme/app:v1 -o app.tar                  from a folder

docker load, podman load, skopeo (docker-archive:, oci-archive:) and containerd read the tarball.
Layers stay as the registry has them, so nothing is compressed again. Only Zstandard layers are
converted to gzip, for Docker before 23, unless the file is a .tar.zst; a message says so.
With several platforms, docker load adds the architecture to each image's name: acme/app:v1-amd64.

A file is written completely or not at all, and left alone if it is up to date.
With -o FILE, standard output has one line `image:tag@sha256:…` for every image.
Exit codes: 0 success; 1 failure; 2 wrong usage.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// An image or an index, with its tag or digest
    #[arg(value_name = "REF", required = true, value_parser = reference)]
    pub(in crate::cli) references: Vec<Reference>,

    /// The platforms to export, os/arch[/variant] or windows/arch:os.version; separated by commas, or repeated
    /// [default: all]
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',', value_parser = platform)]
    pub(in crate::cli) platform: Vec<Platform>,

    /// Take REF by the digest in this hand-over file of a job, KEY-index or KEY-ARCH; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) digests: Vec<PathBuf>,

    /// The file to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(in crate::cli) output: PathBuf,

    /// The image's name once it is loaded; may be repeated [default: that of REF]
    #[arg(long, value_name = "NAME:TAG", value_parser = target)]
    pub(in crate::cli) name: Vec<Reference>,

    /// How to compress the tarball [default: by FILE's extension: .tar.gz, .tgz, .tar.zst]
    #[arg(long, value_enum)]
    pub(in crate::cli) compress: Option<Compressed>,

    /// How to verify layers
    #[arg(long, value_enum, default_value = "blobs")]
    pub(in crate::cli) verify: Verified,

    /// Fetch layers that are not in the registry from the addresses that the image names
    #[arg(long)]
    pub(in crate::cli) foreign_layers: bool,

    /// Print JSON for programs
    #[arg(long)]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) network: Network,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Compressed {
    /// .tar
    None,
    /// .tar.gz
    Gzip,
    /// .tar.zst
    Zstd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Verified {
    /// By digest and length
    Blobs,
    /// Also decompress them, and compare the content with the image's configuration
    Full,
}

impl Export {
    /// How the tarball is compressed: as it is asked for, else as its name ends.
    pub(in crate::cli) fn compression(&self) -> Compression {
        let name = self.output.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match self.compress {
            Some(Compressed::None) => Compression::None,
            Some(Compressed::Gzip) => Compression::Gzip,
            Some(Compressed::Zstd) => Compression::Zstd,
            None if name.ends_with(".gz") || name.ends_with(".tgz") => Compression::Gzip,
            None if name.ends_with(".zst") || name.ends_with(".tzst") => Compression::Zstd,
            None => Compression::None,
        }
    }
}
