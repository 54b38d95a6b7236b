//! Services, each with what it extends
//! (<https://github.com/compose-spec/compose-spec/blob/main/05-services.md#extends>).

use super::CONFIG;
use crate::diagnostic::{Diagnostic, chain};
use crate::import::reader::Reader;
use crate::span::Span;
use crate::yaml::{Entry, Key, Mapping, Node, Style, Value};

/// Services in the order written, complete.
pub(super) struct Services(Vec<(Key, Mapping)>);

/// Keys that services have together with those that they extend.
const KEPT: [&str; 4] = ["image", "build", "platform", "depends_on"];

/// How deep services may extend each other.
const DEEPEST: usize = 64;

impl Services {
    pub(super) fn of(services: &Mapping, reader: &mut Reader) -> Self {
        let mut whole = Vec::new();
        for Entry { key, value } in services.entries.iter().filter(|entry| !entry.value.is_null()) {
            if reader.map(value, &format!("services.{}", key.text)).is_some() {
                whole.push((key.clone(), resolved(services, (&key.text, key.span), &mut Vec::new(), reader)));
            }
        }
        Self(whole)
    }

    /// Those that are built.
    pub(super) fn built(&self) -> impl Iterator<Item = (&Key, &Mapping)> {
        let is_built = |map: &Mapping| map.get("build").is_some_and(|build| !build.is_null());
        self.0.iter().filter(move |(_, map)| is_built(map)).map(|(key, map)| (key, map))
    }
}

fn resolved(services: &Mapping, (name, span): (&str, Span), path: &mut Vec<String>, reader: &mut Reader) -> Mapping {
    let mut whole = Mapping { entries: Vec::new() };
    let Some(own) = services.get(name).and_then(Node::as_mapping) else {
        let problem = Diagnostic::new("unknown-target", span, format!("there is no service `{name}`"));
        let known = services.entries.iter().map(|entry| entry.key.text.as_str());
        reader.problems.push(problem.did_you_mean(name, known).or_help("declare it under `services`"));
        return whole;
    };
    if path.len() > DEEPEST {
        let message = "services extend each other too deeply";
        reader.problems.push(Diagnostic::new("too-large", span, message).help(CONFIG));
        return whole;
    }
    if path.iter().any(|known| known == name) {
        let names: Vec<&str> = path.iter().map(String::as_str).chain([name]).collect();
        let message = format!("services extend each other: {}", chain(&names));
        reader.problems.push(Diagnostic::new("cycle", span, message).help("remove one `extends`"));
        return whole;
    }
    if let Some(extends) = own.get("extends").filter(|node| !node.is_null()) {
        let file = extends.get("file").filter(|node| !node.is_null());
        let base = extends.as_scalar().map(|_| extends).or(extends.get("service"));
        match (file, base) {
            (Some(file), _) => {
                let message = "what a service extends in another file is not read";
                reader.unmapped(file.span, message, CONFIG);
            }
            (None, Some(base)) => {
                path.push(name.to_owned());
                whole = resolved(services, (base.as_str().unwrap_or_default(), base.span), path, reader);
                path.pop();
            }
            (None, None) => {}
        }
    }
    for entry in own.entries.iter().filter(|entry| KEPT.contains(&entry.key.text.as_str())) {
        put(&mut whole, long(entry.clone()));
    }
    whole
}

/// A build in its short form is a context.
fn long(mut entry: Entry) -> Entry {
    if entry.key.text == "build" && entry.value.as_scalar().is_some() && !entry.value.is_null() {
        let span = entry.value.span;
        let key = Key { text: "context".into(), span, style: Style::Plain };
        let map = Mapping { entries: vec![Entry { key, value: entry.value }] };
        entry.value = Node { value: Value::Mapping(map), span };
    }
    entry
}

fn put(lower: &mut Mapping, entry: Entry) {
    let Some(known) = lower.entries.iter_mut().find(|known| known.key.text == entry.key.text) else {
        return lower.entries.push(entry);
    };
    match (&mut known.value.value, entry.value.value) {
        (Value::Mapping(low), Value::Mapping(high)) => high.entries.into_iter().for_each(|entry| put(low, entry)),
        (low, high) => *low = high,
    }
}
