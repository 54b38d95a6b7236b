//! `splitbuild plan --times` with what the providers' interfaces tell of runs. The files in `exports` have the keys that the
//! interfaces document, and numbers of our own.

use std::fs;
use std::path::Path;

use super::times::{MATRIX, TIMES, project};
use super::{Project, Ran};

fn export(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/exports").join(name);
    fs::read_to_string(path).expect("an export")
}

/// The jobs of an export, with one thing changed.
fn changed(name: &str, from: &str, to: &str) -> String {
    let text = export(name);
    assert!(text.contains(from), "{name} has {from}");
    text.replace(from, to)
}

const ALL: [(&str, &str); 5] = [
    ("circleci-jobs.json", "circleci"),
    ("circleci-insights.json", "circleci"),
    ("gitlab-jobs.json", "gitlab"),
    ("github-jobs.json", "github"),
    ("gh-run-view.json", "github"),
];

/// For a workflow of this name, with its images; of the provider whose sections it needs not.
fn plan(project: &Project, provider: &str, times: &str) -> Ran {
    fs::write(project.path("times.json"), times).expect("times");
    project.run(&["plan", "--provider", provider, "--times", "times.json"])
}

#[test]
fn an_export_says_what_its_times_say() {
    let project = project(TIMES);
    for (name, provider) in ALL {
        let ran = plan(&project, provider, &export(name)).with_code(0);
        assert!(ran.error().is_empty(), "{name}: {}", ran.error());
        // Insights know no parts of seconds.
        let expected = ["one job after another 1240.5 s", "one job after another 1240 s"];
        let is_whole = name == "circleci-insights.json";
        assert!(ran.out().contains("  critical path 940 s: build-base-amd64 (600 s) → "), "{name}: {}", ran.out());
        assert!(ran.out().contains(expected[usize::from(is_whole)]), "{name}: {}", ran.out());
    }
}

#[test]
fn of_several_runs_the_median_counts_and_pages_are_one_list() {
    let project = project(TIMES);
    let slow = changed("circleci-jobs.json", "2026-11-20T10:10:05", "2026-11-20T10:20:05");
    let slower = changed("circleci-jobs.json", "2026-11-20T10:10:05", "2026-11-20T10:30:05");
    let runs = format!("{}{slower}\n\n{slow}", export("circleci-jobs.json"));
    let out = plan(&project, "circleci", &runs).with_code(0).out();
    assert!(out.contains("build-base-amd64 (1200 s)"), "{out}");
    for name in ["gitlab-jobs.json", "github-jobs.json"] {
        let whole: serde_json::Value = serde_json::from_str(&export(name)).expect("JSON");
        let provider = name.split('-').next().expect("a name");
        let page = |jobs: &[serde_json::Value]| match provider {
            "gitlab" => serde_json::json!(jobs),
            _ => serde_json::json!({ "total_count": 7, "jobs": jobs }),
        };
        let jobs = whole.as_array().or_else(|| whole["jobs"].as_array()).expect("jobs");
        let (one, two) = jobs.split_at(3);
        let after = format!("{}{}", page(one), page(two));
        let within = serde_json::json!([page(one), page(two)]).to_string();
        for text in [after, within] {
            let out = plan(&project, provider, &text).with_code(0).out();
            assert!(out.contains("one job after another 1240.5 s"), "{name}: {out}");
        }
        let ran = plan(&project, provider, &page(one).to_string()).with_code(1);
        assert!(ran.error().contains("there are no times of `main`, because "), "{}", ran.error());
        assert_eq!(ran.error().contains("the list has more pages"), provider == "github", "{}", ran.error());
    }
}

#[test]
fn what_did_not_end_well_has_no_time() {
    let project = project(TIMES);
    let failed = [
        (
            "circleci",
            "circleci-jobs.json",
            r#""type": "build",
      "status": "success",
      "id": "00000000-0000-4000-8000-000000000004""#,
            "\"status\": \"canceled\"",
            "`build-app-arm64`: canceled",
        ),
        (
            "gitlab",
            "gitlab-jobs.json",
            r#""id": 899,
    "status": "success""#,
            r#""id": 899, "status": "failed""#,
            "`build-app-arm64`: failed",
        ),
        (
            "github",
            "github-jobs.json",
            r#""id": 5004,
      "run_id": 77,
      "workflow_name": "main",
      "head_branch": "main",
      "run_attempt": 1,
      "status": "completed",
      "conclusion": "success""#,
            r#""status": "in_progress", "conclusion": null"#,
            "`build-app-arm64`: in_progress",
        ),
    ];
    for (provider, name, from, to, says) in failed {
        let text = changed(name, from, to);
        let ran = plan(&project, provider, &text).with_code(1);
        for says in [
            "error[missing-job]: there are no times of `main`, because `build-app-arm64` has none",
            says,
            "only jobs that succeeded have a time",
            "splitbuild: 1 error in times.json",
        ] {
            assert!(ran.error().contains(says), "{says}\n{}", ran.error());
        }
        assert!(ran.out().is_empty());
        // Another run has it.
        let out = plan(&project, provider, &(text + &export(name))).with_code(0).out();
        assert!(out.contains("critical path 940 s"), "{out}");
    }
    let odd = plan(&project, "github", &changed("github-jobs.json", "2026-11-20T10:15:55Z", "yesterday")).with_code(1);
    assert!(odd.error().contains("`build-app-arm64`: this is no time"), "{}", odd.error());
}

#[test]
fn a_workflow_that_did_not_run_has_no_times_and_stops_nothing() {
    let both = MATRIX.replace("workflows: {", "workflows: { pr: { on: { pull_requests: [main] }, push: false },");
    let both = both.replace("acme/app,", "acme/app, test: ./try.sh,");
    let project = Project::new(&both);
    let jobs = export("github-jobs.json");
    let ran = plan(&project, "github", &jobs).with_code(0);
    assert_eq!(ran.out().matches("\n  critical path").count(), 2, "both have times: {}", ran.out());
    // A run of the one has no jobs that publish.
    let only = jobs.replace("-manifest\"", "-elsewhere\"");
    let ran = plan(&project, "github", &only).with_code(0);
    assert!(ran.out().contains("critical path 660 s"), "{}", ran.out());
    for says in [
        "warning[missing-job]: there are no times of `main`, because `build-base-manifest` and `build-app-manifest` have none",
        "what is not there is in the run of another workflow",
    ] {
        assert!(ran.error().contains(says), "{says}\n{}", ran.error());
    }
    let ran =
        project.run(&["graph", "--provider", "github", "--workflow", "main", "--times", "times.json"]).with_code(1);
    assert!(ran.error().contains("error[missing-job]") && ran.out().is_empty(), "{}", ran.error());
    project.run(&["graph", "--provider", "github", "--workflow", "pr", "--times", "times.json"]).with_code(0);
}

#[test]
fn hand_written_jobs_are_found_under_their_runs_names() {
    let matrix = MATRIX.replace("acme/base }", "acme/base, needs: [lint] }");
    let github = Project::new(&(matrix.clone() + "github: { config: own.yml }\n"));
    let job = "{ name: Lint it, runs-on: ubuntu-24.04, steps: [{ run: make lint }] }";
    fs::write(github.path("own.yml"), format!("jobs:\n  lint: {job}\n")).expect("a file");
    let text = export("github-jobs.json");
    let with = |names: [&str; 2]| {
        let at = |name: &str, to: &str| {
            format!(
                "{{\"jobs\": [{{\"name\": \"{name}\", \"status\": \"completed\", \"conclusion\": \"success\", \
                 \"started_at\": \"2026-11-20T10:00:00Z\", \"completed_at\": \"2026-11-20T10:{to}Z\"}}]}}"
            )
        };
        format!("{text}[{},{}]", at(names[0], "00:30"), at(names[1], "01:40"))
    };
    let out = plan(&github, "github", &with(["Lint it (a)", "Lint it (b, 2)"])).with_code(0).out();
    assert!(out.contains("lint (100 s) → "), "the longest of a matrix: {out}");
    let out = plan(&github, "github", &with(["Lint it", "Lint it"])).with_code(0).out();
    assert!(out.contains("lint (65 s) → "), "the median of two: {out}");
    let ran = plan(&github, "github", &with(["lint", "Lint items"])).with_code(1);
    assert!(ran.error().contains("because `lint` has none"), "{}", ran.error());

    let gitlab = Project::new(&(matrix + "gitlab: { config: own.yml }\n"));
    fs::write(gitlab.path("own.yml"), "lint: { script: [make lint], parallel: 2 }\n").expect("a file");
    let jobs = r#"[{"name": "lint 1/2", "status": "success", "duration": 12},
        {"name": "lint 2/2", "status": "success", "duration": 40.0}]"#;
    let out = plan(&gitlab, "gitlab", &(export("gitlab-jobs.json") + jobs)).with_code(0).out();
    assert!(out.contains("lint (40 s) → "), "{out}");
    let out =
        plan(&gitlab, "gitlab", &(export("gitlab-jobs.json") + &jobs.replace(" 1/2", ": [a]"))).with_code(0).out();
    assert!(out.contains("lint (40 s) → "), "{out}");
    let ran = plan(&gitlab, "gitlab", &(export("gitlab-jobs.json") + &jobs.replace("lint ", "lint-"))).with_code(1);
    assert!(ran.error().contains("because `lint` has none"), "{}", ran.error());
}

#[test]
fn an_approval_takes_no_time() {
    let matrix = MATRIX.replace("needs: [base]", "needs: [base, hold]");
    let project = Project::new(&(matrix + "circleci: { config: own.yml }\n"));
    fs::write(project.path("own.yml"), "workflows:\n  main: { jobs: [{ hold: { type: approval } }] }\n")
        .expect("a file");
    let out = plan(&project, "circleci", &export("circleci-jobs.json")).with_code(0).out();
    assert!(out.contains("critical path 940 s: build-base-amd64"), "{out}");
}

#[test]
fn other_json_is_refused_with_its_place() {
    let project = project(TIMES);
    for (text, says) in [
        ("{\"message\": {}}", "error[times]: this is no list of jobs that a CI provider gives"),
        ("[1, 2]", "times.json:1:1"),
        ("{\"items\": []}\n {\"a\": 1}", "times.json:2:2"),
        ("{\"items\": [{\"id\": 1}]}", "error[times]"),
        ("{\"items\": [] ", "this is not JSON: "),
        ("{\"items\": []}", "because 6 jobs have none, such as `build-base-amd64`, "),
    ] {
        let ran = plan(&project, "circleci", text).with_code(1);
        assert!(ran.error().contains(says), "{says}\n{}", ran.error());
    }
    // Rare characters are escaped by some in a way that YAML does not know.
    let rare = changed("gitlab-jobs.json", "\"title\": \"Build\"", "\"title\": \"\\ud83d\\ude80 \\\"Build\\\"\"");
    plan(&project, "gitlab", &rare).with_code(0);
}
