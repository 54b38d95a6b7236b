//! What every emitted workflow keeps to, whatever goes wrong in a run.

use crate::event::Event;
use crate::project::{Project, images_of};
use crate::published::Published;
use crate::registry::htpasswd;

const MATRIX: &str = r#"version: 1
images:
  base: { image: "IMAGES/base", context: base }
  app: { image: "IMAGES/app", context: app, needs: [base], args: { BASE: "IMAGES/base:${tag}" } }
workflows:
  main: { on: { branches: [main] }, tags: [latest, "${git_short_sha}"] }
tool: { image: acme/tool }
"#;

fn project(name: &str, matrix: &str) -> Project {
    let project = Project::of_matrix(name, &matrix.replace("IMAGES", &images_of(name)));
    project.write("base/Dockerfile", "FROM scratch\nCOPY motd /etc/motd\n");
    project.write("base/motd", "built natively\n");
    project.write("app/Dockerfile", "ARG BASE\nFROM $BASE\nARG TARGETARCH\nCOPY hello-$TARGETARCH /hello\n");
    project.write("app/hello-amd64", "hello from amd64\n");
    project.write("app/hello-arm64", "hello from arm64\n");
    project
}

const BRANCH: Event<'_> = Event::Branch("main");

#[test]
fn both_architectures_are_built_at_once_on_the_parents_of_their_run() {
    let project = project("branch", MATRIX);
    let ran = project.run("main", BRANCH).green();
    assert!(ran.overlap("build-base-amd64", "build-base-arm64"), "{}", ran.log);
    for image in ["base", "app"] {
        let digest = project.index(image, "latest");
        assert_eq!(project.index(image, &project.commit()[..8]), digest, "{}", ran.log);
        assert!(ran.summary(&format!("build-{image}-manifest")).contains(&format!("/{image}:latest@{digest}")));
    }
    for architecture in ["amd64", "arm64"] {
        assert_eq!(project.file("app", "latest", architecture, "hello"), format!("hello from {architecture}\n"));
        assert_eq!(project.file("app", "latest", architecture, "etc/motd"), "built natively\n");
    }
}

#[test]
fn nothing_is_published_when_an_architecture_fails() {
    let project = project("failing", MATRIX);
    project.run("main", BRANCH).green();
    let before = project.index("app", "latest");
    project.write("base/motd", "changed\n");
    project.write("app/Dockerfile", "ARG BASE\nFROM $BASE\nARG TARGETARCH\nCOPY only-$TARGETARCH /\n");
    project.write("app/only-amd64", "only here\n");
    let ran = project.run("main", BRANCH);
    assert!(!ran.is_green, "{}", ran.log);
    assert_eq!(ran.ended("build-app-amd64"), Some("success"), "{}", ran.log);
    assert_eq!(ran.ended("build-app-arm64"), Some("failure"), "{}", ran.log);
    assert_eq!(ran.ended("build-app-manifest"), None, "{}", ran.log);
    assert_eq!(project.index("app", "latest"), before, "the tag is as it was");
}

#[test]
fn a_build_for_another_machine_is_refused_before_the_push() {
    let project = project("machine", MATRIX);
    let ran = project.run_on("main", BRANCH, &[("build-base-arm64", "linux/amd64")]);
    let says = "is for linux/amd64, not linux/arm64: nothing was pushed";
    assert!(!ran.is_green && ran.printed("build-base-arm64").contains(says), "{}", ran.log);
    assert_eq!(ran.ended("build-base-manifest"), None, "{}", ran.log);
    assert!(!project.has("base", "latest-arm64") && !project.has("base", "latest"));
}

/// act cannot run the failed jobs of a run alone again; all of them, under the number that they had, it can.
#[test]
fn a_run_again_does_not_take_back_what_a_newer_one_has_published() {
    let project = project("again", MATRIX);
    project.number.set(7);
    project.run("main", BRANCH).green();
    let (old, first) = (project.commit(), project.index("base", "latest"));
    project.number.set(7);
    project.run("main", BRANCH).green();
    assert_eq!(project.index("base", "latest"), first, "the same again is the same");
    project.write("base/motd", "newer\n");
    project.number.set(8);
    project.run("main", BRANCH).green();
    let second = project.index("base", "latest");
    assert_ne!(second, first);
    project.go_to(&old);
    project.number.set(7);
    let ran = project.run("main", BRANCH).green();
    assert_eq!(project.index("base", "latest"), second, "{}", ran.log);
    assert_eq!(project.file("base", &old[..8], "arm64", "etc/motd"), "built natively\n", "its own tag it has");
}

const PUSHED: &str = "pushed: ${{ steps.push.outputs.pushed }}";

#[test]
fn an_output_that_is_dropped_is_named_and_nothing_is_published() {
    let project = project("dropped", MATRIX);
    project.tamper("main", (PUSHED, "pushed: ''"));
    let ran = project.run("main", BRANCH);
    // The first job of the file is the base for amd64.
    assert_eq!(ran.ended("build-base-amd64"), Some("success"), "{}", ran.log);
    assert_eq!(ran.ended("build-base-manifest"), Some("failure"), "{}", ran.log);
    let printed = ran.printed("build-base-manifest");
    assert!(printed.contains("the build for linux/amd64 handed on nothing") && printed.contains("secret"), "{printed}");
    assert_eq!(ran.ended("build-app-amd64"), None, "nothing is built on it: {}", ran.log);
    assert!(!project.has("base", "latest") && !project.has("app", "latest"), "{}", ran.log);
}

const LOGGED_IN: &str = r#"version: 1
registries:
  "HOST": { username: "${REGISTRY_USER}", password: "${REGISTRY_PASSWORD}" }
images:
  base: { image: "HOST/builder/act-base", context: base, export: "base-${tag}-${arch}.tar" }
  app: { image: "HOST/builder/act-app", context: app, needs: [base], args: { BASE: "HOST/builder/act-base:${tag}" } }
  mirror: { image: "HOST/builder/act-mirror", copy: "HOST/builder/act-base:${tag}", needs: [base] }
workflows:
  main: { on: { branches: [main] }, tags: [latest] }
tool: { image: acme/tool }
"#;

#[test]
fn a_user_whose_name_is_a_secret_and_in_every_image_loses_no_output() {
    let mut project = project("login", &LOGGED_IN.replace("HOST", htpasswd()));
    project.names = vec![("REGISTRY_USER", "builder")];
    project.secrets = vec![("REGISTRY_PASSWORD", "correct-horse-battery")];
    let ran = project.run("main", BRANCH).green();
    for job in ["build-base-manifest", "build-app-manifest", "build-mirror", "export-base"] {
        assert_eq!(ran.ended(job), Some("success"), "{}", ran.log);
    }
    let kept = "export-base: base-latest-amd64.tar base-latest-arm64.tar\n";
    assert!(ran.printed("export-base").ends_with(kept), "{}", ran.log);
    // Nobody has set them.
    project.secrets.clear();
    let ran = project.run("main", BRANCH);
    // act may lose what a step says that ends at once, so either architecture's word will do.
    assert!(!ran.is_green && ran.log.contains("REGISTRY_PASSWORD: set it as a secret"), "{}", ran.log);
}
