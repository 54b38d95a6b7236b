//! Values with references, as text and as words of a shell.

use std::borrow::Cow;

use splitbuild::shell;
use splitbuild::template::Template;

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // Any text is one word of a shell, and what is no word is refused, without a panic.
    let _ = shell::command(text);
    word(&Template::literal(text));
    match Template::parse(text) {
        Ok((template, ranges)) => {
            assert_eq!(template.names().count(), ranges.len());
            assert!(ranges.iter().all(|range| text[range.clone()].starts_with('$')), "{ranges:?}");
            let again = Template::parse(&template.to_string()).map(|(template, _)| template);
            assert_eq!(again.as_ref(), Ok(&template), "{template}");
            // A part of a value is none that a shell knows.
            if template.names().all(|name| !name.contains(':')) {
                word(&template);
            }
            parts(&template);
        }
        Err(error) => {
            assert!(text.get(error.range.clone()).is_some_and(|found| found.starts_with('$')), "{error:?}");
            assert!(!error.message.is_empty() && !error.help.is_empty(), "{error:?}");
        }
    }
}

/// A value is one word, which is the value.
fn word(template: &Template) {
    let written = shell::word(template, &parameter);
    // No shell can hold it.
    if written.contains('\0') {
        return;
    }
    let found = shell::command(&written).unwrap_or_else(|| panic!("{written} is no word, for {template}"));
    assert_eq!(found.words, std::slice::from_ref(template), "{written}");
    assert_eq!(found.end, written.len(), "{written}");
}

fn parameter(name: &str) -> Cow<'_, str> {
    Cow::Borrowed(name)
}

/// What is cut apart is put together again.
fn parts(template: &Template) {
    for separator in [":", "/", "-"] {
        for (before, after) in template.split_once(separator).into_iter().chain(template.rsplit_once(separator)) {
            let mut whole = before;
            whole.push_literal(separator);
            whole.push(&after);
            assert_eq!(&whole, template);
        }
    }
    assert_eq!(&template.fill(|_| None), template);
}
