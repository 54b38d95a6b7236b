//! How the steps of a job run.

use super::project::{Project, branch, config, one};
use crate::runner::{JobReport, State, Step, When};

fn ran(project: &Project, steps: &str) -> JobReport {
    project.run(&one(steps)).job("main", "only").clone()
}

fn lines(job: &JobReport) -> Vec<&str> {
    job.log.lines().collect()
}

#[test]
fn after_a_failure_only_some_steps_run() {
    let steps = "[run: { name: bad, command: 'false' }, run: not reached, run: { command: echo always, when: always }, \
                 run: { command: echo failed, when: on_fail }, persist_to_workspace: { root: ., paths: [none] }]";
    let job = ran(&Project::new(), steps);
    assert_eq!(job.state, State::Failed);
    let expected = ["== bad", "-- failed: exit status: 1", "== echo always", "always", "== echo failed", "failed"];
    assert_eq!(lines(&job), expected);
    let job =
        ran(&Project::new(), "[run: { command: echo no, when: on_fail }, run: { command: echo b, when: always }]");
    assert_eq!((job.state, lines(&job)), (State::Succeeded, vec!["== echo b", "b"]));
}

#[test]
fn the_shell_is_that_of_the_step_then_of_the_job_then_the_usual() {
    let project = Project::new();
    // Only with -e the first line ends it, and only with pipefail the second does.
    let (unset, pipe) = ("'false; echo on'", "'false | true; echo on'");
    let state = |steps: &str| ran(&project, steps).state;
    assert_eq!(state(&format!("[run: {unset}]")), State::Failed);
    assert_eq!(state(&format!("[run: {pipe}]")), State::Failed);
    assert_eq!(state(&format!("[run: {{ command: {unset}, shell: /bin/sh }}]")), State::Succeeded);
    assert_eq!(state(&format!("[run: {{ command: {unset}, shell: /bin/sh -e }}]")), State::Failed);
    assert_eq!(state(&format!("[run: {{ command: {pipe}, shell: sh -e }}]")), State::Succeeded);
    let job = |shell: &str| {
        let text = one(&format!("[run: {pipe}]")).replace("steps:", &format!("shell: {shell}, steps:"));
        project.run(&text).job("main", "only").state
    };
    assert_eq!(job("/bin/sh -e"), State::Succeeded);
    assert_eq!(job("/bin/sh -eo pipefail"), State::Failed);
}

#[test]
fn the_usual_shell_is_bash_where_there_is_one() {
    let mut project = Project::new();
    let say = "[run: 'echo \"${BASH_VERSION-none}\"; set -o | grep -E \"errexit|pipefail\"']";
    let said = |project: &Project, steps: &str| lines(&ran(project, steps))[1..].join(" ");
    assert!(said(&project, say).starts_with("none "), "{}", said(&project, say));
    let bash = say.replacen("run: ", "run: { shell: bash -e, command: ", 1).replace("]", "}]");
    assert!(!said(&project, &bash).starts_with("none "), "{bash}");
    let machine = project.run(&one(say).replace("docker: [{ image: x }]", "machine: { image: ubuntu }")).green();
    assert!(!machine.job("main", "only").log.contains("\nnone\n"));
    project.runner.bash = true;
    let found = said(&project, say);
    assert!(!found.starts_with("none ") && found.matches("on").count() == 2, "{found}");
}

#[test]
fn a_step_is_run_again_as_often_as_it_says() {
    let count = "echo try >>\"$SHARED/tries\"; test \"$(wc -l <\"$SHARED/tries\")\" = 3";
    let step = |more: &str| format!("[run: {{ command: {}{more} }}]", serde_json::Value::from(count));
    let project = Project::new();
    assert_eq!(ran(&project, &step(", max_auto_reruns: 2, auto_rerun_delay: 0.01s")).state, State::Succeeded);
    assert_eq!(project.text("tries").lines().count(), 3);
    let project = Project::new();
    assert_eq!(ran(&project, &step(", max_auto_reruns: 1")).state, State::Failed);
    assert_eq!(project.text("tries").lines().count(), 2);
    let project = Project::new();
    assert_eq!(ran(&project, &step("")).state, State::Failed);
    assert_eq!(project.text("tries").lines().count(), 1);
}

#[test]
fn a_step_that_says_nothing_for_too_long_fails_and_the_next_may_run() {
    let steps = "[run: { command: 'echo a; sleep 100', no_output_timeout: 0.3s }, \
                 run: { command: echo after, when: always }]";
    let job = ran(&Project::new(), steps);
    assert_eq!(job.state, State::Failed);
    assert_eq!(lines(&job)[1..], ["a", "-- failed: too long with no output", "== echo after", "after"]);
    let talks =
        "[run: { command: 'for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.2; done', no_output_timeout: 1.2s }]";
    assert_eq!(ran(&Project::new(), talks).state, State::Succeeded);
}

#[test]
fn what_a_step_leaves_in_the_background_ends_with_its_job() {
    let project = Project::new();
    let steps = "[run: '(while :; do echo >>\"$SHARED/ticks\"; sleep 0.02; done) >/dev/null 2>&1 &', \
                 run: 'while ! test -s \"$SHARED/ticks\"; do sleep 0.01; done']";
    assert_eq!(ran(&project, steps).state, State::Succeeded, "the second step finds the first one's process");
    let ticks = project.text("ticks");
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(project.text("ticks"), ticks);
}

#[test]
fn steps_run_where_they_say() {
    let steps = "[run: 'mkdir -p a/b ~/c', run: { command: pwd, working_directory: a/b }, \
                 run: { command: pwd, working_directory: ~/c }]";
    let job = ran(&Project::new(), steps);
    let home = job.folder.join("home");
    assert_eq!(lines(&job)[2], home.join("project/a/b").display().to_string());
    assert_eq!(lines(&job)[4], home.join("c").display().to_string());
}

#[test]
fn scripts_come_through_as_they_are_written() {
    let script = "#!/bin/sh\n# a 'comment'\nprintf '%s\\n' \"a  b\" '$HOME' \\\n  \"ü\t%\" # end\n\n";
    let job = ran(&Project::new(), &format!("[run: {{ name: x, command: {} }}]", serde_json::Value::from(script)));
    assert_eq!(lines(&job), ["== x", "a  b", "$HOME", "ü\t%"]);
}

#[test]
fn artifacts_are_kept() {
    let project = Project::new();
    let steps = "[run: 'mkdir -p out; echo x >out/file', store_artifacts: { path: out }, add_ssh_keys, \
                 store_artifacts: { path: out/file, destination: other/name }, store_artifacts: { path: none }]";
    let job = ran(&project, steps);
    assert_eq!(job.state, State::Succeeded, "{}", job.log);
    for file in ["out/file", "other/name"] {
        assert_eq!(std::fs::read_to_string(job.folder.join("artifacts").join(file)).expect("a file"), "x\n");
    }
}

#[test]
fn a_job_is_filled_in_without_a_run() {
    let config = config(&one("[checkout, run: { command: echo << pipeline.number >>, when: always }]"));
    let trigger = Project::new().trigger(branch("main"));
    let job = config.job("main", "only", &trigger).expect("it is there");
    let [Step::Checkout { .. }, Step::Run(run)] = job.steps.as_slice() else { panic!("{:?}", job.steps) };
    assert_eq!((run.command.as_str(), run.when), ("echo 42", When::Always));
    assert!(config.job("main", "other", &trigger).is_err() && config.job("other", "only", &trigger).is_err());
}
