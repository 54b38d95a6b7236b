//! The user's own CircleCI file: which jobs it has, what in it does not go with the generated ones, and how the two
//! become one.

use std::collections::{BTreeSet, HashMap};

use super::filters::filters;
use super::invocation::invocation;
use crate::diagnostic::Diagnostic;
use crate::plan::{ExternalJobs, Plan, Workflow};
use crate::provider::UserConfig;
use crate::yaml::{Entry, Key, Mapping, Node, Style, Value};

/// What has to be a map, and is united with ours.
const UNITED: &[&str] = &["orbs", "parameters", "executors", "commands", "jobs", "workflows"];

/// The jobs of every workflow.
pub(super) fn external_jobs(config: &UserConfig) -> (ExternalJobs, Vec<Diagnostic>) {
    let mut external = ExternalJobs { file: Some(config.name.clone()), ..ExternalJobs::default() };
    let mut problems = Vec::new();
    if config.root.is_null() {
        return (external, problems);
    }
    let Some(root) = config.root.as_mapping() else {
        problems.push(shape(&config.root, "a CircleCI configuration", "a map"));
        return (external, problems);
    };
    for entry in &root.entries {
        if UNITED.contains(&entry.key.text.as_str()) && entry.value.as_mapping().is_none() && !entry.value.is_null() {
            problems.push(shape(&entry.value, &format!("`{}`", entry.key.text), "a map"));
        }
    }
    if let Some(version) = root.get("version")
        && version.as_str() != Some("2.1")
    {
        let problem = Diagnostic::new("own-version", version.span, "the generated configuration has version 2.1");
        problems.push(problem.help("write `version: 2.1`, or remove the key"));
    }
    for workflow in entries(root, "workflows") {
        let mut names = BTreeSet::new();
        for job in jobs(&workflow.value) {
            match invocation(job) {
                Some((name, called)) => drop(names.insert(called_name(name, called).to_owned())),
                None => problems.push(shape(job, "a job of a workflow", "a name or a map with one key")),
            }
        }
        external.workflows.insert(workflow.key.text.clone(), names);
    }
    (external, problems)
}

/// What does not go with the plan: names on both sides, workflows that cannot be joined.
pub(super) fn check(config: &UserConfig, plan: &Plan, taken: &[(&str, BTreeSet<&str>)]) -> Vec<Diagnostic> {
    let Some(root) = config.root.as_mapping() else { return Vec::new() };
    let mut problems = Vec::new();
    for (section, ours) in taken {
        for entry in entries(root, section).filter(|entry| ours.contains(entry.key.text.as_str())) {
            let kind = section.trim_end_matches('s');
            let message = format!("`{}` is also the name of a generated {kind}", entry.key.text);
            problems.push(Diagnostic::new("own-name", entry.key.span, message).help("rename it"));
        }
    }
    for entry in entries(root, "workflows") {
        let joined = plan.workflows.iter().find(|workflow| workflow.name == entry.key.text);
        if let (Some(workflow), Some(map)) = (joined, entry.value.as_mapping()) {
            for key in map.entries.iter().filter(|inner| inner.key.text != "jobs") {
                let message =
                    format!("the workflow `{}` is generated and takes only `jobs` from this file", workflow.name);
                problems.push(
                    Diagnostic::new("own-workflow", key.key.span, message).help("set its triggers in the matrix"),
                );
            }
        }
    }
    problems
}

/// Puts the user's part of an emitted configuration back as it was written, with its places; tells the first thing that
/// was not emitted as it was written.
pub(super) fn restore(emitted: &mut Node, config: &UserConfig, plan: &Plan) -> Result<(), String> {
    let (Value::Mapping(emitted), Some(root)) = (&mut emitted.value, config.root.as_mapping()) else { return Ok(()) };
    for written in root.entries.iter().filter(|entry| entry.key.text != "version") {
        let name = written.key.text.as_str();
        let found = emitted.entries.iter_mut().find(|entry| entry.key.text == name);
        if !UNITED.contains(&name) {
            put(found, written)?;
            continue;
        }
        let Some(Value::Mapping(section)) = found.map(|entry| &mut entry.value.value) else {
            match written.value.as_mapping() {
                Some(map) if !map.entries.is_empty() => return Err(format!("`{name}` of {} is missing", config.name)),
                _ => continue,
            }
        };
        let mut places: HashMap<String, usize> =
            section.entries.iter().enumerate().map(|(place, entry)| (entry.key.text.clone(), place)).collect();
        for inner in entries(root, name) {
            let found = places.remove(&inner.key.text).map(|place| &mut section.entries[place]);
            match plan.workflows.iter().find(|workflow| name == "workflows" && workflow.name == inner.key.text) {
                Some(workflow) => put_jobs(found, &joining(root, workflow))?,
                None => put(found, inner)?,
            }
        }
    }
    Ok(())
}

fn put(found: Option<&mut Entry>, written: &Entry) -> Result<(), String> {
    match found {
        Some(found) if found.value.says_the_same(&written.value) => {
            *found = written.clone();
            Ok(())
        }
        _ => Err(format!("`{}` is not as it was written", written.key.text)),
    }
}

/// The hand-written jobs of a generated workflow are its last.
fn put_jobs(found: Option<&mut Entry>, written: &[Node]) -> Result<(), String> {
    let jobs = found.and_then(|entry| entry.value.get_mut("jobs"));
    let Some(Value::Sequence(jobs)) = jobs.map(|node| &mut node.value) else {
        return Err("a workflow is not as it was written".into());
    };
    let Some(first) = jobs.len().checked_sub(written.len()) else {
        return Err("the hand-written jobs of a workflow are missing".into());
    };
    for (found, written) in jobs[first..].iter_mut().zip(written) {
        if !found.says_the_same(written) {
            return Err("a hand-written job of a workflow is not as it was written".into());
        }
        *found = written.clone();
    }
    Ok(())
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
        // What is made here stands where the job was written.
        let written = job.as_mapping().and_then(|map| map.entries.first());
        let key = match written {
            Some(entry) => entry.key.clone(),
            None => Key { text: name.to_owned(), span: job.span, style: Style::Plain },
        };
        let span = written.map_or(job.span, |entry| entry.value.span);
        let entry = Entry { key, value: Node { value: Value::Mapping(called), span } };
        Node { value: Value::Mapping(Mapping { entries: vec![entry] }), span: job.span }
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
    let problem = Diagnostic::new("own-shape", node.span, format!("{what} must be {wanted}, found {}", node.kind()));
    problem.help(format!("write {wanted}"))
}
