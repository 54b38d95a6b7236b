//! CircleCI, configuration version 2.1 (<https://circleci.com/docs/reference/configuration-reference/>).

mod config;
mod filters;
mod own;
mod read;
mod size;
mod view;

use std::borrow::Cow;

use super::{Error, Own, Provider, Size};
use crate::diagnostic::Diagnostic;
use crate::plan::{Foreign, Graph, Job, Plan, RunName};
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

    fn read<'n>(&self, document: &'n Node) -> Result<Graph<'n>, String> {
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

/// The pipeline value that is a name of the run
/// (<https://circleci.com/docs/guides/orchestrate/pipeline-variables/>).
fn pipeline_value(name: RunName) -> &'static str {
    match name {
        RunName::GitSha => "<< pipeline.git.revision >>",
        RunName::GitBranch => "<< pipeline.git.branch >>",
        RunName::GitTag => "<< pipeline.git.tag >>",
        RunName::Pipeline => "<< pipeline.number >>",
    }
}

/// Text that CircleCI takes as it is: "'<<' must be escaped as '\<<' in config v2.1+", as its compiler says.
fn literal(text: &str) -> Cow<'_, str> {
    if text.contains("<<") { Cow::Owned(text.replace("<<", "\\<<")) } else { Cow::Borrowed(text) }
}
