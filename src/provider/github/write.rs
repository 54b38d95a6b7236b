//! Jobs as YAML. What is the same in several places stands once, under an anchor: the steps of a job, a step, a script
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/reusing-workflow-configurations#yaml-anchors-and-aliases>).

use std::collections::{BTreeMap, BTreeSet};

use super::pin::Pins;
use crate::provider::free_name::free_name;
use crate::yaml::{Node, Value, write as yaml};

/// The shortest script that gets an anchor of its own, in lines.
const LONG: usize = 4;

/// Why a job has a permission, as a comment beside it.
const REASONS: [(&str, &str, &str); 3] = [
    ("contents", "read", "gets the sources"),
    ("packages", "write", "pushes to ghcr.io"),
    ("packages", "read", "reads from ghcr.io"),
];

/// Writes the jobs of a file.
pub(super) struct Writer<'n> {
    pins: &'n Pins,
    /// What stands more than once, by its text without anchors.
    repeated: BTreeSet<String>,
    /// The anchors of what was written.
    anchors: BTreeMap<String, String>,
    taken: BTreeSet<String>,
}

impl<'n> Writer<'n> {
    /// `jobs` are all jobs of the file, each with the key of its image.
    pub(super) fn new<'j>(pins: &'n Pins, jobs: impl Iterator<Item = &'j Node>) -> Self {
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        let mut seen_lists = BTreeSet::new();
        let jobs: Vec<&Node> = jobs.collect();
        let containers = jobs.iter().filter_map(|job| job.get("container")).filter(|it| it.as_mapping().is_some());
        containers.for_each(|container| *counted.entry(yaml::node(container, 0)).or_default() += 1);
        for steps in jobs.iter().filter_map(|job| job.get("steps")) {
            let list = yaml::node(steps, 0);
            *counted.entry(list.clone()).or_default() += 1;
            // Within steps that are a repetition, nothing stands once more.
            if !seen_lists.insert(list) {
                continue;
            }
            for step in steps.as_sequence().unwrap_or_default() {
                let text = yaml::node(step, 0);
                let is_first = !counted.contains_key(&text);
                *counted.entry(text).or_default() += 1;
                if let Some(run) = step.get("run").and_then(Node::as_str).filter(|run| is_first && is_long(run)) {
                    *counted.entry(run.to_owned()).or_default() += 1;
                }
            }
        }
        let repeated = counted.into_iter().filter(|(_, count)| *count > 1).map(|(text, _)| text).collect();
        Self { pins, repeated, anchors: BTreeMap::new(), taken: BTreeSet::new() }
    }

    /// A job as lines below its id.
    pub(super) fn job(&mut self, job: &Node, image: &str) -> String {
        let mut out = String::new();
        for entry in job.as_mapping().map(|map| map.entries.as_slice()).unwrap_or_default() {
            let key = &entry.key.text;
            out.push_str(&format!("\n    {key}:"));
            match key.as_str() {
                "steps" => self.steps(&entry.value, image, &mut out),
                "container" => {
                    if self.named(&yaml::node(&entry.value, 0), "splitbuild", &mut out) {
                        out.push_str(&yaml::compact(&entry.value, 6));
                    }
                }
                "permissions" => permissions(&entry.value, 6, &mut out),
                // One line each, as they are read.
                "env" if !yaml::node(&entry.value, 6).contains("${{") => {
                    out.push_str(&yaml::compact(&entry.value, 6));
                }
                "env" | "outputs" => out.push_str(&yaml::node(&entry.value, 6)),
                _ => out.push_str(&yaml::compact(&entry.value, 6)),
            }
        }
        out
    }

    fn steps(&mut self, steps: &Node, image: &str, out: &mut String) {
        if !self.named(&yaml::node(steps, 0), image, out) {
            return;
        }
        for step in steps.as_sequence().unwrap_or_default() {
            out.push_str("\n      -");
            let title = step.get("name").or(step.get("uses")).and_then(Node::as_str).unwrap_or("step");
            let title =
                title.split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_lowercase();
            let before = out.len();
            if !self.named(&yaml::node(step, 0), &title, out) {
                continue;
            }
            // Behind an anchor, its keys begin on the next line.
            let mut glue = if out.len() == before { " " } else { "\n        " };
            for entry in step.as_mapping().map(|map| map.entries.as_slice()).unwrap_or_default() {
                out.push_str(glue);
                glue = "\n        ";
                self.key(&entry.key.text, &entry.value, &title, out);
            }
        }
    }

    fn key(&mut self, key: &str, value: &Node, title: &str, out: &mut String) {
        out.push_str(key);
        out.push(':');
        match (key, value.as_str()) {
            ("run", Some(text)) => {
                if self.named(text, title, out) {
                    out.push_str(&yaml::node(value, 10));
                }
            }
            ("uses", Some(uses)) => {
                out.push_str(&yaml::node(value, 10));
                if let Some(version) = self.pins.version(uses) {
                    out.push_str(&format!(" # {version}"));
                }
            }
            ("with", _) => out.push_str(&yaml::compact(value, 10)),
            _ => out.push_str(&yaml::node(value, 10)),
        }
    }

    /// An alias of what is written already; else perhaps its anchor, and true: it has to be written.
    fn named(&mut self, text: &str, wanted: &str, out: &mut String) -> bool {
        if !self.repeated.contains(text) {
            return true;
        }
        if let Some(anchor) = self.anchors.get(text) {
            out.push_str(&format!(" *{anchor}"));
            return false;
        }
        let anchor = free_name(wanted, |name| self.taken.contains(name));
        out.push_str(&format!(" &{anchor}"));
        self.taken.insert(anchor.clone());
        self.anchors.insert(text.to_owned(), anchor);
        true
    }
}

fn is_long(script: &str) -> bool {
    script.lines().count() >= LONG
}

/// Permissions, each with its reason.
fn permissions(node: &Node, indent: usize, out: &mut String) {
    let Value::Mapping(map) = &node.value else { return };
    if map.entries.is_empty() {
        out.push_str(" {}");
    }
    for entry in &map.entries {
        let (scope, level) = (&entry.key.text, entry.value.as_str().unwrap_or_default());
        out.push_str(&format!("\n{:indent$}{scope}: {level}", ""));
        let reason = REASONS.iter().find(|(known, at, _)| known == scope && *at == level);
        out.extend(reason.map(|(.., reason)| format!(" # {reason}")));
    }
}
