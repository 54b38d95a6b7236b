//! Decides on automata which names sets of patterns share or leave over.

use std::iter;

use regex_automata::nfa::thompson::pikevm::{Cache, PikeVM};
use regex_automata::{Anchored, Input};
use regex_syntax::hir::Hir;

use super::automaton::{Dfa, Exhausted, Product, Wanted, build, nfa};
use super::subset::Alphabet;
use super::{Kind, Pattern, TooLarge, subset};

/// The most patterns that are named as too large together.
const BLAMED: usize = 3;

pub(super) fn matches(pattern: &Pattern, name: &str) -> bool {
    Matcher::new(pattern).matches(name)
}

/// A pattern made ready to match many names.
enum Matcher<'a> {
    Plain(&'a Pattern),
    // Following the expression itself, not a table, cannot blow up.
    Compiled(Box<(PikeVM, Cache)>),
}

impl Matcher<'_> {
    fn new(pattern: &Pattern) -> Matcher<'_> {
        if pattern.kind != Kind::Regex {
            return Matcher::Plain(pattern);
        }
        let nfa = nfa(&hir(pattern, Alphabet::Unicode), None).expect("a checked expression is small");
        let vm = PikeVM::new_from_nfa(nfa).expect("anchors are the only assertions there are");
        let cache = vm.create_cache();
        Matcher::Compiled(Box::new((vm, cache)))
    }

    fn matches(&mut self, name: &str) -> bool {
        match self {
            Matcher::Plain(pattern) => pattern.matches(name),
            Matcher::Compiled(compiled) => {
                let (vm, cache) = &mut **compiled;
                vm.is_match(cache, Input::new(name).anchored(Anchored::Yes))
            }
        }
    }
}

pub(super) fn is_everything(pattern: &Pattern) -> bool {
    let alphabet = Alphabet::of(iter::once(pattern));
    let Ok(dfa) = build(&hir(pattern, alphabet)) else {
        return false;
    };
    let others = Product { first: alphabet.names(), second: &dfa, alphabet, wanted: Wanted::OnlyFirst };
    matches!(others.search(), Ok(None))
}

pub(super) fn overlap(a: &[Pattern], b: &[Pattern]) -> Result<Option<String>, TooLarge> {
    let of_a = shortest_exact(a, b, Wanted::Both);
    let of_b = shortest_exact(b, a, Wanted::Both);
    let names = of_a.into_iter().chain(of_b);
    let known = names.min_by_key(|name| rank(name));
    let (a, b) = (inexact(a), inexact(b));
    if a.is_empty() || b.is_empty() {
        return Ok(known.map(str::to_owned));
    }
    best(known, search(&a, &b, Wanted::Both))
}

pub(super) fn leftover(a: &[Pattern], minus: &[Pattern]) -> Result<Option<String>, TooLarge> {
    let known = shortest_exact(a, minus, Wanted::OnlyFirst);
    let everything = |p: &Pattern| p.kind == Kind::Glob && p.is_everything();
    if minus.iter().any(everything) {
        return Ok(None);
    }
    let mut a = inexact(a);
    // What is taken away as written leaves nothing, however large it is.
    a.retain(|pattern| !minus.contains(pattern));
    if a.is_empty() {
        return Ok(known.map(str::to_owned));
    }
    let minus: Vec<&Pattern> = minus.iter().collect();
    best(known, search(&a, &minus, Wanted::OnlyFirst))
}

/// The shortest wanted name written out in `first`. Needs no automaton.
fn shortest_exact<'a>(first: &'a [Pattern], second: &[Pattern], wanted: Wanted) -> Option<&'a str> {
    let mut names: Vec<&str> = first.iter().filter(|pattern| pattern.kind == Kind::Exact).map(Pattern::text).collect();
    names.sort_unstable_by(|x, y| rank(x).cmp(&rank(y)));
    if names.is_empty() {
        return None;
    }
    let mut matchers: Vec<Matcher> = second.iter().map(Matcher::new).collect();
    names.into_iter().find(|name| {
        let shared = matchers.iter_mut().any(|matcher| matcher.matches(name));
        shared == (wanted == Wanted::Both)
    })
}

/// Orders names by length in characters, then by text.
fn rank(name: &str) -> (usize, &str) {
    (length(name), name)
}

fn length(name: &str) -> usize {
    name.chars().count()
}

fn inexact(patterns: &[Pattern]) -> Vec<&Pattern> {
    patterns.iter().filter(|pattern| pattern.kind != Kind::Exact).collect()
}

/// The shorter of two answers. A known name stands in for a failed search.
fn best(known: Option<&str>, found: Result<Option<String>, TooLarge>) -> Result<Option<String>, TooLarge> {
    let Some(known) = known else {
        return found;
    };
    match found {
        Ok(Some(found)) if length(&found) < length(known) => Ok(Some(found)),
        _ => Ok(Some(known.to_owned())),
    }
}

fn search(a: &[&Pattern], b: &[&Pattern], wanted: Wanted) -> Result<Option<String>, TooLarge> {
    let alphabet = Alphabet::of(a.iter().chain(b).copied());
    let first = union(a, alphabet)?;
    let second = union(b, alphabet)?;
    let product = Product { first: &first, second: &second, alphabet, wanted };
    product.search().map_err(|Exhausted| too_large(&[a, b].concat()))
}

fn hir(pattern: &Pattern, alphabet: Alphabet) -> Hir {
    subset::hir(&pattern.regex(), alphabet)
}

fn union(patterns: &[&Pattern], alphabet: Alphabet) -> Result<Dfa, TooLarge> {
    let branches = patterns.iter().map(|p| hir(p, alphabet)).collect();
    build(&Hir::alternation(branches)).map_err(|_| too_large(patterns))
}

/// Blames the regular expressions if there are any, as globs are seldom large; the first few of them.
fn too_large(patterns: &[&Pattern]) -> TooLarge {
    let mut texts: Vec<&str> =
        patterns.iter().filter(|pattern| pattern.kind == Kind::Regex).map(|pattern| pattern.text()).collect();
    if texts.is_empty() {
        texts = patterns.iter().map(|pattern| pattern.text()).collect();
    }
    let more = texts.len().saturating_sub(BLAMED);
    texts.truncate(BLAMED);
    TooLarge { text: texts.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() } }
}
