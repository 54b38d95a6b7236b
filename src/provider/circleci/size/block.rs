//! How long a tree is as YAML in block style, without writing it; lists are not indented below their keys.

use std::ops::{Add, AddAssign};

use crate::yaml::{Entry, Node, Scalar, Style, Value};

/// Whole lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    /// Their bytes in the first column, with what ends each.
    bytes: u64,
    /// How many of them an indentation makes longer: those that are not empty.
    count: u64,
}

impl Lines {
    /// Their bytes in a column.
    pub(super) fn at(self, column: u64) -> u64 {
        self.bytes.saturating_add(self.count.saturating_mul(column))
    }

    fn indented(self, by: u64) -> Self {
        Self { bytes: self.at(by), ..self }
    }
}

impl Add for Lines {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { bytes: self.bytes.saturating_add(other.bytes), count: self.count.saturating_add(other.count) }
    }
}

impl AddAssign for Lines {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// A value, as it follows a key or a dash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// What stands on the line of the key or dash, with the space before it.
    first: u64,
    /// What stands on lines of its own.
    rest: Lines,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Scalar,
    List,
    Map,
}

impl Block {
    pub(super) fn of(node: &Node) -> Self {
        match &node.value {
            Value::Scalar(scalar) => Self::scalar(scalar),
            Value::Sequence(items) => Self::list(total(items.iter().map(|node| Self::of(node).item()))),
            Value::Mapping(map) => Self::map(total(map.entries.iter().map(|it| Self::of(&it.value).entry(key(it))))),
        }
    }

    /// A map of these entries.
    pub(super) fn map(entries: Lines) -> Self {
        Self::collection(Kind::Map, entries)
    }

    /// A list of these items.
    pub(super) fn list(items: Lines) -> Self {
        Self::collection(Kind::List, items)
    }

    fn collection(kind: Kind, rest: Lines) -> Self {
        match rest.count {
            // `[]` or `{}`.
            0 => Self { first: 3, rest, kind: Kind::Scalar },
            _ => Self { first: 0, rest, kind },
        }
    }

    /// A scalar. A plain one stays as it is; no other is written so that it looks typed.
    pub(super) fn scalar(scalar: &Scalar) -> Self {
        if scalar.style != Style::Plain {
            return Self::text(&scalar.text);
        }
        let length = if scalar.text.is_empty() { "null".len() } else { scalar.text.len() };
        Self { first: 1 + length as u64, rest: Lines::default(), kind: Kind::Scalar }
    }

    /// Text: a literal block if it has several lines.
    pub(super) fn text(text: &str) -> Self {
        let (first, rest) = match text.contains('\n') && is_literal(text) {
            true => literal(text),
            false => (1 + inline(text), Lines::default()),
        };
        Self { first, rest, kind: Kind::Scalar }
    }

    /// What stands on lines of its own.
    pub(super) fn lines(self) -> Lines {
        self.rest
    }

    /// The same with so many bytes more on lines of its own that are there already.
    pub(super) fn with_bytes(self, more: u64) -> Self {
        let rest = Lines { bytes: self.rest.bytes.saturating_add(more), ..self.rest };
        Self { rest, ..self }
    }

    /// The value after a key of so many bytes.
    pub(super) fn entry(self, key: u64) -> Lines {
        let rest = if self.kind == Kind::List { self.rest } else { self.rest.indented(2) };
        rest + Lines { bytes: key + ":\n".len() as u64 + self.first, count: 1 }
    }

    /// The value after a dash.
    pub(super) fn item(self) -> Lines {
        let rest = self.rest.indented(2);
        match self.kind {
            Kind::Scalar => rest + Lines { bytes: "-\n".len() as u64 + self.first, count: 1 },
            // The dash and its space stand where the first line's indentation would.
            Kind::List | Kind::Map => rest,
        }
    }
}

/// The bytes of an entry's key.
pub(super) fn key(entry: &Entry) -> u64 {
    match entry.key.style {
        Style::Plain => entry.key.text.len() as u64,
        _ => inline(&entry.key.text),
    }
}

/// The bytes of text on one line.
pub(super) fn inline(text: &str) -> u64 {
    if is_special(text) || text.contains('\n') {
        return escaped(text);
    }
    let length = text.len() as u64;
    match is_plain(text) {
        true => length,
        false => length + 2 + text.bytes().filter(|byte| *byte == b'\'').count() as u64,
    }
}

fn total(lines: impl Iterator<Item = Lines>) -> Lines {
    lines.fold(Lines::default(), Add::add)
}

/// `|`, what it has to say of the text, and the text.
fn literal(text: &str) -> (u64, Lines) {
    // An indentation that the first line would hide, and how the text ends if not with one line end.
    let hint = u64::from(text.starts_with([' ', '\n']));
    let chomping = u64::from(!text.ends_with('\n') || text.ends_with("\n\n") || text == "\n");
    let body = text.strip_suffix('\n').unwrap_or(text);
    let filled = body.split('\n').filter(|line| !line.is_empty()).count() as u64;
    (2 + hint + chomping, Lines { bytes: body.len() as u64 + 1, count: filled })
}

/// Whether a literal block carries the text.
fn is_literal(text: &str) -> bool {
    !is_special(text) && !text.contains(" \n") && !text.ends_with(' ')
}

/// Whether there are characters that only escapes carry.
fn is_special(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_control() && byte != b'\n')
        || !text.is_ascii() && text.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{feff}'))
}

/// Whether the text can stand without quotes.
fn is_plain(text: &str) -> bool {
    let indicates = |c: char| "#,[]{}&*!|>'\"%@`".contains(c);
    let (first, second) = {
        let mut chars = text.chars();
        (chars.next(), chars.next())
    };
    let starts_wrong =
        first.is_none_or(indicates) || matches!(first, Some('-' | '?' | ':')) && second.is_none_or(|c| c == ' ');
    !(starts_wrong
        || text.starts_with("---")
        || text.starts_with("...")
        || text.starts_with(' ')
        || text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #")
        || matches!(text, "<<" | "=")
        || Scalar::bare_type(text).is_some())
}

/// The bytes of text between double quotes.
fn escaped(text: &str) -> u64 {
    let of = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\0' | '\u{7}' | '\u{8}' | '\u{b}' | '\u{c}' | '\u{1b}' | '\u{85}' => 2,
        '\u{feff}' => r"\uFEFF".len(),
        c if c.is_control() => r"\x01".len(),
        c => c.len_utf8(),
    };
    2 + text.chars().map(of).sum::<usize>() as u64
}
