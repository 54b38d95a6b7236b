//! Names with values: arguments, labels, limits.

use serde_json::json;

use super::decode::Decoder;
use super::schema::Schema;
use super::{Name, Text, form, text};
use crate::span::Span;
use crate::template::Template;
use crate::yaml::Node;

/// Names with values.
#[derive(Clone, Debug)]
pub struct Pairs {
    /// In the order written; a name without a value is taken from the environment.
    pub entries: Vec<(Name, Option<Text>)>,
    /// Whether they are written as a map, which is merged name by name; a list of `NAME=VALUE` is replaced as a whole.
    pub is_map: bool,
}

/// A map, where a name without a value is taken from the environment, or a list of `NAME=VALUE`.
pub(super) fn pairs(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Pairs> {
    let item = format!("a value of {what}");
    if let Some(map) = node.as_mapping() {
        let mut entries = Vec::new();
        for entry in &map.entries {
            pair_name(decoder, &entry.key.text, entry.key.span, what);
            if entry.value.is_null() {
                entries.push((Decoder::name_of(entry), None));
            } else if let Some(text) = decoder.text(&entry.value, &item) {
                entries.push((Decoder::name_of(entry), Some(text)));
            }
        }
        return Some(Pairs { entries, is_map: true });
    }
    if node.as_sequence().is_none() {
        decoder.wrong_shape(node, what, "a map, or a list of `NAME=VALUE`");
        return None;
    }
    let texts = decoder.texts(node, what);
    let entries = texts.into_iter().filter_map(|text| pair(decoder, &text, what)).collect();
    Some(Pairs { entries, is_map: false })
}

fn pair(decoder: &mut Decoder<'_>, text: &Text, what: &str) -> Option<(Name, Option<Text>)> {
    let (name, value) = match text.template.split_once("=") {
        Some((name, value)) => (name, Some(Text { template: value, ..text.clone() })),
        None => (text.template.clone(), None),
    };
    let Some(name) = name.as_literal() else {
        let message = format!("a name in {what} cannot contain a reference; only its value can");
        decoder.error("reference", text.span, message, "write the name itself");
        return None;
    };
    pair_name(decoder, name, text.span, what);
    Some((Name { text: name.to_owned(), span: text.span }, value))
}

/// What such names and values may be.
pub(super) fn schema(value: Schema) -> Schema {
    let pair = format!(r"^({CHARACTER}|\$\$)+(={})?$", text::expression());
    let pair = Schema::text(&pair, "write NAME or NAME=VALUE, without spaces or references in the name");
    by_name(value).also(Schema::list(&pair))
}

/// The same as a map; a name without a value is taken from the environment.
pub(super) fn by_name(value: Schema) -> Schema {
    let name = Schema::text(&format!("^({CHARACTER}|\\$)+$"), "a name has no spaces and no `=`");
    Schema::names(&name, &value.or(&["null"]).with("errorMessage", text::QUOTES))
}

/// What a name may consist of, but for dollars.
const CHARACTER: &str = r"[^$=\s\x00-\x1f\x7f-\x9f]";

/// Names end where the first `=` stands, so they hold none, and nothing that a shell or Docker would cut.
fn pair_name(decoder: &mut Decoder<'_>, name: &str, span: Span, what: &str) {
    let bad = name.is_empty() || name.contains(|c: char| c == '=' || c.is_whitespace() || c.is_control());
    if bad {
        let message = format!("`{}` is not a valid name in {what}", name.escape_debug());
        decoder.error("wrong-shape", span, message, "write NAME or NAME=VALUE, without spaces in the name");
    }
}

/// What such limits may be.
pub(super) fn limits_schema() -> Schema {
    let number =
        Schema::text("^[+-]?[0-9]+$", "a limit is a number, or `{ soft: NUMBER, hard: NUMBER }`").or(&["integer"]);
    let both = json!({ "soft": number, "hard": number });
    let limit = number.or(&["object"]).with("properties", both).with("required", ["soft", "hard"]);
    let name = Schema::text(&form::WORD.pattern(), "a limit has a name such as `nofile`");
    Schema::names(&name, &limit.with("additionalProperties", false))
}

/// `nofile: 1024` or `nofile: { soft: 1024, hard: 2048 }`, as values of Docker's `--ulimit`.
pub(super) fn limits(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Pairs> {
    let map = decoder.map(node, what)?;
    let number =
        |node: Option<&Node>| node.and_then(Node::as_str).filter(|t| t.parse::<i64>().is_ok()).map(str::to_owned);
    let mut entries = Vec::new();
    for entry in &map.entries {
        let limit = match entry.value.as_mapping() {
            Some(fields) => match (number(fields.get("soft")), number(fields.get("hard")), fields.entries.len()) {
                (Some(soft), Some(hard), 2) => Some(format!("{soft}:{hard}")),
                _ => None,
            },
            None => number(Some(&entry.value)),
        };
        let good_name = form::WORD.fits(&entry.key.text);
        let Some(limit) = limit.filter(|_| good_name) else {
            decoder.wrong_shape(&entry.value, "a limit", "a number, or `{ soft: NUMBER, hard: NUMBER }`");
            continue;
        };
        let text = Text { template: Template::literal(&limit), span: entry.value.span, references: Vec::new() };
        entries.push((Decoder::name_of(entry), Some(text)));
    }
    Some(Pairs { entries, is_map: true })
}
