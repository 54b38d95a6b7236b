//! The project's own workflows: the image of the tool, whose index is made by the program in it.

use crate::event::Event;
use crate::project::{Project, images_of};
use crate::published::Published;

fn project(name: &str) -> Project {
    Project::of_own(name, &images_of(name))
}

#[test]
fn a_request_is_tested_and_built_and_pushes_nothing() {
    let project = project("own-request");
    let ran = project.run("pull-request", Event::PullRequest { branch: "feat/x", is_fork: true }).green();
    assert!(ran.printed("test").contains("all of it holds"), "{}", ran.log);
    assert_eq!(ran.ended("build-splitbuild-arm64"), Some("success"), "{}", ran.log);
    assert!(!project.has("splitbuild", "local-amd64"), "{}", ran.log);
}

#[test]
fn main_and_a_release_publish_the_tools_image_by_itself() {
    let project = project("own");
    let ran = project.run("main", Event::Branch("main")).green();
    assert_eq!(project.index("splitbuild", "edge"), project.index("splitbuild", &project.commit()[..8]), "{}", ran.log);
    // Of each architecture's own machine.
    let version = concat!("splitbuild ", env!("CARGO_PKG_VERSION"));
    for job in ["build-splitbuild-amd64", "build-splitbuild-arm64"] {
        assert!(ran.printed(job).contains(version), "{job}: {}", ran.log);
    }
    let ran = project.run("release", Event::Tag("v0.1.0")).green();
    for tag in ["0.1", "latest"] {
        assert_eq!(project.index("splitbuild", tag), project.index("splitbuild", "0.1.0"), "{tag}: {}", ran.log);
    }
}
