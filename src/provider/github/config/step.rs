//! The steps of a job, or of an action: their keys, and what they are called.

use std::collections::HashMap;

use super::job::wrong_identifier;
use super::key;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::yaml::{Mapping, Node};

/// What a step does: the keys of which it has one, and what else it may have then.
const KINDS: [(&str, &[&str]); 6] = [
    ("run", &["env", "working-directory", "shell", "if", "timeout-minutes", "background"]),
    ("uses", &["with", "env", "if", "timeout-minutes", "background"]),
    ("wait", &[]),
    ("wait-all", &[]),
    ("cancel", &[]),
    ("parallel", &[]),
];

/// What every step may have.
const ALWAYS: [&str; 3] = ["name", "id", "continue-on-error"];

/// Reports steps of a job.
pub(super) fn check(steps: &[&Mapping], problems: &mut Vec<Diagnostic>) {
    check_identifiers(steps, problems);
    for step in steps {
        check_step(step, problems);
    }
}

/// Reports steps of an action, each of which says which shell it is for
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#runs-for-composite-actions>).
pub(super) fn check_composite(steps: &[&Mapping], problems: &mut Vec<Diagnostic>) {
    check(steps, problems);
    for entry in steps.iter().filter(|step| step.get("shell").is_none()).filter_map(|step| step.entry("run")) {
        let problem = Diagnostic::new("step-key", entry.key.span, "a step with `run` has no `shell`");
        problems.push(problem.help("in an action every such step says it: `shell: bash`"));
    }
}

fn check_step(step: &Mapping, problems: &mut Vec<Diagnostic>) {
    let kinds: Vec<_> = KINDS.iter().filter(|(kind, _)| step.get(kind).is_some()).collect();
    match kinds.as_slice() {
        [] => {
            let unknown = |key: &str| !ALWAYS.contains(&key) && KINDS.iter().all(|(_, more)| !more.contains(&key));
            let keys = step.entries.iter().map(|entry| entry.key.text.as_str());
            let close = keys.filter(|key| unknown(key)).find_map(|key| {
                crate::similar::closest(key, ["run", "uses"])
                    .map(|close| format!("did you mean `{close}`, not `{key}`?"))
            });
            let problem = Diagnostic::new("step-key", start(step), "a step has neither `run` nor `uses`");
            problems.push(problem.help(close.unwrap_or_else(|| "give it one of them".to_owned())));
        }
        [(kind, more)] => {
            let known: Vec<&str> = [*kind].into_iter().chain(ALWAYS).chain(more.iter().copied()).collect();
            key::check(step, &format!("a step with `{kind}`"), &known, problems);
        }
        [(first, _), (second, _), ..] => {
            let span = step.entry(second).map_or_else(Span::default, |entry| entry.key.span);
            let problem = Diagnostic::new("step-key", span, format!("a step has both `{first}` and `{second}`"));
            problems.push(problem.help("make two steps of it"));
        }
    }
}

fn check_identifiers(steps: &[&Mapping], problems: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<String, Span> = HashMap::new();
    for node in steps.iter().filter_map(|step| step.get("id")) {
        let Some(name) = node.as_str().filter(|name| !name.is_empty() && !name.contains("${{")) else { continue };
        if let Some(help) = wrong_identifier(name) {
            let message = format!("a step cannot be called `{name}`");
            problems.push(Diagnostic::new("identifier", node.span, message).help(help));
        }
        if let Some(first) = seen.insert(name.to_lowercase(), node.span) {
            let problem = Diagnostic::new("identifier", node.span, format!("two steps are called `{name}`"));
            problems.push(problem.related(first, "first used here").help("rename one of them; case does not count"));
        }
    }
}

fn start(step: &Mapping) -> Span {
    step.entries.first().map_or_else(Span::default, |entry| entry.key.span)
}

/// The identifiers of steps, in small letters.
pub(super) fn identifiers<'n>(steps: &[&'n Mapping]) -> Vec<&'n str> {
    steps.iter().filter_map(|step| step.get("id").and_then(Node::as_str)).collect()
}
