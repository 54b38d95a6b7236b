//! YAML: what is read, and what is written again.

use splitbuild::span::Span;
use splitbuild::yaml::read::{Budget, Document, Form, ProblemKind, read, read_as};
use splitbuild::yaml::{Node, Value, write};

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for form in [Form::Core, Form::Psych, Form::Plain] {
        if let Some(document) = parsed(text, form) {
            inside(text, &document.root);
            again(&document.root);
        }
    }
}

/// The document, if there is one; the places of what is wrong are in the text.
pub fn parsed(text: &str, form: Form) -> Option<Document> {
    let budget = Budget::default();
    let budget = Budget { nodes: budget.nodes.max(text.len()), ..budget };
    match read_as(text, budget, form) {
        Ok(document) => {
            for problem in &document.problems {
                within(text, problem.span);
                if let ProblemKind::DuplicateKey { first, .. } = problem.kind {
                    within(text, first);
                }
            }
            Some(document)
        }
        Err(error) => {
            within(text, error.span);
            assert!(!error.message.is_empty() && !error.message.contains('\n'), "{error:?}");
            None
        }
    }
}

fn within(text: &str, span: Span) {
    assert!(text.get(span.start..span.end).is_some(), "{span:?} is no place in the text");
}

/// Every part stands in the text.
fn inside(text: &str, node: &Node) {
    within(text, node.span);
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => items.iter().for_each(|item| inside(text, item)),
        Value::Mapping(map) => map.entries.iter().for_each(|entry| {
            within(text, entry.key.span);
            inside(text, &entry.value);
        }),
    }
}

/// What is written reads as the same, in both styles.
fn again(root: &Node) {
    for written in [write::node(root, 0), write::compact(root, 0)] {
        let text = format!("{}\n", written.strip_prefix(' ').unwrap_or(&written));
        let Ok(document) = read(&text, Budget { nodes: usize::MAX, ..Budget::default() }) else {
            panic!("this is written, and cannot be read:\n{text}\nfor {root:?}")
        };
        assert!(document.root.says_the_same(root), "this is not the same:\n{text}\nfor {root:?}");
    }
}
