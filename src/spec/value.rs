//! What the keys of an image hold: each form with how it is read and how a higher level is put over a lower one.

use std::sync::Arc;

use super::access::{secret_uses, secret_uses_schema};
use super::decode::Decoder;
use super::pairs::{self, Pairs, limits, pairs};
use super::schema::Schema;
use super::{Name, Script, Text, script, text};
use crate::span::Span;
use crate::template::Template;
use crate::yaml::{Entry, Node};

/// A key of an image with its value.
#[derive(Clone, Debug)]
pub struct Setting<T> {
    pub key: Span,
    /// Where the value stands.
    pub span: Span,
    /// What it holds.
    pub value: T,
}

/// A key of an image, whatever it holds.
pub trait AnySetting {
    fn key(&self) -> Span;
    /// Every text in the value.
    fn texts(&self) -> Vec<&Text>;
}

/// One value or several, but not none.
#[derive(Clone, Debug)]
pub struct OneOrMore(pub Vec<Text>);

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
    /// The value, or a problem. `what` says whose it is, as in "`dockerfile`".
    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self>;

    /// What it may be, with what its texts may be.
    fn schema(text: Schema) -> Schema;

    /// Whether it may refer to names.
    const REFERS: bool = true;

    fn texts(&self) -> Vec<&Text> {
        Vec::new()
    }

    fn texts_mut(&mut self) -> Vec<&mut Text> {
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

    /// Puts in what `value_of` gives for the names of its texts.
    fn fill_in(setting: &mut Option<Arc<Setting<Self>>>, value_of: &dyn Fn(&str) -> Option<Template>) {
        let Some(setting) = setting else { return };
        if setting.value.texts().into_iter().flat_map(Text::names).any(|(name, _)| value_of(name).is_some()) {
            Arc::make_mut(setting).value.texts_mut().into_iter().for_each(|text| text.fill(value_of));
        }
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

/// A form of value that a key can have where nothing is written.
pub(super) trait Written {
    /// The value as it would be written.
    fn written(&self) -> serde_json::Value;
}

impl Written for Text {
    fn written(&self) -> serde_json::Value {
        self.template.to_string().into()
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
    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        decoder.text(node, what)
    }

    fn schema(text: Schema) -> Schema {
        text
    }

    fn texts(&self) -> Vec<&Text> {
        vec![self]
    }

    fn texts_mut(&mut self) -> Vec<&mut Text> {
        vec![self]
    }
}

impl Value for OneOrMore {
    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        if node.as_sequence().is_some_and(<[Node]>::is_empty) {
            decoder.error("wrong-shape", node.span, format!("{what} is an empty list"), "write at least one");
            return None;
        }
        let texts = decoder.one_or_more(node, what);
        (!texts.is_empty()).then_some(Self(texts))
    }

    fn schema(text: Schema) -> Schema {
        text::one_or_more(text).with("minItems", 1)
    }

    fn texts(&self) -> Vec<&Text> {
        self.0.iter().collect()
    }

    fn texts_mut(&mut self) -> Vec<&mut Text> {
        self.0.iter_mut().collect()
    }
}

impl Value for Vec<Text> {
    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        Some(decoder.texts(node, what))
    }

    fn schema(text: Schema) -> Schema {
        Schema::list(&text)
    }

    fn texts(&self) -> Vec<&Text> {
        self.iter().collect()
    }

    fn texts_mut(&mut self) -> Vec<&mut Text> {
        self.iter_mut().collect()
    }
}

impl Value for Pairs {
    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        pairs(decoder, node, what)
    }

    fn schema(text: Schema) -> Schema {
        pairs::schema(text)
    }

    fn texts(&self) -> Vec<&Text> {
        self.entries.iter().filter_map(|(_, text)| text.as_ref()).collect()
    }

    fn texts_mut(&mut self) -> Vec<&mut Text> {
        self.entries.iter_mut().filter_map(|(_, text)| text.as_mut()).collect()
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
    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        Some(Self(limits(decoder, node, what)?))
    }

    fn schema(_text: Schema) -> Schema {
        pairs::limits_schema()
    }

    fn texts(&self) -> Vec<&Text> {
        self.0.texts()
    }

    fn merged(&self, lower: &Self) -> Option<Self> {
        self.0.merged(&lower.0).map(Self)
    }
}

impl Value for TextOrMap {
    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        match node.as_mapping() {
            Some(_) => pairs(decoder, node, what).map(Self::Map),
            None => decoder.text(node, what).map(Self::Text),
        }
    }

    fn schema(text: Schema) -> Schema {
        pairs::by_name(text.clone()).also(text)
    }

    fn texts(&self) -> Vec<&Text> {
        match self {
            Self::Text(text) => vec![text],
            Self::Map(pairs) => pairs.texts(),
        }
    }

    fn texts_mut(&mut self) -> Vec<&mut Text> {
        match self {
            Self::Text(text) => vec![text],
            Self::Map(pairs) => pairs.texts_mut(),
        }
    }

    fn merged(&self, lower: &Self) -> Option<Self> {
        match (self, lower) {
            (Self::Map(high), Self::Map(low)) => high.merged(low).map(Self::Map),
            _ => None,
        }
    }
}

impl Value for TextOrFlag {
    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        match node.as_str() {
            Some("true") => Some(Self::Flag(true)),
            Some("false") => Some(Self::Flag(false)),
            _ => decoder.text(node, what).map(Self::Text),
        }
    }

    fn schema(text: Schema) -> Schema {
        text.or(&["boolean"])
    }

    fn texts(&self) -> Vec<&Text> {
        match self {
            Self::Text(text) => vec![text],
            Self::Flag(_) => Vec::new(),
        }
    }

    fn texts_mut(&mut self) -> Vec<&mut Text> {
        match self {
            Self::Text(text) => vec![text],
            Self::Flag(_) => Vec::new(),
        }
    }
}

impl Value for Script {
    const REFERS: bool = false;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        decoder.script(node, what)
    }

    fn schema(_text: Schema) -> Schema {
        script::schema()
    }
}

/// Secrets by name, each with the name that the build sees.
impl Value for Vec<(Name, Option<Name>)> {
    const REFERS: bool = false;

    fn read(decoder: &mut Decoder<'_>, node: &Node, _what: &str) -> Option<Self> {
        Some(secret_uses(decoder, node))
    }

    fn schema(_text: Schema) -> Schema {
        secret_uses_schema()
    }
}
