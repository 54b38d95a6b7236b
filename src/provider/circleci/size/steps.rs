//! Lists of steps: commands in them are replaced by their own steps, and conditions are decided.

use std::collections::{HashMap, HashSet};

use super::block::Lines;
use super::part::{Bindings, Budget, Part};
use crate::provider::circleci::config::entries;
use crate::yaml::{Entry, Mapping, Node, Style};

/// Deeper in one another than any commands are that do not run themselves.
const DEPTH: usize = 50;

pub(super) struct Commands<'n> {
    names: HashSet<&'n str>,
    definitions: HashMap<&'n str, Command<'n>>,
}

struct Command<'n> {
    parameters: &'n [Entry],
    steps: Steps<'n>,
}

#[derive(Default)]
pub(super) struct Steps<'n> {
    /// Those that are always the same.
    fixed: Lines,
    open: Vec<Step<'n>>,
}

/// A step that depends on parameters, or on other definitions.
enum Step<'n> {
    /// One of CircleCI's own.
    BuiltIn(Part<'n>),
    /// A command, with what it is given.
    Command(&'n str, &'n [Entry]),
    /// Steps under a condition, which has to hold, or not to.
    Choice(&'n Node, bool, Steps<'n>),
    /// Steps that a parameter holds.
    Given(&'n Node),
}

impl<'n> Commands<'n> {
    pub(super) fn of(root: &'n Mapping) -> Self {
        let entries_of =
            || entries(root, "commands").iter().filter_map(|it| Some((it.key.text.as_str(), it.value.as_mapping()?)));
        let names = entries_of().map(|(name, _)| name).collect();
        let command = |(name, body): (&'n str, &'n Mapping)| {
            let steps = body.get("steps").map(|steps| Steps::of(steps, &names)).unwrap_or_default();
            (name, Command { parameters: entries(body, "parameters"), steps })
        };
        let definitions = entries_of().map(command).collect();
        Self { names, definitions }
    }

    pub(super) fn steps<'s>(&self, node: &'s Node) -> Steps<'s> {
        Steps::of(node, &self.names)
    }

    /// The steps with commands and values in their places.
    pub(super) fn filled(&self, steps: &Steps<'_>, values: &Bindings<'_>, budget: &Budget) -> Lines {
        self.nested(steps, values, budget, 0)
    }

    fn nested(&self, steps: &Steps<'_>, values: &Bindings<'_>, budget: &Budget, depth: usize) -> Lines {
        let mut lines = steps.fixed;
        for step in &steps.open {
            if depth == DEPTH || !budget.take(1) {
                break;
            }
            lines += match step {
                Step::BuiltIn(part) => part.filled(values, budget).item(),
                Step::Command(name, given) => match self.definitions.get(name) {
                    Some(command) => {
                        let values = Bindings::of(command.parameters, given, values, budget);
                        self.nested(&command.steps, &values, budget, depth + 1)
                    }
                    None => Lines::default(),
                },
                Step::Choice(condition, wanted, steps) => match holds(&values.node(condition, budget)) {
                    Some(holds) if holds != *wanted => Lines::default(),
                    _ => self.nested(steps, values, budget, depth + 1),
                },
                Step::Given(node) => match values.node(node, budget) {
                    node if node.as_sequence().is_some() => {
                        self.nested(&self.steps(&node), &Bindings::default(), budget, depth + 1)
                    }
                    _ => Lines::default(),
                },
            };
        }
        lines
    }
}

impl<'n> Steps<'n> {
    fn of(node: &'n Node, commands: &HashSet<&str>) -> Self {
        let mut steps = Self::default();
        steps.add(node, commands);
        steps
    }

    fn add(&mut self, node: &'n Node, commands: &HashSet<&str>) {
        let Some(items) = node.as_sequence() else {
            self.open.push(Step::Given(node));
            return;
        };
        for item in items {
            let (name, value) = match item.as_mapping().map(|map| map.entries.as_slice()) {
                Some([entry]) => (entry.key.text.as_str(), Some(&entry.value)),
                _ => (item.as_str().unwrap_or_default(), None),
            };
            let map = value.and_then(Node::as_mapping);
            match (name, value) {
                _ if commands.contains(name) => {
                    self.open.push(Step::Command(name, map.map(|map| map.entries.as_slice()).unwrap_or_default()));
                }
                ("steps", Some(value)) => self.add(value, commands),
                ("when" | "unless", _) => {
                    if let Some((condition, steps)) = map.and_then(|map| map.get("condition").zip(map.get("steps"))) {
                        self.open.push(Step::Choice(condition, name == "when", Self::of(steps, commands)));
                    }
                }
                // The short form is written out.
                ("run", Some(value)) if map.is_none() => {
                    self.built_in(Part::of(value).under("command".len() as u64).under("run".len() as u64));
                }
                _ => self.built_in(Part::of(item)),
            }
        }
    }

    fn built_in(&mut self, part: Part<'n>) {
        match part {
            Part::Fixed(block) => self.fixed += block.item(),
            part => self.open.push(Step::BuiltIn(part)),
        }
    }
}

/// Whether a condition holds, as far as one value tells (<https://circleci.com/docs/reference/configuration-reference/#logic-statements>).
fn holds(condition: &Node) -> Option<bool> {
    let scalar = condition.as_scalar().filter(|scalar| !scalar.text.contains("<<"))?;
    let is_false = match scalar.style {
        Style::Plain => condition.is_null() || matches!(scalar.text.as_str(), "false" | "False" | "FALSE" | "0"),
        _ => scalar.text.is_empty(),
    };
    Some(!is_false)
}
