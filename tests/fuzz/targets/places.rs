//! Problems have places in the text that they are of, and can be shown.

use splitbuild::diagnostic::{Colour, Diagnostic, Report, Source};
use splitbuild::span::Span;

/// Checks problems of one text.
pub fn check(text: &str, problems: &[Diagnostic]) {
    for problem in problems {
        within(text, problem.span, problem);
        problem.related.iter().for_each(|(span, _)| within(text, *span, problem));
        let lines = [&problem.message, &problem.label];
        assert!(lines.into_iter().chain(&problem.help).all(|line| !line.contains('\n')), "lines: {problem:?}");
        assert!(!problem.message.is_empty(), "{problem:?}");
    }
    let source = Source { name: "input".into(), text: text.to_owned() };
    let Some(report) = Report::of(&source, problems.to_vec()) else { return };
    assert!(report.render(Colour::Never).contains("input:"), "a place is shown: {problems:?}");
}

/// Checks reports, which bring their text along.
pub fn check_all(reports: &[Report]) {
    reports.iter().for_each(|report| check(&report.source.text, &report.diagnostics));
}

fn within(text: &str, span: Span, problem: &Diagnostic) {
    assert!(span.start <= span.end && span.end <= text.len(), "{span:?} of {} bytes: {problem:?}", text.len());
    let is_boundary = text.is_char_boundary(span.start) && text.is_char_boundary(span.end);
    assert!(is_boundary, "{span:?} cuts a character: {problem:?}");
}
