//! The options of `splitbuild completions`.

use clap::Args;
use clap_complete::Shell;

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  splitbuild completions bash > ~/.local/share/bash-completion/completions/splitbuild
  splitbuild completions zsh > ~/.zfunc/_splitbuild           with `fpath+=~/.zfunc` before compinit
  splitbuild completions fish > ~/.config/fish/completions/splitbuild.fish
  splitbuild completions powershell >> $PROFILE

The archives of a release contain those for bash, zsh and fish.

Exit codes: 0 success; 1 failure; 2 wrong usage.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: Shell,
}
