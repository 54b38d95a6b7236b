//! Workflows: which jobs they run, what each is called with, and what it waits for
//! (<https://circleci.com/docs/reference/configuration-reference/#workflows>).

mod matrix;
mod member;

use std::collections::{BTreeMap, HashMap};

use super::filter::Filters;
use super::reference::Scope;
use super::{Config, entries, shape};
use crate::diagnostic::{Diagnostic, Hints, chain};
use crate::provider::cycle::first_cycle;
use crate::span::Span;
use crate::yaml::{Entry, Node};
pub(super) use member::Member;

const KEYS: [&str; 6] = ["jobs", "triggers", "when", "unless", "max_auto_reruns", "description"];

/// The contexts that a configuration may name, and the length of a context's name in characters
/// (<https://circleci.com/docs/guides/security/contexts/>).
const CONTEXTS: usize = 100;
const CONTEXT_LENGTH: usize = 200;

pub(super) fn check(config: &Config<'_>, problems: &mut Vec<Diagnostic>) {
    let mut contexts = BTreeMap::new();
    // Workflows of version 2 had their version here.
    for entry in entries(config.root, "workflows").iter().filter(|entry| entry.key.text != "version") {
        let Some(body) = entry.value.as_mapping() else {
            let what = format!("the workflow `{}`", entry.key.text);
            problems.push(shape(&entry.value, &what, "a map with `jobs`"));
            continue;
        };
        let scope = Scope { config, parameters: None, matrix: &[] };
        for inner in &body.entries {
            let key = inner.key.text.as_str();
            if !KEYS.contains(&key) {
                let problem = Diagnostic::new("unknown-key", inner.key.span, format!("a workflow has no key `{key}`"));
                problems.push(problem.did_you_mean(key, KEYS).warning());
            } else if key != "jobs" {
                scope.check(&inner.value, problems);
            }
        }
        let Some(jobs) = body.get("jobs") else {
            let message = format!("the workflow `{}` has no jobs", entry.key.text);
            problems.push(Diagnostic::new("no-jobs", entry.key.span, message).help("write `jobs: [...]`"));
            continue;
        };
        let Some(items) = jobs.as_sequence() else {
            problems.push(shape(jobs, "`jobs` of a workflow", "a list"));
            continue;
        };
        let members: Vec<Member<'_>> =
            items.iter().filter_map(|item| Member::of(item, config, &mut contexts, problems)).collect();
        Flow { name: entry, members: &members, filters: Filters::of(&members), hints: &config.hints }.check(problems);
    }
    check_contexts(&contexts, problems);
}

/// Contexts by name, with the first place that names each.
type Contexts<'n> = BTreeMap<&'n str, Span>;

fn check_contexts(contexts: &Contexts<'_>, problems: &mut Vec<Diagnostic>) {
    let mut spans: Vec<Span> = contexts.values().copied().collect();
    spans.sort_unstable();
    if let Some(span) = spans.get(CONTEXTS) {
        let message = format!("a configuration can use at most {CONTEXTS} contexts, this is one more");
        problems.push(Diagnostic::new("too-many-contexts", *span, message).help("merge some of them"));
    }
    for (name, span) in contexts.iter().filter(|(name, _)| name.chars().count() > CONTEXT_LENGTH) {
        let message = format!(
            "a context's name can have at most {CONTEXT_LENGTH} characters, this one has {}",
            name.chars().count()
        );
        problems.push(Diagnostic::new("context-name", *span, message).help("rename it"));
    }
}

struct Flow<'f, 'n> {
    name: &'n Entry,
    members: &'f [Member<'n>],
    filters: Filters,
    hints: &'f Hints,
}

impl Flow<'_, '_> {
    fn check(&self, problems: &mut Vec<Diagnostic>) {
        let names = self.names(problems);
        let open: Vec<&Member<'_>> = self.members.iter().filter(|member| member.is_open()).collect();
        // What each waits for, by place; with where it says so.
        let mut edges: Vec<Vec<(usize, Span)>> = vec![Vec::new(); self.members.len()];
        for (place, member) in self.members.iter().enumerate() {
            for (name, span) in &member.requires {
                match names.get(*name).or_else(|| names.get(unnumbered(name)).filter(|places| places.len() > 1)) {
                    // Of several jobs with one name it waits for the others.
                    Some(places) => {
                        let others = places.iter().filter(|other| **other != place || places.len() == 1);
                        edges[place].extend(others.map(|other| (*other, *span)));
                    }
                    None if name.contains("<<") || open.iter().any(|member| member.may_be(name)) => {}
                    None => problems.push(self.unknown(name, *span, &names)),
                }
            }
        }
        for (place, edges) in edges.iter().enumerate() {
            problems.extend(self.filtered(place, edges));
        }
        problems.extend(self.cycle(&edges));
    }

    /// Every name that a `requires` may use, with the jobs that it means.
    fn names(&self, problems: &mut Vec<Diagnostic>) -> HashMap<&str, Vec<usize>> {
        let mut names: HashMap<&str, Vec<usize>> = HashMap::with_capacity(self.members.len());
        for (place, member) in self.members.iter().enumerate() {
            for name in member.names() {
                let places = names.entry(name).or_default();
                let is_twice = member.has_own_name && name == member.name && !name.contains("<<");
                if let Some(first) = places.first().filter(|_| is_twice) {
                    let message = format!("the workflow `{}` has two jobs named `{name}`", self.name.key.text);
                    let problem = Diagnostic::new("job-twice", member.span, message).warning();
                    let problem = problem.help("give one of them another `name`; CircleCI numbers them");
                    problems.push(match *first == place {
                        true => problem,
                        false => problem.related(self.members[*first].span, "the first one is here"),
                    });
                }
                places.push(place);
            }
        }
        names
    }

    fn unknown(&self, name: &str, span: Span, names: &HashMap<&str, Vec<usize>>) -> Diagnostic {
        let message = format!("the workflow `{}` has no job `{name}`", self.name.key.text);
        let known = || {
            let mut known: Vec<&str> = names.keys().copied().collect();
            known.sort_unstable();
            known
        };
        let problem = Diagnostic::new("unknown-requires", span, message);
        self.hints.did_you_mean(problem, name, known).or_help("add it to the workflow, or remove it here")
    }

    /// Filters that leave out some of what a job requires: CircleCI then does not wait for that; or all of it: then the job
    /// does not run (<https://circleci.com/docs/reference/configuration-reference/#requires>).
    fn filtered(&self, place: usize, edges: &[(usize, Span)]) -> Option<Diagnostic> {
        let required: Vec<usize> = edges.iter().map(|(place, _)| *place).collect();
        let (conflict, out) = self.filters.conflict(place, &required)?;
        let (job, other, kind, name) = (self.members[place].name, &self.members[out], conflict.kind, &conflict.name);
        let message = match conflict.is_never {
            false => format!(
                "`{job}` runs for the {kind} `{name}` without waiting for `{}`, whose filters exclude it",
                other.name
            ),
            true => format!(
                "`{job}` has filters for the {kind} `{name}` but never runs for it: no job that it requires does"
            ),
        };
        let span = edges.iter().find(|(place, _)| *place == out)?.1;
        let problem = Diagnostic::new("filtered-requires", span, message).warning();
        let problem = problem.related(other.span, "the filters of this job exclude it");
        Some(problem.help(
            "give both, and every job that they require, the same filters; a job without filters runs for no tag",
        ))
    }

    /// The first jobs that wait for each other.
    fn cycle(&self, edges: &[Vec<(usize, Span)>]) -> Option<Diagnostic> {
        let (cycle, span) = first_cycle(edges)?;
        let names: Vec<&str> = cycle.into_iter().map(|place| self.members[place].name).collect();
        let message = format!("these jobs wait for each other: {}", chain(&names));
        Some(Diagnostic::new("cycle", span, message).help("remove one of these `requires`"))
    }
}

/// The name without the number that CircleCI gives to jobs of one name: `build` of `build-2`.
fn unnumbered(name: &str) -> &str {
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    name.rsplit_once('-').filter(|(_, number)| is_number(number)).map_or(name, |(name, _)| name)
}

/// The items of a list, or the one that stands alone.
fn one_or_more(node: &Node) -> impl Iterator<Item = &Node> {
    let (one, items) = match node.as_sequence() {
        Some(items) => (None, items),
        None => (Some(node), [].as_slice()),
    };
    one.into_iter().chain(items)
}
