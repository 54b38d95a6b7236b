//! What a build job checks, retries and hands over.

use super::job::{Config, Job, REVISION, Ran, SHELLS, Trigger, everywhere, on_every_provider};
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
  tried:
    image: acme/tried
    retry: 2
    run: |
      docker build -t "$arch_image" .
      note done
workflows: { main: { on: { branches: [main] }, tags: [latest, "r${pipeline}", "${git_short_sha}"] } }
tool: { image: "registry.acme.org/tool:1" }
"#;

fn job(config: &Config, name: &str) -> Job {
    config.job("main", name, Trigger::Branch("main"))
}

fn digest(reference: &str) -> String {
    let output = std::process::Command::new("sh")
        .args(["-c", "printf %s \"$1\" | sha256sum | cut -c1-64", "sh", reference])
        .output();
    format!("sha256:{}", String::from_utf8_lossy(&output.expect("sh runs").stdout).trim())
}

/// The pauses between tries, in seconds.
fn pauses(ran: &Ran) -> Vec<&str> {
    ran.calls.iter().filter(|call| call.tool == "sleep").map(|call| call.arguments[0].as_str()).collect()
}

#[test]
fn every_pushed_reference_is_handed_over_with_its_digest() {
    everywhere(MATRIX, |config, shell| {
        for (name, images, revision) in
            [("pair", &["acme/one", "acme/two"][..], COMMIT), ("app", &["acme/app"], REVISION)]
        {
            let ran = job(config, &format!("build-{name}-arm64")).run(shell).green();
            let mut expected = format!("splitbuild 2\nkey {name}\nplatform linux/arm64\nrevision {revision}\n");
            for image in images {
                for tag in ["latest", "r42", &REVISION[..8]] {
                    let reference = format!("{image}:{tag}-arm64");
                    expected.push_str(&format!("pushed {image}:{tag} {reference} {}\n", digest(&reference)));
                }
            }
            assert_eq!(ran.file(&format!(".splitbuild/{name}-arm64")), expected);
            let kept = ran.kept();
            assert_eq!(kept.len(), 1, "{:?}", kept.keys());
            assert_eq!(kept[&format!(".splitbuild/{name}-arm64")], expected.as_bytes());
        }
    });
}

#[test]
fn an_image_for_another_platform_is_refused_before_any_push() {
    on_every_provider(MATRIX, |config, shell| {
        let app = || job(config, "build-app-arm64");
        let ran = app().with("RECORD_PLATFORM", "linux/amd64").run(shell);
        let ran = ran.red("acme/app:latest-arm64 is for linux/amd64, not linux/arm64: nothing was pushed");
        assert!(ran.pushes().is_empty() && ran.kept().is_empty());
        let ran = app().with("RECORD_PLATFORM", "linux/arm64/v7").run(shell).red("nothing was pushed");
        assert!(ran.pushes().is_empty());
        app().with("RECORD_PLATFORM", "linux/arm64/v8").run(shell).green();
        // The last of several, too, stops the first.
        let pair = job(config, "build-pair-arm64").behaving("platforms", "acme/two:latest-arm64 linux/amd64\n");
        let ran = pair.run(shell).red("acme/two:latest-arm64 is for linux/amd64");
        assert!(ran.pushes().is_empty() && ran.kept().is_empty());
    });
}

#[test]
fn platforms_have_more_than_one_name() {
    let matrix = MATRIX.replace(
        "acme/app, retry: 1",
        "acme/app, platforms: { linux/arm64/v8: {}, linux/arm/v7: { arch: armv7 }, linux/arm/v6: { arch: armv6 } }",
    );
    let runners = "runners: { linux/arm/v7: big, linux/arm/v6: big }";
    let matrix = format!("{matrix}circleci: {{ {runners} }}\ngitlab: {{ {runners} }}\ngithub: {{ {runners} }}\n");
    on_every_provider(&matrix, |config, shell| {
        for (name, found, is_right) in [
            ("arm64", "linux/arm64", true),
            ("arm64", "linux/arm64/v8", true),
            ("arm64", "linux/arm/v8", false),
            ("armv7", "linux/arm/v7", true),
            ("armv7", "linux/arm", true),
            ("armv7", "linux/arm/v6", false),
            ("armv6", "linux/arm/v6", true),
            ("armv6", "linux/arm", false),
        ] {
            let ran = job(config, &format!("build-app-{name}")).with("RECORD_PLATFORM", found).run(shell);
            assert_eq!(ran.succeeded, is_right, "{found}: {}", ran.log);
            assert_eq!(ran.pushes().is_empty(), !is_right);
        }
    });
}

#[test]
fn an_image_that_is_not_there_stops_the_job_before_any_push() {
    let matrix = MATRIX.replace("for name in acme/one acme/two", "for name in acme/one");
    on_every_provider(&matrix, |config, shell| {
        let ran = job(config, "build-pair-amd64").run(shell).red("No such image: acme/two:latest-amd64");
        assert!(ran.pushes().is_empty() && ran.kept().is_empty());
    });
}

#[test]
fn clones_and_pushes_are_tried_three_times() {
    on_every_provider(MATRIX, |config, shell| {
        let ran = job(config, "build-app-amd64").behaving("push-fails", "2").run(shell).green();
        assert_eq!(ran.pushes().len(), 5, "three tags, the first of them three times");
        assert_eq!(pauses(&ran), ["5", "10"]);
        let ran = job(config, "build-app-amd64").behaving("push-fails", "3").run(shell).red("503 Service");
        assert_eq!(ran.pushes().len(), 3);
        let file = ran.found(".splitbuild/app-amd64").unwrap_or_default();
        assert!(!file.contains("sha256:") && !ran.outputs().contains_key("pushed"), "nothing is handed on");
        let ran = job(config, "build-pair-amd64").behaving("clone-fails", "2").run(shell).green();
        assert_eq!((ran.of("git", "clone").len(), pauses(&ran)), (3, vec!["5", "10"]));
        let ran = job(config, "build-pair-amd64").behaving("clone-fails", "3").run(shell).red("503 Service");
        assert!(ran.of("docker", "build").is_empty());
    });
}

#[test]
fn builds_are_tried_again_when_asked() {
    on_every_provider(MATRIX, |config, shell| {
        let builds = |name: &str, fails: &str| {
            let ran = job(config, name).behaving("build-fails", fails).run(shell);
            (ran.of("docker", "build").len(), ran)
        };
        let (count, ran) = builds("build-app-amd64", "1");
        assert_eq!((count, ran.green().pushes().len()), (2, 3), "retry: 1");
        let (count, ran) = builds("build-app-amd64", "2");
        assert_eq!((count, ran.red("the build failed").pushes().len()), (2, 0));
        let (count, ran) = builds("build-pair-amd64", "1");
        assert_eq!((count, ran.red("").pushes().len()), (1, 0), "`set -e` holds in a script");
        let (count, ran) = builds("build-tried-amd64", "2");
        let ran = ran.green();
        assert_eq!((count, ran.pushes().len(), ran.of("note", "done").len()), (3, 3, 1), "retry: 2, of a script");
        let (count, ran) = builds("build-tried-amd64", "3");
        let ran = ran.red("try 3 failed");
        assert_eq!((count, ran.pushes().len(), ran.of("note", "done").len()), (3, 0, 0));
    });
}

#[test]
fn a_push_without_a_digest_is_no_success() {
    let buildah = format!("{MATRIX}gitlab: {{ builder: buildah }}\n");
    for config in [
        Config::of(MATRIX),
        Config::for_provider(MATRIX, "gitlab"),
        Config::for_provider(&buildah, "gitlab"),
        Config::for_provider(MATRIX, "github"),
    ] {
        for shell in SHELLS {
            let ran = job(&config, "build-app-amd64").behaving("no-digest", "").run(shell).red("");
            assert!(ran.kept().values().all(|text| !String::from_utf8_lossy(text).contains("pushed")), "{}", ran.log);
            assert!(!ran.outputs().contains_key("pushed"));
        }
    }
}

#[test]
fn a_script_that_ends_early_hands_nothing_on() {
    for key in ["setup: exit 0", "setup: exit 0, run: 'docker build -t \"$arch_image\" .'", "run: exit 0"] {
        let matrix = format!(
            "version: 1\nimages: {{ app: {{ image: acme/app, {key} }} }}\n\
             workflows: {{ main: {{ on: {{ branches: [main] }}, tags: [t] }} }}\ntool: {{ image: r.acme.org/t }}\n"
        );
        on_every_provider(&matrix, |config, shell| {
            let ran = job(config, "build-app-amd64").run(shell);
            assert!(ran.pushes().is_empty() && ran.kept().is_empty(), "{}", ran.log);
            // In GitLab the job is one shell, which the script has ended.
            assert!(!ran.succeeded || config.provider == "gitlab" && key.starts_with("setup"), "{}", ran.log);
            if ran.succeeded {
                let publish = job(config, "build-app-manifest").after(&ran);
                let publish = publish.with("RECORD_SPLITBUILD", env!("CARGO_BIN_EXE_splitbuild"));
                publish.run(shell).red("the hand-over file .splitbuild/app-amd64 does not exist");
            }
        });
    }
}

#[test]
fn what_an_earlier_run_has_left_is_not_handed_on() {
    everywhere(MATRIX, |config, shell| {
        for fails in ["0", "3"] {
            let mut job = job(config, "build-app-amd64").behaving("push-fails", fails);
            for arch in ["amd64", "arm64"] {
                let stale = format!("pushed acme/app:latest acme/app:latest-{arch} sha256:0000\n");
                job = job.given(&format!(".splitbuild/app-{arch}"), &stale);
            }
            job.workspaces = vec![".".into()];
            let ran = job.run(shell);
            assert_eq!(ran.succeeded, fails == "0", "{}", ran.log);
            assert!(ran.kept().values().all(|text| !String::from_utf8_lossy(text).contains("sha256:0000")));
        }
    });
}

#[test]
fn built_images_are_labelled() {
    on_every_provider(MATRIX, |config, shell| {
        let ran = job(config, "build-app-amd64").run(shell).green();
        let labels = Ran::values(ran.one("docker", "build"), "--label");
        assert_eq!(labels[0], format!("org.opencontainers.image.revision={REVISION}"));
        assert!(
            labels[1].starts_with("org.opencontainers.image.source=https://git.example.com/acme/this"),
            "{labels:?}"
        );
    });
}

#[test]
fn a_build_shows_what_it_is_called_with_but_for_secrets() {
    let matrix = r#"
version: 1
vars: { channel: edge, secret: "${TOKEN}" }
images:
  app:
    image: acme/app
    args: { A: "${tag} ${arch}", B: "${git_ref}", C: "${channel}", D: "${secret}", E: "${TOKEN}", F: "$git_short_sha" }
workflows:
  main: { on: { branches: ["**"] }, tags: ["${git_branch}"] }
  other: { on: { tags: ["**"] }, tags: [t], vars: { channel: stable, secret: "of ${TOKEN}" } }
tool: { image: r.acme.org/t }
"#;
    on_every_provider(matrix, |config, shell| {
        let job = config.job("main", "build-app-arm64", Trigger::Branch("feat/x")).with("TOKEN", "t0ken");
        let ran = job.run(shell).green();
        // A file of GitHub's is of one workflow, so its vars stand in it.
        let channel = if config.provider == "github" { "" } else { "channel=edge" };
        for shown in ["tag=feat-x", "arch=arm64", "=feat/x", channel, "=01234567", REVISION] {
            assert!(ran.log.contains(shown), "{shown}: {}", ran.log);
        }
        assert!(!ran.log.contains("t0ken"), "{}", ran.log);
    });
}

#[test]
fn nothing_stays_in_a_daemon_that_outlives_the_job() {
    let lasting = "gitlab: { services: [] }\nregistries: { r.acme.org: { username: me, password: \"${PASS}\" } }\n";
    // Whatever the project's own shell has set to be done in the end.
    for more in ["", "defaults: { setup: \"trap : EXIT\" }\n"] {
        let config = Config::for_provider(&format!("{MATRIX}{lasting}{more}"), "gitlab");
        for (shell, fails, count) in SHELLS.iter().flat_map(|shell| {
            [("push-fails", "0"), ("push-fails", "9"), ("build-fails", "9")].map(|(fails, count)| (shell, fails, count))
        }) {
            let job = job(&config, "build-app-amd64").with("PASS", "p").behaving(fails, count);
            let ran = job.behaving("home/.docker/logins", "the machine's own\n").run(shell);
            assert_eq!(ran.succeeded, count == "0", "{}", ran.log);
            assert_eq!(ran.recorded("images").unwrap_or_default(), "", "{}", ran.log);
            assert_eq!(ran.recorded("home/.docker/logins").expect("a file"), "the machine's own\n");
            assert_eq!(ran.of("docker", "login").len(), 1);
            assert_eq!(std::fs::read_dir(ran.path("record/tmp")).expect("a folder").count(), 0, "{}", ran.log);
        }
    }
    // Elsewhere they die with the job.
    everywhere(MATRIX, |config, shell| {
        let ran = job(config, "build-app-amd64").run(shell).green();
        assert!(ran.of("docker", "image").iter().all(|words| words[1] != "rm"));
    });
}

#[test]
fn builds_run_at_the_root_and_scripts_in_the_folder_of_the_context() {
    let matrix = r#"
version: 1
images:
  app: { image: acme/app, context: "https://git.example.com/a.git#main:docker", dockerfile: Other }
  here: { image: acme/here, context: docker, dockerfile: Other }
  absolute: { image: acme/absolute, context: docker, dockerfile: /Other }
  script: { image: acme/script, context: "https://git.example.com/a.git#main:docker", run: docker build -t "$arch_image" . }
workflows: { main: { on: { branches: [main] }, tags: [t] } }
tool: { image: r.acme.org/t }
"#;
    everywhere(matrix, |config, shell| {
        for (name, folder, file, context) in [
            ("app", "", Some(".splitbuild/context/docker/Other"), ".splitbuild/context/docker"),
            ("here", "", Some("docker/Other"), "docker"),
            ("absolute", "", Some("/Other"), "docker"),
            ("script", ".splitbuild/context/docker", None, "."),
        ] {
            let ran = job(config, &format!("build-{name}-amd64")).run(shell).green();
            let build =
                ran.calls.iter().find(|call| call.tool == "docker" && call.arguments[0] == "build").expect("it builds");
            assert_eq!((build.folder.as_str(), build.arguments.last().expect("a context").as_str()), (folder, context));
            assert_eq!(Ran::values(&build.arguments, "--file"), file.into_iter().collect::<Vec<_>>());
        }
    });
}
