//! Reads YAML text into a tree, within a budget, and notes what a matrix should not contain.

mod build;
mod entries;
#[cfg(test)]
mod tests;
mod token;

use std::fmt;

use granit_parser::{ErrorKind, Parser, ScanError};

use super::{Node, Scalar, Style, Value};
use crate::span::Span;
use build::Builder;

/// Something to report about a document that can be read all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What to point at.
    pub span: Span,
    /// What is wrong there.
    pub kind: ProblemKind,
}

/// The kinds of [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// A key the map already has; the entry before was replaced.
    DuplicateKey {
        key: String,
        /// Where the entry that was replaced had its key.
        first: Span,
    },
    /// A key that is a list or a map; the entry was dropped.
    KeyNotText,
    /// The value of `<<` is neither a map nor a list of maps; what is not a map was dropped.
    BadMerge,
    /// An explicit tag, as written, that is not in the core schema; it was ignored.
    Tag(String),
}

/// Why a text could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What to point at; empty at the end of the text.
    pub span: Span,
    /// Whether the text is wrong or merely too much.
    pub kind: SyntaxErrorKind,
    /// A lower-case phrase without a position.
    pub message: String,
}

/// The kinds of [`SyntaxError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// The text is not one well-formed document.
    Parser,
    /// The document is larger or deeper than the [`Budget`].
    Budget,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

/// How much a document may hold once its aliases are expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Values and keys; a text counts once more for every 64 bytes it has.
    ///
    /// An alias counts as much as what it copies, and so does an anchor, which keeps a copy.
    pub nodes: usize,
    /// Lists and maps inside one another. Walking and dropping a tree recurses this deep.
    pub depth: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { nodes: 1_000_000, depth: 100 }
    }
}

/// What readers of YAML do otherwise than others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// What stands in a map outweighs what is merged into it, and of that the first counts
    /// (<https://yaml.org/type/merge.html>).
    #[default]
    Core,
    /// That of Ruby: what comes later in a map replaces what came before, be it written or merged
    /// (`revive_hash` in <https://github.com/ruby/psych/blob/master/lib/psych/visitors/to_ruby.rb>); and a document with
    /// a `spec` may come before the one that counts.
    Psych,
    /// Without merges: `<<` is a key as any other.
    Plain,
}

/// A text that could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The value of the document; nothing at `0..0` when the document is empty.
    pub root: Node,
    /// What to report, in the order it was come across.
    pub problems: Vec<Problem>,
}

/// Reads the one document in `text`, as [`Form::Core`] has it.
///
/// # Errors
///
/// See [`read_as`].
pub fn read(text: &str, budget: Budget) -> Result<Document, SyntaxError> {
    read_as(text, budget, Form::Core)
}

/// Reads the one document in `text`, expanding its aliases and merge keys.
///
/// Spans are byte offsets into `text`, counting a byte-order mark if there is one:
///
/// - A plain or quoted scalar covers its token, quotes included but not its anchor or tag.
/// - A block scalar covers its content, from the first character that is not blank to the last;
///   without content it is empty and at the end of the header.
/// - A block map runs from its first key, and a block list from its first dash, to the end of
///   the last value; flow collections include their brackets.
/// - A missing value is an empty span at the end of its key, dash, tag or anchor.
/// - What an alias copied, or a merge key brought in, keeps the spans of its definition.
///
/// An `!!str` tag on plain text makes its style double-quoted, and the other scalar tags of the
/// core schema make quoted text plain, so that style alone tells whether a text has a type.
///
/// # Errors
///
/// When the text is not a single well-formed document, or exceeds `budget`.
pub fn read_as(text: &str, budget: Budget, form: Form) -> Result<Document, SyntaxError> {
    let mut options = granit_parser::options! {
        flow_nesting_limit: budget.depth,
        block_nesting_limit: budget.depth,
    };
    // Another dependency may have turned the parser's comment events on.
    options.set_emit_comments(false);

    let mut builder = Builder::new(text, budget, form);
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| scan_error(text, &error))?;
        builder.take(event, &span)?;
    }
    Ok(builder.finish())
}

impl SyntaxError {
    fn parser(span: Span, message: impl Into<String>) -> Self {
        Self { span, kind: SyntaxErrorKind::Parser, message: message.into() }
    }

    fn too_deep(span: Span) -> Self {
        Self { span, kind: SyntaxErrorKind::Budget, message: "lists and maps are nested too deeply".to_owned() }
    }

    fn too_large(span: Span) -> Self {
        Self {
            span,
            kind: SyntaxErrorKind::Budget,
            message: "the document is too large once its aliases are expanded".to_owned(),
        }
    }
}

fn scan_error(text: &str, error: &ScanError) -> SyntaxError {
    let offset = error.marker().byte_offset().unwrap_or(text.len());
    let start = Span::floor(text, offset);
    let rest = &text[start..];
    let width = rest.chars().next().map_or(0, char::len_utf8);
    let span = Span { start, end: start + width };
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => SyntaxError::too_deep(span),
        ErrorKind::UnknownAnchor => unknown_alias(rest, start),
        _ => SyntaxError::parser(span, lower_first(&error.info())),
    }
}

/// The parser names neither the alias nor its end, so both are taken from the text.
fn unknown_alias(rest: &str, start: usize) -> SyntaxError {
    let length = rest.find(|c: char| c.is_whitespace() || ",[]{}".contains(c)).unwrap_or(rest.len());
    let span = Span { start, end: start + length };
    SyntaxError::parser(span, format!("the alias `{}` has no anchor before it", &rest[..length]))
}

/// Lowers the first letter, unless it starts an acronym such as `YAML`.
fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    let (Some(first), second) = (chars.next(), chars.next()) else {
        return "the text is not valid YAML".to_owned();
    };
    if second.is_some_and(char::is_uppercase) {
        return message.to_owned();
    }
    first.to_lowercase().chain(message.chars().skip(1)).collect()
}

fn nothing(span: Span) -> Node {
    Node { value: Value::Scalar(Scalar { text: String::new(), style: Style::Plain }), span }
}
