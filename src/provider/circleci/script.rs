//! The shell of CircleCI's jobs: what differs between workflows reaches it as parameters, whose values are words that were
//! quoted when generating.

use super::DIALECT;
use super::commands::{self, Features};
use super::lines::{install, push_all};
use super::parameter::{LOGIN, PUSH, REQUIRED, parameter_of};
use super::step::call;
use crate::names::VERSION;
use crate::plan::{Build, Context, Copy, Export, Plan, Tag, Work};
use crate::provider::builder::Builder;
use crate::provider::script::{
    self, BuildScript, Names, Pushes, Sometimes, Values, keeps_tags, kept_names, login, pushed_vars, tested_names,
};
use crate::spec::IndexFormat;
use crate::template::Template;
use crate::yaml::Node;

pub(super) struct Scripts<'p> {
    pub(super) values: Values<'p>,
    pub(super) features: &'p Features,
}

impl Scripts<'_> {
    fn assigned(&self) -> Assigned<'_, '_> {
        Assigned { scripts: self, is_later: false }
    }

    /// The parameters of the job: what differs between its workflows.
    pub(super) fn parameters(&self) -> Vec<(String, Option<String>)> {
        let mut parameters = Vec::new();
        let makes_tags = matches!(self.values.job.work, Work::Build(_) | Work::Copy(_));
        parameters.extend((makes_tags && self.values.same_tags().is_none()).then(|| ("tags".to_owned(), None)));
        if makes_tags && self.values.moves() && self.values.same_moving().is_none() {
            parameters.push(("moving".to_owned(), Some(String::new())));
        }
        if makes_tags && self.values.has_version() && self.version().is_none() {
            parameters.push(("git_version".to_owned(), Some(String::new())));
        }
        let late = self.values.workflow_tags().into_iter().filter(|name| self.workflow_tag(name).is_none());
        parameters.extend(late.map(|name| (name.to_owned(), None)));
        let is_mixed = self.values.pushes() == Pushes::Sometimes;
        parameters.extend(is_mixed.then(|| (PUSH.to_owned(), Some("true".to_owned()))));
        let logs_in = self.values.logs_in_locally();
        parameters.extend(logs_in.then(|| (LOGIN.to_owned(), Some("false".to_owned()))));
        let needs = !self.values.sometimes().is_empty();
        parameters.extend(needs.then(|| (REQUIRED.to_owned(), Some(String::new()))));
        parameters.extend(self.values.used_vars().into_iter().map(|var| (parameter_of(var), None)));
        parameters
    }

    /// The step that clones the context.
    pub(super) fn clone(&self, build: &Build) -> Node {
        let Context::Git { repository, reference, .. } = &build.context else { unreachable!("only git is cloned") };
        let (verb, arguments) = script::clone(&self.values, repository, reference);
        let command = if verb == "clone" { commands::CLONE } else { commands::FETCH };
        let names = self.early_names([repository, reference], &arguments);
        if names.is_empty() {
            return call(command, &[("arguments", &arguments)]);
        }
        call(command, &[("names", &names), ("arguments", &arguments)])
    }

    /// What must be assigned before these words can be used, in a step of its own.
    fn early_names(&self, values: [&Template; 2], arguments: &str) -> String {
        let uses = |name: &str| [format!("${name}"), format!("${{{name}}}")].iter().any(|it| arguments.contains(it));
        let required = self.values.environment(values.into_iter());
        let mut names: Vec<String> =
            required.iter().map(|name| format!(": \"${{{name}:?{}}}\"", DIALECT.advice)).collect();
        if VERSION.iter().any(|name| uses(name)) {
            names.extend(script::READ_VERSION.map(str::to_owned));
        }
        let tags = uses("tag");
        let workflow_tags = crate::names::WORKFLOW_TAG.iter().any(|name| uses(name));
        if (tags || workflow_tags) && self.values.needs_cleaning() {
            names.extend(script::CLEAN.lines().map(str::to_owned));
        }
        names.extend(if tags { self.assigned().tags(&self.values) } else { Vec::new() });
        names.extend(if workflow_tags { self.assigned().workflow_tags(&self.values) } else { Vec::new() });
        let vars =
            self.assigned().vars(&self.values, false).into_iter().chain(self.assigned().vars(&self.values, true));
        names.extend(vars.filter(|word| word.split('=').next().is_some_and(uses)));
        names.join("\n")
    }

    pub(super) fn build(&self, script: &BuildScript<'_>) -> String {
        let mut text = String::from("set -eu\n");
        push_all(&mut text, &script.before);
        text.push_str(&self.command(script));
        push_all(&mut text, &script.after);
        text
    }

    pub(super) fn build_script(&self) -> BuildScript<'_> {
        let Work::Build(build) = &self.values.job.work else { unreachable!("only builds build") };
        let takes_names =
            build.takes_names(self.features.knows_names()) && self.values.plan.has_parents(self.values.job);
        let pins = takes_names.then(|| vec![script::READ_PINS.to_owned()]);
        let script = BuildScript::new(self.values, self.features.builder, (&self.assigned(), pins));
        script.expect("it is a build")
    }

    /// The script of the step that tries what was built.
    pub(super) fn test(&self) -> String {
        let mut text = String::from("set -eu\n");
        for name in tested_names(&self.values) {
            text.push_str(&format!("{name}=$(cat .splitbuild/{name}); export {name}\n"));
        }
        let texts = BuildScript::test(self.values, &Assigned { scripts: self, is_later: true });
        push_all(&mut text, &texts.unwrap_or_default());
        text
    }

    fn command(&self, script: &BuildScript<'_>) -> String {
        if script.command.is_empty() {
            return String::new();
        }
        let start = if script.is_tried_again() { "until " } else { "" };
        format!("{start}{}\n", script.command_text(" \\\n  "))
    }

    /// The step that pushes what was built.
    pub(super) fn push(&self, build: &Build) -> Node {
        self.built(commands::PUSH, build)
    }

    /// The step that checks what was built, and keeps it if a build on it is to have it.
    pub(super) fn keep(&self, build: &Build, is_parent: bool) -> Node {
        self.built(if is_parent { commands::KEEP } else { commands::CHECK }, build)
    }

    /// A step that does something with what was built.
    fn built(&self, command: &str, build: &Build) -> Node {
        let values = &self.values;
        let images = values.images(&build.images);
        let kept = keeps_tags(values);
        let tags = if kept { "$(cat .splitbuild/tags)".into() } else { self.tags() };
        let moving = if kept { "$(cat .splitbuild/moving)".into() } else { self.moving() };
        let images = images.join(" ");
        let names = push_names(values);
        let mut parameters = vec![("images", images.as_str()), ("tags", &tags)];
        if command != commands::CHECK {
            parameters.insert(0, ("key", values.job.key.as_str()));
        }
        if !names.is_empty() {
            parameters.insert(0, ("names", &names));
        }
        let moves = values.moves() && command == commands::PUSH;
        parameters.extend(moves.then_some(("moving", moving.as_str())));
        let revision = format!("$(git -C {} rev-parse HEAD)", crate::plan::CLONE);
        if values.has_clone() && command == commands::PUSH {
            parameters.push(("revision", &revision));
        }
        let name = script::arch_name(values, &build.arch_image);
        parameters.extend(name.as_deref().map(|name| ("name", name)));
        call(command, &parameters)
    }

    /// The tags, as they stand between double quotes.
    fn tags(&self) -> String {
        match self.values.same_tags() {
            Some(tags) => self.values.tags(tags),
            None => "<< parameters.tags >>".to_owned(),
        }
    }

    /// The tags that move to the highest version, as they stand between double quotes.
    fn moving(&self) -> String {
        match self.values.same_moving() {
            Some(tags) => self.values.tags(tags),
            None => "<< parameters.moving >>".to_owned(),
        }
    }

    /// The step that takes the version apart, if the job refers to it.
    pub(super) fn read_version(&self) -> Option<Node> {
        let version = self.version().unwrap_or_else(|| "<< parameters.git_version >>".to_owned());
        self.values.has_version().then(|| call(commands::VERSION, &[("git_version", &version)]))
    }

    /// The word that is the version of every run of the job, if it is the same in all of them.
    fn version(&self) -> Option<String> {
        let values = &self.values;
        let mut all = values.runs.iter().map(|place| values.plan.workflows[*place].version.as_ref());
        let first = all.next()??;
        all.all(|other| other == Some(first)).then(|| values.word(first))
    }

    /// What is known late of the workflow's tag, if it is the same in every run of the job.
    fn workflow_tag(&self, name: &str) -> Option<String> {
        let mut all = self.values.runs.iter().map(|place| self.values.workflow_tag(name, *place));
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    pub(super) fn copy(&self, copy: &Copy) -> String {
        let values = &self.values;
        let mut text = String::from("set -eu\n");
        install(values.plan, &mut text);
        push_all(&mut text, &script::before_copy(values, &self.assigned(), copy));
        let from = format!("{}/.splitbuild", commands::PARENTS);
        text.push_str(&script::copy(values, copy, (&login::logins(values.plan), &from)));
        text
    }

    /// The script that saves what was published.
    pub(super) fn save(&self, export: &Export) -> String {
        let values = &self.values;
        let mut text = String::from("set -eu\n");
        install(values.plan, &mut text);
        for line in script::before_save(values, &self.assigned(), export) {
            text.push_str(&format!("{line}\n"));
        }
        if script::save_cleans(values, export) {
            text.push_str(script::CLEAN);
        }
        text.push_str(&script::save(values, export, (&login::logins(values.plan), ".splitbuild/export")));
        text
    }
}

/// What CircleCI hands in.
struct Assigned<'s, 'p> {
    scripts: &'s Scripts<'p>,
    /// Whether it is for a step after the one that has built, which has kept what only it could know.
    is_later: bool,
}

impl Names for Assigned<'_, '_> {
    fn vars(&self, values: &Values<'_>, is_late: bool) -> Vec<String> {
        let needs_setup = |var: &str| {
            let value = |place: &usize| values.plan.workflows[*place].vars.get(var);
            let mut all = values.runs.iter().filter_map(value);
            all.any(|value| value.names().any(crate::spec::is_upper_name))
        };
        let vars = values.used_vars().into_iter().filter(|var| needs_setup(var) == is_late);
        vars.map(|var| format!("{var}=<< parameters.{} >>", parameter_of(var))).collect()
    }

    fn tags(&self, values: &Values<'_>) -> Vec<String> {
        if self.is_later && keeps_tags(values) {
            return vec!["tags=\"$(cat .splitbuild/tags)\"".into(), "tag=${tags%% *}".into()];
        }
        let mut lines = vec![format!("tags=\"{}\"", self.scripts.tags()), "tag=${tags%% *}".into()];
        let is_read = matches!(values.job.work, Work::Copy(_)) || keeps_tags(values);
        lines.extend((is_read && values.moves()).then(|| format!("moving=\"{}\"", self.scripts.moving())));
        lines
    }

    fn version(&self, values: &Values<'_>) -> Vec<String> {
        if values.has_version() { script::READ_VERSION.map(str::to_owned).to_vec() } else { Vec::new() }
    }

    fn workflow_tags(&self, values: &Values<'_>) -> Vec<String> {
        let line = |name: &&str| match self.scripts.workflow_tag(name) {
            Some(text) => format!("{name}=\"{text}\""),
            None => format!("{name}=\"<< parameters.{name} >>\""),
        };
        let names = values.workflow_tags();
        let mut lines: Vec<String> = names.iter().map(line).collect();
        let exported: Vec<&str> = names.into_iter().filter(|name| values.job.scripts_mention(name)).collect();
        lines.extend((!exported.is_empty()).then(|| format!("export {}", exported.join(" "))));
        lines
    }

    fn exports(&self, values: &Values<'_>) -> Vec<String> {
        let mut lines = vec![
            "git_sha=$CIRCLE_SHA1 git_branch=${CIRCLE_BRANCH-} git_tag=${CIRCLE_TAG-} pipeline=<< pipeline.number >>"
                .into(),
            "git_short_sha=$(printf %.8s \"$git_sha\") git_ref=${git_tag:-$git_branch}".into(),
            "export git_sha git_short_sha git_branch git_tag git_ref pipeline".into(),
        ];
        lines.extend(values.plan.has_requests().then(|| format!("export pr=\"{}\"", DIALECT.pr)));
        lines
    }

    fn sometimes(&self, names: &Sometimes) -> Vec<String> {
        if names.is_empty() {
            return Vec::new();
        }
        let fail = format!("echo \"$name: {}\" >&2; exit 1;", DIALECT.advice);
        vec![
            format!("for name in << parameters.{REQUIRED} >>; do"),
            format!("  [ -n \"$(printenv \"$name\")\" ] || {{ {fail} }}"),
            "done".into(),
        ]
    }

    fn resolve(&self, _values: &Values<'_>) -> Vec<String> {
        Vec::new()
    }

    fn is_one_shell(&self) -> bool {
        false
    }

    fn knows_clean(&self) -> bool {
        false
    }

    fn keep(&self, values: &Values<'_>) -> Vec<String> {
        script::kept(values)
    }
}

/// What must be assigned before the names are known that are pushed.
pub(super) fn push_names(values: &Values<'_>) -> String {
    let kept = kept_names(values).into_iter().map(|name| format!("{name}=$(cat .splitbuild/{name})"));
    let vars = pushed_vars(values).into_iter().map(|var| format!("{var}=<< parameters.{} >>", parameter_of(var)));
    kept.chain(vars).collect::<Vec<_>>().join("\n")
}

impl Features {
    /// What of a plan the commands depend on.
    pub(super) fn of(plan: &Plan, all: &[Values<'_>]) -> Self {
        let tags = |values: &Values<'_>| values.needs_cleaning();
        let build = |values: &Values<'_>| match &values.job.work {
            Work::Build(build) => script::arch_name(values, &build.arch_image),
            _ => None,
        };
        let names: Vec<Option<String>> = all.iter().map(build).collect();
        let is_fixed = |values: &Values<'_>| {
            matches!(&values.job.work, Work::Manifest(manifest) if manifest.format == IndexFormat::Oci)
                && values.runs.iter().any(|place| {
                    plan.workflows[*place].version.is_none() && values.job.tags[*place].iter().any(Tag::is_fixed)
                })
        };
        Self {
            builder: Builder::of(plan),
            clean: all.iter().any(tags) || names.iter().flatten().any(|name| name.contains("$(clean ")),
            arch_names: names.iter().any(Option::is_some),
            late_names: all.iter().any(|values| !push_names(values).is_empty()),
            revisions: all.iter().any(Values::has_clone),
            fixed: all.iter().any(is_fixed),
            versions: all.iter().any(|values| matches!(values.job.work, Work::Build(_)) && values.has_version()),
            moves: all.iter().any(|values| matches!(values.job.work, Work::Build(_)) && values.moves()),
        }
    }

    /// Whether builds take what a name means.
    pub(super) fn knows_names(&self) -> bool {
        self.builder != Builder::Legacy
    }
}
