//! The JSON schema of a matrix, for editors and for other people's checks. Each form of value says what it may be beside
//! what reads it, and `outline` puts that together.
//!
//! It is draft 07, which editors know best (<https://github.com/SchemaStore/schemastore/blob/master/CONTRIBUTING.md>).
//! Its regular expressions keep to what ECMAScript, Java, Python and Rust share: nothing looks around. It refuses what no
//! provider, no other file and no var can make right; the rest is for `gen`.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// A schema, or a part of one.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Schema(Map<String, Value>);

/// Keys that are the user's own, wherever a key that is not known is an error.
const OWN_KEYS: &str = "^x-";

impl Schema {
    /// What these keywords say.
    ///
    /// # Panics
    /// What is no map.
    pub(super) fn of(keywords: Value) -> Self {
        match keywords {
            Value::Object(map) => Self(map),
            other => panic!("{other} has no keywords"),
        }
    }

    /// The one that stands under `definitions`.
    pub(super) fn defined(name: &str) -> Self {
        Self::of(json!({ "$ref": format!("#/definitions/{name}") }))
    }

    /// Text of a form, and what an editor says of other text.
    pub(super) fn text(pattern: &str, otherwise: &str) -> Self {
        Self::of(json!({ "type": "string", "pattern": pattern, "patternErrorMessage": otherwise }))
    }

    /// A list of such values.
    pub(super) fn list(item: &Self) -> Self {
        Self::of(json!({ "type": "array", "items": item }))
    }

    /// A map with these keys and the user's own.
    pub(super) fn map(keys: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        let keys: Map<String, Value> =
            keys.into_iter().map(|(name, schema)| (name.to_owned(), Value::Object(schema.0))).collect();
        Self::of(json!({
            "type": "object",
            "properties": keys,
            "patternProperties": { OWN_KEYS: true },
            "additionalProperties": false,
        }))
    }

    /// Any map that has none of these keys, and what an editor says of one.
    pub(super) fn without<'k>(keys: impl IntoIterator<Item = &'k str>, otherwise: &str) -> Self {
        let keys: Map<String, Value> = keys.into_iter().map(|name| (name.to_owned(), false.into())).collect();
        Self::of(json!({ "properties": keys, "errorMessage": otherwise }))
    }

    /// A map from names of a form to such values.
    pub(super) fn names(name: &Self, value: &Self) -> Self {
        Self::of(json!({ "type": "object", "propertyNames": name, "additionalProperties": value }))
    }

    /// The same with one keyword more, or another value of it.
    pub(super) fn with(mut self, keyword: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).expect("schemas and text are JSON");
        self.0.insert(keyword.to_owned(), value);
        self
    }

    /// The same, or anything of these other types.
    pub(super) fn or(self, types: &[&str]) -> Self {
        self.also(Self::of(json!({ "type": types })))
    }

    /// Either of two; they are of different types.
    pub(super) fn also(self, other: Self) -> Self {
        let mut types: Vec<Value> = [&self, &other].into_iter().flat_map(Self::types).collect();
        let types = if types.len() == 1 { types.remove(0) } else { types.into() };
        let mut keywords = self.0;
        keywords.extend(other.0);
        // What it says of another type was of one of the two.
        keywords.shift_remove("errorMessage");
        Self(keywords).with("type", types)
    }

    fn types(&self) -> Vec<Value> {
        match self.0.get("type") {
            Some(Value::Array(types)) => types.clone(),
            one => one.into_iter().cloned().collect(),
        }
    }

    /// The same with what an editor shows of it.
    pub(super) fn described(self, description: &str) -> Self {
        let mut keywords = Map::new();
        keywords.insert("description".to_owned(), description.into());
        // Editors take a description for plain text, and this for Markdown.
        if description.contains('`') {
            keywords.insert("markdownDescription".to_owned(), description.into());
        }
        keywords.extend(self.0);
        Self(keywords)
    }
}

impl std::fmt::Display for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = serde_json::to_string_pretty(&self.0).expect("it is JSON");
        writeln!(f, "{text}")
    }
}
