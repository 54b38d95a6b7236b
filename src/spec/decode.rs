//! What every part of a matrix needs to be read: its forms, and the problems that are collected.

use super::{Name, Vocabulary, form};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::yaml::{Entry, Mapping, Node};

/// Reads a document and collects what is wrong with it.
pub(super) struct Decoder<'a> {
    pub(super) source: &'a str,
    pub(super) providers: &'a [&'static Vocabulary],
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Decoder<'_> {
    pub(super) fn provider(&self, name: &str) -> Option<&'static Vocabulary> {
        self.providers.iter().find(|provider| provider.name == name).copied()
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report(Diagnostic::new(code, span, message).help(help));
    }

    /// The map, or a problem.
    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Mapping> {
        let map = node.as_mapping();
        if map.is_none() {
            self.wrong_shape(node, what, "a map");
        }
        map
    }

    /// The list, or a problem.
    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        let Some(items) = node.as_sequence() else {
            let mut problem = self.shape_problem(node, what, "a list");
            if let Some(text) = node.as_str().filter(|_| !node.is_null()) {
                problem.help = vec![format!("write `[{}]`", flow_scalar(text))];
            }
            self.report(problem);
            return &[];
        };
        items
    }

    pub(super) fn wrong_shape(&mut self, node: &Node, what: &str, wanted: &str) {
        let problem = self.shape_problem(node, what, wanted);
        self.report(problem);
    }

    pub(super) fn shape_problem(&self, node: &Node, what: &str, wanted: &str) -> Diagnostic {
        let found = match node.as_str() {
            Some(text) if !node.is_null() && text.len() < 40 => format!("`{}`", text.escape_debug()),
            _ => node.kind().to_owned(),
        };
        let help = match wanted {
            "a map" => "write `key: value` below it, indented, or `{ key: value }`".to_owned(),
            "a list" => "write `[one, two]`, or `- one` below it".to_owned(),
            "text" => "write one value, between quotes if it has YAML's own characters".to_owned(),
            other => format!("write {other}"),
        };
        Diagnostic::new("wrong-shape", node.span, format!("expected {what} to be {wanted}, found {found}")).help(help)
    }

    pub(super) fn unknown_key(&mut self, entry: &Entry, what: &str, known: &[&str]) {
        if entry.key.text.starts_with("x-") {
            return;
        }
        let problem = Diagnostic::new("unknown-key", entry.key.span, format!("{what} has no key `{}`", entry.key.text));
        self.report(problem.did_you_mean(&entry.key.text, known.iter().copied()));
    }

    pub(super) fn name_of(entry: &Entry) -> Name {
        Name { text: entry.key.text.clone(), span: entry.key.span }
    }
}

/// The text as an entry of a list between brackets.
fn flow_scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_./-:".contains(c);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("{text:?}") }
}

/// Whether `text` can be the name of a variable of a job's environment, as the matrix writes them.
pub(crate) fn is_upper_name(text: &str) -> bool {
    form::VARIABLE.fits(text)
}
