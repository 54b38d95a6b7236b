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
  splitbuild export acme/app:v1 -o app.tar        every platform, and what is attested of them
  splitbuild export acme/app:v1 --platform linux/amd64 | docker load
  splitbuild export oci:layout:v1 --name acme/app:v1 -o app.tar                  from a folder

The tarball is read by docker load, podman load, skopeo (docker-archive:, oci-archive:) and
containerd. Layers stay as the registry has them, so nothing is compressed again. Layers that are
compressed with Zstandard become gzip, for Docker before 23, except in a .tar.zst; it is said.
With several platforms, docker load gives each image its name with the architecture behind it:
acme/app:v1-amd64.

A file appears whole or not at all, and one that holds the same already is left alone.
On standard output, with -o FILE: one `image:tag@sha256:…` a line.
Exit codes: 0 done; 1 something is wrong, and is said; 2 asked wrongly.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// An image or an index, with its tag or digest
    #[arg(value_name = "REF", required = true, value_parser = reference)]
    pub(in crate::cli) references: Vec<Reference>,

    /// The platforms that are exported, os/arch[/variant] or windows/arch:os.version; all, if not given; a comma list, or repeated
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',', value_parser = platform)]
    pub(in crate::cli) platform: Vec<Platform>,

    /// Files that jobs handed on, KEY-index or KEY-ARCH: REF is taken by the digest that they give; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) digests: Vec<PathBuf>,

    /// The file to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(in crate::cli) output: PathBuf,

    /// The name that it gets when it is loaded; may be repeated [default: that of REF]
    #[arg(long, value_name = "NAME:TAG", value_parser = target)]
    pub(in crate::cli) name: Vec<Reference>,

    /// How the tarball is compressed [default: as FILE ends: .tar.gz, .tgz, .tar.zst]
    #[arg(long, value_enum)]
    pub(in crate::cli) compress: Option<Compressed>,

    /// What is checked of layers, besides their digest and length
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
    /// Not at all: .tar
    None,
    /// .tar.gz
    Gzip,
    /// .tar.zst
    Zstd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Verified {
    /// Nothing more
    Blobs,
    /// That they decompress to what the image's configuration says
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
