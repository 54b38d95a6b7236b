//! What the jobs run that need no Docker: indexes, copies and tarballs.

use super::job::{Config, Job, Ran, SHELLS, Trigger, everywhere, on_every_provider};

const MATRIX: &str = r#"
version: 1
vars: { channel: edge, source: redis }
images:
  app:
    image: [acme/app, "acme/app-$channel"]
    export: { acme/app: "app-${tag}-${arch}.tar.gz" }
  one: { image: acme/one, platforms: [linux/arm64], arch_image: "${image}-${arch}:${tag}.${git_short_sha}", export: "${channel}-${tag}.tar" }
  copied: { image: [acme/copied, "acme/$channel"], copy: "docker.io/library/${source}:7", platforms: [linux/amd64, linux/s390x] }
workflows:
  main: { on: { branches: [main] }, tags: [latest, "${git_branch}-${git_short_sha}"] }
  release: { on: { tags: ["**"] }, tags: ["${git_tag}", stable, "r${pipeline}"], vars: { channel: stable, source: "of $channel" } }
tool: { image: "registry.acme.org/tool:1" }
"#;

fn job(config: &Config, workflow: &str, name: &str) -> Job {
    let trigger = if workflow == "main" { Trigger::Branch("main") } else { Trigger::Tag("v1/x") };
    let job = config.job(workflow, name, trigger);
    // What GitHub's jobs are handed on.
    let job = job.handed("build-app-manifest", "published", "sha256:00 sha256:00");
    job.handed("build-one-manifest", "published", "sha256:00 sha256:00")
}

const TAGS: [(&str, &[&str]); 2] = [("main", &["latest", "main-01234567"]), ("release", &["v1-x", "stable", "r42"])];

#[test]
fn an_index_is_made_of_what_the_builds_hand_over() {
    everywhere(MATRIX, |config, shell| {
        for (workflow, fixed) in [("main", &["main-01234567"][..]), ("release", &["v1-x", "r42"])] {
            for (key, arches, platforms) in
                [("app", &["amd64", "arm64"][..], "linux/amd64,linux/arm64"), ("one", &["arm64"], "linux/arm64")]
            {
                let published = "acme/x:y@sha256:00\n";
                let ran = job(config, workflow, &format!("build-{key}-manifest")).behaving("published", published);
                let ran = ran.given(&format!(".splitbuild/{key}-arm64"), "").run(shell).green();
                let words = ran.one("splitbuild", "manifest");
                let digests: Vec<String> = arches.iter().map(|arch| format!(".splitbuild/{key}-{arch}")).collect();
                assert_eq!(Ran::values(words, "--digests"), digests, "{}", ran.log);
                assert_eq!(Ran::values(words, "--platform"), [platforms]);
                assert_eq!(Ran::values(words, "--run"), ["acme/this/42"]);
                assert_eq!(Ran::values(words, "--fixed-tag"), fixed);
                assert_eq!(words.len(), 1 + 2 * (2 + arches.len() + fixed.len()), "nothing else: {words:?}");
                assert_eq!(ran.file(&format!(".splitbuild/{key}-index")), published);
                assert!(ran.log.contains(published.trim()), "it can be seen");
                assert!(ran.kept().contains_key(&format!(".splitbuild/{key}-index")));
                assert!(ran.calls.iter().all(|call| call.tool == "splitbuild"), "no Docker, no git, no setup");
            }
        }
    });
}

#[test]
fn a_per_architecture_name_may_be_another() {
    everywhere(MATRIX, |config, shell| {
        for (workflow, tags) in TAGS {
            let ran = job(config, workflow, "build-one-arm64").run(shell).green();
            let names: Vec<String> = tags.iter().map(|tag| format!("acme/one-arm64:{tag}.01234567")).collect();
            assert_eq!(ran.pushes(), names, "{}", ran.log);
            assert_eq!(Ran::values(ran.one("docker", "build"), "--tag"), [format!("acme/one:{}.01234567", tags[0])]);
            let text = ran.file(".splitbuild/one-arm64");
            for (tag, name) in tags.iter().zip(&names) {
                assert!(text.contains(&format!("pushed acme/one:{tag} {name} sha256:")), "{text}");
            }
        }
    });
}

#[test]
fn names_of_images_may_differ_between_workflows() {
    on_every_provider(MATRIX, |config, shell| {
        for ((workflow, tags), channel) in TAGS.into_iter().zip(["edge", "stable"]) {
            let ran = job(config, workflow, "build-app-amd64").run(shell).green();
            let images = ["acme/app".to_owned(), format!("acme/app-{channel}")];
            let names: Vec<String> =
                images.iter().flat_map(|image| tags.iter().map(move |tag| format!("{image}:{tag}-amd64"))).collect();
            assert_eq!(ran.pushes(), names, "{}", ran.log);
            let first = images.map(|image| format!("{image}:{}-amd64", tags[0]));
            assert_eq!(Ran::values(ran.one("docker", "build"), "--tag"), first);
        }
    });
}

#[test]
fn a_copy_goes_to_every_name_under_every_tag() {
    everywhere(MATRIX, |config, shell| {
        for ((workflow, tags), (channel, source)) in TAGS.into_iter().zip([("edge", "redis"), ("stable", "of stable")])
        {
            let published = "acme/copied:latest@sha256:00\n";
            let ran = job(config, workflow, "build-copied").behaving("published", published).run(shell).green();
            let mut words = vec!["copy".to_owned(), "--platform".into(), "linux/amd64,linux/s390x".into()];
            words.push(format!("docker.io/library/{source}:7"));
            for tag in tags {
                words.extend(["copied", channel].map(|image| format!("acme/{image}:{tag}")));
            }
            assert_eq!(ran.one("splitbuild", "copy"), words, "{}", ran.log);
            assert_eq!(ran.file(".splitbuild/copied-index"), published);
            assert_eq!(ran.kept().keys().collect::<Vec<_>>(), [".splitbuild/copied-index"]);
        }
    });
}

#[test]
fn what_was_published_is_saved_by_digest() {
    everywhere(MATRIX, |config, shell| {
        let folder = if config.provider == "circleci" { ".splitbuild/export" } else { "." };
        for ((workflow, tags), channel) in TAGS.into_iter().zip(["edge", "stable"]) {
            let index = |image: &str| -> String {
                tags.iter().map(|tag| format!("{image}:{tag}@sha256:{}\n", "ab".repeat(32))).collect()
            };
            let indexes = format!("{}{}", index("acme/app"), index(&format!("acme/app-{channel}")));
            let ran = job(config, workflow, "export-app").given(".splitbuild/app-index", &indexes).run(shell).green();
            let save = |platform: &str, names: [String; 2], file: String, image: &str| -> Vec<String> {
                let [index, own] = names;
                let source = format!("{image}@sha256:{}", "ab".repeat(32));
                ["export", "--platform", platform, "--name", &index, "--name", &own, "--output", &file, &source]
                    .map(str::to_owned)
                    .to_vec()
            };
            let mut expected = Vec::new();
            for tag in tags {
                for arch in ["amd64", "arm64"] {
                    let names = ["acme/app".to_owned() + ":" + tag, format!("acme/app:{tag}-{arch}")];
                    let file = format!("{folder}/app-{tag}-{arch}.tar.gz");
                    expected.push(save(&format!("linux/{arch}"), names, file, "acme/app"));
                }
            }
            assert_eq!(ran.of("splitbuild", "export"), expected, "{}", ran.log);
            let job = job(config, workflow, "export-one").given(".splitbuild/one-index", &index("acme/one"));
            let ran = job.run(shell).green();
            let one = |tag: &&str| {
                let names = [format!("acme/one:{tag}"), format!("acme/one-arm64:{tag}.01234567")];
                save("linux/arm64", names, format!("{folder}/{channel}-{tag}.tar"), "acme/one")
            };
            assert_eq!(ran.of("splitbuild", "export"), tags.iter().map(one).collect::<Vec<_>>(), "{}", ran.log);
        }
    });
}

#[test]
fn a_file_whose_name_is_a_path_is_not_written() {
    let matrix = MATRIX.replace("\"${channel}-${tag}.tar\"", "\"${WHERE}-${tag}.tar\"");
    on_every_provider(&matrix, |config, shell| {
        let job = |value: &str| {
            let job = job(config, "main", "export-one").with("WHERE", value);
            job.given(".splitbuild/one-index", "acme/one:latest@sha256:00\n").run(shell)
        };
        assert!(job("../x").red("is no name of a file").of("splitbuild", "export").is_empty());
        assert!(job("").red("WHERE: set it ").of("splitbuild", "export").is_empty());
        let folder = if config.provider != "gitlab" { ".splitbuild/export" } else { "." };
        let ran = job("-a b$(touch pwned)").green();
        let files = Ran::values(ran.of("splitbuild", "export")[0], "--output");
        assert_eq!(files, [format!("{folder}/-a b$(touch pwned)-latest.tar")]);
    });
}

#[test]
fn the_project_installs_splitbuild_before_it_is_called() {
    let install = "note installed\\nset -- a\\nIFS=a";
    let matrix = MATRIX.replace("image: \"registry.acme.org/tool:1\"", &format!("install: \"{install}\""));
    on_every_provider(&matrix, |config, shell| {
        for (name, verb) in [("build-app-manifest", "manifest"), ("build-copied", "copy"), ("export-app", "export")] {
            let job = job(config, "main", name).given(".splitbuild/app-index", "acme/app:latest@sha256:00\n");
            let ran = job.run(shell).green();
            let tools: Vec<&str> =
                ran.calls.iter().map(|call| call.tool.as_str()).filter(|tool| *tool != "sleep").collect();
            assert_eq!(tools[..2], ["note", "splitbuild"], "{}", ran.log);
            assert_eq!(ran.calls[1].arguments[0], verb);
            assert!(ran.calls[1].arguments.iter().all(|word| word != "a" && !word.is_empty()), "{:?}", ran.calls);
        }
    });
}

#[test]
fn a_script_that_ends_a_job_which_publishes_is_no_success() {
    for (from, to) in [
        ("image: \"registry.acme.org/tool:1\"", "install: exit 0"),
        ("copy: \"docker", "setup: exit 0, copy: \"docker"),
    ] {
        let matrix = MATRIX.replace(from, to);
        on_every_provider(&matrix, |config, shell| {
            let jobs: &[&str] = match to.starts_with("install") {
                true => &["build-app-manifest", "build-copied", "export-app"],
                false => &["build-copied"],
            };
            for name in jobs {
                let ran = job(config, "main", name).given(".splitbuild/app-index", "acme/app:latest@sha256:00\n");
                let ran = ran.run(shell).red("has ended the job");
                assert!(ran.calls.is_empty());
            }
        });
    }
}

#[test]
fn a_failing_splitbuild_is_red() {
    let config = [Config::of(MATRIX), Config::for_provider(MATRIX, "gitlab")];
    for config in &config {
        for shell in SHELLS {
            for name in ["build-app-manifest", "build-copied", "export-app"] {
                let job = job(config, "main", name).given(".splitbuild/app-index", "acme/app:latest@sha256:00\n");
                job.with("RECORD_SPLITBUILD", "/bin/false").run(shell).red("");
            }
            // Nothing was published of what is to be saved.
            job(config, "main", "export-app").run(shell).red("app-index");
        }
    }
}
