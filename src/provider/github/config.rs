//! A whole workflow file, whoever wrote it, and everything in it that GitHub would refuse or take otherwise than it was meant
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax>).
//!
//! What is refused is what GitHub's own parsers refuse: `src/Sdk/WorkflowParser` of <https://github.com/actions/runner>, and
//! `workflow-parser` of <https://github.com/actions/languageservices>.

mod action;
mod cron;
mod expression;
mod injection;
mod job;
mod key;
mod length;
mod need;
mod part;
mod permission;
mod reference;
mod scope;
mod step;
mod trigger;

use crate::diagnostic::{Diagnostic, Hints};
use crate::span::Span;
use crate::yaml::{Mapping, Node};
use job::Job;

/// Keys at the top of a workflow.
const KEYS: [&str; 9] =
    ["on", "name", "description", "run-name", "permissions", "env", "defaults", "concurrency", "jobs"];

/// Keys at the top of an action's own file
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax>).
const ACTION_KEYS: [&str; 7] = ["name", "author", "description", "inputs", "outputs", "runs", "branding"];

/// A workflow file.
struct Workflow<'n> {
    /// What the places in the tree are places in.
    text: &'n str,
    root: &'n Mapping,
    jobs: Vec<Job<'n>>,
    hints: Hints,
}

/// How many of the keys at the top make a file look like a workflow, or like an action.
pub(super) fn likeness(top: &Mapping) -> usize {
    let count = |keys: &[&str]| keys.iter().filter(|key| top.get(key).is_some()).count();
    // Others have jobs and names as well, but nobody else says with `on` when.
    match (top.get("on").is_some(), top.get("jobs").and_then(Node::as_mapping)) {
        (true, _) => 1 + count(&KEYS),
        (false, Some(_)) => count(&KEYS),
        (false, None) if is_action(top) => 1 + count(&ACTION_KEYS),
        (false, None) => 0,
    }
}

/// Whether a file is an action's own, and no workflow.
fn is_action(top: &Mapping) -> bool {
    let runs = top.get("runs").and_then(Node::as_mapping);
    top.get("jobs").is_none() && runs.is_some_and(|runs| runs.get("using").is_some())
}

/// Everything that is wrong with a file, whose places are places in `text`.
pub(super) fn problems(document: &Node, text: &str) -> Vec<Diagnostic> {
    let Some(root) = document.as_mapping() else {
        let message = format!("a workflow must be a map, found {}", document.kind());
        return vec![Diagnostic::new("shape", document.span, message).help("write `on` and `jobs`")];
    };
    let mut problems = Vec::new();
    key::check_tree(document, &mut problems);
    length::check(document, &mut problems);
    if is_action(root) {
        check_action(root, text, &mut problems);
        return problems;
    }
    let start = Span { end: document.span.start, ..document.span };
    if root.get("on").is_none() && root.get("jobs").is_none() {
        let problem = Diagnostic::new("shape", start, "this is neither a workflow nor an action");
        return vec![problem.help("a workflow has `on` and `jobs`, an action `runs`; move other files elsewhere")];
    }
    for (key, help) in [
        ("on", "say when it runs: `on: push`, or `on: workflow_call` if other workflows call it"),
        ("jobs", "write `jobs: { test: { runs-on: ubuntu-24.04, steps: [...] } }`"),
    ] {
        if root.get(key).is_none() {
            problems.push(Diagnostic::new("shape", start, format!("a workflow has no `{key}`")).help(help));
        }
    }
    key::check(root, "a workflow", &KEYS, &mut problems);
    let jobs = root.get("jobs");
    if let Some(node) = jobs.filter(|node| node.as_mapping().is_none_or(|map| map.entries.is_empty())) {
        let message = format!("`jobs` must be a map with a job, found {}", node.kind());
        problems
            .push(Diagnostic::new("shape", node.span, message).help("write `test: { runs-on: ..., steps: [...] }`"));
    }
    let jobs = Job::all(jobs.and_then(Node::as_mapping), &mut problems);
    let workflow = Workflow { text, root, jobs, hints: Hints::default() };
    workflow.check(&mut problems);
    problems
}

impl<'n> Workflow<'n> {
    fn check(&self, problems: &mut Vec<Diagnostic>) {
        if let Some(on) = self.root.get("on") {
            trigger::check(on, problems);
        }
        permission::check(self.root, problems);
        part::check(self.root, problems);
        need::check(&self.jobs, &self.hints, problems);
        for job in &self.jobs {
            job.check(problems);
            permission::check(job.body, problems);
            part::check(job.body, problems);
            step::check(&job.steps, problems);
            injection::check(&job.steps, self.text, problems);
        }
        scope::check(self.root, self.text, problems);
        reference::check(self, problems);
        action::check(self.uses(), problems);
    }

    /// What the jobs, and their steps, call.
    fn uses(&self) -> impl Iterator<Item = &'n Node> {
        let called = self.jobs.iter().filter_map(|job| job.body.get("uses"));
        let steps = self.jobs.iter().flat_map(|job| &job.steps).filter_map(|step| step.get("uses"));
        called.chain(steps)
    }
}

/// An action of steps. Of one that runs a program or a container there is nothing to say here.
fn check_action(root: &Mapping, text: &str, problems: &mut Vec<Diagnostic>) {
    let steps = root.get("runs").and_then(|runs| runs.as_mapping()?.get("steps"));
    let steps = job::flattened(steps);
    step::check_composite(&steps, problems);
    injection::check(&steps, text, problems);
    action::check(steps.iter().filter_map(|step| step.get("uses")), problems);
}
