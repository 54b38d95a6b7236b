//! The HySDS example makes the clones, builds, script calls, tags and pushes of the hand-written pipeline.
//!
//! What that pipeline does is told here as facts, family by family: the public repository hysds/hysds-framework,
//! `.circleci/config.yml` at f8872c4.

use std::path::Path;

use super::job::{Config, Job, Ran, SHELLS, Trigger};
use super::recorder::{COMMIT, Call};

/// What each family is built on.
const PARENTS: &[(&str, &[&str])] = &[
    ("redis", &["hysds_base"]),
    ("hysds_dev", &["hysds_base"]),
    ("hysds_cuda_base", &["hysds_base"]),
    ("hysds_cuda_dev", &["hysds_cuda_base"]),
    ("hysds_verdi_pge_base", &["hysds_base", "hysds_dev"]),
    ("hysds_cuda_pge_base", &["hysds_cuda_base", "hysds_cuda_dev"]),
];

/// What one family does. In texts, `T` stands for the run's first tag, `A` for the architecture, `R` for the release.
struct Family {
    key: &'static str,
    /// The repository and its branch.
    source: (&'static str, &'static str),
    images: &'static [&'static str],
    how: How,
}

enum How {
    /// The Dockerfile and the build arguments.
    Docker(&'static str, &'static [(&'static str, &'static str)]),
    /// The script and its arguments.
    Script(&'static str, &'static [&'static str]),
}

const SCRIPT: &[&str] = &["T-A", "hysds", "docker", "R", "R", "T-A", "develop"];

const FAMILIES: &[Family] = &[
    Family {
        key: "redis",
        source: ("puppet-redis", "master"),
        images: &["hysds/redis"],
        how: How::Docker("docker/Dockerfile", &[("BRANCH", "master"), ("ORG", "hysds")]),
    },
    Family {
        key: "rabbitmq",
        source: ("rabbitmq", "develop"),
        images: &["hysds/rabbitmq"],
        how: How::Docker("docker/Dockerfile", &[]),
    },
    Family {
        key: "hysds_base",
        source: ("puppet-hysds_base", "develop"),
        images: &["hysds/base"],
        how: How::Docker("docker/Dockerfile", &[("BRANCH", "develop"), ("ORG", "hysds")]),
    },
    Family {
        key: "hysds_dev",
        source: ("puppet-hysds_dev", "develop"),
        images: &["hysds/dev"],
        how: How::Docker("docker/Dockerfile", &[("BRANCH", "develop"), ("ORG", "hysds"), ("TAG", "T")]),
    },
    Family {
        key: "hysds_cuda_base",
        source: ("puppet-hysds_base", "develop"),
        images: &["hysds/cuda-base"],
        how: How::Docker("docker/Dockerfile.cuda", &[("BRANCH", "develop"), ("ORG", "hysds"), ("TAG", "T")]),
    },
    Family {
        key: "hysds_cuda_dev",
        source: ("puppet-hysds_dev", "develop"),
        images: &["hysds/cuda-dev"],
        how: How::Docker("docker/Dockerfile.cuda", &[("BRANCH", "develop"), ("ORG", "hysds"), ("TAG", "T-A")]),
    },
    Family {
        key: "hysds_verdi_pge_base",
        source: ("puppet-verdi", "docker"),
        images: &["hysds/pge-base", "hysds/verdi"],
        how: How::Script("build_docker.sh", SCRIPT),
    },
    Family {
        key: "hysds_cuda_pge_base",
        source: ("puppet-verdi", "docker"),
        images: &["hysds/cuda-pge-base"],
        how: How::Script("build_docker_cuda.sh", SCRIPT),
    },
];

/// A run: its workflow, what started it, its tags and its release.
struct Run {
    workflow: &'static str,
    trigger: Trigger<'static>,
    tags: &'static [&'static str],
    release: &'static str,
}

const RUNS: [Run; 2] = [
    Run {
        workflow: "build-deploy-develop",
        trigger: Trigger::Branch("develop"),
        tags: &["develop"],
        release: "develop",
    },
    Run {
        workflow: "build-deploy-release",
        trigger: Trigger::Tag("v6.1.0"),
        tags: &["latest", "v6.1.0"],
        release: "v6.1.0",
    },
];

/// Where splitbuild finds the login.
const LOGIN: &str = "docker.io=DOCKER_USER:DOCKER_PASS";

fn config() -> Config {
    Config::generated(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hysds/splitbuild.yml"), "circleci")
}

fn job(config: &Config, run: &Run, name: &str) -> Job {
    let job = config.job(run.workflow, name, run.trigger);
    let images =
        FAMILIES.iter().find(|family| name.contains(&format!("-{}-", family.key))).map(|it| it.images.join(" "));
    let job = job.with("RECORD_IMAGES", &images.unwrap_or_default());
    job.with("DOCKER_USER", "someone").with("DOCKER_PASS", "pass").with("GIT_OAUTH_TOKEN", "token")
}

/// The calls that make images and names, in a form that does not depend on the order of options.
fn calls(ran: &Ran) -> Vec<String> {
    ran.calls.iter().filter_map(normalized).collect()
}

fn normalized(call: &Call) -> Option<String> {
    let words: Vec<&str> = call.arguments.iter().map(String::as_str).collect();
    match (call.tool.as_str(), words.as_slice()) {
        ("git", ["clone", options @ .., "--", url, _]) => {
            let branch = options.windows(2).find(|pair| pair[0] == "--branch").map_or("", |pair| pair[1]);
            assert!(options.contains(&"--single-branch"));
            Some(format!("clone {url} {branch}"))
        }
        ("docker", ["build", options @ .., context]) => {
            let mut kept: Vec<String> = Vec::new();
            let mut options = options.iter();
            while let Some(option) = options.next() {
                match *option {
                    // The commit and the source are what splitbuild adds.
                    "--label" => drop(options.next()),
                    pin if pin.starts_with("--build-context=") => kept.push(pin.to_owned()),
                    other => kept.push(format!("{other}={}", options.next().expect("a value"))),
                }
            }
            kept.sort();
            assert_eq!(call.folder, "", "a build runs at the root");
            Some(format!("build {context}: {}", kept.join(" ")))
        }
        ("docker", ["tag", from, to]) => Some(format!("tag {from} {to}")),
        ("docker", ["push", name]) => Some(format!("push {name}")),
        ("docker", ["pull", name]) => Some(format!("pull {name}")),
        ("build_docker.sh" | "build_docker_cuda.sh", words) => {
            Some(format!("call {} in {}: {}", call.tool, call.folder, words.join(" ")))
        }
        ("docker", ["login", rest @ ..]) => Some(format!("log in {}", rest.join(" "))),
        ("docker", ["image", "inspect", ..]) | ("apk", _) | ("git", ["-C", ..]) => None,
        other => panic!("an unexpected call: {other:?}"),
    }
}

/// The names of a family's parents in a run, with what they mean by what was handed on: of every tag that of the index and
/// that of this architecture, parent by parent.
fn pins(family: &Family, run: &Run, arch: &str) -> Vec<(String, Vec<[String; 2]>)> {
    let parents = PARENTS.iter().find(|(key, _)| *key == family.key).map_or(&[][..], |(_, parents)| *parents);
    let mut files = Vec::new();
    for parent in parents {
        let images = FAMILIES.iter().find(|family| family.key == *parent).expect("a family").images;
        let named = images.iter().flat_map(|image| run.tags.iter().map(move |tag| (image, tag)));
        let pins = named.flat_map(|(image, tag)| {
            let meant = format!("{image}@sha256:{}", if *tag == run.tags[0] { "a" } else { "b" }.repeat(64));
            [format!("{image}:{tag}"), format!("{image}:{tag}-{arch}")].map(|name| [name, meant.clone()])
        });
        files.push((format!("{parent}-{arch}"), pins.collect()));
    }
    files
}

/// A job after those of its parents.
fn after(job: Job, pins: &[(String, Vec<[String; 2]>)]) -> Job {
    pins.iter().fold(job, |job, (file, pins)| {
        // The name of an index, and that of this architecture.
        let line = |pair: &[[String; 2]]| {
            let (_, digest) = pair[0][1].split_once('@').expect("a digest");
            format!("pushed {} {} {digest}\n", pair[0][0], pair[1][0])
        };
        let lines: String = pins.chunks(2).map(line).collect();
        job.given(
            &format!(".splitbuild/{file}"),
            &format!("splitbuild 2\nkey x\nplatform linux/x\nrevision x\n{lines}"),
        )
    })
}

fn expected(family: &Family, run: &Run, arch: &str) -> Vec<String> {
    let first = run.tags[0];
    let fill = |text: &str| match text {
        "T" => first.to_owned(),
        "T-A" => format!("{first}-{arch}"),
        "R" => run.release.to_owned(),
        other => other.to_owned(),
    };
    let (repository, branch) = family.source;
    let mut calls = vec![format!("clone https://github.com/hysds/{repository}.git {branch}")];
    calls.push("log in --username someone --password-stdin docker.io".into());
    // A build gets what a name means as an option; a script finds the names on the machine.
    let named = matches!(family.how, How::Docker(..));
    let pins: Vec<[String; 2]> = pins(family, run, arch).into_iter().flat_map(|(_, pins)| pins).collect();
    for [name, meant] in pins.iter().filter(|_| !named) {
        calls.extend([format!("pull {meant}"), format!("tag {meant} {name}")]);
    }
    calls.push(match &family.how {
        How::Docker(file, arguments) => {
            let mut options: Vec<String> =
                arguments.iter().map(|(name, value)| format!("--build-arg={name}={}", fill(value))).collect();
            options.push(format!("--file=.splitbuild/context/{file}"));
            options.extend(family.images.iter().map(|image| format!("--tag={image}:{first}-{arch}")));
            let pinned = pins.iter().filter(|_| named);
            options.extend(pinned.map(|[name, meant]| format!("--build-context={name}=docker-image://{meant}")));
            options.sort();
            format!("build .splitbuild/context: {}", options.join(" "))
        }
        How::Script(script, arguments) => {
            let words: Vec<String> = arguments.iter().map(|word| fill(word)).collect();
            format!("call {script} in .splitbuild/context: {}", words.join(" "))
        }
    });
    for image in family.images {
        for tag in run.tags {
            if *tag != first {
                calls.push(format!("tag {image}:{first}-{arch} {image}:{tag}-{arch}"));
            }
            calls.push(format!("push {image}:{tag}-{arch}"));
        }
    }
    calls
}

#[test]
fn every_build_does_what_the_hand_written_one_does() {
    let config = config();
    for shell in SHELLS {
        for run in &RUNS {
            for family in FAMILIES {
                for arch in ["amd64", "arm64"] {
                    let name = format!("build-{}-{arch}", family.key);
                    let pins = pins(family, run, arch);
                    let ran = after(job(&config, run, &name), &pins).run(shell).green();
                    assert_eq!(calls(&ran), expected(family, run, arch), "{}", ran.log);
                    let handed_on = ran.file(&format!(".splitbuild/{}-{arch}", family.key));
                    let head =
                        format!("splitbuild 2\nkey {}\nplatform linux/{arch}\nrevision {COMMIT}\npushed ", family.key);
                    assert!(handed_on.starts_with(&head), "{handed_on}");
                    assert_eq!(handed_on.lines().count(), 4 + family.images.len() * run.tags.len());
                    assert_eq!(ran.recorded("home/.git_oauth_token").as_deref(), Some("GIT_OAUTH_TOKEN=token\n"));
                }
            }
        }
    }
}

#[test]
fn every_build_job_of_the_example_is_compared() {
    let config = config();
    for run in &RUNS {
        let jobs = config.document()["workflows"][run.workflow]["jobs"].as_array().expect("jobs");
        for entry in jobs {
            let (definition, call) = entry.as_object().and_then(|map| map.iter().next()).expect("a call");
            let name = call["name"].as_str().unwrap_or(definition);
            let Some(key) =
                name.strip_prefix("build-").and_then(|n| n.strip_suffix("-amd64").or(n.strip_suffix("-arm64")))
            else {
                continue;
            };
            assert!(FAMILIES.iter().any(|family| family.key == key), "{name}");
        }
    }
}

#[test]
fn a_manifest_job_links_what_the_builds_hand_over() {
    let config = config();
    for shell in SHELLS {
        for run in &RUNS {
            let job = job(&config, run, "build-hysds_base-manifest");
            let job = job.given(".splitbuild/hysds_base-amd64", "").behaving("published", "hysds/base:x@sha256:00\n");
            let ran = job.run(shell).green();
            // A release's own tag stays, whatever is released later.
            let fixed = run.tags.iter().filter(|tag| **tag == "v6.1.0").flat_map(|tag| ["--fixed-tag", tag]);
            let mut expected: Vec<&str> = std::iter::once("manifest").chain(fixed).collect();
            expected.extend(["--login", LOGIN, "--run", "acme/this/42", "--platform", "linux/amd64,linux/arm64"]);
            expected.extend(["--digests", ".splitbuild/hysds_base-amd64", "--digests", ".splitbuild/hysds_base-arm64"]);
            assert_eq!(ran.of("splitbuild", "manifest"), [expected]);
            assert_eq!(ran.file(".splitbuild/hysds_base-index"), "hysds/base:x@sha256:00\n");
            assert!(ran.calls.iter().all(|call| call.tool == "splitbuild"), "no Docker, no git, no setup");
        }
    }
}

#[test]
fn elasticsearch_is_copied_under_every_tag() {
    let config = config();
    for shell in SHELLS {
        for run in &RUNS {
            let ran = job(&config, run, "build-elasticsearch").run(shell).green();
            let mut words = vec![
                "copy".to_owned(),
                "--login".into(),
                LOGIN.into(),
                "docker.io/library/elasticsearch:7.9.3".to_owned(),
            ];
            words.extend(run.tags.iter().map(|tag| format!("hysds/elasticsearch:{tag}")));
            assert_eq!(ran.of("splitbuild", "copy"), [words]);
        }
    }
}

#[test]
fn verdi_is_saved_by_digest_for_every_tag_and_platform() {
    let config = config();
    let digest = format!("sha256:{}", "ab".repeat(32));
    for shell in SHELLS {
        for run in &RUNS {
            let job = job(&config, run, "export-hysds_verdi_pge_base");
            let lines: String = ["hysds/pge-base", "hysds/verdi"]
                .iter()
                .flat_map(|image| run.tags.iter().map(move |tag| (image, tag)))
                .map(|(image, tag)| format!("{image}:{tag}@{digest}\n"))
                .collect();
            let ran = job.given(".splitbuild/hysds_verdi_pge_base-index", &lines).run(shell).green();
            let mut expected = Vec::new();
            for tag in run.tags {
                for (arch, suffix) in [("amd64", ""), ("arm64", "-arm64")] {
                    expected.push(vec![
                        "export".to_owned(),
                        "--login".to_owned(),
                        LOGIN.to_owned(),
                        "--platform".to_owned(),
                        format!("linux/{arch}"),
                        "--name".to_owned(),
                        format!("hysds/verdi:{tag}"),
                        "--name".to_owned(),
                        format!("hysds/verdi:{tag}-{arch}"),
                        "--output".to_owned(),
                        format!(".splitbuild/export/hysds-verdi-{tag}{suffix}.tar.gz"),
                        format!("hysds/verdi@{digest}"),
                    ]);
                }
            }
            assert_eq!(ran.of("splitbuild", "export"), expected);
        }
    }
}
