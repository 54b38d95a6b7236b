//! The jobs that a job waits for.

use std::collections::HashMap;

use super::job::Job;
use crate::diagnostic::{Diagnostic, Hints, chain};
use crate::provider::cycle::first_cycle;
use crate::span::Span;

/// Reports needs of jobs that there are not, needs that are there twice, and cycles. GitHub compares names without case.
pub(super) fn check(jobs: &[Job<'_>], hints: &Hints, problems: &mut Vec<Diagnostic>) {
    let places: HashMap<String, usize> =
        jobs.iter().enumerate().map(|(place, job)| (job.key.text.to_lowercase(), place)).collect();
    let mut edges: Vec<Vec<(usize, Span)>> = Vec::new();
    for (place, job) in jobs.iter().enumerate() {
        let mut of_job = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        for (name, span) in &job.needs {
            let lower = name.to_lowercase();
            match places.get(&lower) {
                None => {
                    let message = format!("`{}` needs `{name}`, which does not exist", job.key.text);
                    let problem = Diagnostic::new("unknown-needs", *span, message);
                    let known = || jobs.iter().map(|job| job.key.text.as_str());
                    problems.push(hints.did_you_mean(problem, name, known).or_help("add it, or correct the name"));
                }
                Some(need) if *need == place => {
                    let problem = Diagnostic::new("cycle", *span, format!("the job `{name}` needs itself"));
                    problems.push(problem.help("remove it"));
                }
                Some(need) => of_job.push((*need, *span)),
            }
            if let Some(first) = seen.insert(lower, *span) {
                let message = format!("`{}` needs `{name}` twice", job.key.text);
                let problem = Diagnostic::new("needs-twice", *span, message).related(first, "first needed here");
                problems.push(problem.help("remove one of them").warning());
            }
        }
        edges.push(of_job);
    }
    if let Some((cycle, span)) = first_cycle(&edges) {
        let names: Vec<&str> = cycle.iter().map(|place| jobs[*place].key.text.as_str()).collect();
        let message = format!("jobs wait for each other: {}", chain(&names));
        problems.push(Diagnostic::new("cycle", span, message).help("remove one of these `needs`"));
    }
}
