//! What the keys of an image hold: each form with how it is read and how a higher level is put over a lower one.

use std::sync::Arc;

use super::decode::Decoder;
use super::{Name, Script, Text};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::yaml::{Entry, Node};

/// What a key may hold, as a schema says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One value.
    Text,
    /// One value, or a list that is not empty.
    TextOrList,
    /// Several values.
    List,
    /// Names with values: a map, or a list of `NAME=VALUE`.
    Pairs,
    /// One value, or a map of names with values.
    TextOrMap,
    /// Names with numbers, or with `soft` and `hard` numbers.
    Limits,
    /// Yes or no.
    Flag,
    /// Yes, no, or a value.
    FlagOrText,
    /// A number from 0 to 2.
    Count,
    /// Shell.
    Script,
    /// Names of secrets, or maps of `source` and `target`.
    Secrets,
}

/// A key of an image with its value.
#[derive(Clone, Debug)]
pub struct Setting<T> {
    /// Where the key stands.
    pub key: Span,
    /// Where the value stands.
    pub span: Span,
    /// What it holds.
    pub value: T,
}

/// A key of an image, whatever it holds.
pub trait AnySetting {
    /// Where the key stands.
    fn key(&self) -> Span;
    /// Every text in the value.
    fn texts(&self) -> Vec<&Text>;
}

/// One value or several, but not none.
#[derive(Clone, Debug)]
pub struct OneOrMore(pub Vec<Text>);

/// Names with values.
#[derive(Clone, Debug)]
pub struct Pairs {
    /// In the order written; a name without a value is taken from the environment.
    pub entries: Vec<(Name, Option<Text>)>,
    /// Whether they are written as a map, which is merged name by name; a list of `NAME=VALUE` is replaced as a whole.
    pub is_map: bool,
}

/// Names with limits, as Docker's `--ulimit` takes them.
#[derive(Clone, Debug)]
pub struct Limits(pub Pairs);

/// One value, or a map.
#[derive(Clone, Debug)]
pub enum TextOrMap {
    /// One value.
    Text(Text),
    /// Names with values.
    Map(Pairs),
}

/// One value, or yes or no.
#[derive(Clone, Debug)]
pub enum TextOrFlag {
    /// One value.
    Text(Text),
    /// Yes or no.
    Flag(bool),
}

/// A form of value.
pub(super) trait Value: Clone {
    const SHAPE: Shape;

    /// The value, or a problem. `what` says whose it is, as in "`dockerfile`".
    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self>;

    fn texts(&self) -> Vec<&Text> {
        Vec::new()
    }

    /// Both as one; `None` if this replaces the lower one.
    fn merged(&self, _lower: &Self) -> Option<Self> {
        None
    }

    /// A key with its value, or a problem.
    fn setting(decoder: &mut Decoder<'_>, entry: &Entry) -> Option<Arc<Setting<Self>>> {
        let value = Self::read(decoder, &entry.value, &format!("`{}`", entry.key.text))?;
        Some(Arc::new(Setting { key: entry.key.span, span: entry.value.span, value }))
    }

    /// Puts what a higher level says over what a lower one does.
    fn put(lower: &mut Option<Arc<Setting<Self>>>, higher: Option<&Arc<Setting<Self>>>) {
        let Some(higher) = higher else { return };
        let merged = lower.as_ref().and_then(|lower| higher.value.merged(&lower.value));
        *lower = Some(match merged {
            Some(value) => Arc::new(Setting { value, ..**higher }),
            None => Arc::clone(higher),
        });
    }
}

impl<T: Value> AnySetting for Setting<T> {
    fn key(&self) -> Span {
        self.key
    }

    fn texts(&self) -> Vec<&Text> {
        self.value.texts()
    }
}

impl Value for Text {
    const SHAPE: Shape = Shape::Text;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        decoder.text(node, what)
    }

    fn texts(&self) -> Vec<&Text> {
        vec![self]
    }
}

impl Value for OneOrMore {
    const SHAPE: Shape = Shape::TextOrList;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        if node.as_sequence().is_some_and(<[Node]>::is_empty) {
            let problem = Diagnostic::new("wrong-shape", node.span, format!("{what} is an empty list"));
            decoder.report(problem.help("write at least one"));
            return None;
        }
        let texts = decoder.one_or_more(node, what);
        (!texts.is_empty()).then_some(Self(texts))
    }

    fn texts(&self) -> Vec<&Text> {
        self.0.iter().collect()
    }
}

impl Value for Vec<Text> {
    const SHAPE: Shape = Shape::List;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        Some(decoder.texts(node, what))
    }

    fn texts(&self) -> Vec<&Text> {
        self.iter().collect()
    }
}

impl Value for Pairs {
    const SHAPE: Shape = Shape::Pairs;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        decoder.pairs(node, what)
    }

    fn texts(&self) -> Vec<&Text> {
        self.entries.iter().filter_map(|(_, text)| text.as_ref()).collect()
    }

    fn merged(&self, lower: &Self) -> Option<Self> {
        let mut entries = Some(&lower.entries).filter(|_| self.is_map && lower.is_map)?.clone();
        for entry in &self.entries {
            match entries.iter_mut().find(|(known, _)| known.text == entry.0.text) {
                Some(known) => known.clone_from(entry),
                None => entries.push(entry.clone()),
            }
        }
        Some(Self { entries, is_map: true })
    }
}

impl Value for Limits {
    const SHAPE: Shape = Shape::Limits;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        Some(Self(decoder.limits(node, what)?))
    }

    fn texts(&self) -> Vec<&Text> {
        self.0.texts()
    }

    fn merged(&self, lower: &Self) -> Option<Self> {
        self.0.merged(&lower.0).map(Self)
    }
}

impl Value for TextOrMap {
    const SHAPE: Shape = Shape::TextOrMap;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        match node.as_mapping() {
            Some(_) => decoder.pairs(node, what).map(Self::Map),
            None => decoder.text(node, what).map(Self::Text),
        }
    }

    fn texts(&self) -> Vec<&Text> {
        match self {
            Self::Text(text) => vec![text],
            Self::Map(pairs) => pairs.texts(),
        }
    }

    fn merged(&self, lower: &Self) -> Option<Self> {
        match (self, lower) {
            (Self::Map(high), Self::Map(low)) => high.merged(low).map(Self::Map),
            _ => None,
        }
    }
}

impl Value for bool {
    const SHAPE: Shape = Shape::Flag;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        decoder.flag(node, what)
    }
}

impl Value for TextOrFlag {
    const SHAPE: Shape = Shape::FlagOrText;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        match node.as_str() {
            Some("true") => Some(Self::Flag(true)),
            Some("false") => Some(Self::Flag(false)),
            _ => decoder.text(node, what).map(Self::Text),
        }
    }

    fn texts(&self) -> Vec<&Text> {
        match self {
            Self::Text(text) => vec![text],
            Self::Flag(_) => Vec::new(),
        }
    }
}

/// How often a failed build is run again.
impl Value for u8 {
    const SHAPE: Shape = Shape::Count;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        let count = node.as_str().and_then(|text| text.parse().ok()).filter(|count| *count <= 2);
        if count.is_none() {
            decoder.wrong_shape(node, what, "a number from 0 to 2");
        }
        count
    }
}

impl Value for Script {
    const SHAPE: Shape = Shape::Script;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        decoder.script(node, what)
    }
}

/// Secrets by name, each with the name that the build sees.
impl Value for Vec<(Name, Option<Name>)> {
    const SHAPE: Shape = Shape::Secrets;

    fn read(decoder: &mut Decoder<'_>, node: &Node, _what: &str) -> Option<Self> {
        Some(decoder.secret_uses(node))
    }
}
