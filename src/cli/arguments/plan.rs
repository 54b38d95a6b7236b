//! The options of `splitbuild plan`.

use std::path::PathBuf;

use clap::Args;

use super::matrix::{Matrix, provider_names};

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  splitbuild plan                     the jobs of every workflow, and what each waits for
  splitbuild plan --json | jq '.workflows[].jobs[].name'
  splitbuild plan --times times.txt   how long a run takes, and why

FILE has a line `JOB SECONDS` for every job (`#` begins a comment):
  build-app-amd64     412
  build-app-arm64     388.5
  build-app-manifest  21
or a JSON object from job to seconds. It must have every job of the plan, and every hand-written
job that one of them waits for, which counts as if it waited for nothing. It may have other
hand-written jobs, which are not counted.

Exit codes: 0 success; 1 failure; 2 wrong usage.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Plan {
    #[command(flatten)]
    pub(in crate::cli) matrix: Matrix,

    /// The CI provider
    #[arg(long, value_name = "NAME", default_value = crate::provider::ALL[0].name(), value_parser = provider_names())]
    pub(in crate::cli) provider: String,

    /// Show every job of images that are one in the matrix
    #[arg(long)]
    pub(in crate::cli) all: bool,

    /// Compute how long a run takes, from the seconds per job in FILE; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) times: Option<PathBuf>,

    /// Print JSON for programs
    #[arg(long)]
    pub(in crate::cli) json: bool,
}
