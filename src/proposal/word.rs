//! Words in the paths of Dockerfiles: what is generic, what is a variant, what is an architecture.

use crate::platform::Platform;

/// Folders that are called after what lies in them, and not after an image.
const GENERIC: &str = "\
    docker dockerfile dockerfiles docker-image docker-images container containers image images build builds src \
    source services service apps packages pkg cmd deploy deployment deployments ci scripts infra infrastructure \
    ops devops components projects modules data prod production release multi-arch multiarch linux";

/// Systems, which are variants of what they are a part of, and images of their own where they are not.
const SYSTEMS: &str = "\
    alpine debian ubuntu centos fedora rocky rockylinux alma almalinux rhel ubi ol oraclelinux amazonlinux \
    archlinux opensuse leap photon wolfi distroless";

/// Other words for a variant of an image: releases of systems, and what is built in.
const VARIANTS: &str = "\
    slim sid forky trixie bookworm bullseye buster stretch noble jammy focal bionic xenial resolute plucky \
    oracular windows nanoserver windowsservercore servercore cuda rocm unstable nightly latest stable mainline \
    gpu cpu fpm zts tip rc musl glibc debug full minimal lite rootless nonroot edge";

/// What is made for those who work on the project, or for its tests.
const DEVELOPMENT: &str = "\
    dev devel develop development devcontainer test tests testing ci local e2e lint integration bench benchmark \
    example cypress";

/// Folders with what is not published.
const ASIDE: &str = "\
    test tests testing testdata test-data fixtures fixture e2e integration-tests integration examples example \
    samples sample demo demos docs doc documentation benchmark benchmarks playground";

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

fn is_in(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|known| known == word)
}

/// Whether a folder is called after what lies in it, and not after an image.
pub(super) fn is_generic(word: &str) -> bool {
    is_in(GENERIC, word)
}

/// Whether it is the name of an operating system.
pub(super) fn is_system(word: &str) -> bool {
    is_in(SYSTEMS, word)
}

/// Whether it is made for those who work on the project, or for its tests.
pub(super) fn is_development(word: &str) -> bool {
    is_in(DEVELOPMENT, word)
}

/// Whether a folder holds what is not published.
pub(super) fn is_aside(word: &str) -> bool {
    is_in(ASIDE, word)
}

/// The words for architectures.
pub(super) fn architectures() -> impl Iterator<Item = &'static str> {
    ARCHITECTURES.iter().map(|(word, _)| *word)
}

pub(super) fn architecture(word: &str) -> Option<Platform> {
    let known = ARCHITECTURES.iter().find(|(known, _)| *known == word);
    known.and_then(|(_, platform)| platform.parse().ok())
}

/// Whether a word says which variant of an image this is: a version, a system, its release, or something that is built in.
pub(super) fn is_variant(word: &str) -> bool {
    if is_version(word) {
        return true;
    }
    let is_known = |part: &str| {
        let base = part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        is_in(SYSTEMS, base) || is_in(VARIANTS, base)
    };
    word.split(['-', '_']).all(|part| is_known(part) || is_version(part))
}

fn is_version(word: &str) -> bool {
    word.strip_prefix('v').unwrap_or(word).starts_with(|c: char| c.is_ascii_digit())
}

/// `golang-1.26-noble` as `golang` and `1.26-noble`, and `r-ver_devel` as `r-ver` and `devel`.
pub(super) fn versioned(word: &str) -> Option<(&str, &str)> {
    let parts = word.match_indices(['-', '_']).map(|(at, sign)| (sign, &word[..at], &word[at + 1..]));
    let mut named = parts.filter(|(_, name, _)| !name.is_empty() && !is_generic(name));
    let is_release = |rest: &str| is_variant(rest) || ["devel", "nightly", "latest"].contains(&rest);
    named
        .find(|(sign, _, rest)| is_version(rest) || (*sign == "_" && is_release(rest)))
        .map(|(_, name, rest)| (name, rest))
}
