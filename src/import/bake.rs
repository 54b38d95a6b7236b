//! Bake files: the JSON of `docker buildx bake --print`, in which everything is resolved, and `docker-bake.json` as people write
//! it, as far as it is plain (<https://docs.docker.com/build/bake/reference/>).

mod block;
mod inherit;
mod variable;

use std::collections::{BTreeMap, BTreeSet};

use self::inherit::Inheritance;
use self::variable::Variables;
use super::found::{Found, Input};
use super::reader::{Reader, each_scalar};
use super::target::Target;
use super::{PRINT, Request};
use crate::diagnostic::Diagnostic;
use crate::draft::Value;
use crate::span::Span;
use crate::yaml::{Entry, Mapping, Node};

/// Keys whose values only bake makes.
const EVALUATED: [&str; 2] = ["matrix", "name"];

pub(super) fn read(request: &Request<'_>, root: &Node) -> (Input, Vec<Diagnostic>) {
    let mut reader = Reader::default();
    let empty = Mapping { entries: Vec::new() };
    let top = root.as_mapping().unwrap_or(&empty);
    for entry in &top.entries {
        if !["target", "group", "variable", "function"].contains(&entry.key.text.as_str()) {
            let message = format!("a bake file has no key `{}`, and it is left out", entry.key.text);
            reader.unmapped(entry.key.span, message, "there is `target`, `group`, `variable` and `function`");
        }
    }
    let section = |reader: &mut Reader, name: &str| block::named(top.get(name), name, reader);
    let mut targets = section(&mut reader, "target");
    let groups = section(&mut reader, "group");
    let variables = Variables::of(&section(&mut reader, "variable"));
    let is_printed = is_printed(top, &targets);
    for Entry { value, .. } in &mut targets.entries {
        each_scalar(value, &mut |text, span| {
            *text = match is_printed {
                true => text.replace('$', "$$"),
                false => variables.filled(text, span, &mut reader.problems).replace('$', "$$"),
            };
        });
    }
    let wanted = wanted(&mut reader, &groups, &targets);
    let mut inheritance = Inheritance::new(&targets);
    let inherited = inherited(&targets);
    let mut images = Vec::new();
    for Entry { key, value } in &targets.entries {
        if reader.map(value, &format!("target.{}", key.text)).is_none() {
            continue;
        }
        let map = inheritance.resolved(&key.text, key.span, &mut reader.problems);
        if let Some(entry) = map.entries.iter().find(|entry| EVALUATED.contains(&entry.key.text.as_str())) {
            let message = format!("`{}` makes several targets of one, which only bake does", entry.key.text);
            reader.problems.push(Diagnostic::new("unresolved", entry.key.span, message).help(PRINT));
            continue;
        }
        let declared = BTreeMap::new();
        let found = Found::new(&key.text, key.span);
        let mut target = Target { reader: &mut reader, folder: request.folder, declared: &declared, found };
        target.read(&map);
        let mut found = target.found;
        // Bake leaves out an argument that is null, where the matrix asks the environment.
        if let Some(arguments) = found.keys.get_map_mut("args") {
            arguments.retain(|argument| *argument.value() != Value::Nothing);
        }
        // One that is only there to be inherited is no image.
        let is_wanted = wanted.as_ref().is_some_and(|wanted| wanted.contains(&found.name));
        if !found.references.is_empty() || is_wanted || !inherited.contains(&found.name) {
            images.push(found);
        }
    }
    (Input { images, wanted, ..Input::default() }, reader.problems)
}

/// The targets that others inherit.
fn inherited(targets: &Mapping) -> BTreeSet<String> {
    let lists = targets.entries.iter().filter_map(|entry| entry.value.get("inherits")?.as_sequence());
    lists.flatten().filter_map(Node::as_str).map(str::to_owned).collect()
}

/// Whether everything is resolved: bake prints nothing but groups and targets, and each target with its context.
fn is_printed(top: &Mapping, targets: &Mapping) -> bool {
    let is_resolved = |entry: &Entry| {
        let has = |key| entry.value.get(key).is_some();
        has("context") && !has("inherits") && EVALUATED.iter().all(|key| !has(key))
    };
    top.get("variable").is_none() && top.get("function").is_none() && targets.entries.iter().all(is_resolved)
}

/// The targets of the group `default`, with those of the groups in it.
fn wanted(reader: &mut Reader, groups: &Mapping, targets: &Mapping) -> Option<Vec<String>> {
    let mut wanted: Vec<String> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let mut next: Vec<(String, Span)> = vec![("default".into(), Span::default())];
    groups.get("default")?;
    while let Some((name, span)) = next.pop() {
        if targets.get(&name).is_some() {
            wanted.push(name);
            continue;
        }
        let Some(group) = groups.get(&name) else {
            let problem = Diagnostic::new("unknown-target", span, format!("there is no target or group `{name}`"));
            let known = targets.entries.iter().chain(&groups.entries).map(|entry| entry.key.text.as_str());
            reader.problems.push(problem.did_you_mean(&name, known).or_help("declare it under `target`"));
            continue;
        };
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let members = group.get("targets").map(|targets| reader.items(targets, "targets")).unwrap_or_default();
        next.extend(members.iter().rev().filter_map(|member| Some((member.as_str()?.to_owned(), member.span))));
    }
    Some(wanted)
}
