//! `for`: what makes several images of one.

use serde_json::{Value, json};

use super::decode::Decoder;
use super::key::{KEYS, Level, MISTAKEN};
use super::schema::Schema;
use super::vars::{self, name_problem};
use super::{Image, Name, Text, Vocabulary, text};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::template::Template;
use crate::yaml::{Entry, Mapping, Node};

/// What makes several images of one.
#[derive(Clone, Debug)]
pub struct Variants {
    /// Where the key `for` stands.
    pub span: Span,
    pub form: VariantsForm,
}

/// The two ways to write it.
#[derive(Clone, Debug)]
pub enum VariantsForm {
    /// Names with their values; every combination is an image.
    Combinations(Vec<(Name, Vec<Text>)>),
    /// One image each.
    List(Vec<Variant>),
}

/// An image among several that are one in the matrix.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Where it stands.
    pub span: Span,
    /// Its names with their values, in the order written.
    pub names: Vec<(Name, Text)>,
    /// Its own keys of an image.
    pub image: Image,
}

/// What reads the keys of an image; the text says where they stand.
type Keys = fn(&mut Decoder<'_>, &Mapping, &str, Level) -> Image;

/// The key that holds it.
pub(super) const FOR: &str = "for";

/// The definition of an entry of the list.
pub(super) const ENTRY: &str = "entry";

/// What it may be.
pub(super) fn schema(providers: &[&'static Vocabulary]) -> Schema {
    let values = Schema::list(&text::text()).with("minItems", 1);
    let keys = KEYS.iter().map(|key| key.name).chain(providers.iter().map(|provider| provider.name));
    let keys = Schema::without(keys.chain(["platforms"]), "a key of an image cannot be a name here");
    let rules = [Schema::defined(vars::TAKEN), mistaken(), keys];
    let combinations = Schema::names(&vars::name(), &values).with("minProperties", 1).with("allOf", rules);
    let list = Schema::list(&Schema::defined(ENTRY)).with("minItems", 1);
    combinations.also(list).described(
        "What makes several images of one: a map from names to values, whose every combination is an image, or a list \
         of maps, each of which is one. The names can stand in every key of the image.",
    )
}

/// What an entry of the list may be: these keys of an image, and at least one name with its value.
pub(super) fn entry_schema(keys: Vec<(&'static str, Schema)>, mut rules: Vec<Value>) -> Schema {
    let known: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
    let has_none = json!({ "type": "object", "propertyNames": { "enum": known } });
    let help = "begin it with a name and a value, which becomes part of the image's key: `flavour: slim`";
    // Nothing is both a map and text, and of text where a map stands an editor says this.
    rules.push(json!({ "if": has_none, "then": { "type": "string", "errorMessage": help } }));
    let taken = vars::own_names().chain(KEYS.iter().map(|key| key.name)).filter(|name| !known.contains(name));
    rules.extend([json!(vars::without(taken)), json!(mistaken())]);
    Schema::map(keys)
        .with("patternProperties", json!({}))
        .with("propertyNames", vars::name())
        .with("additionalProperties", text::text())
        .with("allOf", rules)
}

/// No word that people take for a key of an image.
fn mistaken() -> Schema {
    Schema::without(MISTAKEN.iter().map(|(word, _)| *word).chain([FOR]), "an entry of `for` has no such key")
}

/// Reads it; `keys` reads the keys of an image.
pub(super) fn variants(decoder: &mut Decoder<'_>, entry: &Entry, keys: Keys) -> Option<Variants> {
    let (span, node) = (entry.key.span, &entry.value);
    let form = match (node.as_mapping(), node.as_sequence()) {
        (Some(map), _) => VariantsForm::Combinations(combinations(decoder, map)),
        (_, Some(items)) => {
            let variants = items.iter().filter_map(|item| variant(decoder, item, keys)).collect();
            VariantsForm::List(variants)
        }
        _ => {
            let form = "a map from names to lists, or a list of maps";
            let problem = decoder.shape_problem(node, "`for`", form);
            let help = vec!["write `for: { version: [\"1\", \"2\"] }`, or `- version: \"1\"` below it".to_owned()];
            decoder.report(Diagnostic { help, ..problem });
            return None;
        }
    };
    let is_empty = node.as_mapping().is_some_and(|map| map.entries.is_empty())
        || node.as_sequence().is_some_and(<[Node]>::is_empty);
    if is_empty {
        let help = "name what differs: `for: { version: [\"1\", \"2\"] }`, or remove it";
        decoder.error("for-empty", span, "`for` is empty, so there would be no image", help);
        return None;
    }
    Some(Variants { span, form })
}

fn combinations(decoder: &mut Decoder<'_>, map: &Mapping) -> Vec<(Name, Vec<Text>)> {
    let mut names = Vec::new();
    for entry in &map.entries {
        let (name, span) = (&entry.key.text, entry.key.span);
        if is_key_of_an_image(decoder, name) {
            let message = format!("`{name}` is a key of an image, so it cannot be a name here");
            let help = "choose another name; what differs in keys of its own is a list: `- version: \"1\"` below `for`";
            decoder.error("for-name", span, message, help);
            continue;
        }
        if !is_name(decoder, entry) {
            continue;
        }
        let values = decoder.texts(&entry.value, &format!("`{name}`"));
        if values.is_empty() && entry.value.as_sequence().is_some_and(<[Node]>::is_empty) {
            let message = format!("`{name}` has no values, so there would be no image");
            decoder.error("for-empty", span, message, "write at least one, or remove the name");
        }
        names.push((Decoder::name_of(entry), values));
    }
    names
}

fn variant(decoder: &mut Decoder<'_>, node: &Node, read: Keys) -> Option<Variant> {
    let map = decoder.map(node, "an entry of `for`")?;
    let (keys, names): (Vec<&Entry>, Vec<&Entry>) =
        map.entries.iter().partition(|entry| is_key_of_an_image(decoder, &entry.key.text));
    let keys = Mapping { entries: keys.into_iter().cloned().collect() };
    let image = read(decoder, &keys, "an entry of `for`", Level::Image);
    let mut variant = Variant { span: node.span, names: Vec::new(), image };
    for entry in names {
        if !is_name(decoder, entry) {
            variant.image.is_doubtful = true;
            continue;
        }
        // One that cannot be read is still there for those who refer to it.
        let unknown = || Text { template: Template::name("_"), span: entry.value.span, references: Vec::new() };
        let text = decoder.text(&entry.value, &format!("`{}`", entry.key.text)).unwrap_or_else(unknown);
        variant.names.push((Decoder::name_of(entry), text));
    }
    if variant.names.is_empty() && !variant.image.is_doubtful {
        let help = "begin it with a name and a value, which becomes part of the image's key: `flavour: slim`";
        decoder.error("for-empty", node.span, "this entry of `for` has no name", help);
    }
    Some(variant)
}

fn is_key_of_an_image(decoder: &Decoder<'_>, name: &str) -> bool {
    name == "platforms" || KEYS.iter().any(|key| key.name == name) || decoder.provider(name).is_some()
}

fn is_name(decoder: &mut Decoder<'_>, entry: &Entry) -> bool {
    let (name, span) = (&entry.key.text, entry.key.span);
    if name == FOR {
        decoder.error("for-name", span, "one `for` cannot stand in another", "name all that differs in one `for`");
    } else if let Some((_, help)) = MISTAKEN.iter().find(|(word, _)| word == name) {
        decoder.error("unknown-key", span, format!("an entry of `for` has no key `{name}`"), *help);
    } else if let Some((message, help)) = name_problem(name) {
        decoder.error("for-name", span, format!("`{name}` {message}"), help);
    } else {
        return true;
    }
    false
}
