//! The images of a repository, by what its Dockerfiles are called: each with a name, a variant and a key of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::file::DockerfileIn;
use super::name::of_repository;
use crate::draft::Map;
use crate::platform::Platform;
use crate::repository::Repository;
use crate::template::Template;

/// An image that is proposed.
#[derive(Clone, Debug)]
pub struct Image {
    pub key: String,
    /// What it is called under the registry and the organization: `app`, or `tools/app`.
    pub name: String,
    /// Its whole name, where that is known to be another.
    pub full: Option<String>,
    /// What its tags have more than those of the workflow: `1.26-noble`; empty for the image itself.
    pub variant: String,
    /// Its Dockerfiles: one, or one for each platform.
    pub builds: Vec<Build>,
    /// The platforms that it is fixed to; none if nothing is said.
    pub platforms: Vec<Platform>,
    pub needs: Vec<Need>,
    /// Arguments by which it gets its parents.
    pub args: Vec<(String, Template)>,
    /// What its Dockerfile calls its parents, where these are published under other names.
    pub contexts: Vec<(String, Template)>,
    /// Other keys, as a file of bake or Compose has them.
    pub keys: Map,
    /// What a person should know of it, a line each.
    pub comments: Vec<String>,
}

/// A Dockerfile and how it is built.
#[derive(Clone, Debug)]
pub struct Build {
    /// From the root of the repository.
    pub path: String,
    pub context: Context,
    pub platform: Option<Platform>,
}

/// An image that another one waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub key: String,
    /// What is doubtful of it.
    pub doubt: Option<String>,
}

impl Image {
    /// The images of the Dockerfiles, in their order. One that has a Dockerfile for each of several platforms is one image.
    pub(super) fn all(files: &[DockerfileIn], repository: &Repository) -> Vec<Self> {
        let root_name = root_name(repository);
        let names = names(files, &root_name);
        let mut images: Vec<Self> = Vec::new();
        for (file, name) in files.iter().zip(names) {
            let variant = file.words.variant.join("-");
            let context = Context::of(file, repository);
            let build = Build { path: file.path.clone(), context, platform: file.words.platform.clone() };
            let same = images.iter_mut().find(|image| image.name == name && image.variant == variant);
            if let Some(same) = same {
                same.builds.push(build);
                continue;
            }
            let platforms = file.dockerfile.platform.iter().cloned().collect();
            images.push(Self {
                key: String::new(),
                name,
                full: None,
                variant,
                builds: vec![build],
                platforms,
                needs: Vec::new(),
                args: Vec::new(),
                contexts: Vec::new(),
                keys: Map::default(),
                comments: Vec::new(),
            });
        }
        for image in &mut images {
            let by_path: Vec<Platform> = image.builds.iter().filter_map(|build| build.platform.clone()).collect();
            if !by_path.is_empty() {
                image.platforms = by_path;
            }
        }
        let mut keys = BTreeSet::new();
        for image in &mut images {
            image.key = free_key(&image.name, &image.variant, &mut keys);
        }
        images
    }

    /// The Dockerfile that stands for it.
    pub fn path(&self) -> &str {
        self.builds.first().map(|build| build.path.as_str()).unwrap_or_default()
    }

    /// The tag that it is published under beside others, where the workflow's is `latest`.
    pub fn tag(&self) -> &str {
        if self.variant.is_empty() { "latest" } else { &self.variant }
    }

    /// Its tag in any workflow, as its children write it.
    pub fn tag_template(&self) -> Template {
        let mut tag = Template::name(if self.variant.is_empty() { "workflow_tag" } else { "workflow_tag_prefix" });
        tag.push_literal(&self.variant);
        tag
    }
}

/// What the image of the repository itself is called.
pub(super) fn root_name(repository: &Repository) -> String {
    let organization = repository.git.remote.as_ref().and_then(|remote| remote.path.split('/').next());
    of_repository(&repository.name().unwrap_or_default(), organization)
}

/// A name for each: its last word, with as many before it as it takes to tell it from others.
fn names(files: &[DockerfileIn], root_name: &str) -> Vec<String> {
    let mut taken: Vec<usize> = vec![1; files.len()];
    let name = |file: &DockerfileIn, count: usize| {
        let words = &file.words.words;
        let words = &words[words.len().saturating_sub(count)..];
        if words.is_empty() { root_name.to_owned() } else { words.join("-") }
    };
    loop {
        let mut same: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, file) in files.iter().enumerate() {
            let whole = (name(file, taken[at]), file.words.variant.clone(), file.words.platform.clone());
            same.entry(whole).or_default().push(at);
        }
        let doubles: Vec<usize> = same.into_values().filter(|them| them.len() > 1).flatten().collect();
        let longer: Vec<usize> =
            doubles.iter().copied().filter(|at| taken[*at] < files[*at].words.words.len()).collect();
        if longer.is_empty() {
            return numbered(files.iter().zip(&taken).map(|(file, count)| name(file, *count)).collect(), files);
        }
        longer.into_iter().for_each(|at| taken[at] += 1);
    }
}

/// Those that nothing tells apart get numbers.
fn numbered(mut names: Vec<String>, files: &[DockerfileIn]) -> Vec<String> {
    let mut seen: BTreeSet<(String, Vec<String>, Option<Platform>)> = BTreeSet::new();
    for (name, file) in names.iter_mut().zip(files) {
        let with = |name: String| (name, file.words.variant.clone(), file.words.platform.clone());
        let mut number = 1;
        let first = name.clone();
        while !seen.insert(with(name.clone())) {
            number += 1;
            *name = format!("{first}-{number}");
        }
    }
    names
}

/// A key of letters, digits and hyphens that is not taken.
fn free_key(name: &str, variant: &str, keys: &mut BTreeSet<String>) -> String {
    let whole = if variant.is_empty() { name.to_owned() } else { format!("{name}-{variant}") };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let plain: String = whole.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    let mut key = plain.clone();
    let mut number = 1;
    while !keys.insert(key.clone()) {
        number += 1;
        key = format!("{plain}-{number}");
    }
    key
}
