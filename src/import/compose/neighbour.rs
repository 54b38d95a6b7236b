//! Other Compose files of the repository, and their paths as those of the file that extends them.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::CONFIG;
use crate::diagnostic::Diagnostic;
use crate::import::path::{from_root, is_elsewhere};
use crate::import::{Files, Request};
use crate::span::{Lines, Span};
use crate::template::Template;
use crate::yaml::read::{Budget, Form, read_as};
use crate::yaml::{Entry, Mapping, Node, Value};

/// How many files may be read, and how long each may be, in bytes.
const MOST: (usize, usize) = (64, 1 << 20);

/// A Compose file.
#[derive(Debug)]
pub(super) struct Neighbour {
    /// From the root of the repository.
    pub(super) path: String,
    /// Its folder, from there; empty for the root.
    pub(super) folder: String,
    pub(super) services: Mapping,
}

/// All that were read, or why they cannot be.
#[derive(Debug)]
pub(super) struct Neighbours<'r> {
    files: Option<&'r dyn Files>,
    read: BTreeMap<String, Result<Rc<Neighbour>, String>>,
}

impl<'r> Neighbours<'r> {
    pub(super) fn new(request: &Request<'r>) -> Self {
        Self { files: request.files, read: BTreeMap::new() }
    }

    /// The file that a path in a folder leads to; `None` after a problem, which is at `span`.
    pub(super) fn get(
        &mut self,
        folder: &str,
        (file, span): (&str, Span),
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Rc<Neighbour>> {
        let mut unread = |message: String| {
            problems.push(Diagnostic::new("unmapped", span, message).warning().help(CONFIG));
            None
        };
        let Some(files) = self.files else {
            return unread("what a service extends in another file is not read from standard input".into());
        };
        if file.contains('$') {
            return unread(format!("which file `{file}` is depends on the environment, so it is not read"));
        }
        let Some(path) =
            from_root(folder, &Template::literal(file)).and_then(|path| path.as_literal().map(str::to_owned))
        else {
            return unread(format!("`{file}` lies outside of the repository, and is not read"));
        };
        if self.read.len() >= MOST.0 && !self.read.contains_key(&path) {
            let message = format!("services extend those of more than {} files", MOST.0);
            problems.push(Diagnostic::new("too-large", span, message).help(CONFIG));
            return None;
        }
        match self.read.entry(path.clone()).or_insert_with(|| neighbour(files, &path).map(Rc::new)) {
            Ok(found) => Some(Rc::clone(found)),
            Err(why) => {
                let help = format!("name a file that can be read; {CONFIG}");
                problems.push(Diagnostic::new("unread-file", span, why.clone()).help(help));
                None
            }
        }
    }
}

fn neighbour(files: &dyn Files, path: &str) -> Result<Neighbour, String> {
    let text = files.text(path).map_err(|cause| format!("cannot read {path}: {cause}"))?;
    if text.len() > MOST.1 {
        return Err(format!("{path} has more than {} bytes", MOST.1));
    }
    let line = |span: Span| Lines::of(&text).place(span, |_| 1).line;
    let document = read_as(&text, Budget::default(), Form::Core)
        .map_err(|error| format!("{path}:{}: this is not YAML: {}", line(error.span), error.message))?;
    if let Some(problem) = document.problems.first() {
        return Err(format!("{path}:{}: this is more than YAML, or a key stands twice", line(problem.span)));
    }
    let services = document.root.get("services").and_then(Node::as_mapping).cloned();
    let services = services.ok_or_else(|| format!("{path} has no `services`"))?;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    Ok(Neighbour { path: path.to_owned(), folder, services })
}

/// Lets the paths of a service begin in another folder than its file's
/// (<https://docs.docker.com/compose/how-tos/multiple-compose-files/extends/#relative-paths>).
pub(super) fn move_paths(service: &mut Mapping, from: &str, to: &str) {
    let prefix = relative(from, to);
    if prefix.is_empty() {
        return;
    }
    let Some(build) = entry(service, "build").and_then(|node| mapping(node)) else { return };
    if let Some(context) = entry(build, "context") {
        move_path(context, &prefix);
    }
    match entry(build, "additional_contexts").map(|node| &mut node.value) {
        Some(Value::Mapping(map)) => map.entries.iter_mut().for_each(|entry| move_path(&mut entry.value, &prefix)),
        Some(Value::Sequence(items)) => items.iter_mut().for_each(|item| move_path(item, &prefix)),
        _ => {}
    }
}

/// Lets all that is wrong with a service of another file be told where that is extended.
pub(super) fn place(service: &mut Mapping, span: Span) {
    for Entry { key, value } in &mut service.entries {
        key.span = span;
        place_node(value, span);
    }
}

fn place_node(node: &mut Node, span: Span) {
    node.span = span;
    match &mut node.value {
        Value::Mapping(map) => place(map, span),
        Value::Sequence(items) => items.iter_mut().for_each(|item| place_node(item, span)),
        Value::Scalar(_) => {}
    }
}

fn entry<'m>(map: &'m mut Mapping, key: &str) -> Option<&'m mut Node> {
    map.entries.iter_mut().find(|entry| entry.key.text == key).map(|entry| &mut entry.value)
}

fn mapping(node: &mut Node) -> Option<&mut Mapping> {
    match &mut node.value {
        Value::Mapping(map) => Some(map),
        _ => None,
    }
}

/// A path, or `NAME=PATH`.
fn move_path(node: &mut Node, prefix: &str) {
    let Value::Scalar(scalar) = &mut node.value else { return };
    let (name, path) = match scalar.text.split_once('=') {
        Some((name, path)) if !name.contains('/') => (format!("{name}="), path),
        _ => (String::new(), scalar.text.as_str()),
    };
    let is_other = is_elsewhere(&Template::literal(path)) || path.contains("://") || path.starts_with("service:");
    if is_other || path.starts_with(['/', '~']) {
        return;
    }
    let path = path.strip_prefix("./").unwrap_or(path);
    scalar.text = match path {
        "" | "." => format!("{name}{prefix}"),
        path => format!("{name}{prefix}/{path}"),
    };
}

/// The way from a folder to another.
fn relative(to: &str, from: &str) -> String {
    let parts = |folder: &str| folder.split('/').filter(|it| !it.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (to, from) = (parts(to), parts(from));
    let common = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let up = from[common..].iter().map(|_| "..".to_owned());
    up.chain(to[common..].iter().cloned()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_between_folders() {
        for (to, from, expected) in
            [("", "", ""), ("a/b", "", "a/b"), ("", "a/b", "../.."), ("a/b", "a/c/d", "../../b"), ("a", "a", "")]
        {
            assert_eq!(relative(to, from), expected, "{to} {from}");
        }
    }

    #[test]
    fn paths_that_begin_elsewhere() {
        for (path, expected) in [
            (".", "../common"),
            ("./x", "../common/x"),
            ("..", "../common/.."),
            ("conf=./conf", "conf=../common/conf"),
            ("a/b=c", "../common/a/b=c"),
            ("/x", "/x"),
            ("~/x", "~/x"),
            ("https://example.com/x.git", "https://example.com/x.git"),
            ("base=service:base", "base=service:base"),
            ("docker-image://debian", "docker-image://debian"),
        ] {
            let mut node = Node::scalar(path, crate::yaml::Style::Plain);
            move_path(&mut node, "../common");
            assert_eq!(node.as_str(), Some(expected), "{path}");
        }
    }
}
