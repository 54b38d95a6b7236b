//! `splitbuild plan --times`: how long a run takes, and what a file of times may look like.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use super::{Project, Ran};

pub(super) const MATRIX: &str = "\
version: 1
images:
  base: { image: acme/base }
  app: { image: acme/app, needs: [base] }
workflows: { main: { on: { branches: [main] }, tags: [latest] } }
tool: { image: acme/tool }
";

pub(super) const TIMES: &str = "\
# seconds of last week
build-base-amd64     600
build-base-arm64\t240.5   # a fast machine

build-base-manifest  20
build-app-amd64      60
build-app-arm64      300
build-app-manifest   20
";

pub(super) fn project(times: &str) -> Project {
    let project = Project::new(MATRIX);
    fs::write(project.path("times.txt"), times).expect("times");
    project
}

impl Project {
    fn plan_from_standard_input(&self, times: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_splitbuild"));
        command.args(["plan", "--times", "-"]).current_dir(self.0.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("splitbuild runs");
        child.stdin.take().expect("a pipe").write_all(times.as_bytes()).expect("it reads");
        Ran(child.wait_with_output().expect("it ends"))
    }
}

fn as_json(times: &str) -> String {
    let lines = times.lines().map(|line| line.split('#').next().unwrap_or_default());
    let entries = lines.filter_map(|line| line.trim().split_once(char::is_whitespace));
    let entries: Vec<String> = entries.map(|(job, time)| format!("\t\"{job}\":{}", time.trim())).collect();
    format!("{{\r\n{}\r\n}}", entries.join(",\r\n"))
}

#[test]
fn the_critical_path_and_what_it_would_be() {
    let project = project(TIMES);
    let out = project.run(&["plan", "--times", "times.txt"]).with_code(0).out();
    let expected = "  2 images, 6 jobs, longest chain 4: build-base-amd64 → build-base-manifest → build-app-amd64 → build-app-manifest
  critical path 940 s: build-base-amd64 (600 s) → build-base-manifest (20 s) → build-app-arm64 (300 s) → build-app-manifest (20 s)
  one job after another 1240.5 s, 1.32 times the critical path
  waiting for the same architecture only 680 s, which saves 260 s

2 images and 6 jobs in all
";
    assert!(out.ends_with(expected), "{out}");
    for times in [TIMES.to_owned(), as_json(TIMES), TIMES.replace('\n', "\r\n"), format!("\u{feff}{TIMES}")] {
        assert_eq!(project.plan_from_standard_input(&times).with_code(0).out(), out, "{times}");
    }
}

#[test]
fn the_same_numbers_are_in_the_json() {
    let project = project(TIMES);
    let json = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_str(&project.run(arguments).with_code(0).out()).expect("JSON")
    };
    let with = json(&["plan", "--json", "--times", "times.txt"]);
    let times = &with["workflows"][0]["times"];
    assert_eq!(times["critical_path"]["seconds"], 940, "{times}");
    let first = serde_json::json!({ "name": "build-base-amd64", "seconds": 600 });
    assert_eq!(times["critical_path"]["jobs"][0], first);
    assert_eq!(times["total_seconds"], 1240.5);
    assert_eq!(times["ratio"], 1240.5 / 940.0);
    assert_eq!(times["same_architecture"]["critical_path"]["seconds"], 680);
    assert_eq!(times["same_architecture"]["saved_seconds"], 260);
    assert_eq!(json(&["plan", "--json"])["workflows"][0].get("times"), None);
}

#[test]
fn jobs_of_no_time_have_no_ratio() {
    let none: String = TIMES
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .fold(String::new(), |all, job| if job == "#" { all } else { all + job + " 0\n" });
    let project = project(&none);
    let out = project.run(&["plan", "--times", "times.txt"]).with_code(0).out();
    assert!(out.contains("  one job after another 0 s\n"), "{out}");
}

#[test]
fn everything_wrong_with_the_times_is_told_at_once() {
    let times = TIMES.replace("build-app-amd64 ", "build-ap-amd64 ").replace("build-app-arm64      300", "");
    let project = project(&(times.replace("  600", "  10min") + "deploy 5\nbuild-app-manifest 21\nword\nlint -1\n"));
    let ran = project.run(&["plan", "--times", "times.txt"]).with_code(1);
    let error = ran.error();
    for says in [
        "error[seconds]: `10min` is not a number of seconds",
        "times.txt:2:22",
        "the job `build-ap-amd64` is in no workflow",
        "did you mean `build-app-amd64`?",
        "error[unknown-job]: the job `deploy` is in no workflow",
        "error[duplicate-job]: the job `build-app-manifest` is given twice",
        "the seconds are missing",
        "`-1` is not a number of seconds",
        "write `JOB SECONDS`; SECONDS is a decimal number from 0 to 1000000000",
        "error[missing-job]: 2 jobs are missing",
        "help: add `build-app-amd64 SECONDS`",
        "add `build-app-arm64 SECONDS`",
        "splitbuild: 7 errors in times.txt",
    ] {
        assert!(error.contains(says), "{says}\n{error}");
    }
    assert!(ran.out().is_empty() && !error.contains("add `build-base-amd64"), "{error}");
    let ran = project.plan_from_standard_input("").with_code(1);
    assert!(ran.error().contains("6 jobs are missing") && ran.error().contains("standard input"), "{}", ran.error());
}

#[test]
fn json_of_times_is_refused_with_its_place() {
    let project = project(TIMES);
    let right = as_json(TIMES);
    for (wrong, says) in [
        (right.replace(":60,", ":\"60\","), "this is not a number of seconds for the job `build-app-amd64`"),
        (right.replace(":60,", ":-60,"), "standard input:5:20"),
        (right.replace(":60,", ":,"), "this is not JSON: "),
        (right.replace("build-app-amd64", "build-app-arm64"), "the key `build-app-arm64` is given twice"),
        ("{}".into(), "add `\"build-base-amd64\": SECONDS`"),
    ] {
        let ran = project.plan_from_standard_input(&wrong).with_code(1);
        assert!(ran.error().contains(says), "{says}\n{}", ran.error());
    }
}

#[test]
fn hand_written_jobs_count_where_they_are_waited_for() {
    let matrix = MATRIX.replace("acme/base }", "acme/base, needs: [lint] }");
    let project = Project::new(&(matrix + "circleci: { config: own.yml }\n"));
    let job = "{ docker: [{ image: cimg/base:2025.01 }], steps: [checkout] }";
    let jobs = format!("jobs:\n  lint: {job}\n  ship: {job}\n");
    let needs = "workflows:\n  main: { jobs: [lint, { ship: { requires: [build-app-manifest] } }] }\n";
    fs::write(project.path("own.yml"), jobs + needs).expect("a file");
    let ran = project.plan_from_standard_input(TIMES).with_code(1);
    assert!(ran.error().contains("the job `lint` is missing"), "{}", ran.error());
    let out = project.plan_from_standard_input(&format!("{TIMES}lint 30\nship 100\n")).with_code(0).out();
    assert!(out.contains("critical path 970 s: lint (30 s) → build-base-amd64 (600 s)"), "{out}");
    assert!(out.contains("one job after another 1270.5 s"), "{out}");
}

#[test]
fn a_file_of_times_that_cannot_be_read_is_wrong_usage() {
    let project = project(TIMES);
    let ran = project.run(&["plan", "--times", "none.txt"]).with_code(2);
    assert!(ran.error().starts_with("splitbuild: --times: cannot read none.txt: "), "{}", ran.error());
    fs::write(project.path("times.txt"), b"a 1\nb\xff 2\n").expect("times");
    let ran = project.run(&["plan", "--times", "times.txt"]).with_code(2);
    assert!(ran.error().contains("times.txt:2: this is not UTF-8"), "{}", ran.error());
}
