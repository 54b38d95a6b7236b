//! Parts of a definition: what no parameter changes is measured, the rest is filled in for each use.

use std::borrow::Cow;
use std::cell::Cell;

use super::block::{Block, Lines, key};
use crate::yaml::{Entry, Mapping, Node, Scalar, Style, Value};

/// What parameters are in one use of a definition; nothing in it refers to another parameter.
#[derive(Default)]
pub(super) struct Bindings<'v>(Vec<(&'v str, Cow<'v, Node>)>);

/// How much may still be filled in.
pub(super) struct Budget(Cell<u64>);

impl Budget {
    pub(super) fn of(amount: u64) -> Self {
        Self(Cell::new(amount))
    }

    /// Whether there is still so much.
    pub(super) fn take(&self, amount: u64) -> bool {
        let left = self.0.get().checked_sub(amount);
        self.0.set(left.unwrap_or_default());
        left.is_some()
    }
}

pub(super) enum Part<'n> {
    /// It refers to no parameter.
    Fixed(Block),
    /// Text that refers to one, and how long it is with short names in it, if that is known.
    Open(&'n Scalar, Option<Frame<'n>>),
    /// A map: its fixed entries, and the others with the lengths of their keys.
    Map(Lines, Vec<(u64, Part<'n>)>),
    /// A list: its fixed items, and the others.
    List(Lines, Vec<Part<'n>>),
}

impl<'n> Part<'n> {
    /// Measures what is fixed.
    pub(super) fn of(node: &'n Node) -> Self {
        match &node.value {
            Value::Scalar(scalar) if is_open(&scalar.text) => Self::Open(scalar, Frame::of(&scalar.text)),
            Value::Scalar(scalar) => Self::Fixed(Block::scalar(scalar)),
            Value::Mapping(map) => Self::map(&map.entries),
            Value::Sequence(items) => {
                let (mut fixed, mut open) = (Lines::default(), Vec::new());
                for item in items {
                    match Self::of(item) {
                        Self::Fixed(block) => fixed += block.item(),
                        part => open.push(part),
                    }
                }
                if open.is_empty() { Self::Fixed(Block::list(fixed)) } else { Self::List(fixed, open) }
            }
        }
    }

    /// A map of these entries.
    pub(super) fn map(entries: impl IntoIterator<Item = &'n Entry>) -> Self {
        let (mut fixed, mut open) = (Lines::default(), Vec::new());
        for entry in entries {
            match Self::of(&entry.value) {
                Self::Fixed(block) => fixed += block.entry(key(entry)),
                part => open.push((key(entry), part)),
            }
        }
        if open.is_empty() { Self::Fixed(Block::map(fixed)) } else { Self::Map(fixed, open) }
    }

    /// The part as the only value of a map, whose key has so many bytes.
    pub(super) fn under(self, key: u64) -> Self {
        match self {
            Self::Fixed(block) => Self::Fixed(Block::map(block.entry(key))),
            part => Self::Map(Lines::default(), vec![(key, part)]),
        }
    }

    /// The part with the values of parameters in it.
    pub(super) fn filled(&self, values: &Bindings<'_>, budget: &Budget) -> Block {
        match self {
            Self::Fixed(block) => *block,
            Self::Open(scalar, frame) => {
                let framed = frame.as_ref().and_then(|frame| frame.filled(values, budget));
                framed.unwrap_or_else(|| match values.scalar(scalar, budget) {
                    Filled::Node(node) if budget.take(weight(node)) => Block::of(node),
                    Filled::Node(_) => Block::text(""),
                    Filled::Text(text) => Block::text(&text),
                })
            }
            Self::Map(fixed, open) => Block::map(
                open.iter().fold(*fixed, |lines, (key, part)| lines + part.filled(values, budget).entry(*key)),
            ),
            Self::List(fixed, open) => {
                Block::list(open.iter().fold(*fixed, |lines, part| lines + part.filled(values, budget).item()))
            }
        }
    }
}

/// Lines of text with references to parameters: what stands around these is measured once.
pub(super) struct Frame<'n> {
    /// Each reference as one letter.
    block: Block,
    names: Vec<&'n str>,
}

impl<'n> Frame<'n> {
    fn of(text: &'n str) -> Option<Self> {
        let (mut short, mut names, mut rest) = (String::new(), Vec::new(), text);
        while let Some((before, reference, after)) = reference(rest) {
            short.push_str(before);
            match parameter(reference) {
                Some(name) => {
                    short.push('x');
                    names.push(name);
                }
                None => short.push_str(reference),
            }
            rest = after;
        }
        short.push_str(rest);
        // Values that leave the lines as they are leave a literal block one.
        let block = Block::text(&short);
        (block.lines() != Lines::default()).then_some(Self { block, names })
    }

    /// The text with values in it, if each is a word or words within a line.
    fn filled(&self, values: &Bindings<'_>, budget: &Budget) -> Option<Block> {
        let mut more = 0;
        for name in &self.names {
            let value = values.get(name)?.as_str()?;
            if !budget.take(cost(value)) || !is_within_a_line(value) {
                return None;
            }
            more += value.len() as u64 - 1;
        }
        Some(self.block.with_bytes(more))
    }
}

/// Whether text has nothing that changes how the lines around it are written.
fn is_within_a_line(text: &str) -> bool {
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte);
    text.bytes().all(is_plain) && !text.is_empty() && !text.starts_with(' ') && !text.ends_with(' ')
}

/// What became of text.
enum Filled<'v> {
    /// It was no more than a reference.
    Node(&'v Node),
    /// References in it were replaced.
    Text(String),
}

impl<'v> Bindings<'v> {
    /// The values of declared parameters: what is given, filled with the values around it, or else their defaults.
    pub(super) fn of(declared: &'v [Entry], given: &'v [Entry], around: &'v Bindings<'_>, budget: &Budget) -> Self {
        let value = |parameter: &'v Entry| {
            let value = match given.iter().find(|entry| entry.key.text == parameter.key.text) {
                Some(entry) => around.node(&entry.value, budget),
                None => match parameter.value.as_mapping().and_then(|map| map.get("default")) {
                    Some(default) => Cow::Borrowed(default),
                    None => Cow::Owned(Node::scalar("", Style::Plain)),
                },
            };
            (parameter.key.text.as_str(), value)
        };
        Self(declared.iter().map(value).collect())
    }

    /// With other values for some of them.
    pub(super) fn with(mut self, others: &[(&str, &'v Node)]) -> Self {
        for (name, value) in &mut self.0 {
            if let Some((_, other)) = others.iter().find(|(other, _)| other == name) {
                *value = Cow::Borrowed(other);
            }
        }
        self
    }

    /// The values in the order in which the parameters are declared.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.0.iter().map(|(_, node)| node.as_ref())
    }

    fn get(&self, name: &str) -> Option<&Node> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, node)| node.as_ref())
    }

    pub(super) fn node<'a>(&'a self, node: &'a Node, budget: &Budget) -> Cow<'a, Node> {
        let span = node.span;
        if !refers(node) {
            return Cow::Borrowed(node);
        }
        let value = match &node.value {
            Value::Scalar(scalar) => match self.scalar(scalar, budget) {
                Filled::Node(node) => return Cow::Borrowed(node),
                Filled::Text(text) => Value::Scalar(Scalar { text, style: Style::DoubleQuoted }),
            },
            Value::Sequence(items) => Value::Sequence(items.iter().map(|item| self.owned(item, budget)).collect()),
            Value::Mapping(map) => {
                let entry = |entry: &Entry| Entry { key: entry.key.clone(), value: self.owned(&entry.value, budget) };
                Value::Mapping(Mapping { entries: map.entries.iter().map(entry).collect() })
            }
        };
        Cow::Owned(Node { value, span })
    }

    fn owned(&self, node: &Node, budget: &Budget) -> Node {
        match self.node(node, budget) {
            Cow::Owned(node) => node,
            Cow::Borrowed(node) if budget.take(weight(node)) => node.clone(),
            Cow::Borrowed(_) => Node::scalar("", Style::Plain),
        }
    }

    fn scalar(&self, scalar: &Scalar, budget: &Budget) -> Filled<'_> {
        let mut text = String::new();
        if !budget.take(cost(&scalar.text)) {
            return Filled::Text(text);
        }
        let mut rest = scalar.text.as_str();
        while let Some((before, reference, after)) = reference(rest) {
            match parameter(reference).and_then(|name| self.get(name)) {
                Some(node) if reference.len() == scalar.text.len() => return Filled::Node(node),
                found => {
                    let value = found.map_or(reference, |node| node.as_str().unwrap_or_default());
                    if !budget.take(cost(value)) {
                        break;
                    }
                    text.push_str(before);
                    text.push_str(value);
                }
            }
            rest = after;
        }
        text.push_str(rest);
        Filled::Text(text)
    }
}

/// The first `<< … >>`, with what stands before it and behind.
fn reference(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find("<<")?;
    let end = start + text[start..].find(">>")? + 2;
    // Of more than two, the last are meant.
    let start = text[..end - 2].rfind("<<")?;
    Some((&text[..start], &text[start..end], &text[end..]))
}

/// The parameter that a `<< … >>` refers to.
fn parameter(reference: &str) -> Option<&str> {
    reference[2..reference.len() - 2].trim().strip_prefix("parameters.")
}

fn is_open(text: &str) -> bool {
    text.contains("<<") && text.contains("parameters.")
}

fn refers(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(scalar) => is_open(&scalar.text),
        Value::Sequence(items) => items.iter().any(refers),
        Value::Mapping(map) => map.entries.iter().any(|entry| refers(&entry.value)),
    }
}

/// What it takes to copy text.
fn cost(text: &str) -> u64 {
    1 + text.len() as u64 / 64
}

/// What it takes to copy a tree.
fn weight(node: &Node) -> u64 {
    match &node.value {
        Value::Scalar(scalar) => cost(&scalar.text),
        Value::Sequence(items) => 1 + items.iter().map(weight).sum::<u64>(),
        Value::Mapping(map) => 1 + map.entries.iter().map(|entry| weight(&entry.value)).sum::<u64>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_once_is_as_long_as_what_is_written_out() {
        let texts = [
            "set -eu\necho << parameters.a >>\n",
            "<< parameters.a >>\n",
            " << parameters.a >>\nx",
            "x\n<<parameters.a>> << parameters.b >>\n\n",
            "x\n<< pipeline.number >><< parameters.b >> \ny\n",
            "x\n<< parameters.unknown >>\n<< parameters.a >>",
            "<< parameters.a >> on one line",
        ];
        let values = ["", "v", "v w", " v", "v ", "v\nw", "v\n", "é", "\t", "a\"b'c: #", "<< parameters.b >>"];
        for text in texts {
            let node = Node::scalar(text, Style::Literal);
            for (a, b) in values.iter().flat_map(|a| values.iter().map(move |b| (a, b))) {
                let given = [("a", *a), ("b", *b)].map(|(name, value)| (name, Cow::Owned(Node::text(value))));
                let (given, budget) = (Bindings(given.into()), Budget::of(1000));
                let Value::Scalar(scalar) = &node.value else { unreachable!("it is one") };
                let Filled::Text(written) = given.scalar(scalar, &budget) else { continue };
                assert_eq!(Part::of(&node).filled(&given, &budget), Block::text(&written), "{text:?} {a:?} {b:?}");
            }
        }
    }
}
