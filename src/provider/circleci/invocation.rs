//! A job as a workflow invokes it.

use crate::span::Span;
use crate::yaml::{Mapping, Node};

/// Keys of a job in a workflow that are no parameters.
pub(super) const RESERVED: &[&str] = &[
    "requires",
    "name",
    "context",
    "filters",
    "type",
    "matrix",
    "pre-steps",
    "post-steps",
    "serial-group",
    "max_auto_reruns",
    "override-with",
];

/// The job's name and what it is called with, if anything. CircleCI ignores what stands beside the name.
pub(super) fn invocation(entry: &Node) -> Option<(&str, Option<&Mapping>)> {
    match entry.as_mapping() {
        Some(map) => map.entries.first().map(|first| (first.key.text.as_str(), first.value.as_mapping())),
        None => entry.as_str().map(|name| (name, None)),
    }
}

/// The names in a `requires`, with the places where they stand.
pub(super) fn requires(called: Option<&Mapping>) -> Vec<(&str, Span)> {
    let Some(node) = called.and_then(|map| map.get("requires")) else { return Vec::new() };
    let name = |node| -> Option<(&str, Span)> {
        let node: &Node = node;
        match node.as_mapping() {
            Some(map) => map.entries.first().map(|entry| (entry.key.text.as_str(), entry.key.span)),
            None => node.as_str().map(|name| (name, node.span)),
        }
    };
    node.as_sequence().unwrap_or_default().iter().filter_map(name).collect()
}
