//! CircleCI, configuration version 2.1 (<https://circleci.com/docs/reference/configuration-reference/>).

mod call;
mod commands;
mod config;
mod definition;
mod executor;
mod filters;
mod fragment;
mod own;
mod parts;
mod read;
mod script;
mod size;
mod view;

use std::borrow::Cow;

use super::facts::Facts;
use super::script::Dialect;
use super::{Error, Own, Provider, Size};
use crate::diagnostic::Diagnostic;
use crate::plan::{Foreign, Job, Plan};
use crate::spec::{Spec, Text};
use crate::yaml::Node;

/// The provider.
pub(super) struct CircleCi;

impl Provider for CircleCi {
    fn name(&self) -> &'static str {
        "circleci"
    }

    fn path(&self, _is_included: bool) -> &'static str {
        ".circleci/config.yml"
    }

    fn template(&self) -> &'static str {
        include_str!("../../templates/circleci.yml.j2")
    }

    fn config<'s>(&self, spec: &'s Spec) -> Option<&'s Text> {
        spec.circleci.config.as_ref()
    }

    fn foreign(&self, own: &Own, _workflows: &[&str]) -> (Foreign, Vec<Diagnostic>) {
        own::foreign(own)
    }

    fn runner(&self, job: &Job) -> Option<String> {
        job.runner.circleci.clone()
    }

    fn view(&self, plan: &Plan, own: Option<&Own>) -> Result<minijinja::Value, Error> {
        view::view(plan, own)
    }

    fn facts(&self, plan: &Plan) -> Facts<'static> {
        read::expected(plan)
    }

    fn read<'n>(&self, document: &'n Node) -> Result<Facts<'n>, String> {
        read::read(document)
    }

    fn whole(&self, mut emitted: Node, own: &Own, plan: &Plan) -> Result<Node, String> {
        own::restore(&mut emitted, own, plan)?;
        Ok(emitted)
    }

    fn problems(&self, document: &Node, text: &str) -> Vec<Diagnostic> {
        config::problems(document, text)
    }

    fn size(&self, document: &Node, _text: &str) -> Option<Size> {
        size::size(document)
    }
}

/// What a run knows, as the shell of a job has it
/// (<https://circleci.com/docs/reference/variables/#built-in-environment-variables>); the number of a run is a pipeline value.
static DIALECT: Dialect = Dialect {
    sha: "CIRCLE_SHA1",
    short_sha: "$(printf %.8s \"$CIRCLE_SHA1\")",
    branch: "CIRCLE_BRANCH",
    tag: "CIRCLE_TAG",
    reference: "${CIRCLE_TAG:-$CIRCLE_BRANCH}",
    pipeline: "<< pipeline.number >>",
    source: "${CIRCLE_REPOSITORY_URL-}",
    advice: "set it in a context",
};

/// Text that CircleCI takes as it is: "'<<' must be escaped as '\<<' in config v2.1+", as its compiler says.
fn literal(text: &str) -> Cow<'_, str> {
    if text.contains("<<") { Cow::Owned(text.replace("<<", "\\<<")) } else { Cow::Borrowed(text) }
}
