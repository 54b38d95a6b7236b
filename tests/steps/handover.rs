//! What a build job checks, retries and hands over.

use serde_json::Value;

use super::job::{Config, Job, REVISION, SHELLS, Trigger};
use super::recorder::COMMIT;

const MATRIX: &str = r#"
version: 1
images:
  app: { image: acme/app, retry: 1 }
  pair:
    image: [acme/one, acme/two]
    context: https://git.example.com/acme/pair.git#v2:docker
    run: |
      for name in acme/one acme/two; do
        docker build -t "$name:$arch_tag" .
      done
workflows: { main: { on: { branches: [main] }, tags: [latest, "r${pipeline}", "${git_short_sha}"] } }
tool: { image: "registry.acme.org/tool:1" }
"#;

fn job(name: &str) -> Job {
    Config::of(MATRIX).job("main", name, Trigger::Branch("main"))
}

fn digest(reference: &str) -> String {
    let output = std::process::Command::new("sh")
        .args(["-c", "printf %s \"$1\" | sha256sum | cut -c1-64", "sh", reference])
        .output();
    format!("sha256:{}", String::from_utf8_lossy(&output.expect("sh runs").stdout).trim())
}

#[test]
fn every_pushed_reference_is_handed_over_with_its_digest() {
    for shell in SHELLS {
        let ran = job("build-pair-arm64").run(shell).green();
        let text = ran.file(".splitbuild/pair-arm64.json");
        let found: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(
            (&found["version"], &found["key"], &found["platform"]),
            (&1.into(), &"pair".into(), &"linux/arm64".into())
        );
        assert_eq!(found["revision"], COMMIT, "the commit of the context");
        let pushed: Vec<(String, String, String, String)> = found["pushed"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| {
                ["image", "tag", "reference", "digest"].map(|key| one[key].as_str().expect("text").to_owned()).into()
            })
            .collect();
        let mut expected = Vec::new();
        for image in ["acme/one", "acme/two"] {
            for tag in ["latest", "r42", &REVISION[..8]] {
                let reference = format!("{image}:{tag}-arm64");
                expected.push((image.to_owned(), tag.to_owned(), reference.clone(), digest(&reference)));
            }
        }
        assert_eq!(pushed, expected);
        assert_eq!(text.lines().filter(|line| line.contains("\"reference\"")).count(), 6, "a line for every reference");
    }
}

#[test]
fn an_image_for_another_platform_is_refused_before_any_push() {
    for shell in SHELLS {
        let ran = job("build-app-arm64").with("RECORD_PLATFORM", "linux/amd64").run(shell);
        assert!(!ran.succeeded);
        assert!(
            ran.log.contains("acme/app:latest-arm64 is an image for linux/amd64, and this job builds for linux/arm64"),
            "{}",
            ran.log
        );
        assert!(ran.of("docker", "push").is_empty());
        let ran = job("build-app-arm64").with("RECORD_PLATFORM", "linux/arm64/v8").run(shell);
        assert!(ran.succeeded, "{}", ran.log);
    }
}

#[test]
fn clones_and_pushes_are_tried_again_and_builds_when_asked() {
    for shell in SHELLS {
        let fails = |name: &'static str, text: &'static str| {
            move |record: &std::path::Path, _: &std::path::Path| {
                std::fs::write(record.join(name), text).expect("a file")
            }
        };
        let ran = job("build-app-amd64").run_prepared(shell, fails("push-fails", "2")).green();
        assert_eq!(ran.of("docker", "push").len(), 5, "three tags, the first of them three times");
        let ran = job("build-app-amd64").run_prepared(shell, fails("push-fails", "3"));
        assert!(!ran.succeeded && ran.log.contains("gave up after 3 tries"), "{}", ran.log);
        let ran = job("build-pair-amd64").run_prepared(shell, fails("clone-fails", "")).green();
        assert_eq!(ran.of("git", "clone").len(), 2);
        let ran = job("build-app-amd64").run_prepared(shell, fails("build-fails", "")).green();
        assert_eq!(ran.of("docker", "build").len(), 2, "retry: 1");
        let ran = job("build-pair-amd64").run_prepared(shell, fails("build-fails", ""));
        assert!(!ran.succeeded, "a script that fails is red, and `set -e` holds in it");
        assert_eq!(ran.of("docker", "build").len(), 1);
        assert!(ran.of("docker", "push").is_empty());
    }
}

#[test]
fn built_images_are_labelled_and_nothing_stays_in_the_daemon() {
    for shell in SHELLS {
        let ran = job("build-app-amd64").run(shell).green();
        let build = ran.of("docker", "build")[0];
        assert!(build.contains(&format!("org.opencontainers.image.revision={REVISION}")), "{build:?}");
        assert!(
            build.contains(&"org.opencontainers.image.source=https://git.example.com/acme/this.git".to_owned()),
            "{build:?}"
        );
        let removed: Vec<&str> =
            ran.of("docker", "image").iter().filter(|a| a[1] == "rm").map(|a| a[2].as_str()).collect();
        assert_eq!(removed, ["acme/app:latest-amd64", "acme/app:r42-amd64", "acme/app:01234567-amd64"]);
    }
}

#[test]
fn a_folder_of_the_context_is_where_the_build_runs() {
    for shell in SHELLS {
        let ran = job("build-pair-amd64").run(shell).green();
        let build = ran.calls.iter().find(|call| call.tool == "docker").expect("a call");
        assert_eq!(build.folder, ".splitbuild/context/docker");
    }
}
