//! `splitbuild check`: what a provider would refuse in a configuration, whoever wrote it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::input::{parse, read_file};
use super::limit::{first_line, problem};
use super::{Check, Failure, colour, log, log_line, print};
use crate::diagnostic::{Diagnostic, Report, Severity, Source};
use crate::provider::{self, Size};
use crate::source_map::SourceMap;
use crate::yaml::Node;

pub(super) fn run(arguments: &Check) -> Result<(), Failure> {
    let usual = || {
        let paths = provider::ALL.iter().map(|provider| PathBuf::from(provider.path(false)));
        let found = paths.clone().find(|path| path.exists());
        found.or_else(|| paths.clone().next()).expect("there are providers")
    };
    let path = arguments.path.clone().unwrap_or_else(usual);
    let source = read_file(&path).map_err(|failure| match failure {
        Failure::File { path, cause, .. } => Failure::Usage(format!("cannot read {}: {cause}", path.display())),
        other => other,
    })?;
    let (mut root, mut problems) = parse(&source)?;
    let mut sizes = Vec::new();
    let provider = match &arguments.provider {
        Some(asked) => provider::find(asked).expect("clap lets through only what is in the list"),
        None => provider::recognize(&root),
    };
    let mut measure = |source: &Source, root: &Node, start: usize| {
        let Some(size) = provider.size(root, &source.text) else { return };
        let place = first_line(&source.text).shifted(start);
        problems.extend(problem(&size, place, size.jobs, "jobs"));
        sizes.push((source.name.clone(), size));
    };
    let mut files = SourceMap::default();
    files.add(source.clone());
    measure(&source, &root, 0);
    // Included files are relative to the root of the repository, where the file is.
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let mut failed = None;
    provider.include(&mut root, &mut |included| {
        let source = read_file(&folder.join(included)).ok()?;
        let (mut node, _) = parse(&source).map_err(|failure| failed.get_or_insert(failure).to_string()).ok()?;
        let start = files.add(source.clone());
        measure(&source, &node, start);
        node.shift(start);
        Some(node)
    });
    if let Some(failure) = failed {
        return Err(failure);
    }
    // Anybody's tags are between them and the provider.
    problems.retain(|problem| problem.code != "tag");
    problems.extend(provider.problems(&root, &files.text));
    let reports = files.reports(problems);
    if arguments.json {
        print(as_json(&reports, &sizes))?;
    }
    if reports.is_empty() {
        log_line(&format!("{}: no problems", source.name));
        return Ok(());
    }
    if !arguments.json {
        reports.iter().for_each(|report| log(&report.render(colour())));
    }
    let of = |severity| {
        reports.iter().flat_map(|report| &report.diagnostics).filter(|problem| problem.severity == severity).count()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let names: Vec<&str> = reports.iter().map(|report| report.source.name.as_str()).collect();
    log_line(&format!(
        "splitbuild: {} and {} in {}",
        counted(errors, "error"),
        counted(warnings, "warning"),
        names.join(" and ")
    ));
    if errors == 0 { Ok(()) } else { Err(Failure::Reported) }
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

fn as_json(reports: &[Report], sizes: &[(String, Size)]) -> String {
    let problem = |report: &Report, problem: &Diagnostic| -> Value {
        let (line, column) = problem.span.position(&report.source.text);
        json!({
            "severity": problem.severity.word(),
            "code": problem.code,
            "message": problem.message,
            "file": report.source.name,
            "line": line,
            "column": column,
            "help": problem.help,
        })
    };
    let problems: Vec<Value> =
        reports.iter().flat_map(|report| report.diagnostics.iter().map(|it| problem(report, it))).collect();
    let size = |(file, size): &(String, Size)| json!({ "file": file, "counted": size.counted, "limit": size.limit });
    let sizes: Vec<Value> = sizes.iter().map(size).collect();
    let text = serde_json::to_string_pretty(&json!({ "problems": problems, "sizes": sizes }));
    text.expect("text, numbers and lists are JSON") + "\n"
}
