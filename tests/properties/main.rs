//! What holds for every matrix there is: generated ones, with fresh seeds at every run.
//!
//! `PROPTEST_CASES` says how many each property is tried with; `just properties` tries them for an hour.

#[allow(dead_code, reason = "the steps' tests use all of it")]
#[path = "../steps/job.rs"]
mod job;
mod matrix;
#[allow(dead_code, reason = "the steps' tests use all of it")]
#[path = "../steps/recorder.rs"]
mod recorder;

use std::collections::BTreeMap;

use job::{Config, REVISION, SHELLS, Trigger};
use matrix::{Image, Kind, Matrix, Piece, Pieces, Workflow, matrix};
use proptest::prelude::*;
use splitbuild::plan::{Plan, Request, resolve};
use splitbuild::provider::{ALL, Emitted, Origin, Provider, generate, vocabularies};
use splitbuild::spec::decode;
use splitbuild::yaml::read::{Budget, read};

/// What the context holds.
const FROM_CONTEXT: &str = "a value $(with) 'code'";

fn cases(count: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(count), failure_persistence: None, ..ProptestConfig::default() }
}

fn plan(text: &str, provider: &dyn Provider) -> Plan {
    let document = read(text, Budget::default()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let (spec, problems) = decode(&document.root, text, &vocabularies());
    assert_eq!(problems, [], "{text}");
    resolve(&spec, &Request::of(provider.vocabulary())).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

fn emitted(text: &str, provider: &dyn Provider) -> Emitted {
    generate(provider, &plan(text, provider), None, &Origin::default())
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
            let again = read(&emitted.text, Budget::default()).expect("YAML");
            let found = provider.read(&again.root).expect("a configuration");
            prop_assert_eq!(plan(&text, *provider).first_difference(&found), None);
            prop_assert!(emitted.warnings.is_none());
        }
    }

    /// The same matrix gives the same bytes, and so does one whose keys are in another order where that means nothing.
    #[test]
    fn the_order_of_keys_means_nothing(matrix in matrix(), order in 1..8_usize) {
        for provider in ALL {
            let first = emitted(&matrix.text(0), *provider).text;
            prop_assert_eq!(&first, &emitted(&matrix.text(0), *provider).text);
            prop_assert_eq!(&first, &emitted(&matrix.text(order), *provider).text);
        }
    }
}

proptest! {
    #![proptest_config(cases(12))]

    /// What `docker build` is called with is what the matrix says, whatever its values hold, in both shells.
    #[test]
    fn arguments_arrive_as_they_are(matrix in matrix()) {
        let config = Config::of(&matrix.text(0));
        let gitlab = Config::for_provider(&matrix.text(0), "gitlab");
        for (place, workflow) in matrix.workflows.iter().enumerate() {
            for image in &matrix.images {
                let Kind::Built { dockerfile, target, args, labels } = &image.kind else { continue };
                let arch = image.arches()[place % image.arches().len()];
                let values = values(&matrix, workflow, image, arch);
                let filled = |pieces: &Pieces| fill(pieces, &values);
                let (name, shell) = (format!("build-{}-{arch}", image.key), SHELLS[place % SHELLS.len()]);
                let job = config.job(&workflow.name, &name, Trigger::Branch(&workflow.branch));
                let ran = job.alone().with("FROM_CONTEXT", FROM_CONTEXT).with("PASS", "p").run(shell).green();
                let mut expected: Vec<String> = Vec::new();
                expected.extend(dockerfile.iter().map(|value| format!("--file={}", filled(value))));
                expected.extend(target.iter().map(|value| format!("--target={}", filled(value))));
                expected.extend(args.iter().map(|(name, value)| format!("--build-arg={name}={}", filled(value))));
                expected.extend(labels.iter().map(|(name, value)| format!("--label={name}={}", filled(value))));
                expected.push("--tag".into());
                let build = ran.of("docker", "build")[0];
                // The commit's two labels stand before, and the name and the folder after.
                prop_assert_eq!(&build[5..build.len() - 2], &expected[..], "{}", ran.log);
                let job = gitlab.gitlab_job(&workflow.name, &name, Trigger::Branch(&workflow.branch));
                let ran = job.alone().with("FROM_CONTEXT", FROM_CONTEXT).with("PASS", "p").run(shell).green();
                let build = ran.of("docker", "build")[0];
                prop_assert_eq!(&build[5..build.len() - 2], &expected[..], "{}", ran.log);
            }
        }
    }
}

/// What every name is in a job.
fn values(matrix: &Matrix, workflow: &Workflow, image: &Image, arch: &str) -> BTreeMap<&'static str, String> {
    let mut values: BTreeMap<&'static str, String> = BTreeMap::new();
    for (name, value) in [
        ("git_sha", REVISION),
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
