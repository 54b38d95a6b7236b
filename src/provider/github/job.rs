//! The jobs of a workflow.

use super::container::container;
use super::expression::{expression, text};
use super::handed::{Handed, pins, pull, tell_apart, words};
use super::members::Members;
use super::pin::Pins;
use super::publish::{copy, publish, save, variable};
use super::script::{Script, Scripts, own_steps, uses_token};
use super::step::{bare, check_out, download, output, run, upload};
use super::{dialect, ids::Ids};
use crate::plan::{Build, Job, JobId, LocalParent, Parent, Plan, Step, Wait, Work, Workflow};
use crate::provider::script::{Values, keeps_tags};
use crate::spec::GROUP;
use crate::template::Template;
use crate::yaml::Node;

/// A job of a file.
pub(super) struct JobEntry {
    pub(super) id: String,
    /// The key of its image.
    pub(super) image: String,
    /// The words of the command that builds, as a shell takes them, if it has one.
    pub(super) build_command: Option<Vec<Template>>,
    pub(super) node: Node,
}

/// What makes the jobs of a file.
pub(super) struct Maker<'p> {
    pub(super) plan: &'p Plan,
    pub(super) workflow: &'p Workflow,
    /// Its place, as the only run of every job.
    pub(super) runs: &'p [usize],
    /// Where the file lies.
    pub(super) path: &'p str,
    pub(super) pins: &'p Pins,
    pub(super) ids: Ids<'p>,
    /// For every job, whether it keeps what it has built where nothing is pushed.
    pub(super) kept: &'p [bool],
    pub(super) members: Members<'p>,
}

impl<'p> Maker<'p> {
    pub(super) fn values(&self, job: &'p Job) -> Values<'p> {
        Values { plan: self.plan, job, runs: self.runs, dialect: dialect::of(&self.workflow.trigger) }
    }

    pub(super) fn job(&self, id: JobId) -> JobEntry {
        let job = self.plan.job(id);
        let scripts = Scripts { values: self.values(job) };
        let mut keys: Vec<(&str, Node)> = Vec::new();
        let own = self.ids.of(&job.name);
        if own != job.name {
            keys.push(("name", text(&job.name)));
        }
        let waits = self.plan.waits_in(self.workflow, id);
        let need = |wait: &Wait<'p>| match wait {
            Wait::Job(other) => self.ids.of(&self.plan.job(*other).name),
            Wait::External(name) => name,
        };
        let mut needs: Vec<&str> = waits.iter().map(need).collect();
        let parents = self.parents(job);
        // Of no other job are there outputs.
        for parent in &parents {
            if !needs.contains(&parent.id.as_str()) {
                needs.push(&parent.id);
            }
        }
        if waits.is_empty() {
            keys.extend(condition(self.workflow).map(|condition| ("if", condition)));
        } else {
            keys.push(("needs", Node::list(needs.into_iter().map(Node::text))));
        }
        keys.push(("runs-on", runner(job)));
        let (mut environment, mut outputs, mut build_command) = (Vec::new(), Vec::new(), None);
        let steps = match &job.work {
            Work::Build(build) => {
                keys.extend(build.timeout.map(|minutes| ("timeout-minutes", bare(&minutes.to_string()))));
                environment.push(("platform".to_owned(), Node::text(&build.platform.to_string())));
                environment.push(("arch".to_owned(), Node::text(&build.arch)));
                environment.extend(parents.iter().flat_map(Handed::environment));
                if self.workflow.push {
                    outputs.push(("pushed", output("push", "pushed")));
                    if keeps_tags(&scripts.values) {
                        outputs.push(("tags", output("push", "tags")));
                        outputs.extend(scripts.values.moves().then(|| ("moving", output("push", "moving"))));
                    }
                }
                self.build((id, job, build), &scripts, &parents, &mut build_command)
            }
            Work::Manifest(manifest) => {
                // One script for all of them.
                let is_any_read = self.members.is_any_index_read();
                let builds = self.builds(&job.key);
                for (word, build) in &builds {
                    let of = |name: &str| expression(&format!("needs.{}.outputs.{name}", self.ids.of(&build.name)));
                    environment.push((variable(word), of("pushed")));
                    let values = self.values(build);
                    if keeps_tags(&values) {
                        environment.push((format!("tags_{word}"), of("tags")));
                        if values.moves() {
                            environment.push((format!("moving_{word}"), of("moving")));
                        }
                    }
                }
                if self.members.is_read(&job.key) {
                    outputs.push(("published", output("publish", "published")));
                    // What only the builds could make of the tags.
                    let first = builds.iter().find(|(_, build)| keeps_tags(&self.values(build)));
                    let tags = |build: &Job| expression(&format!("needs.{}.outputs.tags", self.ids.of(&build.name)));
                    outputs.extend(first.map(|(_, build)| ("tags", tags(build))));
                }
                let made = publish(&scripts, manifest, (&builds, self.path, is_any_read));
                let mut steps = Vec::new();
                self.read_version(&scripts, &mut steps);
                self.fetch(&scripts, &mut steps);
                steps.push(run(self.plan, ("Check and publish the index", is_any_read.then_some("publish")), &made));
                steps
            }
            Work::Copy(work) => {
                let from = self.plan.copied_from(job).and_then(|key| self.index(key));
                environment.extend(from.iter().flat_map(Handed::environment));
                if self.members.is_read(&job.key) {
                    outputs.push(("published", output("publish", "published")));
                    outputs.extend(keeps_tags(&scripts.values).then(|| ("tags", output("publish", "tags"))));
                }
                let mut steps = Vec::new();
                steps.extend(job.setup.is_some().then(|| check_out(self.pins)));
                self.read_version(&scripts, &mut steps);
                self.fetch(&scripts, &mut steps);
                let title = format!("Copy {}", work.source);
                steps.push(run(
                    self.plan,
                    (&title, self.members.is_read(&job.key).then_some("publish")),
                    &copy(&scripts, work, (from.as_ref(), self.members.is_read(&job.key))),
                ));
                steps
            }
            Work::Export(export) => {
                let Some(from) = self.index(&job.key) else { unreachable!("what is saved was published") };
                environment.extend(from.environment());
                let mut steps = Vec::new();
                self.read_version(&scripts, &mut steps);
                self.fetch(&scripts, &mut steps);
                let images: std::collections::BTreeSet<&Template> = export.files.iter().map(|it| &it.image).collect();
                let images: Vec<String> = images.into_iter().map(ToString::to_string).collect();
                let title = format!("Save {}", images.join(" and "));
                steps.push(run(self.plan, (&title, None), &save(&scripts, export, &from)));
                steps.push(upload(self.pins, (&job.name, ".splitbuild/export"), true));
                steps
            }
        };
        if let Some(image) = self.plan.tool.image().filter(|_| !matches!(job.work, Work::Build(_))) {
            keys.push(("container", container(self.plan, image)));
        }
        keys.extend(self.permissions(job).map(|permissions| ("permissions", permissions)));
        let pairs = |all: &[(String, Node)]| Node::map(all.iter().map(|(name, node)| (name.as_str(), node.clone())));
        keys.extend((!environment.is_empty()).then(|| ("env", pairs(&environment))));
        keys.extend((!outputs.is_empty()).then(|| ("outputs", Node::map(outputs))));
        keys.push(("steps", Node::list(steps)));
        JobEntry { id: own.to_owned(), image: job.key.clone(), build_command, node: Node::map(keys) }
    }

    /// The steps of a build: the same for every architecture where only the job's own values differ.
    fn build(
        &self,
        (id, job, build): (JobId, &'p Job, &'p Build),
        scripts: &Scripts<'p>,
        parents_of: &[Handed<'p>],
        build_command: &mut Option<Vec<Template>>,
    ) -> Vec<Node> {
        let plan = self.plan;
        let (before, after) = own_steps(plan);
        let mut steps: Vec<Node> = before.to_vec();
        let images: Vec<String> = build.images.iter().map(ToString::to_string).collect();
        let images = images.join(" and ");
        let has_parents = !parents_of.is_empty() || (!self.workflow.push && !job.local.parents.is_empty());
        let takes_names = build.takes_names(true) && has_parents;
        for step in plan.steps(job, true) {
            match step {
                Step::CheckOut => {
                    steps.push(check_out(self.pins));
                    self.read_version(scripts, &mut steps);
                }
                Step::Clone => steps.push(run(plan, ("Get the context", None), &scripts.clone(build))),
                Step::LogIn if self.workflow.push || self.workflow.login => {
                    let log_in = scripts.log_in(!self.workflow.push);
                    steps.extend(log_in.map(|made| run(plan, ("Log in", None), &made)));
                }
                // As arguments of the build.
                Step::Pin if self.workflow.push => {}
                Step::PullParents if self.workflow.push => {
                    steps.push(run(plan, ("Pull the parents of this run", None), &pull(scripts, parents_of)));
                }
                Step::Pin | Step::PullParents => steps.extend(self.loaded(job, scripts)),
                Step::Build => {
                    // What is pushed is told by earlier jobs; what is not lies in a file.
                    let parents = if self.workflow.push { pins(parents_of) } else { Script::read_pins() };
                    let lines = parents.text.lines().map(str::to_owned).collect();
                    let script = scripts.build_script(takes_names.then_some(lines));
                    *build_command = script.build_command();
                    let title = format!("Build {images}");
                    steps.push(run(plan, (&title, None), &scripts.build(build, &script, parents.names)));
                }
                Step::Test => steps.push(run(plan, (&format!("Test {images}"), None), &scripts.test())),
                Step::Push if self.workflow.push => {
                    steps.push(run(plan, ("Check and push", Some("push")), &scripts.push(build)));
                }
                Step::Push => {
                    let is_parent = self.kept[id.place()];
                    let title = if is_parent { "Check and keep" } else { "Check" };
                    steps.push(run(plan, (title, None), &scripts.keep(build, is_parent)));
                    if is_parent {
                        let name = format!("{}-${{{{ env.arch }}}}", super::expression::literal(&job.key));
                        steps.push(upload(self.pins, (&name, &format!(".splitbuild/{name}*")), false));
                    }
                }
                Step::Fetch | Step::LogIn | Step::Keep => {}
                Step::Publish | Step::Copy | Step::Save => unreachable!("no build does it"),
            }
        }
        steps.extend(after.iter().cloned());
        steps
    }

    /// What takes the version apart, for jobs that read it.
    fn read_version(&self, scripts: &Scripts<'_>, steps: &mut Vec<Node>) {
        steps.extend(scripts.read_version().map(|made| run(self.plan, ("Read the version", None), &made)));
    }

    /// What fetches splitbuild, for jobs that run it.
    fn fetch(&self, scripts: &Scripts<'_>, steps: &mut Vec<Node>) {
        steps.extend(scripts.download().map(|made| run(self.plan, ("Fetch splitbuild", None), &made)));
    }

    /// The steps that give a build its parents where nothing is pushed.
    fn loaded(&self, job: &Job, scripts: &Scripts<'_>) -> Vec<Node> {
        const FROM: &str = ".splitbuild/parents";
        let Work::Build(build) = &job.work else { return Vec::new() };
        let mut steps = Vec::new();
        for parent in &job.local.parents {
            let LocalParent::Build(key, arch) = parent else { continue };
            let arch = if *arch == build.arch { "${{ env.arch }}" } else { arch };
            steps.push(download(self.pins, &format!("{}-{arch}", super::expression::literal(key)), FROM));
        }
        let has_copies = job.local.parents.iter().any(|it| matches!(it, LocalParent::Copy(..)));
        let words = scripts.values.local_parents("\"").join(" ");
        let mut made = Script::new();
        made.line(&format!("from={FROM}"));
        made.line(&format!("set -- {words}"));
        if has_copies {
            made.text.push_str(crate::provider::script::TRY);
            made.text.push_str(&crate::provider::script::pull_as(crate::provider::builder::Builder::Docker));
        }
        made.text.push_str(&crate::provider::script::load(has_copies, None));
        steps.push(run(self.plan, ("Load the parents of this run", None), &made));
        steps
    }

    /// What a build has of its parents.
    fn parents(&self, job: &'p Job) -> Vec<Handed<'p>> {
        if !self.workflow.push {
            return Vec::new();
        }
        let Work::Build(build) = &job.work else { return Vec::new() };
        let handed = |parent: Parent| match parent {
            Parent::Build(key, arch) => {
                let (_, parent) = self.members.builds(&key).find(|(other, _)| *other == arch)?;
                Some(Handed::new(self.ids.of(&parent.name), self.values(parent), ("pushed", arch == build.arch)))
            }
            Parent::Index(key) => self.index(&key),
        };
        let mut all: Vec<Handed<'p>> = self.plan.parents(job).into_iter().filter_map(handed).collect();
        tell_apart(&mut all, self.workflow.vars.keys().cloned().collect());
        all
    }

    /// What the job has published that is the image's last: its index, or its copy.
    fn index(&self, key: &str) -> Option<Handed<'p>> {
        let publisher = self.members.publisher(key)?;
        // An index has the names of what was built.
        let named = match publisher.work {
            Work::Manifest(_) => self.members.builds(key).next()?.1,
            _ => publisher,
        };
        Some(Handed::new(self.ids.of(&publisher.name), self.values(named), ("published", true)))
    }

    /// The builds of an image, each with a word for its architecture.
    fn builds(&self, key: &str) -> Vec<(String, &'p Job)> {
        let words = words(self.members.builds(key).map(|(arch, _)| arch));
        words.into_iter().zip(self.members.builds(key)).map(|(word, (_, job))| (word, job)).collect()
    }

    /// The least that a job needs; nothing else is allowed in the file.
    fn permissions(&self, job: &Job) -> Option<Node> {
        let mut scopes = Vec::new();
        if matches!(job.work, Work::Build(_)) || (matches!(job.work, Work::Copy(_)) && job.setup.is_some()) {
            scopes.push(("contents", Node::text("read")));
        }
        if uses_token(self.plan) && (self.workflow.push || self.workflow.login) {
            let level = match job.work {
                Work::Build(_) if !self.workflow.push => "read",
                Work::Export(_) => "read",
                _ => "write",
            };
            scopes.push(("packages", Node::text(level)));
        }
        (!scopes.is_empty()).then(|| Node::map(scopes))
    }
}

/// The runner, by its label, or by several, or by its group
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idruns-on>).
fn runner(job: &Job) -> Node {
    let labels = |labels: &[String]| Node::list(labels.iter().map(|label| text(label)));
    match job.runner.as_slice() {
        [first, rest @ ..] if first.starts_with(GROUP) => {
            let group = ("group", text(first.trim_start_matches(GROUP)));
            let labels = (!rest.is_empty()).then(|| ("labels", labels(rest)));
            Node::map(std::iter::once(group).chain(labels))
        }
        [one] => text(one),
        all => labels(all),
    }
}

/// Which requests a workflow is for, as the condition of jobs that wait for none: those that wait for them are left out with
/// them. A fork that is gone has no name.
pub(super) fn condition(workflow: &Workflow) -> Option<Node> {
    let is_same = if workflow.trigger.forks? { "!=" } else { "==" };
    Some(Node::text(&format!("github.event.pull_request.head.repo.full_name {is_same} github.repository")))
}
