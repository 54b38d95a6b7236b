//! A configuration as it was parsed: what is defined in it, by name.

use serde_json::Value;

use super::graph;
use super::job::Job;
use super::node::{Node, Result};
use super::trigger::Trigger;
use super::workflow::{self, Workflow};

/// A configuration.
pub struct Config(Value);

impl Config {
    /// Parses a configuration, with a reader that is not splitbuild's.
    pub fn parse(text: &str) -> Result<Self> {
        match serde_yaml::from_str(text) {
            Ok(value) => Self::of(value),
            Err(error) => Node::root(&Value::Null).refuse(format!("no YAML: {error}")),
        }
    }

    /// The same, of a text that has been parsed.
    pub fn of(value: Value) -> Result<Self> {
        let root = Node::root(&value);
        root.only(&["version", "orbs", "parameters", "commands", "executors", "jobs", "workflows"])?;
        // `2.1` is a number, and may be quoted.
        let version = root.need("version")?;
        if ![serde_json::json!(2.1), serde_json::json!("2.1")].contains(version.value()) {
            return version.refuse(format!("version 2.1 was expected, and {} found", version.value()));
        }
        if let Some(parameters) = root.get("parameters") {
            for (_, parameter) in parameters.entries()? {
                parameter.only(&["type", "default", "description", "enum"])?;
                parameter.need("default")?;
            }
        }
        Ok(Self(value))
    }

    /// The workflows that a trigger starts, with the jobs that its filters admit, all filled in.
    pub fn triggered(&self, trigger: &Trigger) -> Result<Vec<Workflow>> {
        let mut started = Vec::new();
        for (name, node) in self.workflows()? {
            if workflow::starts(self, &node, trigger)? {
                started.extend(graph::select(self, name, &node, trigger)?);
            }
        }
        Ok(started)
    }

    /// The job of a workflow, filled in whether or not the trigger would run it.
    pub fn job(&self, workflow: &str, name: &str, trigger: &Trigger) -> Result<Job> {
        let Some((_, node)) = self.workflows()?.into_iter().find(|(known, _)| *known == workflow) else {
            return self.root().refuse(format!("there is no workflow '{workflow}'"));
        };
        match workflow::members(self, &node, trigger)?.into_iter().find(|member| member.name == name) {
            Some(member) => member.job(self, trigger),
            None => node.refuse(format!("there is no job '{name}' in it")),
        }
    }

    /// Every job of every workflow, filled in whether or not the trigger would run it.
    pub fn expanded(&self, trigger: &Trigger) -> Result<Vec<(String, Result<Job>)>> {
        let mut all = Vec::new();
        for (_, node) in self.workflows()? {
            workflow::starts(self, &node, trigger)?;
            for member in workflow::members(self, &node, trigger)? {
                member.admitted(self, trigger)?;
                let job = member.job(self, trigger);
                all.push((member.name, job));
            }
        }
        Ok(all)
    }

    fn workflows(&self) -> Result<Vec<(&str, Node<'_>)>> {
        let workflows = self.root().need("workflows")?.entries()?;
        // What `version: 2` of workflows was is long gone; CircleCI ignores it.
        Ok(workflows.into_iter().filter(|(name, node)| *name != "version" || node.value().is_object()).collect())
    }

    /// A command, job or executor.
    pub fn definition(&self, section: &str, name: &str) -> Option<Node<'_>> {
        self.root().get(section)?.get(name)
    }

    /// The value of a parameter of the pipeline, which is its default.
    pub fn pipeline_parameter(&self, name: &str) -> Option<Value> {
        Some(self.0.get("parameters")?.get(name)?.get("default")?.clone())
    }

    fn root(&self) -> Node<'_> {
        Node::root(&self.0)
    }
}
