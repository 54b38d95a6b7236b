//! Jobs that a workflow runs once for every combination of values
//! (<https://circleci.com/docs/reference/configuration-reference/#matrix>).

use crate::provider::circleci::config::entries;
use crate::yaml::{Entry, Node};

/// More combinations than any plan of CircleCI runs.
const MOST: usize = 1000;

/// A value for each parameter of the matrix; without a matrix, there is one combination of nothing.
pub(super) type Combination<'n> = Vec<(&'n str, &'n Node)>;

/// The combinations for which a job is run that is given this.
pub(super) fn combinations(given: &[Entry]) -> Vec<Combination<'_>> {
    let mut combinations = vec![Combination::new()];
    let matrix = given.iter().find(|entry| entry.key.text == "matrix").and_then(|entry| entry.value.as_mapping());
    let Some(matrix) = matrix else { return combinations };
    for parameter in entries(matrix, "parameters") {
        let values = parameter.value.as_sequence().unwrap_or_default();
        let name = parameter.key.text.as_str();
        let extended =
            combinations.iter().flat_map(|known| values.iter().map(move |it| [known, &[(name, it)][..]].concat()));
        combinations = extended.take(MOST).collect();
    }
    let excluded = matrix.get("exclude").and_then(Node::as_sequence).unwrap_or_default();
    let is_in = |combination: &Combination<'_>, out: &Node| {
        let is = |(name, value): &(&str, &Node)| {
            out.as_mapping().and_then(|map| map.get(name)).is_some_and(|node| node.says_the_same(value))
        };
        combination.iter().all(is)
    };
    combinations.retain(|combination| !excluded.iter().any(|out| is_in(combination, out)));
    combinations
}

/// What a job is called for a combination: the name that it is given, with the values filled in, else that of its
/// definition with the values behind.
pub(super) fn name(job: &str, given: &[Entry], combination: &Combination<'_>) -> String {
    match given.iter().find(|entry| entry.key.text == "name").and_then(|entry| entry.value.as_str()) {
        None => {
            combination.iter().fold(job.to_owned(), |name, (_, value)| name + "-" + value.as_str().unwrap_or_default())
        }
        Some(name) => combination.iter().fold(name.to_owned(), |name, (key, value)| {
            [format!("<< matrix.{key} >>"), format!("<<matrix.{key}>>")]
                .iter()
                .fold(name, |name, reference| name.replace(reference, value.as_str().unwrap_or_default()))
        }),
    }
}
