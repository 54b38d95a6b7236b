//! Images that are one in the matrix, and tags that are versions, from the emitted file to the registry.

use crate::published::Published;

use super::pipeline::{Builder, Pipeline};

/// A base in two flavours, and a child on one of them; a release has the tags of its version.
const MATRIX: &str = r#"version: 1
images:
  base:
    for: { flavour: [plain, slim] }
    image: "${CI_REGISTRY_IMAGE}/base"
    context: base
    args: { FEATURES: "${flavour} of ${tag}" }
    tags: ["${tag_prefix}${flavour}"]
  child:
    for:
      - { flavour: plain }
      - { flavour: slim, suffix: -slim }
    image: "${CI_REGISTRY_IMAGE}/child"
    context: child
    needs: ["base-${flavour}"]
    args: { BASE: "${CI_REGISTRY_IMAGE}/base:${workflow_tag_prefix}${flavour}" }
    tags: ["${tag}${suffix}"]
workflows:
  main: { on: { branches: [main] }, tags: [latest] }
  feature: { on: { branches: ["feat/*"] }, tags: ["${git_branch}"] }
  release: { on: { tags: ["v*"] }, tags: ["${git_version}", "${git_version_minor}", "${git_version_major}", latest] }
gitlab: { services: [] }
tool: { image: acme/tool }
"#;

fn pipeline(name: &str) -> Pipeline {
    let pipeline = Pipeline::of(name, Builder::Daemon, (MATRIX, ".gitlab-ci.yml"));
    pipeline.write("child/Dockerfile", "ARG BASE\nFROM $BASE\nCOPY word /word\n");
    pipeline.write("child/word", "a child\n");
    pipeline
}

#[test]
fn a_child_of_a_variant_is_built_on_the_variant_of_its_own_run() {
    let pipeline = pipeline("variants");
    for (branch, prefix, tag) in [("main", "", "latest"), ("feat/x", "feat-x-", "feat-x")] {
        let ran = pipeline.run(branch, None).green();
        for (flavour, suffix) in [("plain", ""), ("slim", "-slim")] {
            let (base, child) = (format!("{prefix}{flavour}"), format!("{tag}{suffix}"));
            pipeline.index("base", &base);
            pipeline.index("child", &child);
            for architecture in ["amd64", "arm64"] {
                let features = pipeline.environment("child", &child, architecture);
                assert!(features.contains(&format!("FEATURES={flavour} of {base}\"")), "{features}\n{}", ran.log);
                assert_eq!(pipeline.file("child", &child, architecture, "word"), "a child\n");
            }
        }
    }
    assert!(pipeline.images().is_empty(), "the daemon is left as it was: {}", pipeline.images());
}

#[test]
fn moving_tags_end_at_the_highest_release() {
    let pipeline = pipeline("releases");
    let leads = |tags: &[(&str, &str)], log: &str| {
        for suffix in ["", "-slim"] {
            for (tag, version) in tags {
                let (tag, version) = (format!("{tag}{suffix}"), format!("{version}{suffix}"));
                assert_eq!(pipeline.index("child", &tag), pipeline.index("child", &version), "{tag}: {log}");
            }
        }
    };
    let ran = pipeline.run("", Some("v2.0.0")).green();
    leads(&[("latest", "2.0.0"), ("2", "2.0.0"), ("2.0", "2.0.0")], &ran.log);
    assert_eq!(pipeline.index("base", "slim"), pipeline.index("base", "2.0.0-slim"));
    // An older series goes on; what it hands to its child is its own, though no moving tag leads there.
    pipeline.write("child/word", "an older child\n");
    let ran = pipeline.run("", Some("v1.1.9")).green();
    leads(&[("latest", "2.0.0"), ("2", "2.0.0"), ("1", "1.1.9"), ("1.1", "1.1.9")], &ran.log);
    assert_eq!(pipeline.file("child", "1.1.9", "arm64", "word"), "an older child\n");
    assert!(pipeline.environment("child", "1.1.9-slim", "arm64").contains("FEATURES=slim of 1.1.9-slim\""));
    pipeline.write("child/word", "a candidate\n");
    let ran = pipeline.run("", Some("v2.1.0-rc.1")).green();
    leads(&[("latest", "2.0.0"), ("2", "2.0.0"), ("1", "1.1.9"), ("1.1", "1.1.9")], &ran.log);
    assert_eq!(pipeline.file("child", "2.1.0-rc.1", "amd64", "word"), "a candidate\n");
    assert!(!pipeline.has("child", "2.1"), "a pre-release moves nothing: {}", ran.log);
    assert!(!pipeline.has("child", "latest-amd64"), "what moves is no name of a build");
    // What is no version ends before anything is built.
    let ran = pipeline.run("", Some("vnext"));
    assert!(!ran.is_green && ran.log.contains("'next' is not a semantic version"), "{}", ran.log);
    assert!(!ran.ended("build-base-plain-amd64", "PASS") && !pipeline.has("base", "next-plain-amd64"), "{}", ran.log);
}
