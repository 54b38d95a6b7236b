//! A job that runs once for every combination of values
//! (<https://circleci.com/docs/reference/configuration-reference/#matrix>).

use super::one_or_more;
use crate::diagnostic::Diagnostic;
use crate::provider::circleci::config::shape;
use crate::span::Span;
use crate::yaml::{Entry, Mapping, Node};

/// More combinations than any plan of CircleCI runs.
const MOST: usize = 1000;

pub(super) struct Matrix<'n> {
    alias: Option<&'n str>,
    entries: &'n [Entry],
    /// The names of the jobs that it becomes; `None` if they are computed.
    expanded: Option<Vec<String>>,
}

impl<'n> Matrix<'n> {
    pub(super) fn of(node: &'n Node, name: Option<&str>, job: &str, problems: &mut Vec<Diagnostic>) -> Self {
        let map = node.as_mapping();
        let parameters = map.and_then(|map| map.get("parameters"));
        let entries: &'n [Entry] = match parameters.map(|node| (node, node.as_mapping())) {
            Some((_, Some(map))) => &map.entries,
            Some((node, None)) if node.as_str().is_some_and(|text| text.contains("<<")) => &[],
            _ => {
                problems.push(shape(parameters.unwrap_or(node), "a matrix", "a map with `parameters`"));
                &[]
            }
        };
        let alias = map.and_then(|map| map.get("alias")).and_then(Node::as_str);
        Self { alias, entries, expanded: expand(entries, map, name, job) }
    }

    /// The names of its parameters.
    pub(super) fn parameters(&self) -> Vec<&'n str> {
        self.entries.iter().map(|entry| entry.key.text.as_str()).collect()
    }

    /// Every value that a parameter is given.
    pub(super) fn values(&self) -> impl Iterator<Item = (&'n str, Span, &'n Node)> {
        self.entries.iter().flat_map(|entry| {
            let computed = entry.value.as_str().is_some_and(|text| text.contains("<<"));
            let values = one_or_more(&entry.value).filter(move |_| !computed);
            values.map(move |value| (entry.key.text.as_str(), entry.key.span, value))
        })
    }

    /// The names of the jobs beside the one that stands there.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.alias.into_iter().chain(self.expanded.iter().flatten().map(String::as_str))
    }

    pub(super) fn has_alias(&self) -> bool {
        self.alias.is_some()
    }

    /// Whether there may be other names.
    pub(super) fn is_open(&self) -> bool {
        self.expanded.is_none()
    }
}

/// The names of all combinations: the job's own name with its values filled in, else `job-value-value` in the order of the
/// parameters.
fn expand(entries: &[Entry], matrix: Option<&Mapping>, name: Option<&str>, job: &str) -> Option<Vec<String>> {
    let mut combinations: Vec<Vec<&str>> = vec![Vec::new()];
    for entry in entries {
        let values = entry.value.as_sequence()?;
        let values: Vec<&str> = values.iter().map(Node::as_str).collect::<Option<_>>()?;
        if values.iter().any(|value| value.contains("<<")) || combinations.len() * values.len() > MOST {
            return None;
        }
        combinations =
            combinations.iter().flat_map(|c| values.iter().map(|v| [c.as_slice(), &[*v]].concat())).collect();
    }
    let excluded = matrix.and_then(|map| map.get("exclude")).and_then(Node::as_sequence).unwrap_or_default();
    let is_excluded = |combination: &[&str]| {
        excluded.iter().filter_map(Node::as_mapping).any(|out| {
            let is =
                |entry: &Entry, value: &str| out.get(&entry.key.text).is_none_or(|node| node.as_str() == Some(value));
            !out.entries.is_empty() && entries.iter().zip(combination).all(|(entry, value)| is(entry, value))
        })
    };
    combinations.retain(|combination| !is_excluded(combination));
    let called = |combination: &Vec<&str>| match name {
        None => format!("{job}-{}", combination.join("-")),
        Some(name) => filled(name, entries, combination),
    };
    Some(combinations.iter().map(called).collect())
}

/// The name with the values of the matrix in the place of references to them.
fn filled(name: &str, entries: &[Entry], combination: &[&str]) -> String {
    let mut filled = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("<<") {
        filled.push_str(before);
        let (reference, after) = after.split_once(">>").unwrap_or((after, ""));
        let wanted = reference.trim().strip_prefix("matrix.").unwrap_or_default();
        let value = entries.iter().position(|entry| entry.key.text == wanted).map(|place| combination[place]);
        filled.push_str(value.unwrap_or_default());
        rest = after;
    }
    filled + rest
}
