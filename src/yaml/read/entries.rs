//! Collects the entries of one map: drops duplicate keys and applies merge keys.

use std::collections::HashMap;

use super::{Problem, ProblemKind};
use crate::span::Span;
use crate::yaml::{Entry, Key, Mapping, Node, Scalar, Style, Value};

/// Up to so many entries are looked through one by one, which is less work than to hash their keys.
const FEW: usize = 16;

/// The entries of a map whose end has not been seen.
#[derive(Default)]
pub(super) struct Entries {
    kept: Vec<Entry>,
    /// The keys of those that are kept, if these are more than a few.
    keys: HashMap<String, Span>,
    merge: Option<Span>,
    merged: Vec<Mapping>,
    next: Next,
}

/// What a map expects, and what to do with the value if that is it.
#[derive(Default)]
enum Next {
    #[default]
    Key,
    Value(Key),
    Merge,
    Dropped,
}

impl Entries {
    /// Whether the next node is the value of a key.
    pub(super) fn expects_value(&self) -> bool {
        !matches!(self.next, Next::Key)
    }

    /// Takes the next key or value, which is written at `token`.
    pub(super) fn take(&mut self, node: Node, token: Span, problems: &mut Vec<Problem>) {
        match std::mem::take(&mut self.next) {
            Next::Key => self.next = self.classify(node, token, problems),
            Next::Value(key) => self.keep(Entry { key, value: node }),
            Next::Merge if !self.collect(node.value) => {
                problems.push(Problem { span: token, kind: ProblemKind::BadMerge })
            }
            Next::Merge | Next::Dropped => {}
        }
    }

    fn classify(&mut self, node: Node, span: Span, problems: &mut Vec<Problem>) -> Next {
        let Value::Scalar(Scalar { text, style }) = node.value else {
            let kind = ProblemKind::KeyNotText;
            problems.push(Problem { span, kind });
            return Next::Dropped;
        };
        let is_merge = style == Style::Plain && text == "<<";
        let first = if is_merge { self.merge } else { self.first(&text) };
        if let Some(first) = first {
            let kind = ProblemKind::DuplicateKey { key: text, first };
            problems.push(Problem { span, kind });
            return Next::Dropped;
        }
        if is_merge {
            self.merge = Some(span);
            return Next::Merge;
        }
        Next::Value(Key { text, span, style })
    }

    /// Where the key stands that is called so, if there is one.
    fn first(&self, text: &str) -> Option<Span> {
        match self.kept.len() {
            0..=FEW => self.kept.iter().find(|entry| entry.key.text == text).map(|entry| entry.key.span),
            _ => self.keys.get(text).copied(),
        }
    }

    fn keep(&mut self, entry: Entry) {
        self.kept.push(entry);
        let new = match self.kept.len() {
            0..=FEW => return,
            length if length == FEW + 1 => &self.kept[..],
            length => &self.kept[length - 1..],
        };
        self.keys.extend(new.iter().map(|entry| (entry.key.text.clone(), entry.key.span)));
    }

    /// Keeps the maps to merge, and tells whether there was nothing but maps.
    fn collect(&mut self, value: Value) -> bool {
        match value {
            Value::Mapping(mapping) => {
                self.merged.push(mapping);
                true
            }
            Value::Sequence(items) => items.into_iter().fold(true, |all, item| match item.value {
                Value::Mapping(mapping) => {
                    self.merged.push(mapping);
                    all
                }
                _ => false,
            }),
            Value::Scalar(_) => false,
        }
    }

    /// Appends the merged entries whose keys nothing before them has.
    pub(super) fn merge(mut self) -> Mapping {
        for entry in std::mem::take(&mut self.merged).into_iter().flat_map(|mapping| mapping.entries) {
            if self.first(&entry.key.text).is_none() {
                self.keep(entry);
            }
        }
        Mapping { entries: self.kept }
    }
}
