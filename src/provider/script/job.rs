//! What a build job's own step runs: the project's preparation, the names that its values need, the build.

use std::collections::BTreeSet;

use super::command::command;
use super::names::{Names, exported};
use super::{AS_BEFORE, CLEAN, READ_PINS, Values, engine};
use crate::plan::{Build, CLONE, Recipe, Tag, Work};
use crate::provider::builder::Builder;
use crate::shell;
use crate::template::Template;

/// The names of the language that are printed before a build refers to them.
const SHOWN: &[&str] = &[
    "tag",
    "arch_tag",
    "arch",
    "platform",
    "revision",
    "git_sha",
    "git_short_sha",
    "git_branch",
    "git_tag",
    "git_ref",
    "git_version",
    "workflow_tag",
];

/// What a failed build says where the machine may be none of the platform's. Some 64-bit Arm processors have no 32-bit mode
/// (<https://developer.arm.com/documentation/102374/latest/>); an emulator runs any platform, slowly
/// (<https://docs.docker.com/build/building/multi-platform/#qemu>).
const FOREIGN: &str =
    "echo \"an 'exec format error' means that this machine cannot run $platform: setup can install binfmt\" >&2";

/// The script of a build job's own step.
pub(in crate::provider) struct BuildScript<'p> {
    pub(in crate::provider) before: Vec<Text>,
    /// The build command, line by line; of a script of the project there is none.
    pub(in crate::provider) command: Vec<Vec<Template>>,
    pub(in crate::provider) after: Vec<Text>,
    values: Values<'p>,
    build: &'p Build,
    engine: &'static str,
    /// Whether a script of the project comes after the names of the run are known.
    has_scripts_after: bool,
}

#[derive(Clone)]
pub(in crate::provider) enum Text {
    Line(String),
    /// Shell of the project, as it was written.
    Project(String),
}

impl Text {
    /// The text, without a line break at its end.
    pub(in crate::provider) fn text(&self) -> &str {
        match self {
            Self::Line(text) => text,
            Self::Project(text) => text.strip_suffix('\n').unwrap_or(text),
        }
    }

    fn line(text: &str) -> Self {
        Self::Line(text.to_owned())
    }
}

impl<'p> BuildScript<'p> {
    /// The script of a job that builds; `pins` are the lines that give the build its parents as arguments, if it takes them so.
    pub(in crate::provider) fn new(
        values: Values<'p>,
        builder: Builder,
        (names, pins): (&dyn Names, Option<Vec<String>>),
    ) -> Option<Self> {
        let Work::Build(build) = &values.job.work else { return None };
        let has_scripts_after =
            matches!(build.recipe, Recipe::Script(_)) || (build.test.is_some() && names.is_one_shell());
        let engine = engine(builder);
        let mut script = Self::empty(values, build, (engine, has_scripts_after));
        let has_scripts = values.job.setup.is_some() || has_scripts_after;
        if let Recipe::Docker(_) = &build.recipe {
            script.command = command(&values, build, (engine, pins.is_some()));
        }
        script.lines(names.version(&values));
        if has_scripts {
            script.lines(exported(&values, names, false));
        }
        script.setup();
        script.names(names, has_scripts);
        match &build.recipe {
            Recipe::Docker(_) => script.around_docker(pins),
            Recipe::Script(run) => script.around_script(run),
        }
        Some(script)
    }

    fn empty(values: Values<'p>, build: &'p Build, (engine, has_scripts_after): (&'static str, bool)) -> Self {
        Self { before: Vec::new(), command: Vec::new(), after: Vec::new(), values, build, engine, has_scripts_after }
    }

    /// The project's test, in a shell of its own after that which has built.
    pub(in crate::provider) fn test(values: Values<'p>, names: &dyn Names) -> Option<Vec<Text>> {
        let Work::Build(build) = &values.job.work else { return None };
        let mut script = Self::empty(values, build, ("", true));
        script.lines(names.version(&values));
        script.lines(exported(&values, names, false));
        script.lines(exported(&values, names, true));
        script.revision(&BTreeSet::new());
        script.tags(names, &BTreeSet::new());
        script.before.extend(test_in_context(&values, build)?);
        Some(script.before)
    }

    /// Whether a build that failed is run again.
    pub(in crate::provider) fn is_tried_again(&self) -> bool {
        self.build.retry > 0
    }

    fn lines(&mut self, lines: Vec<String>) {
        lines.into_iter().for_each(|line| self.push(line));
    }

    fn push(&mut self, line: impl Into<String>) {
        self.before.push(Text::Line(line.into()));
    }

    /// The project's preparation, at the root of this repository.
    fn setup(&mut self) {
        let Some(setup) = &self.values.job.setup else { return };
        self.push("root=$PWD");
        self.before.push(Text::Project(setup.clone()));
        self.push("cd \"$root\"");
        self.push(AS_BEFORE);
    }

    /// The names that the values need.
    fn names(&mut self, names: &dyn Names, has_scripts: bool) {
        let values = self.values;
        let used = self.used();
        self.required(names);
        self.lines(names.resolve(&values));
        if has_scripts {
            self.lines(exported(&values, names, true));
        } else {
            let vars = names.vars(&values, false).into_iter().chain(names.vars(&values, true));
            let is_used = |word: &String| word.split_once('=').is_some_and(|(name, _)| used.contains(name));
            self.lines(vars.filter(is_used).collect());
        }
        self.revision(&used);
        self.tags(names, &used);
    }

    fn revision(&mut self, used: &BTreeSet<String>) {
        if self.values.has_clone() && (used.contains("revision") || self.has_scripts_after) {
            self.push(format!("revision=$(git -C {CLONE} rev-parse HEAD)"));
        } else if self.has_scripts_after {
            self.push(format!("revision=\"${}\"", self.values.parameter("revision")));
        }
    }

    fn tags(&mut self, names: &dyn Names, used: &BTreeSet<String>) {
        let (values, has_run) = (self.values, self.has_scripts_after);
        let arch_tag = values.arch_tag().unwrap_or_default();
        let is_dirty = !super::values::is_clean(&arch_tag);
        let kept = names.keep(&values);
        let workflow_tags = names.workflow_tags(&values);
        let keeps = kept.iter().any(|line| line.contains("$tags") || line.contains("$moving"));
        let wants_tag = used.contains("tag") || has_run || keeps;
        if (wants_tag || !workflow_tags.is_empty()) && !names.knows_clean() && values.needs_cleaning() {
            CLEAN.lines().for_each(|line| self.push(line));
        }
        self.lines(workflow_tags);
        if wants_tag {
            let is_read = |line: &String| used.contains("tag") || has_run || !line.starts_with("tag=");
            self.lines(names.tags(&values).into_iter().filter(is_read).collect());
        }
        if !kept.is_empty() {
            self.after.push(Text::line("mkdir -p .splitbuild"));
            self.after.extend(kept.into_iter().map(Text::Line));
        }
        if is_dirty {
            if !names.knows_clean() && !self.has_clean() {
                CLEAN.lines().for_each(|line| self.push(line));
            }
            let tag = values.cleaned(&arch_tag, crate::reference::TAG_LIMIT);
            self.push(format!("arch_tag={tag}"));
        } else if has_run {
            self.push(format!("arch_tag=\"{}\"", values.quoted(&arch_tag)));
        }
        if has_run {
            let mut words = vec!["tag".to_owned(), "arch_tag".into(), "revision".into()];
            if self.build.images.len() == 1 {
                let image = values.quoted(&Template::name("arch_image"));
                words.push(format!("arch_image=\"{image}\""));
            }
            self.push(format!("export {}", words.join(" ")));
        }
    }

    fn has_clean(&self) -> bool {
        self.before.iter().any(|text| matches!(text, Text::Line(line) if line.starts_with("clean() ")))
    }

    /// What the job's environment, or `setup`, must hold.
    fn required(&mut self, names: &dyn Names) {
        let mut always = self.values.always(&self.value_list());
        always.extend(self.build.required.iter().cloned());
        always.extend(names.of_vars(&self.values));
        for name in &always {
            self.push(format!(": \"${{{name}:?{}}}\"", self.values.dialect.advice));
        }
        let mut sometimes = self.values.sometimes();
        sometimes.retain(|(name, _)| !always.contains(name));
        self.lines(names.sometimes(&sometimes));
        // A run that was started in another way than the matrix says may lack them.
        let tags: Vec<Template> = self.values.same_tags().unwrap_or_default().iter().map(Tag::full).collect();
        let of_run = tags.iter().flat_map(Template::names).filter(|name| ["git_branch", "git_tag"].contains(name));
        for name in of_run.collect::<BTreeSet<&str>>() {
            self.push(format!(": \"${{{}:?this run has none}}\"", self.values.parameter(name)));
        }
    }

    fn around_docker(&mut self, pins: Option<Vec<String>>) {
        // Names of the environment may be secrets; these are none, and make a command that a person can run again.
        let shown = self.shown();
        if !shown.is_empty() {
            self.push(format!("echo \"{}\"", shown.join(" ")));
        }
        let pins = pins.or_else(|| self.values.pulls_sometimes().then(|| vec![READ_PINS.to_owned()]));
        for line in pins.into_iter().flatten() {
            if !(line.starts_with("clean() ") && self.has_clean()) {
                self.push(line);
            }
        }
        if self.build.retry > 0 {
            self.before.push(Text::Line(format!("tries={}", self.build.retry + 1)));
            let after = [
                "do",
                "  tries=$((tries - 1))",
                "  [ \"$tries\" -gt 0 ] || exit 1",
                "  echo 'the build failed; trying again' >&2",
                "done",
            ];
            let told = self.build.is_foreign.then(|| Text::Line(format!("  {FOREIGN}")));
            self.after.splice(0..0, after.map(Text::line));
            self.after.splice(1..1, told);
        }
        let [first, others @ ..] = self.build.images.as_slice() else { return };
        let name = |image: &Template| {
            let mut name = image.clone();
            name.push_literal(":");
            name.push(&Template::name("arch_tag"));
            self.shell_word(&self.values.filled(&name))
        };
        let optional = others.iter().filter_map(|other| Some((self.values.optional(other)?, other)));
        let lines = optional.map(|(parameter, other)| {
            let (engine, first, other) = (self.engine, name(first), name(other));
            Text::Line(format!("[ -z \"${parameter}\" ] || {engine} tag {first} {other}"))
        });
        let lines: Vec<Text> = lines.collect();
        self.after.extend(lines);
    }

    /// A subshell keeps its folder, its options and its end to itself. It is no part of a condition, so `set -e` holds in it.
    fn around_script(&mut self, run: &str) {
        let context = self.build.context.path();
        let mut body = Vec::new();
        if context.as_literal() != Some(".") {
            body.push(Text::Line(format!("cd {}", self.values.word(&context))));
        }
        body.push(Text::Project(run.to_owned()));
        let (retry, is_foreign) = (self.build.retry, self.build.is_foreign);
        let push = |texts: &mut Vec<Text>, lines: &[&str]| texts.extend(lines.iter().map(|line| Text::line(line)));
        if retry == 0 && !is_foreign {
            push(&mut self.before, &["("]);
            self.before.extend(body);
            push(&mut self.before, &[")"]);
            return;
        }
        if retry > 0 {
            let tries: Vec<String> = (1..=retry + 1).map(|number| number.to_string()).collect();
            push(&mut self.before, &[&format!("for try in {}; do", tries.join(" "))]);
        }
        push(&mut self.before, &["set +e", "(", "set -e"]);
        self.before.extend(body);
        push(&mut self.before, &[")", "status=$?", "set -e"]);
        if retry > 0 {
            push(&mut self.before, &["[ \"$status\" != 0 ] || break", "echo \"try $try failed\" >&2", "done"]);
        }
        let told = if is_foreign { format!("{{ {FOREIGN}; exit \"$status\"; }}") } else { "exit \"$status\"".into() };
        push(&mut self.before, &[&format!("[ \"$status\" = 0 ] || {told}")]);
    }

    /// The command as shell, with lines that go on below each other.
    pub(in crate::provider) fn command_text(&self, glue: &str) -> String {
        let line = |words: &Vec<Template>| words.iter().map(|word| self.shell_word(word)).collect::<Vec<_>>().join(" ");
        let mut lines: Vec<String> = self.command.iter().map(line).collect();
        if self.build.is_foreign && !self.is_tried_again() {
            lines.push(format!("|| {{ {FOREIGN}; exit 1; }}"));
        }
        lines.join(glue)
    }

    /// The words of the command as a shell takes them, if there is one.
    pub(in crate::provider) fn build_command(&self) -> Option<Vec<Template>> {
        let word = |word: &Template| word.fill(|name| Some(shell::found(&self.parameter(name))));
        (!self.command.is_empty()).then(|| self.command.iter().flatten().map(word).collect())
    }

    fn shell_word(&self, word: &Template) -> String {
        shell::word(word, &|name| self.parameter(name))
    }

    /// The parameter of a name in the build command.
    pub(in crate::provider) fn parameter<'n>(&self, name: &'n str) -> std::borrow::Cow<'n, str> {
        match name {
            "source" => self.values.dialect.source.into(),
            name => self.values.parameter(name),
        }
    }

    /// Every value of the job's own step that is the same in every workflow.
    fn value_list(&self) -> Vec<Template> {
        let mut all: Vec<Template> = self.command.iter().flatten().cloned().collect();
        if matches!(self.build.recipe, Recipe::Script(_)) {
            all.extend(self.build.images.iter().cloned());
            all.push(self.build.context.path());
        }
        all.push(self.values.arch_tag().unwrap_or_default());
        all
    }

    fn used(&self) -> BTreeSet<String> {
        let mut used: BTreeSet<String> = self
            .command
            .iter()
            .flatten()
            .flat_map(|word| word.names().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let optional = self.build.images.iter().filter_map(|image| self.values.optional(image));
        used.extend(optional);
        let arch_tag = self.values.filled(&self.values.arch_tag().unwrap_or_default());
        used.extend(arch_tag.names().map(str::to_owned));
        if let Recipe::Script(_) = self.build.recipe {
            used.extend(self.values.filled(&self.build.context.path()).names().map(str::to_owned));
        }
        used
    }

    /// What a person needs to run the build command again, and is no secret, as it is printed: `tag=$tag`.
    fn shown(&self) -> Vec<String> {
        let values = self.values;
        let is_secret = |var: &str| {
            let mut all = values.runs.iter().filter_map(|place| values.plan.workflows[*place].vars.get(var));
            all.any(|value| value.names().any(crate::spec::is_upper_name))
        };
        let varying: Vec<&str> = values.varying_vars().filter(|var| !is_secret(var)).collect();
        let assignment = |name: &str| {
            let parameter = self.parameter(name);
            match parameter.as_bytes().first() {
                // It is in the log as it was filled in.
                Some(b'<') => None,
                Some(b'$') => Some(format!("{name}={parameter}")),
                _ => Some(format!("{parameter}=${parameter}")),
            }
        };
        let names = self.command.iter().flatten().flat_map(Template::names).map(crate::names::whole);
        let mut shown: Vec<String> =
            names.filter(|name| SHOWN.contains(name) || varying.contains(name)).filter_map(assignment).collect();
        shown.sort_unstable();
        shown.dedup();
        shown
    }
}

/// The project's test, in the folder of the context; `None` if there is no test.
pub(in crate::provider) fn test_in_context(values: &Values<'_>, build: &Build) -> Option<Vec<Text>> {
    let context = build.context.path();
    let folder = (context.as_literal() != Some(".")).then(|| Text::Line(format!("cd {}", values.word(&context))));
    Some(folder.into_iter().chain([Text::Project(build.test.clone()?)]).collect())
}
