//! A CircleCI configuration as CircleCI would read it: parameters filled in, escapes undone, `requires` as a graph.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::pipeline_value;
use crate::plan::{Graph, RunName, Seen, Vertex};
use crate::yaml::{Mapping, Node};

/// Keys of a job in a workflow that are no parameters.
pub(super) const RESERVED: &[&str] = &[
    "requires",
    "name",
    "context",
    "filters",
    "type",
    "matrix",
    "pre-steps",
    "post-steps",
    "serial-group",
    "max_auto_reruns",
    "override-with",
];

/// The graph of a configuration.
pub(super) fn read(document: &Node) -> Result<Graph<'_>, String> {
    let root = document.as_mapping().ok_or("the file is no map")?;
    let section = |name: &str| root.get(name).and_then(Node::as_mapping);
    let jobs = section("jobs").ok_or("there are no jobs")?;
    let mut definitions: HashMap<&str, &Mapping> = HashMap::with_capacity(jobs.entries.len());
    for entry in &jobs.entries {
        let body = entry.value.as_mapping().ok_or_else(|| format!("the job {} is no map", entry.key.text))?;
        definitions.insert(&entry.key.text, body);
    }
    let mut graph = Graph::default();
    for workflow in &section("workflows").ok_or("there are no workflows")?.entries {
        let Some(entries) = workflow.value.as_mapping().and_then(|map| map.get("jobs")).and_then(Node::as_sequence)
        else {
            continue;
        };
        let mut vertices = HashMap::with_capacity(entries.len());
        for entry in entries {
            let (name, called) =
                invocation(entry).ok_or_else(|| format!("a job of the workflow {} is no job", workflow.key.text))?;
            let definition = definitions.get(name).copied();
            let mut vertex = vertex(definition, called);
            shared(definition, section("commands"), &mut vertex);
            let name = called.and_then(|map| map.get("name")).and_then(Node::as_str).unwrap_or(name);
            if vertices.insert(name, vertex).is_some() {
                return Err(format!("the workflow {} has the job {name} twice", workflow.key.text));
            }
        }
        graph.workflows.insert(&workflow.key.text, vertices);
    }
    Ok(graph)
}

/// The job's name and what it is called with, if anything.
pub(super) fn invocation(entry: &Node) -> Option<(&str, Option<&Mapping>)> {
    match entry.as_mapping() {
        Some(map) => match map.entries.as_slice() {
            [one] => Some((&one.key.text, one.value.as_mapping())),
            _ => None,
        },
        None => entry.as_str().map(|name| (name, None)),
    }
}

/// The names in a `requires`, with the places where they stand.
pub(super) fn requires(called: Option<&Mapping>) -> Vec<(&str, crate::span::Span)> {
    let Some(node) = called.and_then(|map| map.get("requires")) else { return Vec::new() };
    let name = |node| -> Option<(&str, crate::span::Span)> {
        let node: &Node = node;
        match node.as_mapping() {
            Some(map) => map.entries.first().map(|entry| (entry.key.text.as_str(), entry.key.span)),
            None => node.as_str().map(|name| (name, node.span)),
        }
    };
    node.as_sequence().unwrap_or_default().iter().filter_map(name).collect()
}

fn vertex<'n>(definition: Option<&'n Mapping>, called: Option<&'n Mapping>) -> Vertex<'n> {
    let needs = requires(called).into_iter().map(|(name, _)| name).collect();
    let mut vertex = Vertex { needs, ..Vertex::default() };
    let Some(definition) = definition else { return vertex };
    let mut parameters: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in called.iter().flat_map(|map| &map.entries).filter(|e| !RESERVED.contains(&e.key.text.as_str())) {
        if let Some(text) = entry.value.as_str() {
            parameters.insert(&entry.key.text, text);
        }
    }
    let environment = definition.get("environment").and_then(Node::as_mapping);
    for entry in environment.iter().flat_map(|map| &map.entries) {
        // Anything but text may be there in a hand-written job, and is nobody's to compare.
        let Some(text) = entry.value.as_str() else { continue };
        let seen = match RunName::ALL.into_iter().find(|name| pipeline_value(*name) == text) {
            Some(name) => Seen::Run(name),
            None => Seen::Text(fill(text, &parameters)),
        };
        set(&mut vertex, &entry.key.text, seen);
    }
    vertex
}

/// Adds what the job's commands set for their steps.
fn shared<'n>(definition: Option<&'n Mapping>, commands: Option<&'n Mapping>, vertex: &mut Vertex<'n>) {
    let steps = definition.and_then(|map| map.get("steps")).and_then(Node::as_sequence).unwrap_or_default();
    for command in steps.iter().filter_map(Node::as_str).filter_map(|name| commands?.get(name)?.as_mapping()) {
        for step in command.get("steps").and_then(Node::as_sequence).unwrap_or_default() {
            let run = step.as_mapping().and_then(|map| map.get("run")).and_then(Node::as_mapping);
            let environment = run.and_then(|map| map.get("environment")).and_then(Node::as_mapping);
            for entry in environment.iter().flat_map(|map| &map.entries) {
                if let Some(text) = entry.value.as_str() {
                    set(vertex, &entry.key.text, Seen::Text(fill(text, &BTreeMap::new())));
                }
            }
        }
    }
}

/// The later of two values of one name counts, as a step's environment does before its job's.
fn set<'n>(vertex: &mut Vertex<'n>, name: &'n str, seen: Seen<'n>) {
    match vertex.environment.iter_mut().find(|(known, _)| *known == name) {
        Some((_, old)) => *old = seen,
        None => vertex.environment.push((name, seen)),
    }
}

/// Fills parameters in and undoes escapes, once; what is put in is not looked at again but for its own escapes.
fn fill<'n>(text: &'n str, parameters: &BTreeMap<&str, &str>) -> Cow<'n, str> {
    if !text.contains("<<") {
        return Cow::Borrowed(text);
    }
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("<<") {
        let (before, reference) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('\\') {
            filled.push_str(before);
            filled.push_str("<<");
            rest = &reference[2..];
            continue;
        }
        filled.push_str(before);
        let value = reference.find(">>").and_then(|end| {
            let name = reference[2..end].trim().strip_prefix("parameters.")?;
            parameters.get(name).map(|value| (end, value))
        });
        match value {
            Some((end, value)) => {
                filled.push_str(&value.replace("\\<<", "<<"));
                rest = &reference[end + 2..];
            }
            None => {
                filled.push_str("<<");
                rest = &reference[2..];
            }
        }
    }
    filled.push_str(rest);
    Cow::Owned(filled)
}
