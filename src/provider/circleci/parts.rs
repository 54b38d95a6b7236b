//! Everything that a plan becomes: executors, jobs and the commands that they share, before it is laid out.

use std::collections::HashSet;

use super::arguments::{Arguments, arguments};
use super::commands::{self, Command, Features};
use super::definition::{Definer, Definitions};
use super::executor::Executors;
use super::filters::filters;
use super::literal;
use super::settings::Settings;
use crate::plan::{Plan, Workflow};
use crate::provider::script::Values;
use crate::yaml::Node;

pub(super) struct Parts<'p> {
    pub(super) plan: &'p Plan,
    pub(super) executors: Executors,
    pub(super) definitions: Definitions,
    pub(super) commands: Vec<Command>,
    /// The contexts of every job, if there are any.
    pub(super) contexts: Option<Node>,
    /// Of every workflow, what it calls its jobs with: the filters of all of them, if it has any, and the name and the
    /// parameters of each.
    pub(super) calls: Vec<(Option<Node>, Vec<Arguments>)>,
}

impl<'p> Parts<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let runs = plan.runs();
        let executors = Executors::of_plan(plan);
        let values =
            plan.ids().map(|id| Values { plan, job: plan.job(id), runs: &runs[id.place()], dialect: &super::DIALECT });
        let features = Features::of(plan, &values.collect::<Vec<_>>());
        let definer = Definer { plan, runs: &runs, features: &features, kept: &plan.kept(), executors: &executors };
        let definitions = definer.define();
        let called = called(&definitions);
        let has_names = steps(&definitions).any(|step| {
            let called = step.as_mapping().and_then(|map| map.entries.first());
            let clones = called.filter(|entry| [commands::CLONE, commands::FETCH].contains(&entry.key.text.as_str()));
            clones.and_then(|entry| entry.value.as_mapping()).is_some_and(|map| map.get("names").is_some())
        });
        let wanted = commands::NAMES.iter().filter(|name| called.contains(*name));
        let commands = wanted.filter_map(|name| commands::command(name, (plan, &features), has_names)).collect();
        let contexts = Settings::of(plan).contexts;
        let contexts = (!contexts.is_empty()).then(|| Node::list(contexts.iter().map(|it| Node::text(&literal(it)))));
        let call = |(place, workflow): (usize, &Workflow)| {
            let called = workflow.jobs.iter().map(|id| arguments(&definer, definitions.of(*id), (place, *id)));
            (filters(&workflow.trigger), called.collect())
        };
        let calls = plan.workflows.iter().enumerate().map(call).collect();
        Self { plan, executors, definitions, commands, contexts, calls }
    }
}

fn called(definitions: &Definitions) -> HashSet<&str> {
    let names = steps(definitions).filter_map(|step| match step.as_mapping() {
        Some(map) => map.entries.first().map(|entry| entry.key.text.as_str()),
        None => step.as_str(),
    });
    names.collect()
}

/// Every step, those under a condition in its place.
fn steps(definitions: &Definitions) -> impl Iterator<Item = &Node> {
    let inner = |step| {
        let step: &Node = step;
        let entry = step.as_mapping().and_then(|map| map.entries.first());
        let choice = entry.filter(|entry| ["when", "unless"].contains(&entry.key.text.as_str()));
        let inner = choice.and_then(|entry| entry.value.as_mapping()?.get("steps")?.as_sequence());
        inner.unwrap_or(std::slice::from_ref(step))
    };
    definitions.all.iter().flat_map(|definition| &definition.steps).flat_map(inner)
}
