//! What jobs run in: one executor for every machine that the plan needs.

use std::collections::BTreeMap;

use super::literal;
use super::settings::{Executor, Settings};
use super::vocabulary::LAYER_CACHING;
use crate::plan::{Given, JobId, Password, Plan, Work};
use crate::platform::Platform;
use crate::provider::free_name::free_name;
use crate::reference::{full_name, registry};
use crate::yaml::{Node, Style, Value};

/// The executor of what runs splitbuild.
const TOOL: &str = "splitbuild";

/// What the executor of a job depends on: the resource class, and the platform and architecture that it builds for.
type Kind<'p> = (Option<&'p str>, Option<(&'p Platform, &'p str)>);

pub(super) struct Executors {
    /// By name, in the order in which jobs first name them.
    pub(super) all: Vec<(String, Node)>,
    of_job: Vec<usize>,
    /// The same of every job where nobody logs in.
    anonymous: Vec<usize>,
    usual: usize,
}

impl Executors {
    pub(super) fn of_plan(plan: &Plan) -> Self {
        let mut executors = Self { all: Vec::new(), of_job: Vec::new(), anonymous: Vec::new(), usual: 0 };
        let settings = Settings::of(plan);
        let mut publishes: BTreeMap<usize, usize> = BTreeMap::new();
        // Of many jobs few differ.
        let mut known: Vec<(Kind<'_>, usize)> = Vec::new();
        for job in &plan.jobs {
            let class = job.runner.first().map(String::as_str);
            let kind: Kind<'_> = match &job.work {
                Work::Build(build) => (class, Some((&build.platform, &build.arch))),
                _ => (class, None),
            };
            let place = match known.iter().find(|(other, _)| *other == kind) {
                Some((_, place)) => *place,
                None => {
                    let place = executors.add(plan, settings.executor, kind);
                    known.push((kind, place));
                    place
                }
            };
            if matches!(job.work, Work::Manifest(_)) {
                *publishes.entry(place).or_default() += 1;
            }
            executors.of_job.push(place);
        }
        executors.add_anonymous(plan);
        let most = publishes.values().max().copied();
        executors.usual = publishes.iter().find(|(_, count)| Some(**count) == most).map_or(0, |(place, _)| *place);
        executors
    }

    /// Where a workflow pushes nothing, its jobs have no context, and an executor whose image is pulled with a password of
    /// one has a variant without.
    fn add_anonymous(&mut self, plan: &Plan) {
        self.anonymous = self.of_job.clone();
        let local = plan.workflows.iter().filter(|workflow| !workflow.push).flat_map(|workflow| &workflow.jobs);
        let mut known: BTreeMap<usize, usize> = BTreeMap::new();
        for id in local {
            let place = self.of_job[id.place()];
            let found = known.get(&place).copied().or_else(|| {
                let (name, node) = &self.all[place];
                let (name, node) = (format!("{name}-anonymous"), without_auth(node)?);
                Some(self.place(&name, None, node))
            });
            if let Some(found) = found {
                known.insert(place, found);
                self.anonymous[id.place()] = found;
            }
        }
    }

    /// The place of the executor for a kind of job.
    fn add(&mut self, plan: &Plan, executor: Executor<'_>, (class, built): Kind<'_>) -> usize {
        let mut map = machine(plan, executor, built.is_some());
        map.extend(class.map(|class| ("resource_class", Node::text(&literal(class)))));
        let mut environment = Vec::new();
        if let Some((platform, arch)) = built {
            environment.push(("platform".to_owned(), Node::text(&platform.to_string())));
            environment.push(("arch".to_owned(), Node::text(arch)));
        }
        // What whoever starts a pipeline gives is a value, and never text of a command.
        let given = plan.given_vars().into_iter();
        environment
            .extend(given.map(|var| (Given::variable(var), Node::text(&format!("<< pipeline.parameters.{var} >>")))));
        if !environment.is_empty() {
            map.push(("environment", Node::map(environment.iter().map(|(name, node)| (name.as_str(), node.clone())))));
        }
        self.place(built.map_or(TOOL, |(_, arch)| arch), class, Node::map(map))
    }

    fn place(&mut self, name: &str, class: Option<&str>, node: Node) -> usize {
        if let Some(place) = self.all.iter().position(|(_, known)| *known == node) {
            return place;
        }
        let is_taken = |name: &str| self.all.iter().any(|(known, _)| known == name);
        // The word of an architecture may be a number, and no name of an executor begins with one.
        let name = if name.starts_with(|c: char| c.is_ascii_lowercase()) { name } else { &format!("linux-{name}") };
        let plain = free_name(name, |_| false);
        let own = match is_taken(&plain) {
            true => free_name(&format!("{name}-{}", class.unwrap_or_default()), is_taken),
            false => plain,
        };
        self.all.push((own, node));
        self.all.len() - 1
    }

    /// The name of the one that a job runs in.
    pub(super) fn of(&self, id: JobId) -> &str {
        &self.all[self.of_job[id.place()]].0
    }

    /// The same where nobody logs in.
    pub(super) fn anonymous(&self, id: JobId) -> &str {
        &self.all[self.anonymous[id.place()]].0
    }

    /// The name of the one that most indexes are published in.
    pub(super) fn usual(&self) -> &str {
        &self.all[self.usual].0
    }
}

/// What makes a daemon keep its layers for later jobs.
pub(super) fn cached_layers() -> (&'static str, Node) {
    (LAYER_CACHING, Node::scalar("true", Style::Plain))
}

/// The executor without the login of its image; `None` if it has none.
fn without_auth(node: &Node) -> Option<Node> {
    let mut node = node.clone();
    let Value::Sequence(containers) = &mut node.get_mut("docker")?.value else { return None };
    let Value::Mapping(container) = &mut containers.first_mut()?.value else { return None };
    let before = container.entries.len();
    container.entries.retain(|entry| entry.key.text != "auth");
    (container.entries.len() < before).then_some(node)
}

/// Build jobs run in the executor; the others in the tool's image, if there is one.
fn machine(plan: &Plan, executor: Executor<'_>, is_build: bool) -> Vec<(&'static str, Node)> {
    let image = match (plan.tool.image().filter(|_| !is_build), executor) {
        (Some(image), _) | (None, Executor::Docker(image)) => image,
        (None, Executor::Machine(image)) => {
            let mut machine = vec![("image", Node::text(&literal(image)))];
            // It is paid for by the job, so only for those that build.
            machine.extend((is_build && Settings::of(plan).caches_layers).then(cached_layers));
            return vec![("machine", Node::map(machine))];
        }
    };
    let mut container = vec![("image", Node::text(&literal(image)))];
    let host = registry(&full_name(image)).to_owned();
    let login = plan.registries.iter().find(|login| login.host == host);
    // A script makes its password in the job, which is too late for what the job runs in.
    if let Some((login, Password::Variable(password))) = login.map(|login| (login, &login.password)) {
        // Here, and only here, CircleCI fills environment variables in
        // (https://circleci.com/docs/guides/execution-managed/private-images/).
        let username = match (login.username.as_name(), login.username.as_literal()) {
            (Some(name), _) => format!("${name}"),
            (None, text) => literal(text.unwrap_or_default()).into_owned(),
        };
        let auth = [("username", Node::text(&username)), ("password", Node::text(&format!("${password}")))];
        container.push(("auth", Node::map(auth)));
    }
    vec![("docker", Node::list([Node::map(container)]))]
}

/// What a person has to know of the images that jobs run in: CircleCI pulls them before the job's first step.
pub(super) fn notes(plan: &Plan) -> Vec<String> {
    let mut images: Vec<&str> = Vec::new();
    if let Executor::Docker(image) = Settings::of(plan).executor {
        images.push(image);
    }
    images.extend(plan.tool.image());
    images.dedup();
    let made = |image: &&str| {
        let host = registry(&full_name(image)).to_owned();
        plan.registries.iter().any(|login| login.host == host && matches!(login.password, Password::Script(_)))
    };
    let note = |image: &str| {
        format!(
            "CircleCI pulls {image} before any login script can run, so without a login: a private image belongs in a \
             registry with a username and a password"
        )
    };
    images.into_iter().filter(made).map(note).collect()
}
