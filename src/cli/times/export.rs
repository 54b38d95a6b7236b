//! Times from what a provider's interface tells of runs.
//!
//! Of a job that is there several times, in several runs or because it was run again, the median counts. Jobs that did not
//! end well are not taken: they say nothing of how long it takes.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Wanted, expected};
use crate::diagnostic::{Diagnostic, list};
use crate::plan::Times;
use crate::provider::{Outcome, Record};
use crate::span::Span;

/// So many jobs without a time are named.
const MOST_NAMED: usize = 5;

pub(super) struct Export<'n> {
    /// One for each document of the file.
    pub(super) records: Vec<Record<'n>>,
}

/// Why a job has no time.
#[derive(Clone, Copy)]
enum Lack<'n> {
    Absent,
    /// It is here, in this state.
    State(Span, &'n str),
    /// What is told of it is of no known form.
    Odd(Span),
}

impl<'n> Export<'n> {
    /// The times of all that have one, if that is all that one of the workflows needs; and what of the others is missing.
    pub(super) fn times(&self, wanted: Wanted<'_>, end: usize) -> (Option<Times>, Vec<Diagnostic>) {
        let (mut times, mut lacks) = (Times::new(), BTreeMap::new());
        let plan = wanted.plan;
        for job in wanted.workflows.iter().flat_map(|workflow| plan.timed_jobs(workflow)) {
            match self.time(job, wanted) {
                Ok(time) => _ = times.insert(job.to_owned(), time),
                Err(lack) => _ = lacks.insert(job, lack),
            }
        }
        let mut problems = Vec::new();
        for workflow in wanted.workflows {
            let lacking = plan.timed_jobs(workflow).into_iter().filter_map(|job| Some((job, *lacks.get(job)?)));
            let lacking: Vec<(&str, Lack<'n>)> = lacking.collect();
            problems.extend(self.problem(&workflow.name, &lacking, end));
        }
        if problems.len() == wanted.workflows.len() {
            return (None, problems);
        }
        (Some(times), problems.into_iter().map(Diagnostic::warning).collect())
    }

    /// How long a job takes: of those that a hand-written one is multiplied to, the longest.
    fn time(&self, job: &str, wanted: Wanted<'_>) -> Result<Duration, Lack<'n>> {
        let mut taken: Vec<Duration> = Vec::new();
        let mut lack = Lack::Absent;
        for record in &self.records {
            let mut parts: BTreeMap<&str, (Vec<Duration>, Option<Lack<'n>>)> = BTreeMap::new();
            let own = wanted.own;
            for its in record.jobs.iter().filter(|its| wanted.provider.is_run_of(its.name, job, own)) {
                let (times, other) = parts.entry(its.name).or_default();
                match its.outcome {
                    Outcome::Took(time) => times.push(time),
                    Outcome::Other(state) => *other = Some(Lack::State(its.span, state)),
                    Outcome::Odd(span) => *other = Some(Lack::Odd(span)),
                }
            }
            if let Some(other) = parts.values().find(|(times, _)| times.is_empty()).and_then(|(_, other)| *other) {
                lack = other;
                continue;
            }
            match parts.len() {
                0 => {}
                // Each of them counts, as if it were of a run of its own.
                1 => taken.extend(parts.into_values().flat_map(|(times, _)| times)),
                _ => taken.extend(parts.into_values().filter_map(|(times, _)| median(times)).max()),
            }
        }
        median(taken).ok_or(lack)
    }

    /// What a workflow lacks, as one problem.
    fn problem(&self, workflow: &str, lacking: &[(&str, Lack<'n>)], end: usize) -> Option<Diagnostic> {
        let named: Vec<&str> = lacking.iter().take(MOST_NAMED).map(|(job, _)| *job).collect();
        let message = match lacking.len() {
            0 => return None,
            1 => format!("there are no times of `{workflow}`, because `{}` has none", named[0]),
            count if count <= MOST_NAMED => {
                format!("there are no times of `{workflow}`, because {} have none", list(&named))
            }
            count => {
                format!("there are no times of `{workflow}`, because {count} jobs have none, such as {}", list(&named))
            }
        };
        let spans = lacking.iter().filter_map(|(job, lack)| match *lack {
            Lack::Absent => None,
            Lack::State(span, state) => Some((span, format!("`{job}`: {state}"))),
            Lack::Odd(span) => Some((span, format!("`{job}`: this is no time"))),
        });
        let mut spans: Vec<(Span, String)> = spans.take(MOST_NAMED).collect();
        let is_absent = lacking.iter().any(|(_, lack)| matches!(lack, Lack::Absent));
        let first = if spans.is_empty() { (Span { start: end, end }, String::new()) } else { spans.remove(0) };
        let mut problem = Diagnostic::new("missing-job", first.0, message).label(first.1);
        for (span, label) in spans {
            problem = problem.related(span, label);
        }
        if lacking.iter().any(|(_, lack)| matches!(lack, Lack::State(..))) {
            problem = problem.help("only jobs that succeeded have a time: add a run in which they did to the file");
        }
        if lacking.iter().any(|(_, lack)| matches!(lack, Lack::Odd(_))) {
            problem = problem.help(expected("get the list again, or write lines `JOB SECONDS`"));
        }
        if is_absent && self.records.iter().any(|record| record.has_more) {
            problem = problem.help("the list has more pages: add them to the file, one after another");
        } else if is_absent {
            problem =
                problem.help("what is not there is in the run of another workflow, or on another page of the list");
        }
        Some(problem)
    }
}

/// The middle one, or what is between the two that are.
fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    let upper = *times.get(times.len() / 2)?;
    let lower = times[(times.len() - 1) / 2];
    Some((lower + upper) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let of = |seconds: &[u64]| median(seconds.iter().copied().map(Duration::from_secs).collect());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[7]), Some(Duration::from_secs(7)));
        assert_eq!(of(&[90, 10, 20]), Some(Duration::from_secs(20)));
        assert_eq!(of(&[10, 21, 90, 20]), Some(Duration::from_millis(20_500)));
    }
}
