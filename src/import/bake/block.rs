//! Blocks with a name, as HCL is written in JSON: a list stands for several, one object for one
//! (<https://github.com/hashicorp/hcl/blob/main/json/spec.md#blocks>).

use std::collections::HashMap;

use super::inherit::merge;
use crate::import::reader::Reader;
use crate::yaml::{Entry, Mapping, Node, Value};

/// The blocks of a type by their names. Those of one name are one, in which the later has the last word
/// (`dedupeConfig` of <https://github.com/docker/buildx/blob/master/bake/bake.go>).
pub(super) fn named(node: Option<&Node>, what: &str, reader: &mut Reader) -> Mapping {
    let mut blocks: Vec<Entry> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for group in node.into_iter().flat_map(each) {
        for Entry { key, value } in reader.map(group, what).map(|map| &map.entries[..]).unwrap_or_default() {
            for one in each(value) {
                let place = *places.entry(&key.text).or_insert(blocks.len());
                match (blocks.get_mut(place).map(|known| &mut known.value.value), one.as_mapping()) {
                    (Some(Value::Mapping(known)), Some(more)) => merge(known, more),
                    (Some(_), _) => {}
                    (None, _) => blocks.push(Entry { key: key.clone(), value: one.clone() }),
                }
            }
        }
    }
    Mapping { entries: blocks }
}

/// The objects of a list, or the one that stands for it.
fn each(node: &Node) -> &[Node] {
    node.as_sequence().unwrap_or(std::slice::from_ref(node))
}
