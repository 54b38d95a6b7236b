//! How the sources of an image come from another repository.

use super::Values;
use crate::template::Template;

/// The function that gets them, `clone` or `fetch`, and its arguments.
pub(in crate::provider) fn clone(
    values: &Values<'_>,
    repository: &Template,
    reference: &Template,
) -> (&'static str, String) {
    let repository = values.word(repository);
    let filled = values.filled(reference);
    // A branch or a tag has a name, by which it is cloned; what only the job knows may be anything.
    let is_name = |name: &str| {
        let is_commit = name.len() == 40 && name.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
        !name.starts_with("refs/") && !is_commit
    };
    match filled.as_literal() {
        Some("") => ("clone", format!("-- {repository}")),
        Some(name) if is_name(name) => ("clone", format!("--branch {} -- {repository}", values.word(reference))),
        _ => ("fetch", format!("{repository} {}", values.word(reference))),
    }
}
