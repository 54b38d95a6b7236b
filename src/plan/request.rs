//! What is asked of a matrix beside what stands in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::spec::Vocabulary;

/// What is asked of a matrix.
#[derive(Clone, Debug)]
pub struct Request {
    /// Values for vars that beat every other, by name.
    pub vars: Vec<(String, String)>,
    /// The provider that the plan is for; what only others lack is no problem.
    pub provider: &'static Vocabulary,
    /// The hand-written jobs.
    pub external: ExternalJobs,
}

/// The jobs of a hand-written file.
#[derive(Clone, Debug, Default)]
pub struct ExternalJobs {
    pub file: Option<String>,
    /// The names of its jobs, by workflow.
    pub workflows: BTreeMap<String, BTreeSet<String>>,
    /// Whether there may be others, in files that it includes and that cannot be read here.
    pub is_partial: bool,
}

impl ExternalJobs {
    /// Whether any workflow has a job of that name.
    pub fn has(&self, name: &str) -> bool {
        self.workflows.values().any(|jobs| jobs.contains(name))
    }
}

impl Request {
    /// A plan for a provider, with nothing beside the matrix.
    pub fn of(provider: &'static Vocabulary) -> Self {
        Self { vars: Vec::new(), provider, external: ExternalJobs::default() }
    }
}
