//! Expressions in texts: where they are, and what they refer to
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/expressions>).

use crate::span::Span;

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Segment<'t> {
    Text(&'t str),
    /// What stands between `${{` and `}}`.
    Expression(&'t str),
    /// What stands behind a `${{` that has no `}}`.
    Unclosed(&'t str),
}

const OPEN: &str = "${{";
const CLOSE: &str = "}}";

/// The pieces of a text. A `}}` in quotes ends nothing (`ParseScalar`).
pub(super) fn segments(text: &str) -> impl Iterator<Item = Segment<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let at = rest.find(OPEN).unwrap_or(rest.len());
        if at > 0 {
            let (before, after) = rest.split_at(at);
            rest = after;
            return Some(Segment::Text(before));
        }
        let inner = &rest[OPEN.len()..];
        let mut is_quoted = false;
        let end = inner.char_indices().find(|(at, c)| {
            is_quoted ^= *c == '\'';
            !is_quoted && inner[*at..].starts_with(CLOSE)
        });
        let Some((end, _)) = end else {
            rest = "";
            return Some(Segment::Unclosed(inner));
        };
        rest = &inner[end + CLOSE.len()..];
        Some(Segment::Expression(&inner[..end]))
    })
}

/// The expressions of a text.
pub(super) fn expressions(text: &str) -> impl Iterator<Item = &str> {
    segments(text).filter_map(|segment| match segment {
        Segment::Expression(source) => Some(source),
        Segment::Text(_) | Segment::Unclosed(_) => None,
    })
}

/// Where a piece of a text stands, which itself stands at `span` of `file` and may be written with escapes or folds.
pub(super) fn place(file: &str, span: Span, piece: &str) -> Span {
    let piece = piece.trim();
    let at = file.get(span.start..span.end).and_then(|written| written.find(piece)).filter(|_| !piece.is_empty());
    at.map_or(span, |at| Span { start: span.start + at, end: span.start + at + piece.len() })
}

/// A part of what an expression refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// `.name` or `['name']`; case does not count.
    Name(&'t str),
    /// `.*`, or an index that is computed.
    Any,
}

/// Something that an expression refers to: `needs.build.outputs.digest`.
#[derive(Clone, Debug)]
pub(super) struct Path<'t> {
    pub(super) parts: Vec<Part<'t>>,
    /// Whether it is only compared, or asked for what is in it, so that its text is not part of the result.
    pub(super) is_tested: bool,
}

impl<'t> Path<'t> {
    /// Its name at a place, if it is known there.
    pub(super) fn name(&self, place: usize) -> Option<&'t str> {
        match self.parts.get(place)? {
            Part::Name(name) => Some(name),
            Part::Any => None,
        }
    }

    /// Whether it refers to something in a context.
    pub(super) fn is_in(&self, context: &str) -> bool {
        self.name(0).is_some_and(|name| name.eq_ignore_ascii_case(context))
    }
}

/// What an expression consists of, as far as it is looked at.
#[derive(Debug, Default)]
pub(super) struct Expression<'t> {
    pub(super) paths: Vec<Path<'t>>,
    pub(super) functions: Vec<&'t str>,
    /// Whether it has a `"`, which GitHub does not know.
    pub(super) has_double_quote: bool,
}

/// Functions of which the result does not hold what they are given.
const TESTS: [&str; 4] = ["contains", "startswith", "endswith", "hashfiles"];

/// Words that are values by themselves.
const WORDS: [&str; 5] = ["true", "false", "null", "nan", "infinity"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    Name(&'t str),
    Literal(&'t str),
    Sign(char),
    /// `==`, `!=`, `<`, `>`, `<=` and `>=`.
    Comparison,
    And,
}

/// What is open around a token.
enum Open<'t> {
    /// The index of a path that comes after it, and how many tokens there were before.
    Index(Option<Path<'t>>, usize),
    /// The arguments of a function, or plain brackets.
    Call { is_test: bool },
}

impl<'t> Expression<'t> {
    pub(super) fn of(source: &'t str) -> Self {
        let mut found = Self::default();
        let tokens = tokens(source, &mut found.has_double_quote);
        let (mut open, mut current): (Vec<Open<'t>>, Option<Path<'t>>) = (Vec::new(), None);
        let mut tests = 0_usize;
        for (place, token) in tokens.iter().enumerate() {
            let before = place.checked_sub(1).map(|before| tokens[before]);
            let is_member = before == Some(Token::Sign('.'));
            match token {
                Token::Name(name) if is_member => {
                    current.iter_mut().for_each(|path| path.parts.push(Part::Name(name)));
                }
                Token::Sign('*') if is_member => current.iter_mut().for_each(|path| path.parts.push(Part::Any)),
                Token::Name(name) => {
                    found.finish(current.take(), Some(*token));
                    if tokens.get(place + 1) == Some(&Token::Sign('(')) {
                        found.functions.push(name);
                    } else if !WORDS.contains(&name.to_lowercase().as_str()) {
                        let is_tested = tests > 0 || matches!(before, Some(Token::Comparison | Token::Sign('!')));
                        current = Some(Path { parts: vec![Part::Name(name)], is_tested });
                    }
                }
                Token::Sign('.') => {}
                Token::Sign('[') => open.push(Open::Index(current.take(), place)),
                Token::Sign(']') => {
                    found.finish(current.take(), None);
                    if let Some(Open::Index(path, start)) = open.pop() {
                        current = path;
                        let part = match &tokens[start + 1..place] {
                            [Token::Literal(name)] => Part::Name(name),
                            _ => Part::Any,
                        };
                        current.iter_mut().for_each(|path| path.parts.push(part.clone()));
                    }
                }
                Token::Sign('(') => {
                    found.finish(current.take(), None);
                    let is_test =
                        matches!(before, Some(Token::Name(name)) if TESTS.contains(&name.to_lowercase().as_str()));
                    tests += usize::from(is_test);
                    open.push(Open::Call { is_test });
                }
                Token::Sign(')') => {
                    found.finish(current.take(), None);
                    if let Some(Open::Call { is_test: true }) = open.pop() {
                        tests -= 1;
                    }
                }
                _ => found.finish(current.take(), Some(*token)),
            }
        }
        found.finish(current, None);
        found
    }

    /// Takes a path that `next` comes after.
    fn finish(&mut self, path: Option<Path<'t>>, next: Option<Token<'t>>) {
        let Some(mut path) = path else { return };
        // Of `path && other` the path is left only if it is nothing.
        path.is_tested |= matches!(next, Some(Token::Comparison | Token::And));
        self.paths.push(path);
    }
}

fn tokens<'t>(source: &'t str, has_double_quote: &mut bool) -> Vec<Token<'t>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let length = if c.is_ascii_alphabetic() || c == '_' {
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            tokens.push(Token::Name(&rest[..length]));
            length
        } else if c.is_ascii_digit() {
            // A number, of which nobody asks for more.
            tokens.push(Token::Sign('0'));
            rest.find(|c: char| !is_name(c) && c != '.').unwrap_or(rest.len())
        } else if c == '\'' {
            // `''` is one quote, and two texts beside each other are none that anybody writes.
            let length = rest[1..].find('\'').map_or(rest.len(), |end| end + 2);
            tokens.push(Token::Literal(rest[1..length].trim_end_matches('\'')));
            length
        } else {
            let (token, length) = match rest.as_bytes() {
                [b'=' | b'!' | b'<' | b'>', b'=', ..] => (Token::Comparison, 2),
                [b'<' | b'>', ..] => (Token::Comparison, 1),
                [b'&', b'&', ..] => (Token::And, 2),
                _ => (Token::Sign(c), c.len_utf8()),
            };
            *has_double_quote |= c == '"';
            if !c.is_whitespace() {
                tokens.push(token);
            }
            length
        };
        at += length;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(source: &str) -> Vec<String> {
        let shown = |path: &Path<'_>| {
            let parts = path.parts.iter().map(|part| match part {
                Part::Name(name) => *name,
                Part::Any => "*",
            });
            let mark = if path.is_tested { "?" } else { "" };
            parts.collect::<Vec<_>>().join(".") + mark
        };
        Expression::of(source).paths.iter().map(shown).collect()
    }

    #[test]
    fn expressions_end_outside_of_quotes() {
        let found: Vec<_> = segments("a ${{ '}}' }} b ${{ c").collect();
        let wanted =
            [Segment::Text("a "), Segment::Expression(" '}}' "), Segment::Text(" b "), Segment::Unclosed(" c")];
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_an_expression_refers_to() {
        for (source, wanted) in [
            ("needs.a.outputs['b-c']", vec!["needs.a.outputs.b-c"]),
            ("needs[matrix.x].result", vec!["matrix.x", "needs.*.result"]),
            ("github.event.commits[0].message", vec!["github.event.commits.*.message"]),
            ("toJSON(needs.*.result)", vec!["needs.*.result"]),
            ("fromJSON(needs.a.outputs.b).c", vec!["needs.a.outputs.b"]),
            ("a.b == 'c.d' && e || f", vec!["a.b?", "e", "f"]),
            ("contains(a.b, 'x') && !c", vec!["a.b?", "c?"]),
            ("a && b || c", vec!["a?", "b", "c"]),
            ("true && null != x", vec!["x?"]),
            ("1.5 > a", vec!["a?"]),
            ("]])('", vec![]),
        ] {
            assert_eq!(paths(source), wanted, "{source}");
        }
        assert!(Expression::of("a == \"b\"").has_double_quote);
        assert!(!Expression::of("a == '\"'").has_double_quote);
        assert_eq!(Expression::of("format('{0}', hashFiles('a'))").functions, ["format", "hashFiles"]);
    }
}
