//! The schema of an image, on each level: in `defaults`, under `images`, in an entry of `for`, under a platform.

use serde_json::{Map, Value, json};

use super::kind;
use super::section::of_image;
use crate::names::OURS;
use crate::platform::Platform;
use crate::spec::key::{KEYS, Key, Kind, Level};
use crate::spec::schema::Schema;
use crate::spec::text;
use crate::spec::variant::{self, FOR};
use crate::spec::vocabulary::Vocabulary;

/// Every key once, and what has which of them.
pub(super) fn definitions(providers: &[&'static Vocabulary]) -> Vec<(&'static str, Schema)> {
    let level = |level: Level| -> Vec<&'static str> {
        let of_level = KEYS.iter().filter(|key| key.level == Level::Both || key.level == level).map(|key| key.name);
        of_level.chain(providers.iter().map(|provider| provider.name)).collect()
    };
    let (mut on_image, on_platform) = (level(Level::Image), level(Level::Platform));
    on_image.push(PLATFORMS);
    let image = Schema::map(on_image.iter().copied().chain([FOR]).map(referred));
    vec![
        ("keys", Schema::of(json!({ "properties": keys(providers) }))),
        ("defaults", Schema::map(referred_all(&on_image))),
        ("image", image.with("allOf", kind::rules_of_image())),
        (variant::ENTRY, variant::entry_schema(referred_all(&on_image), kind::own_rules())),
        ("platform", Schema::map(referred_all(&on_platform)).or(&["null"])),
    ]
}

/// The key that holds the platforms of an image.
const PLATFORMS: &str = "platforms";

/// A key by its name, as it is defined.
fn referred(name: &'static str) -> (&'static str, Schema) {
    (name, Schema::defined(&format!("keys/properties/{name}")))
}

fn referred_all(names: &[&'static str]) -> Vec<(&'static str, Schema)> {
    names.iter().copied().map(referred).collect()
}

/// What every key may hold.
fn keys(providers: &[&'static Vocabulary]) -> Map<String, Value> {
    let of_table = KEYS.iter().map(|key| (key.name, value(key)));
    let of_providers = providers.iter().map(|provider| (provider.name, of_image(provider)));
    let others = [(PLATFORMS, platforms(providers)), (FOR, variant::schema(providers))];
    let all = of_table.chain(of_providers).chain(others);
    all.map(|(name, schema)| (name.to_owned(), json!(schema))).collect()
}

fn value(key: &Key) -> Schema {
    let schema = (key.schema)(text::at(key.position)).described(&description(key));
    let schema = match names(key) {
        Some(names) => schema.with("markdownDescription", format!("{}\n\n{names}", description(key))),
        None => schema,
    };
    key.default.iter().fold(schema, |schema, default| schema.with("default", default()))
}

fn description(key: &Key) -> String {
    let of = match key.kinds {
        [Kind::Built, Kind::Run] => " Of images that are built, or made by `run`.",
        [Kind::Built] => " Of images that are built.",
        _ => "",
    };
    let also = match key.level {
        Level::Both => " Also under a platform.",
        Level::Platform => " Under a platform only.",
        Level::Image => "",
    };
    format!("{}{of}{also}", key.help)
}

/// What it may refer to.
fn names(key: &Key) -> Option<String> {
    let is_waited_for = ["needs", "gate"].contains(&key.name);
    if !key.refers || is_waited_for {
        return None;
    }
    let ours = OURS.iter().filter(|name| key.position.allows(name)).map(|name| format!("`${{{name}}}`"));
    let environment = key.position.allows_environment().then(|| "`${UPPER_CASE}` of the job's environment".to_owned());
    let all: Vec<String> = ["your `vars`".to_owned()].into_iter().chain(environment).chain(ours).collect();
    Some(format!("Can refer to {}.", all.join(", ")))
}

/// A list, or a map to what differs on each.
fn platforms(providers: &[&'static Vocabulary]) -> Schema {
    let mut usual: Vec<&str> = Vec::new();
    for (platform, _) in providers.iter().flat_map(|provider| provider.runners) {
        if !usual.contains(platform) {
            usual.push(platform);
        }
    }
    let help = "a platform is os/architecture, perhaps with a variant: linux/amd64, linux/arm64, linux/arm/v7";
    let known = json!({ "pattern": Platform::pattern(), "patternErrorMessage": help });
    let snippets: Vec<Value> = usual.iter().map(|word| json!({ "label": word, "body": word })).collect();
    let item = text::text().with("anyOf", json!([known, { "pattern": "[$]" }])).with("defaultSnippets", snippets);
    let below = Schema::defined("platform");
    let usual: Map<String, Value> = usual.into_iter().map(|platform| (platform.to_owned(), json!(below))).collect();
    let map = Schema::of(json!({
        "type": "object",
        "minProperties": 1,
        "properties": usual,
        "patternProperties": { Platform::pattern(): below },
        "additionalProperties": false,
    }));
    Schema::list(&item).with("minItems", 1).with("uniqueItems", true).also(map).described(
        "The platforms: a list, or a map to what differs on each. Of an image that is copied, those that are kept.",
    )
}
