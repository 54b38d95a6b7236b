//! A job with everything filled in.

use std::collections::BTreeMap;

use super::Variables;
use super::executor::{self, Executor};
use super::node::{Node, Result};
use super::parameter::arguments;
use super::step::{self, Shell, Step};
use super::template::Scope;

/// A job that can be run.
pub struct Job {
    /// Its name in its workflow.
    pub name: String,
    /// The jobs of this run that it waits for.
    pub requires: Vec<String>,
    /// The contexts whose variables it gets.
    pub contexts: Vec<String>,
    /// Whether it runs on a machine, which has Docker, and not in a container.
    pub machine: bool,
    /// The kind of machine.
    pub resource_class: String,
    /// The variables of its executor, and its own over them.
    pub environment: Variables,
    /// The shell of steps that name none, if the job or its executor says which.
    pub shell: Option<Shell>,
    /// Where its steps run.
    pub working_directory: String,
    /// Its steps, those of its commands among them.
    pub steps: Vec<Step>,
}

impl Job {
    /// A definition, called with arguments in a workflow.
    pub fn expand(definition: &Node, given: &[(&str, Node)], scope: &Scope) -> Result<Self> {
        definition.only(&[&executor::KEYS[..], &["executor", "steps", "parameters", "description"]].concat())?;
        let arguments = arguments(definition, given, scope)?;
        let scope = scope.with(&arguments);
        let named = match definition.get("executor") {
            Some(node) => {
                let filled = scope.fill(&node)?;
                Executor::named(&node.holding(&filled), &scope)?
            }
            None => Executor::default(),
        };
        let executor = Executor::of(definition, &scope)?.over(named);
        let Some(machine) = executor.machine else {
            return definition.refuse("one of 'docker', 'machine' and 'executor' was expected");
        };
        let steps = step::expand(&definition.need("steps")?, &scope, &[])?;
        if machine && steps.contains(&Step::Nothing("setup_remote_docker")) {
            return definition.refuse("'setup_remote_docker' is for containers, and this is a machine");
        }
        Ok(Self {
            name: String::new(),
            requires: Vec::new(),
            contexts: Vec::new(),
            machine,
            resource_class: executor.resource_class.unwrap_or_else(|| "medium".into()),
            environment: executor.environment,
            shell: executor.shell,
            working_directory: executor.working_directory.unwrap_or_else(|| "~/project".into()),
            steps,
        })
    }

    /// Its contexts are all there: CircleCI does not run a job whose context does not exist.
    pub fn known_contexts(&self, contexts: &BTreeMap<String, Variables>) -> Result<()> {
        match self.contexts.iter().find(|name| !contexts.contains_key(*name)) {
            Some(name) => {
                let job = serde_json::Value::String(self.name.clone());
                Node::root(&job).refuse(format!("'{}' names the context '{name}', which does not exist", self.name))
            }
            None => Ok(()),
        }
    }
}
