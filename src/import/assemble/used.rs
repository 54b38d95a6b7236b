//! Which vars a matrix needs: those that its values refer to, and those that these refer to.

use std::collections::{BTreeMap, BTreeSet};

use crate::draft::{Draft, Entry, Map, Value};
use crate::spec::is_upper_name;
use crate::template::{Part, Template};

/// Declares the vars that are used. One that is used once, in a key of an image that is neither its name nor its tags, says no
/// more than its value, which takes its place.
pub(super) fn vars(draft: &mut Draft, known: &BTreeMap<String, Template>) {
    let mut used = Vec::new();
    for section in ["secrets", "defaults", "images", "workflows"] {
        draft.get(section).into_iter().for_each(|map| names(map, &mut used));
    }
    let mut at = 0;
    while let Some(name) = used.get(at) {
        if !used[..at].contains(name) {
            let inner: Vec<String> = known.get(name).into_iter().flat_map(Template::names).map(str::to_owned).collect();
            used.extend(inner);
        }
        at += 1;
    }
    let is_single = |name: &str| used.iter().filter(|other| *other == name).count() == 1;
    let mut inlined = BTreeSet::new();
    let mut value_of = |name: &str| {
        let value = known.get(name).filter(|value| is_single(name) && value.as_literal().is_some())?;
        inlined.insert(name.to_owned());
        Some(value.clone())
    };
    for image in draft.section("images").entries_mut() {
        let Value::Map(image) = image.value_mut() else { continue };
        let keys = image.entries_mut().iter_mut().filter(|entry| !["image", "tags"].contains(&entry.key()));
        keys.for_each(|entry| fill(entry.value_mut(), &mut value_of));
        if let Some(Value::Text(file)) = image.entry("dockerfile").map(Entry::value_mut)
            && file.leading().starts_with("./")
        {
            *file = file.without_start(2);
        }
    }
    for (name, value) in known.iter().filter(|(name, _)| used.contains(*name) && !inlined.contains(*name)) {
        draft.section("vars").put(name, value.clone());
    }
}

fn fill(value: &mut Value, value_of: &mut dyn FnMut(&str) -> Option<Template>) {
    match value {
        Value::Text(template) => {
            let mut filled = Template::default();
            for part in template.parts() {
                match part {
                    Part::Literal(text) => filled.push_literal(text),
                    Part::Name(name) => filled.push(&value_of(name).unwrap_or_else(|| Template::name(name))),
                }
            }
            *template = filled;
        }
        Value::List(items) => items.iter_mut().for_each(|item| fill(item, value_of)),
        Value::Map(map) => map.entries_mut().iter_mut().for_each(|entry| fill(entry.value_mut(), value_of)),
        Value::Verbatim(_) | Value::Flag(_) | Value::Number(_) | Value::Nothing => {}
    }
}

/// The variables of jobs' environments that a matrix refers to.
pub(in crate::import) fn environment(draft: &Draft) -> BTreeSet<String> {
    let mut used = Vec::new();
    for section in ["vars", "registries", "defaults", "images", "workflows"] {
        draft.get(section).into_iter().for_each(|map| names(map, &mut used));
    }
    for secret in draft.get("secrets").map(Map::entries).unwrap_or_default() {
        if let Some(Value::Verbatim(name)) = secret.value().as_map().and_then(|map| map.get("environment")) {
            used.push(name.clone());
        }
    }
    used.into_iter().filter(|name| is_upper_name(name)).collect()
}

fn names(map: &Map, used: &mut Vec<String>) {
    for entry in map.entries() {
        // An argument without a value is the variable of its name.
        used.extend((*entry.value() == Value::Nothing).then(|| entry.key().to_owned()));
        of_value(entry.value(), used);
    }
}

fn of_value(value: &Value, used: &mut Vec<String>) {
    match value {
        Value::Text(template) => used.extend(template.names().map(str::to_owned)),
        Value::List(items) => items.iter().for_each(|item| of_value(item, used)),
        Value::Map(map) => names(map, used),
        Value::Verbatim(_) | Value::Flag(_) | Value::Number(_) | Value::Nothing => {}
    }
}
