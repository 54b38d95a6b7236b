//! What a job of each kind of work runs, in order, for no provider in particular.

use super::{Build, Context, Job, Plan, Recipe, Work};

/// A step of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Checks this repository out.
    CheckOut,
    /// Gets what earlier jobs have kept: hand-written ones at the root, ours beside it.
    Fetch,
    /// Clones the repository of the context.
    Clone,
    /// Logs in to the registries.
    LogIn,
    /// Finds out what the parents of this run are, for a build that can be told what a name means.
    Pin,
    /// Pulls the parents of this run and gives them their names, for a script and a builder that knows names only.
    PullParents,
    /// Prepares, resolves the tags, and builds.
    Build,
    /// Tries what was built.
    Test,
    /// Checks what was built, pushes it and hands it on.
    Push,
    /// Publishes the indexes.
    Publish,
    /// Copies the foreign image.
    Copy,
    /// Saves the published images as files.
    Save,
    /// Keeps what is handed on, or was saved, for later jobs.
    Keep,
}

impl Plan {
    /// The steps of a job. `knows_names` says whether builds can be told what a name means.
    pub fn steps(&self, job: &Job, knows_names: bool) -> Vec<Step> {
        let mut steps = Vec::new();
        match &job.work {
            Work::Build(build) => {
                steps.push(Step::CheckOut);
                let has_parents = self.has_parents(job);
                if has_parents || job.has_external() {
                    steps.push(Step::Fetch);
                }
                if matches!(build.context, Context::Git { .. }) {
                    steps.push(Step::Clone);
                }
                steps.push(Step::LogIn);
                if has_parents {
                    steps.push(if build.takes_names(knows_names) { Step::Pin } else { Step::PullParents });
                }
                steps.push(Step::Build);
                steps.extend(build.test.is_some().then_some(Step::Test));
                steps.extend([Step::Push, Step::Keep]);
            }
            Work::Manifest(_) => steps.extend([Step::Fetch, Step::Publish, Step::Keep]),
            Work::Copy(_) => {
                steps.extend(job.setup.is_some().then_some(Step::CheckOut));
                steps.extend(self.copied_from(job).map(|_| Step::Fetch));
                steps.extend([Step::Copy, Step::Keep]);
            }
            Work::Export(_) => steps.extend([Step::Fetch, Step::Save, Step::Keep]),
        }
        steps
    }
}

impl Build {
    /// Whether the parents' names reach it as options; a script finds them on its machine.
    pub fn takes_names(&self, knows_names: bool) -> bool {
        knows_names && matches!(self.recipe, Recipe::Docker(_))
    }
}
