//! Corrects what the parser says about single tokens.

use granit_parser::{ScalarStyle, Tag};

use crate::span::Span;
use crate::yaml::{Scalar, Style};

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Whether a scalar is written as an indented block.
pub(super) fn is_block(style: ScalarStyle) -> bool {
    matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
}

/// Leaves out the blanks at the end of a block scalar, and its header when that is all it has.
pub(super) fn block_span(text: &str, span: Span, content: &str) -> Span {
    let before_end = text.get(..span.end).unwrap_or_default();
    let end = before_end.trim_end_matches(BLANKS).len();
    let start = if content.trim_matches(BLANKS).is_empty() { end } else { span.start };
    Span { start, end }
}

/// The parser's text for a missing value is `~`, which only the span tells from a written one.
pub(super) fn scalar(text: String, style: Style, span: Span) -> Scalar {
    let is_missing = span.start == span.end && style == Style::Plain && text == "~";
    Scalar { text: if is_missing { String::new() } else { text }, style }
}

/// The style that tells, without the tag, whether the text has a type.
pub(super) fn typed_style(style: ScalarStyle, tag: Option<&Tag>) -> Style {
    let written = match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    };
    match tag.and_then(Tag::core_suffix) {
        Some("str") if written == Style::Plain => Style::DoubleQuoted,
        Some("int" | "float" | "bool" | "null") => Style::Plain,
        _ => written,
    }
}

/// Moves the span of a missing value back over the blanks that follow its key.
pub(super) fn tighten(text: &str, key_end: usize, span: Span) -> Span {
    let Some(between) = text.get(key_end..span.start) else {
        return span;
    };
    let offset = key_end + between.trim_end_matches(BLANKS).len();
    Span { start: offset, end: offset }
}

/// Every span of a parser that was given a `str` has byte offsets.
pub(super) fn byte_span(source: &granit_parser::Span) -> Span {
    source.byte_range().map_or_else(Span::default, |range| Span { start: range.start, end: range.end })
}
