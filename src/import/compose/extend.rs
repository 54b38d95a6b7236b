//! Services, each with what it extends
//! (<https://github.com/compose-spec/compose-spec/blob/main/05-services.md#extends>), in its file or in another.

use std::rc::Rc;

use super::CONFIG;
use super::merge::put;
use super::neighbour::{Neighbour, Neighbours, move_paths, place};
use crate::diagnostic::{Diagnostic, chain};
use crate::import::Request;
use crate::import::reader::Reader;
use crate::span::Span;
use crate::yaml::{Entry, Key, Mapping, Node, Value};

/// Services in the order written, complete.
pub(super) struct Services(Vec<(Key, Mapping)>);

/// Keys that services have together with those that they extend.
const KEPT: [&str; 4] = ["image", "build", "platform", "depends_on"];

/// How deep services may extend each other.
const DEEPEST: usize = 64;

/// How many values all services may have in the end.
const MOST_VALUES: usize = 1_000_000;

impl Services {
    pub(super) fn of(services: &Mapping, request: &Request<'_>, reader: &mut Reader) -> Self {
        let folder = request.folder.to_owned();
        let path = if folder.is_empty() { request.name.to_owned() } else { format!("{folder}/{}", request.name) };
        let file = Rc::new(Neighbour { path, folder, services: services.clone() });
        let mut extension = Extension { neighbours: Neighbours::new(request), path: Vec::new(), values: 0, reader };
        let mut whole = Vec::new();
        for Entry { key, value } in services.entries.iter().filter(|entry| !entry.value.is_null()) {
            if extension.reader.map(value, &format!("services.{}", key.text)).is_some() {
                whole.push((key.clone(), extension.resolved(&file, (&key.text, key.span))));
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

/// Services on their way to what they extend.
struct Extension<'r> {
    neighbours: Neighbours<'r>,
    /// The services that are being completed, each with its file.
    path: Vec<(String, String)>,
    /// How many values all services have had.
    values: usize,
    reader: &'r mut Reader,
}

impl Extension<'_> {
    /// A service of a file with all that it extends; what is wrong is told at places in that file.
    fn resolved(&mut self, file: &Rc<Neighbour>, (name, span): (&str, Span)) -> Mapping {
        let empty = Mapping { entries: Vec::new() };
        let Some(own) = file.services.get(name).and_then(Node::as_mapping) else {
            let problem = Diagnostic::new("unknown-target", span, format!("there is no service `{name}`"));
            let known = file.services.entries.iter().map(|entry| entry.key.text.as_str());
            self.reader.problems.push(problem.did_you_mean(name, known).or_help("declare it under `services`"));
            return empty;
        };
        if self.path.len() > DEEPEST || self.values > MOST_VALUES {
            let message = "services extend each other too deeply, or too often";
            let problem = Diagnostic::new("too-large", span, message).help(CONFIG);
            self.reader.problems.push(problem);
            return empty;
        }
        let step = (file.path.clone(), name.to_owned());
        if self.path.contains(&step) {
            let main = self.path.first().map(|(file, _)| file.clone()).unwrap_or_default();
            let shown = |(file, name): &(String, String)| match *file == main {
                true => name.clone(),
                false => format!("{name} of {file}"),
            };
            let names: Vec<String> = self.path.iter().chain([&step]).map(shown).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let message = format!("services extend each other: {}", chain(&names));
            let problem = Diagnostic::new("cycle", span, message).help("remove one `extends`");
            self.reader.problems.push(problem);
            return empty;
        }
        let mut whole = empty;
        if let Some(extends) = own.get("extends").filter(|node| !node.is_null()) {
            self.path.push(step);
            whole = self.extended(file, extends);
            self.path.pop();
        }
        for entry in own.entries.iter().filter(|entry| KEPT.contains(&entry.key.text.as_str())) {
            put(&mut whole, entry.clone());
        }
        self.values += count(&whole);
        whole
    }

    /// What a service extends, as if it stood in the same file.
    fn extended(&mut self, file: &Rc<Neighbour>, extends: &Node) -> Mapping {
        let nothing = Mapping { entries: Vec::new() };
        let Some(base) = extends.as_scalar().map(|_| extends).or(extends.get("service")) else { return nothing };
        let base = (base.as_str().unwrap_or_default(), base.span);
        let Some(other) = extends.get("file").filter(|node| !node.is_null()) else {
            return self.resolved(file, base);
        };
        let Some(text) = other.as_str() else {
            self.reader.text(other, "file");
            return nothing;
        };
        let Some(found) = self.neighbours.get(&file.folder, (text, other.span), &mut self.reader.problems) else {
            return nothing;
        };
        let before = self.reader.problems.len();
        let mut service = self.resolved(&found, base);
        for problem in &mut self.reader.problems[before..] {
            problem.span = base.1;
            problem.related.clear();
            if problem.code != "cycle" && !problem.message.starts_with(&found.path) {
                problem.message = format!("{}: {}", found.path, problem.message);
            }
        }
        move_paths(&mut service, &found.folder, &file.folder);
        place(&mut service, base.1);
        service
    }
}

/// How many values a service has.
fn count(map: &Mapping) -> usize {
    let of = |node: &Node| match &node.value {
        Value::Mapping(map) => 1 + count(map),
        Value::Sequence(items) => 1 + items.len(),
        Value::Scalar(_) => 1,
    };
    map.entries.iter().map(|entry| of(&entry.value)).sum()
}
