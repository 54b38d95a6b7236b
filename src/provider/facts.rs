//! What a configuration says of the generated jobs, as facts that can be compared: those that a plan wants, and those that
//! an emitted file was read back into.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use crate::template::Template;
use crate::yaml::{Node, write};

/// Facts, each under the place that it is about: `main: build-app-amd64: needs`.
#[derive(Clone, Debug, Default)]
pub struct Facts<'n>(Vec<(String, Fact<'n>)>);

#[derive(Clone, Debug)]
pub enum Fact<'n> {
    /// Words in order.
    Words(Vec<Cow<'n, str>>),
    /// What stands in the file, whatever its form.
    Tree(Cow<'n, Node>),
    /// A command, word by word, as a shell takes it.
    Command(Cow<'n, [Template]>),
}

impl<'n> Facts<'n> {
    pub(super) fn add(&mut self, place: String, fact: Fact<'n>) {
        self.0.push((place, fact));
    }

    /// The first fact of these that `found` does not have in the same way, for a person. What else it has is not looked at.
    pub fn first_difference(&self, found: &Facts<'_>) -> Option<String> {
        let known = OnceCell::new();
        // What both have is in the same order, so mostly the next one is meant.
        let mut next = found.0.iter().peekable();
        self.0.iter().find_map(|(place, fact)| {
            let found = match next.next_if(|(other, _)| other == place) {
                Some((_, fact)) => Some(fact),
                None => known.get_or_init(|| found.by_place()).get(place.as_str()).copied(),
            };
            match found {
                None => Some(format!("{place} is missing")),
                Some(found) if fact.is_same(found) => None,
                Some(found) => Some(format!("{place} is {} instead of {}", found.describe(), fact.describe())),
            }
        })
    }

    /// The facts by their places; of several in one place the last.
    fn by_place(&self) -> HashMap<&str, &Fact<'n>> {
        self.0.iter().map(|(place, fact)| (place.as_str(), fact)).collect()
    }
}

impl Fact<'_> {
    fn is_same(&self, other: &Fact<'_>) -> bool {
        match (self, other) {
            (Self::Words(a), Fact::Words(b)) => a == b,
            (Self::Tree(a), Fact::Tree(b)) => a.says_the_same(b),
            (Self::Command(a), Fact::Command(b)) => a == b,
            _ => false,
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Words(words) => format!("`{}`", words.join(", ")),
            Self::Tree(node) => format!("`{}`", write::node(node, 0).trim()),
            Self::Command(words) => {
                let words: Vec<String> = words.iter().map(ToString::to_string).collect();
                format!("`{}`", words.join(" "))
            }
        }
    }
}

/// The command of ours in a script that builds: the last that begins a line, perhaps as the condition of a loop.
pub(super) fn build_command(script: &str) -> Option<Vec<Template>> {
    let starts = |line: &str| {
        let line = line.strip_prefix("until ").unwrap_or(line);
        (line.starts_with("docker build") || line.starts_with("buildah build")).then_some(line.len())
    };
    let mut at = 0;
    let mut found = None;
    for line in script.split_inclusive('\n') {
        if let Some(length) = starts(line) {
            found = Some(at + line.len() - length);
        }
        at += line.len();
    }
    crate::shell::command(&script[found?..]).map(|command| command.words)
}
