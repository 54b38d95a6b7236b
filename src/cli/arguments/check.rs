//! The options of `splitbuild check`.

use std::path::PathBuf;

use clap::Args;

use super::format::Format;
use super::matrix::{provider_names, usual_paths};

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  splitbuild check                        the configuration where its provider reads it
  splitbuild check path/to/config.yml     another file
  splitbuild check .github/workflows      every workflow of GitHub's
  splitbuild check --format github        in a workflow: annotations of the lines
  splitbuild check --format gitlab > gl-code-quality-report.json
  splitbuild check --format json | jq '.[] | select(.severity == \"error\")'
  splitbuild check --json | jq '.sizes[] | .counted / .limit'

It finds what the provider would refuse, without asking it: unknown jobs, commands, executors and
parameters; values of the wrong type; `requires` and `needs` that name no job; cycles; filters and
rules that leave out a job that another one waits for; references to nothing; an unescaped `<<`.
The contents of orbs are not checked. It also measures the file as the provider does (CircleCI: its
compiled size; GitLab: the memory that it takes; GitHub: bytes and nodes): from four fifths of the
limit on there is a warning, beyond it an error.

Exit codes: 0 no errors (there may be warnings); 1 errors; 2 wrong usage.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    #[arg(value_name = "FILE|DIR", help = usual_paths())]
    pub(in crate::cli) paths: Vec<PathBuf>,

    /// The CI provider [default: recognised from the file's content]
    #[arg(long, value_name = "NAME", value_parser = provider_names())]
    pub(in crate::cli) provider: Option<String>,

    /// Accept problems of this code; may be repeated. A comment `# splitbuild: allow CODE` in the file accepts them on
    /// its line, or on the next
    #[arg(long, value_name = "CODE")]
    pub(in crate::cli) allow: Vec<String>,

    /// How to report problems: all but text on standard output
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: Format,

    /// Print JSON for programs: the problems, as `--format json` has them, and how large each file is
    #[arg(long, conflicts_with = "format")]
    pub(in crate::cli) json: bool,
}
