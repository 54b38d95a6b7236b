//! The shell of GitLab's jobs. Whoever starts a pipeline can override its variables, so what a job needs is assigned in its
//! script: by functions that all jobs share, and that a workflow's rule tells which workflow it is.

use std::collections::BTreeSet;

use super::item::Item;
use super::names::{SharedNames, names_are_late};
use super::settings::Settings;
use super::tidy::{self, Tidy};
use super::{DIALECT, SCHEDULED, local};
use crate::plan::{Build, Context, Copy, Export, JobId, Manifest, Plan, Step, Tool, Work};
use crate::provider::builder::Builder;
use crate::provider::manifest::{arches, platforms};
use crate::provider::script::{self, BuildScript, Pushes, Text, Values};
use crate::template::Template;

/// What a workflow that is none comes to.
const UNKNOWN: &str = "*) echo \"there is no workflow '$SPLITBUILD_WORKFLOW'\" >&2; exit 1 ;;";

/// The functions that jobs share, and what they depend on.
pub(super) struct Functions<'p> {
    plan: &'p Plan,
    values: Vec<Values<'p>>,
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
    fn varying_vars(&self) -> BTreeSet<&'p str> {
        self.values.iter().flat_map(Values::used_vars).collect()
    }

    fn cleans(&self) -> bool {
        let tags = |values: &Values<'_>| {
            values.runs.iter().any(|place| values.needs_cleaning(&self.plan.workflows[*place].tags))
        };
        let names = |values: &Values<'_>| match &values.job.work {
            Work::Build(build) => arch_name(values, build).is_some_and(|name| name.contains("$(clean ")),
            Work::Export(export) => script::save_cleans(values, export),
            _ => false,
        };
        self.values.iter().any(|values| tags(values) || names(values))
    }

    /// The function that tells the names of a run.
    pub(super) fn names(&self) -> Item {
        let mut text =
            String::from("# names: sets $tags to the tags of this run, and $fixed to those that are its alone.\n");
        if self.cleans() {
            text.push_str(script::CLEAN);
        }
        text.push_str(&format!("names() {{\n  case ${SCHEDULED} in\n"));
        let varying = self.varying_vars();
        for (place, workflow) in self.plan.workflows.iter().enumerate() {
            let Some(id) = workflow.jobs.first() else { continue };
            let runs = [place];
            let here = Values { runs: &runs, ..self.values[id.place()] };
            let tags: Vec<Template> = workflow.tags.iter().map(|tag| if_set(&here, tag)).collect();
            let mut words = vec![format!("tags=\"{}\"", here.tags(&tags))];
            let fixed = here.tags(&here.fixed(&workflow.tags));
            words.push(if fixed.is_empty() { "fixed=".into() } else { format!("fixed=\"{fixed}\"") });
            for var in varying.iter().filter(|var| self.is_late(var)) {
                words
                    .extend(workflow.vars.get(*var).map(|value| format!("{var}={}", here.word(&if_set(&here, value)))));
            }
            text.push_str(&format!("    {}) {} ;;\n", crate::shell::literal(&workflow.name), words.join(" ")));
        }
        text.push_str(&format!(
            "    {UNKNOWN}\n  esac\n  tag=${{tags%% *}}\n  \
             echo \"workflow: ${SCHEDULED}, tag: $tag, all tags: $tags, of this run alone: ${{fixed:-none}}\"\n}}\n"
        ));
        Item::Block(text)
    }

    /// Whether a var may need what `setup` exports.
    fn is_late(&self, var: &str) -> bool {
        let values = self.plan.workflows.iter().filter_map(|workflow| workflow.vars.get(var));
        values.flat_map(Template::names).any(crate::spec::is_upper_name)
    }

    /// The vars of a run that jobs of a kind may use from the beginning; not every one of them does.
    fn vars(&self, is_of_kind: fn(&Work) -> bool) -> Option<Item> {
        let jobs = self.values.iter().filter(|values| is_of_kind(&values.job.work));
        let used: BTreeSet<&str> = jobs.flat_map(Values::used_vars).collect();
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
        let engine = script::engine(self.builder);
        if self.is_lasting {
            items.push(Item::block(tidy::TIDY));
        }
        items.push(Item::Line(format!(
            "log_in() {{ printenv \"$2\" | {engine} login --username \"$1\" --password-stdin \"$3\"; }}"
        )));
        let mut logins = vec![String::from(
            "[ -z \"${CI_REGISTRY-}\" ] || [ -z \"${CI_REGISTRY_PASSWORD-}\" ] || try log_in \"$CI_REGISTRY_USER\" CI_REGISTRY_PASSWORD \"$CI_REGISTRY\"",
        )];
        for registry in &self.plan.registries {
            let required = registry.username.as_name().into_iter().chain([registry.password.as_str()]);
            logins.extend(required.map(|name| format!(": \"${{{name}:?{}}}\"", DIALECT.advice)));
            let user = crate::shell::word(&registry.username, &|name| std::borrow::Cow::Owned(name.to_owned()));
            logins.push(format!("try log_in {user} {} {}", registry.password, registry.host));
        }
        let is_local = self.plan.workflows.iter().any(|workflow| !workflow.push);
        match is_local {
            true => items.push(local::log_in(self.plan, &logins)),
            false => items.extend(logins.into_iter().map(Item::Line)),
        }
        items.extend(self.vars(|work| matches!(work, Work::Build(_))));
        items.push(self.names());
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
            let push = script::indented(&self.tidy().noted(&script::push(self.builder, arch_names)), 2);
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
        if let Tool::Install(install) = &self.plan.tool {
            before(&script::guarded("tool.install", install), (None, false), &mut items);
        }
        items.extend(self.vars(|work| !matches!(work, Work::Build(_))));
        items.extend(self.plan.registries.iter().filter_map(script::user).map(|line| Item::line(line.trim_end())));
        items.push(self.names());
        items
    }

    pub(super) fn publish(&self, usual: &Manifest) -> Item {
        let mut text = String::from("# publish KEY: checks all architectures, and publishes the index over them.\n");
        text.push_str(&format!(
            "publish() (\n  key=$1 platforms=${{2-{}}} arches=${{3-{}}}\n  set --\n  for arch in $arches; do\n    \
             set -- \"$@\" --digests \".splitbuild/$key-$arch\"\n  done\n  for each in $fixed; do\n    \
             set -- \"$@\" --fixed-tag \"$each\"\n  done\n  mkdir -p .splitbuild\n  splitbuild manifest",
            platforms(usual),
            arches(usual)
        ));
        for login in self.logins() {
            text.push_str(&format!(" \\\n    {login}"));
        }
        text.push_str(
            " \\\n    --run \"$CI_PROJECT_PATH/$CI_PIPELINE_IID\" \\\n    --platform \"$platforms\" \"$@\" \
             >\".splitbuild/$key-index\"\n  cat \".splitbuild/$key-index\"\n)\n",
        );
        Item::Block(text)
    }

    pub(super) fn logins(&self) -> Vec<String> {
        self.plan.registries.iter().map(script::login).collect()
    }
}

/// The value, whether or not the environment has all that it needs: not every job does.
fn if_set(values: &Values<'_>, value: &Template) -> Template {
    let name = |name: &str| crate::spec::is_upper_name(name).then(|| Template::name(&format!("${{{name}-}}")));
    values.filled(value).fill(name)
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
        items.push(Item::line("names"));
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
    let script = BuildScript::new(values, functions.builder, (&SharedNames(values.plan), takes_names))
        .expect("only builds are asked for");
    before(&script.before, (setup, functions.is_lasting), &mut items);
    if !script.command.is_empty() {
        if script.is_tried_again() {
            let mut text = format!("until {}\n", script.command_text(" \\\n  "));
            text.extend(script.after.iter().map(|line| format!("{}\n", line.text())));
            items.push(Item::Block(text));
        } else {
            items.push(Item::command(&script.command_text("\n"), &script.command_text(" \\\n  ")));
        }
    }
    items.extend(test(&values, build, takes_names));
    let images: Vec<String> = build.images.iter().map(|image| values.word(image)).collect();
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
        items.push(Item::line("names"));
    }
    before(&script::before_copy(values, &SharedNames(values.plan), copy), (setup, false), &mut items);
    items.push(Item::Block(script::copy(values, copy, &functions.logins())));
    items
}

/// The script that saves files at the root of the project, where later jobs find them.
pub(super) fn save(functions: &Functions<'_>, values: &Values<'_>, export: &Export) -> Vec<Item> {
    let mut items = Vec::new();
    items.extend(script::before_save(values, &SharedNames(values.plan), export).into_iter().map(Item::Line));
    if !values.used_vars().is_empty() {
        items.push(Item::line("names"));
    }
    items.push(Item::Block(script::save(values, export, (&functions.logins(), "."))));
    items
}
