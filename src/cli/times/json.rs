//! JSON texts, one after another, each as a tree with its places in the file.
//!
//! That is what several answers of an interface are in one file: pages of a list (`gh api --paginate`), or several runs.

use serde::de::IgnoredAny;

use crate::cli::input::parse_text;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::yaml::Node;
use crate::yaml::read::Form;

pub(super) struct Document {
    pub(super) root: Node,
    /// What is odd in it: keys that stand twice.
    pub(super) problems: Vec<Diagnostic>,
}

/// The texts. They are read as YAML, which knows the places, once they are known to be JSON.
pub(super) fn documents(source: &str) -> Result<Vec<Document>, Diagnostic> {
    let mut texts = serde_json::Deserializer::from_str(source).into_iter::<IgnoredAny>();
    let (mut documents, mut start) = (Vec::new(), 0);
    while let Some(text) = texts.next() {
        if let Err(error) = text {
            return Err(syntax(source, &error));
        }
        let end = texts.byte_offset();
        let part = without_surrogates(&source[start..end]);
        let (mut root, mut problems) = parse_text(&part, Form::Core)
            .map_err(|problem| Diagnostic { span: problem.span.shifted(start), ..problem })?;
        root.shift(start);
        for problem in &mut problems {
            problem.span = problem.span.shifted(start);
            problem.related.iter_mut().for_each(|(span, _)| *span = span.shifted(start));
        }
        documents.push(Document { root, problems });
        start = end;
    }
    Ok(documents)
}

fn syntax(source: &str, error: &serde_json::Error) -> Diagnostic {
    let before: usize = source.split_inclusive('\n').take(error.line().max(1) - 1).map(str::len).sum();
    let at = Span::floor(source, before + error.column().max(1) - 1);
    let problem = Diagnostic::new("syntax", Span { start: at, end: at }, format!("this is not JSON: {error}"));
    let help = "write an object from job to seconds: `{\"build-app-amd64\": 412}`, or lines `JOB SECONDS`";
    problem.help(help)
}

/// The text with another character, as long as it, for each half of a pair of escapes that JSON has for rare characters:
/// YAML knows no such pairs. The names of jobs are made of others.
fn without_surrogates(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        whole.push_str(before);
        let is_half = escape
            .get(2..4)
            .is_some_and(|digits| matches!(digits.as_bytes(), [b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F']));
        let length = match escape.as_bytes().get(1) {
            Some(b'u') if is_half => {
                whole.push_str("\\ufffd");
                6
            }
            // What is escaped is no escape.
            _ => {
                let length = 1 + escape[1..].chars().next().map_or(0, char::len_utf8);
                whole.push_str(&escape[..length]);
                length
            }
        };
        rest = &escape[length.min(escape.len())..];
    }
    whole + rest
}

#[cfg(test)]
mod tests {
    use super::without_surrogates;

    #[test]
    fn halves_of_pairs_are_replaced_in_place() {
        let text = r#"{"a": "\ud83d \\ud83d\ude00 \uD83D\uDE00 \u00e9 \"\ude00é"}"#;
        let without = without_surrogates(text);
        assert_eq!(without, r#"{"a": "\ufffd \\ud83d\ufffd \ufffd\ufffd \u00e9 \"\ufffdé"}"#);
        assert_eq!(without.len(), text.len());
    }
}
