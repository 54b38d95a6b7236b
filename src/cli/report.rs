//! Problems in the forms that other programs read.
//!
//! Every form tells all problems, where the text for people counts those of a kind beyond the first fifty. None quotes the
//! files: what is marked may be a secret.

mod annotations;
mod code_quality;
mod explanation;
mod json;
mod sarif;

use super::arguments::format::Format;
use super::{Failure, colour, log, print};
use crate::diagnostic::{Diagnostic, Report};
use crate::digest::Digest;
use crate::span::{Lines, Place, Span};

pub(super) use json::problems;

/// A problem, with its places in lines and columns.
struct Finding<'r> {
    /// The path as the user gave it, without `./` before it.
    file: &'r str,
    place: Place,
    problem: &'r Diagnostic,
    /// Other places in the same file, with what is to be said of each.
    related: Vec<(Place, &'r str)>,
}

/// Tells problems: to people on standard error, to programs on standard output.
pub(super) fn tell(format: Format, reports: &[Report]) -> Result<(), Failure> {
    match render(format, reports) {
        Some(text) => print(text),
        None => {
            reports.iter().for_each(|report| log(&report.render(colour())));
            Ok(())
        }
    }
}

/// The whole report as one document, which is valid also if there are no problems; none for people, who get text.
fn render(format: Format, reports: &[Report]) -> Option<String> {
    let characters = || findings(reports, |_| 1);
    match format {
        Format::Text => None,
        Format::Annotations => Some(annotations::render(&characters())),
        Format::CodeQuality => Some(pretty(&code_quality::render(&characters()))),
        Format::Sarif => Some(pretty(&sarif::render(&findings(reports, char::len_utf16)))),
        Format::Json => Some(pretty(&problems(reports).into())),
    }
}

/// The problems in the order of the text, with columns in a unit of which a character has so many.
fn findings(reports: &[Report], width: fn(char) -> usize) -> Vec<Finding<'_>> {
    reports.iter().flat_map(|report| of_file(report, width)).collect()
}

fn of_file(Report { source, diagnostics }: &Report, width: fn(char) -> usize) -> Vec<Finding<'_>> {
    let lines = Lines::of(&source.text);
    let place = |span: &Span| lines.place(Report::marked(&source.text, *span), width);
    let found = diagnostics.iter().map(|problem| Finding {
        file: source.name.strip_prefix("./").unwrap_or(&source.name),
        place: place(&problem.span),
        problem,
        related: problem.related.iter().map(|(span, label)| (place(span), label.as_str())).collect(),
    });
    found.collect()
}

/// What each problem is known by in another run: the hexadecimal SHA-256 of its file, its code and its message, and not of its
/// line, since lines move. Of equal problems each has its number, since readers drop what is there twice.
fn fingerprints(findings: &[Finding<'_>]) -> Vec<String> {
    let mut seen = std::collections::BTreeMap::new();
    let fingerprint = |Finding { file, problem, .. }: &Finding<'_>| {
        let what = format!("{file}\0{}\0{}", problem.code, problem.message);
        let count = seen.entry(what.clone()).and_modify(|count| *count += 1).or_insert(0);
        let digest = Digest::of(format!("{what}\0{count}").as_bytes());
        digest.as_str().trim_start_matches("sha256:").to_owned()
    };
    findings.iter().map(fingerprint).collect()
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).expect("text, numbers and lists are JSON") + "\n"
}
