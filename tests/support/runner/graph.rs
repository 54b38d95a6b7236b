//! Which jobs of a workflow run, and after which.

use std::collections::BTreeSet;

use super::config::Config;
use super::node::{Node, Result};
use super::trigger::Trigger;
use super::workflow::{self, Member, Workflow};

/// The workflow with the jobs that the filters admit; none, if they admit none.
///
/// A job that is left out is ignored where it is required; one whose every requirement is left out is left out as well
/// (<https://circleci.com/docs/reference/configuration-reference/#requires>).
pub fn select(config: &Config, name: &str, node: &Node, trigger: &Trigger) -> Result<Option<Workflow>> {
    let members = workflow::members(config, node, trigger)?;
    let order = order(node, &members)?;
    let mut left_out = BTreeSet::new();
    let mut jobs = Vec::new();
    for at in order {
        let member = &members[at];
        let requires: Vec<String> =
            member.requires.iter().filter(|name| !left_out.contains(name.as_str())).cloned().collect();
        let orphaned = requires.is_empty() && !member.requires.is_empty();
        if orphaned || !member.admitted(config, trigger)? {
            left_out.insert(member.name.as_str());
            continue;
        }
        let mut job = member.job(config, trigger)?;
        job.requires = requires;
        jobs.push(job);
    }
    let left_out = left_out.into_iter().map(str::to_owned).collect();
    Ok((!jobs.is_empty()).then(|| Workflow { name: name.to_owned(), jobs, left_out }))
}

/// Every member after those that it requires, and else as they are listed.
fn order(node: &Node, members: &[Member]) -> Result<Vec<usize>> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < members.len() {
        let done = |name: &String| order.iter().any(|at| members[*at].name == *name);
        let next = (0..members.len()).find(|at| !order.contains(at) && members[*at].requires.iter().all(done));
        match next {
            Some(at) => order.push(at),
            None => return node.refuse("its jobs require each other in a circle"),
        }
    }
    Ok(order)
}

impl Workflow {
    /// Where in the workflow the jobs are that have to succeed before one, directly or not.
    pub fn ancestors(&self, job: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![job];
        while let Some(at) = open.pop() {
            for required in self.required(at) {
                if found.insert(required) {
                    open.push(required);
                }
            }
        }
        found
    }

    /// Where in the workflow the jobs are that a job requires.
    pub fn required(&self, job: usize) -> Vec<usize> {
        let position = |name: &String| self.jobs.iter().position(|job| job.name == *name).expect("selected before");
        self.jobs[job].requires.iter().map(position).collect()
    }
}
