//! What files of bake and Compose say of the builds in a repository: contexts, stages, arguments, names.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::image::{Image, root_name};
use super::parent::REGISTRY;
use crate::draft::{Draft, Map, Value};
use crate::import::{self, Request};
use crate::reference::name_problem;
use crate::repository::{LeftOut, Repository, folder, join};
use crate::spec::Vocabulary;
use crate::yaml::Node;
use crate::yaml::read::{Budget, Form, read_as};

/// Keys that are taken over as they are; what an image is called and waits for is found otherwise.
const TAKEN_OVER: &[&str] = &[
    "tags",
    "target",
    "args",
    "labels",
    "secrets",
    "ssh",
    "additional_contexts",
    "network",
    "shm_size",
    "extra_hosts",
    "ulimits",
    "no_cache",
    "pull",
];

/// What was read of all such files.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// By the Dockerfile, from the root of the repository.
    builds: BTreeMap<String, Vec<DeclaredBuild>>,
    /// Sections at the top that the builds refer to: their vars and secrets.
    pub(super) sections: BTreeMap<&'static str, Map>,
    /// Files that were used.
    pub(super) files: Vec<String>,
    pub(super) left_out: Vec<LeftOut>,
}

#[derive(Clone, Debug, PartialEq)]
struct DeclaredBuild {
    key: String,
    file: String,
    context: String,
    /// Its whole name, if the file has one that is of a registry.
    name: Option<String>,
    keys: Map,
}

impl Declared {
    /// Reads the files; what of them cannot be read is left out.
    pub(super) fn of(repository: &Repository, providers: &[&'static Vocabulary]) -> Self {
        let mut declared = Self::default();
        for path in repository.found.bake.iter().chain(&repository.found.compose) {
            match text(repository, path).and_then(|text| draft(repository, path, &text, providers)) {
                Ok(Some((draft, named))) => declared.take(path, &draft, &named),
                Ok(None) => {}
                Err(why) => declared.left_out.push(LeftOut { path: path.clone(), why }),
            }
        }
        declared
    }

    /// `named` are the builds to which the file itself gives names.
    fn take(&mut self, path: &str, draft: &Draft, named: &[String]) {
        let vars = draft.get("vars").cloned().unwrap_or_default();
        // The matrix has a var of that name already, with another meaning.
        let vars = match vars.get(REGISTRY).cloned() {
            Some(registry) => Map::of(vars.entries().iter().map(|it| (it.key(), filled(it.value(), &registry)))),
            None => vars,
        };
        let defaults = draft.get("defaults").cloned().unwrap_or_default();
        let mut is_used = false;
        for entry in draft.get("images").map(Map::entries).unwrap_or_default() {
            let Some((dockerfile, build)) =
                entry.value().as_map().and_then(|map| build(path, entry.key(), &over(&defaults, map), &vars))
            else {
                continue;
            };
            let mut build = build;
            if !named.contains(&build.key) {
                build.name = None;
                build.keys.remove("tags");
            }
            let builds = self.builds.entry(dockerfile).or_default();
            if !builds.iter().any(|known| (&known.context, &known.keys) == (&build.context, &build.keys)) {
                builds.push(build);
            }
            is_used = true;
        }
        self.files.extend(is_used.then(|| path.to_owned()));
        let secrets = draft.get("secrets").cloned().unwrap_or_default();
        for (section, map) in [("vars", vars), ("secrets", secrets)] {
            let all = self.sections.entry(section).or_default();
            for entry in map.entries() {
                if all.get(entry.key()).is_none() && (section, entry.key()) != ("vars", REGISTRY) {
                    all.put(entry.key(), entry.value().clone());
                }
            }
        }
    }

    /// Says of the images what was declared. A Dockerfile of which several builds are declared is an image for each.
    pub(super) fn apply(&self, images: &mut Vec<Image>) {
        let mut all = Vec::with_capacity(images.len());
        for image in images.drain(..) {
            let builds = self.builds.get(image.path()).filter(|_| image.builds.len() == 1);
            let Some(builds) = builds.filter(|builds| !builds.is_empty()) else {
                all.push(image);
                continue;
            };
            for build in builds {
                let mut image = image.clone();
                if builds.len() > 1 {
                    image.key = build.key.clone();
                    image.name = super::name::kebab(&build.key);
                }
                image.builds[0].context = Context { folder: build.context.clone(), guess: None };
                image.full = build.name.clone();
                image.keys = build.keys.clone();
                if !build.key.ends_with(&image.name) {
                    image.comments.push(format!("{} calls it {}", build.file, build.key));
                }
                all.push(image);
            }
        }
        *images = all;
        distinguish(images);
    }
}

/// Keys, and names with their tags, each once.
fn distinguish(images: &mut [Image]) {
    let (mut keys, mut names) = (Vec::new(), Vec::new());
    for image in images {
        let first = image.key.clone();
        let mut number = 1;
        while keys.contains(&image.key) {
            number += 1;
            image.key = format!("{first}-{number}");
        }
        keys.push(image.key.clone());
        let whole = |image: &Image| {
            let tags = image.keys.get("tags").cloned().unwrap_or_else(|| image.variant.as_str().into());
            (image.full.clone().unwrap_or_else(|| image.name.clone()), tags)
        };
        if names.contains(&whole(image)) {
            image.full = None;
            image.keys.remove("tags");
            if names.contains(&whole(image)) {
                image.name = image.key.to_lowercase();
            }
        }
        names.push(whole(image));
    }
}

/// A build that a file declares, with its Dockerfile from the root of the repository; `None` where what is built is
/// elsewhere, or not known before a job runs.
fn build(file: &str, key: &str, map: &Map, vars: &Map) -> Option<(String, DeclaredBuild)> {
    let text = |key: &str| map.get(key).map_or(Some(String::new()), |value| known(value, vars));
    let (context, dockerfile) = (text("context")?, text("dockerfile")?);
    if context.contains("://") || map.get("run").is_some() {
        return None;
    }
    let context = if context.is_empty() { ".".to_owned() } else { context };
    let dockerfile = join(&context, if dockerfile.is_empty() { "Dockerfile" } else { &dockerfile });
    let name = map.get("image").and_then(|value| known(value, vars));
    let name = name.filter(|name| name.contains('/') && name_problem(name).is_none());
    // Tags belong to the names that the file gives.
    let is_taken = |key: &str| TAKEN_OVER.contains(&key) && (key != "tags" || name.is_some());
    let taken = map.entries().iter().filter(|entry| is_taken(entry.key()));
    let value = |value: &Value| vars.get(REGISTRY).map_or_else(|| value.clone(), |registry| filled(value, registry));
    let keys = Map::of(taken.map(|entry| (entry.key(), value(entry.value()))));
    Some((dockerfile, DeclaredBuild { key: key.to_owned(), file: file.to_owned(), context, name, keys }))
}

/// The keys of an image over those of `defaults`: maps are merged name by name.
fn over(defaults: &Map, image: &Map) -> Map {
    let mut merged = defaults.clone();
    for entry in image.entries() {
        match (merged.get(entry.key()).and_then(Value::as_map), entry.value()) {
            (Some(below), Value::Map(above)) => {
                let both = below.entries().iter().chain(above.entries());
                let both = Map::of(both.map(|entry| (entry.key(), entry.value().clone())));
                merged.put(entry.key(), both);
            }
            (_, value) => {
                merged.put(entry.key(), value.clone());
            }
        }
    }
    merged
}

/// A value whose references are all to vars.
fn known(value: &Value, vars: &Map) -> Option<String> {
    /// Vars may refer to vars.
    const DEEPEST: usize = 8;
    let Value::Text(template) = value else { return None };
    let value_of = |name: &str| match vars.get(name) {
        Some(Value::Text(template)) => Some(template.clone()),
        _ => None,
    };
    let filled = (0..DEEPEST).fold(template.clone(), |template, _| template.fill(value_of));
    filled.as_literal().map(str::to_owned)
}

/// A value with another one in the place of what it calls `registry`.
fn filled(value: &Value, registry: &Value) -> Value {
    match (value, registry) {
        (Value::Text(text), Value::Text(by)) => Value::Text(text.fill(|name| (name == REGISTRY).then(|| by.clone()))),
        (Value::List(items), _) => Value::List(items.iter().map(|item| filled(item, registry)).collect()),
        (Value::Map(map), _) => {
            Value::Map(Map::of(map.entries().iter().map(|it| (it.key(), filled(it.value(), registry)))))
        }
        _ => value.clone(),
    }
}

/// The names that a value refers to.
pub(super) fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Text(template) => found.extend(template.names().map(str::to_owned)),
        Value::List(items) => items.iter().for_each(|item| names(item, found)),
        Value::Map(map) => map.entries().iter().for_each(|entry| names(entry.value(), found)),
        Value::Verbatim(_) | Value::Flag(_) | Value::Number(_) | Value::Nothing => {}
    }
}

fn text(repository: &Repository, path: &str) -> Result<String, String> {
    if path.ends_with(".hcl") {
        return repository.printed_bake(path).ok_or_else(|| {
            "only `docker buildx bake` evaluates it: pipe its `--print -f FILE` into `splitbuild import -`".into()
        });
    }
    repository.text(path).map_err(|cause| format!("cannot read it: {cause}"))
}

/// What a file builds, as a matrix; `None` if it builds nothing.
fn draft(
    repository: &Repository,
    path: &str,
    text: &str,
    providers: &[&'static Vocabulary],
) -> Result<Option<(Draft, Vec<String>)>, String> {
    let root =
        read_as(text, Budget::default(), Form::Core).map_err(|error| format!("cannot read it: {}", error.message))?;
    let root = root.root;
    if !builds(&root) {
        return Ok(None);
    }
    let is_compose = import::is_compose(&root);
    let beside = if is_compose { folder(path) } else { "." };
    let environment = repository.text(&join(folder(path), ".env")).ok().filter(|_| is_compose);
    let project = root_name(repository);
    let request = Request {
        name: path,
        folder: if beside == "." { "" } else { beside },
        project: &project,
        environment: environment.as_deref(),
        files: Some(repository),
        providers,
    };
    match import::import(&request, &root) {
        Ok(imported) => Ok(Some((imported.draft, named(&root)))),
        Err(problems) => {
            let count = problems.len();
            Err(format!("it has {count} problem{}, which `splitbuild import` shows", if count == 1 { "" } else { "s" }))
        }
    }
}

impl import::Files for Repository {
    fn text(&self, path: &str) -> std::io::Result<String> {
        Repository::text(self, path)
    }
}

/// The services and targets that are given names of images.
fn named(root: &Node) -> Vec<String> {
    let all = ["services", "target"].into_iter().filter_map(|key| root.get(key)?.as_mapping());
    let is_named = |node: &Node| ["image", "tags"].iter().any(|key| node.get(key).is_some());
    all.flat_map(|map| &map.entries)
        .filter(|entry| is_named(&entry.value))
        .map(|entry| entry.key.text.clone())
        .collect()
}

/// Whether a file of Compose has a service that is built; every target of bake is.
fn builds(root: &Node) -> bool {
    let services = root.get("services").and_then(Node::as_mapping);
    services.is_none_or(|services| services.entries.iter().any(|service| service.value.get("build").is_some()))
}
