//! Expressions, which GitHub fills in before anything else reads a text
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/expressions>).

use std::borrow::Cow;

use crate::yaml::{Node, Style};

/// The beginning of an expression, as an expression that stands for it: there is no escape.
const LITERAL: &str = "${{ '${{' }}";

/// The longest text with an expression in it, in characters: all of it becomes one expression
/// (`MaxLength`, <https://github.com/actions/runner/blob/main/src/Sdk/DTExpressions2/Expressions2/ExpressionConstants.cs>).
pub(super) const LONGEST: usize = 21_000;

/// Text that GitHub takes as it is.
pub(super) fn literal(text: &str) -> Cow<'_, str> {
    if text.contains("${{") { Cow::Owned(text.replace("${{", LITERAL)) } else { Cow::Borrowed(text) }
}

/// What [`literal()`] was made from.
pub(super) fn read(text: &str) -> Cow<'_, str> {
    if text.contains(LITERAL) { Cow::Owned(text.replace(LITERAL, "${{")) } else { Cow::Borrowed(text) }
}

/// A value that is text, whatever stands in it.
pub(super) fn text(text: &str) -> Node {
    Node::text(&literal(text))
}

/// A script that is shell, whatever stands in it.
pub(super) fn script(text: &str) -> Node {
    Node::scalar(&literal(text), Style::Literal)
}

/// An expression, of our own making.
pub(super) fn expression(inner: &str) -> Node {
    Node::text(&format!("${{{{ {inner} }}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_text_begins_an_expression() {
        for text in ["${{ secrets.X }}", "a ${{", "${{${{", "$${{ x", "}} ${ { {{"] {
            let literal = literal(text);
            assert_eq!(read(&literal), text);
            let rest = literal.replace(LITERAL, "");
            assert!(!rest.contains("${{"), "{rest}");
        }
        assert!(matches!(literal("plain $x ${y}"), Cow::Borrowed(_)));
    }
}
