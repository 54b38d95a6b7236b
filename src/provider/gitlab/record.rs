//! The jobs of a pipeline as `GET /projects/:id/pipelines/:pipeline_id/jobs` lists them
//! (<https://docs.gitlab.com/api/jobs/#list-pipeline-jobs>).

use crate::provider::record::{JobRecord, Outcome, Record};
use crate::yaml::Node;

/// A list in which every job has a name and a status. Which page of how many it is stands in a header, not in it.
pub(super) fn record(document: &Node) -> Option<Record<'_>> {
    let is_job = |item: &Node| item.get("status").is_some();
    let items = document.as_sequence().filter(|items| items.iter().all(is_job))?;
    let jobs: Option<Vec<JobRecord<'_>>> = items.iter().map(|item| JobRecord::of(item, outcome)).collect();
    Some(Record { jobs: jobs?, has_more: false })
}

/// A job with `parallel` is called `job 1/3`, or `job: [value, value]` (<https://docs.gitlab.com/ci/yaml/#parallel>).
pub(super) fn is_run_of(name: &str, job: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_part = |rest: &str| match rest.strip_prefix(' ').and_then(|rest| rest.split_once('/')) {
        Some((part, of)) => is_number(part) && is_number(of),
        None => rest.is_empty() || (rest.starts_with(": [") && rest.ends_with(']')),
    };
    name.strip_prefix(job).is_some_and(is_part)
}

fn outcome(job: &Node) -> Outcome<'_> {
    match job.get("status").and_then(Node::as_str) {
        // `queued_duration` stands beside it.
        Some("success") => job.get("duration").map_or(Outcome::Odd(job.span), Outcome::seconds),
        Some(status) => Outcome::Other(status),
        None => Outcome::Odd(job.span),
    }
}
