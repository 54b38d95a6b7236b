//! The jobs of a workflow by the keys of their images, and whose results others take.

use std::collections::{HashMap, HashSet};

use crate::plan::{Job, Parent, Plan, Work, Workflow};

pub(super) struct Members<'p> {
    by_key: HashMap<&'p str, Vec<&'p Job>>,
    /// The keys of images of which a job takes what is published.
    read: HashSet<String>,
    /// Whether some of these have an index.
    is_index_read: bool,
}

impl<'p> Members<'p> {
    pub(super) fn of(plan: &'p Plan, workflow: &'p Workflow) -> Self {
        let jobs = || workflow.jobs.iter().map(|id| plan.job(*id));
        let mut by_key: HashMap<&str, Vec<&Job>> = HashMap::new();
        let mut read = HashSet::new();
        for job in jobs() {
            by_key.entry(&job.key).or_default().push(job);
            match &job.work {
                Work::Build(_) => read.extend(plan.parents(job).into_iter().filter_map(|parent| match parent {
                    Parent::Index(key) => Some(key),
                    Parent::Build(..) => None,
                })),
                Work::Copy(_) => read.extend(plan.copied_from(job).map(str::to_owned)),
                Work::Export(_) => drop(read.insert(job.key.clone())),
                Work::Manifest(_) => {}
            }
        }
        let is_index_read = jobs().any(|job| matches!(job.work, Work::Manifest(_)) && read.contains(&job.key));
        Self { by_key, read, is_index_read }
    }

    /// Whether a later job takes what is published of an image.
    pub(super) fn is_read(&self, key: &str) -> bool {
        self.read.contains(key)
    }

    /// Whether that is so for any index.
    pub(super) fn is_any_index_read(&self) -> bool {
        self.is_index_read
    }

    /// The builds of an image.
    pub(super) fn builds(&self, key: &str) -> impl Iterator<Item = (&'p str, &'p Job)> {
        self.of_key(key).filter_map(|job| match &job.work {
            Work::Build(build) => Some((build.arch.as_str(), job)),
            _ => None,
        })
    }

    /// The job that publishes an image.
    pub(super) fn publisher(&self, key: &str) -> Option<&'p Job> {
        self.of_key(key).find(|job| matches!(job.work, Work::Manifest(_) | Work::Copy(_)))
    }

    fn of_key(&self, key: &str) -> impl Iterator<Item = &'p Job> {
        self.by_key.get(key).into_iter().flatten().copied()
    }
}
