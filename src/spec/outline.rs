//! The JSON schema of a whole matrix, put together of the tables that read it.

mod image;
mod kind;
mod section;

use serde_json::{Map, Value, json};

use super::schema::Schema;
use super::workflow::unpushed;
use super::{Vocabulary, matrix, vars};

/// Names this language and this version of it, wherever a copy of the schema lies.
const ID: &str = "urn:splitbuild:matrix:1";

/// What a matrix with a section for each of these providers may be.
pub fn schema(providers: &[&'static Vocabulary]) -> Schema {
    let sections = providers.iter().map(|provider| (provider.name, section::section(provider)));
    let definitions = image::definitions(providers).into_iter().chain(kind::definitions()).chain(sections);
    let definitions = definitions.chain([(vars::TAKEN, vars::without(vars::own_names()))]);
    let definitions: Map<String, Value> = definitions.map(|(name, schema)| (name.to_owned(), json!(schema))).collect();
    let head = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": ID,
        "description": "The images of a repository, how they are built, and when.",
    });
    let mut rules = kind::rules();
    // Whatever is pushed is published by a job that runs splitbuild.
    rules.push(json!({
        "if": { "properties": { "workflows": { "additionalProperties": unpushed(), "doNotSuggest": true } } },
        "else": { "required": ["tool"] },
    }));
    Schema::of(head)
        .also(Schema::map(matrix::fields(providers)))
        .with("required", matrix::REQUIRED)
        .with("allOf", rules)
        .with("definitions", definitions)
}
