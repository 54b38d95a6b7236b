//! A whole GitLab configuration, whoever wrote it, and everything in it that GitLab would refuse or take otherwise than it
//! was meant (<https://docs.gitlab.com/ci/yaml/>).

mod condition;
mod need;

use std::collections::{HashMap, HashSet};

use super::keywords::{KEYWORDS, is_job, one_or_more, stages};
use super::user_config::is_partial;
use crate::diagnostic::{Diagnostic, Severity};
use crate::yaml::{Entry, Mapping, Node};

const RESERVED: [&str; 4] = ["true", "false", "nil", "pages:deploy"];

/// The longest name of a job, in characters.
const NAME_LENGTH: usize = 255;

struct Config<'n> {
    root: &'n Mapping,
    entries: HashMap<&'n str, &'n Entry>,
    /// Whether it includes what cannot be read here, so that a name which is not here may be there.
    is_partial: bool,
}

/// Everything that is wrong with a configuration.
pub(super) fn problems(document: &Node, _text: &str) -> Vec<Diagnostic> {
    let Some(root) = document.as_mapping() else {
        let message = format!("a GitLab configuration must be a map, found {}", document.kind());
        return vec![Diagnostic::new("shape", document.span, message).help("write jobs, each a map with a `script`")];
    };
    let entries = root.entries.iter().map(|entry| (entry.key.text.as_str(), entry)).collect();
    let config = Config { root, entries, is_partial: is_partial(document) };
    let mut problems = Vec::new();
    config.check_stages(&mut problems);
    for entry in &root.entries {
        config.check_entry(entry, &mut problems);
    }
    need::check(&config, &mut problems);
    problems
}

impl<'n> Config<'n> {
    fn jobs(&self) -> impl Iterator<Item = &'n Entry> + use<'n> {
        self.root.entries.iter().filter(|entry| is_job(&entry.key.text))
    }

    /// What a job has under a key, itself or from what it extends; of several parents the last that has it counts
    /// (<https://docs.gitlab.com/ci/yaml/#extends>). Each is looked at once: they may extend each other.
    fn get(&self, job: &'n Node, key: &str) -> Option<&'n Node> {
        let mut seen: HashSet<&str> = HashSet::new();
        let mut left = vec![job];
        while let Some(map) = left.pop().map(Node::as_mapping) {
            let Some(map) = map else { continue };
            if let Some(node) = map.get(key) {
                return Some(node);
            }
            // The last is on top.
            for parent in map.get("extends").into_iter().flat_map(one_or_more).filter_map(Node::as_str) {
                if seen.insert(parent) {
                    left.extend(self.entries.get(parent).map(|entry| &entry.value));
                }
            }
        }
        None
    }

    fn check_stages(&self, problems: &mut Vec<Diagnostic>) {
        let known = stages(self.root);
        for entry in self.jobs() {
            let Some(stage) = self.get(&entry.value, "stage") else { continue };
            let Some(name) = stage.as_str().filter(|name| !known.contains(name) && !name.contains("$[[")) else {
                continue;
            };
            let problem = Diagnostic::new("unknown-stage", stage.span, format!("there is no stage `{name}`"));
            problems.push(self.doubt(problem.did_you_mean(name, known.iter().copied())));
        }
    }

    fn check_entry(&self, entry: &'n Entry, problems: &mut Vec<Diagnostic>) {
        let name = entry.key.text.as_str();
        let body = entry.value.as_mapping();
        for parent in body.and_then(|map| map.get("extends")).into_iter().flat_map(one_or_more) {
            let Some(other) = parent.as_str().filter(|other| !self.entries.contains_key(other)) else { continue };
            let message = format!("`{name}` extends `{other}`, which does not exist");
            let problem = Diagnostic::new("unknown-extends", parent.span, message);
            problems.push(
                self.doubt(problem.did_you_mean(other, self.root.entries.iter().map(|entry| entry.key.text.as_str()))),
            );
        }
        if let Some(variables) = body.and_then(|map| map.get("variables")).and_then(Node::as_mapping) {
            self.check_variables(variables, problems);
        }
        if name == "variables" {
            body.iter().for_each(|map| self.check_variables(map, problems));
        }
        if KEYWORDS.contains(&name) {
            if body.is_some_and(|map| map.get("script").is_some()) {
                let problem =
                    Diagnostic::new("reserved-name", entry.key.span, format!("a job cannot be named `{name}`"));
                problems.push(problem.help("rename it: GitLab reserves this key"));
            }
            return;
        }
        if !is_job(name) {
            return;
        }
        if RESERVED.contains(&name) || name.chars().count() > NAME_LENGTH {
            let message = match RESERVED.contains(&name) {
                true => format!("a job cannot be named `{name}`"),
                false => format!("a job's name can have at most {NAME_LENGTH} characters"),
            };
            problems.push(Diagnostic::new("reserved-name", entry.key.span, message).help("rename it"));
        }
        let Some(body) = body else {
            let message = format!("the job `{name}` must be a map, found {}", entry.value.kind());
            problems.push(Diagnostic::new("shape", entry.value.span, message).help("write a map with a `script`"));
            return;
        };
        let does = ["script", "trigger", "run", "pages", "release"];
        if body.get("extends").is_none_or(|_| !self.is_partial)
            && !does.iter().any(|key| self.get(&entry.value, key).is_some())
        {
            let problem = Diagnostic::new("no-script", entry.key.span, format!("the job `{name}` does nothing"));
            problems.push(problem.help("give it a `script`, or start its name with a dot if other jobs extend it"));
        }
    }

    /// A `$` in a variable is filled in by GitLab, with nothing if there is no such variable.
    fn check_variables(&self, variables: &'n Mapping, problems: &mut Vec<Diagnostic>) {
        for entry in &variables.entries {
            let Some(text) = entry.value.as_str() else { continue };
            for name in references(text) {
                let is_given =
                    ["CI_", "CI", "GITLAB_", "RUNNER_", "FF_", "DOCKER_"].iter().any(|known| name.starts_with(known));
                if is_given || self.defines(name) {
                    continue;
                }
                let message = format!("GitLab expands `${name}` here, but this file defines no such variable");
                let problem = Diagnostic::new("filled-in", entry.value.span, message).warning();
                problems.push(problem.help("write `$$`, or `{ value: ..., expand: false }`, to leave it to the shell"));
            }
        }
    }

    /// Whether the file gives a value to a variable, anywhere.
    fn defines(&self, name: &str) -> bool {
        let has = |node: Option<&Node>| node.and_then(Node::as_mapping).is_some_and(|map| map.get(name).is_some());
        let of_rules = |entry: &Entry| {
            let rules = entry.value.as_mapping().and_then(|map| map.get("rules")).and_then(Node::as_sequence);
            rules.unwrap_or_default().iter().any(|rule| has(rule.as_mapping().and_then(|map| map.get("variables"))))
        };
        has(self.root.get("variables"))
            || self
                .root
                .entries
                .iter()
                .any(|entry| has(entry.value.as_mapping().and_then(|map| map.get("variables"))) || of_rules(entry))
    }

    /// What is not here may be in a file that cannot be read.
    fn doubt(&self, problem: Diagnostic) -> Diagnostic {
        if self.is_partial { Diagnostic { severity: Severity::Warning, ..problem } } else { problem }
    }
}

/// The names after single dollars.
fn references(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            rest = after;
            continue;
        }
        let inner = rest.strip_prefix('{').unwrap_or(rest);
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        if end > 0 && !inner.starts_with(|c: char| c.is_ascii_digit()) {
            names.push(&inner[..end]);
        }
    }
    names
}
