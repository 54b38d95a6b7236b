//! The example with variants: every index has both architectures, programs are on the runtime of their run, and a release
//! has the tags of its version.

use crate::published::Published;

use super::pipeline::{Builder, Pipeline};

#[test]
fn a_merge_request_is_built_and_tested_and_pushes_nothing() {
    let mut pipeline = Pipeline::variants("request");
    pipeline.is_request = true;
    let ran = pipeline.run("feat/x", None).green();
    for job in ["build-runtime-9-slim-arm64", "build-app-slim-amd64", "build-app-slim-arm64"] {
        assert!(ran.ended(job, "PASS"), "{job}: {}", ran.log);
    }
    assert!(!ran.log.contains("-manifest"), "nothing is published: {}", ran.log);
    for (image, tag) in [("runtime", "local-9-slim"), ("runtime", "local-9-slim-amd64"), ("app", "local-amd64")] {
        assert!(!pipeline.has(image, tag), "{image}:{tag}");
    }
    assert!(pipeline.images().is_empty(), "the daemon is left as it was: {}", pipeline.images());
    // A test that fails ends the request's pipeline.
    pipeline.write("runtime/check.sh", "#!/bin/sh\nexit 3\n");
    let ran = pipeline.run("feat/x", None);
    assert!(!ran.is_green && ran.ended("build-runtime-9-slim-amd64", "FAIL"), "{}", ran.log);
    assert!(!ran.ended("build-app-slim-amd64", "PASS"), "{}", ran.log);
}

const GATED: &str = r#"version: 1
images:
  app: { image: "${CI_REGISTRY_IMAGE}/app", context: base, gate: [compile-arm64] }
  other: { image: "${CI_REGISTRY_IMAGE}/other", context: base }
workflows: { main: { on: { branches: [main], tags: ["/v[0-9]+\\.[0-9]+/"] }, tags: [latest] } }
gitlab: { services: [], config: .gitlab-ci.yml, stage: images }
tool: { image: acme/tool }
"#;

#[test]
fn a_gate_that_fails_publishes_nothing() {
    let pipeline = Pipeline::of("gated", Builder::Daemon, (GATED, ".gitlab/splitbuild.yml"));
    let own = pipeline.read(".gitlab-ci.yml");
    pipeline.run("main", None).green();
    let before = pipeline.index("app", "latest");
    pipeline.write("base/motd", "changed\n");
    pipeline.write(".gitlab-ci.yml", &own.replace("- mkdir -p", "- test \"$ARCH\" = amd64\n    - mkdir -p"));
    let ran = pipeline.run("main", None);
    assert!(!ran.is_green && ran.ended("compile-arm64", "FAIL"), "{}", ran.log);
    assert!(!ran.ended("build-app-manifest", "PASS"), "{}", ran.log);
    assert_eq!(pipeline.index("app", "latest"), before, "the tag is as it was");
    assert_ne!(pipeline.index("other", "latest"), before, "what has no gate is published: {}", ran.log);
}

#[test]
fn variants_are_published_with_the_tags_of_a_version() {
    let pipeline = Pipeline::variants("example");
    let ran = pipeline.run("main", None).green();
    for tag in ["edge-8-slim", "edge-8-full", "edge-9-slim", "edge-9-full"] {
        let release = &tag[5..6];
        assert_eq!(
            pipeline.file("runtime", tag, "arm64", "etc/runtime"),
            format!("runtime {release}\n"),
            "{}",
            ran.log
        );
    }
    assert_eq!(pipeline.index("app", "edge"), pipeline.index("app", "edge-slim"), "the default has both");
    assert_eq!(pipeline.file("app", "edge-full", "arm64", "usr/share/doc/runtime"), "The manual of the runtime.\n");
    let ran = pipeline.run("", Some("v1.4.2")).green();
    for tag in ["1.4.2", "1.4", "1", "latest"] {
        assert_eq!(pipeline.index("app", tag), pipeline.index("app", "1.4.2-slim"), "{tag}: {}", ran.log);
    }
    assert_eq!(pipeline.index("runtime", "9-slim"), pipeline.index("runtime", "1.4.2-9-slim"), "{}", ran.log);
    assert!(!pipeline.has("app", "1.4-amd64") && pipeline.has("app", "1.4.2-amd64"), "{}", ran.log);
}

const REQUESTED: &str = r#"version: 1
images:
  base: { image: "${CI_REGISTRY_IMAGE}/base", context: base }
  app: { image: "${CI_REGISTRY_IMAGE}/child", context: app, needs: [base], args: { BASE: "${CI_REGISTRY_IMAGE}/base:${tag}", PROGRAM: Dockerfile } }
workflows: { requests: { on: { pull_requests: [main] }, tags: ["pr-${pr}", "${git_branch}"] } }
gitlab: { services: [] }
tool: { image: acme/tool }
"#;

#[test]
fn a_request_is_published_unless_it_comes_from_a_fork() {
    let mut pipeline = Pipeline::of("forks", Builder::Daemon, (REQUESTED, ".gitlab-ci.yml"));
    pipeline.write("app/Dockerfile", "ARG BASE\nFROM $BASE\nARG PROGRAM\nCOPY $PROGRAM /program\n");
    pipeline.is_request = true;
    let from = |project: &str| {
        let variables = [("SOURCE_PROJECT_ID", project), ("PROJECT_ID", "11")];
        variables.map(|(name, value)| (format!("CI_MERGE_REQUEST_{name}"), value.to_owned())).to_vec()
    };
    pipeline.variables = from("12");
    let ran = pipeline.run("feat/x", None).green();
    assert!(ran.ended("build-app-arm64", "PASS") && !ran.log.contains("-manifest"), "{}", ran.log);
    assert!(!pipeline.has("base", "pr-7-amd64") && !pipeline.has("child", "pr-7-amd64"), "{}", ran.log);
    pipeline.variables = from("11");
    let ran = pipeline.run("feat/x", None).green();
    assert_eq!(pipeline.index("child", "pr-7"), pipeline.index("child", "feat-x"), "{}", ran.log);
    assert_eq!(pipeline.file("child", "pr-7", "arm64", "etc/motd"), "built natively\n");
}
