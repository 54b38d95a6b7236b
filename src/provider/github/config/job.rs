//! The jobs of a workflow: what they are called, and which keys they have.

use std::collections::HashSet;

use super::key;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::yaml::{Key, Mapping, Node};

/// Keys of a job with steps.
const KEYS: [&str; 17] = [
    "name",
    "needs",
    "if",
    "permissions",
    "runs-on",
    "environment",
    "concurrency",
    "outputs",
    "env",
    "defaults",
    "steps",
    "timeout-minutes",
    "cancel-timeout-minutes",
    "strategy",
    "continue-on-error",
    "container",
    "services",
];

/// One more, which the documentation does not have: what becomes the image of a runner.
const SNAPSHOT: &str = "snapshot";

/// Keys of a job that calls a workflow (<https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows>).
const CALL_KEYS: [&str; 9] =
    ["name", "uses", "with", "secrets", "strategy", "needs", "if", "concurrency", "permissions"];

/// The names of jobs and steps are shorter than this (`MaxNodeNameLength`).
const LENGTH: usize = 100;

/// A job.
pub(super) struct Job<'n> {
    pub(super) key: &'n Key,
    pub(super) body: &'n Mapping,
    /// The jobs that it needs, as they are called there, and where.
    pub(super) needs: Vec<(&'n str, Span)>,
    /// Its steps, those that run beside each other as well.
    pub(super) steps: Vec<&'n Mapping>,
}

impl<'n> Job<'n> {
    /// The jobs that are maps; the others are reported.
    pub(super) fn all(jobs: Option<&'n Mapping>, problems: &mut Vec<Diagnostic>) -> Vec<Self> {
        let mut all = Vec::new();
        for entry in jobs.into_iter().flat_map(|jobs| &jobs.entries) {
            let Some(body) = entry.value.as_mapping() else {
                let message = format!("the job `{}` must be a map, found {}", entry.key.text, entry.value.kind());
                let problem = Diagnostic::new("shape", entry.value.span, message);
                problems.push(problem.help("write a map with `runs-on` and `steps`, or with `uses`"));
                continue;
            };
            if let Some(steps) = body.get("steps").filter(|steps| steps.as_sequence().is_none()) {
                let message = format!("`steps` must be a list, found {}", steps.kind());
                problems.push(Diagnostic::new("shape", steps.span, message).help("write `- run: ...`"));
            }
            let needs = body.get("needs").into_iter().flat_map(one_or_more);
            all.push(Self {
                key: &entry.key,
                body,
                needs: needs.filter_map(|need| Some((need.as_str()?, need.span))).collect(),
                steps: flattened(body.get("steps")),
            });
        }
        all
    }

    /// Whether it calls a workflow, and has no steps of its own.
    pub(super) fn is_call(&self) -> bool {
        self.body.get("uses").is_some()
    }

    /// The outputs that it sets, in small letters; `None` if they are another workflow's.
    pub(super) fn outputs(&self) -> Option<HashSet<String>> {
        let outputs = self.body.get("outputs").and_then(Node::as_mapping);
        let names = outputs.into_iter().flat_map(|map| &map.entries).map(|entry| entry.key.text.to_lowercase());
        (!self.is_call()).then(|| names.collect())
    }

    pub(super) fn check(&self, problems: &mut Vec<Diagnostic>) {
        let name = &self.key.text;
        if let Some(help) = wrong_identifier(name) {
            let message = format!("a job cannot be called `{name}`");
            problems.push(Diagnostic::new("identifier", self.key.span, message).help(help));
        }
        if self.is_call() {
            if let Some(entry) = self.body.entry("runs-on").or_else(|| self.body.entry("steps")) {
                let message = format!("the job `{name}` calls a workflow, so it has no `{}`", entry.key.text);
                let problem = Diagnostic::new("unknown-key", entry.key.span, message);
                problems.push(problem.help("remove it, or `uses`; an action is called in a step"));
            }
            let known: Vec<&str> = CALL_KEYS.into_iter().chain(["runs-on", "steps"]).collect();
            for key in key::unknown(self.body, &known) {
                let (key, span) = (&key.text, key.span);
                let problem =
                    Diagnostic::new("unknown-key", span, format!("a job that calls a workflow has no key `{key}`"));
                problems.push(match KEYS.contains(&key.as_str()) {
                    true => problem.help("hand it to the workflow, as an input under `with`, or write it there"),
                    false => problem.did_you_mean(key, CALL_KEYS),
                });
            }
            if let Some(secrets) = self.body.get("secrets").filter(|it| it.as_str() == Some("inherit")) {
                let message = "the called workflow gets every secret of this one";
                let problem = Diagnostic::new("secrets-inherit", secrets.span, message).warning();
                problems.push(problem.help("name those that it needs: `secrets: { TOKEN: \"${{ secrets.TOKEN }}\" }`"));
            }
            return;
        }
        let known: Vec<&str> = KEYS.into_iter().chain([SNAPSHOT]).collect();
        for key in key::unknown(self.body, &known) {
            let problem = Diagnostic::new("unknown-key", key.span, format!("a job has no key `{}`", key.text));
            problems.push(match key.text.as_str() {
                "with" | "secrets" => problem.help("only a job that calls a workflow with `uses` has it"),
                other => match crate::similar::closest(other, KEYS) {
                    Some(close) => problem.help(format!("did you mean `{close}`?")),
                    None => problem.help("remove it, or indent it under the key that it belongs to"),
                },
            });
        }
        if self.body.get("runs-on").is_none() {
            let message = format!("the job `{name}` does not say where it runs");
            let problem = Diagnostic::new("no-executor", self.key.span, message);
            problems.push(problem.help("give it `runs-on`, or let it call a workflow with `uses`"));
        }
    }
}

/// What to do about the name of a job or a step, if it is none.
pub(super) fn wrong_identifier(name: &str) -> Option<&'static str> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') || !name.chars().all(is_good) {
        return Some("begin with a letter or `_`, and go on with letters, digits, `-` and `_`; `name` may be any text");
    }
    if name.starts_with("__") {
        return Some("GitHub reserves what begins with `__`; rename it");
    }
    (name.len() >= LENGTH).then_some("GitHub takes less than 100 characters; `name` may be any text")
}

/// The steps of a list, and what runs beside each other in them.
pub(super) fn flattened(steps: Option<&Node>) -> Vec<&Mapping> {
    let mut found = Vec::new();
    for step in steps.and_then(Node::as_sequence).unwrap_or_default().iter().filter_map(Node::as_mapping) {
        found.push(step);
        let inner = step.get("parallel").and_then(Node::as_sequence).unwrap_or_default();
        found.extend(inner.iter().filter_map(Node::as_mapping));
    }
    found
}

/// The items of a list, or the one that stands alone.
pub(super) fn one_or_more(node: &Node) -> impl Iterator<Item = &Node> {
    node.as_sequence().unwrap_or(std::slice::from_ref(node)).iter()
}
