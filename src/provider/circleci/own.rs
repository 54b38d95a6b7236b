//! The user's own CircleCI file: which jobs it has, what in it does not go with the generated ones, and how the two
//! become one.

use std::collections::{BTreeMap, BTreeSet};

use super::filters::filters;
use super::read::{invocation, requires};
use crate::diagnostic::Diagnostic;
use crate::plan::{Foreign, Plan, Workflow};
use crate::provider::Own;
use crate::similar::closest;
use crate::yaml::{Entry, Mapping, Node, Value};

/// What has to be a map, and is united with ours.
const UNITED: &[&str] = &["orbs", "parameters", "executors", "commands", "jobs", "workflows"];

/// The jobs of every workflow.
pub(super) fn foreign(own: &Own) -> (Foreign, Vec<Diagnostic>) {
    let mut foreign = Foreign { file: Some(own.name.clone()), workflows: BTreeMap::new() };
    let mut problems = Vec::new();
    if own.root.is_null() {
        return (foreign, problems);
    }
    let Some(root) = own.root.as_mapping() else {
        problems.push(shape(&own.root, "a CircleCI configuration", "a map"));
        return (foreign, problems);
    };
    for entry in &root.entries {
        if UNITED.contains(&entry.key.text.as_str()) && entry.value.as_mapping().is_none() && !entry.value.is_null() {
            problems.push(shape(&entry.value, &format!("`{}`", entry.key.text), "a map"));
        }
    }
    if let Some(version) = root.get("version")
        && version.as_str() != Some("2.1")
    {
        let problem = Diagnostic::new("own-version", version.span, "the generated configuration is of version 2.1");
        problems.push(problem.help("write `version: 2.1`, or leave the key out"));
    }
    for workflow in entries(root, "workflows") {
        let mut names = BTreeSet::new();
        for job in jobs(&workflow.value) {
            match invocation(job) {
                Some((name, called)) => drop(names.insert(called_name(name, called).to_owned())),
                None => problems.push(shape(job, "a job of a workflow", "a name, or a map with one")),
            }
        }
        foreign.workflows.insert(workflow.key.text.clone(), names);
    }
    (foreign, problems)
}

/// What does not go with the plan: names on both sides, workflows that cannot be joined, `requires` of nobody.
pub(super) fn check(own: &Own, plan: &Plan, commands: &[&str]) -> Vec<Diagnostic> {
    let Some(root) = own.root.as_mapping() else { return Vec::new() };
    let mut problems = Vec::new();
    let generated: BTreeSet<&str> = plan.jobs.iter().map(|job| job.name.as_str()).collect();
    for (section, ours) in [("jobs", &generated), ("commands", &commands.iter().copied().collect())] {
        for entry in entries(root, section).filter(|entry| ours.contains(entry.key.text.as_str())) {
            let message = format!("`{}` is also the name of a generated one of the {section}", entry.key.text);
            problems.push(Diagnostic::new("own-name", entry.key.span, message).help("give it another name"));
        }
    }
    for entry in entries(root, "workflows") {
        let joined = plan.workflows.iter().find(|workflow| workflow.name == entry.key.text);
        if let (Some(workflow), Some(map)) = (joined, entry.value.as_mapping()) {
            for key in map.entries.iter().filter(|inner| inner.key.text != "jobs") {
                let message = format!(
                    "the workflow `{}` is generated, and takes nothing but `jobs` from this file",
                    workflow.name
                );
                problems.push(
                    Diagnostic::new("own-workflow", key.key.span, message).help("say when it runs in the matrix"),
                );
            }
        }
        check_requires(entry, joined, plan, &mut problems);
    }
    problems
}

/// Every `requires` names a job of its workflow, on whichever side it was written.
fn check_requires(entry: &Entry, joined: Option<&Workflow>, plan: &Plan, problems: &mut Vec<Diagnostic>) {
    let own = jobs(&entry.value).iter().filter_map(invocation).map(|(name, called)| called_name(name, called));
    let ours = joined.iter().flat_map(|workflow| &workflow.jobs).map(|id| plan.job(*id).name.as_str());
    let known: BTreeSet<&str> = own.chain(ours).collect();
    for (_, called) in jobs(&entry.value).iter().filter_map(invocation) {
        for (name, span) in requires(called) {
            if known.contains(name) || name.contains("<<") {
                continue;
            }
            let message = format!("the workflow `{}` has no job `{name}`", entry.key.text);
            let problem = Diagnostic::new("own-requires", span, message);
            problems.push(match closest(name, known.iter().copied()) {
                Some(close) => problem.help(format!("did you mean `{close}`?")),
                None => problem.help("`splitbuild plan` lists the generated jobs"),
            });
        }
    }
}

/// The entries of a section, none of them generated.
pub(super) fn entries<'o>(root: &'o Mapping, section: &str) -> impl Iterator<Item = &'o Entry> + use<'o> {
    root.get(section).and_then(Node::as_mapping).map(|map| map.entries.as_slice()).unwrap_or_default().iter()
}

/// What stands at the top beside the sections that are united.
pub(super) fn rest(root: &Mapping) -> impl Iterator<Item = &Entry> {
    root.entries.iter().filter(|entry| !UNITED.contains(&entry.key.text.as_str()) && entry.key.text != "version")
}

/// The hand-written jobs of a workflow that is generated; one without filters gets the workflow's.
pub(super) fn joining(root: &Mapping, workflow: &Workflow) -> Vec<Node> {
    let entry = entries(root, "workflows").find(|entry| entry.key.text == workflow.name);
    let filters = filters(&workflow.trigger);
    let with_filters = |job: &Node| -> Node {
        let (Some((name, called)), Some(filters)) = (invocation(job), &filters) else { return job.clone() };
        if called.is_some_and(|map| map.get("filters").is_some()) {
            return job.clone();
        }
        let mut called = called.cloned().unwrap_or(Mapping { entries: Vec::new() });
        if let Value::Mapping(added) = Node::map([("filters", filters.clone())]).value {
            called.entries.extend(added.entries);
        }
        Node::map([(name, Node { value: Value::Mapping(called), span: job.span })])
    };
    entry.map(|entry| jobs(&entry.value)).unwrap_or_default().iter().map(with_filters).collect()
}

fn jobs(workflow: &Node) -> &[Node] {
    workflow.as_mapping().and_then(|map| map.get("jobs")).and_then(Node::as_sequence).unwrap_or_default()
}

fn called_name<'n>(name: &'n str, called: Option<&'n Mapping>) -> &'n str {
    called.and_then(|map| map.get("name")).and_then(Node::as_str).unwrap_or(name)
}

fn shape(node: &Node, what: &str, wanted: &str) -> Diagnostic {
    let problem = Diagnostic::new("own-shape", node.span, format!("{what} is {wanted}, and here is {}", node.kind()));
    problem.help(format!("write {wanted}"))
}
