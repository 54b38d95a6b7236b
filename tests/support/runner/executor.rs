//! Where a job runs: its container or machine, and what that brings along.

use serde_json::Value;

use super::Variables;
use super::node::{Node, Result};
use super::parameter::arguments;
use super::step::{self, Shell};
use super::template::Scope;

/// The keys that a job and an executor have in common.
pub const KEYS: [&str; 6] = ["docker", "machine", "resource_class", "environment", "shell", "working_directory"];

/// What a job and its executor say, the job's word first.
#[derive(Default)]
pub struct Executor {
    /// Whether it is a machine, with Docker on it, or a container.
    pub machine: Option<bool>,
    /// The kind of machine.
    pub resource_class: Option<String>,
    /// Its variables.
    pub environment: Variables,
    /// Its shell.
    pub shell: Option<Shell>,
    /// Where its steps run.
    pub working_directory: Option<String>,
}

impl Executor {
    /// The executor that a filled-in `executor:` names.
    pub fn named(node: &Node, scope: &Scope) -> Result<Self> {
        let (name, given) = match node.value() {
            Value::String(name) => (name.as_str(), Vec::new()),
            _ => {
                let mut given = node.entries()?;
                given.retain(|(key, _)| *key != "name");
                (node.value()["name"].as_str().unwrap_or_default(), given)
            }
        };
        let Some(definition) = scope.config.definition("executors", name) else {
            return node.refuse(format!("there is no executor '{name}'"));
        };
        definition.only(&[&KEYS[..], &["parameters", "description"]].concat())?;
        let arguments = arguments(&definition, &given, scope)?;
        Self::of(&definition, &scope.with(&arguments))
    }

    /// What a job or an executor itself says.
    pub fn of(node: &Node, scope: &Scope) -> Result<Self> {
        let filled = |key: &str| node.get(key).map(|inner| Ok((scope.fill(&inner)?, inner))).transpose();
        let mut found = Self::default();
        if let Some((value, inner)) = filled("docker")? {
            found.machine = Some(false);
            found.environment = container(&inner.holding(&value))?;
        }
        if let Some((value, inner)) = filled("machine")? {
            if found.machine.replace(true).is_some() {
                return node.refuse("'docker' and 'machine' exclude each other");
            }
            let machine = inner.holding(&value);
            machine.only(&["image", "docker_layer_caching"])?;
            machine.need("image")?.text()?;
        }
        if let Some((value, inner)) = filled("resource_class")? {
            found.resource_class = Some(inner.holding(&value).text()?.to_owned());
        }
        if let Some((value, inner)) = filled("environment")? {
            found.environment.extend(variables(&inner.holding(&value))?);
        }
        if let Some((value, inner)) = filled("shell")? {
            found.shell = Some(step::shell(&inner.holding(&value))?);
        }
        if let Some((value, inner)) = filled("working_directory")? {
            found.working_directory = Some(step::place(&inner.holding(&value))?);
        }
        Ok(found)
    }

    /// This, and where it says nothing, the other.
    pub fn over(self, mut other: Self) -> Self {
        other.environment.extend(self.environment);
        Self {
            machine: self.machine.or(other.machine),
            resource_class: self.resource_class.or(other.resource_class),
            environment: other.environment,
            shell: self.shell.or(other.shell),
            working_directory: self.working_directory.or(other.working_directory),
        }
    }
}

/// The environment of the one container that a job may have here.
fn container(node: &Node) -> Result<Variables> {
    let images = node.items()?;
    let [image] = images.as_slice() else { return node.refuse("a job has one container here, and no services") };
    image.only(&["image", "auth", "environment"])?;
    image.need("image")?.text()?;
    if let Some(auth) = image.get("auth") {
        auth.only(&["username", "password"])?;
        auth.need("username")?.text()?;
        auth.need("password")?.text()?;
    }
    image.get("environment").map_or(Ok(Variables::new()), |environment| variables(&environment))
}

/// A filled-in `environment:`; CircleCI refers to nothing in its values.
pub fn variables(node: &Node) -> Result<Variables> {
    let mut variables = Variables::new();
    for (name, value) in node.entries()? {
        let text = match value.value() {
            Value::String(text) => text.clone(),
            scalar @ (Value::Bool(_) | Value::Number(_)) => scalar.to_string(),
            other => return value.refuse(format!("{other} is no value of a variable")),
        };
        variables.insert(name.to_owned(), text);
    }
    Ok(variables)
}
