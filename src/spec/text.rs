//! Values: text with references, which YAML must not take for something else.

use serde_json::json;

use super::decode::Decoder;
use super::schema::Schema;
use super::{Name, Text, form};
use crate::names::{COMMIT_LENGTH, Position};
use crate::reference::{TAG_EXPRESSION, name_pattern};
use crate::span::Span;
use crate::template::Template;
use crate::yaml::{Node, Scalar, Style};

/// Characters of a value that mean themselves.
const PLAIN: &str = r"[^$\x00]*";

/// What an editor says of a value that is none.
const DOLLARS: &str = "a `$` begins a reference, `${name}`; write `$$` for a dollar";

/// What an editor says of what is no text.
pub(super) const QUOTES: &str = "this is text: put a number, a date, `true` or `null` between quotes";

/// A value as a regular expression, without anchors. What follows a name is no part of it, so that there is one way to
/// match, however an engine looks for it.
pub(super) fn expression() -> String {
    let name = "[A-Za-z_][A-Za-z0-9_]*";
    let after = r"[^$\x00A-Za-z0-9_]";
    // The commit alone can be cut, to no more than it has.
    let (tens, ones) = (COMMIT_LENGTH / 10, COMMIT_LENGTH % 10);
    let length = format!("0*([1-9]|[1-{}][0-9]|{tens}[0-{ones}])", tens - 1);
    let reference = format!(r"\{{({name}|git_sha:{length})\}}{PLAIN}|{name}({after}{PLAIN})?");
    format!(r"{PLAIN}(\$(\${PLAIN}|{reference}))*")
}

/// The same for a whole value.
pub(super) fn pattern() -> String {
    format!("^{}$", expression())
}

/// What a value may be.
pub(super) fn text() -> Schema {
    Schema::text(&pattern(), DOLLARS).with("errorMessage", QUOTES)
}

/// A value that is not empty.
pub(super) fn filled() -> Schema {
    text().with("minLength", 1)
}

/// One of these, or several in a list.
pub(super) fn one_or_more(text: Schema) -> Schema {
    text.clone().also(Schema::list(&text))
}

/// What a value may be where it stands.
pub(super) fn at(position: Position) -> Schema {
    match position {
        Position::Image => {
            let help =
                "a name is registry/repository without a tag, in lower case, such as `acme/app` or `ghcr.io/acme/app`";
            unless_referring(&name_pattern(), help)
        }
        Position::Tag | Position::ImageTag => {
            let help = "a tag has letters, digits, `_`, `.` and `-`; it does not begin with `.` or `-`";
            unless_referring(&format!("^{TAG_EXPRESSION}$"), help)
        }
        Position::Fixed => unless_referring(&form::KEY.pattern(), "use letters, digits, `_` and `-`"),
        Position::Export => unless_referring(
            r"^[^/]*[.](tar|tar[.]gz|tar[.]zst)$",
            "a tarball is a .tar, a .tar.gz or a .tar.zst, in no folder",
        ),
        Position::Copy => filled(),
        _ => text(),
    }
}

/// Text of a form; what is made of references has the form or not when they have values.
fn unless_referring(pattern: &str, otherwise: &str) -> Schema {
    let form = json!({ "pattern": pattern, "patternErrorMessage": otherwise });
    text().with("anyOf", json!([form, { "pattern": "[$]" }]))
}

/// A word that is no value: no references.
pub(super) fn word() -> Schema {
    Schema::text(&format!(r"^{PLAIN}(\$\${PLAIN})*$"), "this is known when generating, so it holds no references")
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::cut;

    #[test]
    fn the_expression_takes_what_is_read_as_a_value() {
        let whole = regex::Regex::new(&super::pattern()).expect("an expression");
        let pieces = ["", "a", "$", "$$", "{", "}", "${", "_1", ":7", "${git_sha:7}", "git_sha:", "40", "0", "-", "\n"];
        let all = pieces.iter().flat_map(|a| pieces.iter().map(move |b| (a, b)));
        let (mut good, mut bad) = (0, 0);
        for text in all.flat_map(|(a, b)| pieces.iter().map(move |c| format!("{a}{b}{c}"))) {
            let can_be_cut = |name: &str| match cut(name) {
                (_, None) => true,
                (name, Some(length)) => name == "git_sha" && (1..=COMMIT_LENGTH).contains(&length),
            };
            let is_value = Template::parse(&text).is_ok_and(|(value, _)| value.names().all(can_be_cut));
            assert_eq!(whole.is_match(&text), is_value, "{text:?}");
            *(if is_value { &mut good } else { &mut bad }) += 1;
        }
        assert!(good > 300 && bad > 300, "{good} and {bad}");
    }
}
