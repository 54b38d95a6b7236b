//! One way through a pattern as globs, with what these match besides.

use super::expand::{Part, expand};
use super::run::{Run, tidy};
use super::{LONGEST, MOST, Reason};
use crate::pattern::{Pattern, Set};

/// A pattern in globs: they match what it matches, and of the surplus what GitHub makes of it.
pub(super) struct Said {
    pub(super) globs: Vec<String>,
    pub(super) surplus: Vec<Surplus>,
}

/// Names that globs match, or may match, besides those that they stand for.
pub(super) struct Surplus {
    /// They match these names and no others.
    pub(super) globs: Vec<String>,
    pub(super) names: Pattern,
}

impl Said {
    pub(super) fn of(pattern: &Pattern) -> Result<Self, Reason> {
        let mut said = Self { globs: Vec::new(), surplus: Vec::new() };
        for way in expand(&pattern.shape())? {
            let Some(runs) = anchored(way) else { continue };
            for runs in split(runs)?.into_iter().filter_map(named) {
                said.add(&runs)?;
            }
        }
        Ok(said)
    }

    /// Says `runs`. What may not be empty is said by what may, and the empty one is surplus.
    fn add(&mut self, runs: &[Run]) -> Result<(), Reason> {
        let needed: Vec<usize> = (0..runs.len()).filter(|&at| must_be_kept(runs, at)).collect();
        let loose = relaxed(runs);
        let folders: Vec<usize> = (0..loose.len()).filter(|&at| is_folders(&loose, at)).collect();
        self.globs.push(glob(&loose)?);
        match folders.as_slice() {
            [] => {
                for at in needed {
                    self.surplus.extend(Surplus::of(relaxed(&without(runs, at)))?);
                }
            }
            [at] if needed.is_empty() && loose[at + 1] == slash() => {
                // The documentation has `**` for "zero or more of any character", and `**/README.md` for a path without
                // any `/`; act has `(.+/)?` for `**/`. The list is to mean the same however GitHub reads it.
                if *at > 0 && !loose[at - 1].is_slash() {
                    self.globs.push(glob(&without(&loose, *at))?);
                }
                self.surplus.extend(Surplus::of(tidy([&loose[..*at], &loose[at + 2..]].concat()))?);
            }
            _ => return Err(ambiguous()),
        }
        Ok(())
    }
}

impl Surplus {
    /// The names of `runs`; none if git can have none of them.
    fn of(runs: Vec<Run>) -> Result<Option<Self>, Reason> {
        let source: String = runs.iter().map(Run::regex).collect();
        let mut globs = Vec::new();
        for runs in split(runs)?.into_iter().filter_map(named) {
            if (0..runs.len()).any(|at| is_folders(&runs, at)) {
                return Err(ambiguous());
            }
            globs.push(glob(&runs)?);
        }
        if globs.is_empty() {
            return Ok(None);
        }
        let names = Pattern::parse(&format!("/{source}/"))
            .map_err(|_| Reason::new("it is too large to write out", "repeat less"))?;
        Ok(Some(Self { globs, names }))
    }
}

fn ambiguous() -> Reason {
    Reason::new(
        "GitHub can read `**/` as \"in any folder or in none\", which here takes in other names",
        "write `*/` for one folder, or list the names",
    )
}

fn slash() -> Run {
    Run::once(Set::Ranges(vec![('/', '/')]))
}

/// The runs between the anchors; none if something has to stand outside of them.
fn anchored(way: Vec<Part>) -> Option<Vec<Run>> {
    let (mut runs, mut is_over): (Vec<Run>, bool) = (Vec::new(), false);
    for part in way {
        match part {
            Part::Start if runs.iter().any(|run| run.min > 0) => return None,
            Part::Start => runs.clear(),
            Part::End => is_over = true,
            Part::Run(run) if !is_over => runs.push(run),
            Part::Run(run) if run.min > 0 => return None,
            Part::Run(_) => {}
        }
    }
    Some(tidy(runs))
}

/// `x*` is two: nothing, and `x+`.
fn split(runs: Vec<Run>) -> Result<Vec<Vec<Run>>, Reason> {
    let mut all = vec![runs];
    while let Some((way, at)) = all.iter().enumerate().find_map(|(way, runs)| {
        let at = runs.iter().position(|run| !run.is_wild() && run.min == 0 && run.max.is_none())?;
        Some((way, at))
    }) {
        let shorter = without(&all[way], at);
        all[way][at].min = 1;
        all.insert(way, shorter);
        if all.len() > MOST {
            return Err(Reason::many());
        }
    }
    Ok(all)
}

/// What git can have of `runs`: a name is not empty, has no `/` at an end, and no `//`. None if nothing is left.
fn named(mut runs: Vec<Run>) -> Option<Vec<Run>> {
    // Tidied runs have no two of slashes side by side, so that each end is looked at once.
    if runs.first().is_some_and(Run::is_of_slashes) && runs.remove(0).min > 0 {
        return None;
    }
    if runs.last().is_some_and(Run::is_of_slashes) && runs.pop()?.min > 0 {
        return None;
    }
    for run in runs.iter_mut().filter(|run| run.is_of_slashes()) {
        if run.min > 1 {
            return None;
        }
        run.max = Some(1);
    }
    (!runs.is_empty()).then_some(runs)
}

fn without(runs: &[Run], at: usize) -> Vec<Run> {
    tidy([&runs[..at], &runs[at + 1..]].concat())
}

/// Whether a glob for the run at `at` would also match a name without it. Beside a `/` or an end on both sides there is
/// always something in a name.
fn must_be_kept(runs: &[Run], at: usize) -> bool {
    let is_edge = |run: Option<&Run>| run.is_none_or(Run::is_slash);
    let before = at.checked_sub(1).and_then(|at| runs.get(at));
    let is_alone = is_edge(before) && is_edge(runs.get(at + 1));
    runs[at].is_wild() && runs[at].min == 1 && runs[at].max.is_none() && !is_alone
}

/// The runs, of which those of any characters may be empty.
fn relaxed(runs: &[Run]) -> Vec<Run> {
    tidy(runs.iter().cloned().map(|mut run| {
        if run.is_wild() && run.min == 1 && run.max.is_none() {
            run.min = 0;
        }
        run
    }))
}

/// Whether the run at `at` is written `**` before `/`.
fn is_folders(runs: &[Run], at: usize) -> bool {
    runs[at].set == Set::All && runs.get(at + 1).is_some_and(Run::is_of_slashes)
}

fn glob(runs: &[Run]) -> Result<String, Reason> {
    let text: String = runs.iter().map(Run::glob).collect::<Result<_, _>>()?;
    if text.len() > LONGEST {
        return Err(Reason::long());
    }
    Ok(if text.starts_with('!') { format!("\\{text}") } else { text })
}
