//! A workflow file as facts: what stands before its jobs, each of them, and what builds.

use std::borrow::Cow;

use super::expression;
use crate::provider::facts::{Fact, Facts, build_command};
use crate::yaml::Node;

pub(super) fn read(document: &Node) -> Result<Facts<'_>, String> {
    let root = document.as_mapping().ok_or("the file is not a map")?;
    let mut facts = Facts::default();
    for entry in root.entries.iter().filter(|entry| entry.key.text != "jobs") {
        facts.add(entry.key.text.clone(), Fact::Tree(Cow::Borrowed(&entry.value)));
    }
    let jobs = root.get("jobs").and_then(Node::as_mapping).ok_or("it has no jobs")?;
    for entry in &jobs.entries {
        let id = &entry.key.text;
        let steps = entry.value.get("steps").and_then(Node::as_sequence).unwrap_or_default();
        let scripts = steps.iter().filter_map(|step| step.get("run")).filter_map(Node::as_str);
        let mut commands = scripts.rev().filter_map(|script| build_command(&expression::read(script)));
        if let Some(command) = commands.next() {
            facts.add(format!("{id}: build"), Fact::Command(Cow::Owned(command)));
        }
        facts.add(id.clone(), Fact::Tree(Cow::Borrowed(&entry.value)));
    }
    Ok(facts)
}
