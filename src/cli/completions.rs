//! `splitbuild completions`: the script with which a shell completes our command line.

use clap::Command as CommandLine;

use super::arguments::completions::Completions;
use super::{Failure, print};

/// `command` is our whole command line.
pub(super) fn run(arguments: &Completions, command: CommandLine) -> Result<(), Failure> {
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    // Scripts for some shells offer what is hidden.
    let mut shown = CommandLine::new("splitbuild")
        .version(env!("CARGO_PKG_VERSION"))
        .args(command.get_arguments().cloned())
        .subcommands(verbs.cloned());
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut shown, "splitbuild", &mut script);
    print(script)
}
