//! Whether a configuration is too large for its provider, or nearly.

use super::size::size;
use crate::diagnostic::{Diagnostic, Severity};
use crate::provider::{Size, Unit};
use crate::span::Span;

/// The warning or error about a size, if it is near the limit; `count` and `noun` say of how many things it is.
pub(super) fn problem(counted: &Size, place: Span, count: usize, noun: &str) -> Option<Diagnostic> {
    let severity = counted.severity()?;
    let shown = |amount: u64| match counted.unit {
        Unit::Bytes => size(amount),
        Unit::Things => amount.to_string(),
    };
    let mut message =
        format!("{} takes {}, and the limit is {}", counted.what, shown(counted.counted), shown(counted.limit));
    if count > 1 {
        let (each, fitting) = (shown(counted.counted / count as u64), counted.fitting(count));
        message.push_str(&format!(": {each} for each of {count} {noun}, and {fitting} of this kind fit"));
    }
    let problem = Diagnostic::new("size", place, message).help(counted.help);
    Some(if severity == Severity::Warning { problem.warning() } else { problem })
}

/// The place to report for a whole file: its first line that is not a comment.
pub(super) fn first_line(text: &str) -> Span {
    let is_content = |line: &str| !line.trim().is_empty() && !line.starts_with('#');
    let start = text.split_inclusive('\n').take_while(|line| !is_content(line)).map(str::len).sum();
    Span { start, end: start + text[start..].lines().next().unwrap_or_default().len() }
}
