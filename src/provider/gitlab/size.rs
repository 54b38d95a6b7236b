//! The memory of a file as GitLab counts it: Ruby's objects for what stands in it, what an alias stands for each time. What
//! `extends` and `include` bring in is not part of it.
//!
//! The numbers are those of Ruby 3.3, which GitLab runs, on machines of 64 bits, measured with `.ci/deepsize.rb`.

use super::keywords::is_job;
use crate::provider::size::{Size, Unit};
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
        unit: Unit::Bytes,
        jobs: entries.iter().filter(|entry| is_job(entry)).count(),
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
    if entries <= 8 {
        return SMALL;
    }
    let places = entries.next_power_of_two().max(16);
    let number = [(16, 0), (128, 1), (32_768, 2)].into_iter().find(|(most, _)| places <= *most);
    SMALL + 24 * places + 2 * places * number.map_or(4, |(_, bytes)| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read::{Budget, read};

    fn counted(text: &str) -> u64 {
        memory(&read(text, Budget::default()).expect("YAML").root, text)
    }

    /// What Ruby 3.3.8 of Debian 13 says of objects that Psych made: `ObjectSpace.memsize_of`.
    #[test]
    fn objects_are_as_large_as_in_ruby() {
        for (length, bytes) in [
            (0, 40),
            (15, 40),
            (16, 80),
            (55, 80),
            (56, 160),
            (135, 160),
            (136, 320),
            (295, 320),
            (296, 640),
            (615, 640),
            (616, 657),
            (100_000, 100_041),
        ] {
            assert_eq!(counted(&format!("\"{}\"", "a".repeat(length))), bytes, "a text of {length} bytes");
        }
        for (items, bytes) in
            [(0, 40), (3, 40), (4, 200), (20, 200), (21, 336), (37, 336), (38, 488), (656, 7904), (2214, 26_600)]
        {
            assert_eq!(counted(&format!("[{}]", "1,".repeat(items))), bytes, "a list of {items}");
        }
        for (entries, bytes) in [
            (0, 160),
            (8, 160),
            (9, 544),
            (16, 544),
            (17, 992),
            (33, 1824),
            (65, 3488),
            (128, 3488),
            (129, 7328),
            (257, 14_496),
            (2049, 114_848),
        ] {
            let text: String = (0..entries).map(|number| format!("a{number}: 1\n")).collect();
            let text = if entries == 0 { "{}".to_owned() } else { text };
            assert_eq!(counted(&text) - 40 * entries, bytes, "a map of {entries}");
        }
        for text in ["1", "1.5", "0x1f", "true", "~", "1_000"] {
            assert_eq!(counted(text), 0, "{text}");
        }
    }

    /// By `.ci/deepsize.rb`, in Ruby 3.3.8.
    #[test]
    fn an_alias_counts_each_time_and_a_reference_once() {
        let text = "\
.shell: &shell
  before_script:
    - echo \"a line of some length, so that it takes a place\"
job:
  script: &script [one, two, \"three and some more\", four]
other:
  <<: *shell
  script: *script
  needs: [{ job: job, optional: true }]
third:
  script:
    - !reference [.shell, before_script]
    - !reference
      - job
      - script
";
        let size = size(&read(text, Budget::default()).expect("YAML").root, text);
        assert_eq!((size.counted, size.limit, size.jobs), (2680, 2_097_152, 3));
    }
}
