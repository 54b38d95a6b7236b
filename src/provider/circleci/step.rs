//! Steps of jobs and commands.

use super::literal;
use crate::yaml::{Node, Style};

pub(super) fn call(name: &str, parameters: &[(&str, &str)]) -> Node {
    let parameters = parameters.iter().map(|(name, value)| (*name, Node::text(value)));
    Node::map([(name, Node::map(parameters))])
}

pub(super) fn run(title: &str, script: &str) -> Node {
    let title = Node::text(&literal(title));
    Node::map([("run", Node::map([("name", title), ("command", Node::scalar(script, Style::Literal))]))])
}

/// A step that keeps files for later jobs.
pub(super) fn keep(root: &str, path: &str) -> Node {
    let paths = Node::list([Node::text(path)]);
    Node::map([("persist_to_workspace", Node::map([("root", Node::text(root)), ("paths", paths)]))])
}
