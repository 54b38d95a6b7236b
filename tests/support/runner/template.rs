//! CircleCI's templates: `<< parameters.name >>` and `<< pipeline.name >>`, with `\<<` for `<<`.

use serde_json::Value;

use super::config::Config;
use super::node::{Node, Result};
use super::parameter::{Argument, Arguments};
use super::trigger::Trigger;

/// What can be referred to in one place of a configuration.
#[derive(Clone, Copy)]
pub struct Scope<'s> {
    /// The whole configuration.
    pub config: &'s Config,
    /// What started the pipeline.
    pub trigger: &'s Trigger,
    /// The arguments of the job or command that is filled in; its caller's are not seen.
    pub arguments: &'s Arguments,
}

enum Piece<'t> {
    Text(&'t str),
    Reference(&'t str),
}

impl<'s> Scope<'s> {
    /// The same place with other arguments.
    pub fn with<'a>(&self, arguments: &'a Arguments) -> Scope<'a>
    where
        's: 'a,
    {
        Scope { arguments, ..*self }
    }

    /// A value with every reference in it filled in, once. A text that is one reference becomes what it refers to.
    pub fn fill(&self, node: &Node) -> Result<Value> {
        match node.value() {
            Value::String(text) => self.fill_text(node, text),
            Value::Array(_) => node.items()?.iter().map(|item| self.fill(item)).collect(),
            Value::Object(_) => {
                node.entries()?.iter().map(|(key, inner)| Ok(((*key).to_owned(), self.fill(inner)?))).collect()
            }
            other => Ok(other.clone()),
        }
    }

    fn fill_text(&self, node: &Node, text: &str) -> Result<Value> {
        let pieces = pieces(node, text)?;
        if let [Piece::Reference(name)] = pieces.as_slice() {
            return self.reference(node, name);
        }
        let mut filled = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Reference(name) => match self.reference(node, name)? {
                    Value::String(text) => filled.push_str(&text),
                    Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => {
                        return node.refuse(format!("<< {name} >> is no text, and stands inside of one"));
                    }
                    number @ Value::Number(_) => filled.push_str(&number.to_string()),
                },
            }
        }
        Ok(Value::String(filled))
    }

    /// A name, or an expression of some.
    fn reference(&self, node: &Node, text: &str) -> Result<Value> {
        if text.contains(" == ") { super::expression::value(node, text, self) } else { self.value(node, text) }
    }

    /// The steps that a text refers to, if it is a reference to some.
    pub fn steps(&self, text: &str) -> Option<&'s [super::step::Step]> {
        let name = text.strip_prefix("<<")?.strip_suffix(">>")?.trim().strip_prefix("parameters.")?;
        match self.arguments.get(name)? {
            Argument::Steps(steps) => Some(steps),
            Argument::Value(_) => None,
        }
    }

    /// What a name refers to.
    pub fn value(&self, node: &Node, name: &str) -> Result<Value> {
        let found = match name.strip_prefix("parameters.") {
            Some(parameter) => match self.arguments.get(parameter) {
                Some(Argument::Value(value)) => Some(value.clone()),
                Some(Argument::Steps(_)) => return node.refuse(format!("<< {name} >> are steps, and stand elsewhere")),
                None => None,
            },
            None => match name.strip_prefix("pipeline.parameters.") {
                Some(parameter) => {
                    let declared = self.config.pipeline_parameter(parameter);
                    declared.map(|default| self.trigger.parameter(parameter).unwrap_or(default))
                }
                None => self.trigger.value(name),
            },
        };
        found.ok_or_else(|| node.refusal(format!("<< {name} >> refers to nothing that is known here")))
    }
}

/// A text in its pieces, escapes undone.
fn pieces<'t>(node: &Node, text: &'t str) -> Result<Vec<Piece<'t>>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("<<") {
        if let Some(before) = rest[..at].strip_suffix('\\') {
            pieces.extend([Piece::Text(before), Piece::Text("<<")]);
            rest = &rest[at + 2..];
            continue;
        }
        let Some(end) = rest[at..].find(">>") else {
            return node.refuse("a '<<' is neither closed nor written as '\\<<'");
        };
        if at > 0 {
            pieces.push(Piece::Text(&rest[..at]));
        }
        pieces.push(Piece::Reference(rest[at + 2..at + end].trim()));
        rest = &rest[at + end + 2..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}
