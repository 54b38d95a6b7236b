//! Values that those give who start a workflow by hand.

use super::{Plan, Workflow};
use crate::template::Template;

/// A var that has a value by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The var.
    pub var: String,
    /// What it is if nothing is given: text that no shell reads anything into.
    pub otherwise: String,
}

impl Given {
    /// The name that refers to what is given for a var in a workflow, by its place; nothing that is written has such a name.
    pub fn name(workflow: usize, var: &str) -> String {
        format!("given_{workflow}_{var}")
    }

    /// The variable of a job's environment that holds it: `SPLITBUILD_RELEASE`.
    pub fn variable(var: &str) -> String {
        format!("SPLITBUILD_{}", var.to_ascii_uppercase())
    }

    /// The value, as the shell of a job has it.
    pub fn parameter(&self) -> String {
        format!("${{{}:-{}}}", Self::variable(&self.var), self.otherwise)
    }
}

impl Plan {
    /// Whether a workflow is started by hand.
    pub fn has_manual(&self) -> bool {
        self.workflows.iter().any(|workflow| workflow.trigger.manual)
    }

    /// The vars that may be given by hand, each once.
    pub fn given_vars(&self) -> Vec<&str> {
        let mut vars: Vec<&str> = self.given.values().map(|given| given.var.as_str()).collect();
        vars.sort_unstable();
        vars.dedup();
        vars
    }

    /// The vars that may be given in a workflow.
    pub fn given_in<'p>(&'p self, workflow: &'p Workflow) -> impl Iterator<Item = &'p str> {
        let names = workflow.vars.values().filter_map(Template::as_name);
        names.filter_map(|name| self.given.get(name)).map(|given| given.var.as_str())
    }

    /// The value as a person writes it.
    pub fn shown(&self, value: &Template) -> Template {
        value.fill(|name| self.given.get(name).map(|given| Template::name(&given.var)))
    }
}
