//! A plan in CircleCI's vocabulary, ready to be laid out.

use std::collections::{BTreeSet, HashMap};

use minijinja::Value;
use serde::Serialize;

use super::commands::Command;
use super::definition::Definition;
use super::fragment::{Anchors, compact, fragment, safe};
use super::parameter::{parameters, pipeline_parameters};
use super::parts::Parts;
use super::user_config;
use super::workflow::{Section, WorkflowView, workflow};
use crate::plan::{Build, Password, Plan, Recipe, Tool, Work};
use crate::provider::{Error, UserConfig};
use crate::yaml::{Mapping, Node, write as yaml};

/// What the template lays out; it refers to every field by its name.
#[derive(Serialize)]
struct View {
    sections: Vec<Section>,
    workflows: Vec<WorkflowView>,
    user_workflows: Vec<Section>,
    jobs: Vec<JobView>,
    user_jobs: Vec<Section>,
    commands: Vec<CommandView>,
    user_commands: Vec<Section>,
    executors: Vec<Section>,
    user_executors: Vec<Section>,
}

#[derive(Serialize)]
struct JobView {
    name: String,
    parameters: Option<Value>,
    executor: String,
    steps: Value,
}

#[derive(Serialize)]
struct CommandView {
    name: &'static str,
    description: &'static str,
    parameters: Option<Value>,
    steps: Value,
}

pub(super) fn view(parts: &Parts<'_>, config: Option<&UserConfig>) -> Result<Value, Error> {
    let plan = parts.plan;
    check_scripts(plan)?;
    let problems = config.map(|config| user_config::check(config, plan, &taken(parts))).unwrap_or_default();
    if !problems.is_empty() {
        return Err(Error::UserConfig(problems));
    }
    let empty = Mapping { entries: Vec::new() };
    let root = config.and_then(|config| config.root.as_mapping()).unwrap_or(&empty);
    let shown = |entry: &crate::yaml::Entry, indent| Section {
        name: entry.key.text.clone(),
        yaml: fragment(&entry.value, indent),
    };
    let section = |name: &str| user_config::entries(root, name).map(|entry| shown(entry, 4)).collect::<Vec<_>>();
    let ours = pipeline_parameters(plan);
    let united = ["orbs", "parameters"].into_iter().filter_map(|name| root.entry(name));
    let united = united.filter(|entry| ours.is_empty() || entry.key.text != "parameters");
    let parameters_section = (!ours.is_empty()).then(|| {
        let nodes = ours.iter().map(|(name, node)| format!("\n  {name}:{}", yaml::compact(node, 4)));
        let own = user_config::entries(root, "parameters");
        let own = own.map(|entry| format!("\n  {}:{}", yaml::scalar(&entry.key.text), yaml::node(&entry.value, 4)));
        Section { name: "parameters".into(), yaml: safe(nodes.chain(own).collect()) }
    });
    let is_joined = |entry: &&crate::yaml::Entry| plan.workflows.iter().any(|workflow| workflow.name == entry.key.text);
    let mut anchors = Anchors::default();
    let workflows = (0..plan.workflows.len()).map(|place| workflow(parts, (place, root), &mut anchors)).collect();
    let view = View {
        sections: user_config::rest(root)
            .chain(united)
            .map(|entry| shown(entry, 2))
            .chain(parameters_section)
            .collect(),
        workflows,
        user_workflows: user_config::entries(root, "workflows")
            .filter(|entry| !is_joined(entry))
            .map(|e| shown(e, 4))
            .collect(),
        jobs: jobs(&parts.definitions.all, &mut anchors),
        user_jobs: section("jobs"),
        commands: parts.commands.iter().map(command).collect(),
        user_commands: section("commands"),
        executors: parts
            .executors
            .all
            .iter()
            .map(|(name, node)| Section { name: name.clone(), yaml: compact(node, 4) })
            .collect(),
        user_executors: section("executors"),
    };
    Ok(Value::from(minijinja::value::Serde(&view)))
}

/// The names of ours that no hand-written part may have, by section.
fn taken<'p>(parts: &'p Parts<'_>) -> [(&'static str, BTreeSet<&'p str>); 4] {
    let jobs = parts.plan.jobs.iter().map(|job| job.name.as_str());
    let definitions = parts.definitions.all.iter().map(|definition| definition.name.as_str());
    [
        ("jobs", jobs.chain(definitions).collect()),
        ("commands", parts.commands.iter().map(|command| command.name).collect()),
        ("parameters", pipeline_parameters(parts.plan).into_iter().map(|(name, _)| name).collect()),
        ("executors", parts.executors.all.iter().map(|(name, _)| name.as_str()).collect()),
    ]
}

/// A backslash before `<<` looks like the escape of the `<<`.
fn check_scripts(plan: &Plan) -> Result<(), Error> {
    let of_jobs = plan.jobs.iter().flat_map(|job| {
        let (run, test) = match &job.work {
            Work::Build(Build { recipe: Recipe::Script(run), test, .. }) => (Some(run), test.as_ref()),
            Work::Build(Build { test, .. }) => (None, test.as_ref()),
            _ => (None, None),
        };
        job.setup.iter().chain(run).chain(test).map(|script| (format!("a script of the image `{}`", job.key), script))
    });
    let of_the_tool = match &plan.tool {
        Tool::Install(script) => Some(("`tool.install`".to_owned(), script)),
        Tool::Image(_) | Tool::Download(_) => None,
    };
    let of_logins = plan.registries.iter().filter_map(|registry| match &registry.password {
        Password::Script(script) => Some((format!("the login script of {}", registry.host), script)),
        Password::Variable(_) => None,
    });
    match of_jobs.chain(of_the_tool).chain(of_logins).find(|(_, script)| script.contains("\\<<")) {
        None => Ok(()),
        Some((whose, _)) => Err(Error::Unsupported {
            provider: "circleci",
            what: format!("`\\<<` in {whose}"),
            help: "write `'<'<` instead, which means the same to a shell".into(),
        }),
    }
}

/// The jobs; parameters that several have stand once.
fn jobs(definitions: &[Definition], anchors: &mut Anchors) -> Vec<JobView> {
    let written = |definition: &Definition| parameters(&definition.parameters).map(|node| yaml::compact(&node, 6));
    let all: Vec<Option<String>> = definitions.iter().map(written).collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    all.iter().flatten().for_each(|yaml| *counts.entry(yaml).or_default() += 1);
    let mut known: HashMap<&str, String> = HashMap::new();
    let mut parameters = |definition: &Definition, yaml: &'_ Option<String>| -> Option<Value> {
        let yaml = yaml.as_ref()?;
        if counts[yaml.as_str()] == 1 {
            return Some(safe(yaml.clone()));
        }
        let (key, _) = counts.get_key_value(yaml.as_str())?;
        if let Some(anchor) = known.get(key) {
            return Some(safe(format!(" *{anchor}")));
        }
        let anchor = anchors.name(&format!("{}-parameters", definition.name));
        let text = format!(" &{anchor}{yaml}");
        known.insert(key, anchor);
        Some(safe(text))
    };
    let view = |(definition, yaml): (&Definition, &Option<String>)| JobView {
        name: definition.name.clone(),
        parameters: parameters(definition, yaml),
        executor: definition.executor.clone(),
        steps: compact(&Node::list(definition.steps.iter().cloned()), 6),
    };
    definitions.iter().zip(&all).map(view).collect()
}

fn command(command: &Command) -> CommandView {
    CommandView {
        name: command.name,
        description: command.description,
        parameters: parameters(&command.parameters).map(|node| compact(&node, 6)),
        steps: compact(&command.steps(), 6),
    }
}
