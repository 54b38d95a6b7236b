//! The pipeline of `examples/gitlab`, run by gitlab-ci-local from the emitted file: real builders, a real registry, both
//! architectures. `tags` choose no machine there, so a tool before Docker and buildah plays the machine of the job's
//! architecture; not a character of what was generated is changed.
//!
//! Of the whole tier: it needs gitlab-ci-local, buildah, Docker daemons and root. `./test` sees to them and runs it.

#[path = "../support/daemon.rs"]
mod daemon;
mod example;
#[path = "../support/own.rs"]
mod own;
mod own_pipeline;
mod passwords;
mod pipeline;
mod platforms;
#[path = "../support/published.rs"]
mod published;
#[allow(dead_code, reason = "the tests of manifest use all of it")]
#[path = "../support/registry.rs"]
mod registry;
mod stranger;
mod variants;

use pipeline::{Builder, Pipeline, Ran};
use published::Published;

/// What a finished pipeline has published: every index has both architectures.
fn check(pipeline: &Pipeline, ran: &Ran, tags: &[&str]) {
    for image in ["base", "app", "tuned"] {
        let digests: Vec<String> = tags.iter().map(|tag| pipeline.index(image, tag)).collect();
        assert!(digests.iter().all(|digest| *digest == digests[0]), "{image}: {digests:?}\n{}", ran.log);
        assert!(ran.log.contains(&format!("/{image}:{}@{}", tags[0], digests[0])), "{}", ran.log);
    }
    // The hand-written jobs' files are in the images of their architecture, on top of this run's base.
    for architecture in ["amd64", "arm64"] {
        assert_eq!(
            pipeline.file("app", tags[0], architecture, "usr/bin/hello"),
            format!("hello from {architecture}\n")
        );
        assert_eq!(pipeline.file("app", tags[0], architecture, "etc/motd"), "built natively\n");
    }
    let features = |architecture| pipeline.environment("tuned", tags[0], architecture);
    assert!(features("amd64").contains("FEATURES=jemalloc,avx2"), "{}", features("amd64"));
    assert!(features("arm64").contains("FEATURES=jemalloc\""), "{}", features("arm64"));
}

#[test]
fn a_daemon_of_the_runner_builds_for_a_branch_and_for_a_tag() {
    let pipeline = Pipeline::new("daemon", Builder::Daemon);
    let ran = pipeline.run("main", None).green();
    assert!(ran.overlap("build-base-amd64", "build-base-arm64"), "{}", ran.log);
    check(&pipeline, &ran, &["latest", &pipeline.commit()[..8]]);
    assert!(!ran.log.contains("announce"), "a branch announces nothing");
    let ran = pipeline.run("", Some("v1.2")).green();
    check(&pipeline, &ran, &["v1.2", "stable"]);
    assert!(ran.log.contains("announce") && ran.log.contains("/app:v1.2@sha256:"), "{}", ran.log);
    assert!(pipeline.images().is_empty(), "the daemon is left as it was: {}", pipeline.images());
    assert!(pipeline.left().is_empty(), "and so are its logins: {:?}", pipeline.left());
    // Nothing of ours runs for what no workflow names.
    let ran = pipeline.run("other", None);
    assert!(!ran.log.contains("build-base"), "{}", ran.log);
}

#[test]
fn buildah_builds_without_a_daemon() {
    let pipeline = Pipeline::new("buildah", Builder::Buildah);
    let ran = pipeline.run("main", None).green();
    check(&pipeline, &ran, &["latest", &pipeline.commit()[..8]]);
    // The storage knows the layers of all three images by now.
    let ran = pipeline.run("", Some("v1.2")).green();
    check(&pipeline, &ran, &["v1.2", "stable"]);
}

#[test]
fn the_scripts_of_docker_in_docker_run_outside_of_their_service() {
    let pipeline = Pipeline::new("dind", Builder::Service);
    let ran = pipeline.run("main", None).green();
    check(&pipeline, &ran, &["latest", &pipeline.commit()[..8]]);
}

#[test]
fn nothing_is_published_when_an_architecture_fails() {
    let pipeline = Pipeline::new("failing", Builder::Daemon);
    pipeline.run("main", None).green();
    let before = pipeline.index("app", "latest");
    pipeline.change(
        "app/Dockerfile",
        "ARG BASE\nFROM $BASE\nARG PROGRAM\nCOPY $PROGRAM /usr/bin/hello\nCOPY motd-of-$PROGRAM /\n",
    );
    pipeline.write("motd-of-out/amd64/hello", "only here\n");
    let ran = pipeline.run("main", None);
    assert!(!ran.is_green, "{}", ran.log);
    assert!(ran.ended("build-app-arm64", "FAIL") && ran.ended("build-app-amd64", "PASS"), "{}", ran.log);
    assert!(!ran.ended("build-app-manifest", "PASS"), "{}", ran.log);
    assert_eq!(pipeline.index("app", "latest"), before, "the tag is as it was");
    // What does not depend on it is published.
    assert!(ran.ended("build-tuned-manifest", "PASS"), "{}", ran.log);
    assert!(pipeline.images().is_empty() && pipeline.left().is_empty(), "{} {:?}", pipeline.images(), pipeline.left());
}

#[test]
fn a_build_for_another_machine_is_refused_before_the_push() {
    let pipeline = Pipeline::new("machine", Builder::Daemon);
    pipeline.plays("build-tuned-arm64", "linux/amd64");
    let ran = pipeline.run("main", None);
    assert!(
        !ran.is_green && ran.log.contains("is for linux/amd64, not linux/arm64: nothing was pushed"),
        "{}",
        ran.log
    );
    assert!(!pipeline.has("tuned", "latest-arm64") && !pipeline.has("tuned", "latest"));
}

#[test]
fn whoever_starts_a_pipeline_changes_nothing_of_what_it_builds() {
    let mut pipeline = Pipeline::new("overridden", Builder::Daemon);
    let names = ["platform", "arch", "tag", "tags", "fixed", "revision", "key", "one", "image", "first", "digest"];
    pipeline.variables.extend(names.map(|name| (name.to_owned(), "elsewhere".to_owned())));
    let ran = pipeline.run("main", None).green();
    check(&pipeline, &ran, &["latest", &pipeline.commit()[..8]]);
    assert!(!pipeline.has("base", "elsewhere") && !pipeline.has("base", "elsewhere-amd64"));
    pipeline.variables.push(("SPLITBUILD_WORKFLOW".into(), "$(touch pwned)".into()));
    let ran = pipeline.run("main", None);
    assert!(!ran.is_green && ran.log.contains("there is no workflow '"), "{}", ran.log);
    assert!(!ran.ended("build-base-amd64", "PASS") && !ran.ended("build-base-manifest", "PASS"), "{}", ran.log);
}

#[test]
fn a_schedule_of_somebody_else_starts_nothing() {
    let mut pipeline = Pipeline::new("schedule", Builder::Daemon);
    pipeline.is_scheduled = true;
    let ran = pipeline.run("main", None);
    assert!(!ran.log.contains("build-base-amd64") && !pipeline.has("base", "latest-amd64"), "{}", ran.log);
}

/// A base whose version `setup` tells, and a copy of it; both differ between workflows.
const LATE: &str = r#"version: 1
vars: { channel: none, made: none }
defaults:
  setup: 'cd base && VERSION="1.2+$(wc -l <motd)" && export VERSION'
images:
  base:
    image: "${CI_REGISTRY_IMAGE}/base"
    context: base
    labels: { made: "${made}", channel: "${channel}" }
  mirror:
    image: "${CI_REGISTRY_IMAGE}/mirror"
    copy: "${CI_REGISTRY_IMAGE}/base:${channel}"
    needs: [base]
workflows:
  main: { on: { branches: [main] }, tags: [latest, "${VERSION}"], vars: { channel: latest, made: "${VERSION} of main" } }
  dev: { on: { branches: [dev] }, tags: [dev, "dev-${VERSION}"], vars: { channel: dev, made: "${VERSION} of dev" } }
gitlab: { services: [] }
tool: { image: acme/tool }
"#;

#[test]
fn what_setup_exports_reaches_values_and_tags() {
    let pipeline = Pipeline::of("late", Builder::Daemon, (LATE, ".gitlab-ci.yml"));
    for (branch, tag, version) in [("main", "latest", "1.2-1"), ("dev", "dev", "dev-1.2-1")] {
        let ran = pipeline.run(branch, None).green();
        assert_eq!(pipeline.index("base", version), pipeline.index("base", tag), "{}", ran.log);
        let labels = pipeline.environment("base", tag, "arm64");
        assert!(labels.contains(&format!("\"made\": \"1.2+1 of {branch}\"")), "{labels}");
        assert!(labels.contains(&format!("\"channel\": \"{tag}\"")), "{labels}");
        assert_eq!(pipeline.index("mirror", tag), pipeline.index("base", tag), "{}", ran.log);
    }
}

#[test]
fn a_script_that_ends_the_job_publishes_nothing() {
    let matrix = LATE.replace("cd base &&", "exit 0 &&");
    let pipeline = Pipeline::of("ended", Builder::Daemon, (&matrix, ".gitlab-ci.yml"));
    let ran = pipeline.run("main", None);
    assert!(!ran.is_green && !ran.ended("build-base-manifest", "PASS"), "{}", ran.log);
    assert!(!pipeline.has("base", "latest-amd64") && !pipeline.has("base", "latest"), "{}", ran.log);
}
