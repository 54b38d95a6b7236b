//! Pieces of YAML that the template takes as they are, and the names by which they repeat each other.

use std::collections::HashSet;

use minijinja::Value;

use crate::provider::free_name::free_name;
use crate::yaml::{Node, write as yaml};

/// The longest line that a list in brackets may make.
pub(super) const LINE: usize = 100;

/// Names for YAML's own references, each once.
#[derive(Default)]
pub(super) struct Anchors {
    pub(super) taken: HashSet<String>,
    /// Whether the contexts have one.
    pub(super) contexts: bool,
}

impl Anchors {
    pub(super) fn name(&mut self, wanted: &str) -> String {
        let name = free_name(wanted, |name| self.taken.contains(name));
        self.taken.insert(name.clone());
        name
    }
}

/// YAML that the template takes as it is.
pub(super) fn safe(yaml: String) -> Value {
    Value::from_safe_string(yaml)
}

/// A tree of the user's as YAML that follows a key or a dash.
pub(super) fn fragment(node: &Node, indent: usize) -> Value {
    safe(yaml::node(node, indent))
}

/// A tree of ours.
pub(super) fn compact(node: &Node, indent: usize) -> Value {
    safe(yaml::compact(node, indent))
}

/// A list or a map as lines of their own; nothing if it is empty.
pub(super) fn lines(node: &Node, indent: usize) -> Value {
    let text = yaml::node(node, indent);
    safe(text.strip_prefix('\n').unwrap_or_default().to_owned())
}

/// Text as YAML that follows a key: on its line, or as a block with this indentation if it has lines.
pub(super) fn text_fragment(text: &str, indent: usize) -> String {
    let block = if text.contains('\n') { yaml::block(text, indent) } else { None };
    format!(" {}", block.unwrap_or_else(|| yaml::scalar(text)))
}
