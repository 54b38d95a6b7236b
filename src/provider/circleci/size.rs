//! The bytes of what CircleCI's compiler makes of a configuration: every job of every workflow written out, with commands,
//! executors and parameters in their places.
//!
//! They are counted, not written, and what no parameter changes is counted once. The compiler runs only at CircleCI; what is
//! known of its output is written down in `.ci/compiled.py`, which writes it. What orbs hold is not known, and not counted.

mod block;
mod job;
mod matrix;
mod part;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::config::entries;
use super::invocation::invocation;
use crate::provider::size::{Size, Unit};
use crate::yaml::write;
use crate::yaml::{Entry, Mapping, Node, Style};
use block::{Block, Lines, inline, key};
use job::{Job, Reusable};
use matrix::{Combination, combinations, name};
use part::{Bindings, Budget};

/// "A compiled config YAML must be at most 8MB" (<https://support.circleci.com/hc/en-us/articles/360045043634>): the smaller
/// number that this may mean.
const LIMIT: u64 = 8_000_000;

/// The most that is filled in: much more than fits, so that commands which run each other twice come to an end.
const BUDGET: u64 = 4_000_000;

/// Keys of a job in a workflow that the compiler leaves there.
const KEPT: [&str; 7] = ["requires", "context", "filters", "type", "serial-group", "max_auto_reruns", "override-with"];

struct Compiled<'n> {
    definitions: Reusable<'n>,
    jobs: HashMap<&'n str, Job<'n>>,
    budget: Budget,
    /// By the names of jobs, what each that is called so was made from.
    made: HashMap<String, Vec<String>>,
    lines: Lines,
}

pub(super) fn size(document: &Node) -> Option<Size> {
    let root = document.as_mapping()?;
    let definitions = Reusable::of(root);
    let jobs = Job::all(root, &definitions.commands);
    let mut compiled =
        Compiled { definitions, jobs, budget: Budget::of(BUDGET), made: HashMap::new(), lines: Lines::default() };
    let version = Block::of(&Node::scalar("2", Style::Plain)).entry("version".len() as u64);
    let mut workflows = version;
    for workflow in entries(root, "workflows") {
        if let Some(body) = workflow.value.as_mapping() {
            workflows += compiled.workflow(body).entry(key(workflow));
        }
    }
    let lines = version
        + Block::map(compiled.lines).entry("jobs".len() as u64)
        + Block::map(workflows).entry("workflows".len() as u64);
    Some(Size {
        what: "what CircleCI compiles this to",
        counted: lines.at(0),
        limit: LIMIT,
        unit: Unit::Bytes,
        jobs: compiled.made.values().map(Vec::len).sum(),
        help: "put long scripts into files of the repository, or divide it between several pipelines",
    })
}

impl<'n> Compiled<'n> {
    fn workflow(&mut self, body: &'n Mapping) -> Block {
        let mut jobs = Lines::default();
        for entry in body.get("jobs").and_then(Node::as_sequence).unwrap_or_default() {
            if let Some((job, given)) = invocation(entry) {
                let given = given.map(|map| map.entries.as_slice()).unwrap_or_default();
                for combination in combinations(given) {
                    jobs += self.member(job, given, &combination);
                }
            }
        }
        let is_other = |entry: &&Entry| !["jobs", "when", "unless"].contains(&entry.key.text.as_str());
        let others = body.entries.iter().filter(is_other).map(|entry| Block::of(&entry.value).entry(key(entry)));
        Block::map(others.fold(Block::list(jobs).entry("jobs".len() as u64), |lines, other| lines + other))
    }

    /// Compiles a job of a workflow, unless another workflow has the same; returns what the workflow keeps of it.
    fn member(&mut self, job: &str, given: &[Entry], combination: &Combination<'_>) -> Lines {
        let mut name = name(job, given, combination);
        if let Some(definition) = self.jobs.get(job) {
            let around = Bindings::default();
            let values = Bindings::of(definition.parameters, given, &around, &self.budget).with(combination);
            let is_steps = |entry: &&Entry| ["pre-steps", "post-steps"].contains(&entry.key.text.as_str());
            let more: Vec<&Node> = given.iter().filter(is_steps).map(|entry| &entry.value).collect();
            let from = values.nodes().chain(more.iter().copied()).map(|node| write::node(node, 0));
            let from = from.fold(job.to_owned(), |from, node| from + "\n" + &node);
            let others = self.made.entry(name.clone()).or_default();
            let place = others.iter().position(|other| *other == from);
            let number = place.unwrap_or(others.len());
            if number > 0 {
                name.push_str(&format!("-{number}"));
            }
            if place.is_none() {
                others.push(from);
                self.lines += definition.filled(&values, &more, &self.definitions, &self.budget).entry(inline(&name));
            }
        }
        let kept = given.iter().filter(|entry| KEPT.contains(&entry.key.text.as_str()));
        match kept.map(|entry| Block::of(&entry.value).entry(key(entry))).reduce(|lines, other| lines + other) {
            Some(kept) => Block::map(Block::map(kept).entry(inline(&name))).item(),
            None => Block::text(&name).item(),
        }
    }
}
