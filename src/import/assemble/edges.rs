//! Which image is built on which: by the contexts that name another target or service, and by arguments that hold the name of
//! an image of the same file.

use std::collections::BTreeMap;

use super::names::without_time;
use super::{Assembly, Image};
use crate::diagnostic::{Diagnostic, chain};
use crate::draft::Value;
use crate::import::tags::{for_child, split};
use crate::reference::full_name;
use crate::template::Template;

impl Assembly<'_> {
    pub(super) fn edges(&mut self, images: &mut [Image], renamed: &BTreeMap<String, String>) {
        for child in 0..images.len() {
            for parent in images[child].found.parents.clone() {
                let target = renamed.get(&parent.target).unwrap_or(&parent.target);
                let Some(at) = images.iter().position(|image| image.found.name == *target) else {
                    let message =
                        format!("`{target}`, which `{}` is built on, builds no image", images[child].found.name);
                    let known: Vec<&str> = images.iter().map(|image| image.found.name.as_str()).collect();
                    let problem = Diagnostic::new("unknown-target", parent.span, message).did_you_mean(target, known);
                    self.problems.push(problem.or_help("declare it, with its build"));
                    continue;
                };
                if let Some(path) = path(images, at, child) {
                    let names: Vec<&str> = path.iter().map(|at| images[*at].found.name.as_str()).collect();
                    let names: Vec<&str> = std::iter::once(images[child].found.name.as_str()).chain(names).collect();
                    let message = format!("images are built on each other: {}", chain(&names));
                    let problem = Diagnostic::new("cycle", parent.span, message);
                    self.problems.push(problem.help("remove one of these contexts"));
                    continue;
                }
                self.alias(images, (child, at), &parent);
                need(images, child, at, None);
            }
        }
        arguments(images);
    }

    /// Keeps the name by which a Dockerfile knows its parent, unless that is one of the parent's own.
    fn alias(&mut self, images: &mut [Image], (child, at): (usize, usize), parent: &crate::import::found::Parent) {
        let written = &images[at];
        let (name, tag) = split(&Template::literal(&parent.alias));
        let full = |name: &Template| name.as_literal().map(full_name);
        if written.names.iter().any(|known| full(known) == full(&name)) && written.tags.contains(&tag) {
            return;
        }
        let mut image = Template::literal("docker-image://");
        image.push(&written.names[0]);
        image.push_literal(":");
        image.push(&for_child(written.templates.as_ref().and_then(|templates| templates.first())));
        let message =
            format!("`{}` stands for an image of this file under a name that only this build knows", parent.alias);
        let better = format!(
            "better: `ARG BASE` and `FROM ${{BASE}}` in the Dockerfile, and `args: {{ BASE: \"{}:${{workflow_tag}}\" }}`",
            written.names[0]
        );
        let problem = Diagnostic::new("renamed-parent", parent.span, message).warning();
        let help =
            "it is kept by its tag, which another run may move meanwhile, and is not there where nothing is pushed";
        self.problems.push(problem.help(help).help(better));
        images[child].found.keys.map("additional_contexts").put(&parent.alias, image);
    }
}

fn need(images: &mut [Image], child: usize, parent: usize, comment: Option<String>) {
    let key = images[parent].key.clone();
    if images[child].needs.iter().all(|(known, _)| *known != key) {
        images[child].needs.push((key, comment));
    }
}

/// The way from one image to another along what they need.
fn path(images: &[Image], from: usize, to: usize) -> Option<Vec<usize>> {
    let mut paths = vec![vec![from]];
    let mut seen = vec![from];
    while let Some(path) = paths.pop() {
        let last = *path.last()?;
        if last == to {
            return Some(path);
        }
        for (key, _) in &images[last].needs {
            let Some(next) = images.iter().position(|image| image.key == *key).filter(|at| !seen.contains(at)) else {
                continue;
            };
            seen.push(next);
            paths.push([path.as_slice(), &[next]].concat());
        }
    }
    None
}

/// What arguments name: an image of this file is one that the build is meant to stand on. Where nothing else says so, the tool
/// would have taken an older one.
fn arguments(images: &mut [Image]) {
    let mut known: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    for (at, image) in images.iter().enumerate() {
        // As they were written, whatever has become of times in them.
        for (reference, _) in &image.found.references {
            let (name, tag) = split(reference);
            let tag = without_time(&tag).unwrap_or(tag);
            let name_at = image.names.iter().position(|known| *known == name);
            let tag_at = image.tags.iter().position(|known| *known == tag);
            if let (Some(name_at), Some(tag_at)) = (name_at, tag_at) {
                known.insert(reference.to_string(), (at, name_at, tag_at));
            }
        }
    }
    for child in 0..images.len() {
        let Some(Value::Map(args)) = images[child].found.keys.get("args").cloned() else { continue };
        for argument in args.entries() {
            let Value::Text(value) = argument.value() else { continue };
            let Some((at, name, tag)) = known.get(&value.to_string()).copied() else { continue };
            if at == child || path(images, at, child).is_some() {
                continue;
            }
            let parent = &images[at];
            let template = parent.templates.as_ref().and_then(|templates| templates.get(tag));
            // Of several tags of a workflow, only the first has a name.
            if template.is_some() || tag == 0 {
                let mut text = parent.names[name].clone();
                text.push_literal(":");
                text.push(&for_child(template));
                images[child].found.keys.map("args").put(argument.key(), text);
            }
            need(images, child, at, Some(format!("guessed: {} names it", argument.key())));
        }
    }
}
