//! Automata of names: builds them within limits, and walks two of them side by side.

use std::collections::{HashSet, VecDeque};
use std::sync::LazyLock;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::{primitives::StateID, start};
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Hir, Look};

use super::subset::{self, Alphabet};

/// A table that says where each byte leads.
pub(super) type Dfa = dense::DFA<Vec<u32>>;

/// The memory one automaton may take, in bytes.
const SIZE_LIMIT: usize = 10 << 20;
/// The memory that building one may take, in bytes times the number of kinds
/// of bytes it tells apart. The time to build is in proportion to that product,
/// and memory alone would let some expressions take minutes.
const BUILD_LIMIT: usize = 4 << 20;
/// How many states of the product a search may visit.
const MAX_STATES: usize = 100_000;
/// Stands for all the non-ASCII characters in an example.
const ACCENTED: char = 'é';

/// Every name there can be: the characters that `is_name_char` allows. Keeps
/// searches to what the CI systems read alike.
static ASCII_NAMES: LazyLock<Dfa> = LazyLock::new(|| names(r"[!-~\x80-\xFF]+", Alphabet::Ascii));
static UNICODE_NAMES: LazyLock<Dfa> = LazyLock::new(|| {
    let source = r"[!-~\u{A0}-\u{2027}\u{202A}-\u{10FFFF}]+";
    names(source, Alphabet::Unicode)
});

fn names(source: &str, alphabet: Alphabet) -> Dfa {
    build(&subset::hir(source, alphabet)).expect("one repeated class is small")
}

impl Alphabet {
    /// The automaton of all names.
    pub(super) fn names(self) -> &'static Dfa {
        match self {
            Alphabet::Ascii => &ASCII_NAMES,
            Alphabet::Unicode => &UNICODE_NAMES,
        }
    }
}

/// What a search looks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A name in both sets.
    Both,
    /// A name in the first set and not in the second.
    OnlyFirst,
}

/// The expression itself in a form to follow: whole names only.
pub(super) fn nfa(hir: &Hir, limit: Option<usize>) -> Result<thompson::NFA, Exhausted> {
    let config = thompson::Config::new()
        // Names are matched whole, so no match can split a character.
        .utf8(false)
        .which_captures(thompson::WhichCaptures::None)
        .nfa_size_limit(limit);
    let whole = Hir::concat(vec![hir.clone(), Hir::look(Look::End)]);
    thompson::Compiler::new().configure(config).build_from_hir(&whole).map_err(|_| Exhausted)
}

/// The automaton of the names that `hir` matches as a whole.
pub(super) fn build(hir: &Hir) -> Result<Dfa, Exhausted> {
    let nfa = nfa(hir, Some(SIZE_LIMIT))?;
    let kinds = nfa.byte_classes().alphabet_len();
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .match_kind(MatchKind::All)
        .accelerate(false)
        .dfa_size_limit(Some(SIZE_LIMIT))
        .determinize_size_limit(Some(BUILD_LIMIT / kinds));
    dense::Builder::new().configure(config).build_from_nfa(&nfa).map_err(|_| Exhausted)
}

/// A limit was reached.
#[derive(Debug)]
pub(super) struct Exhausted;

/// Where the search is: a state of each automaton, and one of the names.
type Place = [StateID; 3];

/// Two automata, walked side by side over the bytes of names.
pub(super) struct Product<'a> {
    pub(super) first: &'a Dfa,
    pub(super) second: &'a Dfa,
    pub(super) alphabet: Alphabet,
    pub(super) wanted: Wanted,
}

impl Product<'_> {
    /// Walks breadth-first, so that the first name found is a shortest one, and
    /// of those the first in the order of [`byte_order`].
    pub(super) fn search(&self) -> Result<Option<String>, Exhausted> {
        let steps = self.steps();
        let origin = self.automata().map(start);
        // Each place found, with the one before it and the byte between.
        let mut found = vec![(origin, 0, 0)];
        let mut known = HashSet::from([origin]);
        let mut queue = VecDeque::from([0]);
        while let Some(index) = queue.pop_front() {
            for &byte in &steps {
                let next = self.step(found[index].0, byte);
                if !self.is_hopeful(next) || !known.insert(next) {
                    continue;
                }
                found.push((next, index, byte));
                if self.is_wanted(next) {
                    return Ok(Some(self.spell(&found)));
                }
                if found.len() > MAX_STATES {
                    return Err(Exhausted);
                }
                queue.push_back(found.len() - 1);
            }
        }
        Ok(None)
    }

    fn automata(&self) -> [&Dfa; 3] {
        [self.first, self.second, self.alphabet.names()]
    }

    /// One byte for each set of bytes that no automaton tells apart.
    fn steps(&self) -> Vec<u8> {
        let mut seen = HashSet::new();
        byte_order().filter(|&byte| seen.insert(self.automata().map(|dfa| dfa.byte_classes().get(byte)))).collect()
    }

    fn step(&self, place: Place, byte: u8) -> Place {
        let [first, second, names] = self.automata();
        [first.next_state(place[0], byte), second.next_state(place[1], byte), names.next_state(place[2], byte)]
    }

    /// Whether a wanted name may still follow.
    fn is_hopeful(&self, place: Place) -> bool {
        let [first, second, names] = self.automata();
        let second_done = self.wanted == Wanted::Both && second.is_dead_state(place[1]);
        !first.is_dead_state(place[0]) && !names.is_dead_state(place[2]) && !second_done
    }

    /// Whether the name that ends here is wanted.
    fn is_wanted(&self, place: Place) -> bool {
        let [first, second, names] = self.automata();
        if !accepts(names, place[2]) || !accepts(first, place[0]) {
            return false;
        }
        accepts(second, place[1]) == (self.wanted == Wanted::Both)
    }

    /// The name that leads to the place found last.
    fn spell(&self, found: &[(Place, usize, u8)]) -> String {
        let mut bytes = Vec::new();
        let mut index = found.len() - 1;
        while index != 0 {
            let (_, before, byte) = found[index];
            bytes.push(byte);
            index = before;
        }
        bytes.reverse();
        if self.alphabet == Alphabet::Unicode {
            return String::from_utf8(bytes).expect("the automaton of names accepts only UTF-8");
        }
        let character = |byte: u8| {
            if byte.is_ascii() { byte.into() } else { ACCENTED }
        };
        bytes.into_iter().map(character).collect()
    }
}

fn start(dfa: &Dfa) -> StateID {
    dfa.start_state(&start::Config::new().anchored(Anchored::Yes))
        .expect("built for anchored searches, without bytes that quit")
}

/// Every pattern ends in an end anchor, so only the end of input can match.
fn accepts(dfa: &Dfa, state: StateID) -> bool {
    dfa.is_match_state(dfa.next_eoi_state(state))
}

/// The bytes of names, some more than once, the most readable first.
fn byte_order() -> impl Iterator<Item = u8> {
    let likely = (b'a'..=b'z').chain(b'A'..=b'Z').chain(b'0'..=b'9').chain(*b"-_./");
    likely.chain(b'!'..=u8::MAX)
}
