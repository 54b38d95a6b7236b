//! Workflows that push nothing: what a job waits for there instead of what is published, and how a build gets its parents.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Job, JobId, Need, Plan, Tag, Workflow};
use crate::template::Template;

/// Something that a job waits for in a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait<'p> {
    /// Another job of the plan.
    Job(JobId),
    /// A hand-written job, by its name.
    External(&'p str),
}

/// What a build waits for in workflows that push nothing.
#[derive(Clone, Debug, Default)]
pub struct Local {
    /// The jobs: instead of an index, the build of the same architecture, else all that there are; nothing instead of a copy.
    pub needs: Vec<Need>,
    /// What it is built on, each once.
    pub parents: Vec<LocalParent>,
}

/// A parent of a build in a workflow that pushes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalParent {
    /// What was built of the image of this key for an architecture, by its word in names: a file of its job.
    Build(String, String),
    /// A copy, which is not made: these names mean its source, by workflow under these tags.
    Copy(Vec<Template>, Template, Vec<Arc<[Tag]>>),
}

impl Plan {
    /// What a job waits for in a workflow, each once.
    pub fn waits_in<'p>(&'p self, workflow: &Workflow, id: JobId) -> Vec<Wait<'p>> {
        let job = self.job(id);
        if workflow.push {
            return job.needs.iter().chain(&job.gates).map(Wait::of).collect();
        }
        job.local.needs.iter().map(Wait::of).collect()
    }

    /// Whether pull requests start a workflow.
    pub fn has_requests(&self) -> bool {
        self.workflows.iter().any(|workflow| !workflow.trigger.pull_requests.is_empty())
    }

    /// For every build, whether a workflow that pushes nothing has a build on its image: the same for all architectures, as
    /// they are written down once.
    pub fn kept(&self) -> Vec<bool> {
        let local = self.workflows.iter().filter(|workflow| !workflow.push);
        let needs = local.flat_map(|workflow| &workflow.jobs).flat_map(|id| &self.job(*id).local.needs);
        let parents: BTreeSet<&str> = needs
            .filter_map(|need| match need {
                Need::Job(id) => Some(self.job(*id).key.as_str()),
                Need::External(_) => None,
            })
            .collect();
        self.jobs.iter().map(|job| parents.contains(job.key.as_str())).collect()
    }

    /// Whether a build has parents of its run, in any workflow.
    pub fn has_parents(&self, job: &Job) -> bool {
        !job.local.parents.is_empty() || !self.parents(job).is_empty()
    }

    /// The name of what is waited for.
    pub fn wait_name<'p>(&'p self, wait: Wait<'p>) -> &'p str {
        match wait {
            Wait::Job(id) => &self.job(id).name,
            Wait::External(name) => name,
        }
    }
}

impl<'p> Wait<'p> {
    pub fn of(need: &'p Need) -> Self {
        match need {
            Need::Job(id) => Self::Job(*id),
            Need::External(name) => Self::External(name),
        }
    }
}
