//! Parts of a workflow and of its jobs that are maps with keys of their own.

use super::key;
use crate::diagnostic::Diagnostic;
use crate::yaml::{Mapping, Node};

const RUN: [&str; 2] = ["shell", "working-directory"];

const CONTAINER: [&str; 6] = ["image", "credentials", "env", "ports", "volumes", "options"];

/// Two more, which only services have.
const SERVICE: [&str; 8] = ["image", "credentials", "env", "ports", "volumes", "options", "entrypoint", "command"];

/// What is a map with these keys, if it is a map.
const PARTS: [(&str, &[&str]); 6] = [
    ("strategy", &["matrix", "fail-fast", "max-parallel"]),
    ("concurrency", &["group", "cancel-in-progress", "queue"]),
    ("environment", &["name", "url", "deployment"]),
    ("runs-on", &["group", "labels"]),
    ("container", &CONTAINER),
    ("defaults", &["run"]),
];

/// Reports keys of such parts that there are not; `owner` is a workflow or a job.
pub(super) fn check(owner: &Mapping, problems: &mut Vec<Diagnostic>) {
    let part = |key: &str| owner.get(key).and_then(Node::as_mapping);
    for (name, known) in PARTS {
        if let Some(map) = part(name) {
            key::check(map, &format!("`{name}`"), known, problems);
        }
    }
    if let Some(run) = part("defaults").and_then(|defaults| defaults.get("run")?.as_mapping()) {
        key::check(run, "`run` of `defaults`", &RUN, problems);
    }
    for service in part("services").into_iter().flat_map(|services| &services.entries) {
        if let Some(map) = service.value.as_mapping() {
            key::check(map, &format!("the service `{}`", service.key.text), &SERVICE, problems);
        }
    }
}
