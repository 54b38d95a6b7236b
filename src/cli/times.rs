//! Reads how long each job takes: lines `JOB SECONDS`, or a JSON object; reports everything that is wrong at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use serde::de::IgnoredAny;

use super::Failure;
use super::input::{Input, parse};
use crate::diagnostic::{Diagnostic, Report, Source};
use crate::file::{self, LONGEST_TEXT};
use crate::plan::{ExternalJobs, Plan, Times};
use crate::provider::Provider;
use crate::span::Span;
use crate::yaml::read::Form;
use crate::yaml::{Style, Value};

/// In seconds: more than thirty years.
const LONGEST: f64 = 1e9;

struct Entry {
    job: String,
    span: Span,
    /// `None` if it is not a time.
    time: Option<Duration>,
}

/// Reads a time for every job of the plan, and for every hand-written job that one of them waits for.
pub(super) fn read(path: &Path, input: &Input, provider: &dyn Provider) -> Result<Times, Failure> {
    let source = source(path)?;
    let is_object = source.text.trim_start().starts_with('{');
    let (entries, mut problems) = if is_object { object(&source)? } else { lines(&source.text) };
    let workflows: Vec<&str> = input.plan.workflows.iter().map(|workflow| workflow.name.as_str()).collect();
    let foreign = input.own.as_ref().map(|own| provider.external_jobs(own, &workflows).0).unwrap_or_default();
    problems.extend(unknown(&entries, &input.plan, &foreign));
    let form = |job: &str| if is_object { format!("`\"{job}\": SECONDS`") } else { format!("`{job} SECONDS`") };
    problems.extend(missing(&entries, &input.plan, source.text.trim_end().len(), &form));
    match Report::of(&source, problems) {
        Some(report) => Err(Failure::Problems(vec![report])),
        None => Ok(entries.into_iter().filter_map(|entry| Some((entry.job, entry.time?))).collect()),
    }
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

/// The entries of lines; the last word of each is the time, since names of hand-written jobs may have spaces.
fn lines(text: &str) -> (Vec<Entry>, Vec<Diagnostic>) {
    let (mut entries, mut problems) = (Vec::<Entry>::new(), Vec::new());
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    let mut start = 0;
    for whole in text.split_inclusive('\n') {
        let line = without_comment(whole).trim_end();
        let content = line.trim_start();
        let at = start + line.len() - content.len();
        start += whole.len();
        if content.is_empty() {
            continue;
        }
        let span = |from: usize, length: usize| Span { start: at + from, end: at + from + length };
        let (job, word) = content.rsplit_once(char::is_whitespace).unwrap_or((content, ""));
        let is_decimal = word.chars().all(|c| c.is_ascii_digit() || c == '.');
        let time = is_decimal.then(|| time(word)).flatten();
        if time.is_none() {
            let marked =
                if word.is_empty() { span(0, content.len()) } else { span(content.len() - word.len(), word.len()) };
            let found = if word.is_empty() {
                "the seconds are missing".to_owned()
            } else {
                format!("`{word}` is not a number of seconds")
            };
            problems.push(Diagnostic::new("seconds", marked, found).help(expected("write `JOB SECONDS`")));
            // Which of the words were meant as the name is not known.
            entries.push(Entry { job: content.to_owned(), span: span(0, content.len()), time });
            continue;
        }
        let job = job.trim_end();
        let here = span(0, job.len());
        match first.get(job) {
            Some(first) => {
                let problem = Diagnostic::new("duplicate-job", here, format!("the job `{job}` is given twice"));
                problems.push(problem.related(*first, "first given here").help("keep one of them"));
            }
            None => {
                first.insert(job, here);
                entries.push(Entry { job: job.to_owned(), span: here, time });
            }
        }
    }
    (entries, problems)
}

/// The entries of a JSON object. It is read as YAML, which knows the places, once it is known to be JSON.
fn object(source: &Source) -> Result<(Vec<Entry>, Vec<Diagnostic>), Failure> {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(&source.text) {
        let before: usize = source.text.split_inclusive('\n').take(error.line().max(1) - 1).map(str::len).sum();
        let at = Span::floor(&source.text, before + error.column().max(1) - 1);
        let problem = Diagnostic::new("syntax", Span { start: at, end: at }, format!("this is not JSON: {error}"));
        let problem =
            problem.help("write an object from job to seconds: `{\"build-app-amd64\": 412}`, or lines `JOB SECONDS`");
        return Err(Failure::Problems(Report::of(source, vec![problem]).into_iter().collect()));
    }
    let (root, mut problems) = parse(source, Form::Core)?;
    let mut entries = Vec::new();
    for entry in root.as_mapping().map(|map| map.entries.as_slice()).unwrap_or_default() {
        let time = match &entry.value.value {
            Value::Scalar(scalar) if scalar.style == Style::Plain => time(&scalar.text),
            _ => None,
        };
        if time.is_none() {
            let message = format!("this is not a number of seconds for the job `{}`", entry.key.text);
            let help = expected("write `\"JOB\": SECONDS`");
            problems.push(Diagnostic::new("seconds", entry.value.span, message).help(help));
        }
        entries.push(Entry { job: entry.key.text.clone(), span: entry.key.span, time });
    }
    Ok((entries, problems))
}

fn expected(form: &str) -> String {
    format!("{form}; SECONDS is a decimal number from 0 to {LONGEST}, such as 412 or 388.5")
}

/// A line up to a `#` at its start or after white space.
fn without_comment(line: &str) -> &str {
    let is_comment = |at: &usize| line[..*at].chars().next_back().is_none_or(char::is_whitespace);
    line.match_indices('#').map(|(at, _)| at).find(is_comment).map_or(line, |at| &line[..at])
}

/// Seconds, to the millisecond.
fn time(text: &str) -> Option<Duration> {
    let seconds: f64 = text.parse().ok()?;
    (0.0..=LONGEST).contains(&seconds).then(|| Duration::from_millis((seconds * 1000.0).round() as u64))
}

/// The jobs that are in no workflow, neither generated nor hand-written.
fn unknown(entries: &[Entry], plan: &Plan, foreign: &ExternalJobs) -> Vec<Diagnostic> {
    let ours = plan.workflows.iter().flat_map(|workflow| plan.timed_jobs(workflow));
    let known: BTreeSet<&str> = ours.chain(foreign.workflows.values().flatten().map(String::as_str)).collect();
    let is_unknown = |entry: &&Entry| entry.time.is_some() && !known.contains(entry.job.as_str());
    let problem = |entry: &Entry| {
        let problem = Diagnostic::new("unknown-job", entry.span, format!("the job `{}` is in no workflow", entry.job));
        match crate::similar::closest(&entry.job, known.iter().copied()) {
            Some(close) => Some(problem.help(format!("did you mean `{close}`?"))),
            // It may be in a file that cannot be read here.
            None if foreign.is_partial => None,
            None => Some(problem.help("remove it; `splitbuild plan` shows the jobs")),
        }
    };
    entries.iter().filter(is_unknown).filter_map(problem).collect()
}

/// The jobs whose time is needed and not there, as one problem at the end of the file.
fn missing(entries: &[Entry], plan: &Plan, end: usize, form: &dyn Fn(&str) -> String) -> Option<Diagnostic> {
    let there: BTreeSet<&str> = entries.iter().map(|entry| entry.job.as_str()).collect();
    let unclear: Vec<&str> =
        entries.iter().filter(|entry| entry.time.is_none()).map(|entry| entry.job.as_str()).collect();
    let begins =
        |line: &&str, job: &str| line.strip_prefix(job).is_some_and(|rest| rest.starts_with(char::is_whitespace));
    let mut seen = BTreeSet::new();
    let needed = plan.workflows.iter().flat_map(|workflow| plan.timed_jobs(workflow));
    let missing: Vec<&str> = needed
        .filter(|job| !there.contains(job) && !unclear.iter().any(|line| begins(line, job)) && seen.insert(*job))
        .collect();
    let message = match missing.as_slice() {
        [] => return None,
        [job] => format!("the job `{job}` is missing"),
        jobs => format!("{} jobs are missing", jobs.len()),
    };
    let problem = Diagnostic::new("missing-job", Span { start: end, end }, message);
    Some(missing.iter().fold(problem, |problem, job| problem.help(format!("add {}", form(job)))))
}
