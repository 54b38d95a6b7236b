//! Where the images of a repository are published: by what its own Dockerfiles call them, else by where it is kept.

use std::collections::BTreeMap;

use super::file::DockerfileIn;
use super::image::{Image, root_name};
use super::official::local_name;
use crate::reference::{full_name, name_problem, registry};
use crate::repository::Repository;

/// Hosts of repositories with a registry of their own, and whether an image's name begins with the repository's whole path.
/// - <https://docs.github.com/en/packages> (ghcr.io)
/// - <https://docs.gitlab.com/user/packages/container_registry/>
/// - <https://docs.codeberg.org/advanced/using-containers/>
const HOSTS: &[(&str, &str, bool)] = &[
    ("github.com", "ghcr.io", false),
    ("gitlab.com", "registry.gitlab.com", true),
    ("codeberg.org", "codeberg.org", false),
];

/// What the names of images begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// `ghcr.io/acme`
    pub text: String,
    /// How it is known.
    pub why: String,
    /// Whether it is the registry of the place where the repository is kept.
    pub is_of_remote: bool,
    /// Whether the image of the repository itself has no name after it.
    is_whole_path: bool,
}

impl Prefix {
    /// Names that begin with it are written with it.
    pub(super) fn shorten(&self, images: &mut [Image]) {
        let begin = format!("{}/", self.text);
        for image in images {
            if let Some(name) = image.full.as_ref().and_then(|full| full.strip_prefix(&begin)) {
                image.name = name.to_owned();
                image.full = None;
            }
        }
    }

    /// The host of its registry.
    pub fn host(&self) -> String {
        registry(&format!("{}/x", self.text)).to_owned()
    }
}

/// Finds the prefix, and gives names to the images that are called otherwise.
pub(super) fn name(images: &mut [Image], files: &[DockerfileIn], repository: &Repository) -> Prefix {
    let remote = of_remote(repository);
    let own = own_words(repository);
    let Some((text, is_joined, why)) = of_bases(images, files, &own, repository.git.remote.is_some()) else {
        name_as_locally(images, files, &own);
        if remote.is_whole_path {
            let root = root_name(repository);
            for image in images.iter_mut().filter(|image| image.name == root) {
                image.full = Some(remote.text.clone());
            }
        }
        return remote;
    };
    if is_joined {
        let begin = format!("{}-", last(&text));
        for image in images {
            if let Some(rest) = image.name.strip_prefix(&begin) {
                image.name = rest.to_owned();
            }
        }
    }
    let is_of_remote = remote.text == text;
    Prefix { text, why, is_of_remote, is_whole_path: false }
}

/// What Dockerfiles call other images of the repository, if it can be meant: `acme/` of `FROM acme/base`, where there is a
/// `base/Dockerfile`; and whether the name of a file says both, as `Dockerfile.acme-base` does.
fn of_bases(
    images: &[Image],
    files: &[DockerfileIn],
    own: &[String],
    has_remote: bool,
) -> Option<(String, bool, String)> {
    let mut found: BTreeMap<(String, bool), Vec<String>> = BTreeMap::new();
    for file in files {
        for base in &file.dockerfile.bases {
            let Some(name) = base.image.as_deref().map(name_of).filter(|name| name_problem(name).is_none()) else {
                continue;
            };
            // Docker's own images, and what only one machine knows, say nothing of a registry.
            let is_ours = !full_name(name).starts_with("docker.io/library/") && local_name(name).is_none();
            let Some((prefix, name)) = name.rsplit_once('/').filter(|_| is_ours) else { continue };
            let joined = format!("{}-{name}", last(prefix));
            for image in images.iter().filter(|image| image.builds.iter().all(|build| build.path != file.path)) {
                if image.name == name || image.name == joined {
                    let whole = (prefix.to_owned(), image.name == joined);
                    found.entry(whole).or_default().push(format!("{}:{} says {prefix}/{name}", file.path, base.line));
                }
            }
        }
    }
    let is_own = |prefix: &str| {
        let prefix = simple(last(prefix));
        own.iter().map(|own| simple(own)).any(|own| own.contains(&prefix) || prefix.contains(own.as_str()))
    };
    // Others build on images of the same name, too: where the remote says something else, one such line may be chance.
    let is_likely =
        |(prefix, _): &(String, bool), lines: &Vec<String>| is_own(prefix) || !has_remote || lines.len() > 1;
    let likely = found.into_iter().filter(|(whole, lines)| is_likely(whole, lines));
    let ((prefix, is_joined), lines) = likely.max_by_key(|((prefix, _), lines)| (is_own(prefix), lines.len()))?;
    Some((prefix, is_joined, lines.into_iter().next()?))
}

/// Where Dockerfiles say `FROM acme-base` of `base/Dockerfile`, all images are called so.
fn name_as_locally(images: &mut [Image], files: &[DockerfileIn], own: &[String]) {
    let bases = || files.iter().flat_map(|file| &file.dockerfile.bases).filter_map(|base| base.image.as_deref());
    let is_said = |begin: &&String| {
        bases().any(|base| images.iter().any(|image| name_of(base) == format!("{begin}-{}", image.name)))
    };
    let Some(begin) = own.iter().find(is_said) else { return };
    for image in images.iter_mut().filter(|image| !image.name.starts_with(begin.as_str())) {
        image.name = format!("{begin}-{}", image.name);
    }
}

/// What may be the beginning of its own images' names: the parts of the remote's path, else what it is called.
fn own_words(repository: &Repository) -> Vec<String> {
    let remote = repository.git.remote.as_ref().map(|remote| remote.path.split('/').map(super::name::kebab).collect());
    remote.unwrap_or_else(|| repository.name().map(|name| super::name::kebab(&name)).into_iter().collect())
}

fn of_remote(repository: &Repository) -> Prefix {
    let of = |text: &str, why: String, is_of_remote, is_whole_path| {
        let text = text.to_lowercase();
        Prefix { text, why, is_of_remote, is_whole_path }
    };
    let name = root_name(repository);
    let Some(remote) = &repository.git.remote else {
        return of(&name, "guessed: Docker Hub, and the name of this folder".into(), false, false);
    };
    let organization = remote.path.split('/').next().unwrap_or_default();
    let shown = format!("{}/{}", remote.host, remote.path);
    let by_host = HOSTS.iter().find(|(host, _, _)| *host == remote.host);
    let prefix = match by_host {
        Some((_, registry, true)) => {
            of(&format!("{registry}/{}", remote.path), format!("guessed from the remote, {shown}"), true, true)
        }
        Some((_, registry, false)) => {
            of(&format!("{registry}/{organization}"), format!("guessed from the remote, {shown}"), true, false)
        }
        None => of(organization, format!("guessed: Docker Hub, and the remote, {shown}"), false, false),
    };
    match name_problem(&format!("{}/x", prefix.text)) {
        None => prefix,
        Some(_) => of(&name, "guessed: Docker Hub, and the name of the repository".into(), false, false),
    }
}

/// An image's name without its tag and digest.
pub(super) fn name_of(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn simple(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
