//! What the matrix says for GitHub beside the jobs.

use super::vocabulary::{POST_STEPS, PRE_STEPS, PREFIX, SECRETS, VARIABLES};
use crate::plan::Plan;
use crate::yaml::Node;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings<'p> {
    /// What the names of the generated files begin with.
    pub(super) prefix: &'p str,
    /// Secrets that the project's scripts use.
    pub(super) secrets: &'p [String],
    /// Names that are variables of the repository, and no secrets.
    pub(super) variables: &'p [String],
    /// Steps before every build job's own.
    pub(super) pre_steps: &'p [Node],
    /// Steps after every build job's own.
    pub(super) post_steps: &'p [Node],
}

impl<'p> Settings<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let settings = &plan.settings;
        Self {
            prefix: settings.text(PREFIX).unwrap_or_default(),
            secrets: settings.texts(SECRETS).unwrap_or_default(),
            variables: settings.texts(VARIABLES).unwrap_or_default(),
            pre_steps: settings.items(PRE_STEPS),
            post_steps: settings.items(POST_STEPS),
        }
    }
}
