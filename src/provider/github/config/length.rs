//! The length of texts with expressions.

use super::expression::{Segment, segments};
use crate::diagnostic::Diagnostic;
use crate::yaml::{Node, Value};

/// The longest expression, in units of UTF-16 (`MaxLength` in
/// <https://github.com/actions/runner/blob/main/src/Sdk/Expressions/Sdk/ExpressionConstants.cs>).
const LONGEST: usize = 21_000;

/// Reports texts that are longer than GitHub takes, since a text with an expression becomes one as a whole.
pub(super) fn check(node: &Node, problems: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Scalar(scalar) if scalar.text.len() > LONGEST / 2 && scalar.text.contains("${{") => {
            let length = length(&scalar.text);
            if length > LONGEST {
                let message =
                    format!("with its expressions, this text has {length} characters; GitHub takes {LONGEST}");
                let problem = Diagnostic::new("value-too-long", node.span, message);
                problems.push(problem.help("put the expressions into `env`: a text without any may be longer"));
            }
        }
        Value::Scalar(_) => {}
        Value::Sequence(items) => items.iter().for_each(|item| check(item, problems)),
        Value::Mapping(map) => map.entries.iter().for_each(|entry| check(&entry.value, problems)),
    }
}

/// The length of the `format('...', ...)` that `ParseScalar` of
/// <https://github.com/actions/runner/blob/main/src/Sdk/WorkflowParser/ObjectTemplating/TemplateReader.cs> makes of a text.
fn length(text: &str) -> usize {
    let units = |text: &str| text.encode_utf16().count();
    let segments: Vec<Segment<'_>> = segments(text).collect();
    if let [Segment::Expression(only)] = segments.as_slice() {
        return units(only.trim());
    }
    let (mut length, mut number) = ("format('')".len(), 0_usize);
    for segment in segments {
        length += match segment {
            Segment::Text(text) => units(text) + text.matches(['\'', '{', '}']).count(),
            Segment::Unclosed(_) => 0,
            Segment::Expression(source) => {
                number += 1;
                format!("{{{}}}", number - 1).len() + ", ".len() + units(source.trim())
            }
        };
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_long_as_the_expression_that_it_becomes() {
        assert_eq!(length("${{ github.sha }}"), "github.sha".len());
        assert_eq!(length("it's {x} ${{ a }} and ${{ b }}"), "format('it''s {{x}} {0} and {1}', a, b)".len());
    }
}
