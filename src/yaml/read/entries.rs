//! Collects the entries of one map: of duplicate keys the last counts, and merge keys are applied.

use std::collections::{HashMap, HashSet};

use super::{Form, Problem, ProblemKind};
use crate::span::Span;
use crate::yaml::{Entry, Key, Mapping, Node, Scalar, Style, Value};

/// Up to so many entries are looked through one by one, which is less work than to hash their keys.
const FEW: usize = 16;

/// The entries of a map whose end has not been seen.
pub(super) struct Entries {
    form: Form,
    kept: Vec<Entry>,
    /// The places of those that are kept, if these are more than a few.
    places: HashMap<String, usize>,
    /// The maps to merge, where what stands in the map itself outweighs them.
    merged: Vec<Mapping>,
    /// The places of entries that a merge brought in, where they outweigh what stands before them.
    brought: HashSet<usize>,
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
    pub(super) fn new(form: Form) -> Self {
        Self {
            form,
            kept: Vec::new(),
            places: HashMap::new(),
            merged: Vec::new(),
            brought: HashSet::new(),
            next: Next::Key,
        }
    }

    /// Whether the next node is the value of a key.
    pub(super) fn expects_value(&self) -> bool {
        !matches!(self.next, Next::Key)
    }

    /// Takes the next key or value, which is written at `token`.
    pub(super) fn take(&mut self, node: Node, token: Span, problems: &mut Vec<Problem>) {
        match std::mem::take(&mut self.next) {
            Next::Key => self.next = self.classify(node, token, problems),
            Next::Value(key) => drop(self.keep(Entry { key, value: node })),
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
        if self.form != Form::Plain && style == Style::Plain && text == "<<" {
            return Next::Merge;
        }
        // What a merge brought in may be replaced.
        if let Some(place) = self.place(&text).filter(|place| !self.brought.remove(place)) {
            let kind = ProblemKind::DuplicateKey { key: text.clone(), first: self.kept[place].key.span };
            problems.push(Problem { span, kind });
        }
        Next::Value(Key { text, span, style })
    }

    /// Where the key stands that is called so, if there is one.
    fn place(&self, text: &str) -> Option<usize> {
        match self.kept.len() {
            0..=FEW => self.kept.iter().position(|entry| entry.key.text == text),
            _ => self.places.get(text).copied(),
        }
    }

    /// Keeps an entry, in the place of one with the same key; where it is.
    fn keep(&mut self, entry: Entry) -> usize {
        if let Some(place) = self.place(&entry.key.text) {
            self.kept[place] = entry;
            return place;
        }
        self.kept.push(entry);
        let length = self.kept.len();
        let new = match length {
            0..=FEW => return length - 1,
            _ if length == FEW + 1 => 0..length,
            _ => length - 1..length,
        };
        self.places.extend(new.map(|place| (self.kept[place].key.text.clone(), place)));
        length - 1
    }

    /// Takes the maps to merge, and tells whether there was nothing but maps.
    fn collect(&mut self, value: Value) -> bool {
        let items = match value {
            Value::Mapping(mapping) => vec![Value::Mapping(mapping)],
            Value::Sequence(items) => items.into_iter().map(|item| item.value).collect(),
            Value::Scalar(_) => return false,
        };
        let count = items.len();
        let mut maps: Vec<Mapping> = items
            .into_iter()
            .filter_map(|item| match item {
                Value::Mapping(mapping) => Some(mapping),
                _ => None,
            })
            .collect();
        let is_good = maps.len() == count;
        match self.form {
            Form::Core | Form::Plain => self.merged.append(&mut maps),
            // Of a list the first counts most.
            Form::Psych => {
                for entry in maps.into_iter().rev().flat_map(|mapping| mapping.entries) {
                    let place = self.keep(entry);
                    self.brought.insert(place);
                }
            }
        }
        is_good
    }

    /// Appends the merged entries whose keys nothing before them has.
    pub(super) fn merge(mut self) -> Mapping {
        for entry in std::mem::take(&mut self.merged).into_iter().flat_map(|mapping| mapping.entries) {
            if self.place(&entry.key.text).is_none() {
                self.keep(entry);
            }
        }
        Mapping { entries: self.kept }
    }
}
