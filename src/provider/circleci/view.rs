//! A plan in CircleCI's vocabulary, ready to be laid out.

use minijinja::Value;
use serde::Serialize;

use super::filters::{filters, schedule_branches};
use super::scripts::{self, Command};
use super::{literal, own, pipeline_value};
use crate::plan::{Build, Context, Datum, Executor, Job, JobId, Need, Plan, Recipe, Tool, Work, Workflow};
use crate::provider::{Error, Own};
use crate::reference::{full_name, registry};
use crate::yaml::{Mapping, Node, write};

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
    environment: Vec<Section>,
    steps: Value,
}

#[derive(Serialize)]
struct WorkflowView {
    name: String,
    cron: Option<String>,
    branches: Value,
    filters: Value,
    contexts: Vec<String>,
    jobs: Vec<Invocation>,
    own_jobs: Value,
}

#[derive(Serialize)]
struct Invocation {
    name: String,
    is_bare: bool,
    parameters: Vec<Section>,
    requires: Vec<String>,
}

/// The view of a plan.
pub(super) fn view(plan: &Plan, own: Option<&Own>) -> Result<Value, Error> {
    let names: Vec<&str> = scripts::ALL.iter().map(|command| command.name).collect();
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
    let mut used: Vec<&str> = Vec::new();
    let jobs = plan.ids().map(|id| job(plan, id, &runs, &mut used)).collect();
    let view = View {
        sections: own::rest(root).chain(united).map(|entry| shown(entry, 2)).collect(),
        commands: scripts::ALL.iter().filter(|c| used.contains(&c.name)).map(|c| step(plan, c)).collect(),
        own_commands: section("commands"),
        jobs,
        own_jobs: section("jobs"),
        workflows: plan.workflows.iter().map(|w| workflow(plan, w, root, &runs)).collect(),
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

/// For every job, the workflows that run it.
struct Runs(Vec<Vec<usize>>);

impl Runs {
    fn of(plan: &Plan) -> Self {
        let mut runs = vec![Vec::new(); plan.jobs.len()];
        for (index, workflow) in plan.workflows.iter().enumerate() {
            workflow.jobs.iter().for_each(|id| runs[id.place()].push(index));
        }
        Self(runs)
    }

    /// What is the same in every workflow that runs the job, else `None`.
    fn same(&self, plan: &Plan, id: JobId, value: impl Fn(&Workflow) -> String) -> Option<String> {
        let mut values = self.0[id.place()].iter().map(|index| value(&plan.workflows[*index]));
        let first = values.next()?;
        values.all(|other| other == first).then_some(first)
    }
}

fn step(plan: &Plan, command: &Command) -> Step {
    // Every job says the same of them, so the first that needs them all does.
    let shared = plan.jobs.iter().map(|job| plan.shared_environment(job)).max_by_key(Vec::len).unwrap_or_default();
    let mut environment = Vec::new();
    for variable in shared.into_iter().filter(|variable| command.variables.contains(&variable.name)) {
        if let Datum::Text(text) = variable.datum {
            environment.push(Section { name: variable.name.to_owned(), yaml: text_fragment(&literal(&text), 14) });
        }
    }
    let script = write::block(&command.script(), 12).unwrap_or_else(|| write::scalar(&command.script()));
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
    let mut environment = Vec::new();
    for variable in plan.environment(job) {
        let yaml = match variable.datum {
            Datum::Text(text) => text_fragment(&literal(&text), 8),
            Datum::Words(words) => words_fragment(&words),
            Datum::Tags => match runs.same(plan, id, Workflow::tag_words) {
                Some(words) => text_fragment(&words, 8),
                None => text_fragment(&parameter("tags".into()), 8),
            },
            Datum::Vars(names) => {
                let word = |name: &String| match runs.same(plan, id, |workflow| workflow.var_word(name)) {
                    Some(word) => format!("{name}={word}"),
                    None => format!("{name}={}", parameter(format!("var_{name}"))),
                };
                words_fragment(&names.iter().map(word).collect::<Vec<_>>())
            }
            Datum::Run(name) => text_fragment(pipeline_value(name), 8),
        };
        environment.push(Section { name: variable.name.to_owned(), yaml });
    }
    JobView {
        name: job.name.clone(),
        parameters,
        executor: lines(&executor(plan, job), 4),
        resource_class: job.runner.circleci.as_deref().map(literal),
        environment,
        steps: fragment(&Node::list(steps(plan, job, used)), 6),
    }
}

/// Build jobs run in the executor; the others in the tool's image, if there is one.
fn executor(plan: &Plan, job: &Job) -> Node {
    let image = match (&job.work, &plan.tool, &plan.circleci.executor) {
        (Work::Build(_), _, Executor::Docker(image)) | (_, Tool::Install(_), Executor::Docker(image)) => image,
        (Work::Build(_), _, Executor::Machine(image)) | (_, Tool::Install(_), Executor::Machine(image)) => {
            return Node::map([("machine", Node::map([("image", Node::text(&literal(image)))]))]);
        }
        (_, Tool::Image(image), _) => image,
    };
    let mut container = vec![("image", Node::text(&literal(image)))];
    let host = registry(&full_name(image)).to_owned();
    if let Some(login) = plan.registries.iter().find(|login| login.host == host) {
        // Here, and only here, CircleCI fills environment variables in
        // (https://circleci.com/docs/guides/execution-managed/private-images/).
        let username = match (login.username.as_name(), login.username.as_literal()) {
            (Some(name), _) => format!("${name}"),
            (None, text) => literal(text.unwrap_or_default()),
        };
        let auth = [("username", Node::text(&username)), ("password", Node::text(&format!("${}", login.password)))];
        container.push(("auth", Node::map(auth)));
    }
    Node::map([("docker", Node::list([Node::map(container)]))])
}

fn steps(plan: &Plan, job: &Job, used: &mut Vec<&'static str>) -> Vec<Node> {
    let mut steps = Vec::new();
    let mut command = |command: &Command| {
        used.push(command.name);
        Node::text(command.name)
    };
    let attach = || Node::map([("attach_workspace", Node::map([("at", Node::text("."))]))]);
    let persist = |root: &str, path: &str| {
        Node::map([(
            "persist_to_workspace",
            Node::map([("root", Node::text(root)), ("paths", Node::list([Node::text(path)]))]),
        )])
    };
    let logs_in = !plan.registries.is_empty();
    let is_container = matches!(plan.circleci.executor, Executor::Docker(_));
    match &job.work {
        Work::Build(build) => {
            steps.extend(plan.circleci.pre_steps.iter().cloned());
            steps.push(Node::text("checkout"));
            if is_container {
                steps.push(Node::text("setup_remote_docker"));
            }
            // What hand-written jobs have kept for this one.
            steps.extend(job.needs.iter().any(|need| matches!(need, Need::Foreign(_))).then(attach));
            if matches!(build.context, Context::Git { .. }) {
                steps.push(command(&scripts::CLONE));
            }
            steps.extend(logs_in.then(|| command(&scripts::LOGIN)));
            steps.push(command(&scripts::BUILD));
            steps.push(persist(".", &format!(".splitbuild/{}-{}.json", job.key, build.arch)));
            steps.extend(plan.circleci.post_steps.iter().cloned());
        }
        Work::Manifest(_) => {
            steps.push(attach());
            steps.extend(logs_in.then(|| command(&scripts::LOGIN)));
            steps.push(command(&scripts::MANIFEST));
            steps.push(persist(".", &format!(".splitbuild/{}-manifest.txt", job.key)));
        }
        Work::Copy(_) => {
            steps.extend(job.setup.is_some().then(|| Node::text("checkout")));
            steps.extend(logs_in.then(|| command(&scripts::LOGIN)));
            steps.push(command(&scripts::COPY));
            steps.push(persist(".", &format!(".splitbuild/{}-manifest.txt", job.key)));
        }
        Work::Export(_) => {
            steps.push(attach());
            steps.extend(logs_in.then(|| command(&scripts::LOGIN)));
            steps.push(command(&scripts::EXPORT));
            steps.push(persist(".splitbuild/export", "."));
        }
    }
    steps
}

fn workflow(plan: &Plan, workflow: &Workflow, root: &Mapping, runs: &Runs) -> WorkflowView {
    let filters = filters(&workflow.trigger);
    let contexts: Vec<String> = plan.circleci.contexts.iter().map(|context| literal(context)).collect();
    let invocation = |id: &JobId| {
        let job = plan.job(*id);
        let mut parameters = Vec::new();
        for variable in plan.environment(job) {
            match variable.datum {
                Datum::Tags if runs.same(plan, *id, Workflow::tag_words).is_none() => {
                    parameters.push(Section { name: "tags".into(), yaml: text_fragment(&workflow.tag_words(), 12) });
                }
                Datum::Vars(names) => {
                    for name in names.iter().filter(|name| runs.same(plan, *id, |w| w.var_word(name)).is_none()) {
                        let yaml = text_fragment(&workflow.var_word(name), 12);
                        parameters.push(Section { name: format!("var_{name}"), yaml });
                    }
                }
                _ => {}
            }
        }
        let requires: Vec<String> = job.needs.iter().map(|need| plan.need_name(need).to_owned()).collect();
        let is_bare = parameters.is_empty() && requires.is_empty() && contexts.is_empty() && filters.is_none();
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

/// A tree as YAML that follows a key or a dash.
fn fragment(node: &Node, indent: usize) -> Value {
    Value::from_safe_string(write::node(node, indent))
}

/// A list or a map as lines of their own; nothing if it is empty.
fn lines(node: &Node, indent: usize) -> Value {
    let yaml = write::node(node, indent);
    Value::from_safe_string(yaml.strip_prefix('\n').unwrap_or_default().to_owned())
}

/// Text as YAML that follows a key: on its line, or as a block with this indentation if it has lines.
fn text_fragment(text: &str, indent: usize) -> Value {
    let block = if text.contains('\n') { write::block(text, indent) } else { None };
    Value::from_safe_string(format!(" {}", block.unwrap_or_else(|| write::scalar(text))))
}

/// Words with a space between them, one a line if they are many: YAML folds the lines into one.
fn words_fragment(words: &[String]) -> Value {
    let line = words.join(" ");
    // A block takes its lines as they are, so nothing in it may be what YAML does not print.
    let is_printed = line.chars().all(|c| (' '..='~').contains(&c));
    if words.len() < 2 || line.len() <= LINE || !is_printed {
        return text_fragment(&line, 8);
    }
    Value::from_safe_string(format!(" >-\n        {}", words.join("\n        ")))
}
