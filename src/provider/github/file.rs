//! A workflow of the plan as a file of GitHub's.

use std::collections::BTreeSet;

use minijinja::Value;
use serde::Serialize;

use super::expression::{LONGEST, expression, text};
use super::ids::Ids;
use super::job::{JobEntry, Maker, condition};
use super::members::Members;
use super::pin::Pins;
use super::settings::Settings;
use super::write::Writer;
use super::{FOLDER, dialect, trigger, user_config, user_job};
use crate::plan::Plan;
use crate::provider::facts::{Fact, Facts};
use crate::provider::{Error, Pipeline, UserConfig};
use crate::yaml::{Node, write as yaml};

/// What a workflow is in its file.
pub(super) struct WorkflowFile<'p> {
    plan: &'p Plan,
    place: usize,
    pins: Pins,
    jobs: Vec<JobEntry>,
}

/// Where the file of a workflow lies.
pub(super) fn path(plan: &Plan, place: usize) -> String {
    let Settings { prefix, .. } = Settings::of(plan);
    let name = format!("{prefix}{}", plan.workflows[place].name);
    // The name of a file in that folder, whatever the prefix is.
    let name: String = name.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
    format!("{FOLDER}/{name}.yml")
}

impl<'p> WorkflowFile<'p> {
    pub(super) fn new(
        plan: &'p Plan,
        place: usize,
        (runs, kept): (&[usize], &[bool]),
        committed: Option<&str>,
    ) -> Self {
        let workflow = &plan.workflows[place];
        let pins = Pins::of_file(committed);
        let path = path(plan, place);
        let names = workflow.jobs.iter().map(|id| plan.job(*id).name.as_str());
        let ids = Ids::new(names, std::iter::empty());
        let members = Members::of(plan, workflow);
        let maker = Maker { plan, workflow, runs, path: &path, pins: &pins, ids, kept, members };
        let jobs = workflow.jobs.iter().map(|id| maker.job(*id)).collect();
        Self { plan, place, pins, jobs }
    }

    /// What stands before the jobs.
    fn sections(&self) -> Result<Vec<(&'static str, Node)>, Error> {
        let workflow = &self.plan.workflows[self.place];
        let mut sections = vec![
            ("name", text(&workflow.name)),
            ("on", trigger::on(self.plan, workflow).map_err(|problem| Error::Check(problem.message))?),
        ];
        sections.push(("permissions", Node::map([])));
        if !workflow.trigger.pull_requests.is_empty() && !workflow.push {
            // A newer run of the same request is what its people wait for; what publishes is never cut off.
            let group = Node::text("${{ github.workflow }}-${{ github.event.pull_request.number }}");
            let cancel = ("cancel-in-progress", super::step::bare("true"));
            sections.push(("concurrency", Node::map([("group", group), cancel])));
        }
        let mut environment = dialect::environment(&workflow.trigger);
        let given: Vec<&str> = self.plan.given_in(workflow).collect();
        let variables: Vec<(String, Node)> =
            given.iter().map(|var| (crate::plan::Given::variable(var), expression(&format!("inputs.{var}")))).collect();
        environment.extend(variables.iter().map(|(name, node)| (name.as_str(), node.clone())));
        if !environment.is_empty() {
            sections.push(("env", Node::map(environment)));
        }
        Ok(sections)
    }
}

#[derive(Serialize)]
struct View {
    sections: Vec<Part>,
    jobs: Vec<Part>,
    own_comment: Value,
    own: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    name: Value,
    yaml: Value,
}

impl Pipeline for WorkflowFile<'_> {
    fn view(&self, config: Option<&UserConfig>) -> Result<Value, Error> {
        let ids: BTreeSet<&str> = self.jobs.iter().map(|job| job.id.as_str()).collect();
        let problems = config.map(|config| user_config::check(config, &ids)).unwrap_or_default();
        if !problems.is_empty() {
            return Err(Error::UserConfig(problems));
        }
        let condition = condition(&self.plan.workflows[self.place]);
        let all: BTreeSet<&str> = self.plan.jobs.iter().map(|job| job.name.as_str()).collect();
        let joining = |config| user_config::joining(config, (&ids, &all), condition.as_ref());
        let own = config.map(joining).unwrap_or_default();
        for job in &self.jobs {
            check_expressions(job)?;
        }
        let safe = |yaml: String| Value::from_safe_string(yaml);
        let section = |(name, node): (&str, Node)| {
            let yaml = match name {
                // What starts it stands on lines of its own, and below it what of that.
                "on" => started(&node),
                "env" | "concurrency" => yaml::node(&node, 2),
                _ => yaml::compact(&node, 2),
            };
            Part { name: safe(name.to_owned()), yaml: safe(yaml) }
        };
        let source = config.map(|config| config.source.text.as_str()).unwrap_or_default();
        let mut writer = Writer::new(&self.pins, self.jobs.iter().map(|job| &job.node));
        let view = View {
            sections: self.sections()?.into_iter().map(section).collect(),
            jobs: self
                .jobs
                .iter()
                .map(|job| Part { name: Value::from(job.id.clone()), yaml: safe(writer.job(&job.node, &job.image)) })
                .collect(),
            own_comment: safe(config.map(user_config::comment).unwrap_or_default()),
            own: own
                .iter()
                .map(|entry| Part {
                    name: Value::from(entry.key.text.clone()),
                    yaml: safe(user_job::text(&entry.value, source, 4)),
                })
                .collect(),
        };
        Ok(Value::from(minijinja::value::Serde(&view)))
    }

    fn facts(&self) -> Facts<'_> {
        let mut facts = Facts::default();
        for (name, node) in self.sections().unwrap_or_default() {
            facts.add(name.to_owned(), Fact::Tree(std::borrow::Cow::Owned(node)));
        }
        for job in &self.jobs {
            if let Some(command) = &job.build_command {
                facts.add(format!("{}: build", job.id), Fact::Command(std::borrow::Cow::Borrowed(command)));
            }
            facts.add(job.id.clone(), Fact::Tree(std::borrow::Cow::Borrowed(&job.node)));
        }
        facts
    }
}

/// Events as YAML.
fn started(node: &Node) -> String {
    let event = |entry: &crate::yaml::Entry| {
        let (name, value) = (&entry.key.text, &entry.value);
        let filters = value.as_mapping().map(|map| map.entries.as_slice()).unwrap_or_default();
        let filter =
            |filter: &crate::yaml::Entry| format!("\n    {}:{}", filter.key.text, yaml::compact(&filter.value, 6));
        match filters {
            [] if value.as_mapping().is_some() => format!("\n  {name}:"),
            [] => format!("\n  {name}:{}", yaml::node(value, 4)),
            filters => format!("\n  {name}:{}", filters.iter().map(filter).collect::<String>()),
        }
    };
    node.as_mapping().map(|map| map.entries.iter().map(event).collect()).unwrap_or_default()
}

/// A script with an expression in it must be short.
fn check_expressions(job: &JobEntry) -> Result<(), Error> {
    let steps = job.node.get("steps").and_then(Node::as_sequence).unwrap_or_default();
    let scripts = steps.iter().filter_map(|step| step.get("run")).filter_map(Node::as_str);
    let is_long = |text: &&str| text.contains("${{") && text.chars().count() > LONGEST;
    match scripts.filter(|text| is_long(text)).count() {
        0 => Ok(()),
        _ => Err(Error::Unsupported {
            provider: "github",
            what: format!("a script of {} that has `${{{{` in it and is longer than {LONGEST} characters", job.id),
            help: "move a part of it to a file".into(),
        }),
    }
}
