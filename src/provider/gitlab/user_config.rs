//! The user's own GitLab file, which includes the generated one: which jobs it has, and what does not go with ours.

use std::collections::{BTreeMap, BTreeSet};

use super::keywords::{is_job, one_or_more, stages};
use super::settings::Settings;
use crate::diagnostic::Diagnostic;
use crate::plan::{ExternalJobs, Plan};
use crate::provider::UserConfig;
use crate::span::Span;
use crate::yaml::{Entry, Mapping, Node, Value};

/// The jobs of every workflow: GitLab's run in whichever their own rules say.
pub(super) fn external_jobs(config: &UserConfig, workflows: &[&str]) -> (ExternalJobs, Vec<Diagnostic>) {
    let mut external = ExternalJobs {
        file: Some(config.name.clone()),
        workflows: BTreeMap::new(),
        is_partial: is_partial(&config.root),
    };
    if config.root.is_null() {
        return (external, Vec::new());
    }
    let Some(root) = config.root.as_mapping() else {
        let message = format!("a GitLab configuration must be a map, found {}", config.root.kind());
        return (external, vec![Diagnostic::new("own-shape", config.root.span, message).help("write a map")]);
    };
    let names: BTreeSet<String> =
        root.entries.iter().filter(|entry| is_job(&entry.key.text)).map(|entry| entry.key.text.clone()).collect();
    for workflow in workflows {
        external.workflows.insert((*workflow).to_owned(), names.clone());
    }
    (external, Vec::new())
}

/// Whether the file includes what cannot be read here. What it includes of this repository is the generated file, or reported
/// by the names of jobs that are unknown.
pub(super) fn is_partial(root: &Node) -> bool {
    let Some(include) = root.as_mapping().and_then(|map| map.get("include")) else { return false };
    let items = include.as_sequence().unwrap_or(std::slice::from_ref(include));
    let is_local = |item: &Node| match (item.as_str(), item.as_mapping()) {
        (Some(path), _) => !path.contains("://"),
        (None, Some(map)) => map.get("local").is_some(),
        (None, None) => false,
    };
    let ours = |item: &Node| {
        let path = item.as_str().or_else(|| item.as_mapping()?.get("local")?.as_str());
        path.is_some_and(|path| path.trim_start_matches('/') == super::INCLUDED)
    };
    items.iter().any(|item| !is_local(item) || !ours(item))
}

/// Names on both sides, and a stage that is not there.
pub(super) fn check(config: &UserConfig, plan: &Plan, generated: &[&str]) -> Vec<Diagnostic> {
    let Some(root) = config.root.as_mapping() else { return Vec::new() };
    let generated: BTreeSet<&str> = generated.iter().copied().collect();
    let is_both =
        |entry: &&Entry| generated.contains(entry.key.text.as_str()) || entry.key.text.starts_with(super::HIDDEN);
    let problem = |entry: &Entry| {
        let message = format!("`{}` is also the name of a generated job", entry.key.text);
        Diagnostic::new("own-name", entry.key.span, message).help("rename it")
    };
    let mut problems: Vec<Diagnostic> = root.entries.iter().filter(is_both).map(problem).collect();
    if let Some(stage) = Settings::of(plan).stage.filter(|stage| !stages(root).contains(stage)) {
        let span = root.entry("stages").map_or(Span::default(), |entry| entry.key.span);
        let message = format!("the generated jobs are in the stage `{stage}`, which does not exist");
        problems.push(Diagnostic::new("own-stage", span, message).help(format!("add `{stage}` to `stages`")));
    }
    problems
}

/// Both files as GitLab puts them together.
pub(super) fn merged(emitted: Node, config: &UserConfig) -> Node {
    let span = emitted.span;
    let (Value::Mapping(emitted), Some(root)) = (emitted.value, config.root.as_mapping()) else {
        return config.root.clone();
    };
    let entries = root.entries.iter().cloned().chain(emitted.entries).collect();
    Node { value: Value::Mapping(Mapping { entries }), span }
}

/// Puts what is included of this repository in its place; what the file has itself counts more
/// (<https://docs.gitlab.com/ci/yaml/includes/>).
pub(super) fn include(root: &mut Node, read: &mut dyn FnMut(&str) -> Option<Node>, most: usize) {
    let mut left = most;
    loop {
        let Value::Mapping(map) = &mut root.value else { return };
        let Some(include) = map.entries.iter_mut().find(|entry| entry.key.text == "include") else { return };
        let items = match &include.value.value {
            Value::Sequence(items) => items.clone(),
            _ => vec![include.value.clone()],
        };
        let mut unread = Vec::new();
        let mut found = Vec::new();
        for item in items {
            let path = item.as_str().filter(|path| !path.contains("://"));
            let path = path.or_else(|| item.as_mapping()?.get("local")?.as_str());
            let node = path.filter(|_| left > 0).and_then(|path| read(path.trim_start_matches('/')));
            left = left.saturating_sub(1);
            match node.map(|node| node.value) {
                Some(Value::Mapping(map)) => found.push(map),
                _ => unread.push(item),
            }
        }
        include.value.value = Value::Sequence(unread);
        if found.is_empty() {
            return;
        }
        for entry in found.into_iter().flat_map(|map| map.entries) {
            match map.entries.iter_mut().find(|known| known.key.text == entry.key.text) {
                None => map.entries.push(entry),
                // What an included file includes is looked at next.
                Some(known) if known.key.text == "include" => {
                    let more = one_or_more(&entry.value).cloned();
                    if let Value::Sequence(items) = &mut known.value.value {
                        items.extend(more);
                    }
                }
                Some(_) => {}
            }
        }
    }
}
