//! What the matrix says for CircleCI beside the jobs, every default filled in.

use super::vocabulary::{CONTEXTS, EXECUTOR, LAYER_CACHING, MACHINE, POST_STEPS, PRE_STEPS};
use crate::plan::Plan;
use crate::provider::builder::Builder;
use crate::yaml::Node;

/// What builds run in where the matrix names nothing.
const IMAGE: &str = "docker:28-git";

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings<'p> {
    /// The contexts of every generated job, each once.
    pub(super) contexts: Vec<&'p str>,
    /// What build jobs run in.
    pub(super) executor: Executor<'p>,
    pub(super) builder: Builder,
    /// Whether build jobs keep their layers for later ones.
    pub(super) caches_layers: bool,
    /// Steps before every build job's own.
    pub(super) pre_steps: &'p [Node],
    /// Steps after every build job's own.
    pub(super) post_steps: &'p [Node],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Executor<'p> {
    Docker(&'p str),
    Machine(&'p str),
}

impl<'p> Settings<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let settings = &plan.settings;
        let mut contexts: Vec<&str> = Vec::new();
        for context in settings.texts(CONTEXTS).unwrap_or_default() {
            if !contexts.contains(&context.as_str()) {
                contexts.push(context);
            }
        }
        Self {
            contexts,
            executor: match settings.one_of(EXECUTOR) {
                Some((MACHINE, image)) => Executor::Machine(image),
                Some((_, image)) => Executor::Docker(image),
                None => Executor::Docker(IMAGE),
            },
            builder: Builder::of(plan),
            caches_layers: settings.flag(LAYER_CACHING),
            pre_steps: settings.items(PRE_STEPS),
            post_steps: settings.items(POST_STEPS),
        }
    }
}
