//! A job of a configuration, or a hidden one that others extend.

use super::item::{Item, nodes, written};
use super::script::Script;
use crate::template::Template;
use crate::yaml::{Node, write};

/// A job, or a hidden one that others extend.
pub(super) struct JobEntry {
    pub(super) name: String,
    /// The words of the command that builds, as a shell takes them, if it has one.
    pub(super) build_command: Option<Vec<Template>>,
    keys: Vec<(&'static str, Keyed)>,
}

enum Keyed {
    Node(Node),
    Items(Vec<Item>),
}

impl JobEntry {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), build_command: None, keys: Vec::new() }
    }

    pub(super) fn node(&mut self, key: &'static str, node: Node) {
        self.keys.push((key, Keyed::Node(node)));
    }

    pub(super) fn items(&mut self, key: &'static str, items: Vec<Item>) {
        self.keys.push((key, Keyed::Items(items)));
    }

    pub(super) fn script(&mut self, script: Script) {
        self.items("script", script.items);
        self.build_command = script.build_command;
    }

    /// As GitLab reads it.
    pub(super) fn tree(&self) -> Node {
        Node::map(self.keys.iter().map(|(key, value)| match value {
            Keyed::Node(node) => (*key, node.clone()),
            Keyed::Items(items) => (*key, nodes(items)),
        }))
    }

    pub(super) fn written(&self) -> String {
        let key = |(key, value): &(&'static str, Keyed)| match value {
            Keyed::Node(node) => format!("\n  {key}:{}", write::compact(node, 4)),
            Keyed::Items(items) => format!("\n  {key}:{}", written(items, 4)),
        };
        self.keys.iter().map(key).collect()
    }
}
