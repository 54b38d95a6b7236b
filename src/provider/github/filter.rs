//! A workflow's trigger in GitHub's filter patterns, exactly or not at all
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet>).
//!
//! GitHub knows globs only, in which `?` and `+` repeat the character before them and `[…]` holds letters and digits.
//! "Exactly" is said of the names that git can have: none is empty, begins or ends with `/`, or holds `//`
//! (<https://git-scm.com/docs/git-check-ref-format>).

mod alternative;
mod decode;
mod expand;
#[cfg(test)]
mod judge;
mod run;
#[cfg(test)]
mod tests;

use crate::pattern::{Pattern, TooLarge, is_covered, overlap};

use alternative::{Said, Surplus};
pub(super) use decode::glob_problem;

/// The most globs that one list may come to: a list is for people to read.
const MOST: usize = 64;

/// The longest glob, in bytes.
const LONGEST: usize = 1000;

/// A trigger that GitHub's patterns cannot say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unsayable {
    /// The pattern at fault, as written.
    pub(super) pattern: String,
    /// What of it GitHub has no way to say.
    pub(super) why: String,
    /// What to write instead.
    pub(super) help: String,
}

/// The part of an [`Unsayable`] that is known before the pattern is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reason {
    why: String,
    help: String,
}

impl Reason {
    fn new(why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { why: why.into(), help: help.into() }
    }

    fn many() -> Self {
        Self::new(
            format!("it comes to more than {MOST} of GitHub's patterns"),
            "write fewer alternatives and smaller counts, or a glob, such as `v*`",
        )
    }

    fn long() -> Self {
        Self::new(
            format!("one of GitHub's patterns for it would have more than {LONGEST} bytes"),
            "repeat less, or write a glob, such as `v*`",
        )
    }

    fn of(self, pattern: &Pattern) -> Unsayable {
        Unsayable { pattern: pattern.text().to_owned(), why: self.why, help: self.help }
    }
}

impl From<TooLarge> for Reason {
    fn from(_: TooLarge) -> Self {
        Self::new("what GitHub's nearest patterns match besides is too large to compare", "write a simpler pattern")
    }
}

/// The items of a filter that match the names of `patterns` without those of `excluded`. Their order is meaning: the
/// last one that matches a name decides, and `!` says no.
///
/// Empty where `patterns` is: such a filter is to be left out together with its key.
pub(super) fn globs(patterns: &[Pattern], excluded: &[Pattern]) -> Result<Vec<String>, Unsayable> {
    let Some(first) = patterns.first() else {
        return Ok(Vec::new());
    };
    let mut list = List::default();
    // What the items take in or leave out by the way, and must not.
    let (mut taken_in, mut left_out) = (Vec::new(), Vec::new());
    match patterns.iter().find(|pattern| pattern.is_everything()) {
        Some(pattern) => list.add("", vec!["**".to_owned()], pattern)?,
        None => {
            for pattern in patterns {
                let said = Said::of(pattern).map_err(|reason| reason.of(pattern))?;
                list.add("", said.globs, pattern)?;
                taken_in.extend(said.surplus.into_iter().map(|surplus| (pattern, surplus)));
            }
        }
    }
    if list.items.is_empty() {
        let reason = Reason::new("it matches no name that git can have", "remove it, or correct it");
        return Err(reason.of(first));
    }
    for (pattern, surplus) in taken_in {
        if surplus.is_apart(patterns).map_err(|reason| reason.of(pattern))? {
            list.add("!", surplus.globs, pattern)?;
        } else if !surplus.is_within(patterns).map_err(|reason| reason.of(pattern))? {
            return Err(surplus.reason().of(pattern));
        }
    }
    for pattern in excluded {
        let said = Said::of(pattern).map_err(|reason| reason.of(pattern))?;
        list.add("!", said.globs, pattern)?;
        left_out.extend(said.surplus.into_iter().map(|surplus| (pattern, surplus)));
    }
    for (pattern, surplus) in left_out {
        if surplus.must_return(patterns, excluded).map_err(|reason| reason.of(pattern))? {
            list.add("", surplus.globs, pattern)?;
        }
    }
    Ok(list.items)
}

#[derive(Default)]
struct List {
    items: Vec<String>,
}

impl List {
    /// Appends what is not there yet. What stands before an item of the other sign may have to be said again.
    fn add(&mut self, sign: &str, globs: Vec<String>, pattern: &Pattern) -> Result<(), Unsayable> {
        for glob in globs {
            let item = format!("{sign}{glob}");
            let mut like_it =
                self.items.iter().rev().take_while(|other| other.starts_with('!') == item.starts_with('!'));
            if !like_it.any(|other| *other == item) {
                self.items.push(item);
            }
        }
        if self.items.len() > MOST { Err(Reason::many().of(pattern)) } else { Ok(()) }
    }
}

impl Surplus {
    fn is_apart(&self, patterns: &[Pattern]) -> Result<bool, Reason> {
        Ok(overlap(std::slice::from_ref(&self.names), patterns)?.is_none())
    }

    fn is_within(&self, patterns: &[Pattern]) -> Result<bool, Reason> {
        Ok(is_covered(std::slice::from_ref(&self.names), patterns)?)
    }

    /// Whether what an exclusion leaves out besides is wanted; an error if only a part of it is.
    fn must_return(&self, patterns: &[Pattern], excluded: &[Pattern]) -> Result<bool, Reason> {
        if self.is_apart(patterns)? || self.is_within(excluded)? {
            return Ok(false);
        }
        if self.is_within(patterns)? && self.is_apart(excluded)? { Ok(true) } else { Err(self.reason()) }
    }

    fn reason(&self) -> Reason {
        let globs: Vec<String> = self.globs.iter().map(|glob| format!("`{glob}`")).collect();
        Reason::new(
            format!("GitHub's nearest pattern also matches {}, which cannot be told apart", globs.join(" and ")),
            "write `*` or `**` where nothing at all may stand, too, or list the names",
        )
    }
}
