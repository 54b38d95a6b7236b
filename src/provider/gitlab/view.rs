//! A plan in GitLab's vocabulary, ready to be laid out.

use minijinja::Value;
use serde::Serialize;

use super::settings::Settings;
use super::{HIDDEN, MOST_NEEDS, VAR, WORKFLOW, config, own, predefined, rules};
use crate::plan::{Build, Context, Datum, Export, Job, JobId, Need, Plan, Recipe, Tool, Variable, Work, Workflow};
use crate::provider::builder::Builder;
use crate::provider::scripts::{self, Command};
use crate::provider::{Error, Own, carried};
use crate::template::{Part, Template};
use crate::yaml::{Mapping, Node, Style, write};

/// What stands in the way of a job for reasons of the machine (<https://docs.gitlab.com/ci/yaml/#retrywhen>).
const SYSTEM_FAILURES: [&str; 3] = ["runner_system_failure", "scheduler_failure", "api_failure"];

/// What the template lays out; it refers to every field by its name.
#[derive(Serialize)]
struct View {
    stages: Option<Value>,
    workflows: Vec<WorkflowView>,
    steps: Vec<Step>,
    kinds: Vec<Kind>,
    jobs: Vec<JobView>,
}

#[derive(Serialize)]
struct WorkflowView {
    hidden: String,
    anchor: Value,
    condition: String,
    variables: Value,
}

#[derive(Serialize)]
struct Step {
    name: &'static str,
    script: Value,
}

#[derive(Serialize)]
struct Kind {
    name: String,
    yaml: Value,
}

#[derive(Serialize)]
struct JobView {
    name: String,
    kind: String,
    stage: Option<String>,
    tags: Value,
    needs: Value,
    resource_group: Option<String>,
    variables: Value,
    script: Vec<&'static str>,
    artifacts: Value,
    rules: Vec<Value>,
}

/// The view of a plan.
pub(super) fn view(plan: &Plan, own: Option<&Own>) -> Result<Value, Error> {
    let problems = own.map(|own| own::check(own, plan)).unwrap_or_default();
    if !problems.is_empty() {
        return Err(Error::Own(problems));
    }
    let runs = plan.runs();
    let has_schedules = plan.workflows.iter().any(|workflow| workflow.trigger.schedule.is_some());
    let mut steps: Vec<&'static Command> = Vec::new();
    let mut kinds: Vec<&'static str> = Vec::new();
    let mut jobs = Vec::new();
    for id in plan.ids() {
        let work = &plan.job(id).work;
        if !kinds.contains(&work.kind()) {
            kinds.push(work.kind());
        }
        jobs.push(job(plan, id, &runs[id.place()], &mut steps)?);
    }
    let workflow = |(place, workflow): (usize, &Workflow)| WorkflowView {
        hidden: format!("{WORKFLOW}{}", workflow.name),
        anchor: anchor(plan, place),
        condition: rules::condition(workflow, has_schedules),
        variables: fragment(&workflow_variables(workflow), 8),
    };
    let built_in = Mapping { entries: Vec::new() };
    let is_unknown = |stage: &&str| !config::stages(&built_in).contains(stage);
    let settings = Settings::of(plan);
    let stage = settings.stage.filter(is_unknown).filter(|_| settings.config.is_none());
    let known = scripts::GITLAB.iter().filter(|step| steps.iter().any(|used| std::ptr::eq(*used, **step)));
    let view = View {
        stages: stage.map(|stage| fragment(&Node::list([Node::text(stage)]), 2)),
        workflows: plan.workflows.iter().enumerate().map(workflow).collect(),
        steps: known.map(|step| Step { name: step.name, script: block(&step.script(), 4) }).collect(),
        kinds: kinds.iter().map(|kind| common(plan, kind)).collect(),
        jobs,
    };
    Ok(Value::from(minijinja::value::Serde(&view)))
}

/// What a workflow's rule gives to its jobs. GitLab fills `$` and `%` in here, in a way that cannot be switched off.
fn workflow_variables(workflow: &Workflow) -> Node {
    let tags = [("SPLITBUILD_TAGS".to_owned(), workflow.tag_words())];
    let vars = workflow.vars.keys().map(|name| (format!("{VAR}{name}"), workflow.var_word(name)));
    let all: Vec<(String, String)> = tags.into_iter().chain(vars).collect();
    Node::map(all.iter().map(|(name, words)| (name.as_str(), Node::text(&expanded_once(words)))))
}

/// Words that GitLab fills variables in to, so that they come out as they are.
pub(super) fn expanded_once(words: &str) -> String {
    words.replace('%', "$,").replace('$', "$$")
}

/// A name for YAML's own references; a workflow's may hold what they cannot.
fn anchor(plan: &Plan, place: usize) -> Value {
    let name = &plan.workflows[place].name;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name = if name.chars().all(is_plain) { format!("on-{name}") } else { format!("workflow-{}", place + 1) };
    Value::from_safe_string(name)
}

/// What all jobs of a kind have in common.
fn common(plan: &Plan, kind: &str) -> Kind {
    let settings = Settings::of(plan);
    let is_build = kind == "build";
    let mut map: Vec<(&str, Node)> = Vec::new();
    let image = match &plan.tool {
        Tool::Image(image) if !is_build => image,
        _ => settings.image,
    };
    let no_entrypoint = Node::list([Node::text("")]);
    map.push(("image", Node::map([("name", Node::text(image)), ("entrypoint", no_entrypoint)])));
    if is_build && !settings.services.is_empty() {
        map.push(("services", Node::list(settings.services.iter().map(|service| service_node(service)))));
    }
    map.push(("inherit", Node::map([("default", Node::list(["timeout", "id_tokens"].map(Node::text)))])));
    map.push(("interruptible", plain(if is_build { "true" } else { "false" })));
    let when = Node::list(SYSTEM_FAILURES.map(Node::text));
    map.push(("retry", Node::map([("max", plain("2")), ("when", when)])));
    map.push(("variables", Node::map(common_variables(plan, kind).iter().map(|(name, node)| (*name, node.clone())))));
    Kind { name: format!("{HIDDEN}{kind}"), yaml: fragment(&Node::map(map), 2) }
}

fn common_variables(plan: &Plan, kind: &str) -> Vec<(&'static str, Node)> {
    let is_build = kind == "build";
    let mut variables = vec![("GIT_STRATEGY", Node::text(if is_build { "fetch" } else { "none" }))];
    let settings = Settings::of(plan);
    if is_build && settings.services.iter().any(|service| is_daemon(service)) {
        // https://docs.gitlab.com/ci/docker/using_docker_build/#docker-in-docker-with-tls-enabled-in-the-docker-executor
        variables.push(("DOCKER_HOST", Node::text("tcp://docker:2376")));
        variables.push(("DOCKER_TLS_CERTDIR", Node::text("/certs")));
        variables.push(("DOCKER_TLS_VERIFY", Node::text("1")));
        variables.push(("DOCKER_CERT_PATH", Node::text("/certs/client")));
    }
    if is_build && settings.builder == Builder::Buildah {
        // What works in a container without privileges.
        variables.push(("STORAGE_DRIVER", Node::text("vfs")));
        variables.push(("BUILDAH_ISOLATION", Node::text("chroot")));
    }
    let job = plan.jobs.iter().find(|job| job.work.kind() == kind);
    for variable in job.map(|job| plan.shared_environment(job)).unwrap_or_default() {
        if let Datum::Text(text) = &variable.datum {
            variables.push((variable.name, raw(text)));
        }
    }
    variables
}

fn is_daemon(service: &str) -> bool {
    service.contains("dind")
}

/// GitLab's hosted Arm runners lose packets that are longer (<https://gitlab.com/gitlab-org/gitlab/-/issues/473739>).
fn service_node(service: &str) -> Node {
    if !is_daemon(service) {
        return Node::text(service);
    }
    let command = Node::list([Node::text("--mtu=1400")]);
    Node::map([("name", Node::text(service)), ("alias", Node::text("docker")), ("command", command)])
}

fn job(plan: &Plan, id: JobId, runs: &[usize], steps: &mut Vec<&'static Command>) -> Result<JobView, Error> {
    let job = plan.job(id);
    let environment = plan.environment(job);
    carried(&super::GitLab, job, &environment)?;
    if let Work::Build(build) = &job.work {
        check_builder(plan, job, build)?;
    }
    if job.needs.len() > MOST_NEEDS {
        return Err(Error::Unsupported {
            provider: "gitlab",
            what: format!("the {} needs of {}, where it takes {MOST_NEEDS}", job.needs.len(), job.name),
            help: "let it wait for an image that waits for several of them".into(),
        });
    }
    let mut variables: Vec<(&str, Node)> = Vec::new();
    // A copy's `setup` is run in this repository.
    if matches!(job.work, Work::Copy(_)) && job.setup.is_some() {
        variables.push(("GIT_STRATEGY", Node::text("fetch")));
    }
    for variable in &environment {
        if let Some(node) = variable_node(plan, runs, variable) {
            variables.push((variable.name, node));
        }
    }
    let script = script(plan, job);
    steps.extend(script.iter().copied());
    let is_manifest = matches!(job.work, Work::Manifest(_) | Work::Copy(_));
    Ok(JobView {
        name: job.name.clone(),
        kind: format!("{HIDDEN}{}", job.work.kind()),
        stage: Settings::of(plan).stage.map(str::to_owned),
        tags: fragment(&Node::list(job.runner.iter().map(|tag| Node::text(tag))), 4),
        needs: fragment(&Node::list(job.needs.iter().map(|need| need_node(plan, job, need))), 4),
        // Two runs of one branch do not publish at a time.
        resource_group: is_manifest.then(|| format!("{}/$CI_COMMIT_REF_SLUG", job.name)),
        variables: fragment(&Node::map(variables), 4),
        script: script.iter().map(|step| step.name).collect(),
        artifacts: fragment(&Node::list(artifacts(job).iter().map(|path| Node::text(path))), 6),
        rules: runs.iter().map(|place| anchor(plan, *place)).collect(),
    })
}

/// A variable of a job; `None` for what the workflow's rule gives.
fn variable_node(plan: &Plan, runs: &[usize], variable: &Variable) -> Option<Node> {
    Some(match &variable.datum {
        Datum::Text(text) => raw(text),
        Datum::Words(words) => raw(&words.join(" ")),
        Datum::Tags => return None,
        Datum::Run(name) => Node::text(predefined(*name)),
        Datum::Vars(names) => {
            let word = |name: &String| {
                let mut words = runs.iter().map(|place| plan.workflows[*place].var_word(name));
                let first = words.next().unwrap_or_default();
                if words.all(|other| other == first) { format!("{name}={first}") } else { name.clone() }
            };
            raw(&names.iter().map(word).collect::<Vec<_>>().join(" "))
        }
    })
}

fn need_node(plan: &Plan, job: &Job, need: &Need) -> Node {
    // What build jobs have handed over, what a manifest job has published, what a hand-written job has made.
    let tells = |id: &JobId| !plan.job(*id).handed_on().is_empty();
    let wants = match need {
        Need::Foreign(_) => true,
        Need::Job(id) => !matches!(job.work, Work::Copy(_)) && (tells(id) || !matches!(job.work, Work::Build(_))),
    };
    Node::map([("job", Node::text(plan.need_name(need))), ("artifacts", plain(if wants { "true" } else { "false" }))])
}

fn script(plan: &Plan, job: &Job) -> Vec<&'static Command> {
    let mut script = Vec::new();
    match &job.work {
        Work::Build(build) => {
            if matches!(build.context, Context::Git { .. }) {
                script.push(&scripts::CLONE);
            }
            script.push(&scripts::GITLAB_LOGIN);
            script.push(match Settings::of(plan).builder {
                Builder::Docker | Builder::Legacy => &scripts::BUILD,
                Builder::Buildah => &scripts::BUILDAH,
            });
        }
        Work::Manifest(_) => script.extend([&scripts::GITLAB_LOGIN, &scripts::MANIFEST]),
        Work::Copy(_) => script.extend([&scripts::GITLAB_LOGIN, &scripts::COPY]),
        Work::Export(_) => script.extend([&scripts::GITLAB_LOGIN, &scripts::EXPORT, &scripts::GITLAB_FILES]),
    }
    script
}

/// The files that a job hands on.
fn artifacts(job: &Job) -> Vec<String> {
    match &job.work {
        Work::Build(_) | Work::Copy(_) => vec![format!(".splitbuild/{}", job.handed_on())],
        Work::Manifest(manifest) => {
            // With what it was made from: a child's job gets the artifacts of the jobs that it names, and of no others.
            let arches = manifest.platforms.iter().map(|(_, arch)| format!(".splitbuild/{}-{arch}.json", job.key));
            std::iter::once(format!(".splitbuild/{}", job.handed_on())).chain(arches).collect()
        }
        Work::Export(Export { files }) => {
            let mut patterns: Vec<String> = files.iter().map(|file| pattern(&file.file, &file.arch)).collect();
            patterns.sort_unstable();
            patterns.dedup();
            patterns
        }
    }
}

/// A file's name with `*` for what only the job knows.
fn pattern(file: &Template, arch: &str) -> String {
    let part = |part: &Part| match part {
        // What artifacts take for a pattern stands for itself and some others.
        Part::Literal(text) => text.replace(['*', '?', '[', ']', '{', '}', '\\', '$', '%'], "?"),
        Part::Name(name) if name == "arch" => arch.to_owned(),
        Part::Name(_) => "*".to_owned(),
    };
    file.parts().iter().map(part).collect()
}

/// buildah knows most of Docker's arguments.
fn check_builder(plan: &Plan, job: &Job, build: &Build) -> Result<(), Error> {
    let Recipe::Docker(arguments) = &build.recipe else { return Ok(()) };
    if Settings::of(plan).builder != Builder::Buildah {
        return Ok(());
    }
    let is_unknown = |argument: &&Template| {
        let text = argument.leading();
        ["--provenance", "--sbom", "--cache-from=type=", "--cache-to=type="].iter().any(|known| text.starts_with(known))
    };
    match arguments.iter().find(is_unknown) {
        None => Ok(()),
        Some(argument) => Err(Error::Unsupported {
            provider: "gitlab",
            what: format!("`{argument}` of the image `{}` with `builder: buildah`", job.key),
            help: "buildah has no such argument; leave it out, or let Docker build".into(),
        }),
    }
}

/// Text of a variable that GitLab fills nothing in to
/// (<https://docs.gitlab.com/ci/yaml/#variablesexpand>).
fn raw(text: &str) -> Node {
    if !text.contains(['$', '%', '\n']) {
        return Node::text(text);
    }
    let value = if text.contains('\n') { Node::scalar(text, Style::Literal) } else { Node::text(text) };
    Node::map([("value", value), ("expand", plain("false"))])
}

/// A boolean or a number.
fn plain(text: &str) -> Node {
    Node::scalar(text, Style::Plain)
}

fn fragment(node: &Node, indent: usize) -> Value {
    Value::from_safe_string(write::node(node, indent))
}

fn block(text: &str, indent: usize) -> Value {
    Value::from_safe_string(write::block(text, indent).unwrap_or_else(|| write::scalar(text)))
}
