//! A run of characters of one kind, and its text in a glob.

use super::Reason;
use crate::pattern::Set;

/// Characters of `set`, from `min` to `max` of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) set: Set,
    pub(super) min: u32,
    pub(super) max: Option<u32>,
}

/// The most times that one character is written out.
const MOST_COPIES: u32 = 100;

impl Run {
    pub(super) fn once(set: Set) -> Self {
        Self { set, min: 1, max: Some(1) }
    }

    /// Whether the run is of any characters, with or without `/`.
    pub(super) fn is_wild(&self) -> bool {
        !matches!(self.set, Set::Ranges(_))
    }

    /// Whether it is `/`, perhaps repeated, perhaps missing.
    pub(super) fn is_of_slashes(&self) -> bool {
        character(&self.set) == Some('/')
    }

    /// Whether there is a `/` in any case, and nothing else.
    pub(super) fn is_slash(&self) -> bool {
        self.is_of_slashes() && self.min > 0
    }

    /// Whether it is nothing beside `other`, which may match as much of the same as it likes.
    fn is_lost_in(&self, other: &Run) -> bool {
        let is_part = match (&self.set, &other.set) {
            (_, Set::All) => true,
            (Set::Ranges(ranges), Set::NoSlash) => !ranges.contains(&('/', '/')),
            (mine, its) => mine == its,
        };
        self.min == 0 && other.max.is_none() && is_part
    }

    /// The run in a glob.
    pub(super) fn glob(&self) -> Result<String, Reason> {
        let ranges = match (&self.set, self.min, self.max) {
            (Set::All, 0, None) => return Ok("**".to_owned()),
            (Set::NoSlash, 0, None) => return Ok("*".to_owned()),
            (Set::All | Set::NoSlash, ..) => return Err(any()),
            (Set::Ranges(ranges), ..) => ranges,
        };
        let one = atom(ranges)?;
        if self.min.max(self.max.unwrap_or(0)) > MOST_COPIES {
            return Err(Reason::new(
                format!(
                    "GitHub's patterns do not count, and more than {MOST_COPIES} of one character are not written out"
                ),
                "repeat less, or write a glob, such as `v*`",
            ));
        }
        let least = one.repeat(self.min as usize);
        Ok(match self.max {
            Some(max) => least + &format!("{one}?").repeat((max - self.min) as usize),
            None => least + "+",
        })
    }

    /// The run in a regular expression.
    pub(super) fn regex(&self) -> String {
        let one = match &self.set {
            Set::All => ".".to_owned(),
            Set::NoSlash => "[^/]".to_owned(),
            Set::Ranges(ranges) => match character(&self.set) {
                Some(c) if r"\.+*?()|[]{}^$".contains(c) => format!("\\{c}"),
                Some(c) => c.to_string(),
                None => class(ranges),
            },
        };
        match self.max {
            Some(max) => format!("{one}{{{},{max}}}", self.min),
            None => format!("{one}{{{},}}", self.min),
        }
    }
}

/// Joins what stands beside its like, and drops what cannot be told from its neighbour.
pub(super) fn tidy(runs: impl IntoIterator<Item = Run>) -> Vec<Run> {
    let mut tidied: Vec<Run> = Vec::new();
    for mut run in runs.into_iter().filter(|run| run.max != Some(0)) {
        while let Some(last) = tidied.last() {
            if last.set == run.set {
                run.min += last.min;
                run.max = run.max.zip(last.max).map(|(mine, its)| mine + its);
            } else if run.is_lost_in(last) {
                run = last.clone();
            } else if !last.is_lost_in(&run) {
                break;
            }
            tidied.pop();
        }
        tidied.push(run);
    }
    tidied
}

/// The one character of a set.
pub(super) fn character(set: &Set) -> Option<char> {
    match set {
        Set::Ranges(ranges) => match ranges.as_slice() {
            &[(first, last)] if first == last => Some(first),
            _ => None,
        },
        Set::All | Set::NoSlash => None,
    }
}

/// One character of a glob. A backslash takes the meaning of a special one. Of these, git names hold only `+`, and `!`,
/// which is special in front alone.
fn atom(ranges: &[(char, char)]) -> Result<String, Reason> {
    match ranges {
        &[(first, last)] if first == last => match first {
            '+' => Ok(r"\+".to_owned()),
            // Whether GitHub takes `\]` for `]` is not documented, nor what a `]` alone is.
            ']' => Err(Reason::new("GitHub does not say how `]` is written", "write `*` in its place")),
            c => Ok(c.to_string()),
        },
        ranges => Ok(class(ranges)),
    }
}

fn class(ranges: &[(char, char)]) -> String {
    let mut text = "[".to_owned();
    for &(first, last) in ranges {
        text.push(first);
        match u32::from(last) - u32::from(first) {
            0 => {}
            1 => text.push(last),
            _ => text.extend(['-', last]),
        }
    }
    text + "]"
}

fn any() -> Reason {
    Reason::new(
        "GitHub's patterns have no `.`: nothing in them stands for a number of characters that may be any",
        r"write `\.` if you mean a dot, a class such as `[0-9]`, or `.*`",
    )
}
