//! Several images of one: the tags that each makes, and those that follow a version.

use super::job::{Config, Job, Ran, Trigger, everywhere, on_every_provider};

const MATRIX: &str = r#"
version: 1
vars: { channel: stable, hub: "" }
images:
  python:
    for: { python: ["3.12", "3.13"], base: [bookworm, slim] }
    image: acme/python
    args: { PYTHON: "${python}", TAG: "${tag}" }
    tags: ["${tag_prefix}${python}-${base}", "${tag}-${python}-${base}-${channel}"]
  server:
    for:
      - { flavour: full }
      - { flavour: slim, suffix: -slim }
    image: [ghcr.io/acme/server, "${hub}"]
    needs: ["python-3.13-slim"]
    args: { PYTHON: "acme/python:${workflow_tag_prefix}3.13-slim", TAG: "${tag}", MAJOR: "${workflow_tag}" }
    tags: ["${tag}${suffix}"]
  once: { image: acme/once, tags: [newest] }
  script:
    for: { kind: [b, c] }
    image: acme/script
    run: |
      docker build -t "$arch_image" .
      note "$kind" "$workflow_tag" "${workflow_tag_prefix}x" "$tag"
    tags: ["${tag}-script-${kind}"]
  proxy: { image: [acme/proxy, "${hub}"], copy: "redis:7", tags: ["${tag_prefix}redis"] }
workflows:
  main: { on: { branches: [main] }, tags: [latest, edge] }
  feature: { on: { branches: ["feat/**"] }, tags: ["${git_branch}"], vars: { channel: "${git_branch}" } }
  release:
    on: { tags: ["v*"] }
    tags: ["${git_version}", "${git_version_minor}", "${git_version_major}", latest]
    vars: { hub: docker.io/acme/server }
    images: [python, server, proxy]
tool: { image: "registry.acme.org/tool:1" }
"#;

fn job(config: &Config, workflow: &str, name: &str) -> Job {
    let trigger = match workflow {
        "main" => Trigger::Branch("main"),
        "feature" => Trigger::Branch("feat/x"),
        _ => Trigger::Tag("v1.2.3"),
    };
    config.job(workflow, name, trigger)
}

/// A job of the child, after its parent's.
fn child(config: &Config, workflow: &str, name: &str, shell: &[&str]) -> Ran {
    let parent = job(config, workflow, "build-python-3-13-slim-amd64").run(shell).green();
    job(config, workflow, name).after(&parent).run(shell).green()
}

#[test]
fn an_image_is_pushed_under_the_tags_that_it_makes() {
    on_every_provider(MATRIX, |config, shell| {
        for (workflow, tags) in [
            ("main", &["3.12-slim", "edge-3.12-slim", "latest-3.12-slim-stable", "edge-3.12-slim-stable"][..]),
            ("feature", &["feat-x-3.12-slim", "feat-x-3.12-slim-feat-x"]),
            ("release", &["1.2.3-3.12-slim", "1.2.3-3.12-slim-stable"]),
        ] {
            let ran = job(config, workflow, "build-python-3-12-slim-arm64").run(shell).green();
            let pushed: Vec<String> = tags.iter().map(|tag| format!("acme/python:{tag}-arm64")).collect();
            assert_eq!(ran.pushes(), pushed, "{workflow}: {}", ran.log);
            let arguments = Ran::values(ran.one("docker", "build"), "--build-arg");
            assert_eq!(arguments, ["PYTHON=3.12", &format!("TAG={}", tags[0])], "{workflow}");
        }
        let ran = child(config, "feature", "build-server-slim-amd64", shell);
        assert_eq!(ran.pushes(), ["ghcr.io/acme/server:feat-x-slim-amd64"]);
        let arguments = Ran::values(ran.one("docker", "build"), "--build-arg");
        assert_eq!(arguments, ["PYTHON=acme/python:feat-x-3.13-slim", "TAG=feat-x-slim", "MAJOR=feat-x"]);
        for (workflow, tags) in [("main", "newest"), ("feature", "newest")] {
            let ran = job(config, workflow, "build-once-amd64").run(shell).green();
            assert_eq!(ran.pushes(), [format!("acme/once:{tags}-amd64")]);
        }
    });
}

#[test]
fn scripts_know_what_tells_images_apart() {
    on_every_provider(MATRIX, |config, shell| {
        let ran = job(config, "main", "build-script-b-amd64").run(shell).green();
        assert_eq!(ran.of("note", "b"), [["b", "latest", "x", "latest-script-b"]], "{}", ran.log);
        assert_eq!(ran.pushes(), ["latest-script-b", "edge-script-b"].map(|tag| format!("acme/script:{tag}-amd64")));
        let ran = job(config, "feature", "build-script-c-amd64").run(shell).green();
        assert_eq!(ran.of("note", "c"), [["c", "feat-x", "feat-x-x", "feat-x-script-c"]]);
    });
}

/// The workflow's tag is known when generating, where nothing needs to make it for the image's own.
#[test]
fn a_script_knows_a_tag_that_every_run_has() {
    let matrix = "version: 1\n\
        images: { app: { image: acme/app, run: 'docker build -t \"$arch_image\" .; note \"$workflow_tag\" \"${workflow_tag_prefix}x\"' } }\n\
        workflows: { main: { on: { branches: [main] }, tags: [latest] } }\ntool: { image: acme/tool }\n";
    for (tag, prefixed) in [("latest", "x"), ("v1", "v1-x")] {
        on_every_provider(&matrix.replace("latest", tag), |config, shell| {
            let ran = config.job("main", "build-app-amd64", Trigger::Branch("main")).run(shell).green();
            assert_eq!(ran.of("note", tag), [[tag, prefixed]], "{}", ran.log);
        });
    }
}

#[test]
fn a_version_is_pushed_alone_and_what_follows_it_is_handed_on() {
    everywhere(MATRIX, |config, shell| {
        let ran = child(config, "release", "build-server-full-amd64", shell);
        let names = ["ghcr.io/acme/server", "docker.io/acme/server"];
        assert_eq!(ran.pushes(), names.map(|name| format!("{name}:1.2.3-amd64")), "{}", ran.log);
        let text = ran.file(".splitbuild/server-full-amd64");
        for (name, tag) in names.iter().flat_map(|name| ["1.2", "1", "latest"].map(|tag| (name, tag))) {
            assert!(text.contains(&format!("moving {name}:{tag} {name}:1.2.3-amd64 sha256:")), "{text}");
        }
        assert_eq!(text.matches("\npushed ").count(), 2, "{text}");
        let ran = job(config, "release", "build-python-3-13-slim-amd64").run(shell).green();
        let text = ran.file(".splitbuild/python-3-13-slim-amd64");
        for tag in ["1.2-3.13-slim", "1-3.13-slim", "3.13-slim", "latest-3.13-slim-stable"] {
            assert!(text.contains(&format!("\nmoving acme/python:{tag} acme/python:1.2.3-")), "{tag}: {text}");
        }
        let ran = child(config, "main", "build-server-full-amd64", shell);
        assert!(!ran.file(".splitbuild/server-full-amd64").contains("moving"));
        assert_eq!(ran.pushes(), ["latest", "edge"].map(|tag| format!("ghcr.io/acme/server:{tag}-amd64")));
    });
}

#[test]
fn the_job_that_publishes_knows_the_release() {
    on_every_provider(MATRIX, |config, shell| {
        let handed_on = (".splitbuild/server-full-amd64", "");
        let publish = |workflow| job(config, workflow, "build-server-full-manifest").given(handed_on.0, handed_on.1);
        let ran = publish("release").run(shell).green();
        let release = Ran::values(ran.one("splitbuild", "manifest"), "--release");
        assert!(["1.2.3", "v1.2.3"].contains(&release[0]) && release.len() == 1, "{release:?}");
        let ran = publish("main").run(shell).green();
        assert_eq!(Ran::values(ran.one("splitbuild", "manifest"), "--release"), [""; 0]);
        let ran = job(config, "release", "build-proxy").run(shell).green();
        let words = ran.one("splitbuild", "copy");
        assert_eq!(Ran::values(words, "--moving-tag"), ["1.2-redis", "1-redis", "redis"], "{words:?}");
        assert_eq!(Ran::values(words, "--release").len(), 1);
        let targets = ["acme/proxy:1.2.3-redis", "docker.io/acme/server:1.2.3-redis"];
        assert!(targets.iter().all(|target| words.iter().any(|word| word == target)), "{words:?}");
        let ran = job(config, "main", "build-proxy").run(shell).green();
        let words = ran.one("splitbuild", "copy");
        let last = ["redis:7", "acme/proxy:redis", "acme/proxy:edge-redis"];
        assert_eq!(words[words.len() - 3..], last, "{words:?}");
    });
}

#[test]
fn a_tag_that_is_no_version_ends_the_job_before_it_builds() {
    on_every_provider(MATRIX, |config, shell| {
        for tag in ["vnext", "v1", "v1.2", "v1.2.3.4", "v01.2.3", "v1.2.3-", "v1.2.3+build", "vv1.2.3", "v1.2.3-a b"] {
            let ran = config.job("release", "build-python-3-12-slim-amd64", Trigger::Tag(tag)).run(shell);
            let ran = ran.red(&format!("'{}' is not a semantic version", tag.strip_prefix('v').unwrap_or(tag)));
            assert!(ran.of("docker", "build").is_empty() && ran.pushes().is_empty(), "{tag}");
        }
        for (tag, version) in [("v1.2.3-rc.1", "1.2.3-rc.1"), ("v0.0.0", "0.0.0"), ("v10.20.30-x-y", "10.20.30-x-y")] {
            let ran = config.job("release", "build-python-3-12-slim-amd64", Trigger::Tag(tag)).run(shell).green();
            assert_eq!(ran.pushes()[0], format!("acme/python:{version}-3.12-slim-amd64"), "{}", ran.log);
        }
    });
}
