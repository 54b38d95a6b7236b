//! Values that only a run knows: cleaned where they become tags, and missed by their names.

use super::job::{Config, Job, Ran, SHELLS, Trigger};

const MATRIX: &str = r#"
version: 1
vars: { suffix: "${VERSION}-${git_ref}" }
images:
  app:
    image: acme/app
    setup: |
      cd /
      export VERSION=$(printf '1.2 (rc)')
    args: { VERSION: "${VERSION}", REF: "${git_ref}", SUFFIX: "$suffix" }
  other:
    image: "${REGISTRY}/other"
    arch_image: "${image}:${git_short_sha}-${arch}"
    labels: { commit: "${revision}" }
workflows:
  branches: { on: { branches: ["**"] }, tags: ["${git_branch}"], images: [app] }
  tags: { on: { tags: ["**"] }, tags: ["${git_tag}", latest], images: [other] }
  versions: { on: { schedule: "0 3 * * *", branches: [main] }, tags: ["${VERSION}", "v${VERSION}"], images: [app] }
tool: { image: "registry.acme.org/tool:1" }
"#;

fn job(workflow: &str, name: &str, trigger: Trigger) -> Job {
    Config::of(MATRIX).job(workflow, name, trigger)
}

fn pushes(ran: &Ran) -> Vec<&str> {
    ran.of("docker", "push").iter().map(|words| words[1].as_str()).collect()
}

#[test]
fn a_tag_from_a_late_name_is_cleaned_and_cut() {
    let long = "x".repeat(200);
    // A tag has at most 128 characters, and `-amd64` is six of them.
    let cut = format!("acme/app:{}-amd64", &long[..122]);
    for shell in SHELLS {
        for (branch, pushed) in [
            ("feat/x", "acme/app:feat-x-amd64"),
            ("-x", "acme/app:_x-amd64"),
            (".x", "acme/app:_x-amd64"),
            ("a b$(id)`id`\"'", "acme/app:a-b--id--id----amd64"),
            ("ü", "acme/app:_--amd64"),
        ] {
            let ran = job("branches", "build-app-amd64", Trigger::Branch(branch)).run(shell).green();
            assert_eq!(pushes(&ran), [pushed], "{branch}");
            let build = ran.of("docker", "build")[0];
            assert!(build.contains(&format!("--build-arg=REF={branch}")), "the raw name stays: {build:?}");
        }
        let ran = job("branches", "build-app-amd64", Trigger::Branch(&long)).run(shell).green();
        assert_eq!(pushes(&ran), [cut.as_str()]);
    }
}

#[test]
fn what_setup_exports_is_there_for_values_and_tags() {
    for shell in SHELLS {
        let ran = job("versions", "build-app-arm64", Trigger::Branch("main")).run(shell).green();
        assert_eq!(pushes(&ran), ["acme/app:1.2--rc--arm64", "acme/app:v1.2--rc--arm64"]);
        let build = ran.of("docker", "build")[0];
        for argument in ["--build-arg=VERSION=1.2 (rc)", "--build-arg=REF=main", "--build-arg=SUFFIX=1.2 (rc)-main"] {
            assert!(build.contains(&argument.to_owned()), "{argument} in {build:?}");
        }
    }
}

#[test]
fn a_name_that_is_empty_stops_the_job_before_it_builds() {
    for shell in SHELLS {
        let ran = job("tags", "build-other-amd64", Trigger::Tag("v1")).run(shell);
        assert!(!ran.succeeded && ran.log.contains("$REGISTRY is empty in this job"), "{}", ran.log);
        assert!(ran.of("docker", "build").is_empty());
    }
}

#[test]
fn several_tags_may_share_a_per_architecture_name() {
    for shell in SHELLS {
        let ran = job("tags", "build-other-amd64", Trigger::Tag("v1"))
            .with("REGISTRY", "registry.acme.org")
            .run(shell)
            .green();
        assert_eq!(pushes(&ran), ["registry.acme.org/other:01234567-amd64"; 2]);
        let build = ran.of("docker", "build")[0];
        assert!(build.iter().any(|word| word.starts_with("--label=commit=0123")), "{build:?}");
        let handed: serde_json::Value = serde_json::from_str(&ran.file(".splitbuild/other-amd64.json")).expect("JSON");
        let tags: Vec<&str> =
            handed["pushed"].as_array().expect("a list").iter().filter_map(|one| one["tag"].as_str()).collect();
        assert_eq!(tags, ["v1", "latest"]);
    }
}

#[test]
fn tags_that_come_out_equal_are_refused() {
    for shell in SHELLS {
        let ran = job("tags", "build-other-amd64", Trigger::Tag("latest")).with("REGISTRY", "r.acme.org").run(shell);
        assert!(!ran.succeeded && ran.log.contains("two tags of this run are both 'latest'"), "{}", ran.log);
        assert!(ran.of("docker", "build").is_empty());
    }
}

#[test]
fn a_run_without_the_name_says_so() {
    for shell in SHELLS {
        let ran = job("branches", "build-app-amd64", Trigger::Branch("")).run(shell);
        assert!(!ran.succeeded && ran.log.contains("has no value in this run"), "{}", ran.log);
    }
}

#[test]
fn a_setup_that_ends_the_job_is_no_success() {
    let matrix = |setup: &str| {
        let workflows = "workflows: { main: { on: { branches: [main] }, tags: [t] } }";
        format!(
            "version: 1\nimages: {{ app: {{ image: acme/app, setup: {setup} }} }}\n{workflows}\ntool: {{ image: r.acme.org/t }}\n"
        )
    };
    for shell in SHELLS {
        let run =
            |setup: &str| Config::of(&matrix(setup)).job("main", "build-app-amd64", Trigger::Branch("main")).run(shell);
        let ran = run("exit 0");
        assert!(!ran.succeeded && ran.log.contains("setup has ended the job"), "{}", ran.log);
        assert!(!run("exit 3").succeeded && !run("\"false; true\"").succeeded);
        assert!(run("\"false || true\"").succeeded);
    }
}

#[test]
fn setup_has_the_names_that_are_known_before_it() {
    let matrix = r#"
version: 1
defaults: { setup: "note \"$image\" \"${platform-none}\" \"${arch-none}\" \"${tag-none}\"" }
images:
  app: { image: acme/app, context: "github.com/acme/app.git#main" }
  copied: { image: acme/copied, copy: redis }
workflows: { main: { on: { branches: [main] }, tags: [t] } }
tool: { image: r.acme.org/t }
"#;
    let config = Config::of(matrix);
    for shell in SHELLS {
        let ran = config.job("main", "build-app-amd64", Trigger::Branch("main")).run(shell).green();
        assert_eq!(ran.of("note", "acme/app"), [["acme/app", "linux/amd64", "amd64", "none"]]);
        assert_eq!(ran.of("git", "clone")[0][6], "https://github.com/acme/app.git");
        let ran = config.job("main", "build-copied", Trigger::Branch("main")).run(shell).green();
        assert_eq!(ran.of("note", "acme/copied"), [["acme/copied", "none", "none", "none"]]);
    }
}
