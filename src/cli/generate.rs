//! `splitbuild gen`: the matrix as a CI configuration.

use std::io::{ErrorKind, Write};
use std::path::Path;

use super::arguments::format::Format;
use super::input::{self, Input, parse_config, read_file};
use super::limit::{first_line, problem};
use super::report::tell;
use super::{Failure, Generate, log, log_line, print};
use crate::diagnostic::{Allowed, Diagnostic, Report, Severity, Source};
use crate::file::{self, LONGEST_TEXT, Output};
use crate::provider::{self, Provider};
use crate::span::Span;

pub(super) fn run(arguments: &Generate) -> Result<(), Failure> {
    let provider = provider::find(&arguments.provider).expect("clap lets through only what is in the list");
    let is_printed = arguments.output.as_deref().is_none_or(|output| output == Path::new("-"));
    if arguments.format != Format::Text && is_printed && !arguments.check {
        return Err(Failure::Usage("--format: the report goes to standard output; write the file with -o FILE".into()));
    }
    let input = input::load(&arguments.matrix, provider, Allowed::new(&arguments.allow))?;
    let Input { plan, own, origin, folder, warnings } = &input;
    let emitted = provider::generate(provider, plan, own.as_ref(), origin).map_err(|error| match (error, own) {
        (provider::Error::UserConfig(problems), Some(own)) => {
            Failure::Problems(Report::of(&own.source, problems).into_iter().collect())
        }
        (provider::Error::Refused(reports), _) => Failure::Problems(reports),
        (error, _) => Failure::Provider(error),
    })?;
    let path = provider.path(own.is_some());
    let mut told = Vec::new();
    let first = first_line(&emitted.text);
    if let Some(problem) = emitted.size.and_then(|size| problem(&size, first, plan.image_count(), "images")) {
        let is_too_large = problem.severity == Severity::Error;
        let source = Source { name: format!("{path} (generated)"), text: emitted.text[..first.end].to_owned() };
        let report = Report::of(&source, vec![problem]);
        if is_too_large {
            return Err(Failure::Problems(report.into_iter().collect()));
        }
        told.extend(report);
    }
    told.extend(warnings.iter().chain(&emitted.warnings).cloned());
    for note in &emitted.notes {
        log_line(note);
    }
    let text = emitted.text;
    let usual = folder.join(path);
    if arguments.check {
        return check(arguments.output.as_deref().unwrap_or(&usual), &text, told, arguments.format);
    }
    tell(arguments.format, &told)?;
    match &arguments.output {
        Some(output) => {
            let is_source = |output: &Path| source(output, &arguments.matrix.path, &input, provider);
            write(output, &text, &is_source)
        }
        None => print(&text),
    }
}

/// Which of the files that the configuration is made of this one is, whatever it is called.
fn source(output: &Path, matrix: &Path, input: &Input, provider: &dyn Provider) -> Option<&'static str> {
    if file::is_same(output, matrix) {
        return Some("the matrix itself");
    }
    let own = input.own.as_ref()?;
    let written = input.folder.join(&own.name);
    if file::is_same(output, &written) {
        return Some("the hand-written file that the matrix names");
    }
    let (root, mut is_included) = (written.parent()?, false);
    provider.include(&mut own.root.clone(), &mut |name| {
        let path = root.join(name);
        let source = read_file(&path).ok()?;
        // One of them is the generated one.
        if provider::is_generated(&source.text) {
            return None;
        }
        is_included |= file::is_same(output, &path);
        parse_config(&source, provider.form()).ok().map(|(node, _)| node)
    });
    is_included.then_some("a file that the hand-written one includes")
}

/// Writes the file as a whole or not at all, and leaves one that is the same untouched.
fn write(path: &Path, text: &str, source: &dyn Fn(&Path) -> Option<&'static str>) -> Result<(), Failure> {
    let failed = |cause| Failure::File { action: "write", path: path.to_owned(), cause };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let output = Output::at(path).map_err(failed)?;
    let what = if matches!(output, Output::Standard) { None } else { source(path) };
    if let Some(what) = what {
        return Err(Failure::Usage(format!("-o {}: this is {what}; name another file", path.display())));
    }
    match output {
        Output::Standard => return print(text),
        Output::Through(mut device) => {
            device.write_all(text.as_bytes()).and_then(|()| file::check_close(&device)).map_err(failed)?;
        }
        Output::File(file) if file::read(&file, text.len() as u64).is_ok_and(|old| old == text.as_bytes()) => {
            log_line(&format!("{} is up to date", path.display()));
            return Ok(());
        }
        Output::File(file) => file::write(&file, text.as_bytes()).map_err(failed)?,
    }
    log_line(&format!("wrote {}", path.display()));
    Ok(())
}

/// Compares the file with what is generated, and reports that with what is `told` of the matrix.
fn check(path: &Path, text: &str, mut told: Vec<Report>, format: Format) -> Result<(), Failure> {
    if path == Path::new("-") {
        return Err(Failure::Usage("--check needs a file: `-` is standard output".into()));
    }
    let old = match file::read(path, LONGEST_TEXT.max(2 * text.len() as u64)) {
        Ok(old) => String::from_utf8_lossy(&old).into_owned(),
        Err(cause) if cause.kind() == ErrorKind::NotFound => String::new(),
        Err(cause) => return Err(Failure::File { action: "read", path: path.to_owned(), cause }),
    };
    let name = path.display().to_string();
    if old == text {
        tell(format, &told)?;
        log_line(&format!("{name} is up to date"));
        return Ok(());
    }
    // Git may write them otherwise in a work tree than it keeps them (`core.autocrlf`).
    let old = old.replace("\r\n", "\n");
    if old == text {
        tell(format, &told)?;
        log_line(&format!("{name} is up to date; it differs only in line endings"));
        return Ok(());
    }
    let difference = similar::TextDiff::from_lines(old.as_str(), text);
    let difference = difference.unified_diff().header(&name, &format!("{name} (generated)")).to_string();
    if format == Format::Text {
        tell(format, &told)?;
        print(difference)?;
    } else {
        told.extend(stale(&name, old, text));
        tell(format, &told)?;
        log(&difference);
    }
    log_line(&format!("splitbuild: {name} is stale; regenerate it with `splitbuild gen -o {name}`"));
    Err(Failure::Reported)
}

/// The problem of a file that is not what is generated, at its first line that is another; people are shown a difference.
fn stale(name: &str, old: String, text: &str) -> Option<Report> {
    let same = old.split_inclusive('\n').zip(text.split_inclusive('\n')).take_while(|(old, new)| old == new);
    let start = same.map(|(old, _)| old.len()).sum();
    let end = start + old[start..].lines().next().unwrap_or_default().len();
    let problem = Diagnostic::new("stale", Span { start, end }, "this file is not what the matrix generates")
        .help(format!("regenerate it with `splitbuild gen -o {name}`, and commit it"));
    Report::of(&Source { name: name.to_owned(), text: old }, vec![problem])
}
