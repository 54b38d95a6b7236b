//! A list of problems for programs. Its keys are stable: others may be added, none changes its meaning.

use serde_json::{Value, json};

use super::{Finding, findings};
use crate::diagnostic::Report;
use crate::span::Place;

/// All problems; lines and columns are from 1, a column is a character, and an end is after the last one.
pub(in crate::cli) fn problems(reports: &[Report]) -> Vec<Value> {
    findings(reports, |_| 1).iter().map(problem).collect()
}

fn problem(Finding { file, place, problem, related }: &Finding<'_>) -> Value {
    let related = related.iter().map(|(place, label)| placed(place, json!({ "message": label })));
    let mut value = placed(place, json!({ "file": file }));
    value["severity"] = problem.severity.word().into();
    value["code"] = problem.code.into();
    value["message"] = problem.message.as_str().into();
    value["help"] = problem.help.as_slice().into();
    value["related"] = related.collect();
    value
}

fn placed(place: &Place, mut value: Value) -> Value {
    value["line"] = place.line.into();
    value["column"] = place.column.into();
    value["end_line"] = place.end_line.into();
    value["end_column"] = place.end_column.into();
    value
}
