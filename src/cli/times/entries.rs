//! Times that somebody wrote, job by job: each must be of a job that there is, and none may be missing.

use std::collections::BTreeSet;

use super::{Entry, Wanted};
use crate::diagnostic::Diagnostic;
use crate::plan::{ExternalJobs, Plan, Times};
use crate::span::Span;

pub(super) struct Entries {
    pub(super) entries: Vec<Entry>,
    /// What is wrong with their form.
    pub(super) problems: Vec<Diagnostic>,
}

impl Entries {
    /// The times, if all that are wanted are there; `form` is how one is written, `end` where the text ends.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub(super) fn times(
        self,
        end: usize,
        wanted: Wanted<'_>,
        form: &dyn Fn(&str) -> String,
    ) -> Result<Times, Vec<Diagnostic>> {
        let Self { entries, mut problems } = self;
        let plan = wanted.plan;
        let workflows: Vec<&str> = plan.workflows.iter().map(|workflow| workflow.name.as_str()).collect();
        let own = wanted.own;
        let foreign = own.map(|own| wanted.provider.external_jobs(own, &workflows).0).unwrap_or_default();
        problems.extend(unknown(&entries, plan, &foreign));
        problems.extend(missing(&entries, wanted, end, form));
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(entries.into_iter().filter_map(|entry| Some((entry.job, entry.time?))).collect())
    }
}

/// The jobs that are in no workflow, neither generated nor hand-written.
fn unknown(entries: &[Entry], plan: &Plan, foreign: &ExternalJobs) -> Vec<Diagnostic> {
    let ours = plan.workflows.iter().flat_map(|workflow| plan.timed_jobs(workflow));
    let known: BTreeSet<&str> = ours.chain(foreign.workflows.values().flatten().map(String::as_str)).collect();
    let is_unknown = |entry: &&Entry| entry.time.is_some() && !known.contains(entry.job.as_str());
    let problem = |entry: &Entry| {
        let problem = Diagnostic::new("unknown-job", entry.span, format!("the job `{}` is in no workflow", entry.job));
        match crate::similar::closest(&entry.job, known.iter().copied()) {
            Some(close) => Some(problem.help(format!("did you mean `{close}`?"))),
            // It may be in a file that cannot be read here.
            None if foreign.is_partial => None,
            None => Some(problem.help("remove it; `splitbuild plan` shows the jobs")),
        }
    };
    entries.iter().filter(is_unknown).filter_map(problem).collect()
}

/// The jobs whose time is needed and not there, as one problem at the end of the file.
fn missing(
    entries: &[Entry],
    Wanted { plan, workflows, .. }: Wanted<'_>,
    end: usize,
    form: &dyn Fn(&str) -> String,
) -> Option<Diagnostic> {
    let there: BTreeSet<&str> = entries.iter().map(|entry| entry.job.as_str()).collect();
    let unclear: Vec<&str> =
        entries.iter().filter(|entry| entry.time.is_none()).map(|entry| entry.job.as_str()).collect();
    let begins =
        |line: &&str, job: &str| line.strip_prefix(job).is_some_and(|rest| rest.starts_with(char::is_whitespace));
    let mut seen = BTreeSet::new();
    let needed = workflows.iter().flat_map(|workflow| plan.timed_jobs(workflow));
    let missing: Vec<&str> = needed
        .filter(|job| !there.contains(job) && !unclear.iter().any(|line| begins(line, job)) && seen.insert(*job))
        .collect();
    let message = match missing.as_slice() {
        [] => return None,
        [job] => format!("the job `{job}` is missing"),
        jobs => format!("{} jobs are missing", jobs.len()),
    };
    let problem = Diagnostic::new("missing-job", Span { start: end, end }, message);
    Some(missing.iter().fold(problem, |problem, job| problem.help(format!("add {}", form(job)))))
}
