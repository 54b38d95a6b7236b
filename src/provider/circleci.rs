//! CircleCI, configuration version 2.1 (<https://circleci.com/docs/reference/configuration-reference/>).

mod arguments;
mod commands;
mod config;
mod definition;
mod executor;
mod filters;
mod fragment;
mod invocation;
mod lines;
mod parameter;
mod parts;
mod publish;
mod read;
mod record;
mod script;
mod settings;
mod size;
mod step;
mod user_config;
mod view;
mod vocabulary;
mod workflow;

use std::borrow::Cow;

use super::facts::Facts;
use super::script::{Dialect, login};
use super::{Committed, Error, File, Pipeline, Provider, Record, Size, UserConfig};
use crate::diagnostic::Diagnostic;
use crate::plan::{ExternalJobs, Job, Plan, Work, Workflow};
use crate::spec::Vocabulary;
use crate::yaml::{Mapping, Node};

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

    fn external_jobs(&self, config: &UserConfig, _workflows: &[&str]) -> (ExternalJobs, Vec<Diagnostic>) {
        user_config::external_jobs(config)
    }

    fn files<'p>(&self, plan: &'p Plan, is_included: bool, _committed: Committed<'_>) -> Vec<File<'p>> {
        vec![File { path: self.path(is_included).to_owned(), pipeline: Box::new(parts::Parts::of(plan)) }]
    }

    fn read<'n>(&self, document: &'n Node) -> Result<Facts<'n>, String> {
        read::read(document)
    }

    fn merged(&self, mut emitted: Node, config: &UserConfig, plan: &Plan) -> Result<Node, String> {
        user_config::restore(&mut emitted, config, plan)?;
        Ok(emitted)
    }

    fn record<'n>(&self, document: &'n Node) -> Option<Record<'n>> {
        record::record(document)
    }

    fn problems(&self, document: &Node, text: &str) -> Vec<Diagnostic> {
        config::problems(document, text)
    }

    fn size(&self, document: &Node, _text: &str) -> Option<Size> {
        size::size(document)
    }

    fn notes(&self, plan: &Plan) -> Vec<String> {
        let has_timeout = |job: &Job| matches!(&job.work, Work::Build(build) if build.timeout.is_some());
        let timeout = plan.jobs.iter().any(has_timeout).then(|| {
            "CircleCI has no time limit for a job: with `timeout`, a build ends that prints nothing for so long"
                .to_owned()
        });
        login::notes(plan).into_iter().chain(executor::notes(plan)).chain(timeout).chain(starts(plan)).collect()
    }
}

impl Pipeline for parts::Parts<'_> {
    fn view(&self, config: Option<&UserConfig>) -> Result<minijinja::Value, Error> {
        view::view(self, config)
    }

    fn facts(&self) -> Facts<'_> {
        read::expected(self)
    }
}

/// How workflows are started that no push starts.
fn starts(plan: &Plan) -> Vec<String> {
    let name = |workflow: &Workflow| workflow.name.clone();
    let requests = plan.workflows.iter().filter(|workflow| !workflow.trigger.pull_requests.is_empty());
    let names: Vec<String> = requests.map(name).collect();
    let note = format!(
        "CircleCI starts {} by a trigger of its GitHub App: in the project's settings, add one that runs on \
         \"PR opened or pushed to\"; requests from forks start nothing",
        names.join(" and ")
    );
    let by_hand = |workflow: &Workflow| {
        let name = &workflow.name;
        let given: Vec<&str> = plan.given_in(workflow).collect();
        let perhaps = if given.is_empty() { String::new() } else { format!(", and perhaps {}", given.join(", ")) };
        format!(
            "{name} is started by hand, in the web app or by the API, with the parameter workflow = {name}{perhaps}"
        )
    };
    let by_hand = plan.workflows.iter().filter(|workflow| workflow.trigger.manual).map(by_hand);
    (!names.is_empty()).then_some(note).into_iter().chain(by_hand).collect()
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
    // Other pipelines have no such value.
    pr: "<< pipeline.event.name == \"pull_request\" and pipeline.event.github.pull_request.number or \"\" >>",
    source: "${CIRCLE_REPOSITORY_URL-}",
    advice: "set it in a context",
};

/// Text that CircleCI takes as it is: "'<<' must be escaped as '\<<' in config v2.1+", as its compiler says.
fn literal(text: &str) -> Cow<'_, str> {
    if text.contains("<<") { Cow::Owned(text.replace("<<", "\\<<")) } else { Cow::Borrowed(text) }
}
