//! The options of `splitbuild man`.

use std::path::PathBuf;

use clap::Args;

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  splitbuild man ~/.local/share/man/man1        splitbuild.1, splitbuild-gen.1, …

Pages that are there are replaced.

Exit codes: 0 success; 1 failure; 2 wrong usage.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Man {
    /// The folder for the pages, which must be there
    #[arg(value_name = "DIR")]
    pub(in crate::cli) folder: PathBuf,
}
