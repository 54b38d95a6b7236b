//! The options of `splitbuild init`.

use std::path::PathBuf;

use clap::Args;

use super::matrix::provider_names;

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  splitbuild init                     look at this repository, and write splitbuild.yml
  splitbuild init -o -                only show what it would write
  splitbuild init --provider gitlab   for another CI system than the one whose files are here
  splitbuild init services            only what is in this folder of the repository

It reads Dockerfiles, what they are built on and what they copy, files of bake and Compose, the git
remote and branch, and which CI is there. What it guessed stands in comments; read them. Nothing is built or fetched, and
a matrix that is there already is never overwritten.

Exit codes: 0 success; 1 failure, or there is nothing to build; 2 wrong usage.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Init {
    /// The repository, or a folder of it
    #[arg(value_name = "DIR", default_value = ".")]
    pub(in crate::cli) folder: PathBuf,

    /// The CI provider [default: the one whose files are in the repository]
    #[arg(long, value_name = "NAME", value_parser = provider_names())]
    pub(in crate::cli) provider: Option<String>,

    /// The matrix to write, which must not be there yet; `-` is standard output [default: splitbuild.yml in DIR]
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
}
