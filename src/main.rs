//! The `splitbuild` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    splitbuild::cli::main()
}
