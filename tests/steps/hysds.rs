//! The HySDS example makes the clones, builds, script calls, tags and pushes of the hand-written pipeline.
//!
//! What that pipeline does is told here as facts, family by family: the public repository hysds/hysds-framework,
//! `.circleci/config.yml` at f8872c4.

use std::path::Path;

use super::job::{Config, Job, Ran, SHELLS, Trigger};
use super::recorder::Call;

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

fn config() -> Config {
    Config::generated(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hysds/splitbuild.yml"))
}

fn job(config: &Config, run: &Run, name: &str) -> Job {
    let job = config.job(run.workflow, name, run.trigger);
    job.with("DOCKER_USER", "someone").with("DOCKER_PASS", "pass").with("GIT_OAUTH_TOKEN", "token")
}

/// The calls that make images and names, in a form that does not depend on the order of options.
fn told(ran: &Ran) -> Vec<String> {
    ran.calls.iter().filter_map(tell).collect()
}

fn tell(call: &Call) -> Option<String> {
    let words: Vec<&str> = call.arguments.iter().map(String::as_str).collect();
    match (call.tool.as_str(), words.as_slice()) {
        ("git", ["clone", options @ .., "--", url, _]) => {
            let branch = options.windows(2).find(|pair| pair[0] == "--branch").map_or("", |pair| pair[1]);
            assert!(options.contains(&"--single-branch"));
            Some(format!("clone {url} {branch}"))
        }
        ("docker", ["build", options @ .., "."]) if options != ["--help"] => {
            let mut kept: Vec<String> = Vec::new();
            let mut options = options.iter();
            while let Some(option) = options.next() {
                match *option {
                    // The commit and the source are what splitbuild adds.
                    "--label" => drop(options.next()),
                    "--tag" => kept.push(format!("--tag={}", options.next().expect("a tag"))),
                    "--build-context" => kept.push(format!("{option}={}", options.next().expect("a name"))),
                    other => kept.push(other.to_owned()),
                }
            }
            kept.sort();
            Some(format!("build in {}: {}", call.folder, kept.join(" ")))
        }
        ("docker", ["tag", from, to]) => Some(format!("tag {from} {to}")),
        ("docker", ["push", name]) => Some(format!("push {name}")),
        ("docker", ["pull", name]) => Some(format!("pull {name}")),
        ("build_docker.sh" | "build_docker_cuda.sh", words) => {
            Some(format!("call {} in {}: {}", call.tool, call.folder, words.join(" ")))
        }
        ("docker", ["image", ..] | ["build", "--help"]) | ("apk", _) | ("git", ["-C", ..] | ["config", ..]) => None,
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
        files.push((format!("{parent}-{arch}.json"), pins.collect()));
    }
    files
}

/// Puts down what the jobs of the parents have handed on.
fn hand_on(pins: &[(String, Vec<[String; 2]>)], job: &Path) {
    let folder = job.join(".splitbuild/parents/.splitbuild");
    std::fs::create_dir_all(&folder).expect("a folder");
    for (file, pins) in pins {
        // The name of an index, and that of this architecture.
        let line = |pair: &[[String; 2]]| {
            let (image, tag) = pair[0][0].split_once(':').expect("a tag");
            let (_, digest) = pair[0][1].split_once('@').expect("a digest");
            let reference = &pair[1][0];
            format!(r#",{{"image":"{image}","tag":"{tag}","reference":"{reference}","digest":"{digest}"}}{}"#, "\n")
        };
        std::fs::write(folder.join(file), pins.chunks(2).map(line).collect::<String>()).expect("written");
    }
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
    // A build that can be told what a name means is told; everybody else finds the names on the machine.
    let named = arch == "arm64" && matches!(family.how, How::Docker(..));
    let pins: Vec<[String; 2]> = pins(family, run, arch).into_iter().flat_map(|(_, pins)| pins).collect();
    for [name, meant] in pins.iter().filter(|_| !named) {
        calls.extend([format!("pull {meant}"), format!("tag {meant} {name}")]);
    }
    calls.push(match &family.how {
        How::Docker(file, arguments) => {
            let mut options: Vec<String> =
                arguments.iter().map(|(name, value)| format!("--build-arg={name}={}", fill(value))).collect();
            options.push(format!("--file={file}"));
            options.extend(family.images.iter().map(|image| format!("--tag={image}:{first}-{arch}")));
            let told = pins.iter().filter(|_| named);
            options.extend(told.map(|[name, meant]| format!("--build-context={name}=docker-image://{meant}")));
            options.sort();
            format!("build in .splitbuild/context: {}", options.join(" "))
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
                    let ran = job(&config, run, &name).run_prepared(shell, |record, folder| {
                        hand_on(&pins, folder);
                        if arch == "arm64" {
                            std::fs::write(record.join("buildx"), "").expect("written");
                        }
                    });
                    let ran = ran.green();
                    let parents = pins.iter().flat_map(|(_, pins)| pins);
                    let parents: Vec<String> = parents
                        .map(|[name, meant]| format!(r#""{name}@{}""#, meant.split_once('@').expect("a digest").1))
                        .collect();
                    let told_on = format!(r#""parents":[{}]"#, parents.join(","));
                    assert!(
                        ran.file(&format!(".splitbuild/{}-{arch}.json", family.key)).contains(&told_on),
                        "{told_on}"
                    );
                    assert_eq!(told(&ran), expected(family, run, arch), "{name} in {} with {shell:?}", run.workflow);
                }
            }
        }
    }
}

#[test]
fn a_parent_that_has_handed_nothing_on_stops_the_build() {
    let config = config();
    let run = &RUNS[0];
    let family = FAMILIES.iter().find(|family| family.key == "hysds_dev").expect("a family");
    let mut told: Vec<(String, Vec<[String; 2]>)> = pins(family, run, "amd64");
    let job = job(&config, run, "build-hysds_dev-amd64");
    let without = job.run_prepared(SHELLS[0], |_, folder| hand_on(&[], folder));
    let says = "there is no hysds_base-amd64.json of the jobs that this one waits for: run them again";
    assert!(!without.succeeded && without.log.contains(says), "{}", without.log);
    told[0].1[0][0] = "hysds/base:$(id)".into();
    let odd = job.run_prepared(SHELLS[0], |_, folder| hand_on(&told, folder));
    assert!(!odd.succeeded && odd.log.contains("which are no names of an image"), "{}", odd.log);
    for ran in [without, odd] {
        assert!(!ran.calls.iter().any(|call| call.tool == "docker"), "Docker was not asked for anything");
    }
}

#[test]
fn every_build_job_of_the_example_is_compared() {
    let config = config();
    for run in &RUNS {
        let jobs = config.document()["workflows"][run.workflow]["jobs"].as_array().expect("jobs");
        for entry in jobs {
            let name = entry.as_object().and_then(|map| map.keys().next()).expect("a name");
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
            let job = job.with("CIRCLE_PROJECT_USERNAME", "hysds").with("CIRCLE_PROJECT_REPONAME", "hysds-framework");
            let ran = job.run_prepared(shell, |record, folder| {
                std::fs::create_dir_all(folder.join(".splitbuild")).expect("a folder");
                std::fs::write(record.join("published"), "hysds/base:x@sha256:00\n").expect("a file");
            });
            let ran = ran.green();
            assert_eq!(
                ran.of("splitbuild", "manifest"),
                [[
                    "manifest",
                    "--platform",
                    "linux/amd64,linux/arm64",
                    "--run",
                    "hysds/hysds-framework/42",
                    "--digests",
                    ".splitbuild/hysds_base-amd64.json",
                    "--digests",
                    ".splitbuild/hysds_base-arm64.json"
                ]]
            );
            assert_eq!(ran.file(".splitbuild/hysds_base-manifest.txt"), "hysds/base:x@sha256:00\n");
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
            let mut words = vec!["copy".to_owned(), "docker.io/library/elasticsearch:7.9.3".to_owned()];
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
            let ran = job.run_prepared(shell, |_, folder| {
                let lines: String = ["hysds/pge-base", "hysds/verdi"]
                    .iter()
                    .flat_map(|image| run.tags.iter().map(move |tag| (image, tag)))
                    .map(|(image, tag)| format!("{image}:{tag}@{digest}\n"))
                    .collect();
                std::fs::create_dir_all(folder.join(".splitbuild")).expect("a folder");
                std::fs::write(folder.join(".splitbuild/hysds_verdi_pge_base-manifest.txt"), lines).expect("a file");
            });
            let ran = ran.green();
            let mut expected = Vec::new();
            for (arch, suffix) in [("amd64", ""), ("arm64", "-arm64")] {
                for tag in run.tags {
                    expected.push(vec![
                        "export".to_owned(),
                        format!("hysds/verdi@{digest}"),
                        "--platform".to_owned(),
                        format!("linux/{arch}"),
                        "--name".to_owned(),
                        format!("hysds/verdi:{tag}"),
                        "--name".to_owned(),
                        format!("hysds/verdi:{tag}-{arch}"),
                        "-o".to_owned(),
                        format!(".splitbuild/export/hysds-verdi-{tag}{suffix}.tar.gz"),
                    ]);
                }
            }
            assert_eq!(ran.of("splitbuild", "export"), expected);
        }
    }
}
