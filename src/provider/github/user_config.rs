//! The user's own jobs, which become part of the generated workflows: a file with `jobs` alone. A job is in every workflow
//! that has all that it needs; its own `if` says more. What would be called instead (`workflow_call`) could neither wait for
//! one generated job, nor be waited for by one.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::plan::ExternalJobs;
use crate::provider::UserConfig;
use crate::yaml::{Entry, Key, Mapping, Node, Style, Value};

/// The jobs of every workflow.
pub(super) fn external_jobs(config: &UserConfig, workflows: &[&str]) -> (ExternalJobs, Vec<Diagnostic>) {
    let mut external = ExternalJobs { file: Some(config.name.clone()), ..ExternalJobs::default() };
    let mut problems = Vec::new();
    let shape = |node: &Node, what: &str| {
        let message = format!("{what} must be a map, found {}", node.kind());
        Diagnostic::new("own-shape", node.span, message).help("write a map")
    };
    if config.root.is_null() {
        return (external, problems);
    }
    let Some(root) = config.root.as_mapping() else {
        return (external, vec![shape(&config.root, "a file of jobs")]);
    };
    for entry in &root.entries {
        match entry.key.text.as_str() {
            "jobs" if entry.value.as_mapping().is_none() && !entry.value.is_null() => {
                problems.push(shape(&entry.value, "`jobs`"));
            }
            "jobs" => {}
            key => {
                let message = "the workflows are generated, and take only `jobs` from this file";
                let help = match key {
                    "on" | "name" | "run-name" | "concurrency" => "set it in the matrix, or remove it".to_owned(),
                    _ => format!("write `{key}` in the jobs that need it: generated ones would be changed by it"),
                };
                problems.push(Diagnostic::new("own-workflow", entry.key.span, message).help(help));
            }
        }
    }
    for entry in jobs(config).filter(|entry| entry.value.as_mapping().is_none()) {
        problems.push(shape(&entry.value, "a job"));
    }
    let names: BTreeSet<String> = jobs(config).map(|entry| entry.key.text.clone()).collect();
    for workflow in workflows {
        external.workflows.insert((*workflow).to_owned(), names.clone());
    }
    (external, problems)
}

/// The jobs that are in a workflow with these generated ones: those that have all that they need. The ones that start it get
/// the workflow's condition, if they have none.
pub(super) fn joining(
    config: &UserConfig,
    (generated, elsewhere): (&BTreeSet<&str>, &BTreeSet<&str>),
    condition: Option<&Node>,
) -> Vec<Entry> {
    let mut there = generated.clone();
    let own: Vec<&Entry> = jobs(config).collect();
    let is_known = |name: &str| own.iter().any(|entry| entry.key.text == name) || elsewhere.contains(name);
    // A need that is nowhere is for the check to tell.
    let is_met = |there: &BTreeSet<&str>, need: &str| there.contains(need) || !is_known(need);
    loop {
        let next = own.iter().find(|entry| {
            !there.contains(entry.key.text.as_str()) && needs(&entry.value).iter().all(|need| is_met(&there, need))
        });
        match next {
            Some(entry) => drop(there.insert(&entry.key.text)),
            None => break,
        }
    }
    let joins = own.into_iter().filter(|entry| there.contains(entry.key.text.as_str()));
    joins.map(|entry| with_condition(entry, condition)).collect()
}

fn with_condition(entry: &Entry, condition: Option<&Node>) -> Entry {
    let (Some(condition), Some(map)) = (condition, entry.value.as_mapping()) else { return entry.clone() };
    if map.get("if").is_some() || !needs(&entry.value).is_empty() {
        return entry.clone();
    }
    let key = Key { text: "if".into(), span: entry.key.span, style: Style::Plain };
    let first = Entry { key, value: Node { value: condition.value.clone(), span: entry.key.span } };
    let entries = std::iter::once(first).chain(map.entries.iter().cloned()).collect();
    let value = Node { value: Value::Mapping(Mapping { entries }), span: entry.value.span };
    Entry { key: entry.key.clone(), value }
}

/// Names on both sides; GitHub makes no difference between capitals and small letters.
pub(super) fn check(config: &UserConfig, generated: &BTreeSet<&str>) -> Vec<Diagnostic> {
    let is_both = |entry: &&Entry| generated.iter().any(|id| id.eq_ignore_ascii_case(&entry.key.text));
    let problem = |entry: &Entry| {
        let message = format!("`{}` is also the name of a generated job", entry.key.text);
        Diagnostic::new("own-name", entry.key.span, message).help("rename it")
    };
    jobs(config).filter(is_both).map(problem).collect()
}

/// Puts the user's jobs of an emitted workflow back as they were written, with their places.
///
/// # Errors
/// The first that was not emitted as it was written.
pub(super) fn restore(emitted: &mut Node, config: &UserConfig) -> Result<(), String> {
    let Some(Value::Mapping(found)) = emitted.get_mut("jobs").map(|node| &mut node.value) else { return Ok(()) };
    for entry in &mut found.entries {
        let Some(written) = jobs(config).find(|written| written.key.text == entry.key.text) else { continue };
        let with = match entry.value.get("if") {
            Some(condition) => with_condition(written, Some(condition)),
            None => written.clone(),
        };
        if !entry.value.says_the_same(&with.value) {
            return Err(format!("`{}` is not as it was written", written.key.text));
        }
        *entry = with;
    }
    Ok(())
}

fn jobs(config: &UserConfig) -> impl Iterator<Item = &Entry> {
    let jobs = config.root.get("jobs").and_then(Node::as_mapping);
    jobs.map(|map| map.entries.as_slice()).unwrap_or_default().iter()
}

fn needs(job: &Node) -> Vec<&str> {
    match job.get("needs") {
        Some(list) if list.as_sequence().is_some() => {
            list.as_sequence().unwrap_or_default().iter().filter_map(Node::as_str).collect()
        }
        Some(one) => one.as_str().into_iter().collect(),
        None => Vec::new(),
    }
}

/// The comment before them.
pub(super) fn comment(config: &UserConfig) -> String {
    let name: String = config.name.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    format!("From {name}.")
}
