//! Values: text with references, which YAML must not take for something else.

use super::decode::Decoder;
use super::{Name, Text};
use crate::span::Span;
use crate::template::Template;
use crate::yaml::{Node, Scalar, Style};

impl Decoder<'_> {
    /// A value, or a problem. `what` says whose it is, as in "`dockerfile`".
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<Text> {
        let Some(scalar) = node.as_scalar() else {
            self.wrong_shape(node, what, "text");
            return None;
        };
        if let Some(typed) = scalar.looks_typed() {
            match scalar.text.as_str() {
                "" => {
                    let help = "write a value, or `\"\"` for an empty one";
                    self.error("not-text", node.span, format!("{what} has no value"), help);
                }
                text => {
                    let message = format!("expected {what} to be text, but YAML reads `{text}` as {typed}");
                    self.error("not-text", node.span, message, format!("quote it: `\"{text}\"`"));
                }
            }
            return None;
        }
        self.template(scalar, node.span, what)
    }

    /// Values in a list.
    pub(super) fn texts(&mut self, node: &Node, what: &str) -> Vec<Text> {
        let item = format!("an entry of {what}");
        self.list(node, what).iter().filter_map(|n| self.text(n, &item)).collect()
    }

    /// One value, or values in a list.
    pub(super) fn one_or_more(&mut self, node: &Node, what: &str) -> Vec<Text> {
        match node.as_sequence() {
            Some(_) => self.texts(node, what),
            None => self.text(node, what).into_iter().collect(),
        }
    }

    /// A word that is no value: no references.
    pub(super) fn word(&mut self, node: &Node, what: &str) -> Option<Name> {
        let text = self.text(node, what)?;
        let Some(word) = text.template.as_literal() else {
            let message = format!("{what} must be known when generating, so it cannot contain references");
            self.error("late-name", text.references[0], message, "write the word itself");
            return None;
        };
        Some(Name { text: word.to_owned(), span: text.span })
    }

    fn template(&mut self, scalar: &Scalar, span: Span, what: &str) -> Option<Text> {
        if scalar.text.contains('\0') {
            self.error("nul", span, format!("{what} contains a NUL, which no environment can"), "remove it");
            return None;
        }
        let inside = self.inside(scalar, span);
        let span_of = |range: std::ops::Range<usize>| match inside {
            Some(start) => Span { start: start + range.start, end: start + range.end },
            None => span,
        };
        match Template::parse(&scalar.text) {
            Ok((template, ranges)) => {
                Some(Text { template, span, references: ranges.into_iter().map(span_of).collect() })
            }
            Err(error) => {
                self.error("reference", span_of(error.range), format!("{what} contains {}", error.message), error.help);
                None
            }
        }
    }

    /// Where the scalar's text begins in the source, if it stands there character by character.
    fn inside(&self, scalar: &Scalar, span: Span) -> Option<usize> {
        let written = self.source.get(span.start..span.end)?;
        let quote = usize::from(!matches!(scalar.style, Style::Plain | Style::Literal | Style::Folded));
        let text = written.get(quote..)?;
        text.starts_with(scalar.text.as_str()).then_some(span.start + quote)
    }
}
