//! A project with a repository, and a runner for it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::runner::{Config, Event, Report, Runner, Trigger};

/// A project; all of it is gone with this value.
pub struct Project {
    root: TempDir,
    /// Its runner, whose jobs find the folder that they all share in `SHARED`.
    pub runner: Runner,
    revision: String,
}

impl Project {
    /// A project without a repository.
    pub fn new() -> Self {
        let root = TempDir::new().expect("a folder");
        let mut runner = Runner::new(root.path().join("runs"), "/usr/local/bin:/usr/bin:/bin");
        let shared = root.path().join("shared");
        std::fs::create_dir(&shared).expect("a folder");
        runner.project.insert("SHARED".into(), shared.display().to_string());
        // A job that waits for ever is seen soon.
        runner.timeout = Duration::from_secs(60);
        Self { root, runner, revision: "0123456789abcdef0123456789abcdef01234567".into() }
    }

    /// A project whose repository has two commits: `v1` is the first, and `main` and `v2` are the second.
    pub fn with_repository() -> Self {
        let mut project = Self::new();
        let repository = project.root.path().join("repository");
        std::fs::create_dir(&repository).expect("a folder");
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]);
            let output = command.args(arguments).current_dir(&repository).output().expect("git runs");
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        };
        git(&["init", "--quiet", "--initial-branch=main"]);
        for number in ["1", "2"] {
            std::fs::write(repository.join("number"), number).expect("written");
            git(&["add", "number"]);
            git(&["commit", "--quiet", "--message", number]);
            git(&["tag", &format!("v{number}")]);
        }
        project.revision = git(&["rev-parse", "HEAD"]);
        project
    }

    /// The folder that all jobs share, and the tests with them.
    pub fn shared(&self, name: &str) -> PathBuf {
        self.root.path().join("shared").join(name)
    }

    /// The text of a file in it.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.shared(name)).unwrap_or_default()
    }

    /// An event of the project.
    pub fn trigger(&self, event: Event) -> Trigger {
        let repository = self.root.path().join("repository");
        Trigger { event, slug: "gh/acme/app".into(), number: 42, revision: self.revision.clone(), repository }
    }

    /// Runs a configuration for a push to `main`.
    pub fn run(&self, text: &str) -> Report {
        self.run_for(text, branch("main"))
    }

    /// Runs a configuration for an event.
    pub fn run_for(&self, text: &str, event: Event) -> Report {
        let report = self.runner.run(&config(text), &self.trigger(event));
        report.unwrap_or_else(|refusal| panic!("{refusal}\n{text}"))
    }

    /// Where its files are.
    pub fn root(&self) -> &Path {
        self.root.path()
    }
}

/// A configuration.
pub fn config(text: &str) -> Config {
    Config::parse(text).unwrap_or_else(|refusal| panic!("{refusal}\n{text}"))
}

/// A configuration with one job, which has these steps.
pub fn one(steps: &str) -> String {
    format!(
        "version: 2.1\njobs: {{ only: {{ docker: [{{ image: x }}], steps: {steps} }} }}\n\
         workflows: {{ main: {{ jobs: [only] }} }}\n"
    )
}

/// A push to a branch.
pub fn branch(name: &str) -> Event {
    Event::Branch(name.into())
}

/// A push of a tag.
pub fn tag(name: &str) -> Event {
    Event::Tag(name.into())
}
