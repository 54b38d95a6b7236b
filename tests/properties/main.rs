//! What holds for every matrix there is: generated ones, with fresh seeds at every run.
//!
//! `PROPTEST_CASES` says how many each property is tried with; `just properties` tries them for an hour. Without a word the
//! fast tier tries a quarter of what the whole one does.

#[path = "../steps/circleci.rs"]
mod circleci;
#[allow(dead_code, reason = "each test uses some of it")]
#[path = "../support/command.rs"]
mod command;
#[path = "../steps/github.rs"]
mod github;
#[path = "../steps/gitlab.rs"]
mod gitlab;
#[allow(dead_code, reason = "the steps' tests use all of it")]
#[path = "../steps/job.rs"]
mod job;
mod matrix;
#[allow(dead_code, reason = "each test uses some of it")]
#[path = "../support/planned.rs"]
mod planned;
#[allow(dead_code, reason = "the steps' tests use all of it")]
#[path = "../steps/recorder.rs"]
mod recorder;
#[allow(dead_code, unused_imports, reason = "the tests of the runner itself use all of it")]
#[path = "../support/runner/mod.rs"]
mod runner;
mod variants;

use std::collections::BTreeMap;

use job::{Config, Job, REVISION, Ran, SHELLS, Trigger};
use matrix::{Image, Kind, Matrix, Piece, Pieces, Workflow, matrix};
use planned::plan;
use proptest::prelude::*;
use splitbuild::provider::{ALL, Emitted, Origin, Provider, generate, verify};
use variants::variants;

/// What the context holds.
const FROM_CONTEXT: &str = "a value $(with) 'code'";

fn cases(count: u32) -> ProptestConfig {
    let count = if cfg!(feature = "whole") { count } else { count / 4 };
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(count), failure_persistence: None, ..ProptestConfig::default() }
}

fn emitted(text: &str, provider: &dyn Provider) -> Emitted {
    generate(provider, &plan(text, provider), None, &Origin::default(), &|_| None)
        .unwrap_or_else(|error| panic!("{error} {error:?}\n{text}"))
}

proptest! {
    #![proptest_config(cases(96))]

    /// The text reads back to the plan, and has nothing that the provider would refuse: `generate` sees to both, and never
    /// finds a defect of ours.
    #[test]
    fn what_is_emitted_means_the_plan(matrix in matrix()) {
        for provider in ALL {
            let text = matrix.text(0);
            let emitted = emitted(&text, *provider);
            for file in &emitted.files {
                let is_same = verify(*provider, &plan(&text, *provider), None, (&file.path, &file.text));
                prop_assert!(is_same.is_ok());
            }
            prop_assert!(emitted.warnings.is_none());
        }
    }

    /// The same matrix gives the same bytes, and so does one whose keys are in another order where that means nothing.
    #[test]
    fn the_order_of_keys_means_nothing(matrix in matrix(), order in 1..8_usize) {
        for provider in ALL {
            let first = emitted(&matrix.text(0), *provider).text();
            prop_assert_eq!(&first, &emitted(&matrix.text(0), *provider).text());
            prop_assert_eq!(&first, &emitted(&matrix.text(order), *provider).text());
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    /// Several images by `for` become what they would if they were written one by one.
    #[test]
    fn what_is_one_in_the_matrix_is_as_many_written_out(variants in variants()) {
        for provider in ALL {
            let [one, several] = variants.both().map(|text| emitted(&text, *provider).text());
            prop_assert_eq!(one, several);
        }
    }
}

proptest! {
    #![proptest_config(cases(12))]

    /// What builds, scripts and copies are called with is what the matrix says, whatever its values hold, on every provider
    /// and in every shell.
    #[test]
    fn arguments_arrive_as_they_are(matrix in matrix()) {
        for provider in ["circleci", "gitlab", "github"] {
            let config = Config::for_provider(&matrix.text(0), provider);
            for (place, workflow) in matrix.workflows.iter().enumerate() {
                for (number, image) in matrix.images.iter().enumerate() {
                    let arch = image.arches()[place % image.arches().len()];
                    let name = match image.kind {
                        Kind::Copied(_) => format!("build-{}", image.key),
                        _ => format!("build-{}-{arch}", image.key),
                    };
                    let job = config.job(&workflow.name, &name, Trigger::Branch(&workflow.branch));
                    let job = after_all(&matrix, job.with("FROM_CONTEXT", FROM_CONTEXT).with("PASS", "p"));
                    let ran = job.run(SHELLS[(place + number) % SHELLS.len()]).green();
                    let mut values = values(&matrix, workflow, image, arch);
                    let end = if config.provider == "circleci" { ".git" } else { "" };
                    values.insert("source", format!("https://git.example.com/acme/this{end}"));
                    let (found, expected) = match &image.kind {
                        Kind::Built { .. } => (built(&ran), build(image, &values)),
                        Kind::Script => {
                            let words = ["v0", "v1", "arch_tag"].map(|name| values[name].clone());
                            (ran.calls.iter().find(|call| call.tool == "note").expect("it ran").arguments.clone(), words.to_vec())
                        }
                        Kind::Copied(source) => {
                            let words = ran.one("splitbuild", "copy");
                            let tags = workflow.tags.iter().map(|tag| format!("acme/{}:{}", image.key, fill(tag, &values)));
                            let expected: Vec<String> = std::iter::once(fill(source, &values)).chain(tags).collect();
                            (words[words.len() - expected.len()..].to_vec(), expected)
                        }
                    };
                    prop_assert_eq!(found, expected, "{}", ran.log);
                    if !matches!(image.kind, Kind::Copied(_)) {
                        let name = format!("build-{}-manifest", image.key);
                        let job = config.job(&workflow.name, &name, Trigger::Branch(&workflow.branch));
                        let job = after_all(&matrix, job.with("FROM_CONTEXT", FROM_CONTEXT).with("PASS", "p"));
                        let ran = job.run(SHELLS[(place + number) % SHELLS.len()]).green();
                        let call = ran.one("splitbuild", "manifest");
                        let annotations = image.annotations.iter().filter(|_| !image.is_dockers);
                        let expected: Vec<String> =
                            annotations.map(|(name, value)| format!("{name}={}", fill(value, &values))).collect();
                        prop_assert_eq!(Ran::values(call, "--annotation"), expected, "{}", ran.log);
                        prop_assert_eq!(call.iter().any(|word| word == "--run"), !image.is_dockers);
                    }
                }
            }
        }
    }
}

/// A job after those of all images.
fn after_all(matrix: &Matrix, job: Job) -> Job {
    matrix.images.iter().fold(job, |mut job, image| {
        let key = &image.key;
        for arch in image.arches() {
            let line = format!("pushed acme/{key}:t acme/{key}:t-{arch} sha256:00\n");
            job = job.given(&format!(".splitbuild/{key}-{arch}"), &line);
            job = job.handed(&format!("build-{key}-{arch}"), "pushed", &format!("{REVISION} sha256:00"));
        }
        for job_of_index in [format!("build-{key}-manifest"), format!("build-{key}")] {
            job = job.handed(&job_of_index, "published", "sha256:00");
        }
        job.given(&format!(".splitbuild/{key}-index"), &format!("acme/{key}:t@sha256:00\n"))
    })
}

/// What the build was called with, but for its parents.
fn built(ran: &Ran) -> Vec<String> {
    let words = ran.one("docker", "build").iter();
    words.filter(|word| !word.starts_with("--build-context=acme/")).cloned().collect()
}

/// What the build of an image is called with.
fn build(image: &Image, values: &BTreeMap<&'static str, String>) -> Vec<String> {
    let Kind::Built { dockerfile, target, args, labels } = &image.kind else {
        unreachable!("only builds are asked for")
    };
    let mut words = vec!["build".to_owned()];
    let mut option = |option: &str, value: String| words.extend([option.to_owned(), value]);
    dockerfile.iter().for_each(|value| option("--file", fill(value, values)));
    target.iter().for_each(|value| option("--target", fill(value, values)));
    args.iter().for_each(|(name, value)| option("--build-arg", format!("{name}={}", fill(value, values))));
    let source = &values["source"];
    for (label, value) in [("revision", REVISION), ("source", source)] {
        option("--label", format!("org.opencontainers.image.{label}={value}"));
    }
    labels.iter().for_each(|(name, value)| option("--label", format!("{name}={}", fill(value, values))));
    option("--tag", format!("acme/{}:{}", image.key, values["arch_tag"]));
    words.push(".".into());
    words
}

/// What every name is in a job.
fn values(matrix: &Matrix, workflow: &Workflow, image: &Image, arch: &str) -> BTreeMap<&'static str, String> {
    let mut values: BTreeMap<&'static str, String> = BTreeMap::new();
    for (name, value) in [
        ("git_sha", REVISION),
        ("git_sha:7", &REVISION[..7]),
        ("git_sha:12", &REVISION[..12]),
        ("git_short_sha", &REVISION[..8]),
        ("git_ref", &workflow.branch),
        ("pipeline", "42"),
        ("FROM_CONTEXT", FROM_CONTEXT),
        ("arch", arch),
        ("platform", &format!("linux/{arch}")),
        ("image", &format!("acme/{}", image.key)),
    ] {
        values.insert(name, value.to_owned());
    }
    let tag = fill(&workflow.tags[0], &values);
    values.insert("arch_tag", format!("{tag}-{arch}"));
    values.insert("tag", tag);
    for (place, name) in ["v0", "v1", "v2"].into_iter().enumerate() {
        let pieces = workflow.vars[place].as_ref().unwrap_or(&matrix.vars[place]);
        let value = fill(pieces, &values);
        values.insert(name, value);
    }
    values
}

fn fill(pieces: &Pieces, values: &BTreeMap<&'static str, String>) -> String {
    let filled = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Name(name) => values[name].clone(),
    };
    pieces.iter().map(filled).collect()
}
