//! splitbuild, run as a person runs it.

use std::path::Path;
use std::process::{Command, Output};

/// What it does in a folder.
pub fn splitbuild(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_splitbuild"));
    command.args(arguments).current_dir(folder).output().expect("splitbuild runs")
}

/// What `gen` writes for a matrix.
pub fn generated(matrix: &Path, provider: &str) -> String {
    let (folder, name) = (matrix.parent().expect("a folder"), matrix.file_name().expect("a name"));
    let output = splitbuild(folder, &["gen", &name.to_string_lossy(), "--provider", provider]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The same for its text.
pub fn generated_of(matrix: &str, provider: &str) -> String {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("splitbuild.yml");
    std::fs::write(&path, matrix).expect("written");
    generated(&path, provider)
}

/// The files that `gen` writes for a matrix whose provider has one for each workflow: their names and texts, in order.
pub fn generated_files(matrix: &Path, provider: &str) -> Vec<(String, String)> {
    let written = tempfile::TempDir::new().expect("a folder");
    let (folder, name) = (matrix.parent().expect("a folder"), matrix.file_name().expect("a name"));
    let to = written.path().to_string_lossy();
    let output = splitbuild(folder, &["gen", &name.to_string_lossy(), "--provider", provider, "-o", &to]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut files: Vec<(String, String)> = std::fs::read_dir(written.path())
        .expect("a folder")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("UTF-8"))
        })
        .collect();
    files.sort();
    files
}
