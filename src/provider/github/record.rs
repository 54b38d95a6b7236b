//! The jobs of a run as `GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs` lists them
//! (<https://docs.github.com/en/rest/actions/workflow-jobs>), and as `gh run view --json jobs` does
//! (<https://cli.github.com/manual/gh_run_view>).

use crate::provider::UserConfig;
use crate::provider::record::{JobRecord, Outcome, Record};
use crate::yaml::Node;

pub(super) fn record(document: &Node) -> Option<Record<'_>> {
    let items = document.get("jobs")?.as_sequence()?;
    let jobs: Option<Vec<JobRecord<'_>>> = items.iter().map(|item| JobRecord::of(item, outcome)).collect();
    let jobs = jobs?;
    let count = document.get("total_count").and_then(Node::as_str).and_then(|count| count.parse::<usize>().ok());
    Some(Record { has_more: count.is_some_and(|count| count > jobs.len()), jobs })
}

/// A run calls a job by its `name`, else by its key, and adds the values of its matrix in parentheses
/// (<https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations>).
pub(super) fn is_run_of(name: &str, job: &str, config: Option<&UserConfig>) -> bool {
    let written = || config?.root.get("jobs")?.get(job)?.get("name")?.as_str();
    let is_called = |known: &str| {
        let rest = name.strip_prefix(known);
        rest.is_some_and(|rest| rest.is_empty() || (rest.starts_with(" (") && rest.ends_with(')')))
    };
    is_called(written().unwrap_or(job))
}

fn outcome(job: &Node) -> Outcome<'_> {
    let text = |key: &str| job.get(key).and_then(Node::as_str).filter(|text| !matches!(*text, "" | "null"));
    match (text("conclusion"), text("status")) {
        (Some("success"), _) if job.get("startedAt").is_some() => Outcome::between(job, "startedAt", "completedAt"),
        // `created_at` stands beside it: since then the job had waited for a machine.
        (Some("success"), _) => Outcome::between(job, "started_at", "completed_at"),
        (Some(state), _) | (None, Some(state)) => Outcome::Other(state),
        (None, None) => Outcome::Odd(job.span),
    }
}
