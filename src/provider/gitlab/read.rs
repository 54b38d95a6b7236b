//! A GitLab configuration as facts: its jobs, those that they extend, and what builds; and the same of a plan.

use std::borrow::Cow;
use std::collections::HashSet;

use super::entries::Entries;
use super::script::Needs;
use crate::plan::{Plan, Recipe, Work};
use crate::provider::facts::{Fact, Facts, build_command};
use crate::provider::script::Values;
use crate::template::Template;
use crate::yaml::Node;

/// The facts of a configuration.
pub(super) fn read(document: &Node) -> Result<Facts<'_>, String> {
    let root = document.as_mapping().ok_or("the file is no map")?;
    let mut facts = Facts::default();
    for entry in &root.entries {
        let name = &entry.key.text;
        let script = entry.value.as_mapping().and_then(|map| map.get("script")).and_then(Node::as_sequence);
        let items = script.into_iter().flatten().filter_map(Node::as_str);
        if let Some(command) = items.rev().find_map(build_command) {
            facts.add(format!("{name}: build"), Fact::Arguments(command));
        }
        facts.add(name.clone(), Fact::Tree(Cow::Borrowed(&entry.value)));
    }
    Ok(facts)
}

/// The facts that a plan wants.
pub(super) fn expected(plan: &Plan) -> Facts<'static> {
    let entries = Entries::of(plan);
    let mut facts = Facts::default();
    let runs = plan.runs();
    let needs = Needs::of(plan, &runs);
    let names: HashSet<&str> = entries.all().map(|entry| entry.name.as_str()).collect();
    for id in plan.ids() {
        let job = plan.job(id);
        let Work::Build(build) = &job.work else { continue };
        if !matches!(build.recipe, Recipe::Docker(_)) {
            continue;
        }
        let values = Values { plan, job, runs: &runs[id.place()], dialect: &super::DIALECT };
        let script = super::script::build_script(&needs, values, build);
        let word = |word: &Template| word.fill(|name| Some(crate::shell::found(&script.parameter(name))));
        let words = script.command.iter().flatten().map(word).collect();
        let hidden = format!(".build-{}", job.key);
        // Where the platforms of an image differ, each job has a script of its own.
        let holder = if names.contains(hidden.as_str()) { hidden } else { job.name.clone() };
        facts.add(format!("{holder}: build"), Fact::Arguments(words));
    }
    for entry in entries.all() {
        facts.add(entry.name.clone(), Fact::Tree(Cow::Owned(entry.tree())));
    }
    facts
}
