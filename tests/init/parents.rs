//! Which images wait for which others, and how they are told of them.

use crate::tree::Tree;

const BASE: (&str, &str) = ("base/Dockerfile", "FROM debian:13\n");

/// The image `app` of a repository with a `base`.
fn app(dockerfile: &str) -> String {
    let tree = Tree::of_remote("https://github.com/acme/things", &[BASE, ("app/Dockerfile", dockerfile)]);
    let images = tree.images();
    let app = images.split("  base:").next().expect("the first of them");
    app.trim_end().to_owned()
}

#[test]
fn by_every_way_to_name_an_image() {
    for dockerfile in [
        "FROM ghcr.io/acme/base\n",
        "FROM ghcr.io/acme/base:latest AS build\nFROM scratch\nCOPY --from=build /a /a\n",
        "ARG BASE=ghcr.io/acme/base\nFROM ${BASE}\n",
        "ARG ORG=acme\nARG BASE=ghcr.io/$ORG/base:latest\nFROM $BASE\n",
        "ARG TAG\nFROM ghcr.io/acme/base:${TAG:-latest}\n",
        "FROM --platform=$BUILDPLATFORM ghcr.io/acme/base AS b\nFROM debian\n",
        "FROM debian\nCOPY --from=ghcr.io/acme/base:latest /a /a\n",
        "FROM debian\nRUN --mount=type=bind,from=ghcr.io/acme/base,target=/b make\n",
    ] {
        assert_eq!(
            app(dockerfile),
            "  app: { image: \"${registry}/app\", context: app, needs: [base] }",
            "{dockerfile}"
        );
    }
}

#[test]
fn what_is_no_image_of_the_repository() {
    for dockerfile in [
        "FROM base AS base\nFROM base\n",
        "FROM debian AS ghcr.io/acme/base\nFROM ghcr.io/acme/base\n",
        "FROM other/base\n",
        "FROM quay.io/others/base:latest\n",
        "FROM ghcr.io/acme/base@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
        "FROM ghcr.io/acme/app:old\n",
        "FROM debian AS b-amd64\nFROM b-${TARGETARCH}\n",
        "FROM debian\nCOPY --from=0 /a /b\n",
    ] {
        // The first is an image of this name that the stage has only after it.
        let found = app(dockerfile);
        if dockerfile.starts_with("FROM base") {
            assert!(found.contains("needs: [base]"), "{found}");
            continue;
        }
        assert_eq!(found, "  app: { image: \"${registry}/app\", context: app }", "{dockerfile}");
    }
}

#[test]
fn arguments_name_the_parent_of_this_run() {
    let found = app("ARG BASE=ghcr.io/acme/base:1.0\nFROM ${BASE}\n");
    assert!(found.contains("needs: [base]\n"), "{found}");
    assert!(found.contains("args: { BASE: \"${registry}/base:${workflow_tag}\" }"), "{found}");
    let found = app("ARG VERSION=1.0\nFROM ghcr.io/acme/base:${VERSION}\n");
    assert!(found.contains("args: { VERSION: \"${workflow_tag}\" }"), "{found}");
    let found = app("ARG VERSION=1.0\nFROM ghcr.io/acme/base:${VERSION}\nARG VERSION\nRUN fetch $VERSION\n");
    assert!(!found.contains("args:") && found.contains("write :latest there"), "{found}");
    let found = app("ARG BASE\nFROM ${BASE}\n");
    assert!(
        found.contains("# app/Dockerfile:2: BASE has no default, so give it one here: args: { BASE: … }"),
        "{found}"
    );
    let found = app("FROM ghcr.io/acme/base:1.0\n");
    let doubt = "app/Dockerfile:1 says ghcr.io/acme/base:1.0: write :latest there, or publish that tag";
    assert!(found.contains("needs: [base]") && found.contains(doubt), "{found}");
}

#[test]
fn names_that_only_one_machine_knows() {
    let found = app("FROM base\n");
    assert!(found.contains("needs: [base]"), "{found}");
    assert!(
        found.contains("additional_contexts: { base: \"docker-image://${registry}/base:${workflow_tag}\" }"),
        "{found}"
    );
    let found = app("FROM localhost:5000/base\n");
    assert!(found.contains("localhost:5000/base") && found.contains("needs: [base]"), "{found}");
    let found = app("FROM base:dev\n");
    assert!(
        found.contains("additional_contexts: { \"base:dev\":") || found.contains("additional_contexts: { base:dev:"),
        "{found}"
    );
    // An official image is that one.
    let tree = Tree::of(&[("redis/Dockerfile", "FROM debian\n"), ("app/Dockerfile", "FROM redis\n")]);
    assert!(!tree.images().contains("needs"));
}

#[test]
fn all_names_begin_as_the_dockerfiles_say() {
    let tree = Tree::of_remote(
        "https://github.com/acme/things",
        &[("Dockerfile.acme-base", "FROM debian\n"), ("Dockerfile.acme-app", "FROM acme/base:latest\n")],
    );
    let ran = tree.proposed();
    assert!(ran.out.contains("  registry: acme  "), "{}", ran.out);
    assert!(ran.out.contains("  acme-app: { image: \"${registry}/app\","), "{}", ran.out);
    assert!(ran.out.contains("needs: [acme-base]"), "{}", ran.out);
    assert!(ran.out.contains("docker.io: { username: \"${DOCKER_USER}\""), "{}", ran.out);
    let tree = Tree::of_remote(
        "https://github.com/acme/things",
        &[("base/Dockerfile", "FROM debian\n"), ("app/Dockerfile", "ARG BASE=acme-base:1.0\nFROM $BASE\n")],
    );
    let images = tree.images();
    assert!(images.contains("image: \"${registry}/acme-app\""), "{images}");
    assert!(images.contains("args: { BASE: \"${registry}/acme-base:${workflow_tag}\" }"), "{images}");
}

#[test]
fn no_image_waits_for_itself() {
    let tree = Tree::of_remote(
        "https://github.com/acme/things",
        &[
            ("a/Dockerfile", "FROM ghcr.io/acme/b\n"),
            ("b/Dockerfile", "FROM ghcr.io/acme/c\n"),
            ("c/Dockerfile", "FROM ghcr.io/acme/a\n"),
        ],
    );
    let images = tree.images();
    assert_eq!(images.matches("needs:").count(), 2, "{images}");
    assert!(images.contains("it is also built on a, which waits for it: it takes an earlier one"), "{images}");
}

#[test]
fn a_child_has_the_platforms_of_its_parent() {
    let tree = Tree::of_remote(
        "https://github.com/acme/things",
        &[
            ("base/Dockerfile", "FROM --platform=linux/amd64 debian\n"),
            ("app/Dockerfile", "FROM ghcr.io/acme/base\n"),
            ("old/Dockerfile", "FROM arm64v8/debian\n"),
            (
                "cross/Dockerfile",
                "FROM --platform=$BUILDPLATFORM golang AS b\nFROM --platform=$TARGETPLATFORM debian\n",
            ),
        ],
    );
    let images = tree.images();
    assert_eq!(images.matches("platforms: [linux/amd64]").count(), 2, "{images}");
    assert_eq!(images.matches("platforms: [linux/arm64]").count(), 1, "{images}");
}
