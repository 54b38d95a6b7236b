//! What a pattern is made of, for those who must say it in another language.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::subset::{self, Alphabet};
use super::{Pattern, is_name_char};

/// A pattern as a tree. Groups, laziness and the way of writing are gone; the names that it matches are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One of these characters.
    One(Set),
    /// These, one after the other. Without any, the empty text.
    Sequence(Vec<Shape>),
    /// One of these. Without any, nothing at all.
    Either(Vec<Shape>),
    /// This, at least so many times, and at most so many if there is a limit.
    Repeat(Box<Shape>, u32, Option<u32>),
    /// The name begins here: `^`.
    Start,
    /// The name ends here: `$`.
    End,
}

/// Characters, as far as a name may hold them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set {
    /// Every character.
    All,
    /// Every character but `/`.
    NoSlash,
    /// From the first to the last of each pair, both included, in order.
    Ranges(Vec<(char, char)>),
}

/// The characters of names, without `/`; see [`is_name_char`].
const NO_SLASH: [(char, char); 4] = [('!', '.'), ('0', '~'), ('\u{a0}', '\u{2027}'), ('\u{202a}', char::MAX)];

impl Pattern {
    /// What the pattern is made of.
    pub fn shape(&self) -> Shape {
        shape(&subset::hir(&self.regex(), Alphabet::Unicode))
    }
}

/// Recursion is bounded by the nesting that the check allows.
fn shape(hir: &Hir) -> Shape {
    match hir.kind() {
        HirKind::Empty => Shape::Sequence(Vec::new()),
        HirKind::Literal(literal) => {
            let text = str::from_utf8(&literal.0).expect("the expression is read as UTF-8");
            Shape::Sequence(text.chars().map(|c| Shape::One(Set::Ranges(vec![(c, c)]))).collect())
        }
        HirKind::Class(Class::Unicode(class)) => {
            Shape::One(set(class.iter().map(|range| (range.start(), range.end())).collect()))
        }
        HirKind::Class(Class::Bytes(class)) => {
            Shape::One(set(class.iter().map(|range| (range.start().into(), range.end().into())).collect()))
        }
        HirKind::Look(Look::Start) => Shape::Start,
        HirKind::Look(Look::End) => Shape::End,
        HirKind::Look(_) => unreachable!("the check accepts no other assertion"),
        HirKind::Repetition(repetition) => {
            Shape::Repeat(Box::new(shape(&repetition.sub)), repetition.min, repetition.max)
        }
        HirKind::Capture(capture) => shape(&capture.sub),
        HirKind::Concat(parts) => Shape::Sequence(parts.iter().map(shape).collect()),
        HirKind::Alternation(parts) => Shape::Either(parts.iter().map(shape).collect()),
    }
}

/// What is left of `ranges` in names.
fn set(ranges: Vec<(char, char)>) -> Set {
    let holds = |c: char| ranges.iter().any(|&(first, last)| first <= c && c <= last);
    // The ranges of a class touch nowhere, so that one holds what is whole in the class.
    let within = |&(from, to): &(char, char)| ranges.iter().any(|&(first, last)| first <= from && to <= last);
    if NO_SLASH.iter().all(within) {
        return if holds('/') { Set::All } else { Set::NoSlash };
    }
    let mut kept: Vec<(char, char)> = Vec::new();
    for (first, last) in ranges {
        for (from, to) in NO_SLASH.into_iter().chain([('/', '/')]) {
            let (from, to) = (from.max(first), to.min(last));
            if from <= to {
                kept.push((from, to));
            }
        }
    }
    kept.sort_unstable();
    debug_assert!(kept.iter().all(|&(first, last)| is_name_char(first) && is_name_char(last)));
    Set::Ranges(kept)
}
