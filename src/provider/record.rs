//! What a provider's interface tells of the jobs of its runs: whether each ended well, and how long it took.
//!
//! That is the time on a machine. How long a job waited for one is told apart by all of them, and not counted here.

mod instant;

use std::time::Duration;

use super::ALL;
use crate::span::Span;
use crate::yaml::{Node, Style};

pub(super) use instant::Instant;

/// Jobs of a run, or of many, as an interface lists them.
pub struct Record<'n> {
    pub jobs: Vec<JobRecord<'n>>,
    /// Whether it says that it is only one page of several.
    pub has_more: bool,
}

pub struct JobRecord<'n> {
    pub name: &'n str,
    /// Where its name stands.
    pub span: Span,
    pub outcome: Outcome<'n>,
}

/// The longest time of a job, in seconds, of which many can still be added: more than thirty years.
const LONGEST: f64 = 1e9;

/// What is told of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'n> {
    /// It ended well after so long.
    Took(Duration),
    /// It did not end well, or not yet: its state, in the provider's word.
    Other(&'n str),
    /// The value here is none that the provider gives.
    Odd(Span),
}

impl Outcome<'_> {
    /// From one moment to another, each as a job has it under a key.
    pub(super) fn between<'n>(job: &'n Node, begin: &str, end: &str) -> Outcome<'n> {
        let instant = |key: &str| job.get(key).ok_or(job.span).and_then(|node| Instant::of(node).ok_or(node.span));
        match (instant(begin), instant(end)) {
            (Ok(begin), Ok(end)) => Outcome::Took(end.since(begin)),
            (Err(span), _) | (_, Err(span)) => Outcome::Odd(span),
        }
    }

    /// So many seconds.
    pub(super) fn seconds(node: &Node) -> Outcome<'_> {
        let number = node.as_scalar().filter(|scalar| scalar.style == Style::Plain);
        let seconds = number.and_then(|scalar| scalar.text.parse::<f64>().ok());
        let time = seconds.filter(|seconds| *seconds <= LONGEST);
        let time = time.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        time.map_or(Outcome::Odd(node.span), Outcome::Took)
    }
}

impl<'n> JobRecord<'n> {
    /// A job of a list, of which its outcome is told by `outcome`; none if it has no name.
    pub(super) fn of(job: &'n Node, outcome: impl Fn(&'n Node) -> Outcome<'n>) -> Option<Self> {
        let name = job.get("name")?;
        Some(Self { name: name.as_str()?, span: name.span, outcome: outcome(job) })
    }
}

/// What a document tells of jobs, if it is of a form that some provider gives; also if it is a list of such, one a page.
pub fn record(document: &Node) -> Option<Record<'_>> {
    if let Some(record) = ALL.iter().find_map(|provider| provider.record(document)) {
        return Some(record);
    }
    let pages: Option<Vec<Record<'_>>> = document.as_sequence()?.iter().map(record).collect();
    let pages = pages.filter(|pages| !pages.is_empty())?;
    Some(Record {
        has_more: pages.last().is_some_and(|page| page.has_more),
        jobs: pages.into_iter().flat_map(|page| page.jobs).collect(),
    })
}
