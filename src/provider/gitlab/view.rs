//! A plan in GitLab's vocabulary: every job, first those that run, then those that they extend.

use std::collections::HashMap;

use minijinja::Value;
use serde::Serialize;

use super::item::{Item, nodes, written};
use super::script::{self, Needs};
use super::{HIDDEN, MOST_NEEDS, config, own, rules};
use crate::plan::{Build, Builder, Export, Job, JobId, Manifest, Plan, Recipe, Tool, Work};
use crate::provider::script::Values;
use crate::provider::{Error, Own};
use crate::template::{Part, Template};
use crate::yaml::{Mapping, Node, Style, write};

/// What stands in the way of a job for reasons of the machine (<https://docs.gitlab.com/ci/yaml/#retrywhen>).
const SYSTEM_FAILURES: [&str; 3] = ["runner_system_failure", "scheduler_failure", "api_failure"];

/// What the template lays out; it refers to every field by its name.
#[derive(Serialize)]
struct View {
    stages: Option<Value>,
    jobs: Vec<JobView>,
    images: Vec<JobView>,
    shared: Vec<JobView>,
}

#[derive(Serialize)]
struct JobView {
    name: String,
    yaml: Value,
}

/// A job, or a hidden one that others extend.
pub(super) struct Entry {
    pub(super) name: String,
    keys: Vec<(&'static str, Keyed)>,
}

enum Keyed {
    Node(Node),
    Items(Vec<Item>),
}

/// The view of a plan.
pub(super) fn view(plan: &Plan, own: Option<&Own>) -> Result<Value, Error> {
    let entries = Entries::of(plan);
    let names: Vec<&str> = entries.all().map(|entry| entry.name.as_str()).collect();
    let problems = own.map(|own| own::check(own, plan, &names)).unwrap_or_default();
    if !problems.is_empty() {
        return Err(Error::Own(problems));
    }
    for job in &plan.jobs {
        check_job(plan, job)?;
    }
    let built_in = Mapping { entries: Vec::new() };
    let is_unknown = |stage: &&String| !config::stages(&built_in).contains(&stage.as_str());
    let stage = plan.gitlab.stage.as_ref().filter(is_unknown).filter(|_| plan.gitlab.config.is_none());
    let shown = |entry: &Entry| JobView { name: entry.name.clone(), yaml: Value::from_safe_string(entry.written()) };
    let view = View {
        stages: stage.map(|stage| Value::from_safe_string(write::list(&[stage], 2, 80))),
        jobs: entries.jobs.iter().map(shown).collect(),
        images: entries.images.iter().map(shown).collect(),
        shared: entries.shared.iter().map(shown).collect(),
    };
    Ok(Value::from(minijinja::value::Serde(&view)))
}

impl Entry {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), keys: Vec::new() }
    }

    fn node(&mut self, key: &'static str, node: Node) {
        self.keys.push((key, Keyed::Node(node)));
    }

    fn items(&mut self, key: &'static str, items: Vec<Item>) {
        self.keys.push((key, Keyed::Items(items)));
    }

    /// As GitLab reads it.
    pub(super) fn tree(&self) -> Node {
        Node::map(self.keys.iter().map(|(key, value)| match value {
            Keyed::Node(node) => (*key, node.clone()),
            Keyed::Items(items) => (*key, nodes(items)),
        }))
    }

    fn written(&self) -> String {
        let key = |(key, value): &(&'static str, Keyed)| match value {
            Keyed::Node(node) => format!("\n  {key}:{}", write::compact(node, 4)),
            Keyed::Items(items) => format!("\n  {key}:{}", written(items, 4)),
        };
        self.keys.iter().map(key).collect()
    }
}

/// Every entry that a plan becomes.
pub(super) struct Entries {
    /// The jobs that run.
    jobs: Vec<Entry>,
    /// What the jobs of one image share.
    images: Vec<Entry>,
    /// What all share.
    shared: Vec<Entry>,
}

impl Entries {
    pub(super) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.jobs.iter().chain(&self.images).chain(&self.shared)
    }

    pub(super) fn of(plan: &Plan) -> Self {
        let runs = plan.runs();
        let needs = Needs::of(plan, &runs);
        let mut maker = Maker {
            plan,
            runs: &runs,
            needs: &needs,
            entries: Self { jobs: Vec::new(), images: Vec::new(), shared: Vec::new() },
            machines: Vec::new(),
            setups: Vec::new(),
            rules: Vec::new(),
        };
        maker.jobs();
        maker.shared();
        maker.entries
    }
}

struct Maker<'p> {
    plan: &'p Plan,
    runs: &'p [Vec<usize>],
    needs: &'p Needs<'p>,
    entries: Entries,
    /// The platforms with their runners: the name of the hidden job, and what it is for.
    machines: Vec<(String, (String, String), Vec<String>)>,
    /// The preparations of the project, each once.
    setups: Vec<(String, String)>,
    /// The sets of workflows that jobs run in, the first of them all.
    rules: Vec<(String, Vec<usize>)>,
}

impl<'p> Maker<'p> {
    fn jobs(&mut self) {
        let all: Vec<usize> = (0..self.plan.workflows.len()).collect();
        self.rules.push((format!("{HIDDEN}rules"), all));
        let mut builds: HashMap<&str, Vec<JobId>> = HashMap::new();
        for id in self.plan.ids() {
            let job = self.plan.job(id);
            if matches!(job.work, Work::Build(_)) {
                builds.entry(&job.key).or_default().push(id);
            }
        }
        let usual = usual_manifest(self.plan);
        for id in self.plan.ids() {
            let job = self.plan.job(id);
            match &job.work {
                Work::Build(_) if builds[job.key.as_str()][0] == id => self.builds(&builds[job.key.as_str()]),
                Work::Build(_) => {}
                Work::Manifest(manifest) => self.manifest(id, manifest, usual.as_ref()),
                Work::Copy(copy) => {
                    let setup = job.setup.as_ref().map(|setup| self.setup(setup));
                    let items = script::copy(self.needs, &self.values(id), copy, setup.as_deref());
                    let mut entry = self.runs_tool(id);
                    entry.node("resource_group", Node::text(&resource_group(job)));
                    if job.setup.is_some() {
                        let fetch = Node::map([("GIT_STRATEGY", Node::text("fetch"))]);
                        entry.node("variables", fetch);
                    }
                    entry.items("script", items);
                    entry.node("artifacts", artifacts(&[format!(".splitbuild/{}-index", job.key)]));
                    self.entries.jobs.push(entry);
                }
                Work::Export(export) => {
                    let mut entry = self.runs_tool(id);
                    entry.items("script", script::save(self.needs, &self.values(id), export));
                    entry.node("artifacts", artifacts(&saved(export)));
                    self.entries.jobs.push(entry);
                }
            }
        }
    }

    fn values(&self, id: JobId) -> Values<'p> {
        Values { plan: self.plan, job: self.plan.job(id), runs: &self.runs[id.place()], dialect: &super::DIALECT }
    }

    /// The builds of an image; what is the same for all of them stands once.
    fn builds(&mut self, ids: &[JobId]) {
        let mut scripts: Vec<Vec<Item>> = Vec::new();
        for id in ids {
            let job = self.plan.job(*id);
            let Work::Build(build) = &job.work else { unreachable!("only builds are asked for") };
            let setup = job.setup.as_ref().map(|setup| self.setup(setup));
            scripts.push(script::build(self.needs, self.values(*id), build, setup.as_deref()));
        }
        let needs: Vec<Node> = ids.iter().map(|id| self.needs_of(*id)).collect();
        let rules = self.rules_of(ids[0]);
        let is_shared = ids.len() > 1 && scripts.windows(2).all(|pair| pair[0] == pair[1]);
        let same_needs = needs.windows(2).all(|pair| pair[0] == pair[1]);
        let key = &self.plan.job(ids[0]).key;
        let hidden = format!(".build-{key}");
        if is_shared {
            let mut entry = Entry::new(&hidden);
            if same_needs {
                entry.node("needs", needs[0].clone());
            }
            entry.items("script", scripts[0].clone());
            entry.node("artifacts", artifacts(&[format!(".splitbuild/{key}-*")]));
            self.entries.images.push(entry);
        }
        for ((id, script), needs) in ids.iter().zip(scripts).zip(needs) {
            let job = self.plan.job(*id);
            let Work::Build(build) = &job.work else { unreachable!("only builds are asked for") };
            let mut extends = vec![self.machine(job, build)];
            extends.extend(rules.clone());
            extends.extend(is_shared.then(|| hidden.clone()));
            let mut entry = Entry::new(&job.name);
            entry.node("extends", one_or_more(&extends));
            if !is_shared || !same_needs {
                entry.node("needs", needs);
            }
            if !is_shared {
                entry.items("script", script);
                entry.node("artifacts", artifacts(&[format!(".splitbuild/{key}-{}", build.arch)]));
            }
            self.entries.jobs.push(entry);
        }
    }

    fn manifest(&mut self, id: JobId, manifest: &Manifest, usual: Option<&(String, String)>) {
        let job = self.plan.job(id);
        let told = told(manifest);
        let call = match usual == Some(&told) {
            true => format!("publish {}", job.key),
            false => format!("publish {} {} {}", job.key, told.0, crate::shell::literal(&told.1)),
        };
        let mut entry = self.runs_tool(id);
        entry.node("resource_group", Node::text(&resource_group(job)));
        entry.items("script", vec![Item::line("names"), Item::Line(call)]);
        // With what it was made from: a child's job gets the artifacts of the jobs that it names, and of no others.
        entry.node("artifacts", artifacts(&[format!(".splitbuild/{}-*", job.key)]));
        self.entries.jobs.push(entry);
    }

    /// A job in the tool's image.
    fn runs_tool(&mut self, id: JobId) -> Entry {
        let job = self.plan.job(id);
        let mut entry = Entry::new(&job.name);
        let mut extends = vec![format!("{HIDDEN}publish")];
        extends.extend(self.rules_of(id));
        entry.node("extends", one_or_more(&extends));
        if Some(&job.runner.gitlab) != self.usual_runner() {
            entry.node("tags", Node::list(job.runner.gitlab.iter().map(|tag| Node::text(tag))));
        }
        entry.node("needs", self.needs_of(id));
        entry
    }

    fn needs_of(&self, id: JobId) -> Node {
        let job = self.plan.job(id);
        Node::list(job.needs.iter().map(|need| Node::text(self.plan.need_name(need))))
    }

    /// The runner of most jobs that run splitbuild.
    fn usual_runner(&self) -> Option<&'p Vec<String>> {
        let jobs = self.plan.jobs.iter().filter(|job| !matches!(job.work, Work::Build(_)));
        let mut counted: Vec<(&Vec<String>, usize)> = Vec::new();
        for job in jobs {
            match counted.iter_mut().find(|(known, _)| **known == job.runner.gitlab) {
                Some((_, count)) => *count += 1,
                None => counted.push((&job.runner.gitlab, 1)),
            }
        }
        let most = counted.iter().map(|(_, count)| *count).max();
        counted.into_iter().find(|(_, count)| Some(*count) == most).map(|(runner, _)| runner)
    }

    /// The hidden job with the rules of a job, unless it runs in every workflow.
    fn rules_of(&mut self, id: JobId) -> Option<String> {
        let runs = &self.runs[id.place()];
        let place = match self.rules.iter().position(|(_, known)| known == runs) {
            Some(place) => place,
            None => {
                self.rules.push((format!("{HIDDEN}rules-{}", self.rules.len() + 1), runs.clone()));
                self.rules.len() - 1
            }
        };
        (place > 0).then(|| self.rules[place].0.clone())
    }

    fn setup(&mut self, setup: &str) -> String {
        if let Some((name, _)) = self.setups.iter().find(|(_, known)| known == setup) {
            return name.clone();
        }
        let name = match self.setups.len() {
            0 => format!("{HIDDEN}setup"),
            count => format!("{HIDDEN}setup-{}", count + 1),
        };
        self.setups.push((name.clone(), setup.to_owned()));
        name
    }

    fn machine(&mut self, job: &Job, build: &Build) -> String {
        let platform = (build.platform.to_string(), build.arch.clone());
        let same = |(_, known, runner): &&(String, (String, String), Vec<String>)| {
            *known == platform && *runner == job.runner.gitlab
        };
        if let Some((name, ..)) = self.machines.iter().find(same) {
            return name.clone();
        }
        let first = format!("{HIDDEN}{}", build.arch);
        let taken = self.machines.iter().filter(|(name, ..)| name.starts_with(&first)).count();
        let name = if taken == 0 { first } else { format!("{first}-{}", taken + 1) };
        self.machines.push((name.clone(), platform, job.runner.gitlab.clone()));
        name
    }

    /// What all jobs share.
    fn shared(&mut self) {
        let has_schedules = self.plan.workflows.iter().any(|workflow| workflow.trigger.schedule.is_some());
        for (name, places) in std::mem::take(&mut self.rules) {
            let rule = |place: &usize| {
                let workflow = &self.plan.workflows[*place];
                let told = Node::map([(super::SCHEDULED, Node::text(&expanded_once(&workflow.name)))]);
                let condition = Node::text(&rules::condition(workflow, has_schedules));
                Node::map([("if", condition), ("variables", told)])
            };
            let mut entry = Entry::new(&name);
            entry.node("rules", Node::list(places.iter().map(rule)));
            self.entries.shared.push(entry);
        }
        for (name, setup) in std::mem::take(&mut self.setups) {
            let mut entry = Entry::new(&name);
            entry.items("script", vec![Item::Block(setup)]);
            self.entries.shared.push(entry);
        }
        let machines = std::mem::take(&mut self.machines);
        if !machines.is_empty() {
            let shared = format!("{HIDDEN}build");
            for (name, (platform, arch), runner) in machines {
                let mut entry = Entry::new(&name);
                entry.node("extends", Node::text(&shared));
                if !runner.is_empty() {
                    entry.node("tags", Node::list(runner.iter().map(|tag| Node::text(tag))));
                }
                let machine = Item::Line(format!("platform={platform} arch={arch} revision=${}", super::DIALECT.sha));
                entry.items("before_script", vec![machine, Item::Reference(shared.clone(), "before_script")]);
                self.entries.shared.push(entry);
            }
            let mut entry = self.common(&shared, true);
            entry.items("before_script", self.needs.before_build());
            self.entries.shared.push(entry);
        }
        if self.plan.jobs.iter().any(|job| !matches!(job.work, Work::Build(_))) {
            let mut entry = self.common(&format!("{HIDDEN}publish"), false);
            let mut items = self.needs.before_publish();
            if let Some((platforms, arches)) = usual_manifest(self.plan) {
                items.push(self.needs.publish((&platforms, &arches)));
            }
            entry.items("before_script", items);
            self.entries.shared.push(entry);
        }
    }

    /// What all builds have in common, and all others.
    fn common(&self, name: &str, is_build: bool) -> Entry {
        let gitlab = &self.plan.gitlab;
        let mut entry = Entry::new(name);
        entry.node("extends", Node::text(&format!("{HIDDEN}rules")));
        if let Some(stage) = &gitlab.stage {
            entry.node("stage", Node::text(stage));
        }
        let image = match &self.plan.tool {
            Tool::Image(image) if !is_build => image,
            _ => &gitlab.image,
        };
        entry.node("image", Node::map([("name", Node::text(image)), ("entrypoint", Node::list([Node::text("")]))]));
        if is_build && !gitlab.services.is_empty() {
            entry.node("services", Node::list(gitlab.services.iter().map(|service| service_node(service))));
        }
        if !is_build && let Some(runner) = self.usual_runner().filter(|runner| !runner.is_empty()) {
            entry.node("tags", Node::list(runner.iter().map(|tag| Node::text(tag))));
        }
        let variables = variables(self.plan, is_build);
        if !variables.is_empty() {
            entry.node("variables", Node::map(variables));
        }
        entry.node("inherit", Node::map([("default", Node::list(["timeout", "id_tokens"].map(Node::text)))]));
        entry.node("interruptible", plain(if is_build { "true" } else { "false" }));
        let when = Node::list(SYSTEM_FAILURES.map(Node::text));
        entry.node("retry", Node::map([("max", plain("2")), ("when", when)]));
        entry
    }
}

fn variables(plan: &Plan, is_build: bool) -> Vec<(&'static str, Node)> {
    if !is_build {
        return vec![("GIT_STRATEGY", Node::text("none"))];
    }
    let mut variables = Vec::new();
    if plan.gitlab.services.iter().any(|service| is_daemon(service)) {
        // https://docs.gitlab.com/ci/docker/using_docker_build/#docker-in-docker-with-tls-enabled-in-the-docker-executor
        variables.push(("DOCKER_HOST", Node::text("tcp://docker:2376")));
        variables.push(("DOCKER_TLS_CERTDIR", Node::text("/certs")));
        variables.push(("DOCKER_TLS_VERIFY", Node::text("1")));
        variables.push(("DOCKER_CERT_PATH", Node::text("/certs/client")));
    }
    if plan.gitlab.builder == Builder::Buildah {
        // What works in a container without privileges.
        variables.push(("STORAGE_DRIVER", Node::text("vfs")));
        variables.push(("BUILDAH_ISOLATION", Node::text("chroot")));
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

/// Two runs of one branch do not publish at a time.
fn resource_group(job: &Job) -> String {
    format!("{}/$CI_COMMIT_REF_SLUG", job.name)
}

/// What most indexes of a plan hold, if it has any.
fn usual_manifest(plan: &Plan) -> Option<(String, String)> {
    let mut counted: Vec<((String, String), usize)> = Vec::new();
    for job in &plan.jobs {
        let Work::Manifest(manifest) = &job.work else { continue };
        let told = told(manifest);
        match counted.iter_mut().find(|(known, _)| *known == told) {
            Some((_, count)) => *count += 1,
            None => counted.push((told, 1)),
        }
    }
    let most = counted.iter().map(|(_, count)| *count).max();
    counted.into_iter().find(|(_, count)| Some(*count) == most).map(|(told, _)| told)
}

/// The platforms of an index, and their words.
fn told(manifest: &Manifest) -> (String, String) {
    let platforms: Vec<String> = manifest.platforms.iter().map(|(platform, _)| platform.to_string()).collect();
    let arches: Vec<&str> = manifest.platforms.iter().map(|(_, arch)| arch.as_str()).collect();
    (platforms.join(","), arches.join(" "))
}

fn artifacts(paths: &[String]) -> Node {
    Node::map([("paths", Node::list(paths.iter().map(|path| Node::text(path))))])
}

/// The files that an export keeps.
fn saved(export: &Export) -> Vec<String> {
    let mut patterns: Vec<String> = export.files.iter().map(|file| pattern(&file.file, &file.arch)).collect();
    patterns.sort_unstable();
    patterns.dedup();
    patterns
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

fn one_or_more(names: &[String]) -> Node {
    match names {
        [one] => Node::text(one),
        names => Node::list(names.iter().map(|name| Node::text(name))),
    }
}

/// What GitLab cannot say of a job.
fn check_job(plan: &Plan, job: &Job) -> Result<(), Error> {
    if job.needs.len() > MOST_NEEDS {
        return Err(Error::Unsupported {
            provider: "gitlab",
            what: format!("the {} needs of {}, where it takes {MOST_NEEDS}", job.needs.len(), job.name),
            help: "let it wait for an image that waits for several of them".into(),
        });
    }
    match &job.work {
        Work::Build(build) => check_builder(plan, job, build),
        _ => Ok(()),
    }
}

/// buildah knows most of Docker's arguments.
fn check_builder(plan: &Plan, job: &Job, build: &Build) -> Result<(), Error> {
    let Recipe::Docker(options) = &build.recipe else { return Ok(()) };
    if plan.gitlab.builder != Builder::Buildah {
        return Ok(());
    }
    let is_unknown = |option: &&crate::plan::BuildOption| {
        let start = option.value.as_ref().map_or("", Template::leading);
        matches!(option.flag, "--provenance" | "--sbom")
            || (matches!(option.flag, "--cache-from" | "--cache-to") && start.starts_with("type="))
    };
    match options.iter().find(is_unknown) {
        None => Ok(()),
        Some(option) => Err(Error::Unsupported {
            provider: "gitlab",
            what: format!(
                "`{} {}` of the image `{}` with `builder: buildah`",
                option.flag,
                option.value.as_ref().map(ToString::to_string).unwrap_or_default(),
                job.key
            ),
            help: "buildah has no such argument; leave it out, or let Docker build".into(),
        }),
    }
}

/// Text that GitLab fills variables in to, so that it comes out as it is.
fn expanded_once(text: &str) -> String {
    text.replace('$', "$$")
}

/// A boolean or a number.
fn plain(text: &str) -> Node {
    Node::scalar(text, Style::Plain)
}
