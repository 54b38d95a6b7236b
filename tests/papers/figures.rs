//! The figures of the benchmarks: pages and the picture name those of the record, and no others.

use std::process::{Command, Output};

use crate::root;

/// Runs the tool of `just bench` over the record and the pages that are there.
fn bench(arguments: &[&str]) -> Output {
    let mut command = Command::new("python3");
    command.arg("benches/bench.py").args(arguments).env("PYTHONDONTWRITEBYTECODE", "1").current_dir(root());
    command.output().expect("python3 runs; `./test` installs it")
}

#[test]
#[cfg_attr(not(feature = "whole"), ignore = "needs python3: `./test` runs it")]
fn pages_and_the_picture_are_as_the_record_has_them() {
    let checked = bench(&["--check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
