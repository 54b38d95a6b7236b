//! An item of a job's `script`.

use crate::yaml::{Node, Style, write as yaml};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Line(String),
    Block(String),
    /// One command, over several lines of the file: GitLab's log shows it whole.
    Folded(String),
    /// What another job has: its name, and the key (<https://docs.gitlab.com/ci/yaml/yaml_optimization/#reference-tags>).
    Reference(String, &'static str),
}

impl Item {
    pub(super) fn line(text: &str) -> Self {
        Self::Line(text.to_owned())
    }

    pub(super) fn block(text: &str) -> Self {
        Self::Block(text.to_owned())
    }

    /// A command whose parts stand on lines; `goes_on` is the same with lines that go on, for what folding would change.
    pub(super) fn command(lines: &str, goes_on: &str) -> Self {
        // `goes_on` has a line for every line of `lines`, and one more for every line break within a word.
        let is_folded = lines.lines().all(|line| !line.is_empty() && line.trim() == line)
            && lines.matches('\n').count() == goes_on.matches(" \\\n  ").count()
            && yaml::block(lines, 4).is_some();
        match is_folded {
            true if lines.contains('\n') => Self::Folded(lines.to_owned()),
            true => Self::Line(lines.to_owned()),
            false => Self::Block(format!("{goes_on}\n")),
        }
    }

    /// As GitLab reads it.
    pub(super) fn node(&self) -> Node {
        match self {
            Self::Line(text) | Self::Block(text) => Node::scalar(text, Style::Literal),
            Self::Folded(text) => Node::text(&text.replace('\n', " ")),
            Self::Reference(job, key) => Node::list([Node::text(job), Node::text(key)]),
        }
    }

    /// As it is written after a dash, whose text stands at this column.
    fn text(&self, indent: usize) -> String {
        let lines = |text: &str| -> String { text.lines().map(|line| format!("\n{:indent$}{line}", "")).collect() };
        match self {
            Self::Line(text) => yaml::scalar(text),
            Self::Block(text) => yaml::block(text, indent).unwrap_or_else(|| yaml::scalar(text)),
            Self::Folded(text) => format!(">-{}", lines(text)),
            Self::Reference(job, key) => format!("!reference [{job}, {key}]"),
        }
    }
}

/// The items as YAML that follows a key, with dashes at this column.
pub(super) fn written(items: &[Item], indent: usize) -> String {
    items.iter().map(|item| format!("\n{:indent$}- {}", "", item.text(indent + 2))).collect()
}

/// The items as GitLab reads them.
pub(super) fn nodes(items: &[Item]) -> Node {
    Node::list(items.iter().map(Item::node))
}
