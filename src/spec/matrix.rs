//! The document as a matrix: the top level.

use serde_json::json;

use super::decode::Decoder;
use super::field::{self, Field};
use super::schema::Schema;
use super::{SectionSpans, Spec, Vocabulary, access, image, section, tool, vars, workflow};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::yaml::{Mapping, Node};

/// Where the language is described, for people whose file is far from it.
const LANGUAGE: &str = "docs/matrix.md describes the matrix; `splitbuild gen --help` shows the smallest one";

/// The keys at the top; the providers' sections stand before the last.
const TOP: [Field; 8] = [
    Field::new("version", version, "The version of the language."),
    Field::new(
        "vars",
        vars::schema,
        "Names of your own and their values, for `${name}` in other values and `$name` in scripts. \
         A workflow may give others.",
    ),
    Field::new("registries", access::registries_schema, "How jobs log in, by the registry's host."),
    Field::new("secrets", access::secrets_schema, "Where build secrets come from, by name."),
    Field::new("defaults", || Schema::defined("defaults"), "Keys of an image, merged under every image."),
    Field::new("images", image::schema, "The images, by key. Jobs are named after the keys."),
    Field::new(
        "workflows",
        workflow::schema,
        "When what is built and under which tags, by name. A run is the first one that it matches.",
    ),
    Field::new("tool", tool::schema, "Where splitbuild is in manifest, copy and export jobs."),
];

/// The keys at the top that no matrix can be without.
pub(super) const REQUIRED: [&str; 3] = ["version", "images", "workflows"];

/// The keys at the top with those of the providers, and what each may hold.
pub(super) fn fields(providers: &[&'static Vocabulary]) -> Vec<(&'static str, Schema)> {
    let section = |provider: &&'static Vocabulary| {
        let help = format!("What {} needs to know, beside the images.", provider.title);
        (provider.name, Schema::defined(provider.name).described(&help))
    };
    let mut fields: Vec<_> = TOP.iter().map(Field::entry).collect();
    fields.splice(TOP.len() - 1..TOP.len() - 1, providers.iter().map(section));
    fields
}

fn version() -> Schema {
    let number: u8 = VERSION.parse().expect("it is a number");
    Schema::of(json!({ "enum": [number, VERSION], "errorMessage": format!("write `version: {VERSION}`") }))
}

/// The version of the language.
const VERSION: &str = "1";

pub(super) fn spec(mut decoder: Decoder<'_>, root: &Node) -> (Spec, Vec<Diagnostic>) {
    let mut spec = Spec::default();
    let mut top = field::names(&TOP);
    top.splice(TOP.len() - 1..TOP.len() - 1, decoder.providers.iter().map(|provider| provider.name));
    if root.is_null() {
        decoder.error("empty-matrix", Span::default(), "this file contains no matrix", LANGUAGE);
        return (Spec { doubtful: top, ..spec }, decoder.diagnostics);
    }
    let Some(map) = decoder.map(root, "a matrix") else {
        return (Spec { doubtful: top, ..spec }, decoder.diagnostics);
    };
    let first = map.entries.first().map(|e| e.key.span).unwrap_or_default();
    let span = |key: &str| map.entry(key).map_or(first, |e| e.key.span);
    spec.spans = SectionSpans { top: first, images: span("images"), workflows: span("workflows") };
    check_version(&mut decoder, map, first);
    for entry in &map.entries {
        let before = decoder.diagnostics.len();
        let (decoder, value) = (&mut decoder, &entry.value);
        match entry.key.text.as_str() {
            "version" => {}
            "vars" => spec.vars = vars::vars(decoder, value),
            "registries" => spec.registries = access::registries(decoder, value),
            "secrets" => spec.secrets = access::secrets(decoder, value),
            "defaults" => spec.defaults = image::defaults(decoder, value),
            "images" => spec.images = image::images(decoder, value),
            "workflows" => spec.workflows = workflow::workflows(decoder, value),
            "tool" => spec.tool = tool::tool(decoder, value),
            key => match decoder.provider(key) {
                Some(provider) => spec.sections.push(section::section(decoder, provider, value)),
                None => decoder.unknown_key(entry, "a matrix", &top),
            },
        }
        if decoder.diagnostics.len() > before {
            let meant = crate::similar::closest(&entry.key.text, top.iter().copied());
            spec.doubtful.extend(top.iter().filter(|section| Some(**section) == meant));
        }
    }
    (spec, decoder.diagnostics)
}

fn check_version(decoder: &mut Decoder<'_>, map: &Mapping, first: Span) {
    let Some(node) = map.get("version") else {
        let message = "the matrix has no `version`";
        return decoder.error("version", first, message, "begin it with `version: 1`");
    };
    if node.as_str() != Some(VERSION) {
        let message = format!("this splitbuild reads version 1, not {}", node.as_str().unwrap_or(node.kind()));
        decoder.error("version", node.span, message, "write `version: 1`");
    }
}
