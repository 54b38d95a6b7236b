//! `splitbuild check`: what a provider would refuse in a configuration, whoever wrote it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::arguments::check::Check;
use super::input::{parse_config, read_file};
use super::limit::{first_line, problem};
use super::report::{problems, tell};
use super::{Failure, counted_problems, log_line, print};
use crate::diagnostic::{Allowed, Diagnostic, Report, Severity, Source};
use crate::file;
use crate::provider::{self, Size};
use crate::source_map::SourceMap;
use crate::yaml::Node;
use crate::yaml::read::Form;

pub(super) fn run(arguments: &Check) -> Result<(), Failure> {
    let asked = if arguments.paths.is_empty() { vec![usual()] } else { arguments.paths.clone() };
    let mut all: Vec<PathBuf> = Vec::new();
    for path in asked {
        all.extend(if path.is_dir() { files_of(&path)? } else { vec![path] });
    }
    let (mut reports, mut sizes) = (Vec::new(), Vec::new());
    let mut good = Vec::new();
    for path in &all {
        let source = read_file(path).map_err(|failure| match failure {
            Failure::File { path, cause, .. } => Failure::Usage(format!("cannot read {}: {cause}", path.display())),
            other => other,
        })?;
        let (found, counted) = match look(arguments, &source, path) {
            // What cannot be read at all is one more thing to report.
            Err(Failure::Problems(reports)) => (reports, Vec::new()),
            looked => looked?,
        };
        if found.is_empty() {
            good.push(format!("{}: no problems", source.shown_name()));
        }
        reports.extend(found);
        sizes.extend(counted);
    }
    if arguments.json {
        print(as_json(&reports, &sizes))?;
    } else {
        tell(arguments.format, &reports)?;
    }
    good.iter().for_each(|line| log_line(line));
    if reports.is_empty() {
        return Ok(());
    }
    log_line(&format!("splitbuild: {}", counted_problems(&reports)));
    let is_error = |problem: &Diagnostic| problem.severity == Severity::Error;
    match reports.iter().flat_map(|report| &report.diagnostics).any(is_error) {
        true => Err(Failure::Reported),
        false => Ok(()),
    }
}

/// Where a configuration is, if nobody says it: the first place of a provider's in which there is something.
fn usual() -> PathBuf {
    let mut paths = provider::ALL.iter().map(|provider| PathBuf::from(provider.path(false)));
    let first = paths.clone().next().expect("there are providers");
    paths.find(|path| path.exists()).unwrap_or(first)
}

/// The configurations in a folder, in the order of their names.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|it| it == "yml" || it == "yaml");
    let mut files: Vec<PathBuf> = file::entries(folder)
        .map_err(|cause| Failure::Usage(format!("cannot read {}: {cause}", folder.display())))?
        .into_iter()
        .filter(is_yaml)
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(Failure::Usage(format!("there is no .yml file in {}", folder.display())));
    }
    Ok(files)
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
