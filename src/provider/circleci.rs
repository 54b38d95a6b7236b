//! CircleCI, configuration version 2.1 (<https://circleci.com/docs/reference/configuration-reference/>).

mod config;
mod filters;
mod own;
mod read;
mod settings;
mod view;
mod vocabulary;

use std::borrow::Cow;

use super::{Error, Own, Provider};
use crate::diagnostic::Diagnostic;
use crate::plan::{Foreign, Graph, Plan, RunName};
use crate::spec::Vocabulary;
use crate::yaml::{Mapping, Node};

/// The provider.
pub(super) struct CircleCi;

/// What stands at the top of its configurations.
const SECTIONS: [&str; 4] = ["version", "orbs", "jobs", "workflows"];

impl Provider for CircleCi {
    fn vocabulary(&self) -> &'static Vocabulary {
        &vocabulary::VOCABULARY
    }

    fn path(&self, _is_included: bool) -> &'static str {
        ".circleci/config.yml"
    }

    fn template(&self) -> &'static str {
        include_str!("../../templates/circleci.yml.j2")
    }

    fn likeness(&self, top: &Mapping) -> usize {
        SECTIONS.iter().filter(|section| top.get(section).is_some()).count()
    }

    fn foreign(&self, own: &Own, _workflows: &[&str]) -> (Foreign, Vec<Diagnostic>) {
        own::foreign(own)
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
