//! What became of the jobs of a run.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use super::folder;

/// What became of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Every step has succeeded.
    Succeeded,
    /// A step has failed, or the job has taken too long.
    Failed,
    /// A job that it requires has not succeeded.
    Blocked,
    /// The filters have left it out.
    NotRun,
    /// It had succeeded in the run that this one is a rerun of.
    Kept,
}

/// What became of the jobs, in the order of their workflows, and in each after those that they require.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The jobs.
    pub jobs: Vec<JobReport>,
}

/// What became of a job.
#[derive(Clone, Debug)]
pub struct JobReport {
    /// Its workflow.
    pub workflow: String,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub state: State,
    /// What its steps have printed, each after `== NAME`; a step that fails is followed by `-- failed: REASON`.
    pub log: String,
    /// When it began, if it ran.
    pub started: Option<Instant>,
    /// When it ended, if it ran.
    pub ended: Option<Instant>,
    /// Its folder: `home/project`, `artifacts`, `log`, and more.
    pub folder: PathBuf,
}

impl Report {
    /// A job of a workflow, if it was started.
    pub fn find(&self, workflow: &str, name: &str) -> Option<&JobReport> {
        self.jobs.iter().find(|job| job.workflow == workflow && job.name == name)
    }

    /// A job of a workflow.
    pub fn job(&self, workflow: &str, name: &str) -> &JobReport {
        self.find(workflow, name).unwrap_or_else(|| panic!("no {name} in {workflow}: {:?}", self.states()))
    }

    /// Every job with its state.
    pub fn states(&self) -> Vec<(&str, State)> {
        self.jobs.iter().map(|job| (job.name.as_str(), job.state)).collect()
    }

    /// The same report, in which no job may have failed.
    pub fn green(self) -> Self {
        if let Some(failed) = self.jobs.iter().find(|job| job.state == State::Failed) {
            panic!("{} has failed: {:?}\n{}", failed.name, self.states(), failed.log);
        }
        self
    }
}

impl JobReport {
    /// A job that did not run.
    pub(super) fn unrun(workflow: &str, name: &str, state: State) -> Self {
        let (workflow, name) = (workflow.to_owned(), name.to_owned());
        Self { workflow, name, state, log: String::new(), started: None, ended: None, folder: PathBuf::new() }
    }

    /// The files that it has added to the workspace, with what is in them.
    pub fn workspace(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let layer = folder::layer(&self.folder);
        let read = |file: PathBuf| fs::read(layer.join(&file)).map(|content| (file, content));
        let files = folder::files(&layer).and_then(|files| files.into_iter().map(read).collect());
        files.unwrap_or_else(|error| panic!("{}: {error}", layer.display()))
    }

    /// Whether the two ran at the same time.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.started < other.ended && other.started < self.ended && self.started.is_some() && other.started.is_some()
    }
}
