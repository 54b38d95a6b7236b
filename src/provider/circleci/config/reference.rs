//! `<< … >>`: what it may refer to where it stands, and a `<<` that was meant for the shell
//! (<https://circleci.com/docs/reference/reusing-config/#using-the-parameters-declaration>).

use super::Config;
use super::parameter::Parameters;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::yaml::{Node, Value};

/// What may be referred to in a part of a configuration.
pub(super) struct Scope<'s, 'n> {
    /// Where names of commands and executors are looked up.
    pub(super) config: &'s Config<'n>,
    /// The parameters of the definition around it; `None` outside of definitions.
    pub(super) parameters: Option<&'s Parameters<'n>>,
    /// The parameters of the matrix around it.
    pub(super) matrix: &'s [&'n str],
}

impl Scope<'_, '_> {
    /// Checks every text under `node`.
    pub(super) fn check(&self, node: &Node, problems: &mut Vec<Diagnostic>) {
        match &node.value {
            Value::Scalar(scalar) => self.check_text(&scalar.text, node.span, problems),
            Value::Sequence(items) => items.iter().for_each(|item| self.check(item, problems)),
            Value::Mapping(map) => map.entries.iter().for_each(|entry| {
                self.check_text(&entry.key.text, entry.key.span, problems);
                self.check(&entry.value, problems);
            }),
        }
    }

    fn check_text(&self, text: &str, span: Span, problems: &mut Vec<Diagnostic>) {
        if !self.config.has_references || !text.contains("<<") {
            return;
        }
        let mut from = 0;
        let mut before = 0;
        while let Some(at) = text[from..].find("<<").map(|at| from + at) {
            from = at + 2;
            before += 1;
            if text[..at].ends_with('\\') {
                continue;
            }
            let span = self.place(span, before - 1);
            // Sections in the manner of Mustache are used, though not in the documentation: `<<# parameters.x >>`.
            let inner = text[from..].find(">>").map(|end| &text[from..from + end]);
            let inner = inner.map(|inner| inner.trim_start_matches(['#', '^', '/']).trim());
            let paths = inner.and_then(paths);
            let Some(paths) = paths else {
                let message = "this `<<` starts a reference that does not end";
                let problem = Diagnostic::new("unescaped", span, message);
                problems.push(problem.help("write `\\<<` for the shell, as in `\\<<EOF`"));
                // One is enough: the same text mostly has more of the kind.
                return;
            };
            problems.extend(paths.into_iter().filter_map(|path| self.refuses(path, span)));
        }
    }

    /// Where the `<<` after so many others stands, in a text of many lines.
    fn place(&self, span: Span, before: usize) -> Span {
        let written = self.config.text.get(span.start..span.end).unwrap_or_default();
        let Some((at, _)) = written.match_indices("<<").nth(before) else { return span };
        let end = written[at..].find('\n').map_or(written.len(), |end| at + end);
        let end = written[at..end].find(">>").map_or(end, |length| at + length + 2);
        Span { start: span.start + at, end: span.start + end }
    }

    fn refuses(&self, path: &str, span: Span) -> Option<Diagnostic> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let unknown = |message: String| Diagnostic::new("unknown-reference", span, message);
        match first {
            "parameters" => match self.parameters {
                Some(parameters) if parameters.has(rest) => None,
                Some(parameters) => {
                    let problem = unknown(format!("the parameter `{rest}` is not declared"));
                    let problem = problem.did_you_mean(rest, parameters.names());
                    Some(problem.or_help("declare it under `parameters`"))
                }
                None => Some(
                    unknown(format!("`<< {path} >>` is outside any job, command or executor"))
                        .help("for a parameter of the pipeline, write `<< pipeline.parameters.NAME >>`"),
                ),
            },
            "pipeline" => {
                let name = rest.strip_prefix("parameters.")?;
                let known = &self.config.pipeline;
                if known.has(name) {
                    return None;
                }
                let problem =
                    unknown(format!("the pipeline has no parameter `{name}`")).did_you_mean(name, known.names());
                Some(problem.or_help("declare it under `parameters` at the top"))
            }
            "matrix" if self.matrix.contains(&rest) => None,
            "matrix" => {
                let problem = unknown(format!("the matrix has no parameter `{rest}`"));
                let problem = problem.did_you_mean(rest, self.matrix.iter().copied());
                Some(problem.or_help("name it under `matrix.parameters`"))
            }
            _ => Some(
                unknown(format!("`<< {path} >>` refers to nothing"))
                    .help("write `parameters.NAME`, `pipeline.…` or `matrix.NAME`; for the shell, write `\\<<`"),
            ),
        }
    }
}

/// What is referred to between `<<` and `>>`, if that was meant as a reference or as an expression of some
/// (<https://circleci.com/docs/reference/configuration-reference/#using-expressions-in-your-configuration>).
fn paths(text: &str) -> Option<Vec<&str>> {
    if is_path(text) {
        return Some(vec![text]);
    }
    // What stands between quotes is text.
    let outside = || text.split('"').step_by(2);
    let is_meant = |c: char| c.is_ascii_alphanumeric() || "._- ()=!".contains(c);
    let words = outside().flat_map(|part| part.split([' ', '(', ')', '=', '!']));
    let paths: Vec<&str> = words.filter(|word| is_path(word) && word.contains('.')).collect();
    (!paths.is_empty() && outside().all(|part| part.chars().all(is_meant))).then_some(paths)
}

/// Whether text is the name of a value.
fn is_path(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}
