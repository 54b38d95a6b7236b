//! The options of `splitbuild bake`.

use std::path::PathBuf;

use clap::Args;

use super::matrix::{Matrix, provider_names};

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  splitbuild bake -o docker-bake.json                write the bake file of the first workflow
  splitbuild bake --workflow release | docker buildx bake -f - --print
  git_sha=$(git rev-parse HEAD) docker buildx bake   build all images, labelled with their commit
  docker buildx bake app --load                      one image, for this machine

What is known only in a job is a variable of the bake file, which bake takes from the environment.
What bake has no word for (scripts, copies, tests, exports) is left out, each with a warning.

Exit codes: 0 success; 1 failure; 2 wrong usage.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Bake {
    #[command(flatten)]
    pub(in crate::cli) matrix: Matrix,

    /// The workflow whose images and tags it has [default: the first]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) workflow: Option<String>,

    /// The CI provider that the matrix is read for
    #[arg(long, value_name = "NAME", default_value = crate::provider::ALL[0].name(), value_parser = provider_names())]
    pub(in crate::cli) provider: String,

    /// Write to FILE, unless it is up to date; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(in crate::cli) output: PathBuf,
}
