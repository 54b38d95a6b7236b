//! A job of an emitted configuration, with everything filled in as its provider fills it in, and run step by step.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::command::{generated, generated_files, generated_of};
use super::recorder::{Call, Recorder, tools};
use super::{circleci, github, gitlab};

/// The shells that steps are run in, as the providers call them: a failing command ends the step, and so does one in a
/// pipe where the shell knows that. The fast tier has the one that knows least; `tests/tiers.rs` says so.
#[cfg(feature = "whole")]
pub const SHELLS: [&[&str]; 3] = [&["dash", "-e"], &["busybox", "sh", "-eo", "pipefail"], &["bash", "-eo", "pipefail"]];
#[cfg(not(feature = "whole"))]
pub const SHELLS: [&[&str]; 1] = [&["dash", "-e"]];

/// Of many values, those that the tier has time for: all, or every sixth.
pub fn some<T>(all: &[T]) -> impl Iterator<Item = &T> {
    all.iter().step_by(if cfg!(feature = "whole") { 1 } else { 6 })
}

/// What starts a run.
#[derive(Clone, Copy, Debug)]
pub enum Trigger<'t> {
    Branch(&'t str),
    Tag(&'t str),
    /// A pull request of this branch, number 12, to be merged into `main`.
    Request(&'t str),
    /// A start by hand on `main`, with a value for `release`.
    ByHand(&'t str),
}

/// Jobs, with those that each waits for.
#[allow(dead_code, reason = "the properties look at single jobs")]
pub type Jobs = Vec<(String, Vec<String>)>;

/// The commit of every run.
pub const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";

/// An emitted configuration, read by another reader than splitbuild's own.
pub struct Config {
    document: Value,
    pub provider: &'static str,
}

/// Tries a matrix in every shell, on the providers whose jobs hand each other files.
pub fn everywhere(matrix: &str, test: impl Fn(&Config, &[&str])) {
    for config in [Config::of(matrix), Config::for_provider(matrix, "gitlab")] {
        SHELLS.iter().for_each(|shell| test(&config, shell));
    }
}

/// The same on GitHub, too, whose jobs hand each other outputs.
pub fn on_every_provider(matrix: &str, test: impl Fn(&Config, &[&str])) {
    everywhere(matrix, &test);
    let config = Config::for_provider(matrix, "github");
    SHELLS.iter().for_each(|shell| test(&config, shell));
}

impl Config {
    /// The configuration of CircleCI's that splitbuild emits for a matrix.
    pub fn of(matrix: &str) -> Self {
        Self::for_provider(matrix, "circleci")
    }

    /// The same for a provider.
    pub fn for_provider(matrix: &str, provider: &'static str) -> Self {
        if provider == "github" {
            let folder = TempDir::new().expect("a folder");
            let path = folder.path().join("splitbuild.yml");
            std::fs::write(&path, matrix).expect("written");
            return Self::generated(&path, provider);
        }
        Self::read(&generated_of(matrix, provider), provider)
    }

    /// The configuration that splitbuild emits for a file.
    pub fn generated(path: &Path, provider: &'static str) -> Self {
        if provider == "github" {
            let document =
                |text: &str| -> Value { serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}")) };
            let named = |document: Value| (document["name"].as_str().expect("a name").to_owned(), document);
            let files = generated_files(path, provider);
            return Self { document: files.iter().map(|(_, text)| named(document(text))).collect(), provider };
        }
        Self::read(&generated(path, provider), provider)
    }

    /// A configuration.
    pub fn read(text: &str, provider: &'static str) -> Self {
        let document = serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        Self { document, provider }
    }

    /// The whole document.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The job in a workflow, started by a trigger.
    pub fn job(&self, workflow: &str, name: &str, trigger: Trigger) -> Job {
        let mut job = match self.provider {
            "circleci" => circleci::job(&self.document, workflow, name, trigger),
            "github" => github::job(&self.document, workflow, name, trigger),
            _ => gitlab::job(&self.document, workflow, name, trigger),
        };
        job.title = format!("{}: {name} in {workflow}, for {trigger:?}", self.provider);
        // What the images are for that the recording tools build, unless a test says otherwise.
        let arch = name.rsplit('-').next().unwrap_or_default();
        job.environment.insert("RECORD_PLATFORM".into(), format!("linux/{arch}"));
        job
    }
}

/// A job that is ready to run.
#[derive(Clone, Default)]
pub struct Job {
    title: String,
    environment: BTreeMap<String, String>,
    pub(super) steps: Vec<Step>,
    /// Where it finds what earlier jobs have kept.
    pub(super) workspaces: Vec<String>,
    /// What it keeps for later ones: a folder, and the pattern of a path below it.
    pub(super) keeps: Vec<(String, String)>,
    /// What earlier jobs have kept.
    given: BTreeMap<String, Vec<u8>>,
    /// Files that tell the recording tools how to behave.
    behaviour: Vec<(String, String)>,
    /// What its expressions refer to, on GitHub.
    pub(super) github: Option<github::Run>,
}

/// A script that a shell runs.
#[derive(Clone, Default)]
pub(super) struct Step {
    pub(super) title: String,
    pub(super) script: String,
    /// The name of its outputs, on GitHub.
    pub(super) id: Option<String>,
    /// What it finds in its environment beside the job's: values with expressions, on GitHub.
    pub(super) environment: Vec<(String, String)>,
}

/// A job that has run.
pub struct Ran {
    /// Where it ran; gone with this value.
    root: TempDir,
    /// Whether every step has succeeded.
    pub succeeded: bool,
    /// What it printed.
    pub log: String,
    /// How the tools were called.
    pub calls: Vec<Call>,
    keeps: Vec<(String, String)>,
    /// What its expressions referred to in the end, on GitHub.
    github: Option<github::Run>,
}

impl Job {
    /// A job without steps.
    pub(super) fn of(environment: BTreeMap<String, String>) -> Self {
        Self { environment, ..Self::default() }
    }

    /// One more variable, as a context, the project's settings or whoever starts the pipeline gives it.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        match &mut self.github {
            Some(run) if !name.starts_with("RECORD_") => run.settings.insert(name.into(), value.into()),
            _ => self.environment.insert(name.into(), value.into()),
        };
        self
    }

    /// What an earlier job has kept.
    pub fn after(mut self, earlier: &Ran) -> Self {
        self.given.extend(earlier.kept());
        if let (Some(run), Some(before)) = (&mut self.github, &earlier.github) {
            run.after(&before.id, &before.outputs());
        }
        self
    }

    /// A file that an earlier job has kept.
    pub fn given(mut self, path: &str, text: &str) -> Self {
        self.given.insert(path.into(), text.as_bytes().to_vec());
        self
    }

    /// An output of an earlier job, which it finds on GitHub if it needs that job.
    pub fn handed(mut self, job: &str, output: &str, value: &str) -> Self {
        self.github.iter_mut().for_each(|run| run.handed(job, output, value));
        self
    }

    /// Tells the recording tools how to behave; see there.
    pub fn behaving(mut self, file: &str, text: &str) -> Self {
        self.behaviour.push((file.into(), text.into()));
        self
    }

    /// In which folders its shell finds programs, if not in those of the recording tools and of the system.
    pub fn finding(mut self, folders: &[&Path]) -> Self {
        let folders: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        self.environment.insert("PATH".into(), folders.join(":"));
        self
    }

    /// Runs the steps, up to the first that fails, in a shell.
    pub fn run(&self, shell: &[&str]) -> Ran {
        let root = TempDir::new().expect("a folder");
        let recorder = Recorder::new(&root.path().join("record"));
        let folder = root.path().join("project");
        std::fs::create_dir_all(&folder).expect("a folder");
        for (file, text) in &self.behaviour {
            write(&recorder.folder().join(file), text.as_bytes());
        }
        for workspace in &self.workspaces {
            std::fs::create_dir_all(folder.join(workspace)).expect("a folder");
            self.given.iter().for_each(|(path, bytes)| write(&folder.join(workspace).join(path), bytes));
        }
        let (mut succeeded, mut log) = (true, format!("{}, with {}\n", self.title, shell.join(" ")));
        let mut github = self.github.clone();
        for step in &self.steps {
            let more = github.as_ref().map(|run| run.environment(step, recorder.folder())).unwrap_or_default();
            let output = self.execute((step, &more), shell, recorder.folder(), &folder);
            log.push_str(&format!("== {}\n", step.title));
            log.push_str(&String::from_utf8_lossy(&output.stdout));
            log.push_str(&String::from_utf8_lossy(&output.stderr));
            let outputs = github.as_mut().map_or(Ok(()), |run| run.take_outputs(step, recorder.folder()));
            log.push_str(outputs.as_ref().err().map_or("", String::as_str));
            succeeded = output.status.success() && outputs.is_ok();
            if !succeeded {
                break;
            }
        }
        let calls = recorder.calls(&folder);
        Ran { root, succeeded, log, calls, keeps: self.keeps.clone(), github }
    }

    fn execute(
        &self,
        (step, more): (&Step, &BTreeMap<String, String>),
        shell: &[&str],
        record: &Path,
        folder: &Path,
    ) -> Output {
        let script = record.join("step.sh");
        std::fs::write(&script, &step.script).expect("a script");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", tools().display());
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg(&script).current_dir(folder).env_clear().stdin(Stdio::null());
        command.env("PATH", path).env("HOME", record.join("home")).env("TMPDIR", record.join("tmp"));
        command.env("RECORD", record).envs(&self.environment).envs(more);
        command.output().unwrap_or_else(|error| panic!("{} runs: {error}", shell[0]))
    }
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
    std::fs::write(path, bytes).expect("a file");
}

impl Ran {
    /// The same, and it must have succeeded.
    pub fn green(self) -> Self {
        assert!(self.succeeded, "{}", self.log);
        self
    }

    /// The same; it must have failed, and have said why.
    pub fn red(self, says: &str) -> Self {
        assert!(!self.succeeded && self.log.contains(says), "{says:?} in {}", self.log);
        self
    }

    /// A file of the job's folder.
    pub fn file(&self, name: &str) -> String {
        self.found(name).unwrap_or_else(|| panic!("{name} is not there\n{}", self.log))
    }

    /// The same, if it is there.
    pub fn found(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.root.path().join("project").join(name)).ok()
    }

    /// What the recording tools have written down beside their calls.
    pub fn recorded(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.root.path().join("record").join(name)).ok()
    }

    /// Where something of it is: `record/home` is its home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// What the job hands on to those that need it, on GitHub.
    pub fn outputs(&self) -> BTreeMap<String, String> {
        self.github.as_ref().map(github::Run::outputs).unwrap_or_default()
    }

    /// What a variable held for the last build, or for the last call of splitbuild.
    pub fn variable(&self, name: &str) -> Option<String> {
        let all = self.recorded("environment")?;
        all.split('\0').find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
    }

    /// The files that it keeps for later jobs, by their paths there.
    pub fn kept(&self) -> BTreeMap<String, Vec<u8>> {
        let mut kept = BTreeMap::new();
        for (root, pattern) in &self.keeps {
            let root = self.root.path().join("project").join(root);
            let (folder, name) = match pattern.rsplit_once('/') {
                Some((folder, name)) => (root.join(folder), name),
                None => (root.clone(), pattern.as_str()),
            };
            for file in files(&folder) {
                if matches(name, &file) {
                    let path = folder.join(&file);
                    let below = path.strip_prefix(&root).expect("it is below").to_string_lossy().into_owned();
                    kept.insert(below, std::fs::read(&path).expect("a file"));
                }
            }
        }
        kept
    }

    /// The arguments of the calls of a tool that begin with a word.
    pub fn of(&self, tool: &str, first: &str) -> Vec<&[String]> {
        let calls = self.calls.iter().filter(|call| call.tool == tool);
        calls.map(|call| call.arguments.as_slice()).filter(|a| a.first().is_some_and(|word| word == first)).collect()
    }

    /// The only one of them.
    pub fn one(&self, tool: &str, first: &str) -> &[String] {
        match self.of(tool, first).as_slice() {
            [one] => one,
            calls => panic!("{tool} {first}: {calls:?}\n{}", self.log),
        }
    }

    /// What was pushed, in order.
    pub fn pushes(&self) -> Vec<&str> {
        self.of("docker", "push").iter().map(|words| words[1].as_str()).collect()
    }

    /// The values of an option in a call, in order.
    pub fn values<'c>(call: &'c [String], option: &str) -> Vec<&'c str> {
        call.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1].as_str()).collect()
    }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).filter(|it| it.is_file()).collect();
    paths.iter().filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect()
}

/// Whether a file's name is of a pattern: `.` is a whole folder, `*` any text.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        _ if pattern == "." => true,
        None => pattern == name,
        Some((start, end)) => name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
    }
}
