//! The shell of GitHub's jobs. A file is one workflow, so nothing differs between runs but what the run knows; every step is
//! a shell of its own.

use std::collections::BTreeSet;

use super::settings::Settings;
use super::variables::{is_made, of_scripts};
use crate::plan::{Build, Context, Plan, Tag, Tool, Work};
use crate::provider::builder::Builder;
use crate::provider::script::{
    self, BuildScript, Names, READ_VERSION, Text, Values, keeps_tags, kept_names, login, tested_names,
};
use crate::template::Template;
use crate::yaml::Node;

/// The scripts of a job in the workflow that is its only run.
#[derive(Clone, Copy)]
pub(super) struct Scripts<'p> {
    pub(super) values: Values<'p>,
}

/// A script, and what of the environment it needs.
#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    pub(super) text: String,
    /// Names of secrets and variables.
    pub(super) names: BTreeSet<String>,
    /// What is known when generating, by the names that the script has for it.
    pub(super) known: Vec<(&'static str, String)>,
}

impl Script {
    pub(super) fn new() -> Self {
        Self { text: "set -eu\n".into(), ..Self::default() }
    }

    /// What takes the pins of a file as arguments.
    pub(super) fn read_pins() -> Self {
        Self { text: script::READ_PINS.to_owned(), ..Self::default() }
    }

    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub(super) fn lines(&mut self, lines: &[impl AsRef<str>]) {
        lines.iter().for_each(|line| self.line(line.as_ref()));
    }

    pub(super) fn texts(&mut self, texts: &[Text]) {
        texts.iter().for_each(|text| self.line(text.text()));
    }
}

impl<'p> Scripts<'p> {
    fn plan(&self) -> &'p Plan {
        self.values.plan
    }

    /// The names of the environment that these values need, and no preparation makes.
    fn outside<'v>(&self, values: impl Iterator<Item = &'v Template>) -> BTreeSet<String> {
        let mut names = self.values.environment(values);
        names.retain(|name| !is_made(self.values.job, name));
        names
    }

    /// The same for its tags.
    fn outside_of_tags(&self) -> BTreeSet<String> {
        let tags: Vec<Template> = self.values.all_tags().map(Tag::full).collect();
        self.outside(tags.iter())
    }

    /// The names that the project's scripts may use.
    fn of_scripts(&self, has_scripts: bool, names: &mut BTreeSet<String>) {
        names.extend(of_scripts(self.plan()).filter(|name| has_scripts && !is_made(self.values.job, name)));
    }

    /// What takes the version apart, if the job refers to it.
    pub(super) fn read_version(&self) -> Option<Script> {
        let version = self.plan().workflows[*self.values.runs.first()?].version.as_ref()?;
        if !self.values.has_version() && !self.values.moves() {
            return None;
        }
        let mut script = Script::new();
        let word = self.values.word(version);
        script.names = self.outside(std::iter::once(version));
        script.line(&format!("git_version_minor='' git_version_major='' git_version={word}"));
        script.text.push_str("if [ -n \"$git_version\" ]; then\n");
        script.text.push_str(&script::indented(script::VERSION, 2));
        script.line("fi");
        script.line("mkdir -p .splitbuild");
        script.line("echo \"$git_version $git_version_minor $git_version_major\" | tee .splitbuild/version");
        Some(script)
    }

    /// What gets the context.
    pub(super) fn clone(&self, build: &Build) -> Script {
        let Context::Git { repository, reference, .. } = &build.context else { unreachable!("only git is cloned") };
        let values = &self.values;
        let (verb, arguments) = script::clone(values, repository, reference);
        let mut script = Script::new();
        let known = |value: &Template| values.filled(value).as_literal().map(str::to_owned);
        let arguments = match (known(repository), known(reference)) {
            (Some(repository), Some(reference)) => {
                script.known.push(("repository", repository));
                let is_default = verb == "clone" && reference.is_empty();
                script.known.extend((!is_default).then_some(("reference", reference)));
                match (verb, is_default) {
                    ("clone", true) => "-- \"$repository\"".to_owned(),
                    ("clone", false) => "--branch \"$reference\" -- \"$repository\"".to_owned(),
                    _ => "\"$repository\" \"$reference\"".to_owned(),
                }
            }
            _ => arguments,
        };
        script.names = self.outside([repository, reference].into_iter());
        let filled = [repository, reference].map(|value| values.filled(value));
        let has_tag = filled.iter().any(|value| value.mentions("tag"));
        if has_tag {
            script.names.extend(self.outside_of_tags());
        }
        script.lines(&required(values, &script.names.clone()));
        if filled.iter().flat_map(Template::names).any(|name| crate::names::VERSION.contains(&name)) {
            script.lines(&READ_VERSION);
        }
        if has_tag {
            if values.needs_cleaning() {
                script.text.push_str(script::CLEAN);
            }
            script.lines(&self.tags(values));
        }
        script.line("export GIT_TERMINAL_PROMPT=0");
        script.text.push_str(script::TRY);
        script.text.push_str(if verb == "clone" { script::CLONE } else { script::FETCH });
        script.line(&format!("try {verb} {arguments}"));
        script
    }

    pub(super) fn build_script(&self, pins: Option<Vec<String>>) -> BuildScript<'p> {
        BuildScript::new(self.values, Builder::Docker, (self, pins)).expect("it is a build")
    }

    /// What builds; `pins` is what of the environment its parents' names need.
    pub(super) fn build(&self, build: &Build, script: &BuildScript<'_>, pins: BTreeSet<String>) -> Script {
        let mut made = Script::new();
        made.lines(&self.on_branch());
        made.texts(&script.before);
        if !script.command.is_empty() {
            let start = if script.is_tried_again() { "until " } else { "" };
            made.line(&format!("{start}{}", script.command_text(" \\\n  ")));
        }
        made.texts(&script.after);
        let mut needed: Vec<Template> = script.command.iter().flatten().cloned().collect();
        needed.extend(build.images.iter().cloned().chain([build.arch_image.clone(), build.context.path()]));
        needed.extend(self.values.all_tags().map(Tag::full));
        let vars = self.values.runs.iter().flat_map(|place| self.plan().workflows[*place].vars.values());
        let has_scripts = self.values.job.scripts().next().is_some();
        needed.extend(vars.filter(|_| has_scripts).cloned());
        made.names = self.outside(needed.iter());
        made.names.extend(pins);
        made.names.extend(build.required.iter().filter(|name| !is_made(self.values.job, name)).cloned());
        self.of_scripts(has_scripts, &mut made.names);
        made
    }

    /// The lines that fail where the clock has started the workflow on another branch than the matrix says.
    pub(super) fn on_branch(&self) -> Vec<String> {
        let trigger = &self.plan().workflows[self.values.runs[0]].trigger;
        let Some(branch) = trigger.schedule.as_ref().and(trigger.branches.first()) else { return Vec::new() };
        let branch = crate::shell::literal(branch.text());
        vec![
            format!("[ \"$GITHUB_REF_NAME\" = {branch} ] ||"),
            format!("  {{ echo \"this is $GITHUB_REF_NAME, and the schedule is for\" {branch} >&2; exit 1; }}"),
        ]
    }

    /// What tries what was built.
    pub(super) fn test(&self) -> Script {
        let mut made = Script::new();
        for name in tested_names(&self.values) {
            made.line(&format!("{name}=$(cat .splitbuild/{name}); export {name}"));
        }
        made.texts(&BuildScript::test(self.values, self).unwrap_or_default());
        let vars = self.values.runs.iter().flat_map(|place| self.plan().workflows[*place].vars.values());
        let images = match &self.values.job.work {
            Work::Build(build) => build.images.as_slice(),
            _ => &[],
        };
        made.names = self.outside(vars.chain(images));
        made.names.extend(self.outside_of_tags());
        made.names.retain(|name| !tested_names(&self.values).contains(name));
        self.of_scripts(true, &mut made.names);
        made
    }

    /// What gives a later step the names that are pushed: `$tags`, and `"$@"`, the images.
    pub(super) fn built(&self, build: &Build) -> Script {
        let values = &self.values;
        let mut made = Script::new();
        let kept = kept_names(values);
        for name in &kept {
            made.line(&format!("{name}=$(cat .splitbuild/{name})"));
        }
        made.names = self.outside(build.images.iter().chain([&build.arch_image]));
        made.names.retain(|name| !kept.contains(name));
        let arch_name = script::arch_name(values, &build.arch_image);
        let cleans = arch_name.as_deref().is_some_and(|name| name.contains("$(clean "));
        match (keeps_tags(values), self.known_tags()) {
            (true, _) => made.line("tags=$(cat .splitbuild/tags)"),
            (_, Some(tags)) => made.known.push(("tags", tags)),
            (_, None) => {
                if values.has_version() {
                    made.lines(&READ_VERSION);
                }
                self.clean(&mut made);
                made.names.extend(self.outside_of_tags());
                made.line(&format!("tags=\"{}\"", values.tags(values.same_tags().unwrap_or_default())));
            }
        }
        if cleans && !made.text.contains("clean() ") {
            made.text.push_str(script::CLEAN);
        }
        match known_images(values, &build.images) {
            Some(images) => {
                made.known.push(("images", images));
                made.line("for image in $images; do set -- \"$@\" \"$image\"; done");
            }
            None => made.line(&format!("set -- {}", values.images(&build.images).join(" "))),
        }
        if let Some(name) = arch_name {
            made.line(&format!("arch_name() {{ echo \"{name}\"; }}"));
        }
        made
    }

    /// What checks, pushes and hands on.
    pub(super) fn push(&self, build: &Build) -> Script {
        let values = &self.values;
        let has_arch_names = script::arch_name(values, &build.arch_image).is_some();
        let mut made = self.built(build);
        match values.has_clone() {
            true => made.line(&format!("pushed=$(git -C {} rev-parse HEAD)", crate::plan::CLONE)),
            false => made.line(&format!("pushed=${}", values.dialect.sha)),
        }
        made.text.push_str(script::TRY);
        made.text.push_str(script::functions(Builder::Docker));
        made.text.push_str(&script::push_outputs(Builder::Docker, has_arch_names));
        if keeps_tags(values) {
            let moving = if values.moves() { " echo \"moving=$(cat .splitbuild/moving)\";" } else { "" };
            let tags = format!("{{ echo \"pushed=$pushed\"; echo \"tags=$tags\";{moving} }} >>\"$GITHUB_OUTPUT\"");
            made.line(&tags);
        } else {
            made.line("echo \"pushed=$pushed\" >>\"$GITHUB_OUTPUT\"");
        }
        made
    }

    /// What checks what was built, and keeps it for the builds on it.
    pub(super) fn keep(&self, build: &Build, is_parent: bool) -> Script {
        let has_arch_names = script::arch_name(&self.values, &build.arch_image).is_some();
        let mut made = self.built(build);
        made.text.push_str(&script::check(Builder::Docker, has_arch_names));
        if is_parent {
            made.known.insert(0, ("key", self.values.job.key.clone()));
            made.text.push_str(&script::keep(Builder::Docker, has_arch_names, None));
        }
        made
    }

    /// The tags as words, if they are known when generating.
    pub(super) fn known_tags(&self) -> Option<String> {
        self.known(self.values.same_tags().unwrap_or_default())
    }

    pub(super) fn known(&self, tags: &[Tag]) -> Option<String> {
        let known = |tag: &Tag| self.values.filled(&tag.full()).as_literal().map(str::to_owned);
        tags.iter().map(known).collect::<Option<Vec<_>>>().map(|tags| tags.join(" "))
    }

    /// The function that cleans, if it is called.
    pub(super) fn clean(&self, made: &mut Script) {
        if self.values.needs_cleaning() {
            made.text.push_str(script::CLEAN);
        }
    }

    /// What fetches splitbuild, in a step before.
    pub(super) fn download(&self) -> Option<Script> {
        let mut made = Script::new();
        let (functions, text) = script::download(self.plan())?;
        made.text.push_str(&functions);
        made.text.push_str(&text);
        Some(made)
    }

    /// What a step that publishes does before anything else.
    pub(super) fn published(&self) -> Script {
        let plan = self.plan();
        let mut made = Script::new();
        match &plan.tool {
            Tool::Install(install) => {
                made.texts(&script::install(install));
                self.of_scripts(true, &mut made.names);
            }
            Tool::Download(_) => made.line(script::FIND),
            Tool::Image(_) => {}
        }
        self.of_scripts(has_login_scripts(plan), &mut made.names);
        for registry in &plan.registries {
            made.text.extend(login::user(registry));
            made.texts(&login::made_password(plan, registry));
            made.names.extend(login::required(registry).map(str::to_owned));
        }
        made
    }

    /// The names that jobs of this workflow are logged in with.
    pub(super) fn log_in(&self, if_set: bool) -> Option<Script> {
        let plan = self.plan();
        if plan.registries.is_empty() {
            return None;
        }
        let mut made = Script::new();
        let logins = plan.registries.iter().flat_map(login::required);
        made.names.extend(logins.map(str::to_owned));
        if !if_set {
            made.lines(&required(&self.values, &made.names.clone()));
        }
        made.text.push_str(script::TRY);
        made.line("log_in() { printenv \"$2\" | docker login --username \"$1\" --password-stdin \"$3\"; }");
        for registry in &plan.registries {
            if if_set {
                made.texts(&login::if_set(plan, registry));
                continue;
            }
            made.texts(&login::made_password(plan, registry));
            let user = crate::shell::word(&registry.username, &|name| std::borrow::Cow::Owned(name.to_owned()));
            made.line(&format!("try log_in {user} {} {}", login::password(plan, registry), registry.host));
        }
        self.of_scripts(has_login_scripts(plan), &mut made.names);
        Some(made)
    }
}

/// The images as words, if they are known when generating.
pub(super) fn known_images(values: &Values<'_>, images: &[Template]) -> Option<String> {
    let filled = images.iter().map(|image| values.filled(image));
    let known: Option<Vec<String>> = filled.map(|image| image.as_literal().map(str::to_owned)).collect();
    Some(known?.into_iter().filter(|image| !image.is_empty()).collect::<Vec<_>>().join(" "))
}

/// The lines that fail by name where one of these is empty.
pub(super) fn required(values: &Values<'_>, names: &BTreeSet<String>) -> Vec<String> {
    let one = |name: &String| format!(": \"${{{name}:?{}}}\"", values.dialect.advice);
    names.iter().filter(|name| !name.starts_with("GITHUB_")).map(one).collect()
}

/// Whether a script of the project makes the password of a registry.
fn has_login_scripts(plan: &Plan) -> bool {
    plan.registries.iter().any(|it| matches!(it.password, crate::plan::Password::Script(_)))
}

/// Whether the run's own token is what a registry takes.
pub(super) fn uses_token(plan: &Plan) -> bool {
    plan.registries.iter().flat_map(login::required).any(|name| name == super::TOKEN)
}

/// The steps of the project around those of every build.
pub(super) fn own_steps(plan: &Plan) -> (&[Node], &[Node]) {
    let settings = Settings::of(plan);
    (settings.pre_steps, settings.post_steps)
}
