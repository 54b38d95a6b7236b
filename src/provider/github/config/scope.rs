//! Which contexts an expression can use where it stands
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability>).

use super::expression::{Expression, Segment, place, segments};
use super::job::flattened;
use super::reference::each;
use crate::diagnostic::{Diagnostic, list};
use crate::yaml::{Mapping, Node, Value};

const RUN: &[&str] = &["github", "inputs", "vars"];
const RUN_SECRETS: &[&str] = &["github", "inputs", "vars", "secrets"];
const RUN_JOBS: &[&str] = &["github", "inputs", "vars", "jobs"];
const NEEDS: &[&str] = &["github", "inputs", "vars", "needs"];
const MATRIX: &[&str] = &["github", "inputs", "vars", "needs", "strategy", "matrix"];
const MATRIX_SECRETS: &[&str] = &["github", "inputs", "vars", "needs", "strategy", "matrix", "secrets"];
const STEP_IF: &[&str] = &["github", "inputs", "vars", "needs", "strategy", "matrix", "steps", "job", "runner", "env"];
const STEP: &[&str] =
    &["github", "inputs", "vars", "needs", "strategy", "matrix", "steps", "job", "runner", "env", "secrets"];

const FUNCTIONS: [&str; 13] = [
    "contains",
    "startsWith",
    "endsWith",
    "format",
    "join",
    "toJSON",
    "fromJSON",
    "hashFiles",
    "success",
    "always",
    "cancelled",
    "failure",
    "case",
];

/// The contexts under a key at the top.
fn of_workflow(key: &str) -> Option<&'static [&'static str]> {
    match key {
        "run-name" | "concurrency" => Some(RUN),
        "env" => Some(RUN_SECRETS),
        _ => None,
    }
}

/// The contexts under a key of a job; of what has several kinds of them, all.
fn of_job(key: &str) -> Option<&'static [&'static str]> {
    match key {
        "if" | "strategy" => Some(NEEDS),
        "name" | "runs-on" | "concurrency" | "timeout-minutes" | "continue-on-error" | "with" => Some(MATRIX),
        "env" | "secrets" => Some(MATRIX_SECRETS),
        "outputs" | "container" | "services" | "environment" | "defaults" => Some(STEP),
        _ => None,
    }
}

/// Reports expressions that GitHub cannot read, or not where they stand.
pub(super) fn check(root: &Mapping, text: &str, problems: &mut Vec<Diagnostic>) {
    let mut check = |node: &Node, key: &str, contexts| check_node(node, (key, contexts), text, problems);
    for entry in &root.entries {
        if let Some(contexts) = of_workflow(&entry.key.text) {
            check(&entry.value, &entry.key.text, contexts);
        }
    }
    let call = root.get("on").and_then(|on| on.as_mapping()?.get("workflow_call")).and_then(Node::as_mapping);
    if let Some(outputs) = call.and_then(|call| call.get("outputs")) {
        check(outputs, "outputs", RUN_JOBS);
    }
    let jobs = root.get("jobs").and_then(Node::as_mapping).into_iter().flat_map(|jobs| &jobs.entries);
    for entry in jobs.filter_map(|job| job.value.as_mapping()).flat_map(|body| &body.entries) {
        let key = entry.key.text.as_str();
        if let Some(contexts) = of_job(key) {
            check(&entry.value, key, contexts);
        }
        let steps = if key == "steps" { flattened(Some(&entry.value)) } else { Vec::new() };
        for part in steps.into_iter().flat_map(|step| &step.entries) {
            let contexts = if part.key.text == "if" { STEP_IF } else { STEP };
            check(&part.value, &part.key.text, contexts);
        }
    }
}

fn check_node(node: &Node, (key, contexts): (&str, &[&str]), text: &str, problems: &mut Vec<Diagnostic>) {
    check_form(node, key == "if", text, problems);
    each(node, key == "if", &mut |node, source| {
        let expression = Expression::of(source);
        let span = place(text, node.span, source);
        if expression.has_double_quote {
            let problem = Diagnostic::new("expression", span, "an expression has no `\"`");
            problems.push(problem.help("quote text with `'`, in which `''` is one `'`"));
            return;
        }
        for function in &expression.functions {
            if FUNCTIONS.iter().all(|known| !known.eq_ignore_ascii_case(function))
                && let Some(close) = crate::similar::closest(function, FUNCTIONS)
            {
                let problem = Diagnostic::new("expression", span, format!("there is no function `{function}`"));
                problems.push(problem.help(format!("did you mean `{close}`?")));
            }
        }
        for name in expression.paths.iter().filter_map(|path| path.name(0)) {
            if contexts.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                continue;
            }
            let problem = match STEP.iter().chain(RUN_JOBS).any(|known| known.eq_ignore_ascii_case(name)) {
                true => {
                    let message = format!("`{name}` cannot be used in `{key}` here");
                    let problem = Diagnostic::new("unknown-context", span, message);
                    match name == "secrets" && key == "if" {
                        true => problem.help("put the secret into `env` of the job, and ask for `env.NAME` in a step"),
                        false => problem.help(format!("what can be used is {}", list(contexts))),
                    }
                }
                false => Diagnostic::new("unknown-context", span, format!("there is no `{name}`"))
                    .did_you_mean(name, contexts.iter().copied()),
            };
            problems.push(problem);
        }
    });
}

/// Reports expressions without an end, and conditions that always hold: with other text around it, an expression is part of
/// a text, and a text that is not empty is true (<https://docs.zizmor.sh/audits/#unsound-condition>).
fn check_form(node: &Node, is_condition: bool, text: &str, problems: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Scalar(scalar) => {
            let (mut around, mut has_expression) = (String::new(), false);
            for segment in segments(&scalar.text) {
                match segment {
                    Segment::Text(text) => around.push_str(text),
                    Segment::Expression(_) => has_expression = true,
                    Segment::Unclosed(rest) => {
                        let problem = Diagnostic::new("expression", place(text, node.span, rest), "`${{` has no `}}`");
                        problems.push(problem.help("close it; a `${{` that is text is written `${{ '${{' }}`"));
                    }
                }
            }
            if is_condition && !around.is_empty() && has_expression {
                let message = "this is text with an expression in it, so it always holds";
                let problem = Diagnostic::new("constant-condition", node.span, message).warning();
                problems.push(match around.trim().is_empty() {
                    true => {
                        problem.help("the end of the line is text, too: begin the block with `>-`, or drop `${{ }}`")
                    }
                    false => problem.help("write the whole condition without `${{ }}`, or all of it between them"),
                });
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| check_form(item, false, text, problems)),
        Value::Mapping(map) => {
            map.entries.iter().for_each(|entry| check_form(&entry.value, false, text, problems));
        }
    }
}
