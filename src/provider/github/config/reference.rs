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

/// What a job can refer to.
struct Known<'w, 'n> {
    job: &'w Job<'n>,
    /// All jobs, by their names in small letters.
    jobs: &'w HashMap<String, &'w Job<'n>>,
    /// The outputs of all jobs, as far as they are known.
    outputs: &'w HashMap<String, HashSet<String>>,
    /// The jobs that it needs, in small letters.
    needs: HashSet<String>,
    /// Its steps, in small letters.
    steps: HashSet<String>,
}

/// Reports references of jobs that lead nowhere.
pub(super) fn check(workflow: &Workflow<'_>, problems: &mut Vec<Diagnostic>) {
    let jobs: HashMap<String, &Job<'_>> = workflow.jobs.iter().map(|job| (job.key.text.to_lowercase(), job)).collect();
    let outputs = jobs.iter().filter_map(|(name, job)| Some((name.clone(), job.outputs()?))).collect();
    for job in &workflow.jobs {
        let known = Known {
            job,
            jobs: &jobs,
            outputs: &outputs,
            needs: job.needs.iter().map(|(name, _)| name.to_lowercase()).collect(),
            steps: step::identifiers(&job.steps).iter().map(|name| name.to_lowercase()).collect(),
        };
        let of_job = job.body.entries.iter().filter(|entry| !["needs", "steps"].contains(&entry.key.text.as_str()));
        for entry in of_job.chain(job.steps.iter().flat_map(|step| &step.entries)) {
            each(&entry.value, entry.key.text == "if", &mut |node, source| {
                for path in &Expression::of(source).paths {
                    if let Some((message, help)) = known.wrong(path) {
                        let span = place(workflow.text, node.span, source);
                        problems.push(Diagnostic::new("unknown-reference", span, message).help(help).warning());
                    }
                }
            });
        }
    }
}

impl Known<'_, '_> {
    /// What is wrong with a path, and what to do.
    fn wrong(&self, path: &Path<'_>) -> Option<(String, String)> {
        let name = path.name(1)?;
        let lower = name.to_lowercase();
        if path.is_in("steps") {
            let message = format!("no step of the job `{}` has the id `{name}`, so this is empty", self.job.key.text);
            return (!self.steps.contains(&lower))
                .then(|| (message, format!("give the step `id: {name}`, or correct it")));
        }
        if !path.is_in("needs") {
            return None;
        }
        if !self.needs.contains(&lower) {
            let message = format!("the job `{}` does not need `{name}`, so this is empty", self.job.key.text);
            return Some((message, format!("add `{name}` to its `needs`, or correct the name")));
        }
        let outputs = self.outputs.get(&lower)?;
        let output = path.name(3).filter(|_| path.name(2).is_some_and(|part| part.eq_ignore_ascii_case("outputs")))?;
        if outputs.contains(&output.to_lowercase()) {
            return None;
        }
        let message = format!("the job `{name}` has no output `{output}`, so this is empty");
        let of_job = self.jobs.get(&lower)?.body.get("outputs").and_then(Node::as_mapping);
        let known = of_job.into_iter().flat_map(|map| &map.entries).map(|entry| entry.key.text.as_str());
        Some((
            message,
            match crate::similar::closest(output, known) {
                Some(close) => format!("did you mean `{close}`?"),
                None => format!("set it in `{name}`: `outputs: {{ {output}: \"${{{{ steps.ID.outputs.NAME }}}}\" }}`"),
            },
        ))
    }
}
