//! Bake files in HCL, which only bake evaluates: <https://docs.docker.com/reference/cli/docker/buildx/bake/#print>.

use std::path::Path;
use std::process::{Command, Stdio};

/// The most bytes that are taken of what it prints.
const LONGEST: usize = 4 << 20;

/// What it prints of a file; `None` if there is no Docker with buildx, or it refuses the file. Nothing is built.
pub(super) fn printed(root: &Path, path: &str) -> Option<String> {
    let mut docker = Command::new("docker");
    docker.args(["buildx", "bake", "--print", "--file"]).arg(format!("./{path}")).current_dir(root);
    let output = docker.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let printed = output.status.success().then_some(output.stdout).filter(|printed| printed.len() <= LONGEST)?;
    String::from_utf8(printed).ok()
}
