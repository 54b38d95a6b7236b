//! Every entry that a plan becomes: the jobs that run, and those that they extend.

use std::collections::HashMap;

use super::entry::JobEntry;
use super::item::Item;
use super::publish::Publishing;
use super::script::{self, Functions, Script};
use super::{HIDDEN, rules, shared};
use crate::plan::{Build, Export, Job, JobId, Manifest, Plan, Wait, Work};
use crate::provider::manifest::most_frequent;
use crate::provider::script::Values;
use crate::template::{Part, Template};
use crate::yaml::Node;

pub(super) struct Entries<'p> {
    pub(super) plan: &'p Plan,
    pub(super) jobs: Vec<JobEntry>,
    /// What the jobs of one image share.
    pub(super) images: Vec<JobEntry>,
    pub(super) shared: Vec<JobEntry>,
}

impl<'p> Entries<'p> {
    pub(super) fn all(&self) -> impl Iterator<Item = &JobEntry> {
        self.jobs.iter().chain(&self.images).chain(&self.shared)
    }

    pub(super) fn of(plan: &'p Plan) -> Self {
        let runs = plan.runs();
        let functions = Functions::of(plan, &runs);
        let mut maker = Maker {
            plan,
            runs: &runs,
            functions: &functions,
            usual_runner: usual_runner(plan),
            publishing: Publishing::of(plan, functions.values()),
            entries: Self { plan, jobs: Vec::new(), images: Vec::new(), shared: Vec::new() },
            machines: Vec::new(),
            setups: Vec::new(),
            rules: Vec::new(),
        };
        maker.jobs();
        maker.shared();
        maker.entries
    }
}

struct Maker<'m, 'p> {
    plan: &'p Plan,
    runs: &'m [Vec<usize>],
    functions: &'m Functions<'m>,
    /// The runner of most jobs that run splitbuild.
    usual_runner: Option<&'p Vec<String>>,
    publishing: Option<Publishing<'m>>,
    entries: Entries<'p>,
    /// The platforms with their runners: the name of the hidden job, and what it is for.
    machines: Vec<(String, (String, String), Vec<String>)>,
    /// The preparations of the project, each once.
    setups: Vec<(String, String)>,
    /// The sets of workflows that jobs run in, the first of them all.
    rules: Vec<(String, Vec<usize>)>,
}

impl<'m, 'p: 'm> Maker<'m, 'p> {
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
        for id in self.plan.ids() {
            let job = self.plan.job(id);
            match &job.work {
                Work::Build(_) if builds[job.key.as_str()][0] == id => self.builds(&builds[job.key.as_str()]),
                Work::Build(_) => {}
                Work::Manifest(manifest) => self.manifest(id, manifest),
                Work::Copy(copy) => {
                    let setup = job.setup.as_ref().map(|setup| self.setup(setup));
                    let items = script::copy(self.functions, &self.values(id), copy, setup.as_deref());
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
                    entry.items("script", script::save(self.functions, &self.values(id), export));
                    entry.node("artifacts", artifacts(&saved(export)));
                    self.entries.jobs.push(entry);
                }
            }
        }
    }

    fn values(&self, id: JobId) -> Values<'m> {
        Values { plan: self.plan, job: self.plan.job(id), runs: &self.runs[id.place()], dialect: &super::DIALECT }
    }

    /// The builds of an image; what is the same for all of them stands once.
    fn builds(&mut self, ids: &[JobId]) {
        let [first, others @ ..] = ids else { return };
        let is_same = !others.is_empty() && others.iter().all(|id| self.values(*first).is_same(&self.values(*id)));
        // What is the same is written once.
        let written = if is_same { &ids[..1] } else { ids };
        let mut scripts: Vec<Script> = Vec::new();
        for id in written {
            let job = self.plan.job(*id);
            let Work::Build(build) = &job.work else { unreachable!("only builds are asked for") };
            let setup = job.setup.as_ref().map(|setup| self.setup(setup));
            scripts.push(script::build(self.functions, *id, build, setup.as_deref()));
        }
        let is_shared = is_same || (ids.len() > 1 && scripts.windows(2).all(|pair| pair[0] == pair[1]));
        let needs: Vec<Node> = ids.iter().map(|id| self.needs_of(*id)).collect();
        let rules = self.rules_of(ids[0]);
        let same_needs = needs.windows(2).all(|pair| pair[0] == pair[1]);
        let key = &self.plan.job(ids[0]).key;
        let hidden = format!(".build-{key}");
        if is_shared {
            let mut entry = JobEntry::new(&hidden);
            if same_needs {
                entry.node("needs", needs[0].clone());
            }
            entry.script(scripts.swap_remove(0));
            entry.node("artifacts", artifacts(&[format!(".splitbuild/{key}-*")]));
            self.entries.images.push(entry);
            scripts.clear();
        }
        let mut scripts = scripts.into_iter();
        for (id, needs) in ids.iter().zip(needs) {
            let job = self.plan.job(*id);
            let Work::Build(build) = &job.work else { unreachable!("only builds are asked for") };
            let mut extends = vec![self.machine(job, build)];
            extends.extend(rules.clone());
            extends.extend(is_shared.then(|| hidden.clone()));
            let mut entry = JobEntry::new(&job.name);
            entry.node("extends", one_or_more(&extends));
            // https://docs.gitlab.com/ci/yaml/#timeout
            let timeout = build.timeout.map(|minutes| Node::text(&format!("{minutes} minutes")));
            timeout.into_iter().for_each(|timeout| entry.node("timeout", timeout));
            if !is_shared || !same_needs {
                entry.node("needs", needs);
            }
            if let Some(script) = scripts.next() {
                entry.script(script);
                let mut paths = vec![format!(".splitbuild/{key}-{}", build.arch)];
                paths.extend(self.functions.kept[id.place()].then(|| format!("{}.tar", paths[0])));
                entry.node("artifacts", artifacts(&paths));
            }
            self.entries.jobs.push(entry);
        }
    }

    fn manifest(&mut self, id: JobId, manifest: &Manifest) {
        let (job, values) = (self.plan.job(id), self.values(id));
        let items = self.publishing.as_ref().map(|it| it.call(&values, manifest)).unwrap_or_default();
        let mut entry = self.runs_tool(id);
        entry.node("resource_group", Node::text(&resource_group(job)));
        entry.items("script", items);
        // With what it was made from: a child's job gets the artifacts of the jobs that it names, and of no others.
        entry.node("artifacts", artifacts(&[format!(".splitbuild/{}-*", job.key)]));
        self.entries.jobs.push(entry);
    }

    /// A job in the tool's image.
    fn runs_tool(&mut self, id: JobId) -> JobEntry {
        let job = self.plan.job(id);
        let mut entry = JobEntry::new(&job.name);
        let mut extends = vec![format!("{HIDDEN}publish")];
        extends.extend(self.rules_of(id));
        entry.node("extends", one_or_more(&extends));
        if Some(&job.runner) != self.usual_runner {
            entry.node("tags", Node::list(job.runner.iter().map(|tag| Node::text(tag))));
        }
        entry.node("needs", self.needs_of(id));
        entry
    }

    fn needs_of(&self, id: JobId) -> Node {
        let job = self.plan.job(id);
        let name = |wait| Node::text(self.plan.wait_name(wait));
        let is_pushed = |place: &usize| self.plan.workflows[*place].push;
        let runs = &self.runs[id.place()];
        let has_local = runs.iter().any(|place| !is_pushed(place));
        let local: Vec<Wait<'_>> = job.local.needs.iter().map(Wait::of).filter(|_| has_local).collect();
        let published = job.needs.iter().map(Wait::of).filter(|_| runs.iter().any(is_pushed));
        let published = published.map(|wait| match has_local && !local.contains(&wait) {
            // In a pipeline that pushes nothing there is no such job.
            true => Node::map([("job", name(wait)), ("optional", shared::plain("true"))]),
            false => name(wait),
        });
        let published: Vec<Node> = published.collect();
        let others = local.iter().copied().filter(|wait| !job.needs.iter().map(Wait::of).any(|other| other == *wait));
        let others = others.map(name);
        let gate = |need| Node::map([("job", name(Wait::of(need))), ("artifacts", shared::plain("false"))]);
        Node::list(published.into_iter().chain(others).chain(job.gates.iter().map(gate)))
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
        let same =
            |(_, known, runner): &&(String, (String, String), Vec<String>)| *known == platform && *runner == job.runner;
        if let Some((name, ..)) = self.machines.iter().find(same) {
            return name.clone();
        }
        let first = format!("{HIDDEN}{}", build.arch);
        let taken = self.machines.iter().filter(|(name, ..)| name.starts_with(&first)).count();
        let name = if taken == 0 { first } else { format!("{first}-{}", taken + 1) };
        self.machines.push((name.clone(), platform, job.runner.clone()));
        name
    }

    fn shared(&mut self) {
        for (name, places) in std::mem::take(&mut self.rules) {
            let rule = |place: &usize| {
                let workflow = &self.plan.workflows[*place];
                let variables = Node::map([(super::SCHEDULED, Node::text(&expanded_once(&workflow.name)))]);
                let condition = Node::text(&rules::condition(self.plan, workflow));
                Node::map([("if", condition), ("variables", variables)])
            };
            let mut entry = JobEntry::new(&name);
            entry.node("rules", Node::list(places.iter().map(rule)));
            self.entries.shared.push(entry);
        }
        for (name, setup) in std::mem::take(&mut self.setups) {
            let mut entry = JobEntry::new(&name);
            entry.items("script", vec![Item::Block(setup)]);
            self.entries.shared.push(entry);
        }
        let machines = std::mem::take(&mut self.machines);
        if !machines.is_empty() {
            let shared = format!("{HIDDEN}build");
            for (name, (platform, arch), runner) in machines {
                let mut entry = JobEntry::new(&name);
                entry.node("extends", Node::text(&shared));
                if !runner.is_empty() {
                    entry.node("tags", Node::list(runner.iter().map(|tag| Node::text(tag))));
                }
                let machine = Item::Line(format!("platform={platform} arch={arch} revision=${}", super::DIALECT.sha));
                entry.items("before_script", vec![machine, Item::Reference(shared.clone(), "before_script")]);
                self.entries.shared.push(entry);
            }
            let mut entry = shared::common(self.plan, &shared, (true, None));
            entry.items("before_script", self.functions.before_build());
            self.entries.shared.push(entry);
        }
        if self.plan.jobs.iter().any(|job| !matches!(job.work, Work::Build(_))) {
            let mut entry = shared::common(self.plan, &format!("{HIDDEN}publish"), (false, self.usual_runner));
            let mut items = self.functions.before_publish();
            if let Some(publishing) = &self.publishing {
                items.extend(publishing.before());
                items.push(publishing.function());
            }
            entry.items("before_script", items);
            self.entries.shared.push(entry);
        }
    }
}

/// Two runs of one branch do not publish at a time.
fn resource_group(job: &Job) -> String {
    format!("{}/$CI_COMMIT_REF_SLUG", job.name)
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

/// Text that GitLab fills variables in to, so that it comes out as it is.
fn expanded_once(text: &str) -> String {
    text.replace('$', "$$")
}

/// The runner of most jobs that run splitbuild.
fn usual_runner(plan: &Plan) -> Option<&Vec<String>> {
    let jobs = plan.jobs.iter().filter(|job| !matches!(job.work, Work::Build(_)));
    most_frequent(jobs.map(|job| &job.runner))
}
