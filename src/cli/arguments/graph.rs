//! The options of `splitbuild graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::matrix::{Matrix, provider_names};

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  splitbuild graph -o docs/pipeline.svg            the first workflow: what waits for what
  splitbuild graph --workflow release -o release.svg
  splitbuild graph --times jobs.json -o run.svg    over time, with the critical path
  splitbuild graph --format mermaid                for Markdown, between ```mermaid and ```
  splitbuild graph --format dot | dot -Tpdf -o pipeline.pdf

The longest chain of jobs is marked; with --times, the critical path. FILE is what `splitbuild plan
--times` reads: seconds by job, or what the CI provider's API tells of a run.

Exit codes: 0 success; 1 failure; 2 wrong usage.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Graph {
    #[command(flatten)]
    pub(in crate::cli) matrix: Matrix,

    /// The CI provider
    #[arg(long, value_name = "NAME", default_value = crate::provider::ALL[0].name(), value_parser = provider_names())]
    pub(in crate::cli) provider: String,

    /// The workflow [default: the matrix's first]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) workflow: Option<String>,

    /// What the picture is written in
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: Form,

    /// Give every image a row of its own, if several are one in the matrix
    #[arg(long)]
    pub(in crate::cli) all: bool,

    /// Draw when each job runs, from the times in FILE; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) times: Option<PathBuf>,

    /// Write to FILE, unless it is up to date; `-` is standard output [default: -]
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
}

/// What a picture is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Form {
    /// A picture that stands alone, light or dark as its reader's screen is
    #[default]
    Svg,
    /// Text that is drawn where it stands in Markdown
    Mermaid,
    /// Text for Graphviz
    Dot,
}
