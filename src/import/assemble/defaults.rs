//! What all images have in common stands once, in `defaults`.

use crate::draft::{Draft, Entry, Map, Value};

/// Keys that are an image's own, or told elsewhere.
const OWN: [&str; 4] = ["image", "tags", "needs", "platforms"];

/// Moves what every image has to `defaults`: of maps, the names that have the same value everywhere, since maps are merged name
/// by name.
pub(super) fn defaults(draft: &mut Draft) {
    let images: Vec<Map> =
        draft.section("images").entries().iter().filter_map(|it| it.value().as_map().cloned()).collect();
    let [first, others @ ..] = images.as_slice() else { return };
    if others.is_empty() {
        return;
    }
    let mut common = Map::default();
    for entry in first.entries().iter().filter(|entry| entry.is_bare() && !OWN.contains(&entry.key())) {
        let same = |entry: &Entry, maps: &[&Map]| maps.iter().all(|map| map.get(entry.key()) == Some(entry.value()));
        let whole: Vec<&Map> = others.iter().collect();
        if let Value::Map(map) = entry.value() {
            let inner: Option<Vec<&Map>> = others.iter().map(|other| other.get(entry.key())?.as_map()).collect();
            let Some(inner) = inner else { continue };
            for pair in map.entries().iter().filter(|pair| pair.is_bare() && same(pair, &inner)) {
                common.map(entry.key()).put(pair.key(), pair.value().clone());
            }
        } else if same(entry, &whole) {
            common.put(entry.key(), entry.value().clone());
        }
    }
    for image in draft.section("images").entries_mut() {
        let Value::Map(image) = image.value_mut() else { continue };
        for entry in common.entries() {
            let Value::Map(pairs) = entry.value() else {
                image.remove(entry.key());
                continue;
            };
            pairs.entries().iter().for_each(|pair| drop(image.map(entry.key()).remove(pair.key())));
            if image.get(entry.key()).and_then(Value::as_map).is_some_and(Map::is_empty) {
                image.remove(entry.key());
            }
        }
    }
    for entry in common.entries() {
        draft.section("defaults").put(entry.key(), entry.value().clone());
    }
}
