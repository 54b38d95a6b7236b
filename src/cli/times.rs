//! How long each job takes, from a file: lines `JOB SECONDS`, a JSON object, or what a provider's interface tells of runs;
//! everything that is wrong is reported at once.

mod entries;
mod export;
mod json;
mod lines;
mod object;

use std::path::Path;
use std::time::Duration;

use self::entries::Entries;
use self::export::Export;
use super::Failure;
use super::arguments::format::Format;
use super::report::tell;
use crate::diagnostic::{Diagnostic, Report, Source};
use crate::file::{self, LONGEST_TEXT};
use crate::plan::{Plan, Times, Workflow};
use crate::provider::{Provider, UserConfig, record};
use crate::span::Span;

/// In seconds: more than thirty years.
const LONGEST: f64 = 1e9;

struct Entry {
    job: String,
    span: Span,
    /// `None` if it is not a time.
    time: Option<Duration>,
}

/// Whose times are read: the plan with its hand-written file, its provider, and the workflows that are to have times.
#[derive(Clone, Copy)]
pub struct Wanted<'i> {
    pub plan: &'i Plan,
    pub own: Option<&'i UserConfig>,
    pub provider: &'i dyn Provider,
    pub workflows: &'i [&'i Workflow],
}

/// Reads a time for every job of the workflows, and for every hand-written job that one of them waits for.
pub(super) fn read(path: &Path, wanted: Wanted<'_>) -> Result<Times, Failure> {
    let source = source(path)?;
    let (times, problems) = match read_text(&source.text, wanted) {
        Ok((times, warnings)) => (Some(times), warnings),
        Err(problems) => (None, problems),
    };
    let report = Report::of(&source, problems);
    let Some(times) = times else { return Err(Failure::Problems(report.into_iter().collect())) };
    tell(Format::Text, report.as_slice())?;
    Ok(times)
}

/// Reads a time for every job of the workflows, and for every hand-written job that one of them waits for, with warnings.
///
/// What a provider exports is of one workflow, mostly, so it need not have all of another one: which has no times then is
/// told.
///
/// # Errors
/// Everything that is wrong.
pub fn read_text(text: &str, wanted: Wanted<'_>) -> Result<(Times, Vec<Diagnostic>), Vec<Diagnostic>> {
    let end = text.trim_end().len();
    if !text.trim_start().starts_with(['{', '[']) {
        let (entries, problems) = lines::lines(text);
        let form = |job: &str| format!("`{job} SECONDS`");
        return Ok((Entries { entries, problems }.times(end, wanted, &form)?, Vec::new()));
    }
    let documents = json::documents(text).map_err(|problem| vec![problem])?;
    let records: Vec<_> = documents.iter().map(|document| record(&document.root)).collect();
    if records.iter().all(Option::is_some) {
        let export = Export { records: records.into_iter().flatten().collect() };
        return match export.times(wanted, end) {
            (Some(times), warnings) => Ok((times, warnings)),
            (None, problems) => Err(problems),
        };
    }
    if let [document] = documents.as_slice()
        && let Some(map) = object::plain(&document.root)
    {
        let (entries, mut problems) = object::object(map);
        problems.extend(document.problems.iter().cloned());
        let form = |job: &str| format!("`\"{job}\": SECONDS`");
        return Ok((Entries { entries, problems }.times(end, wanted, &form)?, Vec::new()));
    }
    let odd = documents.iter().zip(&records).filter(|(_, record)| record.is_none());
    let problem = |span: Span| {
        let span = Span { end: span.end.min(span.start + 1), ..span };
        Diagnostic::new("times", span, "this is no list of jobs that a CI provider gives, and no object of seconds")
            .help("`splitbuild plan --help` says which lists are read")
            .help("else write an object from job to seconds: `{\"build-app-amd64\": 412}`, or lines `JOB SECONDS`")
    };
    Err(odd.map(|(document, _)| problem(document.root.span)).collect())
}

fn source(path: &Path) -> Result<Source, Failure> {
    let (name, read) = if path == Path::new("-") {
        ("standard input".to_owned(), file::bounded(std::io::stdin().lock(), LONGEST_TEXT))
    } else {
        (path.display().to_string(), file::read(path, LONGEST_TEXT))
    };
    let bytes = read.map_err(|cause| Failure::Usage(format!("--times: cannot read {name}: {cause}")))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Failure::Usage(format!("--times: {name}:{line}: this is not UTF-8; save the file as UTF-8"))
    })?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok(Source { name, text })
}

fn expected(form: &str) -> String {
    format!("{form}; SECONDS is a decimal number from 0 to {LONGEST}, such as 412 or 388.5")
}

/// Seconds, to the millisecond.
fn time(text: &str) -> Option<Duration> {
    let seconds: f64 = text.parse().ok()?;
    (0.0..=LONGEST).contains(&seconds).then(|| Duration::from_millis((seconds * 1000.0).round() as u64))
}
