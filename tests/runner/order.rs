//! When jobs run, and what a failure does to the others.

use std::time::Duration;

use super::project::{Project, branch, config};
use crate::runner::State;

/// A configuration whose jobs run these scripts in containers, with a list of entries.
fn jobs(scripts: &[(&str, &str)], entries: &str) -> String {
    let mut text = "version: 2.1\njobs:\n".to_owned();
    for (name, script) in scripts {
        let script = serde_json::Value::from(*script);
        text += &format!("  {name}: {{ docker: [{{ image: x }}], steps: [run: {script}] }}\n");
    }
    text + &format!("workflows: {{ main: {{ jobs: {entries} }} }}\n")
}

#[test]
fn a_job_waits_for_what_it_requires() {
    let note = "echo \"$CIRCLE_JOB\" >>\"$SHARED/order\"";
    let text = jobs(&[("a", note), ("b", note), ("c", note)], "[c: { requires: [b] }, b: { requires: [a] }, a]");
    let project = Project::new();
    let report = project.run(&text).green();
    assert_eq!(project.text("order"), "a\nb\nc\n");
    assert!(report.job("main", "a").ended <= report.job("main", "b").started);
    assert!(!report.job("main", "a").overlaps(report.job("main", "b")));
}

#[test]
fn independent_jobs_run_at_the_same_time() {
    let project = Project::new();
    let made = std::process::Command::new("mkfifo").arg(project.shared("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    // Each end of the pipe waits for the other.
    let text = jobs(&[("a", "echo met >\"$SHARED/pipe\""), ("b", "read word <\"$SHARED/pipe\"; echo $word")], "[a, b]");
    let report = project.run(&text).green();
    assert!(report.job("main", "b").log.contains("\nmet\n"));
    assert!(report.job("main", "a").overlaps(report.job("main", "b")));
}

#[test]
fn workflows_run_at_the_same_time() {
    let project = Project::new();
    assert!(std::process::Command::new("mkfifo").arg(project.shared("pipe")).status().expect("it runs").success());
    let text = jobs(&[("a", "echo >\"$SHARED/pipe\""), ("b", "cat \"$SHARED/pipe\"")], "[a]");
    let report = project.run(&text.replace("workflows: {", "workflows: { other: { jobs: [b] },")).green();
    let numbers = |workflow, job| report.job(workflow, job).folder.clone();
    assert_ne!(numbers("main", "a"), numbers("other", "b"));
}

#[test]
fn no_more_jobs_than_slots_run_at_once() {
    let mut project = Project::new();
    project.runner.slots = 1;
    let alone = "mkdir \"$SHARED/busy\"; ls / >/dev/null; rmdir \"$SHARED/busy\"";
    let report = project.run(&jobs(&[("a", alone), ("b", alone), ("c", alone)], "[a, b, c]")).green();
    let [a, b, c] = ["a", "b", "c"].map(|name| report.job("main", name));
    assert!(!a.overlaps(b) && !b.overlaps(c) && !a.overlaps(c));
}

#[test]
fn a_failure_blocks_what_requires_it_and_nothing_else() {
    let entries = "[a, b: { requires: [a] }, c: { requires: [b] }, d, e: { requires: [d] }, f: { requires: [a, d] }]";
    let text =
        jobs(&[("a", "exit 3"), ("b", "true"), ("c", "true"), ("d", "true"), ("e", "true"), ("f", "true")], entries);
    let report = Project::new().run(&text);
    let state = |name| report.job("main", name).state;
    assert_eq!(["a", "b", "c"].map(state), [State::Failed, State::Blocked, State::Blocked]);
    assert_eq!(["d", "e", "f"].map(state), [State::Succeeded, State::Succeeded, State::Blocked]);
    assert!(report.job("main", "a").log.contains("-- failed: exit status: 3"), "{}", report.job("main", "a").log);
}

#[test]
fn a_rerun_keeps_what_has_succeeded() {
    let text = r#"
version: 2.1
jobs:
  a:
    docker: [{ image: x }]
    steps:
      - run: echo "$CIRCLE_BUILD_NUM $CIRCLE_WORKFLOW_ID" >>"$SHARED/a"; echo of-a >file
      - persist_to_workspace: { root: ., paths: [file] }
  b:
    docker: [{ image: x }]
    steps:
      - run: echo "$CIRCLE_BUILD_NUM $CIRCLE_WORKFLOW_ID" >>"$SHARED/b"; echo of-b >other; test -e "$SHARED/fixed"
      - persist_to_workspace: { root: ., paths: [other] }
  c:
    docker: [{ image: x }]
    steps:
      - attach_workspace: { at: . }
      - run: cat file other >>"$SHARED/c"
workflows: { main: { jobs: [a, b, c: { requires: [a, b] }] } }
"#;
    let project = Project::new();
    let (config, trigger) = (config(text), project.trigger(branch("main")));
    let first = project.runner.run(&config, &trigger).expect("nothing is refused");
    assert_eq!(first.states(), [("a", State::Succeeded), ("b", State::Failed), ("c", State::Blocked)]);
    std::fs::write(project.shared("fixed"), "").expect("written");
    let second = project.runner.rerun(&config, &trigger, &first).expect("nothing is refused");
    assert_eq!(second.states(), [("a", State::Kept), ("b", State::Succeeded), ("c", State::Succeeded)]);
    assert_eq!(project.text("c"), "of-a\nof-b\n");
    assert_eq!(project.text("a").lines().count(), 1);
    let b = project.text("b");
    let runs: Vec<&str> = b.lines().collect();
    assert!(runs.len() == 2 && runs[0] != runs[1], "other numbers: {runs:?}");
    let third = project.runner.rerun(&config, &trigger, &second).expect("nothing is refused");
    assert!(third.jobs.iter().all(|job| job.state == State::Kept));
}

#[test]
fn a_job_that_takes_too_long_is_ended_with_all_its_processes() {
    let mut project = Project::new();
    project.runner.timeout = Duration::from_millis(1500);
    // The process in the background would write on, if it were still there.
    let slow = "(while :; do echo >>\"$SHARED/ticks\"; sleep 0.05; done) & sleep 100";
    let text = jobs(&[("slow", slow), ("next", "true")], "[slow, next: { requires: [slow] }]");
    let then = "sleep 100\", run: { command: touch $SHARED/after, when: always }]";
    let report = project.run(&text.replace("sleep 100\"]", then));
    assert_eq!(report.states(), [("slow", State::Failed), ("next", State::Blocked)]);
    assert!(report.job("main", "slow").log.contains("-- failed: the job has taken too long"));
    assert!(text.contains("sleep 100\"]") && !project.shared("after").exists(), "nothing comes after the end");
    let ticks = project.text("ticks");
    assert!(!ticks.is_empty());
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(project.text("ticks"), ticks);
}
