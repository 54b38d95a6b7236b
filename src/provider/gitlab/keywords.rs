//! What the keys at the top of a GitLab configuration stand for, whoever wrote it: keywords, stages and jobs.

use crate::yaml::{Mapping, Node};

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

/// Whether a key at the top is a job's name.
pub(super) fn is_job(key: &str) -> bool {
    !KEYWORDS.contains(&key) && !key.starts_with('.')
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
