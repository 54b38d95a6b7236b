//! A plan in CircleCI's vocabulary, ready to be laid out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use minijinja::Value;
use serde::Serialize;

use super::filters::{filters, schedule_branches};
use super::settings::{Executor, Settings};
use super::{literal, own, pipeline_value};
use crate::plan::{Build, Context, Datum, Job, JobId, Need, Plan, Recipe, Tool, Variable, Work, Workflow};
use crate::provider::scripts::{self, Command};
use crate::provider::{Error, Own, carried};
use crate::reference::{full_name, registry};
use crate::yaml::{Mapping, Node, write as yaml};

/// The longest line of words that is not folded.
const LINE: usize = 80;

/// What the template lays out; it refers to every field by its name.
#[derive(Serialize)]
struct View {
    sections: Vec<Section>,
    commands: Vec<Step>,
    own_commands: Vec<Section>,
    jobs: Vec<JobView>,
    own_jobs: Vec<Section>,
    workflows: Vec<WorkflowView>,
    own_workflows: Vec<Section>,
}

/// A key with YAML under it that is the user's.
#[derive(Serialize)]
struct Section {
    name: String,
    yaml: Value,
}

/// A generated command: one step.
#[derive(Serialize)]
struct Step {
    name: &'static str,
    title: &'static str,
    environment: Vec<Section>,
    script: Value,
}

#[derive(Serialize)]
struct JobView {
    name: String,
    parameters: Vec<String>,
    executor: Value,
    resource_class: Option<String>,
    environment: Value,
    steps: Value,
}

#[derive(Serialize)]
struct WorkflowView {
    name: String,
    cron: Option<String>,
    branches: Value,
    filters: Value,
    contexts: Option<Value>,
    jobs: Vec<Invocation>,
    own_jobs: Value,
}

#[derive(Serialize)]
struct Invocation {
    name: String,
    is_bare: bool,
    parameters: Vec<Section>,
    requires: Option<Value>,
}

/// The view of a plan.
pub(super) fn view(plan: &Plan, own: Option<&Own>) -> Result<Value, Error> {
    let names: Vec<&str> = scripts::CIRCLECI.iter().map(|command| command.name).collect();
    let problems = own.map(|own| own::check(own, plan, &names)).unwrap_or_default();
    if !problems.is_empty() {
        return Err(Error::Own(problems));
    }
    check_scripts(plan)?;
    let empty = Mapping { entries: Vec::new() };
    let root = own.and_then(|own| own.root.as_mapping()).unwrap_or(&empty);
    let shown = |entry: &crate::yaml::Entry, indent| Section {
        name: entry.key.text.clone(),
        yaml: fragment(&entry.value, indent),
    };
    let section = |name: &str| own::entries(root, name).map(|entry| shown(entry, 4)).collect::<Vec<_>>();
    let united = ["orbs", "parameters", "executors"].into_iter().filter_map(|name| root.entry(name));
    let is_joined = |entry: &&crate::yaml::Entry| plan.workflows.iter().any(|workflow| workflow.name == entry.key.text);
    let runs = Runs::of(plan);
    for (job, environment) in plan.jobs.iter().zip(&runs.environments) {
        carried(&super::CircleCi, job, environment)?;
    }
    let mut used: Vec<&str> = Vec::new();
    let jobs = plan.ids().map(|id| job(plan, id, &runs, &mut used)).collect();
    let view = View {
        sections: own::rest(root).chain(united).map(|entry| shown(entry, 2)).collect(),
        commands: scripts::CIRCLECI.iter().filter(|c| used.contains(&c.name)).map(|c| step(plan, c)).collect(),
        own_commands: section("commands"),
        jobs,
        own_jobs: section("jobs"),
        workflows: (0..plan.workflows.len()).map(|place| workflow(plan, place, root, &runs)).collect(),
        own_workflows: own::entries(root, "workflows")
            .filter(|entry| !is_joined(entry))
            .map(|entry| shown(entry, 4))
            .collect(),
    };
    Ok(Value::from(minijinja::value::Serde(&view)))
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

/// What is needed of every job and workflow more than once.
struct Runs<'p> {
    settings: Settings<'p>,
    /// What jobs run in: builds, and all others.
    executors: [Value; 2],
    /// For every job, the workflows that run it.
    workflows: Vec<Vec<usize>>,
    /// For every job, its environment.
    environments: Vec<Vec<Variable>>,
    /// For every workflow, its tags.
    tags: Vec<String>,
    /// For every workflow, its vars.
    vars: Vec<BTreeMap<String, String>>,
}

impl<'p> Runs<'p> {
    fn of(plan: &'p Plan) -> Self {
        let settings = Settings::of(plan);
        let vars =
            |workflow: &Workflow| workflow.vars.keys().map(|name| (name.clone(), workflow.var_word(name))).collect();
        Self {
            executors: [true, false].map(|is_build| lines(&executor(plan, &settings, is_build), 4)),
            settings,
            workflows: plan.runs(),
            environments: plan.jobs.iter().map(|job| plan.environment(job)).collect(),
            tags: plan.workflows.iter().map(Workflow::tag_words).collect(),
            vars: plan.workflows.iter().map(vars).collect(),
        }
    }

    fn var(&self, workflow: usize, name: &str) -> &str {
        self.vars[workflow].get(name).map_or("", String::as_str)
    }

    /// What is the same in every workflow that runs the job, else `None`.
    fn same<'r>(&'r self, id: JobId, value: impl Fn(usize) -> &'r str) -> Option<&'r str> {
        let mut values = self.workflows[id.place()].iter().map(|index| value(*index));
        let first = values.next()?;
        values.all(|other| other == first).then_some(first)
    }

    fn same_tags(&self, id: JobId) -> Option<&str> {
        self.same(id, |workflow| &self.tags[workflow])
    }

    fn same_var<'r>(&'r self, id: JobId, name: &str) -> Option<&'r str> {
        self.same(id, |workflow| self.var(workflow, name))
    }
}

fn step(plan: &Plan, command: &Command) -> Step {
    // Every job says the same of them; builds run no splitbuild, and so say less.
    let job = plan.jobs.iter().find(|job| !matches!(job.work, Work::Build(_))).or(plan.jobs.first());
    let shared = job.map(|job| plan.shared_environment(job)).unwrap_or_default();
    let mut environment = Vec::new();
    for variable in shared.into_iter().filter(|variable| command.variables.contains(&variable.name)) {
        if let Datum::Text(text) = variable.datum {
            environment
                .push(Section { name: variable.name.to_owned(), yaml: safe(text_fragment(&literal(&text), 14)) });
        }
    }
    let script = yaml::block(&command.script(), 12).unwrap_or_else(|| yaml::scalar(&command.script()));
    Step { name: command.name, title: command.title, environment, script: Value::from_safe_string(script) }
}

fn job(plan: &Plan, id: JobId, runs: &Runs, used: &mut Vec<&'static str>) -> JobView {
    let job = plan.job(id);
    let mut parameters = Vec::new();
    let mut parameter = |name: String| {
        let reference = format!("<< parameters.{name} >>");
        parameters.push(name);
        reference
    };
    let mut environment = String::new();
    for variable in &runs.environments[id.place()] {
        let yaml = match &variable.datum {
            Datum::Text(text) => text_fragment(&literal(text), 8),
            Datum::Words(words) => words_fragment(words),
            Datum::Tags => match runs.same_tags(id) {
                Some(words) => text_fragment(words, 8),
                None => text_fragment(&parameter("tags".into()), 8),
            },
            Datum::Vars(names) => {
                let word = |name: &String| match runs.same_var(id, name) {
                    Some(word) => format!("{name}={word}"),
                    None => format!("{name}={}", parameter(format!("var_{name}"))),
                };
                words_fragment(&names.iter().map(word).collect::<Vec<_>>())
            }
            Datum::Run(name) => text_fragment(pipeline_value(*name), 8),
        };
        let _ = write!(environment, "\n      {}:{yaml}", variable.name);
    }
    JobView {
        name: job.name.clone(),
        parameters,
        executor: runs.executors[usize::from(!matches!(job.work, Work::Build(_)))].clone(),
        resource_class: job.runner.first().map(|class| literal(class).into_owned()),
        environment: Value::from_safe_string(environment),
        steps: fragment(&Node::list(steps(plan, &runs.settings, job, used)), 6),
    }
}

/// Build jobs run in the executor; the others in the tool's image, if there is one.
fn executor(plan: &Plan, settings: &Settings, is_build: bool) -> Node {
    let image = match (is_build, &plan.tool, settings.executor) {
        (true, _, Executor::Docker(image)) | (_, Tool::Install(_), Executor::Docker(image)) => image,
        (true, _, Executor::Machine(image)) | (_, Tool::Install(_), Executor::Machine(image)) => {
            return Node::map([("machine", Node::map([("image", Node::text(&literal(image)))]))]);
        }
        (_, Tool::Image(image), _) => image.as_str(),
    };
    let mut container = vec![("image", Node::text(&literal(image)))];
    let host = registry(&full_name(image)).to_owned();
    if let Some(login) = plan.registries.iter().find(|login| login.host == host) {
        // Here, and only here, CircleCI fills environment variables in
        // (https://circleci.com/docs/guides/execution-managed/private-images/).
        let username = match (login.username.as_name(), login.username.as_literal()) {
            (Some(name), _) => format!("${name}"),
            (None, text) => literal(text.unwrap_or_default()).into_owned(),
        };
        let auth = [("username", Node::text(&username)), ("password", Node::text(&format!("${}", login.password)))];
        container.push(("auth", Node::map(auth)));
    }
    Node::map([("docker", Node::list([Node::map(container)]))])
}

fn steps(plan: &Plan, settings: &Settings, job: &Job, used: &mut Vec<&'static str>) -> Vec<Node> {
    let mut steps = Vec::new();
    let mut command = |command: &Command| {
        used.push(command.name);
        Node::text(command.name)
    };
    let attach = |at: &str| Node::map([("attach_workspace", Node::map([("at", Node::text(at))]))]);
    let persist = |root: &str, path: &str| {
        Node::map([(
            "persist_to_workspace",
            Node::map([("root", Node::text(root)), ("paths", Node::list([Node::text(path)]))]),
        )])
    };
    let logs_in = !plan.registries.is_empty();
    let is_container = matches!(settings.executor, Executor::Docker(_));
    match &job.work {
        Work::Build(build) => {
            steps.extend(settings.pre_steps.iter().cloned());
            steps.push(Node::text("checkout"));
            if is_container {
                steps.push(Node::text("setup_remote_docker"));
            }
            if job.needs.iter().any(|need| matches!(need, Need::Foreign(_))) {
                // What hand-written jobs have kept for this one.
                steps.push(attach("."));
            } else if job.has_parents(plan) {
                // Apart, so that nothing but what is asked for gets between the project's own files.
                steps.push(attach(".splitbuild/parents"));
            }
            if matches!(build.context, Context::Git { .. }) {
                steps.push(command(&scripts::CLONE));
            }
            steps.extend(logs_in.then(|| command(&scripts::LOGIN)));
            steps.push(command(&scripts::BUILD));
            steps.push(persist(".", &format!(".splitbuild/{}", job.handed_on())));
            steps.extend(settings.post_steps.iter().cloned());
        }
        Work::Manifest(_) => {
            steps.push(attach("."));
            steps.extend(logs_in.then(|| command(&scripts::LOGIN)));
            steps.push(command(&scripts::MANIFEST));
            steps.push(persist(".", &format!(".splitbuild/{}", job.handed_on())));
        }
        Work::Copy(_) => {
            steps.extend(job.setup.is_some().then(|| Node::text("checkout")));
            steps.extend(logs_in.then(|| command(&scripts::LOGIN)));
            steps.push(command(&scripts::COPY));
            steps.push(persist(".", &format!(".splitbuild/{}", job.handed_on())));
        }
        Work::Export(_) => {
            steps.push(attach("."));
            steps.extend(logs_in.then(|| command(&scripts::LOGIN)));
            steps.push(command(&scripts::EXPORT));
            steps.push(persist(".splitbuild/export", "."));
        }
    }
    steps
}

fn workflow(plan: &Plan, place: usize, root: &Mapping, runs: &Runs) -> WorkflowView {
    let workflow = &plan.workflows[place];
    let filters = filters(&workflow.trigger);
    let contexts: Vec<_> = runs.settings.contexts.iter().map(|context| literal(context)).collect();
    let contexts = list(contexts.iter().map(AsRef::as_ref), 12);
    let invocation = |id: &JobId| {
        let job = plan.job(*id);
        let mut parameters = Vec::new();
        for variable in &runs.environments[id.place()] {
            match &variable.datum {
                Datum::Tags if runs.same_tags(*id).is_none() => {
                    parameters.push(Section { name: "tags".into(), yaml: safe(text_fragment(&runs.tags[place], 12)) });
                }
                Datum::Vars(names) => {
                    for name in names.iter().filter(|name| runs.same_var(*id, name).is_none()) {
                        let yaml = safe(text_fragment(runs.var(place, name), 12));
                        parameters.push(Section { name: format!("var_{name}"), yaml });
                    }
                }
                _ => {}
            }
        }
        let requires = list(job.needs.iter().map(|need| plan.need_name(need)), 12);
        let is_bare = parameters.is_empty() && requires.is_none() && contexts.is_none() && filters.is_none();
        Invocation { name: job.name.clone(), is_bare, parameters, requires }
    };
    WorkflowView {
        name: workflow.name.clone(),
        cron: workflow.trigger.schedule.clone(),
        branches: fragment(&schedule_branches(&workflow.trigger), 14),
        filters: filters.as_ref().map_or_else(|| Value::from_safe_string(String::new()), |node| fragment(node, 12)),
        jobs: workflow.jobs.iter().map(invocation).collect(),
        own_jobs: lines(&Node::list(own::joining(root, workflow)), 6),
        contexts,
    }
}

/// YAML that the template takes as it is.
fn safe(yaml: String) -> Value {
    Value::from_safe_string(yaml)
}

/// A tree as YAML that follows a key or a dash.
fn fragment(node: &Node, indent: usize) -> Value {
    Value::from_safe_string(yaml::node(node, indent))
}

/// A list of texts that follows a key; nothing if it is empty.
fn list<'t>(texts: impl Iterator<Item = &'t str>, indent: usize) -> Option<Value> {
    let lines: String = texts.map(|text| format!("\n{:indent$}- {}", "", yaml::scalar(text))).collect();
    (!lines.is_empty()).then(|| Value::from_safe_string(lines))
}

/// A list or a map as lines of their own; nothing if it is empty.
fn lines(node: &Node, indent: usize) -> Value {
    let text = yaml::node(node, indent);
    Value::from_safe_string(text.strip_prefix('\n').unwrap_or_default().to_owned())
}

/// Text as YAML that follows a key: on its line, or as a block with this indentation if it has lines.
fn text_fragment(text: &str, indent: usize) -> String {
    let block = if text.contains('\n') { yaml::block(text, indent) } else { None };
    format!(" {}", block.unwrap_or_else(|| yaml::scalar(text)))
}

/// Words with a space between them, one a line if they are many: YAML folds the lines into one.
fn words_fragment(words: &[String]) -> String {
    let line = words.join(" ");
    // A block takes its lines as they are, so nothing in it may be what YAML does not print.
    let is_printed = line.chars().all(|c| (' '..='~').contains(&c));
    if words.len() < 2 || line.len() <= LINE || !is_printed {
        return text_fragment(&line, 8);
    }
    format!(" >-\n        {}", words.join("\n        "))
}
