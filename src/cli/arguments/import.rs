//! The options of `splitbuild import`.

use std::path::PathBuf;

use clap::Args;

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  docker buildx bake --print | splitbuild import - -o splitbuild.yml
                                                   what bake builds; that needs no builder
  splitbuild import compose.yaml -o splitbuild.yml the services that have a `build`
  splitbuild import docker-bake.json               a plain file, to standard output
  splitbuild import bake.json --folder images      bake runs in that folder of the repository

What has no counterpart, or was guessed, is reported; the result is a matrix that `gen` takes.
Exit codes: 0 success; 1 the file is wrong, or cannot be imported; 2 wrong usage.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    /// The JSON of `docker buildx bake --print`, a docker-bake.json or a Compose file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(in crate::cli) input: PathBuf,

    /// Write the matrix to FILE, which must not be there yet; `-` is standard output [default: -]
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,

    /// Overwrite the file of -o
    #[arg(long, requires = "output")]
    pub(in crate::cli) force: bool,

    /// The folder that its paths begin in, from the root of the repository [default: of a Compose file, its own; else the
    /// root]
    #[arg(long, value_name = "DIR", value_parser = folder)]
    pub(in crate::cli) folder: Option<String>,

    /// Values for a Compose file [default: .env beside it]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) env_file: Option<PathBuf>,
}

fn folder(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if text.starts_with('/') || parts.contains(&"..") || text.contains(char::is_control) {
        return Err("write a path from the root of the repository, without `..`".into());
    }
    Ok(parts.join("/"))
}
