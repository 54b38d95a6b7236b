//! A pattern without alternatives in it: every way through its groups, one by one.

use super::run::{Run, character};
use super::{LONGEST, MOST, Reason};
use crate::pattern::{Set, Shape};

/// What one way through a pattern consists of.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Run(Run),
    Start,
    End,
}

/// The letters and digits that GitHub's `[…]` may hold: "one alphanumeric character" is what its documentation says.
const ALPHANUMERIC: [(char, char); 3] = [('0', '9'), ('A', 'Z'), ('a', 'z')];

/// What no git name holds (<https://git-scm.com/docs/git-check-ref-format>), besides what no pattern matches.
const NEVER: &str = "~^:?*[\\";

/// The ways through `shape`, which match together what it matches.
pub(super) fn expand(shape: &Shape) -> Result<Vec<Vec<Part>>, Reason> {
    match shape {
        Shape::Start => Ok(vec![vec![Part::Start]]),
        Shape::End => Ok(vec![vec![Part::End]]),
        Shape::One(set) => Ok(members(set)?.into_iter().map(|set| vec![Part::Run(Run::once(set))]).collect()),
        Shape::Sequence(shapes) => {
            shapes.iter().try_fold(vec![Vec::new()], |ways, shape| joined(&ways, &expand(shape)?))
        }
        Shape::Either(shapes) => shapes.iter().try_fold(Vec::new(), |mut ways, shape| {
            ways.extend(expand(shape)?);
            bounded(ways)
        }),
        Shape::Repeat(shape, min, max) => repeated(shape, *min, *max),
    }
}

fn repeated(shape: &Shape, min: u32, max: Option<u32>) -> Result<Vec<Vec<Part>>, Reason> {
    if let Some(set) = one(shape)
        && is_repeatable(set)
    {
        return Ok(vec![vec![Part::Run(Run { set: set.clone(), min, max })]]);
    }
    let ways = expand(shape)?;
    // Nothing to repeat, and nothing but the empty text.
    if ways.iter().all(Vec::is_empty) {
        return Ok(if ways.is_empty() && min > 0 { Vec::new() } else { vec![Vec::new()] });
    }
    let Some(max) = max else {
        return Err(unlimited(shape));
    };
    let mut all = Vec::new();
    let mut power = vec![Vec::new()];
    for count in 0..=max {
        if count >= min {
            all.extend(power.iter().cloned());
            all = bounded(all)?;
        }
        if count < max {
            power = joined(&power, &ways)?;
        }
    }
    Ok(all)
}

/// Every one of `ways` with every one of `more` behind it.
fn joined(ways: &[Vec<Part>], more: &[Vec<Part>]) -> Result<Vec<Vec<Part>>, Reason> {
    if ways.len() * more.len() > MOST {
        return Err(Reason::many());
    }
    let longest = |ways: &[Vec<Part>]| ways.iter().map(Vec::len).max().unwrap_or(0);
    if longest(ways) + longest(more) > LONGEST {
        return Err(Reason::long());
    }
    Ok(ways.iter().flat_map(|way| more.iter().map(|rest| [way.as_slice(), rest].concat())).collect())
}

fn bounded(ways: Vec<Vec<Part>>) -> Result<Vec<Vec<Part>>, Reason> {
    if ways.len() > MOST { Err(Reason::many()) } else { Ok(ways) }
}

/// The set of a shape of one character.
fn one(shape: &Shape) -> Option<&Set> {
    match shape {
        Shape::One(set) => Some(set),
        Shape::Sequence(shapes) => match shapes.as_slice() {
            [shape] => one(shape),
            _ => None,
        },
        _ => None,
    }
}

/// Whether GitHub can repeat it. Whether `+` takes all bytes of a character beyond ASCII is not known.
fn is_repeatable(set: &Set) -> bool {
    match set {
        Set::All | Set::NoSlash => true,
        Set::Ranges(ranges) => {
            is_alphanumeric(ranges) || character(set).is_some_and(|c| c.is_ascii() && !NEVER.contains(c))
        }
    }
}

fn is_alphanumeric(ranges: &[(char, char)]) -> bool {
    let is_within = |&(first, last): &(char, char)| ALPHANUMERIC.iter().any(|&(from, to)| from <= first && last <= to);
    !ranges.is_empty() && ranges.iter().all(is_within)
}

/// The parts of a set that GitHub can say: its letters and digits as one, and every other character for itself.
fn members(set: &Set) -> Result<Vec<Set>, Reason> {
    let Set::Ranges(ranges) = set else {
        return Ok(vec![set.clone()]);
    };
    let (mut class, mut others) = (Vec::new(), Vec::new());
    for (from, to) in ALPHANUMERIC {
        for &(first, last) in ranges {
            let (from, to) = (from.max(first), to.min(last));
            if from <= to {
                class.push((from, to));
            }
        }
    }
    for &(first, last) in ranges {
        for c in (first..=last).filter(|c| !c.is_ascii_alphanumeric() && !NEVER.contains(*c)) {
            others.push(Set::Ranges(vec![(c, c)]));
            if others.len() > MOST {
                return Err(Reason::new(
                    "GitHub's `[…]` holds letters and digits only, and cannot say \"all but these\"",
                    "name what may stand there, as in `[a-z]`, or write `*` or `**`",
                ));
            }
        }
    }
    Ok((!class.is_empty()).then_some(Set::Ranges(class)).into_iter().chain(others).collect())
}

fn unlimited(shape: &Shape) -> Reason {
    match one(shape) {
        Some(_) => Reason::new(
            "GitHub's `+` repeats one ASCII character, or one class of letters and digits",
            "leave letters and digits in the class, give a small count such as `{1,3}`, or write `*` or `**`",
        ),
        None => Reason::new(
            "GitHub cannot repeat a group, and without a limit it cannot be written out",
            "give a small count, such as `{0,3}` for `*`, or write `*` or `**`",
        ),
    }
}
