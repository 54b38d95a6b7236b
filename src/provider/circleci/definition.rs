//! The jobs as they are defined: once for all workflows, and once for all platforms where these differ in nothing but their
//! machine.

use std::collections::{BTreeSet, HashMap};

use super::commands::{self, Features};
use super::executor::{Executors, cached_layers};
use super::parameter::{LOGIN, MACHINE, PUSH};
use super::publish::{Common, annotation_words, publish};
use super::script::Scripts;
use super::settings::{Executor, Settings};
use super::step::{call, keep, run, run_within};
use crate::plan::{Copy, Export, Job, JobId, LocalParent, Plan, Step, Tool, Work};
use crate::provider::manifest::{Shared, arches, formats, manifests, platforms, usual_manifest};
use crate::provider::script::{ADD_PULL, Pushes, Values};
use crate::template::Template;
use crate::yaml::Node;

/// The job that publishes indexes, of whichever image.
pub(super) const PUBLISH: &str = "publish-index";

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Definition {
    pub(super) name: String,
    /// What differs between those who call it, with what each is if nobody says it.
    pub(super) parameters: Vec<(String, Option<String>)>,
    pub(super) executor: String,
    pub(super) steps: Vec<Node>,
    /// The words of the command that builds, as a shell takes them; what is not built by a command of ours has none.
    pub(super) build_command: Option<Vec<Template>>,
}

/// The definitions of a plan, and for every job, by its place, which one it has.
pub(super) struct Definitions {
    pub(super) all: Vec<Definition>,
    pub(super) of_job: Vec<usize>,
}

pub(super) struct Definer<'p> {
    pub(super) plan: &'p Plan,
    pub(super) runs: &'p [Vec<usize>],
    pub(super) features: &'p Features,
    /// For every job, whether it keeps what it has built where nothing is pushed.
    pub(super) kept: &'p [bool],
    pub(super) executors: &'p Executors,
}

impl<'p> Definer<'p> {
    /// All definitions, each where its first job stands.
    pub(super) fn define(&self) -> Definitions {
        let mut builds: HashMap<&str, Vec<JobId>> = HashMap::new();
        for id in self.plan.ids() {
            let job = self.plan.job(id);
            if matches!(job.work, Work::Build(_)) {
                builds.entry(&job.key).or_default().push(id);
            }
        }
        let mut definitions = Definitions { all: Vec::new(), of_job: vec![usize::MAX; self.plan.jobs.len()] };
        let mut publish = None;
        for id in self.plan.ids() {
            let job = self.plan.job(id);
            match &job.work {
                Work::Build(_) => {
                    if definitions.of_job[id.place()] == usize::MAX {
                        self.builds(&builds[job.key.as_str()], &mut definitions);
                    }
                }
                Work::Manifest(_) => {
                    let place = *publish.get_or_insert_with(|| definitions.push(self.publish()));
                    definitions.of_job[id.place()] = place;
                }
                Work::Copy(copy) => definitions.of_job[id.place()] = definitions.push(self.copy(id, copy)),
                Work::Export(export) => definitions.of_job[id.place()] = definitions.push(self.save(id, export)),
            }
        }
        definitions
    }

    pub(super) fn values(&self, id: JobId) -> Values<'p> {
        Values { plan: self.plan, job: self.plan.job(id), runs: &self.runs[id.place()], dialect: &super::DIALECT }
    }

    /// The builds of an image: one definition, if they differ in nothing but their machine.
    fn builds(&self, ids: &[JobId], definitions: &mut Definitions) {
        if let [first, others @ ..] = ids
            && !others.is_empty()
            && others.iter().all(|id| self.values(*first).is_same(&self.values(*id)))
        {
            let definition = self.build(*first);
            debug_assert!(others.iter().all(|id| self.build(*id) == definition), "{}", definition.name);
            let place = definitions.push(definition);
            ids.iter().for_each(|id| definitions.of_job[id.place()] = place);
            return;
        }
        let mut all: Vec<Definition> = ids.iter().map(|id| self.build(*id)).collect();
        if all.len() > 1 && all.windows(2).all(|pair| pair[0] == pair[1]) {
            let place = definitions.push(all.swap_remove(0));
            ids.iter().for_each(|id| definitions.of_job[id.place()] = place);
            return;
        }
        for (id, mut definition) in ids.iter().zip(all) {
            definition.name.clone_from(&self.plan.job(*id).name);
            let (usual, anonymous) = (self.executors.of(*id), self.executors.anonymous(*id));
            match self.values(*id).pushes() {
                Pushes::Sometimes if usual != anonymous => {
                    definition.parameters[0] = (MACHINE.to_owned(), Some(usual.to_owned()));
                }
                pushes => {
                    definition.parameters.retain(|(name, _)| name != MACHINE);
                    let own = if pushes == Pushes::Never { anonymous } else { usual };
                    own.clone_into(&mut definition.executor);
                }
            }
            definitions.of_job[id.place()] = definitions.push(definition);
        }
    }

    /// A build, as it stands for all platforms.
    fn build(&self, id: JobId) -> Definition {
        let (job, values) = (self.plan.job(id), self.values(id));
        let Work::Build(build) = &job.work else { unreachable!("only builds are asked for") };
        let scripts = Scripts { values, features: self.features };
        let mut parameters = vec![(MACHINE.to_owned(), None)];
        parameters.extend(scripts.parameters());
        let settings = Settings::of(self.plan);
        let script = scripts.build_script();
        let mut steps: Vec<Node> = settings.pre_steps.to_vec();
        let mut login = Vec::new();
        for step in self.plan.steps(job, self.features.knows_names()) {
            match step {
                Step::CheckOut => {
                    steps.push(Node::text("checkout"));
                    if matches!(settings.executor, Executor::Docker(_)) {
                        steps.push(remote_docker(settings.caches_layers));
                    }
                    steps.extend(scripts.read_version());
                }
                // What hand-written jobs have kept lies at the root.
                Step::Fetch if job.has_external() => steps.push(call("attach_workspace", &[("at", ".")])),
                Step::Fetch => {
                    let fetch = vec![call("attach_workspace", &[("at", commands::PARENTS)])];
                    let has_files = job.local.parents.iter().any(|it| matches!(it, LocalParent::Build(..)));
                    match has_files {
                        true => steps.extend(fetch),
                        false => steps.extend(choice(&values, fetch, Vec::new())),
                    }
                }
                Step::Clone => steps.push(scripts.clone(build)),
                Step::LogIn => {
                    if values.logs_in_locally() {
                        steps.push(when(LOGIN, "when", vec![Node::text(commands::LOG_IN_IF_SET)]));
                    }
                    login.extend((!self.plan.registries.is_empty()).then(|| Node::text(commands::LOG_IN)));
                    if !self.plan.has_parents(job) {
                        steps.extend(choice(&values, std::mem::take(&mut login), Vec::new()));
                    }
                }
                Step::Pin | Step::PullParents => {
                    let command = if step == Step::Pin { commands::PIN } else { commands::PULL };
                    let mut pushed = std::mem::take(&mut login);
                    pushed.push(parents(command, &values, values.parents("")));
                    if values.pulls_sometimes() {
                        pushed.push(run("Pull base images anew", &format!("{ADD_PULL}\n")));
                    }
                    let local = vec![parents(commands::LOAD, &values, values.local_parents(""))];
                    steps.extend(choice(&values, pushed, local));
                }
                Step::Build => {
                    let title = format!("Build {}", titled(&build.images));
                    steps.push(run_within(&title, &scripts.build(&script), build.timeout));
                }
                Step::Test => steps.push(run(&format!("Test {}", titled(&build.images)), &scripts.test())),
                Step::Push => {
                    let kept = scripts.keep(build, self.kept[id.place()]);
                    steps.extend(choice(&values, vec![scripts.push(build)], vec![kept]));
                }
                // The push keeps what it hands on.
                Step::Keep => {}
                Step::Publish | Step::Copy | Step::Save => unreachable!("no build does it"),
            }
        }
        steps.extend(settings.post_steps.iter().cloned());
        let executor = format!("<< parameters.{MACHINE} >>");
        let build_command = script.build_command();
        Definition { name: format!("build-{}", job.key), parameters, executor, steps, build_command }
    }

    /// The one job that publishes whatever it is called with; what is the same for all is no parameter.
    fn publish(&self) -> Definition {
        let usual = usual_manifest(self.plan).expect("only a plan that publishes has such a job");
        let mut parameters = vec![("key".to_owned(), None)];
        let mut executor = self.executors.usual().to_owned();
        if self.plan.ids().any(|id| self.is_manifest(id) && self.executors.of(id) != executor) {
            parameters.push((MACHINE.to_owned(), Some(executor)));
            executor = format!("<< parameters.{MACHINE} >>");
        }
        let is_other = |job: &Job| matches!(&job.work, Work::Manifest(other) if other.platforms != usual.platforms);
        let varies = self.plan.jobs.iter().any(is_other);
        if varies {
            parameters.push(("platforms".to_owned(), Some(platforms(usual))));
            parameters.push(("arches".to_owned(), Some(arches(usual))));
        }
        if self.features.fixed {
            parameters.push(("fixed".to_owned(), Some(String::new())));
        }
        if self.plan.workflows.iter().any(|workflow| workflow.version.is_some()) {
            parameters.push(("git_version".to_owned(), Some(String::new())));
        }
        let common = Common {
            platforms: (!varies).then_some(usual),
            format: formats(self.plan),
            annotations: Shared::of(&self.annotations()).expect("a plan with such a job has an index in some run"),
        };
        if let Shared::Usual(format) = &common.format {
            parameters.push(("format".to_owned(), Some((*format).to_owned())));
        }
        if let Shared::Usual(_) = &common.annotations {
            // What is a pipeline's own value in them may have none in a default.
            parameters.push(("annotations".to_owned(), Some(String::new())));
        }
        let script = publish(self.plan, self.features, &common);
        let mut steps = vec![call("attach_workspace", &[("at", ".")])];
        steps.extend(self.fetched());
        steps.push(run("Check and publish the index", &script));
        steps.push(keep(".", ".splitbuild/<< parameters.key >>-index"));
        Definition { name: PUBLISH.into(), parameters, executor, steps, build_command: None }
    }

    /// The annotations of every index in every run, as words.
    fn annotations(&self) -> Vec<String> {
        let in_runs = manifests(self.plan).flat_map(|(id, manifest)| {
            let here = move |place| Values { runs: std::slice::from_ref(place), ..self.values(id) };
            self.runs[id.place()].iter().map(move |place| annotation_words(&here(place), manifest))
        });
        in_runs.collect()
    }

    /// The step that fetches splitbuild: after what earlier jobs have kept, so that none of that is taken for it.
    fn fetched(&self) -> Option<Node> {
        matches!(self.plan.tool, Tool::Download(_)).then(|| Node::text(commands::TOOL))
    }

    fn is_manifest(&self, id: JobId) -> bool {
        matches!(self.plan.job(id).work, Work::Manifest(_))
    }

    fn copy(&self, id: JobId, copy: &Copy) -> Definition {
        let job = self.plan.job(id);
        let scripts = Scripts { values: self.values(id), features: self.features };
        let mut steps = Vec::new();
        steps.extend(job.setup.is_some().then(|| Node::text("checkout")));
        steps.extend(scripts.read_version());
        let attach = || call("attach_workspace", &[("at", commands::PARENTS)]);
        steps.extend(self.plan.copied_from(job).map(|_| attach()));
        steps.extend(self.fetched());
        steps.push(run(&format!("Copy {}", titled([&copy.source])), &scripts.copy(copy)));
        steps.push(keep(".", &format!(".splitbuild/{}-index", job.key)));
        let parameters = scripts.parameters();
        let executor = self.executors.of(id).to_owned();
        Definition { name: job.name.clone(), parameters, executor, steps, build_command: None }
    }

    fn save(&self, id: JobId, export: &Export) -> Definition {
        let job = self.plan.job(id);
        let scripts = Scripts { values: self.values(id), features: self.features };
        let images: BTreeSet<&Template> = export.files.iter().map(|file| &file.image).collect();
        let mut steps = vec![call("attach_workspace", &[("at", ".")])];
        steps.extend(self.fetched());
        steps.push(run(&format!("Save {}", titled(images)), &scripts.save(export)));
        steps.push(keep(".splitbuild/export", "."));
        let parameters = scripts.parameters();
        let executor = self.executors.of(id).to_owned();
        Definition { name: job.name.clone(), parameters, executor, steps, build_command: None }
    }
}

impl Definitions {
    fn push(&mut self, definition: Definition) -> usize {
        self.all.push(definition);
        self.all.len() - 1
    }

    pub(super) fn of(&self, id: JobId) -> &Definition {
        &self.all[self.of_job[id.place()]]
    }
}

/// The step that starts a daemon for a job in a container.
fn remote_docker(caches_layers: bool) -> Node {
    const STEP: &str = "setup_remote_docker";
    match caches_layers {
        true => Node::map([(STEP, Node::map([cached_layers()]))]),
        false => Node::text(STEP),
    }
}

/// The step that makes a build know its parents of this run.
fn parents(command: &str, values: &Values<'_>, files: Vec<String>) -> Node {
    let files = files.join(" ");
    match values.job.has_external() {
        true => call(command, &[("parents", &files), ("from", ".splitbuild")]),
        false => call(command, &[("parents", &files)]),
    }
}

/// The steps for workflows that push, and those for the others.
fn choice(values: &Values<'_>, pushed: Vec<Node>, local: Vec<Node>) -> Vec<Node> {
    let under = |key: &str, steps: Vec<Node>| (!steps.is_empty()).then(|| when(PUSH, key, steps));
    match values.pushes() {
        Pushes::Always => pushed,
        Pushes::Never => local,
        Pushes::Sometimes => under("when", pushed).into_iter().chain(under("unless", local)).collect(),
    }
}

/// Steps that depend on a parameter: `when` it is true, or `unless`.
fn when(parameter: &str, key: &str, steps: Vec<Node>) -> Node {
    let condition = Node::text(&format!("<< parameters.{parameter} >>"));
    Node::map([(key, Node::map([("condition", condition), ("steps", Node::list(steps))]))])
}

/// The images in the title of a step.
fn titled<'t>(images: impl IntoIterator<Item = &'t Template>) -> String {
    images.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}
