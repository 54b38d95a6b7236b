//! A job with its executor, its steps and its values in their places.

use std::collections::HashMap;

use super::block::{Block, Lines, key};
use super::part::{Bindings, Budget, Part};
use super::steps::{Commands, Steps};
use crate::provider::circleci::config::entries;
use crate::yaml::{Entry, Mapping, Node};

/// What is looked up by its name.
pub(super) struct Reusable<'n> {
    pub(super) commands: Commands<'n>,
    executors: HashMap<&'n str, Executor<'n>>,
}

struct Executor<'n> {
    parameters: &'n [Entry],
    parts: Vec<(&'n Entry, Part<'n>)>,
}

pub(super) struct Job<'n> {
    pub(super) parameters: &'n [Entry],
    body: &'n Mapping,
    executor: Option<&'n Node>,
    /// All but the steps and the executor.
    part: Part<'n>,
    steps: Steps<'n>,
}

impl<'n> Reusable<'n> {
    pub(super) fn of(root: &'n Mapping) -> Self {
        let executor = |entry: &'n Entry| {
            let body = entry.value.as_mapping()?;
            let others = body.entries.iter().filter(|entry| entry.key.text != "parameters");
            let parts = others.map(|entry| (entry, Part::of(&entry.value))).collect();
            Some((entry.key.text.as_str(), Executor { parameters: entries(body, "parameters"), parts }))
        };
        let executors = entries(root, "executors").iter().filter_map(executor).collect();
        Self { commands: Commands::of(root), executors }
    }
}

impl<'n> Job<'n> {
    /// The jobs of a configuration, by their names.
    pub(super) fn all(root: &'n Mapping, commands: &Commands<'_>) -> HashMap<&'n str, Self> {
        let job = |entry: &'n Entry| Some((entry.key.text.as_str(), Self::of(entry.value.as_mapping()?, commands)));
        entries(root, "jobs").iter().filter_map(job).collect()
    }

    fn of(body: &'n Mapping, commands: &Commands<'_>) -> Self {
        let is_other = |entry: &&Entry| !["parameters", "steps", "executor"].contains(&entry.key.text.as_str());
        Self {
            parameters: entries(body, "parameters"),
            body,
            executor: body.get("executor"),
            part: Part::map(body.entries.iter().filter(is_other)),
            steps: body.get("steps").map(|steps| commands.steps(steps)).unwrap_or_default(),
        }
    }

    /// The job as one of a workflow, with further steps around its own.
    pub(super) fn filled(
        &self,
        values: &Bindings<'_>,
        around: &[&Node],
        reusable: &Reusable<'_>,
        budget: &Budget,
    ) -> Block {
        let commands = &reusable.commands;
        let mut steps = commands.filled(&self.steps, values, budget);
        for more in around {
            steps += commands.filled(&commands.steps(more), &Bindings::default(), budget);
        }
        let mut lines = self.part.filled(values, budget).lines() + Block::list(steps).entry("steps".len() as u64);
        if let Some(executor) = self.executor {
            let executor = values.node(executor, budget);
            lines += self.executor(&executor, reusable, budget);
        }
        Block::map(lines)
    }

    /// What the job has of its executor: what it has not itself.
    fn executor(&self, node: &Node, reusable: &Reusable<'_>, budget: &Budget) -> Lines {
        let (name, given) = match node.as_mapping() {
            Some(map) => (map.get("name").and_then(Node::as_str), map.entries.as_slice()),
            None => (node.as_str(), [].as_slice()),
        };
        let Some(executor) = name.and_then(|name| reusable.executors.get(name)) else {
            return Block::of(node).entry("executor".len() as u64);
        };
        let none = Bindings::default();
        let values = Bindings::of(executor.parameters, given, &none, budget);
        let parts = executor.parts.iter().filter(|(entry, _)| self.body.get(&entry.key.text).is_none());
        parts.fold(Lines::default(), |lines, (entry, part)| lines + part.filled(&values, budget).entry(key(entry)))
    }
}
