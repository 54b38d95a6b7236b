//! The user's own GitLab file, which includes the generated one: which jobs it has, and what does not go with ours.

use std::collections::{BTreeMap, BTreeSet};

use super::include::unread;
use super::keywords::{is_job, stages};
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
        is_partial: unread(&config.root).next().is_some(),
    };
    if config.root.is_null() {
        return (external, Vec::new());
    }
    let Some(root) = config.root.as_mapping() else {
        let message = format!("a GitLab configuration must be a map, found {}", config.root.kind());
        return (external, vec![Diagnostic::new("own-shape", config.root.span, message).help("write a map")]);
    };
    let names: BTreeSet<String> =
        root.entries.iter().filter(|entry| is_job(entry)).map(|entry| entry.key.text.clone()).collect();
    for workflow in workflows {
        external.workflows.insert((*workflow).to_owned(), names.clone());
    }
    (external, Vec::new())
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
