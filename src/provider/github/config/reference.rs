//! What expressions refer to: needs and their outputs, and steps. GitHub takes what there is not for empty text.

use std::collections::{HashMap, HashSet};

use super::Workflow;
use super::expression::{Expression, Path, expressions, place};
use super::job::Job;
use super::step;
use crate::diagnostic::Diagnostic;
use crate::yaml::{Node, Value};

/// Calls `take` for every expression in a node, with the text that it stands in; a condition is one by itself.
pub(super) fn each<'n>(node: &'n Node, is_condition: bool, take: &mut dyn FnMut(&'n Node, &'n str)) {
    match &node.value {
        Value::Scalar(scalar) if is_condition && !scalar.text.contains("${{") => take(node, &scalar.text),
        Value::Scalar(scalar) => expressions(&scalar.text).for_each(|source| take(node, source)),
        Value::Sequence(items) => items.iter().for_each(|item| each(item, false, take)),
        Value::Mapping(map) => map.entries.iter().for_each(|entry| each(&entry.value, false, take)),
    }
}

/// The jobs of a workflow, by their names in small letters.
struct Jobs<'w, 'n>(HashMap<String, Known<'w, 'n>>);

/// What is known of a job; names are in small letters.
struct Known<'w, 'n> {
    job: &'w Job<'n>,
    /// The outputs that it sets, as far as they are known.
    outputs: Option<HashSet<String>>,
    needs: HashSet<String>,
    steps: HashSet<String>,
}

/// What is wrong, and what to do.
type Wrong = (String, String);

/// Reports references that lead nowhere.
pub(super) fn check(workflow: &Workflow<'_>, problems: &mut Vec<Diagnostic>) {
    let jobs = Jobs::of(&workflow.jobs);
    let mut check = |node, is_condition, wrong: &dyn Fn(&Path<'_>) -> Option<Wrong>| {
        each(node, is_condition, &mut |node, source| {
            for (message, help) in Expression::of(source).paths.iter().filter_map(wrong) {
                let span = place(workflow.text, node.span, source);
                problems.push(Diagnostic::new("unknown-reference", span, message).help(help).warning());
            }
        });
    };
    for known in workflow.jobs.iter().filter_map(|job| jobs.0.get(&job.key.text.to_lowercase())) {
        let body = known.job.body.entries.iter();
        let of_job = body.filter(|entry| !["needs", "steps"].contains(&entry.key.text.as_str()));
        for entry in of_job.chain(known.job.steps.iter().flat_map(|step| &step.entries)) {
            check(&entry.value, entry.key.text == "if", &|path| jobs.wrong_in_job(known, path));
        }
    }
    let call = workflow.root.get("on").and_then(|on| on.as_mapping()?.get("workflow_call"));
    if let Some(outputs) = call.and_then(|call| call.as_mapping()?.get("outputs")) {
        check(outputs, false, &|path| jobs.wrong_in_call(path));
    }
}

impl<'w, 'n> Jobs<'w, 'n> {
    fn of(jobs: &'w [Job<'n>]) -> Self {
        let known = |job: &'w Job<'n>| Known {
            job,
            outputs: job.outputs(),
            needs: job.needs.iter().map(|(name, _)| name.to_lowercase()).collect(),
            steps: step::identifiers(&job.steps).iter().map(|name| name.to_lowercase()).collect(),
        };
        Self(jobs.iter().map(|job| (job.key.text.to_lowercase(), known(job))).collect())
    }

    /// A path of a job: `steps.ID...`, or `needs.NAME...`.
    fn wrong_in_job(&self, known: &Known<'_, '_>, path: &Path<'_>) -> Option<Wrong> {
        let (name, job) = (path.name(1)?, &known.job.key.text);
        if path.is_in("steps") && !known.steps.contains(&name.to_lowercase()) {
            let message = format!("no step of the job `{job}` has the id `{name}`, so this is empty");
            return Some((message, format!("give the step `id: {name}`, or correct it")));
        }
        if !path.is_in("needs") {
            return None;
        }
        if !known.needs.contains(&name.to_lowercase()) {
            let message = format!("the job `{job}` does not need `{name}`, so this is empty");
            return Some((message, format!("add `{name}` to its `needs`, or correct the name")));
        }
        self.wrong_output(path)
    }

    /// A path of what a workflow gives to those that call it: `jobs.NAME...`.
    fn wrong_in_call(&self, path: &Path<'_>) -> Option<Wrong> {
        let name = path.name(1).filter(|_| path.is_in("jobs"))?;
        if !self.0.contains_key(&name.to_lowercase()) {
            let message = format!("there is no job `{name}`, so this is empty");
            return Some((message, "add the job, or correct the name".to_owned()));
        }
        self.wrong_output(path)
    }

    /// A path of a job that is known: `NAME.outputs.OUTPUT` at its second place.
    fn wrong_output(&self, path: &Path<'_>) -> Option<Wrong> {
        let name = path.name(1)?;
        let known = self.0.get(&name.to_lowercase())?;
        let output = path.name(3).filter(|_| path.name(2).is_some_and(|part| part.eq_ignore_ascii_case("outputs")))?;
        if known.outputs.as_ref()?.contains(&output.to_lowercase()) {
            return None;
        }
        let set = known.job.body.get("outputs").and_then(Node::as_mapping);
        let set = set.into_iter().flat_map(|map| &map.entries).map(|entry| entry.key.text.as_str());
        let help = match crate::similar::closest(output, set) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("set it in `{name}`: `outputs: {{ {output}: \"${{{{ steps.ID.outputs.NAME }}}}\" }}`"),
        };
        Some((format!("the job `{name}` has no output `{output}`, so this is empty"), help))
    }
}
