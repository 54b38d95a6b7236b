//! Steps: built-in ones, commands, and what they are called with
//! (<https://circleci.com/docs/reference/configuration-reference/#steps>).

use std::collections::{BTreeSet, HashMap};

use super::parameter::{Parameters, Type};
use super::reference::Scope;
use super::{Config, Found, Kind, entries, shape};
use crate::diagnostic::{Diagnostic, chain};
use crate::span::Span;
use crate::yaml::{Entry, Node};

/// The steps that CircleCI has, with the keys that they must have; any of those that are joined by `|`.
const BUILT_IN: [(&str, &[&str]); 15] = [
    ("run", &["command"]),
    ("when", &["condition", "steps"]),
    ("unless", &["condition", "steps"]),
    ("checkout", &[]),
    ("setup_remote_docker", &[]),
    ("save_cache", &["key", "paths"]),
    ("restore_cache", &["key|keys"]),
    ("store_artifacts", &["path"]),
    ("store_test_results", &["path"]),
    ("persist_to_workspace", &["root", "paths"]),
    ("attach_workspace", &["at"]),
    ("add_ssh_keys", &[]),
    ("deploy", &["command"]),
    ("steps", &[]),
    ("pre-steps", &[]),
];

/// Keys of a `run` step (<https://circleci.com/docs/reference/configuration-reference/#run>).
const RUN_KEYS: [&str; 11] = [
    "name",
    "command",
    "shell",
    "environment",
    "background",
    "working_directory",
    "no_output_timeout",
    "when",
    "max_auto_reruns",
    "auto_rerun_delay",
    "description",
];

/// The keys that a step of CircleCI's own must have.
pub(super) fn built_in(name: &str) -> Option<&'static [&'static str]> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, needed)| *needed)
}

/// Checks a list of steps.
pub(super) fn check(steps: &Node, scope: &Scope<'_, '_>, problems: &mut Vec<Diagnostic>) {
    if steps.as_mapping().is_some() {
        // CircleCI takes it for a list with this one step.
        let problem = Diagnostic::new("shape", steps.span, "`steps` is a map, which CircleCI takes for a single step");
        problems.push(problem.help("write a list").warning());
        return check_one(steps, scope, problems);
    }
    let Some(items) = steps.as_sequence() else {
        if !steps.as_str().is_some_and(|text| text.contains("<<")) {
            problems.push(shape(steps, "`steps`", "a list"));
        }
        scope.check(steps, problems);
        return;
    };
    for step in items {
        check_one(step, scope, problems);
    }
}

fn check_one(step: &Node, scope: &Scope<'_, '_>, problems: &mut Vec<Diagnostic>) {
    let Some(map) = step.as_mapping() else {
        match step.as_str() {
            Some(name) => call(name, step.span, &[], scope, problems),
            None => problems.push(shape(step, "a step", "a name or a map with one key")),
        }
        return;
    };
    let [entry] = map.entries.as_slice() else {
        let problem = match map.entries.split_first() {
            Some((first, rest)) if first.value.is_null() => {
                let message = format!("`{}` is beside `{}`, not inside it", rest[0].key.text, first.key.text);
                Diagnostic::new("step-indentation", rest[0].key.span, message).help("indent it two spaces further")
            }
            _ => shape(step, "a step", "a map with one key"),
        };
        problems.push(problem);
        return;
    };
    let (name, value) = (entry.key.text.as_str(), &entry.value);
    let is_own = scope.config.commands.contains_key(name);
    match name {
        "steps" => return check(value, scope, problems),
        "when" | "unless" if !is_own => {
            if let Some(body) = value.as_mapping() {
                body.get("condition").iter().for_each(|condition| scope.check(condition, problems));
                body.get("steps").iter().for_each(|steps| check(steps, scope, problems));
            }
        }
        "run" if !is_own => {
            scope.check(value, problems);
            for inner in value.as_mapping().iter().flat_map(|map| &map.entries) {
                let key = inner.key.text.as_str();
                if !RUN_KEYS.contains(&key) {
                    let problem = Diagnostic::new("unknown-key", inner.key.span, format!("`run` has no key `{key}`"));
                    problems.push(problem.did_you_mean(key, RUN_KEYS).warning());
                }
            }
        }
        _ if !is_own && built_in(name).is_some() => scope.check(value, problems),
        _ => {
            let is_known = !matches!(scope.config.find(Kind::Command, name, entry.key.span, &[]), Found::Nothing(_));
            if is_known && !value.is_null() && value.as_mapping().is_none() {
                problems.push(shape(value, &format!("what `{name}` is given"), "a map"));
            }
            let given = value.as_mapping().map(|map| map.entries.as_slice()).unwrap_or_default();
            // Steps in it are checked as steps.
            given.iter().filter(|entry| entry.value.as_sequence().is_none()).for_each(|entry| {
                scope.check(&entry.value, problems);
            });
            return call(name, entry.key.span, given, scope, problems);
        }
    }
    check_keys(entry, problems);
}

/// The keys that a built-in step must have.
fn check_keys(entry: &Entry, problems: &mut Vec<Diagnostic>) {
    let name = &entry.key.text;
    let Some(needed) = built_in(name) else { return };
    let map = entry.value.as_mapping();
    // The short form of `run` is its command.
    if map.is_none() && (needed.is_empty() || (needed == ["command"] && !entry.value.is_null())) {
        return;
    }
    for key in needed {
        if !key.split('|').any(|key| map.is_some_and(|map| map.get(key).is_some())) {
            let key = key.replace('|', "` or `");
            let problem = Diagnostic::new("step-key", entry.key.span, format!("`{name}` needs the key `{key}`"));
            problems.push(problem.help("write it under the step, indented two spaces further"));
        }
    }
}

/// A step by its name, with what it is given.
fn call(name: &str, span: crate::span::Span, given: &[Entry], scope: &Scope<'_, '_>, problems: &mut Vec<Diagnostic>) {
    if let Some(needed) = built_in(name).filter(|_| !scope.config.commands.contains_key(name)) {
        if !needed.is_empty() {
            let problem = Diagnostic::new("step-key", span, format!("`{name}` needs the key `{}`", needed[0]));
            problems.push(problem.help(format!("write `{name}:` with the key under it")));
        }
        return;
    }
    if name.contains("<<") {
        return;
    }
    let names = BUILT_IN.map(|(name, _)| name);
    match scope.config.find(Kind::Command, name, span, &names) {
        Found::Nothing(problem) => problems.push(problem),
        Found::Unread => {}
        Found::Declaration(declaration) => {
            let what = format!("the command `{name}`");
            arguments(&what, span, &declaration.parameters, given.iter(), scope, problems);
        }
    }
}

/// Commands that end up in themselves.
pub(super) fn check_cycles(config: &Config<'_>, problems: &mut Vec<Diagnostic>) {
    let mut done: HashMap<&str, bool> = HashMap::new();
    let mut reported = BTreeSet::new();
    for start in entries(config.root, "commands") {
        // From `start`, with what is still to be looked at of each command on it.
        let mut path: Vec<(&str, Vec<(&str, crate::span::Span)>)> = Vec::new();
        if !done.contains_key(start.key.text.as_str()) {
            path.push((&start.key.text, called(&start.value)));
        }
        while let Some((name, rest)) = path.last_mut() {
            let name = *name;
            done.entry(name).or_insert(false);
            let Some((next, span)) = rest.pop() else {
                done.insert(name, true);
                path.pop();
                continue;
            };
            match (config.commands.get_key_value(next), done.get(next)) {
                (Some((name, command)), None) => path.push((name, called(command.body))),
                (Some(_), Some(false)) if reported.insert(next.to_owned()) => {
                    let from = path.iter().position(|(name, _)| *name == next).unwrap_or_default();
                    let names: Vec<&str> = path[from..].iter().map(|(name, _)| *name).chain([next]).collect();
                    let message = format!("the command `{next}` runs itself: {}", chain(&names));
                    problems.push(Diagnostic::new("cycle", span, message).help("remove one of these steps"));
                }
                _ => {}
            }
        }
    }
}

/// The names of all steps of a command, also of those under a condition.
fn called(body: &Node) -> Vec<(&str, crate::span::Span)> {
    let mut names = Vec::new();
    let mut lists: Vec<&Node> = body.as_mapping().and_then(|map| map.get("steps")).into_iter().collect();
    while let Some(list) = lists.pop() {
        for step in list.as_sequence().unwrap_or_default() {
            match step.as_mapping() {
                None => names.extend(step.as_str().map(|name| (name, step.span))),
                Some(map) => {
                    for entry in &map.entries {
                        names.push((entry.key.text.as_str(), entry.key.span));
                        lists.extend(entry.value.as_mapping().and_then(|map| map.get("steps")));
                    }
                }
            }
        }
    }
    names
}

/// Checks what something is called with: every parameter without a default is given, and nothing else.
pub(super) fn arguments<'e, 'n>(
    what: &str,
    span: Span,
    parameters: &Parameters<'_>,
    given: impl Iterator<Item = &'e Entry>,
    scope: &Scope<'_, 'n>,
    problems: &mut Vec<Diagnostic>,
) {
    let mut names = Vec::new();
    for entry in given {
        names.push(entry.key.text.as_str());
        argument(what, parameters, &entry.key.text, entry.key.span, &entry.value, scope, problems);
    }
    missing(what, span, parameters, &names, problems);
}

/// Checks one value of a parameter.
pub(super) fn argument(
    what: &str,
    parameters: &Parameters<'_>,
    name: &str,
    span: Span,
    value: &Node,
    scope: &Scope<'_, '_>,
    problems: &mut Vec<Diagnostic>,
) {
    let Some(parameter) = parameters.0.iter().find(|parameter| parameter.name == name) else {
        let problem = Diagnostic::new("unknown-parameter", span, format!("{what} has no parameter `{name}`"));
        let problem = problem.did_you_mean(name, parameters.names());
        problems.push(problem.or_help("remove it, or declare it under `parameters` there"));
        return;
    };
    match (&parameter.kind, parameter.kind.refuses(value)) {
        (kind, Some(why)) => {
            let message = format!("the parameter `{name}` of {what} {why}");
            problems.push(Diagnostic::new("parameter-value", value.span, message).help(kind.help()));
        }
        (Type::Steps, None) => check(value, scope, problems),
        (Type::Executor, None) => {
            let name = value.as_str().or_else(|| value.as_mapping()?.get("name")?.as_str()).unwrap_or_default();
            if !name.contains("<<")
                && let Found::Nothing(problem) = scope.config.find(Kind::Executor, name, value.span, &[])
            {
                problems.push(problem);
            }
        }
        _ => {}
    }
}

/// Tells which parameters are not given although they must be.
pub(super) fn missing(
    what: &str,
    span: Span,
    parameters: &Parameters<'_>,
    given: &[&str],
    problems: &mut Vec<Diagnostic>,
) {
    let missing = parameters.0.iter().filter(|parameter| !parameter.has_default && !given.contains(&parameter.name));
    for parameter in missing {
        let message = format!("{what} needs the parameter `{}`", parameter.name);
        let problem = Diagnostic::new("missing-parameter", span, message);
        problems.push(problem.help("give it a value here, or a default where it is declared"));
    }
}
