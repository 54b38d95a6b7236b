//! Filters as sets of names: for which branches and tags a job runs, and another does not
//! (<https://circleci.com/docs/reference/configuration-reference/#jobfilters>).

use std::cell::RefCell;
use std::collections::HashMap;

use super::workflow::Member;
use crate::pattern::{Pattern, leftover, overlap};
use crate::yaml::{Node, Value};

/// The filters of the jobs of a workflow; each kind is there once.
pub(super) struct Filters {
    /// By the job's place.
    of_job: Vec<usize>,
    known: Vec<Runs>,
    /// What was found before, by the filters of a job and of what it requires.
    found: RefCell<HashMap<Question, Option<Conflict>>>,
}

/// The filters of a job, and those of everything that it requires.
type Question = (usize, Vec<usize>);

/// A job's filters and those of what it requires do not go together.
#[derive(Clone)]
pub(super) struct Conflict {
    /// `branch` or `tag`.
    pub(super) kind: &'static str,
    /// For which it shows.
    pub(super) name: String,
    /// The filters of a required job that leave it out.
    filters: usize,
    /// Whether nothing that is required runs then, so that the job does not either.
    pub(super) is_never: bool,
}

/// For what a job runs. `None`: it is not known.
struct Runs {
    branches: Option<NameSet>,
    tags: Option<NameSet>,
}

/// The names that one of `only` matches and none of `ignore`.
struct NameSet {
    only: Vec<Pattern>,
    ignore: Vec<Pattern>,
    /// Whether the filters say so, and not only the rule for what they leave unsaid.
    is_written: bool,
}

impl Filters {
    pub(super) fn of(members: &[Member<'_>]) -> Self {
        let mut places: HashMap<String, usize> = HashMap::new();
        let (mut of_job, mut known) = (Vec::new(), Vec::new());
        let mut last: Option<(&Node, usize)> = None;
        for member in members {
            // Mostly they are those of the job before.
            if let (Some(filters), Some((known, place))) = (member.filters, last)
                && filters.says_the_same(known)
            {
                of_job.push(place);
                continue;
            }
            let mut text = String::new();
            member.filters.iter().for_each(|node| canonical(node, &mut text));
            let place = *places.entry(text).or_insert_with(|| {
                known.push(Runs::of(member.filters));
                known.len() - 1
            });
            of_job.push(place);
            last = member.filters.map(|filters| (filters, place));
        }
        Self { of_job, known, found: RefCell::default() }
    }

    /// Whether a job runs for a branch or tag for which only some of what it requires does, or has filters for one for which
    /// nothing of it does; with the required job that is left out.
    pub(super) fn conflict(&self, job: usize, required: &[usize]) -> Option<(Conflict, usize)> {
        let mine = self.of_job[job];
        let mut theirs: Vec<usize> = required.iter().map(|place| self.of_job[*place]).collect();
        theirs.sort_unstable();
        theirs.dedup();
        if theirs.is_empty() || theirs == [mine] {
            return None;
        }
        let find = || {
            self.conflict_of(mine, &theirs, "branch", |runs| &runs.branches)
                .or_else(|| self.conflict_of(mine, &theirs, "tag", |runs| &runs.tags))
        };
        let conflict = self.found.borrow_mut().entry((mine, theirs.clone())).or_insert_with(find).clone()?;
        let place = required.iter().copied().find(|place| self.of_job[*place] == conflict.filters)?;
        Some((conflict, place))
    }

    fn conflict_of(
        &self,
        mine: usize,
        theirs: &[usize],
        kind: &'static str,
        side: impl Fn(&Runs) -> &Option<NameSet>,
    ) -> Option<Conflict> {
        let ours = side(&self.known[mine]).as_ref()?;
        let others: Vec<(usize, &NameSet)> =
            theirs.iter().map(|id| Some((*id, side(&self.known[*id]).as_ref()?))).collect::<Option<_>>()?;
        for (filters, out) in &others {
            let Some(name) = ours.beyond(out) else { continue };
            let runs = others.iter().any(|(_, other)| other.has(&name));
            if runs || ours.is_written {
                return Some(Conflict { kind, name, filters: *filters, is_never: !runs });
            }
        }
        None
    }
}

impl Runs {
    /// Without filters a job runs for every branch and for no tag.
    fn of(filters: Option<&Node>) -> Self {
        let Some(filters) = filters else {
            return Self { branches: Some(NameSet::all()), tags: Some(NameSet::none()) };
        };
        let Some(map) = filters.as_mapping() else {
            // An expression.
            return Self { branches: None, tags: None };
        };
        let side = |key: &str, unsaid: NameSet| match map.get(key) {
            Some(node) if !node.is_null() => NameSet::of(node),
            _ => Some(unsaid),
        };
        Self { branches: side("branches", NameSet::all()), tags: side("tags", NameSet::none()) }
    }
}

impl NameSet {
    fn all() -> Self {
        Self { only: vec![Pattern::parse("**").expect("a pattern")], ignore: Vec::new(), is_written: false }
    }

    fn none() -> Self {
        Self { only: Vec::new(), ignore: Vec::new(), is_written: false }
    }

    fn of(node: &Node) -> Option<Self> {
        let map = node.as_mapping()?;
        let list = |key: &str| -> Option<Option<Vec<Pattern>>> {
            let Some(node) = map.get(key) else { return Some(None) };
            let texts = match node.as_sequence() {
                Some(items) => items.iter().map(Node::as_str).collect::<Option<Vec<_>>>()?,
                None => vec![node.as_str()?],
            };
            texts.into_iter().map(pattern).collect::<Option<Vec<_>>>().map(Some)
        };
        let (only, ignore) = (list("only")?, list("ignore")?);
        let only = only.unwrap_or_else(|| Self::all().only);
        Some(Self { only, ignore: ignore.unwrap_or_default(), is_written: true })
    }

    fn has(&self, name: &str) -> bool {
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(name));
        any(&self.only) && !any(&self.ignore)
    }

    /// A name in this set and not in the other, if there is one, and if that is known.
    fn beyond(&self, other: &Self) -> Option<String> {
        let out: Vec<Pattern> = self.ignore.iter().chain(&other.only).cloned().collect();
        if let Some(name) = leftover(&self.only, &out).ok()? {
            return Some(name);
        }
        // What is left is what the other ignores.
        if self.ignore.is_empty() {
            return overlap(&self.only, &other.ignore).ok()?;
        }
        let is_everything = self.only.iter().any(Pattern::is_everything);
        leftover(&other.ignore, &self.ignore).ok()?.filter(|_| is_everything)
    }
}

/// Text stands for itself, and between slashes it is a regular expression; `*` alone means nothing.
fn pattern(text: &str) -> Option<Pattern> {
    if text.contains("<<") {
        return None;
    }
    if text.starts_with('/') || !text.contains('*') {
        return Pattern::parse(text).ok();
    }
    let escaped: String =
        text.chars().map(|c| if c.is_alphanumeric() { c.to_string() } else { format!("\\{c}") }).collect();
    Pattern::parse(&format!("/{escaped}/")).ok()
}

/// The texts of a tree, so that trees which say the same are equal.
fn canonical(node: &Node, text: &mut String) {
    match &node.value {
        Value::Scalar(scalar) => {
            text.push_str(&scalar.text);
            text.push('\n');
        }
        Value::Sequence(items) => {
            text.push_str("[\n");
            items.iter().for_each(|item| canonical(item, text));
            text.push_str("]\n");
        }
        Value::Mapping(map) => {
            text.push_str("{\n");
            for entry in &map.entries {
                text.push_str(&entry.key.text);
                text.push('\n');
                canonical(&entry.value, text);
            }
            text.push_str("}\n");
        }
    }
}
