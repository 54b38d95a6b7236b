//! A CircleCI configuration as facts: what each workflow calls its jobs with, and what these, the commands and the executors
//! are; and the same of a plan.

use std::borrow::Cow;
use std::collections::HashSet;

use super::definition::Definition;
use super::filters::{schedule_branches, when};
use super::invocation::{invocation, requires};
use super::parameter::{parameters, pipeline_parameters};
use super::parts::Parts;
use crate::provider::facts::{Fact, Facts, build_command};
use crate::yaml::{Mapping, Node, Style};

/// The sections whose entries jobs consist of, and what a pipeline is started with.
const DEFINED: [&str; 4] = ["jobs", "commands", "executors", "parameters"];

pub(super) fn read(document: &Node) -> Result<Facts<'_>, String> {
    let root = document.as_mapping().ok_or("the file is not a map")?;
    let section = |name: &str| root.get(name).and_then(Node::as_mapping);
    let mut facts = Facts::default();
    for workflow in &section("workflows").ok_or("there are no workflows")?.entries {
        let name = &workflow.key.text;
        let Some(map) = workflow.value.as_mapping() else { continue };
        let Some(entries) = map.get("jobs").and_then(Node::as_sequence) else { continue };
        let triggers = map.get("triggers").map_or_else(nothing, Cow::Borrowed);
        facts.add(format!("{name}: triggers"), Fact::Tree(triggers));
        facts.add(format!("{name}: when"), Fact::Tree(map.get("when").map_or_else(nothing, Cow::Borrowed)));
        let mut known = HashSet::with_capacity(entries.len());
        for entry in entries {
            let invoked = invocation(entry).filter(|_| entry.as_mapping().is_none_or(|map| map.entries.len() == 1));
            let (job, called) = invoked.ok_or_else(|| format!("the workflow {name} has an invalid job"))?;
            let own = called.and_then(|map| map.get("name")).and_then(Node::as_str).unwrap_or(job);
            if !known.insert(own) {
                return Err(format!("the workflow {name} has the job {own} twice"));
            }
            call(&mut facts, &format!("{name}: {own}"), (job, called));
        }
    }
    for name in DEFINED {
        for entry in section(name).into_iter().flat_map(|map| &map.entries) {
            let place = format!("{name}: {}", entry.key.text);
            if name == "jobs"
                && let Some(command) = commands(&entry.value).filter_map(build_command).last()
            {
                facts.add(format!("{place}: build"), Fact::Command(Cow::Owned(command)));
            }
            facts.add(place, Fact::Tree(Cow::Borrowed(&entry.value)));
        }
    }
    Ok(facts)
}

/// What a workflow says of one of its jobs.
fn call<'n>(facts: &mut Facts<'n>, place: &str, (job, called): (&'n str, Option<&'n Mapping>)) {
    let needs = requires(called).into_iter().map(|(name, _)| Cow::Borrowed(name)).collect();
    facts.add(format!("{place}: requires"), Fact::Words(needs));
    let tree = |key: &str| called.and_then(|map| map.get(key)).map_or_else(nothing, Cow::Borrowed);
    facts.add(format!("{place}: context"), Fact::Tree(tree("context")));
    facts.add(format!("{place}: filters"), Fact::Tree(tree("filters")));
    let mut with: Vec<Cow<'n, str>> = vec![Cow::Borrowed(job)];
    let is_meant = |key: &str| !matches!(key, "requires" | "context" | "filters" | "name");
    let entries = called.iter().flat_map(|map| &map.entries).filter(|entry| is_meant(&entry.key.text));
    let mut parameters: Vec<Cow<'n, str>> = entries
        .map(|entry| Cow::Owned(format!("{}={}", entry.key.text, entry.value.as_str().unwrap_or(entry.value.kind()))))
        .collect();
    // In which order they stand means nothing.
    parameters.sort_unstable();
    with.extend(parameters);
    facts.add(format!("{place}: job"), Fact::Words(with));
}

fn commands(job: &Node) -> impl Iterator<Item = &str> {
    let steps = job.as_mapping().and_then(|map| map.get("steps")).and_then(Node::as_sequence).unwrap_or_default();
    steps.iter().filter_map(|step| step.as_mapping()?.get("run")?.as_mapping()?.get("command")?.as_str())
}

fn nothing<'n>() -> Cow<'n, Node> {
    Cow::Owned(Node::scalar("", Style::Plain))
}

pub(super) fn expected<'p>(parts: &'p Parts<'_>) -> Facts<'p> {
    let plan = parts.plan;
    let mut facts = Facts::default();
    let contexts = || parts.contexts.as_ref().map_or_else(nothing, Cow::Borrowed);
    for (workflow, (filters, calls)) in plan.workflows.iter().zip(&parts.calls) {
        let name = &workflow.name;
        let triggers = workflow.trigger.schedule.as_ref().map(|cron| {
            let branches = Node::map([("branches", schedule_branches(&workflow.trigger))]);
            let schedule = Node::map([("cron", Node::text(cron)), ("filters", branches)]);
            Node::list([Node::map([("schedule", schedule)])])
        });
        facts.add(format!("{name}: triggers"), tree(triggers));
        facts.add(format!("{name}: when"), tree(when(plan, workflow).map(|when| Node::text(&when))));
        for (id, called) in workflow.jobs.iter().zip(calls) {
            let job = plan.job(*id);
            let at = format!("{name}: {}", job.name);
            let needs = plan.waits_in(workflow, *id).into_iter().map(|wait| Cow::Borrowed(plan.wait_name(wait)));
            facts.add(format!("{at}: requires"), Fact::Words(needs.collect()));
            let contexts = if workflow.push || workflow.login { contexts() } else { nothing() };
            facts.add(format!("{at}: context"), Fact::Tree(contexts));
            facts.add(format!("{at}: filters"), Fact::Tree(filters.as_ref().map_or_else(nothing, Cow::Borrowed)));
            let called = called.iter().filter(|(name, _)| name != "name");
            let mut called: Vec<Cow<'p, str>> =
                called.map(|(name, value)| Cow::Owned(format!("{name}={value}"))).collect();
            called.sort_unstable();
            let definition = Cow::Borrowed(parts.definitions.of(*id).name.as_str());
            facts.add(format!("{at}: job"), Fact::Words(std::iter::once(definition).chain(called).collect()));
        }
    }
    definitions(parts, &mut facts);
    facts
}

fn definitions<'p>(parts: &'p Parts<'_>, facts: &mut Facts<'p>) {
    for definition in &parts.definitions.all {
        if let Some(command) = &definition.build_command {
            facts.add(format!("jobs: {}: build", definition.name), Fact::Command(Cow::Borrowed(command)));
        }
        facts.add(format!("jobs: {}", definition.name), tree(Some(job(definition))));
    }
    for command in &parts.commands {
        let mut map = vec![("description", Node::text(command.description))];
        map.extend(parameters(&command.parameters).map(|node| ("parameters", node)));
        map.push(("steps", command.steps()));
        facts.add(format!("commands: {}", command.name), tree(Some(Node::map(map))));
    }
    for (name, node) in pipeline_parameters(parts.plan) {
        facts.add(format!("parameters: {name}"), tree(Some(node)));
    }
    for (name, node) in &parts.executors.all {
        facts.add(format!("executors: {name}"), Fact::Tree(Cow::Borrowed(node)));
    }
}

fn job(definition: &Definition) -> Node {
    let mut map: Vec<(&str, Node)> = Vec::new();
    map.extend(parameters(&definition.parameters).map(|node| ("parameters", node)));
    map.push(("executor", Node::text(&definition.executor)));
    map.push(("steps", Node::list(definition.steps.iter().cloned())));
    Node::map(map)
}

fn tree(node: Option<Node>) -> Fact<'static> {
    Fact::Tree(node.map_or_else(nothing, Cow::Owned))
}
