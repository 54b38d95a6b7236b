//! What the path of a Dockerfile says of its image: words for its name, what variant of it this is, and for which platform.

use crate::platform::Platform;

/// Folders that are called after what lies in them, and not after an image.
const GENERIC: &[&str] = &[
    "docker",
    "dockerfile",
    "dockerfiles",
    "docker-image",
    "docker-images",
    "container",
    "containers",
    "image",
    "images",
    "build",
    "builds",
    "src",
    "source",
    "services",
    "service",
    "apps",
    "packages",
    "pkg",
    "cmd",
    "deploy",
    "deployment",
    "deployments",
    "ci",
    "scripts",
    "infra",
    "infrastructure",
    "ops",
    "devops",
    "components",
    "projects",
    "modules",
    "data",
    "prod",
    "production",
    "release",
    "multi-arch",
    "multiarch",
    "linux",
];

/// Systems, which are variants of what they are a part of, and images of their own where they are not.
const SYSTEMS: &[&str] = &[
    "alpine",
    "debian",
    "ubuntu",
    "centos",
    "fedora",
    "rocky",
    "rockylinux",
    "alma",
    "almalinux",
    "rhel",
    "ubi",
    "ol",
    "oraclelinux",
    "amazonlinux",
    "archlinux",
    "opensuse",
    "leap",
    "photon",
    "wolfi",
    "distroless",
];

/// Other words for a variant of an image: releases of systems, and what is built in.
const VARIANTS: &[&str] = &[
    "slim",
    "sid",
    "forky",
    "trixie",
    "bookworm",
    "bullseye",
    "buster",
    "stretch",
    "noble",
    "jammy",
    "focal",
    "bionic",
    "xenial",
    "resolute",
    "plucky",
    "oracular",
    "windows",
    "nanoserver",
    "windowsservercore",
    "servercore",
    "cuda",
    "rocm",
    "gpu",
    "cpu",
    "fpm",
    "zts",
    "tip",
    "rc",
    "musl",
    "glibc",
    "debug",
    "full",
    "minimal",
    "lite",
    "rootless",
    "nonroot",
    "edge",
];

/// What is made for those who work on the project, or for its tests.
const DEVELOPMENT: &[&str] = &[
    "dev",
    "devel",
    "develop",
    "development",
    "devcontainer",
    "test",
    "tests",
    "testing",
    "ci",
    "local",
    "e2e",
    "lint",
    "integration",
    "bench",
    "benchmark",
    "example",
    "cypress",
];

/// Folders with what is not published.
const ASIDE: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "test-data",
    "fixtures",
    "fixture",
    "e2e",
    "integration-tests",
    "integration",
    "examples",
    "example",
    "samples",
    "sample",
    "demo",
    "demos",
    "docs",
    "doc",
    "documentation",
    "benchmark",
    "benchmarks",
    "playground",
];

const ARCHITECTURES: &[(&str, &str)] = &[
    ("amd64", "linux/amd64"),
    ("x86_64", "linux/amd64"),
    ("x64", "linux/amd64"),
    ("arm64", "linux/arm64"),
    ("aarch64", "linux/arm64"),
    ("arm64v8", "linux/arm64"),
    ("armv7", "linux/arm/v7"),
    ("armhf", "linux/arm/v7"),
    ("arm32v7", "linux/arm/v7"),
    ("armv6", "linux/arm/v6"),
    ("arm32v6", "linux/arm/v6"),
    ("i386", "linux/386"),
    ("386", "linux/386"),
    ("ppc64le", "linux/ppc64le"),
    ("s390x", "linux/s390x"),
    ("riscv64", "linux/riscv64"),
];

/// What a path says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PathWords {
    /// Words for the name, from the root on; the last says most. Without any, the image is called after the repository.
    pub(super) words: Vec<String>,
    /// `1.26`, `bookworm`
    pub(super) variant: Vec<String>,
    pub(super) platform: Option<Platform>,
    /// Whether a folder is called after a variant, before any word for a name.
    is_folder_variant: bool,
    /// Why it is not published, if its path says so.
    pub(super) aside: Option<&'static str>,
}

impl PathWords {
    /// The words of a path like `images/golang/1.26/Dockerfile.arm64`.
    pub(super) fn of(path: &str) -> Self {
        let mut found = Self::default();
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        for folder in folders.split('/').map(kebab).filter(|folder| !folder.is_empty()) {
            found.folder(&folder);
        }
        found.is_folder_variant = !found.variant.is_empty();
        found.file(file);
        found
    }

    fn folder(&mut self, word: &str) {
        if ASIDE.contains(&word) {
            self.aside = Some("it is for tests, examples or documentation, by its folder");
        }
        if let Some(platform) = architecture(word) {
            self.platform = Some(platform);
        } else if !self.variant.is_empty() || is_variant(word) {
            self.variant.push(word.to_owned());
        } else if let Some((name, version)) = versioned(word) {
            self.words.push(name.to_owned());
            self.variant.push(version.to_owned());
        } else if !GENERIC.contains(&word) {
            self.words.push(word.to_owned());
        }
    }

    /// Of `Dockerfile.worker-arm64`, `worker` and the platform.
    fn file(&mut self, name: &str) {
        let name = kebab(name);
        let separators = ['.', '-', '_'];
        let Some(rest) = ["dockerfile", "containerfile"].iter().find_map(|word| {
            let before = name.strip_suffix(word).map(|before| before.trim_end_matches(separators));
            name.strip_prefix(word).map(|after| after.trim_start_matches(separators)).or(before)
        }) else {
            return;
        };
        let mut rest = rest.to_owned();
        for (word, _) in ARCHITECTURES {
            let ends = rest.strip_suffix(word).filter(|before| before.is_empty() || before.ends_with(separators));
            if let Some(before) = ends {
                self.platform = architecture(word);
                rest = before.trim_end_matches(separators).to_owned();
                break;
            }
        }
        if rest.is_empty() || GENERIC.contains(&rest.as_str()) {
            return;
        }
        if DEVELOPMENT.contains(&rest.as_str()) {
            self.aside = Some("it is for development or tests, by its name");
        }
        if is_variant(&rest) {
            self.variant.push(rest);
            return;
        }
        if let Some((name, version)) = versioned(&rest) {
            self.words.push(name.to_owned());
            self.variant.push(version.to_owned());
            return;
        }
        // `api/Dockerfile.worker` is another image than `api/Dockerfile`.
        match self.words.last() {
            Some(folder) if !rest.starts_with(folder.as_str()) => self.words.push(format!("{folder}-{rest}")),
            _ => self.words.push(rest),
        }
    }

    /// Whether all that is known is a system, as of `ubuntu/Dockerfile`.
    pub(super) fn is_system_alone(&self) -> bool {
        self.words.is_empty()
            && self.is_folder_variant
            && self.variant.first().is_some_and(|word| SYSTEMS.contains(&word.as_str()))
    }

    /// Takes the system for the name of the image.
    pub(super) fn name_by_system(&mut self) {
        if !self.variant.is_empty() {
            self.words.push(self.variant.remove(0));
        }
    }
}

fn architecture(word: &str) -> Option<Platform> {
    let known = ARCHITECTURES.iter().find(|(known, _)| *known == word);
    known.and_then(|(_, platform)| platform.parse().ok())
}

/// Whether a word says which variant of an image this is: a version, a system, its release, or something that is built in.
fn is_variant(word: &str) -> bool {
    if is_version(word) {
        return true;
    }
    let is_known = |part: &str| {
        let base = part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        SYSTEMS.contains(&base) || VARIANTS.contains(&base)
    };
    word.split(['-', '_']).all(|part| is_known(part) || is_version(part))
}

fn is_version(word: &str) -> bool {
    word.strip_prefix('v').unwrap_or(word).starts_with(|c: char| c.is_ascii_digit())
}

/// `golang-1.26-noble` as `golang` and `1.26-noble`, and `r-ver_devel` as `r-ver` and `devel`.
fn versioned(word: &str) -> Option<(&str, &str)> {
    let parts = word.match_indices(['-', '_']).map(|(at, sign)| (sign, &word[..at], &word[at + 1..]));
    let mut named = parts.filter(|(_, name, _)| !name.is_empty() && !GENERIC.contains(name));
    let is_release = |rest: &str| is_variant(rest) || ["devel", "nightly", "latest"].contains(&rest);
    named
        .find(|(sign, _, rest)| is_version(rest) || (*sign == "_" && is_release(rest)))
        .map(|(_, name, rest)| (name, rest))
}

/// A word as names of images are written: `NodeBase` is `node-base`.
pub(super) fn kebab(word: &str) -> String {
    let mut kebab = String::with_capacity(word.len() + 2);
    let mut before = '-';
    for c in word.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            kebab.push('-');
        }
        kebab.push(match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() || "._-".contains(c) => c,
            _ => '-',
        });
        before = c;
    }
    let kebab = kebab.trim_matches(['.', '-', '_']);
    // No name has two dots, or a dot beside a hyphen.
    let mut clean = String::with_capacity(kebab.len());
    for c in kebab.chars() {
        if !(clean.ends_with(['.', '-', '_']) && ".-_".contains(c)) {
            clean.push(c);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str) -> String {
        let found = PathWords::of(path);
        let platform = found.platform.map(|platform| format!(" {platform}")).unwrap_or_default();
        let aside = if found.aside.is_some() { " aside" } else { "" };
        format!("{} | {}{platform}{aside}", found.words.join("/"), found.variant.join("-"))
    }

    #[test]
    fn a_path_says_what_an_image_is_called() {
        for (path, expected) in [
            ("Dockerfile", " | "),
            ("docker/Dockerfile", " | "),
            ("Dockerfile.alpine", " | alpine"),
            ("Dockerfile.worker", "worker | "),
            ("api/Dockerfile.worker", "api/api-worker | "),
            ("worker.Dockerfile", "worker | "),
            ("1.26/bookworm/Dockerfile", " | 1.26-bookworm"),
            ("8.3/alpine3.22/fpm/Dockerfile", " | 8.3-alpine3.22-fpm"),
            ("golang-all/golang-1.26-noble/Dockerfile", "golang-all/golang | 1.26-noble"),
            ("images/pytorch-notebook/cuda12/Dockerfile", "pytorch-notebook | cuda12"),
            ("NodeBase/Dockerfile", "node-base | "),
            ("src/cart/src/Dockerfile", "cart | "),
            ("Dockerfile.arm64", " |  linux/arm64"),
            ("Dockerfile.alpine.arm64v8", " | alpine linux/arm64"),
            ("x/arm32v7/Dockerfile", "x |  linux/arm/v7"),
            ("dockerfiles/r-ver_4.6.1.Dockerfile", "r-ver | 4.6.1"),
            ("dockerfiles/r-ver_devel.Dockerfile", "r-ver | devel"),
            ("tests/app/Dockerfile", "tests/app |  aside"),
            ("Dockerfile.dev", "dev |  aside"),
            ("ubuntu/Dockerfile", " | ubuntu"),
            ("Weird  Näme/Dockerfile", "weird-n-me | "),
        ] {
            assert_eq!(shown(path), expected, "{path}");
        }
    }
}
