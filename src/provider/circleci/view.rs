//! A plan in CircleCI's vocabulary, ready to be laid out.

use std::collections::{BTreeSet, HashMap, HashSet};

use minijinja::Value;
use serde::Serialize;

use super::commands::{self, Command, Needs};
use super::definition::{Definer, Definition, Definitions, MACHINE, PUBLISH, told};
use super::executor::Executors;
use super::filters::{filters, schedule_branches};
use super::script::parameter_of;
use super::{literal, own};
use crate::plan::{Build, JobId, Plan, Recipe, Tool, Work};
use crate::provider::{Error, Own};
use crate::yaml::{Mapping, Node, Style, write as yaml};

/// The longest line that a list in brackets may make.
const LINE: usize = 100;

/// What the template lays out; it refers to every field by its name.
#[derive(Serialize)]
struct View {
    sections: Vec<Section>,
    workflows: Vec<WorkflowView>,
    own_workflows: Vec<Section>,
    jobs: Vec<JobView>,
    own_jobs: Vec<Section>,
    commands: Vec<CommandView>,
    own_commands: Vec<Section>,
    executors: Vec<Section>,
    own_executors: Vec<Section>,
}

/// A key with YAML under it.
#[derive(Serialize)]
struct Section {
    name: String,
    yaml: Value,
}

#[derive(Serialize)]
struct WorkflowView {
    name: String,
    cron: Option<String>,
    branches: Value,
    jobs: Vec<Invocation>,
    own_jobs: Value,
}

/// A job as a workflow calls it.
#[derive(Serialize)]
struct Invocation {
    definition: String,
    /// The name by which the next one repeats it, if one does.
    anchor: Value,
    /// What it repeats.
    merge: Option<Value>,
    parameters: Vec<Section>,
    requires: Option<Value>,
    context: Option<Value>,
    filters: Option<Value>,
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

/// The view of a plan.
pub(super) fn view(plan: &Plan, own: Option<&Own>) -> Result<Value, Error> {
    check_scripts(plan)?;
    let parts = Parts::of(plan);
    let names = Names::of(&parts);
    let problems = own.map(|own| own::check(own, plan, &names.taken())).unwrap_or_default();
    if !problems.is_empty() {
        return Err(Error::Own(problems));
    }
    let empty = Mapping { entries: Vec::new() };
    let root = own.and_then(|own| own.root.as_mapping()).unwrap_or(&empty);
    let shown = |entry: &crate::yaml::Entry, indent| Section {
        name: entry.key.text.clone(),
        yaml: fragment(&entry.value, indent),
    };
    let section = |name: &str| own::entries(root, name).map(|entry| shown(entry, 4)).collect::<Vec<_>>();
    let united = ["orbs", "parameters"].into_iter().filter_map(|name| root.entry(name));
    let is_joined = |entry: &&crate::yaml::Entry| plan.workflows.iter().any(|workflow| workflow.name == entry.key.text);
    let mut anchors = Anchors::default();
    let workflows = (0..plan.workflows.len()).map(|place| workflow(&parts, (place, root), &mut anchors)).collect();
    let view = View {
        sections: own::rest(root).chain(united).map(|entry| shown(entry, 2)).collect(),
        workflows,
        own_workflows: own::entries(root, "workflows").filter(|entry| !is_joined(entry)).map(|e| shown(e, 4)).collect(),
        jobs: jobs(&parts.definitions.all, &mut anchors),
        own_jobs: section("jobs"),
        commands: parts.commands.iter().map(command).collect(),
        own_commands: section("commands"),
        executors: parts
            .executors
            .all
            .iter()
            .map(|(name, node)| Section { name: name.clone(), yaml: compact(node, 4) })
            .collect(),
        own_executors: section("executors"),
    };
    Ok(Value::from(minijinja::value::Serde(&view)))
}

/// Everything that a plan becomes, before it is laid out.
pub(super) struct Parts<'p> {
    pub(super) plan: &'p Plan,
    pub(super) runs: Vec<Vec<usize>>,
    pub(super) needs: Needs,
    pub(super) executors: Executors,
    pub(super) definitions: Definitions,
    pub(super) commands: Vec<Command>,
}

impl<'p> Parts<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let runs = plan.runs();
        let executors = Executors::of_plan(plan);
        let values: Vec<_> = plan
            .ids()
            .map(|id| crate::provider::script::Values {
                plan,
                job: plan.job(id),
                runs: &runs[id.place()],
                dialect: &super::DIALECT,
            })
            .collect();
        let needs = Needs::of(plan, &values);
        let definitions = Definer { plan, runs: &runs, needs: &needs, executors: &executors }.define();
        let called = called(&definitions);
        let has_names = definitions.all.iter().flat_map(|definition| &definition.steps).any(|step| {
            let parameters = step.as_mapping().and_then(|map| map.entries.first()).and_then(|e| e.value.as_mapping());
            parameters.is_some_and(|map| map.get("names").is_some())
        });
        let wanted = commands::NAMES.iter().filter(|name| called.contains(*name));
        let commands = wanted.filter_map(|name| commands::command(name, (plan, &needs), has_names)).collect();
        Self { plan, runs, needs, executors, definitions, commands }
    }

    pub(super) fn definer(&self) -> Definer<'_> {
        Definer { plan: self.plan, runs: &self.runs, needs: &self.needs, executors: &self.executors }
    }
}

/// The names of all steps.
fn called(definitions: &Definitions) -> HashSet<&str> {
    let steps = definitions.all.iter().flat_map(|definition| &definition.steps);
    let names = steps.filter_map(|step| match step.as_mapping() {
        Some(map) => map.entries.first().map(|entry| entry.key.text.as_str()),
        None => step.as_str(),
    });
    names.collect()
}

/// The names of ours that no hand-written part may have, by section.
struct Names<'p> {
    jobs: BTreeSet<&'p str>,
    commands: BTreeSet<&'p str>,
    executors: BTreeSet<&'p str>,
}

impl<'p> Names<'p> {
    fn of(parts: &'p Parts<'_>) -> Self {
        let jobs = parts.plan.jobs.iter().map(|job| job.name.as_str());
        let definitions = parts.definitions.all.iter().map(|definition| definition.name.as_str());
        Self {
            jobs: jobs.chain(definitions).collect(),
            commands: parts.commands.iter().map(|command| command.name).collect(),
            executors: parts.executors.all.iter().map(|(name, _)| name.as_str()).collect(),
        }
    }

    fn taken(&self) -> [(&'static str, &BTreeSet<&'p str>); 3] {
        [("jobs", &self.jobs), ("commands", &self.commands), ("executors", &self.executors)]
    }
}

/// A backslash before `<<` cannot be told from the escape of the `<<`.
fn check_scripts(plan: &Plan) -> Result<(), Error> {
    let of_jobs = plan.jobs.iter().flat_map(|job| {
        let run = match &job.work {
            Work::Build(Build { recipe: Recipe::Script(script), .. }) => Some(script),
            _ => None,
        };
        job.setup.iter().chain(run).map(|script| (format!("a script of the image `{}`", job.key), script))
    });
    let of_the_tool = match &plan.tool {
        Tool::Install(script) => Some(("`tool.install`".to_owned(), script)),
        Tool::Image(_) => None,
    };
    match of_jobs.chain(of_the_tool).find(|(_, script)| script.contains("\\<<")) {
        None => Ok(()),
        Some((whose, _)) => Err(Error::Unsupported {
            provider: "circleci",
            what: format!("`\\<<` in {whose}"),
            help: "write `'<'<` instead, which means the same to a shell".into(),
        }),
    }
}

/// Names for YAML's own references, each once.
#[derive(Default)]
struct Anchors {
    taken: HashSet<String>,
    /// Whether the contexts have one.
    contexts: bool,
}

impl Anchors {
    fn name(&mut self, wanted: &str) -> String {
        let word = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
        let first: String = wanted.chars().map(word).collect();
        let mut name = first.clone();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{first}-{number}");
            number += 1;
        }
        name
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

/// The parameters of a job or a command, if it has any.
pub(super) fn parameters<N: AsRef<str>>(parameters: &[(N, Option<String>)]) -> Option<Node> {
    let node = |(name, default): &(N, Option<String>)| {
        let kind = if name.as_ref() == MACHINE { "executor" } else { "string" };
        let mut map = vec![("type", Node::text(kind))];
        map.extend(default.as_ref().map(|default| ("default", Node::text(default))));
        (name.as_ref().to_owned(), Node::map(map))
    };
    let nodes: Vec<(String, Node)> = parameters.iter().map(node).collect();
    (!nodes.is_empty()).then(|| Node::map(nodes.iter().map(|(name, node)| (name.as_str(), node.clone()))))
}

/// The steps of a command.
pub(super) fn steps(command: &Command) -> Vec<Node> {
    let script = Node::scalar(&command.script, Style::Literal);
    let run = Node::map([("name", Node::text(command.title)), ("command", script)]);
    let mut steps = vec![Node::map([("run", run)])];
    steps.extend(command.keeps.map(|path| super::definition::keep(".", path)));
    steps
}

fn command(command: &Command) -> CommandView {
    CommandView {
        name: command.name,
        description: command.description,
        parameters: parameters(&command.parameters).map(|node| compact(&node, 6)),
        steps: compact(&Node::list(steps(command)), 6),
    }
}

fn workflow(parts: &Parts<'_>, (place, root): (usize, &Mapping), anchors: &mut Anchors) -> WorkflowView {
    let plan = parts.plan;
    let workflow = &plan.workflows[place];
    let filter = filters(&workflow.trigger);
    let mut filter_anchor: Option<String> = None;
    // The first call of each shared definition, which the others repeat.
    let mut first: HashMap<usize, (String, JobId)> = HashMap::new();
    let mut jobs = Vec::new();
    for id in &workflow.jobs {
        let definition = parts.definitions.of(*id);
        let place_of = parts.definitions.of_job[id.place()];
        let mut parameters = call(parts, place, *id);
        let requires = requires(plan, *id);
        if let Some((anchor, other)) = first.get(&place_of).filter(|_| definition.name != PUBLISH) {
            let same = requires_of(plan, *other) == requires_of(plan, *id);
            parameters.retain(|section| section.name == "name" || section.name == MACHINE);
            jobs.push(Invocation {
                definition: definition.name.clone(),
                anchor: safe(String::new()),
                merge: Some(safe(anchor.clone())),
                parameters,
                requires: requires.filter(|_| !same),
                context: None,
                filters: None,
            });
            continue;
        }
        let mut anchor = safe(String::new());
        if definition.name != PUBLISH && definition.parameters.iter().any(|(name, _)| name == MACHINE) {
            let name = anchors.name(&format!("{}-{}", plan.job(*id).key, workflow.name));
            first.insert(place_of, (name.clone(), *id));
            anchor = safe(format!(" &{name}"));
        }
        let filters = filter.as_ref().map(|node| match &filter_anchor {
            Some(name) => safe(format!(" *{name}")),
            None => {
                let name = anchors.name(&workflow.name);
                let text = format!(" &{name}{}", yaml::compact(node, 12));
                filter_anchor = Some(name);
                safe(text)
            }
        });
        let context = (!plan.circleci.contexts.is_empty()).then(|| context(plan, anchors));
        jobs.push(Invocation {
            definition: definition.name.clone(),
            anchor,
            merge: None,
            parameters,
            requires,
            context,
            filters,
        });
    }
    WorkflowView {
        name: workflow.name.clone(),
        cron: workflow.trigger.schedule.clone(),
        branches: compact(&schedule_branches(&workflow.trigger), 14),
        jobs,
        own_jobs: lines(&Node::list(own::joining(root, workflow)), 6),
    }
}

fn context(plan: &Plan, anchors: &mut Anchors) -> Value {
    if std::mem::replace(&mut anchors.contexts, true) {
        return safe(" *contexts".into());
    }
    anchors.taken.insert("contexts".into());
    let contexts: Vec<String> = plan.circleci.contexts.iter().map(|context| literal(context).into_owned()).collect();
    safe(format!(" &contexts{}", yaml::list(&contexts, 12, LINE - 30)))
}

/// What a workflow calls a job with, but for what it waits for.
fn call(parts: &Parts<'_>, workflow: usize, id: JobId) -> Vec<Section> {
    let called = called_with(parts, workflow, id);
    let section = |(name, value): (String, String)| Section { name, yaml: safe(text_fragment(&value, 12)) };
    called.into_iter().map(section).collect()
}

/// The name, if it is not that of the definition, and the parameters.
pub(super) fn called_with(parts: &Parts<'_>, place: usize, id: JobId) -> Vec<(String, String)> {
    let (plan, definition) = (parts.plan, parts.definitions.of(id));
    let (job, workflow) = (plan.job(id), &plan.workflows[place]);
    let values = parts.definer().values(id);
    let here = crate::provider::script::Values { runs: std::slice::from_ref(&place), ..values };
    let mut called = Vec::new();
    if definition.name != job.name {
        called.push(("name".to_owned(), job.name.clone()));
    }
    for (name, default) in &definition.parameters {
        let value = match (name.as_str(), &job.work) {
            (MACHINE, _) => parts.executors.of(id).to_owned(),
            ("key", Work::Manifest(_)) => job.key.clone(),
            ("platforms", Work::Manifest(manifest)) => told(manifest).0,
            ("arches", Work::Manifest(manifest)) => told(manifest).1,
            ("fixed", Work::Manifest(_)) => here.tags(&here.fixed(&workflow.tags)),
            ("tags", _) => here.tags(&workflow.tags),
            (name, _) => {
                let var = workflow.vars.iter().find(|(var, _)| parameter_of(var) == name);
                var.map(|(_, value)| here.word(value)).unwrap_or_default()
            }
        };
        if default.as_ref() != Some(&value) {
            called.push((name.clone(), value));
        }
    }
    called
}

fn requires_of(plan: &Plan, id: JobId) -> Vec<&str> {
    plan.job(id).needs.iter().map(|need| plan.need_name(need)).collect()
}

fn requires(plan: &Plan, id: JobId) -> Option<Value> {
    let names = requires_of(plan, id);
    (!names.is_empty()).then(|| safe(yaml::list(&names, 12, LINE - 20)))
}

/// YAML that the template takes as it is.
fn safe(yaml: String) -> Value {
    Value::from_safe_string(yaml)
}

/// A tree of the user's as YAML that follows a key or a dash.
fn fragment(node: &Node, indent: usize) -> Value {
    safe(yaml::node(node, indent))
}

/// A tree of ours.
fn compact(node: &Node, indent: usize) -> Value {
    safe(yaml::compact(node, indent))
}

/// A list or a map as lines of their own; nothing if it is empty.
fn lines(node: &Node, indent: usize) -> Value {
    let text = yaml::node(node, indent);
    safe(text.strip_prefix('\n').unwrap_or_default().to_owned())
}

/// Text as YAML that follows a key: on its line, or as a block with this indentation if it has lines.
fn text_fragment(text: &str, indent: usize) -> String {
    let block = if text.contains('\n') { yaml::block(text, indent) } else { None };
    format!(" {}", block.unwrap_or_else(|| yaml::scalar(text)))
}
