//! The runner knows everything that splitbuild emits.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::project::{Project, branch, config, tag};
use crate::runner::{Event, State};

#[allow(dead_code, reason = "the tests of single steps use all of it")]
#[path = "../steps/recorder.rs"]
mod recorder;

/// Hand-written steps of orbs, which are merged into emitted files, and not run: file, job, and what is refused.
const ORBS: [(&str, &str, &str); 2] = [
    ("fixtures/compose-keys/circleci.yml", "build-app-amd64", "acme/login"),
    ("fixtures/compose-keys/circleci.yml", "build-app-aarch64", "acme/login"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every emitted configuration of the examples and fixtures, from the root.
fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for (folder, file) in [("examples", ".circleci/config.yml"), ("fixtures", "circleci.yml")] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder") {
            let file = Path::new(folder).join(entry.expect("an entry").file_name()).join(file);
            files.extend(std::fs::metadata(root().join(&file)).is_ok_and(|found| found.len() > 0).then_some(file));
        }
    }
    files.sort();
    files
}

fn text(file: &Path) -> String {
    std::fs::read_to_string(root().join(file)).expect("text")
}

#[test]
fn every_job_of_every_emitted_file_can_be_filled_in() {
    let project = Project::new();
    let mut refused = BTreeSet::new();
    let files = files();
    assert!(files.len() >= 8, "{files:?}");
    for file in &files {
        let config = config(&text(file));
        for event in [branch("main"), tag("v1.2"), Event::Schedule("main".into())] {
            let trigger = project.trigger(event);
            let jobs = config.expanded(&trigger).unwrap_or_else(|refusal| panic!("{}: {refusal}", file.display()));
            assert!(!jobs.is_empty(), "{}", file.display());
            for (name, job) in jobs {
                match job {
                    Ok(job) => assert!(!job.steps.is_empty(), "{name} in {}", file.display()),
                    Err(refusal) => drop(refused.insert((file.clone(), name, refusal.to_string()))),
                }
            }
        }
    }
    let known = |(file, name, refusal): &(PathBuf, String, String)| {
        ORBS.iter().any(|orb| Path::new(orb.0) == file && orb.1 == name && refusal.contains(orb.2))
    };
    assert!(refused.len() == ORBS.len() && refused.iter().all(known), "{refused:#?}");
}

/// How many jobs of each workflow of a file run for an event.
fn started(file: &str, event: Event) -> Vec<(String, usize)> {
    let config = config(&text(Path::new(file)));
    let workflows = config.triggered(&Project::new().trigger(event)).expect("nothing is refused");
    workflows.into_iter().map(|workflow| (workflow.name, workflow.jobs.len())).collect()
}

#[test]
fn the_examples_start_what_their_matrix_says() {
    let minimal = |event| started("examples/minimal/.circleci/config.yml", event);
    assert_eq!(minimal(branch("main")), [("main".into(), 3)]);
    assert!(minimal(branch("other")).is_empty() && minimal(tag("main")).is_empty());
    let hysds = |event| started("examples/hysds/.circleci/config.yml", event);
    let names = |started: Vec<(String, usize)>| started.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(hysds(branch("develop"))), ["build-deploy-develop", "test"]);
    assert_eq!(names(hysds(tag("v6.1.0"))), ["build-deploy-release"]);
    assert_eq!(names(hysds(branch("feature"))), ["test"]);
    assert_eq!(names(hysds(Event::Schedule("develop".into()))), ["weekly"]);
    assert!(hysds(tag("v5")).is_empty());
    let machine = |event| names(started("examples/machine/.circleci/config.yml", event));
    assert_eq!(machine(Event::Schedule("main".into())), ["nightly"]);
}

#[test]
fn the_minimal_example_runs_to_its_end() {
    let mut project = Project::with_repository();
    let tools = recorder::Recorder::new(&project.shared("record"));
    project.runner.path = format!("{}:{}", recorder::tools().display(), project.runner.path);
    for (name, value) in [("DOCKER_USER", "u"), ("DOCKER_PASS", "p")] {
        project.runner.project.insert(name.into(), value.into());
    }
    project.runner.project.insert("RECORD".into(), tools.folder().display().to_string());
    for (class, platform) in [("medium", "linux/amd64"), ("arm.medium", "linux/arm64")] {
        let machine = [("RECORD_PLATFORM".to_owned(), platform.to_owned())];
        project.runner.classes.insert(class.into(), machine.into());
    }
    let report = project.run(&text(Path::new("examples/minimal/.circleci/config.yml"))).green();
    let ran = ["build-app-amd64", "build-app-arm64", "build-app-manifest"].map(|name| (name, State::Succeeded));
    assert_eq!(report.states(), ran);
    for arch in ["amd64", "arm64"] {
        let job = report.job("main", &format!("build-app-{arch}"));
        let files: Vec<PathBuf> = job.workspace().into_iter().map(|(path, _)| path).collect();
        assert_eq!(files, [PathBuf::from(format!(".splitbuild/app-{arch}"))]);
    }
    let calls = tools.calls(Path::new("/"));
    let called = |tool: &str, verb: &str| {
        let of_verb = |call: &&recorder::Call| call.tool == tool && call.arguments[0] == verb;
        calls.iter().filter(of_verb).map(|call| call.arguments[1..].join(" ")).collect::<Vec<_>>()
    };
    let mut built = called("docker", "build");
    built.sort();
    let labels = format!(
        "--label org.opencontainers.image.revision={} \
         --label org.opencontainers.image.source=git@github.com:acme/app.git",
        project.trigger(branch("main")).revision
    );
    let expected = ["amd64", "arm64"].map(|arch| format!("{labels} --tag acme/app:latest-{arch} ."));
    assert_eq!(built, expected);
    let expected = "--login docker.io=DOCKER_USER:DOCKER_PASS --run acme/app/42 --platform linux/amd64,linux/arm64 \
                    --digests .splitbuild/app-amd64 --digests .splitbuild/app-arm64";
    assert_eq!(called("splitbuild", "manifest"), [expected]);
}
