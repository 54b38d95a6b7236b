//! `splitbuild check`: what a provider would refuse in a configuration, whoever wrote it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::input::{parse_config, read_file};
use super::limit::{first_line, problem};
use super::report::{problems, tell};
use super::{Check, Failure, counted_problems, log_line, print};
use crate::diagnostic::{Allowed, Diagnostic, Report, Severity, Source};
use crate::provider::{self, Size};
use crate::source_map::SourceMap;
use crate::yaml::Node;
use crate::yaml::read::Form;

pub(super) fn run(arguments: &Check) -> Result<(), Failure> {
    let usual = || {
        let paths = provider::ALL.iter().filter(|it| !it.has_files()).map(|it| PathBuf::from(it.path(false)));
        let found = paths.clone().find(|path| path.exists());
        found.or_else(|| paths.clone().next()).expect("there are providers")
    };
    let path = arguments.path.clone().unwrap_or_else(usual);
    let source = read_file(&path).map_err(|failure| match failure {
        Failure::File { path, cause, .. } => Failure::Usage(format!("cannot read {}: {cause}", path.display())),
        other => other,
    })?;
    let (reports, sizes) = match look(arguments, &source, &path) {
        // What cannot be read at all is one more thing to report.
        Err(Failure::Problems(reports)) => (reports, Vec::new()),
        looked => looked?,
    };
    if arguments.json {
        print(as_json(&reports, &sizes))?;
    } else {
        tell(arguments.format, &reports)?;
    }
    if reports.is_empty() {
        log_line(&format!("{}: no problems", source.shown_name()));
        return Ok(());
    }
    log_line(&format!("splitbuild: {}", counted_problems(&reports)));
    let is_error = |problem: &Diagnostic| problem.severity == Severity::Error;
    match reports.iter().flat_map(|report| &report.diagnostics).any(is_error) {
        true => Err(Failure::Reported),
        false => Ok(()),
    }
}

/// The size of a file, by its name.
type Sizes = Vec<(String, Size)>;

/// Everything that is wrong with a file and what it includes, and how large each is.
fn look(arguments: &Check, source: &Source, path: &Path) -> Result<(Vec<Report>, Sizes), Failure> {
    let provider = match &arguments.provider {
        Some(asked) => provider::find(asked).expect("clap lets through only what is in the list"),
        // Every file can be read so.
        None => provider::recognize(&parse_config(source, Form::Psych)?.0, path),
    };
    let (mut root, mut problems) = parse_config(source, provider.form())?;
    let mut sizes = Vec::new();
    let mut measure = |source: &Source, root: &Node, start: usize| {
        let Some(size) = provider.size(root, &source.text) else { return };
        let place = first_line(&source.text).shifted(start);
        problems.extend(problem(&size, place, size.jobs, "jobs"));
        sizes.push((source.name.clone(), size));
    };
    let mut files = SourceMap::default();
    files.add(source.clone());
    measure(source, &root, 0);
    // What is included lies where the file is, which is the root of the repository.
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let mut failed = None;
    provider.include(&mut root, &mut |included| {
        let source = read_file(&folder.join(included)).ok()?;
        let parsed = parse_config(&source, provider.form());
        let (mut node, _) = parsed.map_err(|failure| failed.get_or_insert(failure).to_string()).ok()?;
        let start = files.add(source.clone());
        measure(&source, &node, start);
        node.shift(start);
        Some(node)
    });
    if let Some(failure) = failed {
        return Err(failure);
    }
    problems.extend(provider.problems(&root, &files.text));
    let allowed = Allowed::new(&arguments.allow);
    problems.retain(|problem| !allowed.admits(&files.text, problem));
    Ok((files.reports(problems), sizes))
}

fn as_json(reports: &[Report], sizes: &[(String, Size)]) -> String {
    let size = |(file, size): &(String, Size)| json!({ "file": file, "counted": size.counted, "limit": size.limit });
    let sizes: Vec<Value> = sizes.iter().map(size).collect();
    let text = serde_json::to_string_pretty(&json!({ "problems": problems(reports), "sizes": sizes }));
    text.expect("text, numbers and lists are JSON") + "\n"
}
