//! A whole GitLab configuration, whoever wrote it, and everything in it that GitLab would refuse or take otherwise than it
//! was meant (<https://docs.gitlab.com/ci/yaml/>).

mod condition;
mod need;
mod rules;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::include::{described, unread};
use super::keywords::{KEYWORDS, is_job, one_or_more, stages};
use crate::diagnostic::{Diagnostic, Hints, list};
use crate::yaml::{Entry, Mapping, Node};

const RESERVED: [&str; 4] = ["true", "false", "nil", "pages:deploy"];

/// Keys by which a job does something.
const DOES: [&str; 5] = ["script", "trigger", "run", "pages", "release"];

/// The longest name of a job, in characters.
const NAME_LENGTH: usize = 255;

struct Config<'n> {
    root: &'n Mapping,
    entries: HashMap<&'n str, &'n Entry>,
    /// What it includes that cannot be read here, so that a name which is not here may be there.
    unread: Vec<String>,
    /// Whether inputs that are not known here are in the names of jobs or stages
    /// (<https://docs.gitlab.com/ci/inputs/>).
    has_inputs: bool,
    /// The variables that it gives a value to, anywhere.
    variables: HashSet<&'n str>,
    /// Names that are used and may be in what cannot be read.
    trusted: RefCell<BTreeSet<&'n str>>,
    hints: Hints,
}

/// What a job has under a key.
enum Lookup<'n> {
    Found(&'n Node),
    /// Nothing, as far as it can be read.
    Unknown,
    Nothing,
}

/// Everything that is wrong with a configuration.
pub(super) fn problems(document: &Node, _text: &str) -> Vec<Diagnostic> {
    let Some(root) = document.as_mapping() else {
        let message = format!("a GitLab configuration must be a map, found {}", document.kind());
        return vec![Diagnostic::new("shape", document.span, message).help("write jobs, each a map with a `script`")];
    };
    let entries = root.entries.iter().map(|entry| (entry.key.text.as_str(), entry)).collect();
    let inputs = |node: &Node| node.as_str().is_some_and(|text| text.contains("$[["));
    let has_inputs = root.entries.iter().any(|entry| entry.key.text.contains("$[["))
        || root.get("stages").into_iter().flat_map(one_or_more).any(inputs);
    let config = Config {
        root,
        entries,
        unread: unread(document).map(described).collect(),
        has_inputs,
        variables: variables(root),
        trusted: RefCell::default(),
        hints: Hints::default(),
    };
    let mut problems = Vec::new();
    config.check_stages(&mut problems);
    for entry in &root.entries {
        config.check_entry(entry, &mut problems);
    }
    need::check(&config, &mut problems);
    problems.extend(config.unread_include(document));
    problems
}

impl<'n> Config<'n> {
    fn jobs(&self) -> impl Iterator<Item = &'n Entry> + use<'n> {
        self.root.entries.iter().filter(|entry| is_job(entry))
    }

    /// What a job has under a key, itself or from what it extends; of several parents the last that has it counts
    /// (<https://docs.gitlab.com/ci/yaml/#extends>). Each is looked at once: they may extend each other.
    fn lookup(&self, job: &'n Node, key: &str) -> Lookup<'n> {
        let mut seen: HashSet<&str> = HashSet::new();
        let mut left = vec![job];
        while let Some(node) = left.pop() {
            let Some(map) = node.as_mapping() else { continue };
            if let Some(node) = map.get(key) {
                return Lookup::Found(node);
            }
            // The last is on top.
            for parent in map.get("extends").into_iter().flat_map(one_or_more).filter_map(Node::as_str) {
                match self.entries.get(parent) {
                    Some(entry) if seen.insert(parent) => left.push(&entry.value),
                    Some(_) => {}
                    // It is reported, or may be somewhere else and have anything.
                    None => return Lookup::Unknown,
                }
            }
        }
        if self.is_partial() { Lookup::Unknown } else { Lookup::Nothing }
    }

    fn get(&self, job: &'n Node, key: &str) -> Option<&'n Node> {
        match self.lookup(job, key) {
            Lookup::Found(node) => Some(node),
            Lookup::Unknown | Lookup::Nothing => None,
        }
    }

    /// Whether there is more than can be read here: a job may be one that is included, with some of its keys replaced.
    fn is_partial(&self) -> bool {
        self.has_inputs || !self.unread.is_empty()
    }

    fn check_stages(&self, problems: &mut Vec<Diagnostic>) {
        let known = stages(self.root);
        for entry in self.jobs() {
            let Some(stage) = self.get(&entry.value, "stage") else { continue };
            let Some(name) = stage.as_str().filter(|name| !known.contains(name) && !name.contains("$[[")) else {
                continue;
            };
            let problem = Diagnostic::new("unknown-stage", stage.span, format!("there is no stage `{name}`"));
            self.unknown(problem, name, || known.iter().copied(), problems);
        }
    }

    fn check_entry(&self, entry: &'n Entry, problems: &mut Vec<Diagnostic>) {
        let name = entry.key.text.as_str();
        let body = entry.value.as_mapping();
        for parent in body.and_then(|map| map.get("extends")).into_iter().flat_map(one_or_more) {
            let Some(other) = parent.as_str().filter(|other| !self.entries.contains_key(other)) else { continue };
            let message = format!("`{name}` extends `{other}`, which does not exist");
            let problem = Diagnostic::new("unknown-extends", parent.span, message);
            self.unknown(problem, other, || self.root.entries.iter().map(|entry| entry.key.text.as_str()), problems);
        }
        let variables =
            if name == "variables" { body } else { body.and_then(|map| map.get("variables")?.as_mapping()) };
        if let Some(variables) = variables.filter(|_| !self.is_partial()) {
            self.check_variables(variables, problems);
        }
        if KEYWORDS.contains(&name) && !is_job(entry) {
            if body.is_some_and(|map| map.get("script").is_some()) {
                let problem =
                    Diagnostic::new("reserved-name", entry.key.span, format!("a job cannot be named `{name}`"));
                problems.push(problem.help("rename it: GitLab reserves this key"));
            }
            return;
        }
        if !is_job(entry) {
            return;
        }
        if RESERVED.contains(&name) || name.chars().count() > NAME_LENGTH {
            let message = match RESERVED.contains(&name) {
                true => format!("a job cannot be named `{name}`"),
                false => format!("a job's name can have at most {NAME_LENGTH} characters"),
            };
            problems.push(Diagnostic::new("reserved-name", entry.key.span, message).help("rename it"));
        }
        if body.is_none() {
            let message = format!("the job `{name}` must be a map, found {}", entry.value.kind());
            problems.push(Diagnostic::new("shape", entry.value.span, message).help("write a map with a `script`"));
            return;
        };
        // A pipeline that waits for another project's does nothing itself.
        let waits = self.get(&entry.value, "needs").into_iter().flat_map(one_or_more);
        let is_bridge = waits.filter_map(Node::as_mapping).any(|need| need.get("pipeline").is_some());
        // Where something is unknown, the script may be there; a parent that does not exist is reported by itself.
        if !is_bridge && DOES.iter().all(|key| matches!(self.lookup(&entry.value, key), Lookup::Nothing)) {
            let problem = Diagnostic::new("no-script", entry.key.span, format!("the job `{name}` has no `script`"));
            problems.push(problem.help("give it a `script`, or start its name with a dot if other jobs extend it"));
        }
    }

    /// A `$` in a variable is filled in by GitLab, with nothing if there is no such variable. In capitals it may be one of
    /// the project's settings; the shell's own have small letters.
    fn check_variables(&self, variables: &'n Mapping, problems: &mut Vec<Diagnostic>) {
        for entry in &variables.entries {
            let text = entry.value.as_str().unwrap_or_default();
            let of_shell =
                |name: &&str| name.contains(|c: char| c.is_ascii_lowercase()) && !self.variables.contains(name);
            for name in references(text).into_iter().filter(of_shell) {
                let message = format!("GitLab expands `${name}` here, but this file defines no such variable");
                let problem = Diagnostic::new("filled-in", entry.value.span, message).warning();
                problems.push(problem.help("write `$$`, or `{ value: ..., expand: false }`, to leave it to the shell"));
            }
        }
    }

    /// Reports a name that does not exist, unless it may be in what is included and cannot be read.
    fn unknown<'k, I: IntoIterator<Item = &'k str>>(
        &self,
        problem: Diagnostic,
        name: &'n str,
        known: impl FnOnce() -> I,
        problems: &mut Vec<Diagnostic>,
    ) {
        match self.unread.is_empty() {
            true => problems.push(self.doubt(self.suggested(problem, name, known))),
            false => drop(self.trusted.borrow_mut().insert(name)),
        }
    }

    fn suggested<'k, I: IntoIterator<Item = &'k str>>(
        &self,
        problem: Diagnostic,
        name: &str,
        known: impl FnOnce() -> I,
    ) -> Diagnostic {
        self.hints.did_you_mean(problem, name, known).or_help("add it, or correct the name")
    }

    /// One warning for everything that is included and cannot be read, with the names that may be there.
    fn unread_include(&self, document: &Node) -> Option<Diagnostic> {
        let span = unread(document).next()?.span;
        let message = format!("cannot read what the file includes: {}", few(self.unread.iter().map(String::as_str)));
        let names = self.trusted.borrow();
        let problem = Diagnostic::new("unread-include", span, message).warning();
        Some(problem.help(match names.is_empty() {
            true => "jobs, scripts and rules from there are not checked".to_owned(),
            false => format!(
                "jobs, scripts and rules from there are not checked, nor whether it has {}",
                few(names.iter().copied())
            ),
        }))
    }

    /// A problem that is none if what cannot be read is otherwise than it seems from here.
    fn doubt(&self, problem: Diagnostic) -> Diagnostic {
        if !self.is_partial() {
            return problem;
        }
        // Nobody else's part of the file is to blame.
        let problem = Diagnostic { related: Vec::new(), ..problem.warning() };
        problem.help(match self.unread.is_empty() {
            true => "the file has inputs, whose values are not known here",
            false => "what the file includes may say otherwise",
        })
    }
}

/// The variables that the file gives a value to, anywhere.
fn variables(root: &Mapping) -> HashSet<&str> {
    let mut maps: Vec<&Node> = root.get("variables").into_iter().collect();
    for body in root.entries.iter().filter_map(|entry| entry.value.as_mapping()) {
        maps.extend(body.get("variables"));
        let rules = body.get("rules").and_then(Node::as_sequence).unwrap_or_default();
        maps.extend(rules.iter().filter_map(|rule| rule.as_mapping()?.get("variables")));
    }
    let entries = maps.into_iter().filter_map(Node::as_mapping).flat_map(|map| &map.entries);
    entries.map(|entry| entry.key.text.as_str()).collect()
}

/// The names after single dollars.
fn references(text: &str) -> Vec<&str> {
    // Two of them are one that is text.
    let after = text.split("$$").flat_map(|part| part.split('$').skip(1));
    let name = |after: &'_ str| -> usize {
        after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len())
    };
    after.map(|rest| rest.strip_prefix('{').unwrap_or(rest)).map(|rest| &rest[..name(rest)]).collect()
}

/// The first of many names, in a line.
fn few<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const MOST: usize = 3;
    let count = names.len();
    let shown: Vec<&str> = names.take(MOST).collect();
    match count.saturating_sub(MOST) {
        0 => list(&shown),
        more => format!("{} and {more} more", list(&shown)),
    }
}
