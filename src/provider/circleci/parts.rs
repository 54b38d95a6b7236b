//! Everything that a plan becomes: executors, jobs and the commands that they share, before it is laid out.

use std::collections::HashSet;

use super::call::called_with;
use super::commands::{self, Command, Needs};
use super::definition::{Definer, Definitions, MACHINE};
use super::executor::Executors;
use super::filters::filters;
use super::literal;
use super::settings::Settings;
use crate::plan::{Plan, Workflow};
use crate::provider::{Error, Facts, Own};
use crate::yaml::{Node, Style};

/// Everything that a plan becomes, before it is laid out.
pub(super) struct Parts<'p> {
    pub(super) plan: &'p Plan,
    pub(super) runs: Vec<Vec<usize>>,
    pub(super) needs: Needs,
    pub(super) executors: Executors,
    pub(super) definitions: Definitions,
    pub(super) commands: Vec<Command>,
    /// The contexts of every job, if there are any.
    pub(super) contexts: Option<Node>,
    /// Of every workflow, what it calls its jobs with: the filters of all of them, if it has any, and the name and the
    /// parameters of each.
    pub(super) calls: Vec<(Option<Node>, Vec<Parameters>)>,
}

/// Names and values.
pub(super) type Parameters = Vec<(String, String)>;

impl<'p> Parts<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let runs = plan.runs();
        let executors = Executors::of_plan(plan);
        let values: Vec<_> = plan
            .ids()
            .map(|id| crate::provider::script::Values {
                plan,
                job: plan.job(id),
                runs: &runs[id.place()],
                dialect: &super::DIALECT,
            })
            .collect();
        let needs = Needs::of(plan, &values);
        let definitions = Definer { plan, runs: &runs, needs: &needs, executors: &executors }.define();
        let called = called(&definitions);
        let has_names = definitions.all.iter().flat_map(|definition| &definition.steps).any(|step| {
            let called = step.as_mapping().and_then(|map| map.entries.first());
            let clones = called.filter(|entry| [commands::CLONE, commands::FETCH].contains(&entry.key.text.as_str()));
            clones.and_then(|entry| entry.value.as_mapping()).is_some_and(|map| map.get("names").is_some())
        });
        let wanted = commands::NAMES.iter().filter(|name| called.contains(*name));
        let commands = wanted.filter_map(|name| commands::command(name, (plan, &needs), has_names)).collect();
        let contexts = Settings::of(plan).contexts;
        let contexts = (!contexts.is_empty()).then(|| Node::list(contexts.iter().map(|it| Node::text(&literal(it)))));
        let mut parts = Self { plan, runs, needs, executors, definitions, commands, contexts, calls: Vec::new() };
        let call = |(place, workflow): (usize, &Workflow)| {
            let called = workflow.jobs.iter().map(|id| called_with(&parts, place, *id));
            (filters(&workflow.trigger), called.collect())
        };
        parts.calls = plan.workflows.iter().enumerate().map(call).collect();
        parts
    }

    pub(super) fn definer(&self) -> Definer<'_> {
        Definer { plan: self.plan, runs: &self.runs, needs: &self.needs, executors: &self.executors }
    }
}

impl crate::provider::Parts for Parts<'_> {
    fn view(&self, own: Option<&Own>) -> Result<minijinja::Value, Error> {
        super::view::view(self, own)
    }

    fn facts(&self) -> Facts<'_> {
        super::read::expected(self)
    }
}

/// The names of all steps.
fn called(definitions: &Definitions) -> HashSet<&str> {
    let steps = definitions.all.iter().flat_map(|definition| &definition.steps);
    let names = steps.filter_map(|step| match step.as_mapping() {
        Some(map) => map.entries.first().map(|entry| entry.key.text.as_str()),
        None => step.as_str(),
    });
    names.collect()
}

/// The parameters of a job or a command, if it has any.
pub(super) fn parameters<N: AsRef<str>>(parameters: &[(N, Option<String>)]) -> Option<Node> {
    let node = |(name, default): &(N, Option<String>)| {
        let kind = if name.as_ref() == MACHINE { "executor" } else { "string" };
        let mut map = vec![("type", Node::text(kind))];
        map.extend(default.as_ref().map(|default| ("default", Node::text(default))));
        (name.as_ref().to_owned(), Node::map(map))
    };
    let nodes: Vec<(String, Node)> = parameters.iter().map(node).collect();
    (!nodes.is_empty()).then(|| Node::map(nodes.iter().map(|(name, node)| (name.as_str(), node.clone()))))
}

/// The steps of a command.
pub(super) fn steps(command: &Command) -> Vec<Node> {
    let script = Node::scalar(&command.script, Style::Literal);
    let run = Node::map([("name", Node::text(command.title)), ("command", script)]);
    let mut steps = vec![Node::map([("run", run)])];
    steps.extend(command.keeps.map(|path| super::definition::keep(".", path)));
    steps
}
