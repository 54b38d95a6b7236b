//! What a configuration says of the generated jobs, as facts that can be compared: those that a plan wants, and those that
//! an emitted file was read back into.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::template::Template;
use crate::yaml::{Node, write};

/// Facts, each under the place that it is about: `main: build-app-amd64: needs`.
#[derive(Clone, Debug, Default)]
pub struct Facts<'n>(Vec<(String, Fact<'n>)>);

/// A fact.
#[derive(Clone, Debug)]
pub enum Fact<'n> {
    /// Words in order.
    Words(Vec<Cow<'n, str>>),
    /// What stands in the file, whatever its form.
    Tree(Cow<'n, Node>),
    /// A command, word by word, as a shell takes it.
    Arguments(Cow<'n, [Template]>),
}

impl<'n> Facts<'n> {
    /// One more.
    pub(super) fn add(&mut self, place: String, fact: Fact<'n>) {
        self.0.push((place, fact));
    }

    /// The first fact of these that `found` does not have in the same way, for a person. What else it has is not looked at.
    pub fn first_difference(&self, found: &Facts<'_>) -> Option<String> {
        let known: HashMap<&str, &Fact<'_>> = found.0.iter().map(|(place, fact)| (place.as_str(), fact)).collect();
        self.0.iter().find_map(|(place, fact)| match known.get(place.as_str()) {
            None => Some(format!("{place} is missing")),
            Some(found) if fact.is_same(found) => None,
            Some(found) => Some(format!("{place} is {} instead of {}", found.told(), fact.told())),
        })
    }
}

impl Fact<'_> {
    fn is_same(&self, other: &Fact<'_>) -> bool {
        match (self, other) {
            (Self::Words(a), Fact::Words(b)) => a == b,
            (Self::Tree(a), Fact::Tree(b)) => a.says_the_same(b),
            (Self::Arguments(a), Fact::Arguments(b)) => a == b,
            _ => false,
        }
    }

    fn told(&self) -> String {
        match self {
            Self::Words(words) => format!("`{}`", words.join(", ")),
            Self::Tree(node) => format!("`{}`", write::node(node, 0).trim()),
            Self::Arguments(words) => {
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
