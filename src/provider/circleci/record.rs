//! The jobs of a workflow as `GET /api/v2/workflow/{id}/job` lists them, and what Insights knows of them:
//! `GET /api/v2/insights/{project-slug}/workflows/{workflow-name}/jobs` (<https://circleci.com/docs/api/v2/>).

use std::time::Duration;

use crate::provider::record::{JobRecord, Outcome, Record};
use crate::yaml::Node;

pub(super) fn record(document: &Node) -> Option<Record<'_>> {
    let items = document.get("items")?.as_sequence()?;
    let jobs: Option<Vec<JobRecord<'_>>> = items.iter().map(|item| JobRecord::of(item, outcome)).collect();
    let has_more = document.get("next_page_token").is_some_and(|token| !token.is_null());
    Some(Record { jobs: jobs?, has_more })
}

fn outcome(job: &Node) -> Outcome<'_> {
    if let Some(metrics) = job.get("metrics") {
        // Of all its runs in the window, which the one who asks chooses: 90 days, if nothing is said.
        let median = metrics.get("duration_metrics").and_then(|duration| duration.get("median"));
        return median.map_or(Outcome::Odd(metrics.span), Outcome::seconds);
    }
    // People take their time, and no machine.
    if job.get("type").and_then(Node::as_str) == Some("approval") {
        return Outcome::Took(Duration::ZERO);
    }
    match job.get("status").and_then(Node::as_str) {
        Some("success") => Outcome::between(job, "started_at", "stopped_at"),
        Some(status) => Outcome::Other(status),
        None => Outcome::Odd(job.span),
    }
}
