//! What a job finds: its variables, its folder, its commit, and nothing of anybody else's.

use std::collections::BTreeMap;

use super::project::{Project, branch, config, one, tag};
use crate::runner::{State, Variables};

/// The environment that the only job of a configuration has printed.
fn printed(log: &str) -> BTreeMap<&str, &str> {
    log.lines().filter(|line| !line.starts_with('=')).filter_map(|line| line.split_once('=')).collect()
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_tests_own_environment_stays_out() {
    let mut project = Project::new();
    // Cargo gives these two to every test.
    assert!(std::env::var("CARGO_PKG_NAME").is_ok() && std::env::var("CARGO_MANIFEST_DIR").is_ok());
    project.runner.passed = vec!["CARGO_PKG_NAME".into()];
    let report = project.run(&one("[run: env]")).green();
    let job = report.job("main", "only");
    let found = printed(&job.log);
    let mut names: Vec<&str> = found.keys().copied().collect();
    // The shell's own.
    names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    assert_eq!(
        names,
        [
            "BASH_ENV",
            "CARGO_PKG_NAME",
            "CI",
            "CIRCLECI",
            "CIRCLE_BRANCH",
            "CIRCLE_BUILD_NUM",
            "CIRCLE_JOB",
            "CIRCLE_PROJECT_REPONAME",
            "CIRCLE_PROJECT_USERNAME",
            "CIRCLE_REPOSITORY_URL",
            "CIRCLE_SHA1",
            "CIRCLE_WORKFLOW_ID",
            "CIRCLE_WORKING_DIRECTORY",
            "HOME",
            "PATH",
            "SHARED",
            "TMPDIR",
        ]
    );
    let home = job.folder.join("home");
    assert_eq!(found["HOME"], home.display().to_string());
    assert_eq!(found["PWD"], home.join("project").display().to_string());
    assert_eq!((found["CIRCLE_JOB"], found["CIRCLE_BRANCH"], found["CI"]), ("only", "main", "true"));
    assert_eq!((found["CIRCLE_PROJECT_USERNAME"], found["CIRCLE_PROJECT_REPONAME"]), ("acme", "app"));
    assert_eq!(found["CIRCLE_WORKING_DIRECTORY"], "~/project");
    assert_eq!(found["CIRCLE_WORKFLOW_ID"].len(), 36);
    let report = project
        .run_for(&one("[run: env]").replace("[only]", "[only: { filters: { tags: { only: /.*/ } } }]"), tag("v1"));
    let found = printed(&report.job("main", "only").log);
    assert_eq!((found.get("CIRCLE_TAG"), found.get("CIRCLE_BRANCH")), (Some(&"v1"), None));
}

#[test]
fn the_nearest_variable_wins() {
    let mut project = Project::new();
    let named = |names: &str, from: &str| names.chars().map(|name| (name.to_string(), from.to_owned())).collect();
    project.runner.project = named("ABCDEFG", "project");
    project.runner.contexts.insert("one".into(), named("BCDEFG", "one"));
    project.runner.contexts.insert("two".into(), named("CDEFG", "two"));
    project.runner.contexts.insert("unused".into(), named("ABCDEFGH", "unused"));
    let text = r"
version: 2.1
executors: { tuned: { docker: [{ image: x, environment: { D: container, E: container } }], environment: { E: executor, F: executor } } }
jobs:
  only:
    executor: tuned
    environment: { F: job, G: 1 }
    steps: [run: { command: env, environment: { G: true } }, run: { command: echo after $G }]
workflows: { main: { jobs: [only: { context: [one, two] }] } }
";
    let report = project.run(text).green();
    let log = &report.job("main", "only").log;
    let found = printed(log);
    let values: Vec<&str> = ["A", "B", "C", "D", "E", "F", "G"].iter().map(|name| found[name]).collect();
    assert_eq!(values, ["project", "one", "two", "container", "executor", "job", "true"]);
    assert!(log.contains("\nafter 1\n") && !found.contains_key("H"), "{log}");
}

#[test]
fn a_context_that_does_not_exist_is_refused() {
    let text = one("[run: env]").replace("[only]", "[only: { context: nobody }]");
    let project = Project::new();
    let refusal = project.runner.run(&config(&text), &project.trigger(branch("main"))).expect_err("no context");
    assert!(refusal.to_string().contains("names the context 'nobody', which does not exist"), "{refusal}");
}

#[test]
fn docker_is_there_on_a_machine_and_after_its_step() {
    let mut project = Project::new();
    project.runner.docker = variables(&[("DOCKER_HOST", "unix:///somewhere")]);
    project.runner.classes.insert("arm.medium".into(), variables(&[("PLAYED", "arm64")]));
    let say = "run: 'echo \"docker ${DOCKER_HOST-none} ${PLAYED-none}\"'";
    let report = project.run(&one(&format!("[{say}, setup_remote_docker, {say}]"))).green();
    let log = &report.job("main", "only").log;
    assert!(log.contains("\ndocker none none\n") && log.contains("\ndocker unix:///somewhere none\n"), "{log}");
    let machine = one(&format!("[{say}]"))
        .replace("docker: [{ image: x }]", "machine: { image: ubuntu }, resource_class: arm.medium");
    let report = project.run(&machine).green();
    assert!(report.job("main", "only").log.contains("\ndocker unix:///somewhere arm64\n"));
}

#[test]
fn the_commit_is_checked_out() {
    let project = Project::with_repository();
    let look = "[checkout, run: 'cat number; git status --short --branch; git rev-parse HEAD; echo $CIRCLE_SHA1']";
    let report = project.run(&one(look)).green();
    let log = &report.job("main", "only").log;
    assert!(log.contains("\n2## main"), "{log}");
    let lines: Vec<&str> = log.lines().rev().take(2).collect();
    assert_eq!(lines[0], lines[1]);
    let tagged = one(look).replace("[only]", "[only: { filters: { tags: { only: /.*/ } } }]");
    let report = project.run_for(&tagged, tag("v2")).green();
    assert!(report.job("main", "only").log.contains("\n2## HEAD (no branch)"));
    let report = project.run_for(&tagged, tag("missing"));
    assert_eq!(report.job("main", "only").state, State::Failed);
    let mut elsewhere = project.trigger(branch("main"));
    elsewhere.revision = "0".repeat(40);
    let report = project.runner.run(&config(&one(look)), &elsewhere).expect("nothing is refused");
    assert_eq!(report.job("main", "only").state, State::Failed);
}

#[test]
fn jobs_do_not_find_each_others_files() {
    let text = "version: 2.1\n\
        jobs: { a: &job { docker: [{ image: x }], steps: [run: 'mkdir ~/mine here \"$TMPDIR/mine\"'] }, b: *job }\n\
        workflows: { main: { jobs: [a, b: { requires: [a] }] } }\n";
    let project = Project::new();
    let report = project.run(text).green();
    assert!(report.job("main", "a").folder.join("home/project/here").is_dir());
    assert!(report.jobs.iter().all(|job| job.folder.starts_with(project.root())));
}
