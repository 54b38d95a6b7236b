//! `examples/variants`: images that are one in the matrix, releases with the tags of a version, and requests that push
//! nothing.

use crate::event::Event;
use crate::project::{Project, images_of};
use crate::published::Published;

/// The example, whose images go to the tests' registry, which wants no login.
fn project(name: &str) -> Project {
    Project::of_example("variants", name, |matrix| {
        let login = "registries:\n  ghcr.io: { username: \"${GHCR_USER}\", password: \"${GHCR_TOKEN}\" }\n";
        assert!(matrix.contains(login), "{matrix}");
        matrix
            .replace(login, "")
            .replace("ghcr.io/acme/splitbuild", "acme/tool")
            .replace("ghcr.io/acme", &images_of(name))
    })
}

#[test]
fn a_request_is_built_and_tested_and_pushes_nothing() {
    let project = project("request");
    let request = Event::PullRequest { branch: "feat/$(touch pwned)", is_fork: true };
    let ran = project.run("pull-request", request).green();
    for job in ["build-runtime-9-slim-arm64", "build-app-slim-amd64", "build-app-slim-arm64"] {
        assert_eq!(ran.ended(job), Some("success"), "{job}: {}", ran.log);
    }
    for (image, tag) in [("runtime", "local-9-slim"), ("runtime", "local-9-slim-amd64"), ("app", "local-amd64")] {
        assert!(!project.has(image, tag), "{image}:{tag}");
    }
    // A test that fails ends the request's run.
    project.write("runtime/check.sh", "#!/bin/sh\nexit 3\n");
    let ran = project.run("pull-request", request);
    assert_eq!(ran.ended("build-runtime-9-slim-amd64"), Some("failure"), "{}", ran.log);
    assert_eq!(ran.ended("build-app-slim-amd64"), None, "{}", ran.log);
}

#[test]
fn variants_are_published_with_the_tags_of_a_version() {
    let project = project("release");
    let ran = project.run("main", Event::Branch("main")).green();
    for tag in ["edge-8-slim", "edge-8-full", "edge-9-slim", "edge-9-full"] {
        let runtime = project.file("runtime", tag, "arm64", "etc/runtime");
        assert_eq!(runtime, format!("runtime {}\n", &tag[5..6]), "{}", ran.log);
    }
    assert_eq!(project.index("app", "edge"), project.index("app", "edge-slim"), "the default has both");
    assert_eq!(project.file("app", "edge-full", "arm64", "usr/share/doc/runtime"), "The manual of the runtime.\n");
    let ran = project.run("release", Event::Tag("v1.4.2")).green();
    for tag in ["1.4.2", "1.4", "1", "latest"] {
        assert_eq!(project.index("app", tag), project.index("app", "1.4.2-slim"), "{tag}: {}", ran.log);
    }
    assert_eq!(project.index("runtime", "9-slim"), project.index("runtime", "1.4.2-9-slim"), "{}", ran.log);
    assert!(!project.has("app", "1.4-amd64") && project.has("app", "1.4.2-amd64"), "{}", ran.log);
    // What is no version builds nothing.
    let ran = project.run("release", Event::Tag("vNext"));
    assert!(!ran.is_green && ran.ended("build-app-slim-manifest").is_none(), "{}", ran.log);
}
