//! `examples/github`: images that are one in the matrix, releases with the tags of a version, and requests that push
//! nothing.

use crate::event::Event;
use crate::project::{Project, images_of};
use crate::published::Published;

/// The example, whose images go to the tests' registry, which wants no login.
fn project(name: &str) -> Project {
    Project::of_example("github", name, |matrix| {
        matrix.replace("ghcr.io/acme/splitbuild", "acme/tool").replace("ghcr.io/acme", &images_of(name))
    })
}

#[test]
fn a_request_is_built_and_tested_and_pushes_nothing() {
    let project = project("request");
    let request = Event::PullRequest { branch: "feat/$(touch pwned)", is_fork: true };
    let ran = project.run("pull-request", request).green();
    for job in ["build-runtime-8-arm64", "build-app-9-amd64", "build-app-9-arm64"] {
        assert_eq!(ran.ended(job), Some("success"), "{job}: {}", ran.log);
    }
    for (image, tag) in [("runtime", "local-9"), ("runtime", "local-9-amd64"), ("app", "local-amd64")] {
        assert!(!project.has(image, tag), "{image}:{tag}");
    }
    assert!(!project.has_file("pwned"), "{}", ran.log);
    // A test that fails ends the request's run.
    project.write("runtime/check.sh", "#!/bin/sh\nexit 3\n");
    let ran = project.run("pull-request", request);
    assert_eq!(ran.ended("build-runtime-9-amd64"), Some("failure"), "{}", ran.log);
    assert_eq!(ran.ended("build-app-9-amd64"), None, "{}", ran.log);
}

#[test]
fn a_branch_is_published_and_a_release_has_the_tags_of_its_version() {
    let project = project("release");
    let ran = project.run("main", Event::Branch("main")).green();
    for release in ["8", "9"] {
        for architecture in ["amd64", "arm64"] {
            let runtime = project.file("app", &format!("edge-{release}"), architecture, "etc/runtime");
            assert_eq!(runtime, format!("runtime {release}\n"), "{}", ran.log);
        }
    }
    assert_eq!(project.index("app", "edge"), project.index("app", "edge-9"), "the default has both");
    assert_eq!(project.index("app", "edge"), project.index("app", &project.commit()[..8]), "{}", ran.log);
    let ran = project.run("release", Event::Tag("v1.4.2")).green();
    for tag in ["1.4.2", "1.4", "1", "latest"] {
        assert_eq!(project.index("app", tag), project.index("app", "1.4.2-9"), "{tag}: {}", ran.log);
    }
    assert_eq!(project.index("runtime", "9"), project.index("runtime", "1.4.2-9"), "{}", ran.log);
    assert!(!project.has("app", "1.4-amd64") && project.has("app", "1.4.2-amd64"), "{}", ran.log);
    // An older version that is released later leads where it may, and nowhere else.
    project.write("app/message", "mended\n");
    let ran = project.run("release", Event::Tag("v1.3.9")).green();
    assert_eq!(project.index("app", "1.3"), project.index("app", "1.3.9"), "{}", ran.log);
    for tag in ["1", "latest"] {
        assert_eq!(project.index("app", tag), project.index("app", "1.4.2"), "{tag}: {}", ran.log);
    }
    // What is no version builds nothing.
    let ran = project.run("release", Event::Tag("v1.next"));
    assert_eq!(ran.ended("build-runtime-9-amd64"), Some("failure"), "{}", ran.log);
    assert_eq!(ran.ended("build-app-9-manifest"), None, "{}", ran.log);
}
