//! Holds a YAML document as a tree that remembers where each part was written.

pub mod read;
mod typed;
pub mod write;

pub use read::read;

use crate::span::Span;

/// One value of a document and the place it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub value: Value,
    /// Where it was written; see [`read::read`] for what each kind of node covers.
    pub span: Span,
}

/// The three shapes a YAML value can take.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text, a number, a boolean or nothing: YAML tells them apart by how they are written.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// A map.
    Mapping(Mapping),
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Bare, so that its text decides its type.
    Plain,
    /// Between `'`.
    SingleQuoted,
    /// Between `"`.
    DoubleQuoted,
    /// A `|` block.
    Literal,
    /// A `>` block.
    Folded,
}

/// The text of a scalar, with its escapes and folds undone.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    pub text: String,
    /// How the text was written.
    pub style: Style,
}

/// A map in source order, without duplicate keys when it comes from [`read()`].
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// The entries: first those written in the map, then those merged into it.
    pub entries: Vec<Entry>,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: Key,
    pub value: Node,
}

/// A key, which is always a scalar.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The text of the key.
    pub text: String,
    /// The key as written; for an alias, the alias itself.
    pub span: Span,
    /// How the key was written.
    pub style: Style,
}

impl Node {
    /// Text, made here and not read; it is written quoted wherever a reader would take it for something else.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::scalar(text, Style::DoubleQuoted)
    }

    /// A scalar of a style, made here and not read; a style that cannot carry the text gives way to one that can.
    #[must_use]
    pub fn scalar(text: &str, style: Style) -> Self {
        Self::new(Value::Scalar(Scalar { text: text.to_owned(), style }))
    }

    /// A list, made here and not read.
    #[must_use]
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::new(Value::Sequence(items.into_iter().collect()))
    }

    /// A map, made here and not read.
    #[must_use]
    pub fn map<'k>(entries: impl IntoIterator<Item = (&'k str, Self)>) -> Self {
        let entry = |(key, value): (&str, Self)| Entry {
            key: Key { text: key.to_owned(), span: Span::default(), style: Style::DoubleQuoted },
            value,
        };
        Self::new(Value::Mapping(Mapping { entries: entries.into_iter().map(entry).collect() }))
    }

    fn new(value: Value) -> Self {
        Self { value, span: Span::default() }
    }

    /// What a map has under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_mapping()?.get(key)
    }

    /// The map, if this is one.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The items, if this is a list.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The value of a key to be changed, if this is a map that has it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Mapping(map) => {
                map.entries.iter_mut().find(|entry| entry.key.text == key).map(|entry| &mut entry.value)
            }
            _ => None,
        }
    }

    /// Whether every reader takes this and another for the same, wherever and however they were written.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Scalar(a), Value::Scalar(b)) => a.text == b.text && a.looks_typed() == b.looks_typed(),
            (Value::Sequence(a), Value::Sequence(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.says_the_same(b))
            }
            (Value::Mapping(a), Value::Mapping(b)) => {
                let same = |(a, b): (&Entry, &Entry)| a.key.text == b.key.text && a.value.says_the_same(&b.value);
                a.entries.len() == b.entries.len() && a.entries.iter().zip(&b.entries).all(same)
            }
            _ => false,
        }
    }

    /// Moves this and everything in it by so many bytes.
    pub fn shift(&mut self, by: usize) {
        self.span = self.span.shifted(by);
        match &mut self.value {
            Value::Scalar(_) => {}
            Value::Sequence(items) => items.iter_mut().for_each(|item| item.shift(by)),
            Value::Mapping(map) => map.entries.iter_mut().for_each(|entry| {
                entry.key.span = entry.key.span.shifted(by);
                entry.value.shift(by);
            }),
        }
    }

    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of the scalar, whatever its style, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| scalar.text.as_str())
    }

    /// What to call this node in a message.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar(scalar) if scalar.is_null() => "nothing",
            Value::Scalar(_) => "text",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a map",
        }
    }

    /// Whether nothing was written here, or one of the plain forms of null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(Scalar::is_null)
    }
}

impl Mapping {
    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of `key`.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.text == key)
    }
}

impl Scalar {
    /// What a YAML 1.1 or 1.2 reader may take this for instead of a string.
    ///
    /// `None` means that every reader sees a string, as they do for all that is not plain.
    #[must_use]
    pub fn looks_typed(&self) -> Option<&'static str> {
        match self.style {
            Style::Plain => typed::plain_type(&self.text),
            _ => None,
        }
    }

    /// What some reader may take this text for if it stands bare.
    #[must_use]
    pub fn bare_type(text: &str) -> Option<&'static str> {
        typed::plain_type(text)
    }

    fn is_null(&self) -> bool {
        self.style == Style::Plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}
