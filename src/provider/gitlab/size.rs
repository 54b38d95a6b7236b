//! The memory of a file as GitLab counts it: Ruby's objects for what stands in it, what an alias stands for each time. What
//! `extends` and `include` bring in is not part of it.
//!
//! The numbers are those of Ruby 3.3, which GitLab runs, on machines of 64 bits, measured with `.ci/deepsize.rb`.

use super::config::is_job;
use crate::provider::size::Size;
use crate::yaml::{Node, Scalar, Value};

/// The most memory of one file: `max_yaml_size_bytes` as it is unless an administrator changes it
/// (<https://docs.gitlab.com/administration/instance_limits/#maximum-size-and-depth-of-cicd-configuration-yaml-files>).
const LIMIT: u64 = 2 << 20;

/// The smallest object, which a reference is, too: what it refers to is not counted.
const OBJECT: u64 = 40;

/// What an object has for what is in it, before Ruby takes memory elsewhere.
const SLOTS: [u64; 5] = [OBJECT, 80, 160, 320, 640];

/// The size of a file, which stands in `text`.
pub(super) fn size(document: &Node, text: &str) -> Size {
    let entries = document.as_mapping().map(|map| map.entries.as_slice()).unwrap_or_default();
    Size {
        what: "GitLab's memory of this file",
        counted: memory(document, text),
        limit: LIMIT,
        jobs: entries.iter().filter(|entry| is_job(&entry.key.text)).count(),
        help: "let several files be included: each is counted by itself; an administrator may raise `max_yaml_size_bytes`",
    }
}

fn memory(node: &Node, text: &str) -> u64 {
    match &node.value {
        Value::Scalar(scalar) => self::scalar(scalar),
        Value::Sequence(_) if text.get(..node.span.start).is_some_and(|it| it.trim_end().ends_with("!reference")) => {
            OBJECT
        }
        Value::Sequence(items) => array(items.len() as u64) + items.iter().map(|item| memory(item, text)).sum::<u64>(),
        Value::Mapping(map) => {
            let entries = map.entries.iter().map(|entry| string(&entry.key.text) + memory(&entry.value, text));
            hash(map.entries.len() as u64) + entries.sum::<u64>()
        }
    }
}

/// Numbers, booleans and nothing take no memory of their own.
fn scalar(scalar: &Scalar) -> u64 {
    if scalar.looks_typed().is_some() { 0 } else { string(&scalar.text) }
}

/// A text has three words before it and a zero behind; one that fits in no slot stands elsewhere.
fn string(text: &str) -> u64 {
    let length = text.len() as u64;
    let slot = SLOTS.into_iter().find(|slot| 24 + length < *slot);
    slot.unwrap_or(OBJECT + length + 1)
}

/// Three items have room in the object; beyond that, it grows by half of what it has, or by 16, each time that it is full.
fn array(items: u64) -> u64 {
    let mut room = 3;
    while room < items {
        room += 1 + (room / 2).max(16);
    }
    if room == 3 { OBJECT } else { OBJECT + 8 * room }
}

/// Eight entries have room in the object; beyond that, there are places for a power of two of them, each of three words,
/// and beyond 16 twice as many numbers to find them by.
fn hash(entries: u64) -> u64 {
    const SMALL: u64 = 160;
    let places = entries.next_power_of_two().max(16);
    let number = match places {
        ..=16 => 0,
        ..=128 => 1,
        ..=32_768 => 2,
        _ => 4,
    };
    if entries <= 8 { SMALL } else { SMALL + 24 * places + 2 * places * number }
}
