//! `splitbuild check`: what a provider would refuse in a configuration, whoever wrote it.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::input::{parse, read_file};
use super::{Check, Failure, colour, print};
use crate::diagnostic::{Diagnostic, Report, Severity, Source};
use crate::provider;
use crate::yaml::Node;

pub(super) fn run(arguments: &Check) -> Result<(), Failure> {
    let usual = || {
        let paths = provider::ALL.iter().map(|provider| PathBuf::from(provider.path(false)));
        let found = paths.clone().find(|path| path.exists());
        found.or_else(|| paths.clone().next()).expect("there are providers")
    };
    let path = arguments.path.clone().unwrap_or_else(usual);
    let source = read_file(&path).map_err(|failure| match failure {
        Failure::File { path, cause, .. } => Failure::Asked(format!("cannot read {}: {cause}", path.display())),
        other => other,
    })?;
    let (root, mut problems) = parse(&source)?;
    let asked = arguments.provider.as_deref().unwrap_or_else(|| provider_of(&root));
    let provider = provider::find(asked).expect("clap lets through only what is in the list");
    // Anybody's tags are between them and the provider.
    problems.retain(|problem| problem.code != "tag");
    problems.extend(provider.problems(&root, &source.text));
    let report = Report::of(&source, problems);
    if arguments.json {
        print(&as_json(&source, report.as_ref()))?;
    }
    let Some(report) = report else {
        eprintln!("{}: no problems", source.name);
        return Ok(());
    };
    if !arguments.json {
        eprint!("{}", report.render(colour()));
    }
    let count = |severity| report.diagnostics.iter().filter(|problem| problem.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    eprintln!("splitbuild: {} and {} in {}", counted(errors, "error"), counted(warnings, "warning"), source.name);
    if errors == 0 { Ok(()) } else { Err(Failure::Said) }
}

/// Whose configuration it is, by what stands at its top: GitLab's has jobs there, and CircleCI's sections of its own.
fn provider_of(root: &Node) -> &'static str {
    let has = |key: &str| root.as_mapping().is_some_and(|map| map.get(key).is_some());
    let is_circleci = has("version") || has("workflows") || has("jobs") || has("orbs");
    if is_circleci || root.as_mapping().is_none() { "circleci" } else { "gitlab" }
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

fn as_json(source: &Source, report: Option<&Report>) -> String {
    let problem = |problem: &Diagnostic| -> Value {
        let (line, column) = problem.span.position(&source.text);
        json!({
            "severity": problem.severity.word(),
            "code": problem.code,
            "message": problem.message,
            "file": source.name,
            "line": line,
            "column": column,
            "help": problem.help,
        })
    };
    let problems: Vec<Value> = report.iter().flat_map(|report| &report.diagnostics).map(problem).collect();
    let text = serde_json::to_string_pretty(&json!({ "problems": problems }));
    text.expect("text, numbers and lists are JSON") + "\n"
}
