//! `gen --check`: whether the files of a configuration are what the matrix generates.

use std::io::ErrorKind;
use std::path::Path;

use super::arguments::format::Format;
use super::report::tell;
use super::targets::Targets;
use super::{Failure, log, log_line, print};
use crate::diagnostic::{Diagnostic, Report, Source};
use crate::difference::unified;
use crate::file::{self, LONGEST_TEXT};
use crate::provider::Emitted;
use crate::span::Span;

/// Compares the files with what is generated, and reports that with what is `told` of the matrix; `how` are the options
/// with which they are generated, each after a space.
pub(super) fn check(
    (targets, emitted, matrix, how): (&Targets, &Emitted, &str, &str),
    mut told: Vec<Report>,
    format: Format,
) -> Result<(), Failure> {
    let (mut problems, mut differences, mut lines) = (Vec::new(), String::new(), Vec::new());
    for file in &emitted.files {
        let (path, text) = (targets.path(file), file.text.as_str());
        if path == Path::new("-") {
            return Err(Failure::Usage("--check needs a file: `-` is standard output".into()));
        }
        let name = path.display().to_string();
        let old = match file::read(&path, LONGEST_TEXT.max(2 * text.len() as u64)) {
            Ok(old) => String::from_utf8_lossy(&old).into_owned(),
            Err(cause) if cause.kind() == ErrorKind::NotFound => String::new(),
            Err(cause) => return Err(Failure::File { action: "read", path, cause }),
        };
        if old == text {
            lines.push(format!("{name} is up to date"));
            continue;
        }
        // Git may write them otherwise in a work tree than it keeps them (`core.autocrlf`).
        let old = old.replace("\r\n", "\n");
        if old == text {
            lines.push(format!("{name} is up to date; it differs only in line endings"));
            continue;
        }
        differences.push_str(&unified((&name, &old), (&format!("{name} (generated)"), text)));
        let command = format!("splitbuild gen{how} -o {}", targets.shown(&path));
        lines.push(format!("splitbuild: {name} is stale; regenerate it with `{command}`"));
        problems.extend(stale(&name, &command, old, text));
    }
    for path in targets.stale(emitted) {
        let name = path.display().to_string();
        lines.push(format!("splitbuild: {name}: {}", gone(matrix)));
        let problem = Diagnostic::new("stale", Span::default(), gone(matrix)).help("remove it");
        problems.extend(Report::of(&Source { name, text: String::new() }, vec![problem]));
    }
    let is_stale = !problems.is_empty();
    if format == Format::Text {
        tell(format, &told)?;
        print(differences)?;
    } else {
        told.extend(problems);
        tell(format, &told)?;
        log(&differences);
    }
    lines.iter().for_each(|line| log_line(line));
    if is_stale { Err(Failure::Reported) } else { Ok(()) }
}

/// What is said of a file that was generated from a matrix, and is none of its configuration any more.
pub(super) fn gone(matrix: &str) -> String {
    format!("no workflow of {matrix} has this file any more; remove it")
}

/// The problem of a file that is not what is generated, at its first line that is another; people are shown a difference.
fn stale(name: &str, command: &str, old: String, text: &str) -> Option<Report> {
    let same = old.split_inclusive('\n').zip(text.split_inclusive('\n')).take_while(|(old, new)| old == new);
    let start = same.map(|(old, _)| old.len()).sum();
    let end = start + old[start..].lines().next().unwrap_or_default().len();
    let problem = Diagnostic::new("stale", Span { start, end }, "this file is not what the matrix generates")
        .help(format!("regenerate it with `{command}`, and commit it"));
    Report::of(&Source { name: name.to_owned(), text: old }, vec![problem])
}
