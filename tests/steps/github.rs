//! Jobs as GitHub makes them of a workflow: expressions filled in, each step a shell of its own with what its `env` names
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/contexts>).

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::job::{Job, REVISION, Step, Trigger};

type Values = BTreeMap<String, String>;

/// What a job's expressions refer to.
#[derive(Clone, Default)]
pub(super) struct Run {
    /// The job's id.
    pub(super) id: String,
    /// `github` and `inputs`, by whole names.
    known: Values,
    /// The repository's secrets and variables: nothing that we emit tells them apart but the order in which it asks.
    pub(super) settings: Values,
    /// The outputs of the jobs that it needs, as far as they have run.
    needs: BTreeMap<String, Values>,
    /// Those of its own steps.
    steps: BTreeMap<String, Values>,
    /// The `env` of the workflow and of the job, as they are written.
    environment: Vec<(String, String)>,
    /// The job's outputs, as they are written.
    outputs: Vec<(String, String)>,
}

/// The job in a workflow, started by a trigger. The document has the workflows by their names.
pub(super) fn job(document: &Value, workflow: &str, name: &str, trigger: Trigger) -> Job {
    let workflow = &document[workflow];
    let definition = &workflow["jobs"][name];
    assert!(definition.is_object(), "no job {name}: {workflow}");
    let (kind, reference, event) = match trigger {
        Trigger::Branch(branch) => ("branch", branch, "push"),
        Trigger::Tag(tag) => ("tag", tag, "push"),
        Trigger::ByHand(_) => ("branch", "main", "workflow_dispatch"),
        Trigger::Request(_) => ("branch", "12/merge", "pull_request"),
    };
    let is_scheduled = workflow["on"].get("push").is_none() && workflow["on"].get("schedule").is_some();
    let event = if kind == "branch" && is_scheduled { "schedule" } else { event };
    assert!(workflow["on"].get(event).is_some(), "{event} does not start {}", workflow["name"]);
    let (head, commit) = match trigger {
        Trigger::Request(head) => (head, "ffffffffffffffffffffffffffffffffffffffff"),
        _ => ("", REVISION),
    };
    // https://docs.github.com/en/actions/reference/workflows-and-actions/variables#default-environment-variables
    let predefined = [
        ("CI", "true"),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_ACTOR", "octocat"),
        ("GITHUB_EVENT_NAME", event),
        ("GITHUB_HEAD_REF", head),
        ("GITHUB_REF_NAME", reference),
        ("GITHUB_REF_TYPE", kind),
        ("GITHUB_REPOSITORY", "acme/this"),
        ("GITHUB_RUN_ID", "4200"),
        ("GITHUB_RUN_NUMBER", "42"),
        ("GITHUB_SERVER_URL", "https://git.example.com"),
        ("GITHUB_SHA", commit),
    ];
    let mut known = vec![
        ("github.ref_name", reference),
        ("github.ref_type", kind),
        ("github.repository", "acme/this"),
        ("github.token", "the token of this run"),
    ];
    match trigger {
        Trigger::Request(_) => known.extend([
            ("github.event.pull_request.head.repo.full_name", "acme/this"),
            ("github.event.pull_request.head.sha", REVISION),
            ("github.event.pull_request.number", "12"),
        ]),
        Trigger::ByHand(release) => known.push(("inputs.release", release)),
        _ => {}
    }
    let needs = definition["needs"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut run = Run {
        id: name.to_owned(),
        known: owned(&known).collect(),
        needs: needs.map(|need| (need.to_owned(), Values::new())).collect(),
        environment: pairs(&workflow["env"]),
        outputs: pairs(&definition["outputs"]),
        ..Run::default()
    };
    run.environment.extend(pairs(&definition["env"]));
    if let Some(condition) = definition["if"].as_str() {
        assert!(!run.value(condition).is_empty(), "{name} is left out: {condition}");
    }
    let mut job = Job::of(owned(&predefined).collect());
    for step in definition["steps"].as_array().expect("steps") {
        let Some(script) = step["run"].as_str() else { continue };
        assert!(step["if"].is_null() && step["shell"].is_null(), "not played here: {step}");
        let text = |key: &str| step[key].as_str().map(str::to_owned);
        let title = text("name").unwrap_or_default();
        // What is filled in here is code.
        let script = run.filled(script);
        job.steps.push(Step { title, script, id: text("id"), environment: pairs(&step["env"]) });
    }
    job.github = Some(run);
    job
}

fn owned<'v>(values: &'v [(&str, &str)]) -> impl Iterator<Item = (String, String)> + 'v {
    values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
}

fn pairs(map: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    map.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect()
}

impl Run {
    /// What an earlier job hands on, if this one needs it: others' outputs are out of its reach.
    pub(super) fn after(&mut self, id: &str, outputs: &Values) {
        if let Some(known) = self.needs.get_mut(id) {
            known.clone_from(outputs);
        }
    }

    /// One output of such a job.
    pub(super) fn handed(&mut self, id: &str, name: &str, value: &str) {
        if let Some(known) = self.needs.get_mut(id) {
            known.insert(name.into(), value.into());
        }
    }

    /// What a step finds in its environment beside the runner's own: nothing that it, its job or its workflow does not name.
    pub(super) fn environment(&self, step: &Step, folder: &Path) -> Values {
        let all = self.environment.iter().chain(&step.environment);
        let mut all: Values = all.map(|(name, value)| (name.clone(), self.filled(value))).collect();
        for (name, file) in [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary")] {
            all.insert(name.into(), folder.join(file).display().to_string());
        }
        all
    }

    /// Takes what a step has written as its outputs.
    ///
    /// # Errors
    /// A line that is none, as the runner has it.
    pub(super) fn take_outputs(&mut self, step: &Step, folder: &Path) -> Result<(), String> {
        let file = folder.join("output");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let _ = std::fs::remove_file(&file);
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once('=').ok_or_else(|| format!("Invalid format '{line}'\n"))?;
            if let Some(id) = &step.id {
                self.steps.entry(id.clone()).or_default().insert(name.into(), value.into());
            }
        }
        Ok(())
    }

    /// The job's outputs that are not empty, without those in which a secret stands
    /// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idoutputs>).
    pub(super) fn outputs(&self) -> Values {
        let has_secret = |value: &str| self.settings.values().any(|it| !it.is_empty() && value.contains(it.as_str()));
        let all = self.outputs.iter().map(|(name, value)| (name.clone(), self.filled(value)));
        all.filter(|(_, value)| !value.is_empty() && !has_secret(value)).collect()
    }

    /// A text with its expressions filled in; what they become is not looked at again.
    fn filled(&self, text: &str) -> String {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${{") {
            let length = split(after, "}}")[0].len();
            assert!(length < after.len(), "an expression does not end: {text}");
            filled.push_str(before);
            filled.push_str(&self.value(&after[..length]));
            rest = &after[length + 2..];
        }
        filled + rest
    }

    /// The value of an expression, of which we emit few: `||`, `&&`, `==`, `!=`, texts and names. What is false is empty.
    fn value(&self, expression: &str) -> String {
        let either = split(expression, "||");
        if either.len() > 1 {
            return either.iter().map(|it| self.value(it)).find(|it| !it.is_empty()).unwrap_or_default();
        }
        let both = split(expression, "&&");
        if both.len() > 1 {
            let all: Vec<String> = both.iter().map(|it| self.value(it)).collect();
            let is_false = all.iter().any(String::is_empty);
            return all.into_iter().next_back().filter(|_| !is_false).unwrap_or_default();
        }
        for (sign, wanted) in [("==", true), ("!=", false)] {
            if let [left, right] = split(expression, sign)[..] {
                let is_same = self.value(left).eq_ignore_ascii_case(&self.value(right));
                return if is_same == wanted { "true".into() } else { String::new() };
            }
        }
        let expression = expression.trim();
        if let Some(text) = expression.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            return text.replace("''", "'");
        }
        self.named(expression)
    }

    fn named(&self, name: &str) -> String {
        let words: Vec<&str> = name.split('.').collect();
        let output = |all: &BTreeMap<String, Values>, of: &str, name: &str| all.get(of).map(|it| it.get(name).cloned());
        let found = match words[..] {
            ["secrets" | "vars", name] => Some(self.settings.get(name).cloned()),
            ["inputs", _] => Some(self.known.get(name).cloned()),
            ["needs", job, "outputs", name] => output(&self.needs, job, name),
            ["steps", step, "outputs", name] => Some(output(&self.steps, step, name).flatten()),
            _ => self.known.get(name).cloned().map(Some),
        };
        found.unwrap_or_else(|| panic!("{} has no {name}", self.id)).unwrap_or_default()
    }
}

/// The parts of an expression between signs that stand outside of texts.
fn split<'e>(expression: &'e str, sign: &str) -> Vec<&'e str> {
    let (mut parts, mut start, mut is_text) = (Vec::new(), 0, false);
    for (at, c) in expression.char_indices() {
        is_text ^= c == '\'';
        if !is_text && at >= start && expression[at..].starts_with(sign) {
            parts.push(&expression[start..at]);
            start = at + sign.len();
        }
    }
    parts.push(&expression[start..]);
    parts
}
