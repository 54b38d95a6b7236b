//! What the keys at the top of a GitLab configuration stand for, whoever wrote it: keywords, stages and jobs.

use crate::yaml::{Entry, Mapping, Node};

/// Keys at the top that are no jobs (<https://docs.gitlab.com/ci/jobs/#job-names>).
pub(super) const KEYWORDS: [&str; 12] = [
    "default",
    "include",
    "stages",
    "variables",
    "workflow",
    "spec",
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
    "types",
];

/// The stages that there are without `stages`, and those that there always are.
const STAGES: [&str; 3] = ["build", "test", "deploy"];
const ALWAYS: [&str; 2] = [".pre", ".post"];

/// Keywords that are jobs if they do something, as they were before GitLab knew them
/// (`filter_jobs!` in <https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/config/entry/root.rb>).
const LATE_KEYWORDS: [&str; 2] = ["default", "workflow"];

/// Whether an entry at the top is a job.
pub(super) fn is_job(entry: &Entry) -> bool {
    let key = entry.key.text.as_str();
    let does = |map: &Mapping| ["script", "run", "trigger"].iter().any(|key| map.get(key).is_some());
    match KEYWORDS.contains(&key) {
        true => LATE_KEYWORDS.contains(&key) && entry.value.as_mapping().is_some_and(does),
        false => !key.starts_with('.'),
    }
}

/// The stages that there are (<https://docs.gitlab.com/ci/yaml/#stages>).
pub(super) fn stages(root: &Mapping) -> Vec<&str> {
    match root.get("stages").and_then(Node::as_sequence) {
        Some(items) => items.iter().filter_map(Node::as_str).chain(ALWAYS).collect(),
        None => STAGES.into_iter().chain(ALWAYS).collect(),
    }
}

/// The items of a list, or the one that stands alone.
pub(super) fn one_or_more(node: &Node) -> impl Iterator<Item = &Node> {
    node.as_sequence().unwrap_or(std::slice::from_ref(node)).iter()
}
