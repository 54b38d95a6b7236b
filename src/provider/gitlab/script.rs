//! The shell of GitLab's jobs. Whoever starts a pipeline can override its variables, so what a job needs is assigned in its
//! script: by functions that all jobs share, and that a workflow's rule tells which workflow it is.

use std::collections::BTreeSet;

use super::item::Item;
use super::names::{SharedNames, call, names_are_late, published, used_vars};
use super::settings::Settings;
use super::tidy::{self, Tidy};
use super::{DIALECT, SCHEDULED, UNKNOWN, local};
use crate::plan::{Build, Context, Copy, Export, JobId, Password, Plan, Registry, Step, Tool, Work};
use crate::provider::builder::Builder;
use crate::provider::script::{self, BuildScript, Pushes, Text, Values, login};
use crate::template::Template;

/// The functions that jobs share, and what they depend on.
pub(super) struct Functions<'p> {
    pub(super) plan: &'p Plan,
    pub(super) values: Vec<Values<'p>>,
    pub(super) builder: Builder,
    /// Whether the daemon outlives the jobs.
    pub(super) is_lasting: bool,
    /// Whether an image is not pushed as `NAME:TAG-ARCH`.
    has_arch_names: bool,
    /// For every job, whether it keeps what it has built where nothing is pushed.
    pub(super) kept: Vec<bool>,
}

impl<'p> Functions<'p> {
    pub(super) fn of(plan: &'p Plan, runs: &'p [Vec<usize>]) -> Self {
        let values =
            plan.ids().map(|id| Values { plan, job: plan.job(id), runs: &runs[id.place()], dialect: &DIALECT });
        let Settings { builder, services, .. } = Settings::of(plan);
        let is_lasting = builder != Builder::Buildah && services.is_empty();
        let values: Vec<Values<'_>> = values.collect();
        let has_arch_names = values.iter().any(|values| match &values.job.work {
            Work::Build(build) => arch_name(values, build).is_some(),
            _ => false,
        });
        Self { plan, values, builder, is_lasting, has_arch_names, kept: plan.kept() }
    }

    /// Every job with the workflows that run it.
    pub(super) fn values(&self) -> &[Values<'p>] {
        &self.values
    }

    pub(super) fn knows_names(&self) -> bool {
        self.builder != Builder::Legacy
    }

    fn tidy(&self) -> Tidy {
        Tidy(self.is_lasting)
    }

    fn steps(&self) -> BTreeSet<&'static str> {
        let pushing = self.values.iter().filter(|values| values.pushes() != Pushes::Never);
        let steps = pushing.flat_map(|values| self.plan.steps(values.job, self.knows_names()));
        let name = |step| match step {
            Step::Clone => Some("clone"),
            Step::Pin => Some("pin"),
            Step::PullParents => Some("pull"),
            _ => None,
        };
        steps.filter_map(name).collect()
    }

    /// The vars that a job must get, because they differ between workflows.
    pub(super) fn varying_vars(&self) -> BTreeSet<&'p str> {
        self.values.iter().flat_map(used_vars).collect()
    }

    pub(super) fn cleans(&self) -> bool {
        let names = |values: &Values<'_>| match &values.job.work {
            Work::Build(build) => arch_name(values, build).is_some_and(|name| name.contains("$(clean ")),
            Work::Export(export) => script::save_cleans(values, export),
            _ => false,
        };
        self.values.iter().any(|values| values.needs_cleaning() || names(values))
    }

    /// Whether a var may need what `setup` exports.
    pub(super) fn is_late(&self, var: &str) -> bool {
        let values = self.plan.workflows.iter().filter_map(|workflow| workflow.vars.get(var));
        values.flat_map(Template::names).any(crate::spec::is_upper_name)
    }

    /// The vars of a run that jobs of a kind may use from the beginning; not every one of them does.
    fn vars(&self, is_of_kind: fn(&Work) -> bool) -> Option<Item> {
        let jobs = self.values.iter().filter(|values| is_of_kind(&values.job.work));
        let used: BTreeSet<&str> = jobs.flat_map(used_vars).collect();
        let early: Vec<&str> = used.into_iter().filter(|var| !self.is_late(var)).collect();
        if early.is_empty() {
            return None;
        }
        let mut text = format!("# What differs between workflows.\ncase ${SCHEDULED} in\n");
        for (place, workflow) in self.plan.workflows.iter().enumerate() {
            let Some(id) = workflow.jobs.first() else { continue };
            let runs = [place];
            let here = Values { runs: &runs, ..self.values[id.place()] };
            let word = |var: &&str| workflow.vars.get(*var).map(|value| format!("{var}={}", here.word(value)));
            let words: Vec<String> = early.iter().filter_map(word).collect();
            text.push_str(&format!("  {}) export {} ;;\n", crate::shell::literal(&workflow.name), words.join(" ")));
        }
        text.push_str(&format!("  {UNKNOWN}\nesac\n"));
        Some(Item::Block(text))
    }

    /// What stands before every build, but for its platform.
    pub(super) fn before_build(&self) -> Vec<Item> {
        let mut items = vec![Item::line("set -eu"), Item::block(script::TRY)];
        items.extend(local::request(self.plan));
        let engine = script::engine(self.builder);
        if self.is_lasting {
            items.push(Item::block(tidy::TIDY));
        }
        items.push(Item::Line(format!(
            "log_in() {{ printenv \"$2\" | {engine} login --username \"$1\" --password-stdin \"$3\"; }}"
        )));
        let line = |text: String| vec![Text::Line(text)];
        let mut logins = vec![line(
            "[ -z \"${CI_REGISTRY_PASSWORD-}\" ] || try log_in \"$CI_REGISTRY_USER\" CI_REGISTRY_PASSWORD \"$CI_REGISTRY\"".into(),
        )];
        for registry in &self.plan.registries {
            let required = login::required(registry);
            logins.extend(required.map(|name| line(format!(": \"${{{name}:?{}}}\"", DIALECT.advice))));
            let user = crate::shell::word(&registry.username, &|name| std::borrow::Cow::Owned(name.to_owned()));
            logins.extend(Some(login::made_password(self.plan, registry)).filter(|texts| !texts.is_empty()));
            let (password, host) = (login::password(self.plan, registry), &registry.host);
            // The project's own shell in this job has no use for it.
            let forget = match &registry.password {
                Password::Script(_) => format!("; unset {password}"),
                Password::Variable(_) => String::new(),
            };
            logins.push(line(format!("try log_in {user} {password} {host}{forget}")));
        }
        let is_local = self.plan.workflows.iter().any(|workflow| !workflow.push);
        match is_local {
            true => items.push(local::log_in(self.plan, &logins.concat())),
            false => items.extend(logins.iter().map(|texts| item(texts))),
        }
        items.extend(self.version());
        items.extend(self.vars(is_build));
        items.push(self.names(is_build));
        let steps = self.steps();
        if steps.contains("clone") {
            items.push(Item::Line("export GIT_TERMINAL_PROMPT=0".into()));
            let has = |is_name: bool| {
                self.values.iter().any(|values| clone_of(values).is_some_and(|(verb, _)| (verb == "clone") == is_name))
            };
            items.extend(has(true).then(|| Item::block(script::CLONE)));
            items.extend(has(false).then(|| Item::block(script::FETCH)));
        }
        if steps.contains("pin") {
            let text =
                "# pin FILE...: pins the parents to the digests of this run, wherever their tags point by now.\n";
            items.push(Item::Block(format!(
                "{text}pin() (\n  from=.splitbuild\n  mkdir -p .splitbuild\n{})\n",
                script::indented(script::PIN, 2)
            )));
        }
        if steps.contains("pull") {
            let text = "# pull FILE...: pulls this run's parents, by digest, and gives them their names.\n";
            let pull = script::indented(&self.tidy().noted(script::PULL), 2);
            items.push(Item::Block(format!(
                "{}{text}pull() (\n  from=.splitbuild\n{pull})\n",
                script::pull_as(self.builder)
            )));
        }
        if self.values.iter().any(|values| values.pushes() != Pushes::Never) {
            let arch_names = self.has_arch_names;
            let push = script::indented(
                &self.tidy().noted(&script::push(self.builder, (arch_names, self.moves(is_build)))),
                2,
            );
            let mut text = script::functions(self.builder).to_owned();
            text.push_str(
                "# push KEY IMAGE...: checks what was built, pushes it under every tag, and hands on what was pushed.\n",
            );
            text.push_str(&format!("push() (\n  key=$1\n  shift\n{push})\n"));
            items.push(Item::Block(text));
        }
        if is_local {
            let jobs: Vec<_> = self.values.iter().zip(self.kept.iter().copied()).collect();
            let has_pull = steps.contains("pull");
            items.extend(local::functions(&jobs, (self.builder, self.has_arch_names, has_pull), self.tidy()));
        }
        items
    }

    /// What stands before every job that runs splitbuild.
    pub(super) fn before_publish(&self) -> Vec<Item> {
        let mut items = vec![Item::line("set -eu")];
        items.extend(local::request(self.plan));
        if let Tool::Install(install) = &self.plan.tool {
            before(&script::install(install), (None, false), &mut items);
        }
        if let Some((functions, text)) = script::download(self.plan) {
            let says = "# fetch_splitbuild: runs nothing whose sum is another than the matrix says.\n";
            let text = script::indented(&text, 2);
            items.push(Item::Block(format!("{functions}{says}fetch_splitbuild() (\n{text})\n")));
            items.push(Item::line("fetch_splitbuild"));
            items.push(Item::line(script::FIND));
        }
        items.extend(self.version());
        items.extend(self.vars(|work| !matches!(work, Work::Build(_))));
        items.extend(self.plan.registries.iter().filter_map(login::user).map(|line| Item::line(line.trim_end())));
        items.extend(self.plan.registries.iter().filter_map(|it| made_password(self.plan, it)));
        items.push(self.names(|work| matches!(work, Work::Copy(_))));
        items
    }

    pub(super) fn logins(&self) -> Vec<String> {
        login::logins(self.plan)
    }
}

fn is_build(work: &Work) -> bool {
    matches!(work, Work::Build(_))
}

/// Lines of ours an item each; what belongs together is one.
fn item(texts: &[Text]) -> Item {
    match texts {
        [Text::Line(line)] => Item::Line(line.clone()),
        texts => Item::Block(texts.iter().map(|text| format!("{}\n", text.text())).collect()),
    }
}

/// The shell that makes the password of a registry, if it is made in the job.
fn made_password(plan: &Plan, registry: &Registry) -> Option<Item> {
    let texts = login::made_password(plan, registry);
    (!texts.is_empty()).then(|| item(&texts))
}

/// How the context is cloned: the function, and its arguments.
fn clone_of(values: &Values<'_>) -> Option<(&'static str, String)> {
    let Work::Build(build) = &values.job.work else { return None };
    let Context::Git { repository, reference, .. } = &build.context else { return None };
    Some(script::clone(values, repository, reference))
}

/// The function that tells the per-architecture names of a build, if they are not the usual ones.
fn arch_name(values: &Values<'_>, build: &Build) -> Option<String> {
    script::arch_name(values, &build.arch_image)
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) items: Vec<Item>,
    /// The words of the command that builds, as a shell takes them, if it is one of ours.
    pub(super) build_command: Option<Vec<Template>>,
}

/// The script of a build, item by item; its `setup` is that of the hidden job of this name, if there is one.
pub(super) fn build(functions: &Functions<'_>, id: JobId, build: &Build, setup: Option<&str>) -> Script {
    let (values, is_kept) = (functions.values[id.place()], functions.kept[id.place()]);
    let mut items = Vec::new();
    if !names_are_late(&values) {
        items.extend(call(&values).into_iter().map(Item::Line));
    }
    if let Some((verb, arguments)) = clone_of(&values) {
        if let Context::Git { repository, reference, .. } = &build.context {
            let required = values.environment([repository, reference].into_iter());
            items.extend(required.iter().map(|name| Item::Line(format!(": \"${{{name}:?{}}}\"", DIALECT.advice))));
        }
        items.push(Item::Line(format!("try {verb} {arguments}")));
    }
    let parents = values.parents("\"");
    let has_parents = values.plan.has_parents(values.job);
    let takes_names = build.takes_names(functions.knows_names()) && has_parents;
    if has_parents {
        let verb = if takes_names { "pin" } else { "pull" };
        items.push(local::parents(&values, &format!("{verb} {}", parents.join(" "))));
    }
    let pins = takes_names.then(|| vec![script::READ_PINS.to_owned()]);
    let script = BuildScript::new(values, functions.builder, (&SharedNames(values.plan), pins))
        .expect("only builds are asked for");
    before(&script.before, (setup, functions.is_lasting), &mut items);
    if !script.command.is_empty() {
        if script.is_tried_again() {
            let mut text = format!("until {}\n", script.command_text(" \\\n  "));
            text.extend(script.after.iter().map(|line| format!("{}\n", line.text())));
            items.push(Item::Block(text));
        } else {
            items.push(Item::command(&script.command_text("\n"), &script.command_text(" \\\n  ")));
            items.extend(script.after.iter().map(|line| Item::line(line.text())));
        }
    }
    items.extend(test(&values, build, takes_names));
    let images = values.images(&build.images);
    if functions.has_arch_names {
        let name = arch_name(&values, build);
        let name = name.as_deref().unwrap_or(script::USUAL_NAME);
        items.push(Item::Line(format!("arch_name() {{ echo \"{name}\"; }}")));
    }
    items.push(local::push((&values, is_kept), &images.join(" ")));
    Script { items, build_command: script.build_command() }
}

/// The project's test, in a shell that keeps its folder and its end to itself, and without the arguments of the build.
fn test(values: &Values<'_>, build: &Build, takes_names: bool) -> Option<Item> {
    let texts = script::test_in_context(values, build)?;
    let names: Vec<String> = build.images.iter().map(ToString::to_string).collect();
    let mut block = format!("# Test {}\n(\n", names.join(" and "));
    block.push_str(if takes_names { "set --\n" } else { "" });
    texts.iter().for_each(|text| block.push_str(&format!("{}\n", text.text())));
    block.push_str(")\n");
    Some(Item::Block(block))
}

/// What stands before the build: a line an item, but for what belongs together.
fn before(texts: &[Text], (setup, is_lasting): (Option<&str>, bool), items: &mut Vec<Item>) {
    let mut texts = texts.iter();
    while let Some(text) = texts.next() {
        match text {
            Text::Line(line) if line == "(" || line.starts_with("for try in ") => {
                let mut block = format!("{line}\n");
                texts.by_ref().for_each(|text| {
                    block.push_str(text.text());
                    block.push('\n');
                });
                items.push(Item::Block(block));
            }
            // What is to be done in the end still is, whatever the project's shell has said about it.
            Text::Line(line) if line == script::AS_BEFORE && is_lasting => {
                items.push(Item::Line(format!("{line}; trap tidy EXIT")));
            }
            Text::Line(line) => items.push(Item::Line(line.clone())),
            Text::Project(script) => match setup {
                Some(hidden) => items.push(Item::Reference(hidden.to_owned(), "script")),
                None => items.push(Item::Block(script.clone())),
            },
        }
    }
}

pub(super) fn copy(functions: &Functions<'_>, values: &Values<'_>, copy: &Copy, setup: Option<&str>) -> Vec<Item> {
    let mut items = Vec::new();
    if !names_are_late(values) {
        items.extend(call(values).into_iter().map(Item::Line));
    }
    before(&script::before_copy(values, &SharedNames(values.plan), copy), (setup, false), &mut items);
    items.push(Item::Block(script::copy(values, copy, (&functions.logins(), ".splitbuild"))));
    items
}

/// The script that saves files at the root of the project, where later jobs find them.
pub(super) fn save(functions: &Functions<'_>, values: &Values<'_>, export: &Export) -> Vec<Item> {
    let mut items = Vec::new();
    items.extend(script::before_save(values, &SharedNames(values.plan), export).into_iter().map(Item::Line));
    if !values.used_vars().is_empty() {
        items.extend(published(values).into_iter().map(Item::Line));
    }
    items.push(Item::Block(script::save(values, export, (&functions.logins(), "."))));
    items
}
