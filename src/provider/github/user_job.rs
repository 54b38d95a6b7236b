//! A job of the user's own as YAML. A `uses` keeps the comment behind it, which tells people and robots the version of a
//! commit (<https://docs.github.com/en/actions/reference/security/secure-use#using-third-party-actions>).

use crate::span::Span;
use crate::yaml::{Entry, Mapping, Node, Value, write as yaml};

/// The longest comment that is kept, in characters.
const LONGEST: usize = 80;

/// A job, to be put right after the `:` of its name; `source` is the text that it was read from, `indent` the column of its
/// keys.
pub(super) fn text(job: &Node, source: &str, indent: usize) -> String {
    let Some(map) = job.as_mapping().filter(|map| !map.entries.is_empty()) else { return yaml::node(job, indent) };
    map.entries.iter().map(|entry| keyed(entry, source, indent)).collect()
}

/// A key and its value, on a line of their own.
fn keyed(entry: &Entry, source: &str, indent: usize) -> String {
    let one = Value::Mapping(Mapping { entries: vec![entry.clone()] });
    let whole = yaml::node(&Node { value: one, span: entry.value.span }, indent);
    match (entry.key.text.as_str(), &entry.value.value) {
        ("uses", Value::Scalar(scalar)) if !scalar.text.contains('\n') => {
            let comment = comment(source, entry.value.span).map(|comment| format!(" {comment}"));
            whole + &comment.unwrap_or_default()
        }
        ("steps", Value::Sequence(steps)) if !steps.is_empty() && steps.iter().all(is_filled) => {
            let steps = steps.iter().map(|step| {
                let keys = text(step, source, indent + 4);
                format!("\n{:indent$}  - {}", "", keys.trim_start())
            });
            format!("\n{:indent$}steps:", "") + &steps.collect::<String>()
        }
        _ => whole,
    }
}

fn is_filled(node: &Node) -> bool {
    node.as_mapping().is_some_and(|map| !map.entries.is_empty())
}

/// The comment that ends the line of a value.
fn comment(source: &str, value: Span) -> Option<&str> {
    let rest = source.get(value.end..)?.lines().next()?;
    let comment = rest.trim();
    let is_printed = comment.chars().all(|c| (' '..='~').contains(&c));
    let is_comment = rest.starts_with([' ', '\t']) && comment.starts_with('#');
    (is_comment && is_printed && comment.len() <= LONGEST).then_some(comment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(source: &str) -> String {
        let root = crate::yaml::read(source, crate::yaml::read::Budget::default()).expect("a document").root;
        text(&root, source, 0)
    }

    #[test]
    fn the_version_behind_a_commit_stays() {
        let source = "uses: a/b/.github/workflows/c.yml@12 # v1\nsteps:\n  - uses: a/b@34   # v2.0 (pinned)\n    with: { x: y }\n  \
                      - run: |\n      echo # no comment\n  - &one\n    uses: 'c/d@56' # v3\n  - *one\n  - { uses: e/f@78 } # v4\n";
        let expected = "\nuses: a/b/.github/workflows/c.yml@12 # v1\nsteps:\n  - uses: a/b@34 # v2.0 (pinned)\n    with:\n      x: y\n  \
                        - run: |\n      echo # no comment\n  - uses: c/d@56 # v3\n  - uses: c/d@56 # v3\n  - uses: e/f@78";
        assert_eq!(written(source), expected);
    }

    #[test]
    fn what_no_comment_can_be_is_left_out() {
        for (source, expected) in [
            ("uses: a@1 # v1 \u{202e}", "\nuses: a@1"),
            (&format!("uses: a@1 # {}", "x".repeat(90)), "\nuses: a@1"),
            ("uses: a@1 # v1\r\nname: x", "\nuses: a@1 # v1\nname: x"),
            ("steps: []", "\nsteps: []"),
            ("steps: [a, {}]", "\nsteps:\n  - a\n  - {}"),
            ("{}", " {}"),
        ] {
            assert_eq!(written(source), expected, "{source:?}");
        }
    }
}
