//! The parameters of jobs, commands and executors, and the arguments that they get.

use std::collections::BTreeMap;

use serde_json::Value;

use super::node::{Node, Result};
use super::step::{self, Step};
use super::template::Scope;

/// What a parameter has become.
pub enum Argument {
    /// A text, a number, a boolean.
    Value(Value),
    /// Steps, filled in where they were written.
    Steps(Vec<Step>),
}

/// Arguments by the names of their parameters.
pub type Arguments = BTreeMap<String, Argument>;

/// The arguments of something that declares parameters, called with some in the caller's scope.
pub fn arguments(called: &Node, given: &[(&str, Node)], caller: &Scope) -> Result<Arguments> {
    let declared = match called.get("parameters") {
        Some(parameters) => parameters.entries()?,
        None => Vec::new(),
    };
    if let Some((name, node)) = given.iter().find(|(name, _)| declared.iter().all(|(known, _)| known != name)) {
        return node.refuse(format!("'{name}' is neither a known key nor a parameter"));
    }
    let mut arguments = Arguments::new();
    for (name, parameter) in declared {
        parameter.only(&["type", "default", "description", "enum"])?;
        // A default is written where no argument can be seen.
        let nothing = Arguments::new();
        let argument = match given.iter().find(|(known, _)| *known == name) {
            Some((_, node)) => argument(&parameter, node, caller)?,
            None => match parameter.get("default") {
                Some(node) => argument(&parameter, &node, &caller.with(&nothing))?,
                None => return parameter.refuse("the parameter has no default, and no argument was given"),
            },
        };
        arguments.insert(name.to_owned(), argument);
    }
    Ok(arguments)
}

/// A value as an argument of a parameter's type
/// (<https://circleci.com/docs/reference/reusing-config/#parameter-types>).
fn argument(parameter: &Node, node: &Node, scope: &Scope) -> Result<Argument> {
    let kind = parameter.need("type")?;
    if kind.text()? == "steps" {
        return Ok(Argument::Steps(step::expand(node, scope, &[])?));
    }
    let value = scope.fill(node)?;
    let fits = match kind.text()? {
        // A number that a reference brings is text here; one that is written is a mistake.
        "string" if node.value().is_string() => match value {
            Value::Number(number) => return Ok(Argument::Value(Value::String(number.to_string()))),
            ref value => value.is_string(),
        },
        "string" => false,
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        // A name, or a map with a name and what the executor gets.
        "executor" => value.is_string() || value["name"].is_string(),
        "enum" => parameter.need("enum")?.items()?.iter().any(|item| *item.value() == value),
        other => return kind.refuse(format!("parameters of type '{other}' are not known here")),
    };
    if !fits {
        return node.refuse(format!("{value} is no argument for a parameter of type '{}'", kind.text()?));
    }
    Ok(Argument::Value(value))
}
