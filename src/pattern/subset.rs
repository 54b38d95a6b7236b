//! The part of the regular expression language that Java and RE2 read the same way.

use regex_syntax::ast::{self, Ast};
use regex_syntax::hir::Hir;

use super::scan::{self, refuse};
use super::{Pattern, PatternError};

/// How deep groups may nest. Bounds every recursion over the syntax tree.
const NEST_LIMIT: u32 = 100;
/// How far counted repetition may go, nested counts multiplied. RE2's limit.
const MAX_REPEAT: u32 = 1000;
/// How many characters and class members an expression may come to once its
/// repetitions are written out. Well within RE2's default memory.
const MAX_WEIGHT: u64 = 10_000;

/// What automata read. Telling non-ASCII characters apart takes several states
/// for each `.`, so it is done only for patterns that name such a character:
/// without that, most comparisons take ten times as long, and `/.*-.{1,12}/` is
/// too large to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// ASCII, and any byte above for any one character above.
    Ascii,
    /// UTF-8.
    Unicode,
}

impl Alphabet {
    /// The alphabet that tells apart what `patterns` tell apart.
    pub(super) fn of<'a>(mut patterns: impl Iterator<Item = &'a Pattern>) -> Alphabet {
        if patterns.all(|pattern| pattern.text.is_ascii()) { Alphabet::Ascii } else { Alphabet::Unicode }
    }
}

/// Refuses a body outside the shared language. Offsets in errors count the
/// slash before the body.
pub(super) fn check(body: &str) -> Result<(), PatternError> {
    scan::check(body)?;
    let mut parser = ast::parse::ParserBuilder::new().nest_limit(NEST_LIMIT).build();
    let tree = parser.parse(body).map_err(|error| {
        refuse(
            error.span().start.offset,
            format!("the regular expression is not valid: {}", error.kind()),
            "correct it, or put a backslash before a character you mean as text",
        )
    })?;
    let weight = Walk { body }.weight(&tree, MAX_REPEAT)?;
    if weight > MAX_WEIGHT {
        return Err(refuse(
            0,
            "the regular expression is too large once its repetitions are written out",
            "repeat less: replace large counts by `*` or `+`",
        ));
    }
    Ok(())
}

/// The meaning of a body that passed [`check`], or of a translated glob.
pub(super) fn hir(source: &str, alphabet: Alphabet) -> Hir {
    regex_syntax::ParserBuilder::new()
        // The classes that stand for escapes nest deeper than the source.
        .nest_limit(NEST_LIMIT * 2)
        .unicode(alphabet == Alphabet::Unicode)
        .utf8(alphabet == Alphabet::Unicode)
        .build()
        .parse(&ascii_classes(source))
        .expect("the check accepted this source, and globs translate into the language")
}

/// Replaces `\d` and its like, which regex-syntax reads as Unicode classes, by
/// the ASCII classes they are in Java and in RE2.
fn ascii_classes(source: &str) -> String {
    let mut written = String::with_capacity(source.len());
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            written.push(c);
            continue;
        }
        match chars.next() {
            Some('d') => written.push_str("[0-9]"),
            Some('D') => written.push_str("[^0-9]"),
            Some('w') => written.push_str("[0-9A-Za-z_]"),
            Some('W') => written.push_str("[^0-9A-Za-z_]"),
            Some('s') => written.push_str(r"[\t\n\v\f\r ]"),
            Some('S') => written.push_str(r"[^\t\n\v\f\r ]"),
            escaped => {
                written.push(c);
                written.extend(escaped);
            }
        }
    }
    written
}

/// Checks the syntax tree of `body`.
struct Walk<'a> {
    body: &'a str,
}

impl Walk<'_> {
    /// How large `tree` is with its repetitions written out. `repeats` is how
    /// many times it may still be repeated.
    fn weight(&self, tree: &Ast, repeats: u32) -> Result<u64, PatternError> {
        match tree {
            Ast::Empty(_) | Ast::Dot(_) | Ast::ClassPerl(_) => Ok(1),
            Ast::Literal(literal) => Ok(literal.c.len_utf8() as u64),
            Ast::Assertion(assertion) => match assertion.kind {
                ast::AssertionKind::StartLine | ast::AssertionKind::EndLine => Ok(1),
                _ => Err(self.outside(&assertion.span)),
            },
            Ast::ClassBracketed(class) => self.class(class),
            Ast::Repetition(repetition) => self.repetition(repetition, repeats),
            Ast::Group(group) => match &group.kind {
                ast::GroupKind::CaptureIndex(_) => self.weight(&group.ast, repeats),
                ast::GroupKind::NonCapturing(flags) if flags.items.is_empty() => self.weight(&group.ast, repeats),
                _ => Err(self.outside(&group.span)),
            },
            Ast::Alternation(alternation) => self.sum(&alternation.asts, repeats),
            Ast::Concat(concat) => self.sum(&concat.asts, repeats),
            Ast::Flags(flags) => Err(self.outside(&flags.span)),
            Ast::ClassUnicode(class) => Err(self.outside(&class.span)),
        }
    }

    fn sum(&self, trees: &[Ast], repeats: u32) -> Result<u64, PatternError> {
        trees.iter().map(|tree| self.weight(tree, repeats)).sum()
    }

    fn repetition(&self, found: &ast::Repetition, repeats: u32) -> Result<u64, PatternError> {
        let at = found.op.span.start.offset;
        match (&*found.ast, &found.op.kind) {
            (Ast::Repetition(_), ast::RepetitionKind::OneOrMore) => {
                return Err(refuse(
                    at,
                    "a `+` after a repetition is a possessive quantifier to some",
                    "remove the `+`, or group what comes before it with `(?:` and `)`",
                ));
            }
            (Ast::Repetition(_), _) => {
                return Err(refuse(
                    at,
                    "a repetition is repeated",
                    "remove one, or group what comes before it with `(?:` and `)`",
                ));
            }
            (Ast::Assertion(_), _) => {
                return Err(refuse(at, "an anchor is repeated", "remove the repetition"));
            }
            _ => {}
        }
        let count = match &found.op.kind {
            ast::RepetitionKind::Range(range) => self.count(found, range)?,
            _ => 1,
        };
        // `{0}` still costs nothing less than one, as it does in RE2.
        let left = repeats / count.max(1);
        if left == 0 {
            return Err(refuse(
                at,
                format!("a repetition goes past {MAX_REPEAT}, counted with those it nests in"),
                format!("repeat at most {MAX_REPEAT} times, or use `*` or `+`"),
            ));
        }
        Ok(self.weight(&found.ast, left)? * u64::from(count.max(1)))
    }

    /// The larger number of a counted repetition.
    fn count(&self, found: &ast::Repetition, range: &ast::RepetitionRange) -> Result<u32, PatternError> {
        let span = &found.op.span;
        let text = &self.body[span.start.offset..span.end.offset];
        let padded = |number: &str| number.len() > 1 && number.starts_with('0');
        if text.split(|c: char| !c.is_ascii_digit()).any(padded) {
            return Err(refuse(
                span.start.offset,
                format!("`{text}` has a number that starts with 0"),
                "write the number without the 0, which makes it plain text to some",
            ));
        }
        Ok(match *range {
            ast::RepetitionRange::Exactly(n) | ast::RepetitionRange::AtLeast(n) => n,
            ast::RepetitionRange::Bounded(_, m) => m,
        })
    }

    fn class(&self, class: &ast::ClassBracketed) -> Result<u64, PatternError> {
        let ast::ClassSet::Item(item) = &class.kind else {
            return Err(self.outside(&class.span));
        };
        let items = match item {
            ast::ClassSetItem::Union(union) => union.items.as_slice(),
            single => std::slice::from_ref(single),
        };
        for (index, item) in items.iter().enumerate() {
            let inside = index > 0 && index + 1 < items.len();
            match item {
                ast::ClassSetItem::Literal(literal)
                    if inside && literal.c == '-' && literal.kind == ast::LiteralKind::Verbatim =>
                {
                    return Err(refuse(
                        literal.span.start.offset,
                        "a `-` in the middle of a class is not a range",
                        r"write `\-` for the character",
                    ));
                }
                ast::ClassSetItem::Empty(_)
                | ast::ClassSetItem::Literal(_)
                | ast::ClassSetItem::Range(_)
                | ast::ClassSetItem::Perl(_) => {}
                other => return Err(self.outside(other.span())),
            }
        }
        Ok(1 + items.len() as u64)
    }

    /// The error for what the text scan should have named already.
    fn outside(&self, span: &ast::Span) -> PatternError {
        let text = &self.body[span.start.offset..span.end.offset];
        refuse(
            span.start.offset,
            format!("`{text}` is not in the language shared by the CI systems"),
            "write it with plain characters, classes, groups and repetitions",
        )
    }
}
