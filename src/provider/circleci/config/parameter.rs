//! Parameters: how they are declared, and whether what they are given goes with that
//! (<https://circleci.com/docs/reference/reusing-config/#parameter-types>).

use super::shape;
use crate::diagnostic::{Diagnostic, list};
use crate::yaml::{Entry, Mapping, Node};

const TYPES: [&str; 7] = ["string", "boolean", "integer", "enum", "executor", "steps", "env_var_name"];

/// The parameters of a job, a command, an executor or the pipeline, in the order in which they are declared.
#[derive(Default)]
pub(super) struct Parameters<'n>(pub(super) Vec<Parameter<'n>>);

pub(super) struct Parameter<'n> {
    pub(super) name: &'n str,
    pub(super) kind: Type<'n>,
    pub(super) has_default: bool,
}

pub(super) enum Type<'n> {
    Text,
    Boolean,
    Integer,
    Enum(Vec<&'n str>),
    Executor,
    Steps,
    Variable,
    /// Not known, which is reported already.
    Unknown,
}

impl<'n> Parameters<'n> {
    /// What a body declares, and what is wrong with that.
    pub(super) fn of(body: &'n Mapping, problems: &mut Vec<Diagnostic>) -> Self {
        let Some(node) = body.get("parameters") else { return Self::default() };
        let Some(map) = node.as_mapping() else {
            if !node.is_null() {
                problems.push(shape(node, "`parameters`", "a map"));
            }
            return Self::default();
        };
        Self(map.entries.iter().map(|entry| declared(entry, problems)).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|parameter| parameter.name == name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'n str> {
        self.0.iter().map(|parameter| parameter.name)
    }
}

fn declared<'n>(entry: &'n Entry, problems: &mut Vec<Diagnostic>) -> Parameter<'n> {
    let name = entry.key.text.as_str();
    let unknown = Parameter { name, kind: Type::Unknown, has_default: true };
    let Some(map) = entry.value.as_mapping() else {
        problems.push(shape(&entry.value, &format!("the parameter `{name}`"), "a map with a `type`"));
        return unknown;
    };
    let Some((word, span)) = map.get("type").and_then(|node| Some((node.as_str()?, node.span))) else {
        let problem = Diagnostic::new("parameter-type", entry.key.span, format!("the parameter `{name}` has no type"));
        problems.push(problem.help("write `type: string`"));
        return unknown;
    };
    let kind = match word {
        "string" => Type::Text,
        "boolean" => Type::Boolean,
        "integer" => Type::Integer,
        "executor" => Type::Executor,
        "steps" => Type::Steps,
        "env_var_name" => Type::Variable,
        "enum" => match map.get("enum").and_then(Node::as_sequence) {
            Some(words) => Type::Enum(words.iter().filter_map(Node::as_str).collect()),
            None => {
                let problem = Diagnostic::new("parameter-type", span, "this enum has no list of values");
                problems.push(problem.help("write `enum: [one, two]` beside the type"));
                return unknown;
            }
        },
        _ => {
            let problem = Diagnostic::new("parameter-type", span, format!("there is no parameter type `{word}`"));
            problems.push(problem.did_you_mean(word, TYPES));
            return unknown;
        }
    };
    let default = map.get("default");
    if let Some(why) = default.and_then(|default| kind.refuses(default)) {
        let span = default.map_or(span, |default| default.span);
        problems
            .push(Diagnostic::new("parameter-value", span, format!("the default of `{name}` {why}")).help(kind.help()));
    }
    Parameter { name, kind, has_default: default.is_some() }
}

impl Type<'_> {
    /// Why a value is not of the type. What is computed, and what needs to know the definitions, is not refused here.
    pub(super) fn refuses(&self, node: &Node) -> Option<String> {
        let text = node.as_str();
        if text.is_some_and(|text| text.contains("<<")) {
            return None;
        }
        let is = certain_type(node);
        let wrong = |wanted: &str| Some(format!("must be {wanted}, found {}", is.unwrap_or_else(|| node.kind())));
        match self {
            Self::Unknown => None,
            Self::Text if text.is_none() || is.is_some() => wrong("text"),
            Self::Boolean if is != Some("a boolean") && node_type(node) != Some("a boolean") => wrong("a boolean"),
            Self::Integer if !text.is_some_and(is_integer) || is.is_none() => wrong("a whole number"),
            Self::Enum(words) => match text {
                Some(text) if words.contains(&text) => None,
                Some(text) => Some(format!("must be one of {}, found `{text}`", list(words))),
                None => wrong("text"),
            },
            Self::Steps if node.as_sequence().is_none() => wrong("a list of steps"),
            Self::Variable if !text.is_some_and(is_variable) => wrong("the name of a variable"),
            Self::Executor if text.is_none() && node.as_mapping().is_none() => wrong("the name of an executor"),
            _ => None,
        }
    }

    pub(super) fn help(&self) -> &'static str {
        match self {
            Self::Text => "quote it",
            Self::Boolean => "write true or false, without quotes",
            Self::Integer => "write a number, without quotes",
            Self::Enum(_) => "write one of them, or add it to the enum",
            Self::Steps => "write a list: `- run: ...`",
            Self::Variable => "write letters, digits and `_`, without a `$`",
            Self::Executor | Self::Unknown => "write the name of one under `executors`",
        }
    }
}

/// What every reader of YAML takes a bare scalar for, if that is not text. Words that only old readers take for something
/// else, such as `yes`, are text.
fn certain_type(node: &Node) -> Option<&'static str> {
    let text = node.as_str()?;
    match node_type(node)? {
        "a boolean" if !matches!(text.to_ascii_lowercase().as_str(), "true" | "false") => None,
        "a number" if text.contains([':', '_']) => None,
        "a date" => None,
        known => Some(known),
    }
}

fn node_type(node: &Node) -> Option<&'static str> {
    node.as_scalar()?.looks_typed()
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_variable(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
