//! A small repository in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The providers that every matrix is generated for.
const PROVIDERS: [&str; 3] = ["circleci", "gitlab", "github"];

pub struct Tree(TempDir);

pub struct Ran {
    pub code: i32,
    pub out: String,
    pub error: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("an exit code"),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            error: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

impl Tree {
    /// Files with their texts.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let tree = Self(TempDir::new().expect("a folder"));
        files.iter().for_each(|(path, text)| tree.write(path, text));
        tree
    }

    /// The same in a git repository with that remote.
    pub fn of_remote(remote: &str, files: &[(&str, &str)]) -> Self {
        let tree = Self::of(files);
        tree.git(&["init", "--quiet", "--initial-branch", "main"]);
        tree.git(&["remote", "add", "origin", remote]);
        tree
    }

    pub fn git(&self, arguments: &[&str]) {
        let output = Command::new("git").args(arguments).current_dir(self.0.path()).output().expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in(self.0.path(), arguments)
    }

    /// The same without any other program.
    pub fn run_alone(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_splitbuild"));
        Ran::of(command.args(arguments).current_dir(self.0.path()).env("PATH", "").output().expect("splitbuild runs"))
    }

    pub fn run_in(&self, folder: &Path, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_splitbuild"));
        Ran::of(command.args(arguments).current_dir(folder).output().expect("splitbuild runs"))
    }

    /// The matrix that is proposed, which `gen` takes for every provider, and what was said.
    pub fn proposed(&self) -> Ran {
        let ran = self.run(&["init", "-o", "-"]);
        assert_eq!(ran.code, 0, "{}", ran.error);
        fs::write(self.path("proposed.yml"), &ran.out).expect("a file");
        for provider in PROVIDERS {
            let folder = self.path(provider);
            let output = folder.to_string_lossy();
            let generated =
                self.run(&["gen", "proposed.yml", "--provider", provider, "-o", &format!("{output}/config.yml")]);
            assert_eq!(generated.code, 0, "{provider}: {}\n{}", generated.error, ran.out);
        }
        ran
    }

    /// The images of the proposed matrix, as they are written.
    pub fn images(&self) -> String {
        let matrix = self.proposed().out;
        let images = matrix.split("\nimages:\n").nth(1).expect("images");
        images.split("\nworkflows:\n").next().expect("images").to_owned()
    }
}
