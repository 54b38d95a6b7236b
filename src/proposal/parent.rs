//! Which images of a repository are built on which others, by the names in their Dockerfiles.

use std::collections::BTreeMap;

use super::file::DockerfileIn;
use super::image::{Image, Need};
use super::official::local_name;
use super::prefix::{Prefix, name_of};
use crate::dockerfile::Base;
use crate::reference::full_name;
use crate::template::Template;

/// The var that holds the prefix of all names.
pub(super) const REGISTRY: &str = "registry";

/// Finds what each image waits for, and how it is told of its parents where their names are arguments.
pub(super) fn connect(images: &mut [Image], files: &[DockerfileIn], prefix: &Prefix) {
    let by_path: BTreeMap<&str, &DockerfileIn> = files.iter().map(|file| (file.path.as_str(), file)).collect();
    for at in 0..images.len() {
        let paths: Vec<String> = images[at].builds.iter().map(|build| build.path.clone()).collect();
        for file in paths.iter().filter_map(|path| by_path.get(path.as_str())) {
            for base in &file.dockerfile.bases {
                base_of(images, at, (base, &file.path), prefix);
            }
        }
    }
    remove_cycles(images);
    inherit_platforms(images, &by_path, prefix);
}

/// The whole name of an image: with the prefix where it has no other.
pub(super) fn whole_name(image: &Image, prefix: &Prefix) -> String {
    image.full.clone().unwrap_or_else(|| format!("{}/{}", prefix.text, image.name))
}

/// The same as a value of the matrix.
pub(super) fn name_template(image: &Image) -> Template {
    match &image.full {
        Some(full) => Template::literal(full),
        None => {
            let mut name = Template::name(REGISTRY);
            name.push_literal(&format!("/{}", image.name));
            name
        }
    }
}

fn base_of(images: &mut [Image], at: usize, (base, path): (&Base, &str), prefix: &Prefix) {
    let place = format!("{path}:{}", base.line);
    let Some(image) = &base.image else {
        let written = shown(&base.written);
        let image = &mut images[at];
        let argument = base.argument.as_deref().or(base.tag_argument.as_deref());
        let comment = match argument {
            Some(argument) => {
                format!("{place}: {argument} has no default, so give it one here: args: {{ {argument}: … }}")
            }
            None => format!("{place}: {written} has an argument without a default, so give it one here, under args"),
        };
        if !image.comments.contains(&comment) {
            image.comments.push(comment);
        }
        return;
    };
    // What is named by its digest is no build of this run.
    if image.contains('@') {
        return;
    }
    let name = name_of(image);
    let tag = image[name.len()..].strip_prefix(':').unwrap_or("latest");
    let is_whole = |other: &usize| full_name(&whole_name(&images[*other], prefix)) == full_name(name);
    // A name that is known on the machine where it is built, and nowhere else.
    let is_local = |other: &usize| local_name(name) == Some(images[*other].name.as_str());
    let same: Vec<usize> = (0..images.len()).filter(|it| *it != at && (is_whole(it) || is_local(it))).collect();
    let exact = same.iter().copied().find(|other| is_whole(other) && images[*other].tag() == tag);
    let Some(parent) = exact.or_else(|| likely(images, &same, tag)) else {
        if !same.is_empty() {
            let comment = format!("{place}: {} is none of the tags that are published here", shown(image));
            images[at].comments.push(comment);
        }
        return;
    };
    let mut doubt = None;
    if exact.is_none() {
        let tag_template = images[parent].tag_template();
        match (&base.argument, &base.tag_argument) {
            (Some(argument), _) => {
                let mut whole = name_template(&images[parent]);
                whole.push_literal(":");
                whole.push(&tag_template);
                put(&mut images[at].args, argument, whole);
            }
            (None, Some(argument)) => put(&mut images[at].args, argument, tag_template),
            (None, None) if is_local(&parent) => {
                let mut whole = Template::literal("docker-image://");
                whole.push(&name_template(&images[parent]));
                whole.push_literal(":");
                whole.push(&tag_template);
                // As BuildKit asks for it: https://docs.docker.com/reference/cli/docker/buildx/build/#build-context
                put(&mut images[at].contexts, image.strip_suffix(":latest").unwrap_or(image), whole);
            }
            (None, None) => {
                doubt = Some(format!(
                    "{place} says {}: write :{} there, or publish that tag, to build on this run's",
                    shown(image),
                    images[parent].tag(),
                ));
            }
        }
    }
    let key = images[parent].key.clone();
    let needs = &mut images[at].needs;
    if needs.iter().all(|need| need.key != key) {
        needs.push(Need { key, doubt });
    }
}

/// Of images with one name, the one that is meant by a tag that none of them has: the one whose words are all in it, else
/// the one without a variant, or the only one.
fn likely(images: &[Image], same: &[usize], tag: &str) -> Option<usize> {
    let words: Vec<&str> = tag.split('-').collect();
    let is_in = |image: &Image| !image.variant.is_empty() && image.variant.split('-').all(|word| words.contains(&word));
    let longest = same.iter().copied().filter(|at| is_in(&images[*at])).max_by_key(|at| images[*at].variant.len());
    let plain = || same.iter().copied().find(|at| images[*at].variant.is_empty());
    longest.or_else(plain).or(same.first().copied().filter(|_| same.len() == 1))
}

fn put(args: &mut Vec<(String, Template)>, name: &str, value: Template) {
    if args.iter().all(|(known, _)| known != name) {
        args.push((name.to_owned(), value));
    }
}

/// Takes away what would make images wait for each other, as where a build begins with what an earlier one published.
fn remove_cycles(images: &mut [Image]) {
    let mut edges: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for image in images {
        let reaches = |from: &str, edges: &BTreeMap<String, Vec<String>>| {
            let (mut open, mut seen) = (vec![from.to_owned()], vec![]);
            while let Some(key) = open.pop() {
                if key == image.key {
                    return true;
                }
                if !seen.contains(&key) {
                    open.extend(edges.get(&key).into_iter().flatten().cloned());
                    seen.push(key);
                }
            }
            false
        };
        let (closing, kept): (Vec<Need>, Vec<Need>) =
            std::mem::take(&mut image.needs).into_iter().partition(|need| reaches(&need.key, &edges));
        for need in closing {
            image
                .comments
                .push(format!("it is also built on {}, which waits for it: it takes an earlier one", need.key));
        }
        edges.insert(image.key.clone(), kept.iter().map(|need| need.key.clone()).collect());
        image.needs = kept;
    }
}

/// What is built on an image of some platforms has no others.
fn inherit_platforms(images: &mut [Image], files: &BTreeMap<&str, &DockerfileIn>, prefix: &Prefix) {
    // No chain is longer than there are images.
    for _ in 0..images.len() {
        let mut has_changed = false;
        for at in 0..images.len() {
            if !images[at].platforms.is_empty() {
                continue;
            }
            let is_base = |parent: &Image| {
                let name = full_name(&whole_name(parent, prefix));
                let bases = files.get(images[at].path()).map(|file| &file.dockerfile.bases);
                bases
                    .into_iter()
                    .flatten()
                    .any(|base| base.image.as_deref().is_some_and(|image| full_name(name_of(image)) == name))
            };
            let of_parents = images.iter().filter(|parent| {
                images[at].needs.iter().any(|need| need.key == parent.key)
                    && !parent.platforms.is_empty()
                    && is_base(parent)
            });
            if let Some(parent) = of_parents.min_by_key(|parent| parent.platforms.len()) {
                images[at].platforms = parent.platforms.clone();
                has_changed = true;
            }
        }
        if !has_changed {
            return;
        }
    }
}

/// A text of a Dockerfile in a line of its own.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}
