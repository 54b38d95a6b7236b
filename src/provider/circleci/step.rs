//! Steps of jobs and commands.

use super::literal;
use crate::yaml::{Node, Style};

pub(super) fn call(name: &str, parameters: &[(&str, &str)]) -> Node {
    let parameters = parameters.iter().map(|(name, value)| (*name, Node::text(value)));
    Node::map([(name, Node::map(parameters))])
}

pub(super) fn run(title: &str, script: &str) -> Node {
    run_within(title, script, None)
}

/// The same with a number of minutes for which it may print nothing: the only limit of time that a configuration can set
/// (<https://circleci.com/docs/reference/configuration-reference/#run>).
pub(super) fn run_within(title: &str, script: &str, minutes: Option<u16>) -> Node {
    let mut run = vec![("name", Node::text(&literal(title)))];
    run.extend(minutes.map(|minutes| ("no_output_timeout", Node::text(&format!("{minutes}m")))));
    run.push(("command", Node::scalar(script, Style::Literal)));
    Node::map([("run", Node::map(run))])
}

/// A step that keeps files for later jobs.
pub(super) fn keep(root: &str, path: &str) -> Node {
    let paths = Node::list([Node::text(path)]);
    Node::map([("persist_to_workspace", Node::map([("root", Node::text(root)), ("paths", paths)]))])
}
