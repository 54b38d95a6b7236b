//! Targets that inherit others, as bake merges them: maps name by name, some lists behind each other, everything else replaced
//! (`Target.Merge` of <https://github.com/docker/buildx/blob/master/bake/bake.go>).

use crate::diagnostic::{Diagnostic, chain};
use crate::span::Span;
use crate::yaml::{Entry, Mapping, Node, Value};

/// Lists that are added to what is inherited.
const ADDED: [&str; 9] =
    ["annotations", "attest", "cache-from", "entitlements", "no-cache-filter", "policy", "secret", "ssh", "ulimits"];

/// How deep and how often targets may inherit, in all.
const MOST: (usize, usize) = (64, 10_000);

/// All targets, by name, and how often one was inherited.
pub(super) struct Inheritance<'t>(&'t Mapping, usize);

impl<'t> Inheritance<'t> {
    pub(super) fn new(targets: &'t Mapping) -> Self {
        Self(targets, 0)
    }

    /// A target with everything that it inherits.
    pub(super) fn resolved(&mut self, name: &str, span: Span, problems: &mut Vec<Diagnostic>) -> Mapping {
        self.of(name, span, &mut Vec::new(), problems)
    }

    fn of(&mut self, name: &str, span: Span, path: &mut Vec<String>, problems: &mut Vec<Diagnostic>) -> Mapping {
        let mut whole = Mapping { entries: Vec::new() };
        let Some(own) = self.0.get(name).and_then(Node::as_mapping) else {
            let problem = Diagnostic::new("unknown-target", span, format!("there is no target `{name}`"));
            let known = self.0.entries.iter().map(|entry| entry.key.text.as_str());
            problems.push(problem.did_you_mean(name, known).or_help("declare it under `target`"));
            return whole;
        };
        if path.iter().any(|known| known == name) {
            let names: Vec<&str> = path.iter().map(String::as_str).chain([name]).collect();
            let message = format!("targets inherit each other: {}", chain(&names));
            problems.push(Diagnostic::new("cycle", span, message).help("remove one of them from `inherits`"));
            return whole;
        }
        self.1 += 1;
        if path.len() > MOST.0 || self.1 > MOST.1 {
            let message = "targets inherit each other too deeply, or too often";
            problems.push(Diagnostic::new("too-large", span, message).help(crate::import::PRINT));
            return whole;
        }
        path.push(name.to_owned());
        let inherits = own.get("inherits").and_then(Node::as_sequence).unwrap_or_default();
        for parent in inherits {
            let inherited = self.of(parent.as_str().unwrap_or_default(), parent.span, path, problems);
            merge(&mut whole, &inherited);
        }
        path.pop();
        merge(&mut whole, own);
        whole.entries.retain(|entry| entry.key.text != "inherits");
        whole
    }
}

pub(super) fn merge(lower: &mut Mapping, higher: &Mapping) {
    for entry in higher.entries.iter().filter(|entry| !entry.value.is_null()) {
        let Some(known) = lower.entries.iter_mut().find(|known| known.key.text == entry.key.text) else {
            lower.entries.push(entry.clone());
            continue;
        };
        match (&mut known.value.value, &entry.value.value) {
            (Value::Mapping(low), Value::Mapping(high)) => merge(low, high),
            (Value::Sequence(low), Value::Sequence(high)) if ADDED.contains(&entry.key.text.as_str()) => {
                low.extend(high.iter().cloned());
            }
            _ => *known = Entry::clone(entry),
        }
    }
}
