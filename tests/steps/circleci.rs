//! Jobs as CircleCI makes them of a configuration: executors, commands and parameters filled in
//! (<https://circleci.com/docs/reference/configuration-reference/>).

use std::collections::BTreeMap;

use serde_json::Value;

use super::job::{Job, REVISION, Step, Trigger};

/// What stands beside parameters where a workflow calls a job.
const BESIDE: &[&str] = &["name", "requires", "context", "filters"];

/// The job in a workflow, started by a trigger.
pub(super) fn job(document: &Value, workflow: &str, name: &str, trigger: Trigger) -> Job {
    let entries = document["workflows"][workflow]["jobs"].as_array().expect("jobs");
    let called = entries.iter().find_map(|entry| {
        let (definition, call) = named(entry);
        (call["name"].as_str().unwrap_or(definition) == name).then_some((definition, call))
    });
    let (definition, call) = called.unwrap_or_else(|| panic!("{name} is in {workflow}"));
    let definition = &document["jobs"][definition];
    // What the pipeline knows is filled in wherever it stands.
    let known = |(name, value): (&String, &Value)| {
        let value = value.as_str().map(|text| Value::String(Scope::default().fill(text)));
        Some((name.clone(), value.filter(|_| !BESIDE.contains(&name.as_str()))?))
    };
    let call = Value::Object(call.as_object().into_iter().flatten().filter_map(known).collect());
    let scope = Scope::of(&definition["parameters"], &call);
    let executor = scope.fill(definition["executor"].as_str().expect("an executor"));
    let executor = &document["executors"][&executor];
    assert!(executor.is_object(), "the executor of {name}");

    let mut environment = BTreeMap::new();
    for (variable, value) in executor["environment"].as_object().into_iter().flatten() {
        environment.insert(variable.clone(), value.as_str().expect("text").to_owned());
    }
    let (variable, value) = match trigger {
        Trigger::Branch(branch) => ("CIRCLE_BRANCH", branch),
        Trigger::Tag(tag) => ("CIRCLE_TAG", tag),
    };
    // https://circleci.com/docs/reference/variables/#built-in-environment-variables
    for (variable, value) in [
        (variable, value),
        ("CIRCLE_SHA1", REVISION),
        ("CIRCLE_PROJECT_USERNAME", "acme"),
        ("CIRCLE_PROJECT_REPONAME", "this"),
        ("CIRCLE_REPOSITORY_URL", "https://git.example.com/acme/this.git"),
    ] {
        environment.insert(variable.to_owned(), value.to_owned());
    }
    let mut job = Job::of(environment);
    steps(document, &definition["steps"], &scope, &mut job);
    job
}

/// What a workflow or a list of steps calls, and with what: `name`, or `name: { … }`.
fn named(entry: &Value) -> (&str, &Value) {
    match entry {
        Value::String(name) => (name, &Value::Null),
        Value::Object(map) if map.len() == 1 => {
            map.iter().next().map(|(name, call)| (name.as_str(), call)).expect("one")
        }
        other => panic!("no call: {other}"),
    }
}

fn steps(document: &Value, list: &Value, scope: &Scope, job: &mut Job) {
    for step in list.as_array().expect("steps") {
        let (name, call) = named(step);
        let text = |key: &str| scope.fill(call[key].as_str().unwrap_or_else(|| panic!("{key} of {name}")));
        match name {
            "checkout" | "setup_remote_docker" => {}
            "run" => job.steps.push(Step { title: text("name"), script: text("command") }),
            "attach_workspace" => job.workspaces.push(text("at")),
            "persist_to_workspace" => {
                let root = text("root");
                for path in call["paths"].as_array().expect("paths") {
                    job.keeps.push((root.clone(), scope.fill(path.as_str().expect("a path"))));
                }
            }
            command => {
                let definition = &document["commands"][command];
                assert!(definition.is_object(), "a command {command}");
                // Its parameters are filled in from the job's before its own steps are.
                let filled = |(name, value): (&String, &Value)| {
                    (name.clone(), Value::String(scope.fill(value.as_str().expect("text"))))
                };
                let call = Value::Object(call.as_object().into_iter().flatten().map(filled).collect());
                let inner = Scope::of(&definition["parameters"], &call);
                steps(document, &definition["steps"], &inner, job);
            }
        }
    }
}

/// The parameters of a job or a command, with their values.
#[derive(Default)]
struct Scope(BTreeMap<String, String>);

impl Scope {
    fn of(declared: &Value, call: &Value) -> Self {
        for (name, _) in call.as_object().into_iter().flatten() {
            assert!(declared.get(name).is_some(), "a parameter {name} of {call}");
        }
        let value = |(name, parameter): (&String, &Value)| {
            let value = call.get(name).or(parameter.get("default")).unwrap_or_else(|| panic!("no {name} in {call}"));
            (name.clone(), value.as_str().unwrap_or_else(|| panic!("{name} of {call} is text")).to_owned())
        };
        Self(declared.as_object().into_iter().flatten().map(value).collect())
    }

    /// CircleCI's own templating: `<< name >>`, with `\<<` for `<<`.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("<<") {
            if let Some(before) = rest[..at].strip_suffix('\\') {
                filled.extend([before, "<<"]);
                rest = &rest[at + 2..];
                continue;
            }
            filled.push_str(&rest[..at]);
            let end = rest[at..].find(">>").unwrap_or_else(|| panic!("Unclosed '<<' tag in {text}")) + at;
            filled.push_str(self.value(rest[at + 2..end].trim()));
            rest = &rest[end + 2..];
        }
        filled + rest
    }

    fn value(&self, name: &str) -> &str {
        if name == "pipeline.number" {
            return "42";
        }
        let name = name.strip_prefix("parameters.").unwrap_or_else(|| panic!("an unknown reference: {name}"));
        self.0.get(name).unwrap_or_else(|| panic!("the parameter {name}"))
    }
}
