//! A small CircleCI, the one model of its meaning that the tests have: it runs an emitted configuration on this machine,
//! as CircleCI's documentation says, and refuses what it does not know. It is no part of splitbuild, shares no code with it,
//! and changes no character of any script.
//!
//! ```text
//! text ─ config ─► workflow (which start) ─► graph (of jobs) ─► job, step (filled in) ─► scheduler ─► report
//! ```
//!
//! Everything is filled in before anything runs, so what is refused is refused as a whole.

mod condition;
mod config;
mod execution;
mod executor;
mod expression;
mod filter;
mod folder;
mod graph;
mod job;
mod node;
mod parameter;
mod pattern;
mod process;
mod report;
mod scheduler;
mod step;
mod template;
mod trigger;
mod workflow;
mod workspace;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub use config::Config;
pub use node::Refusal;
pub use report::{JobReport, Report, State};
pub use step::{Step, When};
pub use trigger::{Event, Trigger};

/// Variables of an environment.
pub type Variables = BTreeMap<String, String>;

/// The organization, its project's settings, and the machines.
pub struct Runner {
    /// Where every run gets a folder of its own.
    pub folder: PathBuf,
    /// The `PATH` of the jobs; `busybox` has to be in it, and `bash` for those that have it.
    pub path: String,
    /// Whether the images of containers have Bash; machines do.
    pub bash: bool,
    /// The variables of the tests' own environment that the jobs get; no other is theirs.
    pub passed: Vec<String>,
    /// The variables of the project's settings, for every job.
    pub project: Variables,
    /// The variables of the contexts, for the jobs that name them.
    pub contexts: BTreeMap<String, Variables>,
    /// How to reach Docker: for machines, and in a container after `setup_remote_docker`.
    pub docker: Variables,
    /// What the machines of a resource class have in their environment; this is how an Arm machine is played.
    pub classes: BTreeMap<String, Variables>,
    /// How long a job may take.
    pub timeout: Duration,
    /// How many jobs run at once.
    pub slots: usize,
}

impl Runner {
    /// A runner without settings, contexts and Docker.
    pub fn new(folder: impl Into<PathBuf>, path: &str) -> Self {
        Self {
            folder: folder.into(),
            path: path.into(),
            bash: false,
            passed: Vec::new(),
            project: Variables::new(),
            contexts: BTreeMap::new(),
            docker: Variables::new(),
            classes: BTreeMap::new(),
            timeout: Duration::from_secs(300),
            slots: usize::MAX,
        }
    }

    /// Runs every workflow that the trigger starts.
    pub fn run(&self, config: &Config, trigger: &Trigger) -> Result<Report, Refusal> {
        self.rerun(config, trigger, &Report::default())
    }

    /// The same, "from failed": what has succeeded before is not run again, and its part of the workspace is kept.
    pub fn rerun(&self, config: &Config, trigger: &Trigger, earlier: &Report) -> Result<Report, Refusal> {
        let workflows = config.triggered(trigger)?;
        for job in workflows.iter().flat_map(|workflow| &workflow.jobs) {
            job.known_contexts(&self.contexts)?;
        }
        Ok(scheduler::run(self, trigger, &workflows, earlier))
    }
}
