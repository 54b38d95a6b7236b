//! A whole CircleCI configuration, whoever wrote it, and everything in it that CircleCI would refuse or take otherwise than
//! it was meant (<https://circleci.com/docs/reference/configuration-reference/>).

mod filter;
mod parameter;
mod reference;
mod step;
mod workflow;

use std::collections::{BTreeMap, HashMap};

use crate::diagnostic::{Diagnostic, Hints, list};
use crate::span::Span;
use crate::yaml::{Entry, Mapping, Node};
use parameter::Parameters;
use reference::Scope;

/// The sections that hold definitions.
const SECTIONS: [&str; 8] =
    ["version", "orbs", "parameters", "executors", "commands", "jobs", "job-groups", "workflows"];

/// Further keys that CircleCI knows at the top.
const OTHERS: [&str; 2] = ["setup", "experimental"];

/// Keys of a job (<https://circleci.com/docs/reference/configuration-reference/#jobs>).
const JOB_KEYS: [&str; 21] = [
    "description",
    "parameters",
    "docker",
    "machine",
    "macos",
    "executor",
    "type",
    "plan_name",
    "resource_class",
    "shell",
    "working_directory",
    "environment",
    "parallelism",
    "circleci_ip_ranges",
    "branches",
    "steps",
    "serial-group",
    "key",
    "retention",
    "max_auto_reruns",
    "name",
];

/// A configuration, or an orb that is written out in one.
pub(super) struct Config<'n> {
    text: &'n str,
    root: &'n Mapping,
    orbs: BTreeMap<&'n str, Orb<'n>>,
    executors: Declarations<'n>,
    commands: Declarations<'n>,
    jobs: Declarations<'n>,
    pipeline: Parameters<'n>,
    /// Whether `<< … >>` is a reference, and not text.
    has_references: bool,
    hints: Hints,
}

type Declarations<'n> = HashMap<&'n str, Declaration<'n>>;

/// An executor, a command or a job.
struct Declaration<'n> {
    body: &'n Node,
    parameters: Parameters<'n>,
}

enum Orb<'n> {
    /// In the registry of orbs, which cannot be read here.
    Registered,
    /// Written out in the configuration.
    Inline(Box<Config<'n>>),
}

/// What a name leads to.
enum Found<'c, 'n> {
    Declaration(&'c Declaration<'n>),
    /// Something in an orb that cannot be read.
    Unread,
    Nothing(Diagnostic),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Executor,
    Command,
    Job,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Executor => "executor",
            Self::Command => "command",
            Self::Job => "job",
        }
    }
}

/// Everything that is wrong with a configuration, read from `text`.
pub(super) fn problems(document: &Node, text: &str) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let Some(root) = document.as_mapping() else {
        let message = format!("a CircleCI configuration must be a map, found {}", document.kind());
        return vec![
            Diagnostic::new("shape", document.span, message).help("write `version: 2.1`, `jobs` and `workflows`"),
        ];
    };
    let span = root.entry("version").map_or(Span { end: document.span.start, ..document.span }, |it| it.value.span);
    match root.get("version").and_then(Node::as_str) {
        Some("2.1") => {}
        Some(version) if is_second(version) => {
            let problem = Diagnostic::new("version", span, "version 2 has no commands, executors, orbs or parameters");
            problems.push(problem.help("write `version: 2.1` to use them").warning());
        }
        _ => {
            let problem = Diagnostic::new("version", span, "only the versions 2 and 2.1 are supported");
            problems.push(problem.help("write `version: 2.1`"));
        }
    }
    for entry in &root.entries {
        let key = entry.key.text.as_str();
        if !SECTIONS.contains(&key)
            && !OTHERS.contains(&key)
            && let Some(close) = crate::similar::closest(key, SECTIONS)
        {
            let problem = Diagnostic::new("unknown-section", entry.key.span, format!("CircleCI ignores `{key}`"));
            problems.push(problem.help(format!("did you mean `{close}`?")).warning());
        }
    }
    let config = Config::of(root, text, &mut problems);
    config.check(&mut problems);
    problems
}

fn is_orb_tools(orb: &Entry) -> bool {
    orb.value.as_str().is_some_and(|source| source.starts_with("circleci/orb-tools@"))
}

/// Whether a version is 2, in which `<<` is text.
fn is_second(version: &str) -> bool {
    matches!(version, "2" | "2.0")
}

impl<'n> Config<'n> {
    fn of(root: &'n Mapping, text: &'n str, problems: &mut Vec<Diagnostic>) -> Self {
        for name in ["orbs", "executors", "commands", "jobs"] {
            if let Some(node) = root.get(name).filter(|node| node.as_mapping().is_none() && !node.is_null()) {
                problems.push(shape(node, &format!("`{name}`"), "a map"));
            }
        }
        let mut definitions = |section: &str| -> Declarations<'n> {
            let definition = |entry: &'n Entry| {
                let parameters = entry.value.as_mapping().map(|body| Parameters::of(body, problems));
                let definition = Declaration { body: &entry.value, parameters: parameters.unwrap_or_default() };
                (entry.key.text.as_str(), definition)
            };
            entries(root, section).iter().map(definition).collect()
        };
        let (executors, commands, jobs) = (definitions("executors"), definitions("commands"), definitions("jobs"));
        let pipeline = Parameters::of(root, problems);
        let orb = |entry: &'n Entry| {
            let orb = match entry.value.as_mapping() {
                // It is filled in before CircleCI reads the file.
                Some(map) if map.entries.is_empty() => Orb::Registered,
                Some(map) => Orb::Inline(Box::new(Self::of(map, text, problems))),
                None => Orb::Registered,
            };
            (entry.key.text.as_str(), orb)
        };
        let orbs = entries(root, "orbs").iter().map(orb).collect();
        let has_references = !root.get("version").and_then(Node::as_str).is_some_and(is_second);
        Self { text, root, orbs, executors, commands, jobs, pipeline, has_references, hints: Hints::default() }
    }

    fn definitions(&self, kind: Kind) -> &Declarations<'n> {
        match kind {
            Kind::Executor => &self.executors,
            Kind::Command => &self.commands,
            Kind::Job => &self.jobs,
        }
    }

    /// What `name` leads to; `more` are names that are good although nobody defines them.
    fn find(&self, kind: Kind, name: &str, span: Span, more: &[&str]) -> Found<'_, 'n> {
        let word = kind.word();
        if let Some(entry) = self.definitions(kind).get(name) {
            return Found::Declaration(entry);
        }
        let Some((orb, inner)) = name.split_once('/') else {
            // Several jobs that are invoked like one
            // (<https://circleci.com/docs/reference/configuration-reference/#job-groups>).
            if kind == Kind::Job && entries(self.root, "job-groups").iter().any(|group| group.key.text == name) {
                return Found::Unread;
            }
            let known = || sorted(self.definitions(kind)).into_iter().chain(more.iter().copied());
            let problem = Diagnostic::new("unknown-definition", span, format!("there is no {word} `{name}`"));
            let problem = self.hints.did_you_mean(problem, name, known);
            return Found::Nothing(problem.or_help(&format!("define it under `{word}s`, or correct the name")));
        };
        match self.orbs.get(orb) {
            Some(Orb::Registered) => Found::Unread,
            // It puts the orb that it tests into this file
            // (<https://github.com/CircleCI-Public/orb-tools-orb/blob/main/src/scripts/continue.sh>).
            None if entries(self.root, "orbs").iter().any(is_orb_tools) => Found::Unread,
            Some(Orb::Inline(config)) => match config.definitions(kind).get(inner) {
                Some(entry) => Found::Declaration(entry),
                None => {
                    let message = format!("the orb `{orb}` has no {word} `{inner}`");
                    let problem = Diagnostic::new("unknown-definition", span, message);
                    Found::Nothing(problem.did_you_mean(inner, sorted(config.definitions(kind))))
                }
            },
            None => {
                let problem = Diagnostic::new("unknown-orb", span, format!("there is no orb `{orb}`"));
                let known: Vec<&str> = self.orbs.keys().copied().collect();
                let problem = problem.did_you_mean(orb, known);
                Found::Nothing(problem.or_help("name it under `orbs`: `orbs: { aws: circleci/aws-cli@5.1.2 }`"))
            }
        }
    }

    fn check(&self, problems: &mut Vec<Diagnostic>) {
        self.check_orbs(problems);
        for (kind, section) in [(Kind::Executor, "executors"), (Kind::Command, "commands"), (Kind::Job, "jobs")] {
            for entry in entries(self.root, section) {
                self.check_definition(kind, entry, problems);
            }
        }
        step::check_cycles(self, problems);
        workflow::check(self, problems);
    }

    fn check_orbs(&self, problems: &mut Vec<Diagnostic>) {
        let mut unread = Vec::new();
        for entry in entries(self.root, "orbs") {
            match self.orbs.get(entry.key.text.as_str()) {
                Some(Orb::Inline(config)) => config.check(problems),
                Some(Orb::Registered) if entry.value.as_mapping().is_some() => unread.push(entry),
                _ if entry.value.as_str().is_some_and(|text| text.contains('@')) => unread.push(entry),
                _ => problems.push(shape(&entry.value, "an orb", "`namespace/name@version`")),
            }
        }
        if let Some(first) = unread.first() {
            let names: Vec<&str> = unread.iter().map(|entry| entry.key.text.as_str()).collect();
            let noun = if names.len() == 1 { "orb" } else { "orbs" };
            let message = format!("cannot read the {noun} {}", list(&names));
            let problem = Diagnostic::new("unread-orb", first.key.span, message).warning();
            problems.push(problem.help("names and parameters from there are not checked"));
        }
    }

    /// An executor, a command or a job.
    fn check_definition(&self, kind: Kind, entry: &'n Entry, problems: &mut Vec<Diagnostic>) {
        let (word, name) = (kind.word(), &entry.key.text);
        let Some(body) = entry.value.as_mapping() else {
            problems.push(shape(&entry.value, &format!("the {word} `{name}`"), "a map"));
            return;
        };
        if kind == Kind::Command && step::built_in(name).is_some() {
            let message = format!("the command `{name}` replaces CircleCI's own step of this name");
            problems.push(Diagnostic::new("built-in-name", entry.key.span, message).help("rename it").warning());
        }
        let parameters = self.definitions(kind).get(name.as_str()).map(|definition| &definition.parameters);
        let scope = Scope { config: self, parameters, matrix: &[] };
        for inner in body.entries.iter().filter(|inner| inner.key.text != "parameters") {
            if inner.key.text != "steps" {
                scope.check(&inner.value, problems);
            }
        }
        let steps = body.get("steps");
        if let Some(steps) = steps {
            step::check(steps, &scope, problems);
        }
        if kind == Kind::Job {
            self.check_job(entry, body, &scope, problems);
        } else if kind == Kind::Command && steps.is_none() {
            let problem = Diagnostic::new("no-steps", entry.key.span, format!("the command `{name}` has no steps"));
            problems.push(problem.help("write `steps: [...]`"));
        }
    }

    fn check_job(&self, entry: &Entry, body: &Mapping, scope: &Scope<'_, 'n>, problems: &mut Vec<Diagnostic>) {
        let name = &entry.key.text;
        for inner in &body.entries {
            let key = inner.key.text.as_str();
            if !JOB_KEYS.contains(&key) && !key.contains("<<") {
                let problem = Diagnostic::new("unknown-key", inner.key.span, format!("a job has no key `{key}`"));
                let problem = match crate::similar::closest(key, JOB_KEYS) {
                    Some(close) => problem.help(format!("did you mean `{close}`?")),
                    None => problem.help("remove it, or indent it under the key that it belongs to"),
                };
                problems.push(problem.warning());
            }
        }
        if let Some(executor) = body.get("executor") {
            self.check_executor(executor, scope, problems);
        }
        // Other types of jobs, such as `approval`, run nothing.
        if body.get("type").and_then(Node::as_str).is_some_and(|kind| kind != "build") {
            return;
        }
        if !["docker", "machine", "macos", "executor"].iter().any(|key| body.get(key).is_some()) {
            let problem = Diagnostic::new("no-executor", entry.key.span, format!("the job `{name}` has no executor"));
            problems.push(problem.help("give it `docker`, `machine`, `macos` or `executor`"));
        }
        if body.get("steps").is_none() {
            let problem = Diagnostic::new("no-steps", entry.key.span, format!("the job `{name}` has no steps"));
            problems.push(problem.help("write `steps: [...]`"));
        }
    }

    /// An executor by its name, or by a map with its name and its parameters.
    fn check_executor(&self, node: &Node, scope: &Scope<'_, 'n>, problems: &mut Vec<Diagnostic>) {
        let (name, given) = match node.as_mapping() {
            Some(map) => (map.get("name"), Some(map)),
            None => (Some(node), None),
        };
        let Some((name, span)) = name.and_then(|node| Some((node.as_str()?, node.span))) else {
            problems.push(shape(node, "an executor", "a name or a map with a `name`"));
            return;
        };
        if name.contains("<<") {
            return;
        }
        match self.find(Kind::Executor, name, span, &[]) {
            Found::Nothing(problem) => problems.push(problem),
            Found::Unread => {}
            Found::Declaration(definition) => {
                let given = given.iter().flat_map(|map| &map.entries).filter(|entry| entry.key.text != "name");
                let what = format!("the executor `{name}`");
                step::arguments(&what, span, &definition.parameters, given, scope, problems);
            }
        }
    }
}

/// The entries of a section that is a map.
pub(super) fn entries<'n>(root: &'n Mapping, section: &str) -> &'n [Entry] {
    root.get(section).and_then(Node::as_mapping).map(|map| map.entries.as_slice()).unwrap_or_default()
}

fn sorted<'n>(definitions: &Declarations<'n>) -> Vec<&'n str> {
    let mut names: Vec<&str> = definitions.keys().copied().collect();
    names.sort_unstable();
    names
}

fn shape(node: &Node, what: &str, wanted: &str) -> Diagnostic {
    let problem = Diagnostic::new("shape", node.span, format!("{what} must be {wanted}, found {}", node.kind()));
    problem.help(format!("write {wanted}"))
}
