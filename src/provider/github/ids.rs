//! The ids of jobs: letters, digits, `-` and `_`, no more than 99 of them, and each once whatever the case
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_id>).

use std::collections::{BTreeMap, BTreeSet};

use crate::provider::free_name::free_name;

/// Room for a number behind it.
const LONGEST: usize = 90;

pub(super) struct Ids<'n>(BTreeMap<&'n str, String>);

impl<'n> Ids<'n> {
    /// The ids of jobs of these names, beside those that others have.
    pub(super) fn new(names: impl Iterator<Item = &'n str>, taken: impl Iterator<Item = &'n str>) -> Self {
        let mut seen: BTreeSet<String> = taken.map(str::to_lowercase).collect();
        let mut ids = BTreeMap::new();
        for name in names {
            let start = if name.starts_with(|c: char| c.is_ascii_alphabetic()) { "" } else { "job-" };
            let wanted: String = start.chars().chain(name.chars()).take(LONGEST).collect();
            let id = free_name(&wanted, |id| seen.contains(&id.to_lowercase()));
            seen.insert(id.to_lowercase());
            ids.insert(name, id);
        }
        Self(ids)
    }

    pub(super) fn of<'s>(&'s self, name: &'s str) -> &'s str {
        self.0.get(name).map_or(name, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_what_github_takes_and_nobody_elses() {
        let long = "x".repeat(200);
        let names = ["build-a.b-amd64", "build-a-b-amd64", "BUILD-A-B-AMD64", "9", "lint", &long];
        let ids = Ids::new(names.into_iter(), ["Lint"].into_iter());
        let all: Vec<&str> = names.iter().map(|name| ids.of(name)).collect();
        assert_eq!(all[..5], ["build-a-b-amd64", "build-a-b-amd64-2", "BUILD-A-B-AMD64-3", "job-9", "lint-2"]);
        assert!(all[5].len() < 100);
    }
}
