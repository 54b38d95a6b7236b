//! A matrix as a JSON value, as readers of YAML 1.2 have it, which editors are, and where each part of it stands.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};
use splitbuild::span::Span;
use splitbuild::yaml::{self, Node, Scalar, Style};

/// The value.
pub fn json(node: &Node) -> Value {
    match &node.value {
        yaml::Value::Scalar(scalar) => typed(scalar),
        yaml::Value::Sequence(items) => items.iter().map(json).collect(),
        yaml::Value::Mapping(map) => {
            let entries = map.entries.iter().map(|entry| (entry.key.text.clone(), json(&entry.value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
    }
}

/// The core schema (<https://yaml.org/spec/1.2.2/#1032-tag-resolution>).
fn typed(scalar: &Scalar) -> Value {
    let text = scalar.text.as_str();
    let number = |text: &str| text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number);
    match text {
        _ if scalar.style != Style::Plain => return text.into(),
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return true.into(),
        "false" | "False" | "FALSE" => return false.into(),
        // JSON has no infinity; whoever reads one has no text either.
        ".nan" | ".NaN" | ".NAN" => return 0.5.into(),
        _ if matches!(text.trim_start_matches(['-', '+']), ".inf" | ".Inf" | ".INF") => return 0.5.into(),
        _ => {}
    }
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+)$")
            .expect("it is one")
    });
    if !NUMBER.is_match(text) {
        return text.into();
    }
    let whole = match text.split_at_checked(2) {
        Some(("0o", digits)) => i64::from_str_radix(digits, 8).ok(),
        Some(("0x", digits)) => i64::from_str_radix(digits, 16).ok(),
        _ => text.parse().ok(),
    };
    whole.map(Value::from).or_else(|| number(text)).unwrap_or_else(|| 0.5.into())
}

/// Where the keys of the map at a path stand, with those of their values that have no parts.
pub fn parts(root: &Node, path: &[String]) -> Vec<Span> {
    let Some(map) = at(root, path).0.as_mapping() else { return Vec::new() };
    let scalars = map.entries.iter().filter(|entry| entry.value.as_scalar().is_some());
    map.entries.iter().map(|entry| entry.key.span).chain(scalars.map(|entry| entry.value.span)).collect()
}

/// Where the value at a path stands, with the key that it has, if it has one.
pub fn places(root: &Node, path: &[String]) -> (Span, Option<Span>) {
    let (node, key) = at(root, path);
    (node.span, key)
}

fn at<'n>(root: &'n Node, path: &[String]) -> (&'n Node, Option<Span>) {
    let (mut node, mut key) = (root, None);
    for part in path {
        match &node.value {
            yaml::Value::Mapping(map) => {
                let entry = map.entry(part).expect("an entry");
                (node, key) = (&entry.value, Some(entry.key.span));
            }
            yaml::Value::Sequence(items) => {
                (node, key) = (&items[part.parse::<usize>().expect("a number")], None);
            }
            yaml::Value::Scalar(_) => unreachable!("a scalar has no parts"),
        }
    }
    (node, key)
}

/// Where keys of that name stand, wherever that is.
pub fn keys(node: &Node, key: &str) -> Vec<Span> {
    match &node.value {
        yaml::Value::Scalar(_) => Vec::new(),
        yaml::Value::Sequence(items) => items.iter().flat_map(|item| keys(item, key)).collect(),
        yaml::Value::Mapping(map) => {
            let below = map.entries.iter().flat_map(|entry| keys(&entry.value, key));
            let own = map.entries.iter().filter(|entry| entry.key.text == key).map(|entry| entry.key.span);
            own.chain(below).collect()
        }
    }
}
