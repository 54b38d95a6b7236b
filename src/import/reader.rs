//! Reads values of foreign files, in which every text was already said in the words of the matrix, and collects problems.

use crate::diagnostic::Diagnostic;
use crate::draft::{Map, Value};
use crate::span::Span;
use crate::template::Template;
use crate::yaml::{Entry, Mapping, Node};

/// Collects what is wrong, and what was left out.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<Diagnostic>,
}

impl Reader {
    /// Reports what the matrix has no word for.
    pub(super) fn unmapped(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Diagnostic::new("unmapped", span, message).warning().help(help));
    }

    fn wrong_shape(&mut self, node: &Node, what: &str, wanted: &str) {
        let message = format!("expected `{what}` to be {wanted}, found {}", node.kind());
        let help = format!("the tool that reads this file would refuse it, too; write {wanted}");
        self.problems.push(Diagnostic::new("wrong-shape", node.span, message).help(help));
    }

    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Mapping> {
        let map = node.as_mapping();
        if map.is_none() {
            self.wrong_shape(node, what, "a map");
        }
        map
    }

    /// The items of a list; one text is a list of one.
    pub(super) fn items<'n>(&mut self, node: &'n Node, what: &str) -> Vec<&'n Node> {
        match node.as_sequence() {
            Some(items) => items.iter().collect(),
            None if node.as_scalar().is_some() => vec![node],
            None => {
                self.wrong_shape(node, what, "a list");
                Vec::new()
            }
        }
    }

    /// A text; a number or a flag is its text.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<Template> {
        let Some(text) = node.as_str() else {
            self.wrong_shape(node, what, "text");
            return None;
        };
        if text.contains('\0') {
            let message = format!("`{what}` contains a NUL, which no environment can");
            self.problems.push(Diagnostic::new("nul", node.span, message).help("remove it"));
            return None;
        }
        match Template::parse(text) {
            Ok((template, _)) => Some(template),
            Err(error) => {
                let message = format!("`{what}` contains {error}");
                self.problems.push(Diagnostic::new("unresolved", node.span, message).help(super::PRINT));
                None
            }
        }
    }

    /// A text in which nothing refers to anything.
    pub(super) fn word(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.text(node, what)?;
        let Some(word) = text.as_literal() else {
            let message = format!("`{what}` is known only later, and the matrix must know it");
            self.problems.push(Diagnostic::new("unresolved", node.span, message).help("write the value itself"));
            return None;
        };
        Some(word.to_owned())
    }

    pub(super) fn texts(&mut self, node: &Node, what: &str) -> Vec<(Template, Span)> {
        let items = self.items(node, what);
        items.into_iter().filter_map(|item| Some((self.text(item, what)?, item.span))).collect()
    }

    pub(super) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        match node.as_str() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => {
                self.wrong_shape(node, what, "`true` or `false`");
                None
            }
        }
    }

    /// Names with values: a map, or a list of `NAME=VALUE`, where one of `separators` stands between the two. A name without a
    /// value has none.
    pub(super) fn pairs(
        &mut self,
        node: &Node,
        what: &str,
        separators: &[&str],
    ) -> Vec<(String, Option<Template>, Span)> {
        /// No command takes as many.
        const MOST: usize = 10_000;
        let count = node.as_mapping().map(|map| map.entries.len()).or(node.as_sequence().map(<[Node]>::len));
        if count.is_some_and(|count| count > MOST) {
            let message = format!("`{what}` has more than {MOST} values");
            self.problems.push(Diagnostic::new("too-large", node.span, message).help("move them into a file"));
            return Vec::new();
        }
        let mut pairs = Vec::new();
        if let Some(map) = node.as_mapping() {
            for Entry { key, value } in &map.entries {
                let text = if value.is_null() { None } else { self.text(value, &format!("{what}.{}", key.text)) };
                if text.is_some() || value.is_null() {
                    pairs.push((key.text.clone(), text, key.span));
                }
            }
        } else {
            for (text, span) in self.texts(node, what) {
                let cut = separators.iter().find_map(|separator| text.split_once(separator));
                let (name, value) = cut.map_or((text.clone(), None), |(name, value)| (name, Some(value)));
                match name.as_literal() {
                    Some(name) => pairs.push((name.to_owned(), value, span)),
                    None => {
                        let message = format!("a name in `{what}` is known only later, and the matrix must know it");
                        self.problems.push(Diagnostic::new("unresolved", span, message).help("write the name itself"));
                    }
                }
            }
        }
        pairs.retain(|(name, ..)| !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control()));
        pairs
    }
}

/// Names with values as a map of the matrix.
pub(super) fn map_of(pairs: Vec<(String, Option<Template>, Span)>) -> Map {
    Map::of(pairs.into_iter().map(|(name, value, _)| (name, value.map_or(Value::Nothing, Value::from))))
}

/// The entries of a map that hold something.
pub(super) fn entries(map: &Mapping) -> impl Iterator<Item = &Entry> {
    map.entries.iter().filter(|entry| !entry.value.is_null())
}

/// Every scalar of a tree, to be changed.
pub(super) fn each_scalar(node: &mut Node, change: &mut dyn FnMut(&mut String, Span)) {
    use crate::yaml::Value;
    let span = node.span;
    match &mut node.value {
        Value::Scalar(scalar) => change(&mut scalar.text, span),
        Value::Sequence(items) => items.iter_mut().for_each(|item| each_scalar(item, change)),
        Value::Mapping(map) => map.entries.iter_mut().for_each(|entry| each_scalar(&mut entry.value, change)),
    }
}
