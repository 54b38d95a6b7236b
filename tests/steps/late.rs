//! Values that only a run knows: cleaned where they become tags, and missed by their names.

use super::job::{Config, REVISION, Ran, Trigger, everywhere, on_every_provider};

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

#[test]
fn a_tag_from_a_late_name_is_cleaned_and_cut() {
    let long = "x".repeat(200);
    // A tag has at most 128 characters, and `-amd64` is six of them.
    let cut = format!("acme/app:{}-amd64", &long[..122]);
    on_every_provider(MATRIX, |config, shell| {
        for (branch, pushed) in [
            ("feat/x", "acme/app:feat-x-amd64"),
            ("-x", "acme/app:_x-amd64"),
            (".x", "acme/app:_x-amd64"),
            ("a b$(id)`id`\"'", "acme/app:a-b--id--id----amd64"),
            ("ü", "acme/app:_--amd64"),
            (&long, &cut),
        ] {
            let ran = config.job("branches", "build-app-amd64", Trigger::Branch(branch)).run(shell).green();
            assert_eq!(ran.pushes(), [pushed], "{branch}");
            let arguments = Ran::values(ran.one("docker", "build"), "--build-arg");
            assert!(arguments.contains(&format!("REF={branch}").as_str()), "the raw name stays: {arguments:?}");
        }
    });
}

#[test]
fn what_setup_exports_is_there_for_values_and_tags() {
    on_every_provider(MATRIX, |config, shell| {
        let ran = config.job("versions", "build-app-arm64", Trigger::Branch("main")).run(shell).green();
        assert_eq!(ran.pushes(), ["acme/app:1.2--rc--arm64", "acme/app:v1.2--rc--arm64"]);
        let arguments = Ran::values(ran.one("docker", "build"), "--build-arg");
        assert_eq!(arguments, ["VERSION=1.2 (rc)", "REF=main", "SUFFIX=1.2 (rc)-main"]);
    });
}

#[test]
fn what_setup_exports_is_there_for_names_of_images() {
    let run = "run: docker build --tag \"$arch_image\" . && note \"$image\" \"$tag\" \"$arch_tag\"";
    for (tags, recipe) in [("[\"${git_tag}\", latest]", run), ("[v1, latest]", run), ("[v1, latest]", "retry: 0")] {
        let matrix = format!(
            r#"
version: 1
vars: {{ registry: "${{REGISTRY}}", channel: edge }}
images:
  made:
    image: "${{registry}}/made/${{channel}}"
    arch_image: "${{image}}:${{VERSION}}-${{tag}}-${{arch}}"
    setup: export VERSION='1\\2' REGISTRY=r.acme.org
    {recipe}
workflows:
  tags: {{ on: {{ tags: ["**"] }}, tags: {tags} }}
  main:
    on: {{ branches: [main] }}
    tags: [latest]
    vars: {{ registry: "${{REGISTRY}}/main", channel: "of-${{REGISTRY}}" }}
tool: {{ image: r.acme.org/t }}
"#
        );
        on_every_provider(&matrix, |config, shell| {
            let ran = config.job("tags", "build-made-amd64", Trigger::Tag("v1")).run(shell).green();
            let image = "r.acme.org/made/edge";
            assert_eq!(ran.pushes(), ["v1", "latest"].map(|tag| format!("{image}:1--2-{tag}-amd64")), "{}", ran.log);
            assert!(recipe != run || ran.of("note", image) == [[image, "v1", "1--2-v1-amd64"]], "{:?}", ran.calls);
            let ran = config.job("main", "build-made-amd64", Trigger::Branch("main")).run(shell).green();
            assert_eq!(ran.pushes(), ["r.acme.org/main/made/of-r.acme.org:1--2-latest-amd64"]);
        });
    }
}

/// A name that only some workflows need, in a tag and in a var.
const SOMETIMES: &str = r#"
version: 1
vars: { channel: edge }
images:
  app: { image: acme/app, args: { CHANNEL: "${channel}" } }
  other: { image: acme/other }
  script: { image: acme/script, run: 'docker build --tag "$arch_image" --build-arg "CHANNEL=$channel" .' }
  copied: { image: acme/copied, copy: "redis:${channel}" }
workflows:
  main: { on: { branches: [main] }, tags: [latest] }
  nightly:
    on: { schedule: "0 3 * * *", branches: [main] }
    tags: ["n${VERSION}", "${git_sha}"]
    vars: { channel: "of ${CHANNEL}" }
tool: { image: r.acme.org/t }
"#;

#[test]
fn a_name_is_missed_where_it_is_needed_and_nowhere_else() {
    on_every_provider(SOMETIMES, |config, shell| {
        let job = |workflow: &str, name: &str| config.job(workflow, name, Trigger::Branch("main"));
        for name in ["build-app-amd64", "build-other-amd64", "build-script-amd64", "build-copied"] {
            job("main", name).run(shell).green();
            let nightly = || job("nightly", name).with("VERSION", "1").with("CHANNEL", "2 3");
            let ran = nightly().run(shell).green();
            let tells = ran.calls.iter().flat_map(|call| &call.arguments).any(|word| word.ends_with("of 2 3"));
            assert_eq!(tells, name != "build-other-amd64", "{}", ran.log);
            for missed in ["VERSION", "CHANNEL"] {
                let ran = nightly().with(missed, "").run(shell);
                if name == "build-other-amd64" && missed == "CHANNEL" {
                    ran.green();
                    continue;
                }
                let ran = ran.red(&format!("{missed}: set it "));
                assert!(ran.calls.is_empty(), "{}", ran.log);
            }
        }
        // Where nothing is built, nothing of a build is needed.
        let ran = job("nightly", "build-app-manifest").given(".splitbuild/app-amd64", "").run(shell).green();
        assert_eq!(Ran::values(ran.one("splitbuild", "manifest"), "--fixed-tag"), [REVISION]);
    });
}

#[test]
fn a_var_may_need_what_setup_exports() {
    let setup = r#"defaults: { setup: "export VERSION=1 CHANNEL='2 3'; note \"${channel-none}\"" }"#;
    let matrix = SOMETIMES.replacen("images:", &format!("{setup}\nimages:"), 1);
    on_every_provider(&matrix, |config, shell| {
        for (workflow, channel) in [("main", "edge"), ("nightly", "of 2 3")] {
            for name in ["build-app-amd64", "build-script-amd64", "build-copied"] {
                let ran = config.job(workflow, name, Trigger::Branch("main")).run(shell).green();
                let words = ran.calls.iter().flat_map(|call| &call.arguments);
                let wanted =
                    if name == "build-copied" { format!("redis:{channel}") } else { format!("CHANNEL={channel}") };
                assert!(words.into_iter().any(|word| *word == wanted), "{:?}: {}", ran.calls, ran.log);
            }
        }
    });
}

#[test]
fn a_name_that_is_empty_stops_the_job_before_it_builds() {
    let exported = "version: 1\nimages: { app: { image: acme/app, setup: ':', args: { A: \"${VERSION}\" } } }\n\
                    workflows: { tags: { on: { tags: [\"**\"] }, tags: [t] } }\ntool: { image: r.acme.org/t }\n";
    let argument = exported.replace("{ A: \"${VERSION}\" }", "[VERSION]");
    for (matrix, job, name) in [
        (MATRIX, "build-other-amd64", "REGISTRY"),
        (exported, "build-app-amd64", "VERSION"),
        (&argument, "build-app-amd64", "VERSION"),
    ] {
        on_every_provider(matrix, |config, shell| {
            let job = config.job("tags", job, Trigger::Tag("v1"));
            for ran in [job.run(shell), job.with(name, "").run(shell)] {
                let ran = ran.red(&format!("{name}: set it "));
                assert!(ran.calls.iter().all(|call| call.tool != "docker"), "{}", ran.log);
            }
        });
    }
}

#[test]
fn several_tags_may_share_a_per_architecture_name() {
    everywhere(MATRIX, |config, shell| {
        let job = config.job("tags", "build-other-amd64", Trigger::Tag("v1")).with("REGISTRY", "registry.acme.org");
        let ran = job.run(shell).green();
        assert_eq!(ran.pushes(), ["registry.acme.org/other:01234567-amd64"; 2]);
        let build = ran.one("docker", "build");
        assert!(Ran::values(build, "--label").iter().any(|label| label.starts_with("commit=0123")), "{build:?}");
        let pushed: Vec<String> = ran.file(".splitbuild/other-amd64").lines().skip(4).map(str::to_owned).collect();
        assert_eq!(pushed.len(), 2, "{pushed:?}");
        for (line, tag) in pushed.iter().zip(["v1", "latest"]) {
            let named = "registry.acme.org/other:01234567-amd64";
            assert!(line.starts_with(&format!("pushed registry.acme.org/other:{tag} {named} sha256:")), "{line}");
        }
    });
}

#[test]
fn a_run_without_the_name_says_so() {
    // The tags of all workflows of the image, and those of one of them.
    let same = MATRIX.replace("tags: [\"${VERSION}\", \"v${VERSION}\"]", "tags: [\"${git_branch}\"]");
    for (matrix, says) in [(MATRIX, "_BRANCH: "), (&same, "_BRANCH: this run has none")] {
        everywhere(matrix, |config, shell| {
            // Started in a way that the matrix does not say.
            let job = config.job("branches", "build-app-amd64", Trigger::Tag("v1"));
            let ran = job.run(shell).red(says);
            assert!(ran.calls.iter().all(|call| call.tool != "docker"), "{}", ran.log);
        });
    }
}

#[test]
fn a_setup_that_fails_is_red_and_keeps_the_shell_as_it_was() {
    let matrix = |setup: &str| {
        let workflows = "workflows: { main: { on: { branches: [main] }, tags: [\"a${X}\", b] } }";
        let setup = serde_json::to_string(setup).expect("text");
        format!(
            "version: 1\nimages:\n  app: {{ image: acme/app, needs: [base], setup: {setup}, args: {{ X: \"${{X}}\" }} }}\n  \
             base: {{ image: acme/base }}\n{workflows}\ntool: {{ image: r.acme.org/t }}\n"
        )
    };
    let parent = "pushed acme/base:b acme/base:b-amd64 sha256:00\n";
    let run = |config: &Config, shell: &[&str]| {
        let job = config.job("main", "build-app-amd64", Trigger::Branch("main")).with("X", "x y");
        let job = job.handed("build-base-amd64", "pushed", "c0ffee sha256:00");
        job.given(".splitbuild/base-amd64", parent).run(shell)
    };
    for setup in ["exit 3", "false; true", "false\ntrue", "note ${NONE}"] {
        on_every_provider(&matrix(setup), |config, shell| {
            let ran = run(config, shell).red("");
            assert!(ran.of("docker", "build").is_empty(), "{}", ran.log);
        });
    }
    for setup in ["false || true", "cd /", "set -- a b; IFS=a-; set +eu -f", "set -x"] {
        on_every_provider(&matrix(setup), |config, shell| {
            let ran = run(config, shell).green();
            let build = ran.one("docker", "build");
            let pins = ["acme/base:b", "acme/base:b-amd64"]
                .map(|name| format!("--build-context={name}=docker-image://acme/base@sha256:00"));
            // What GitHub's job is handed on has no names: those of every tag mean it.
            let given = if config.provider == "github" { &build[3..5] } else { &build[1..3] };
            assert_eq!(given, pins, "{}", ran.log);
            assert_eq!(Ran::values(build, "--build-arg"), ["X=x y"]);
            assert_eq!(ran.pushes(), ["acme/app:ax-y-amd64", "acme/app:b-amd64"]);
            // The values of names may be secrets.
            assert!(!ran.log.contains("x y"), "{}", ran.log);
        });
    }
}

#[test]
fn setup_has_the_names_that_are_known_before_it() {
    let matrix = r#"
version: 1
vars: { v: "a b", w: "a" }
defaults: { setup: "note \"$image\" \"${platform-none}\" \"${arch-none}\" \"${tag-none}\" \"$v\" \"$w\" \"$pipeline\"" }
images:
  app: { image: acme/app, context: "github.com/acme/app.git#main" }
  copied:
    image: acme/copied
    copy: redis
    setup: note "$image" "${platform-none}" "${arch-none}" "${tag-none}" "$v" "$w" "$pipeline"
workflows:
  main: { on: { branches: [main] }, tags: [t] }
  other: { on: { branches: [other] }, tags: [t], vars: { w: "b c" } }
tool: { image: r.acme.org/t }
"#;
    on_every_provider(matrix, |config, shell| {
        for (workflow, different) in [("main", "a"), ("other", "b c")] {
            let job = |name: &str| config.job(workflow, name, Trigger::Branch(workflow));
            let ran = job("build-app-amd64").run(shell).green();
            assert_eq!(
                ran.of("note", "acme/app"),
                [["acme/app", "linux/amd64", "amd64", "none", "a b", different, "42"]]
            );
            assert_eq!(ran.one("git", "clone")[6], "https://github.com/acme/app.git");
            let ran = job("build-copied").run(shell).green();
            assert_eq!(
                ran.of("note", "acme/copied"),
                [["acme/copied", "none", "none", "none", "a b", different, "42"]]
            );
        }
    });
}
