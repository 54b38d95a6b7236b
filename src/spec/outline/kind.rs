//! Which keys of an image may stand together: a key that an image's kind cannot use is an error on the image, and means
//! nothing in `defaults`.

use serde_json::{Map, Value, json};

use crate::spec::key::{KEYS, Kind};
use crate::spec::schema::Schema;

/// What each kind of image cannot have, and what holds for an image that does not say its kind where `defaults` says it.
pub(super) fn definitions() -> Vec<(&'static str, Schema)> {
    let all = [Kind::Built, Kind::Run, Kind::Copied];
    let kinds = all.map(|kind| (name(kind), without(kind)));
    let others = all.map(|kind| {
        let entries =
            json!({ "properties": { "for": { "items": Schema::defined(name(kind)), "doNotSuggest": true } } });
        let rule = json!({ "if": says_kind(), "else": { "allOf": [Schema::defined(name(kind)), entries] } });
        (silent(kind), Schema::of(rule))
    });
    kinds.into_iter().chain(others).chain([("named", named())]).collect()
}

/// The rules for whatever has keys of an image: it, or an entry of its `for`.
pub(super) fn own_rules() -> Vec<Value> {
    let run = json!({ "if": has("run"), "then": Schema::defined(name(Kind::Run)) });
    vec![json!({ "if": has("copy"), "then": Schema::defined(name(Kind::Copied)), "else": run })]
}

/// The rules for an image and the entries of its `for` together: what one says holds for the other.
pub(super) fn rules_of_image() -> Vec<Value> {
    let mut rules = own_rules();
    for (key, kind) in [("copy", Kind::Copied), ("run", Kind::Run)] {
        let kind = Schema::defined(name(kind));
        let entries = json!({ "properties": { "for": { "items": kind, "doNotSuggest": true } } });
        rules.push(json!({ "if": has(key), "then": entries }));
        rules.push(json!({ "if": an_entry_has(key), "then": kind }));
    }
    rules
}

/// The rules for images that depend on `defaults`.
pub(super) fn rules() -> Vec<Value> {
    let all = |definition: &str| json!({ "properties": { "images": { "additionalProperties": Schema::defined(definition), "doNotSuggest": true } } });
    let if_default = |key: &str| json!({ "required": ["defaults"], "properties": { "defaults": { "required": [key], "doNotSuggest": true } } });
    let run = json!({ "if": if_default("run"), "then": all(silent(Kind::Run)), "else": all(silent(Kind::Built)) });
    vec![
        json!({ "if": if_default("copy"), "then": all(silent(Kind::Copied)), "else": run }),
        json!({ "if": if_default("image"), "else": all("named") }),
    ]
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Built => "built",
        Kind::Run => "run",
        Kind::Copied => "copied",
    }
}

/// The rule for an image that does not say its kind.
fn silent(kind: Kind) -> &'static str {
    match kind {
        Kind::Built => "built-by-default",
        Kind::Run => "run-by-default",
        Kind::Copied => "copied-by-default",
    }
}

/// An image has a name, or every entry of its `for` has one.
fn named() -> Schema {
    let entries = json!({ "type": "array", "items": { "required": ["image"] } });
    let all_have = json!({ "required": ["for"], "properties": { "for": entries } });
    Schema::of(json!({ "if": all_have, "else": { "required": ["image"] } }))
}

/// What says its kind by this key; what is no text says nothing.
fn has(key: &str) -> Value {
    json!({ "type": "object", "required": [key], "properties": { key: { "type": "string", "doNotSuggest": true } } })
}

fn an_entry_has(key: &str) -> Value {
    let entries = json!({ "type": "array", "contains": has(key) });
    json!({ "required": ["for"], "properties": { "for": entries } })
}

fn says_kind() -> Value {
    let keys = ["copy", "run"];
    let ways: Vec<Value> = keys.iter().flat_map(|key| [has(key), an_entry_has(key)]).collect();
    json!({ "anyOf": ways })
}

/// No key that means nothing for the kind, neither on an image nor under its platforms.
fn without(kind: Kind) -> Schema {
    let unusable = KEYS.iter().filter(|key| !key.kinds.contains(&kind)).map(|key| key.name);
    let mut below: Map<String, Value> = unusable.map(|name| (name.to_owned(), json!(false))).collect();
    let mut keys = below.clone();
    if kind == Kind::Copied {
        // A copy is one job for all platforms.
        below.insert("needs".to_owned(), json!(false));
    }
    let message = match kind {
        Kind::Built => "this cannot be used here: the image is built by `docker build`",
        Kind::Run => "this cannot be used here: the image is made by its own script (`run`)",
        Kind::Copied => "this cannot be used here: the image is copied as it is (`copy`)",
    };
    let platform = json!({ "properties": below, "errorMessage": message });
    // An editor has proposed it already.
    keys.insert("platforms".to_owned(), json!({ "additionalProperties": platform, "doNotSuggest": true }));
    Schema::of(json!({ "properties": keys, "errorMessage": message }))
}
