//! Collects the entries of one map: drops duplicate keys and applies merge keys.

use std::collections::HashMap;

use super::{Problem, ProblemKind};
use crate::span::Span;
use crate::yaml::{Entry, Key, Mapping, Node, Scalar, Style, Value};

/// The entries of a map whose end has not been seen.
#[derive(Default)]
pub(super) struct Entries {
    kept: Vec<Entry>,
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
            Next::Value(key) => self.kept.push(Entry { key, value: node }),
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
        let first = if is_merge { self.merge } else { self.keys.get(&text).copied() };
        if let Some(first) = first {
            let kind = ProblemKind::DuplicateKey { key: text, first };
            problems.push(Problem { span, kind });
            return Next::Dropped;
        }
        if is_merge {
            self.merge = Some(span);
            return Next::Merge;
        }
        self.keys.insert(text.clone(), span);
        Next::Value(Key { text, span, style })
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
        for entry in self.merged.into_iter().flat_map(|mapping| mapping.entries) {
            if self.keys.contains_key(&entry.key.text) {
                continue;
            }
            self.keys.insert(entry.key.text.clone(), entry.key.span);
            self.kept.push(entry);
        }
        Mapping { entries: self.kept }
    }
}
