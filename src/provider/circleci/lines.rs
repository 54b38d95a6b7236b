//! Lines of shell in the form that CircleCI takes.

use super::literal;
use crate::provider::script::Text;

/// Texts of ours and of the project, one after another. CircleCI takes `<<` in the project's for a reference of its own.
pub(super) fn push_all(text: &mut String, all: &[Text]) {
    for one in all {
        match one {
            Text::Line(line) => text.push_str(line),
            Text::Project(script) => text.push_str(literal(script).strip_suffix('\n').unwrap_or(&literal(script))),
        }
        text.push('\n');
    }
}
