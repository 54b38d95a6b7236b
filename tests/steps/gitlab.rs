//! Jobs as GitLab makes them of a configuration: what they extend merged, references followed, variables expanded
//! (<https://docs.gitlab.com/ci/yaml/>), and run as its runner does
//! (<https://gitlab.com/gitlab-org/gitlab-runner/-/blob/main/shells/bash.go>).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::job::{Job, Jobs, REVISION, Step, Trigger};

/// The job in a workflow, started by a trigger: its script is one step.
pub(super) fn job(document: &Value, workflow: &str, name: &str, trigger: Trigger) -> Job {
    let definition = extended(document, name);
    let (variable, reference) = match trigger {
        Trigger::Branch(branch) => ("CI_COMMIT_BRANCH", branch),
        Trigger::Tag(tag) => ("CI_COMMIT_TAG", tag),
        Trigger::ByHand(_) => ("CI_COMMIT_BRANCH", "main"),
        Trigger::Request(branch) => ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", branch),
    };
    // https://docs.gitlab.com/ci/variables/predefined_variables/
    let predefined = [
        (variable, reference),
        ("CI_COMMIT_REF_NAME", reference),
        ("CI_COMMIT_SHA", REVISION),
        ("CI_COMMIT_SHORT_SHA", &REVISION[..8]),
        ("CI_PIPELINE_IID", "42"),
        ("CI_PIPELINE_ID", "4200"),
        ("CI_JOB_ID", "420000"),
        ("CI_PROJECT_PATH", "acme/this"),
        ("CI_PROJECT_URL", "https://git.example.com/acme/this"),
    ];
    let mut environment: BTreeMap<String, String> =
        predefined.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    if let Trigger::ByHand(release) = trigger {
        environment.insert("SPLITBUILD_RELEASE".into(), release.to_owned());
    }
    if let Trigger::Request(_) = trigger {
        // Of the merge that is tried, and of the request's head.
        let of_request = [
            ("CI_COMMIT_SHA", "ffffffffffffffffffffffffffffffffffffffff"),
            ("CI_COMMIT_SHORT_SHA", "ffffffff"),
            ("CI_COMMIT_REF_NAME", "refs/merge-requests/12/merge"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", REVISION),
            ("CI_MERGE_REQUEST_IID", "12"),
            ("CI_MERGE_REQUEST_ID", "4711"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ];
        environment.extend(of_request.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    let mut known = environment.clone();
    // What an attacker would like to see filled in.
    known.extend([("HOME", "/root"), ("SECRET", "a secret")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    let is_of_workflow = |rule: &&Value| {
        let named = rule["variables"]["SPLITBUILD_WORKFLOW"].as_str().expect("a rule tells its workflow");
        filled(named, &known) == workflow
    };
    let rules: Vec<&Value> = definition["rules"].as_array().expect("rules").iter().filter(is_of_workflow).collect();
    let [rule] = rules.as_slice() else { panic!("{name} is in {workflow}: {rules:?}") };
    for variables in [&definition["variables"], &rule["variables"]] {
        for (name, value) in variables.as_object().into_iter().flatten() {
            environment.insert(name.clone(), filled(value.as_str().expect("text"), &known));
        }
    }
    let mut script = lines(document, &definition["before_script"]);
    script.extend(lines(document, &definition["script"]));
    let mut job = Job::of(environment);
    // As the runner calls it: one shell, with nothing to read.
    let quoted = script.join("\n").replace('\'', r"'\''");
    let script = format!(": | (eval '{quoted}')\nexit 0\n");
    job.steps.push(Step { title: "script".into(), script, ..Step::default() });
    job.workspaces.push(".".into());
    for path in definition["artifacts"]["paths"].as_array().into_iter().flatten() {
        job.keeps.push((".".into(), filled(path.as_str().expect("a path"), &known)));
    }
    job
}

/// The jobs that it needs, whose artifacts it gets.
#[allow(dead_code, reason = "the properties look at single jobs")]
pub(super) fn needs(document: &Value, name: &str) -> Vec<String> {
    let needs = extended(document, name)["needs"].as_array().cloned().unwrap_or_default();
    needs.iter().filter_map(|need| need.as_str().map(str::to_owned)).collect()
}

/// The jobs of a workflow, with those of them that each needs; a need of a job that is not there is `optional`.
#[allow(dead_code, reason = "the properties look at single jobs")]
pub(super) fn jobs(document: &Value, workflow: &str) -> Jobs {
    let rules = |job: &Value| job["rules"].as_array().cloned().unwrap_or_default();
    let is_of_workflow =
        |job: &Value| rules(job).iter().any(|rule| rule["variables"]["SPLITBUILD_WORKFLOW"] == workflow);
    let named = document.as_object().expect("jobs").iter();
    let named = named.filter(|(name, job)| !name.starts_with('.') && job.is_object());
    let jobs: Vec<(&String, Value)> = named.map(|(name, _)| (name, extended(document, name))).collect();
    let jobs: Vec<(&String, Value)> = jobs.into_iter().filter(|(_, job)| is_of_workflow(job)).collect();
    let is_there = |name: &str| jobs.iter().any(|(known, _)| *known == name);
    let needs = |job: &Value| -> Vec<String> {
        let needs = job["needs"].as_array().cloned().unwrap_or_default();
        let named = |need: &Value| -> Option<String> {
            let name = need.as_str().or(need["job"].as_str()).expect("a name");
            assert!(is_there(name) || need["optional"] == true, "{name} is not in {workflow}");
            is_there(name).then(|| name.to_owned())
        };
        needs.iter().filter_map(named).collect()
    };
    jobs.iter().map(|(name, job)| ((*name).clone(), needs(job))).collect()
}

/// A job with all that it extends: maps are merged, anything else is replaced; of several, the last counts most.
fn extended(document: &Value, name: &str) -> Value {
    let own = document[name].as_object().unwrap_or_else(|| panic!("a job {name}"));
    let parents = match own.get("extends") {
        None => Vec::new(),
        Some(Value::String(one)) => vec![one.as_str()],
        Some(several) => several.as_array().expect("names").iter().map(|name| name.as_str().expect("a name")).collect(),
    };
    let mut merged = Map::new();
    for parent in parents {
        let Value::Object(parent) = extended(document, parent) else { unreachable!("a job is a map") };
        merge(&mut merged, &parent);
    }
    merge(&mut merged, own);
    Value::Object(merged)
}

fn merge(below: &mut Map<String, Value>, above: &Map<String, Value>) {
    for (key, value) in above {
        match (below.get_mut(key), value) {
            (Some(Value::Object(known)), Value::Object(more)) => merge(known, more),
            _ => drop(below.insert(key.clone(), value.clone())),
        }
    }
}

/// The lines of a script; a list within it is a `!reference` to another job's.
fn lines(document: &Value, script: &Value) -> Vec<String> {
    let items = script.as_array().into_iter().flatten();
    items
        .flat_map(|item| match item {
            Value::String(text) => vec![text.clone()],
            reference => {
                let [job, key] = [0, 1].map(|at| reference[at].as_str().expect("a reference"));
                lines(document, &document[job][key])
            }
        })
        .collect()
}

/// GitLab's own filling in of variables: `$name`, `${name}` and `%name%`, and one of two dollars
/// (<https://docs.gitlab.com/ci/variables/where_variables_can_be_used/>).
fn filled(text: &str, known: &BTreeMap<String, String>) -> String {
    let pattern =
        regex::Regex::new(r"\$\$|%%|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}|%([A-Za-z_]\w*)%").expect("a pattern");
    let value = |found: &regex::Captures| match &found[0] {
        "$$" => "$".to_owned(),
        "%%" => "%".to_owned(),
        _ => {
            let name = (1..=3).find_map(|group| found.get(group)).expect("a name").as_str();
            known.get(name).cloned().unwrap_or_default()
        }
    };
    pattern.replace_all(text, value).into_owned()
}
