//! A GitLab configuration as facts: its jobs, those that they extend, and what builds; and the same of a plan.

use std::borrow::Cow;

use super::entries::Entries;
use crate::provider::facts::{Fact, Facts, build_command};
use crate::yaml::Node;

pub(super) fn read(document: &Node) -> Result<Facts<'_>, String> {
    let root = document.as_mapping().ok_or("the file is not a map")?;
    let mut facts = Facts::default();
    for entry in &root.entries {
        let name = &entry.key.text;
        let script = entry.value.as_mapping().and_then(|map| map.get("script")).and_then(Node::as_sequence);
        let items = script.into_iter().flatten().filter_map(Node::as_str);
        if let Some(command) = items.rev().find_map(build_command) {
            facts.add(format!("{name}: build"), Fact::Command(Cow::Owned(command)));
        }
        facts.add(name.clone(), Fact::Tree(Cow::Borrowed(&entry.value)));
    }
    Ok(facts)
}

pub(super) fn expected<'p>(entries: &'p Entries<'_>) -> Facts<'p> {
    let mut facts = Facts::default();
    for entry in entries.all() {
        if let Some(command) = &entry.build_command {
            facts.add(format!("{}: build", entry.name), Fact::Command(Cow::Borrowed(command)));
        }
        facts.add(entry.name.clone(), Fact::Tree(Cow::Owned(entry.tree())));
    }
    facts
}
