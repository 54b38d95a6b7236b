//! The names that scripts of the project may use, and how a provider hands a job what differs between workflows.

use std::collections::BTreeSet;

use super::{Sometimes, Values};
use crate::plan::Work;
use crate::template::Template;

/// How a provider hands a job what differs between workflows.
pub(in crate::provider) trait Names {
    /// The words that assign the vars which differ between the runs of the job, `channel=…`; those that are assigned
    /// already by their names alone. `is_late` asks for those that may need what `setup` exports; else for the others.
    fn vars(&self, values: &Values<'_>, is_late: bool) -> Vec<String>;

    /// The lines that export what scripts may use of the run.
    fn exports(&self, values: &Values<'_>) -> Vec<String>;

    /// The lines that fail by name where the environment lacks what only some workflows need.
    fn sometimes(&self, names: &Sometimes) -> Vec<String>;

    /// What the vars that a script of the job uses need of the environment, where what nobody has set is empty: a script would
    /// be short of it without a word.
    fn of_vars(&self, _values: &Values<'_>) -> BTreeSet<String> {
        BTreeSet::new()
    }

    /// The lines after which everything has its value that may need what `setup` exports.
    fn resolve(&self, values: &Values<'_>) -> Vec<String>;

    /// The lines that set the version of the run, and fail by name where that is none.
    fn version(&self, values: &Values<'_>) -> Vec<String>;

    /// The lines that set what is known late of the workflow's tag.
    fn workflow_tags(&self, values: &Values<'_>) -> Vec<String>;

    /// The lines that set `$tags`, and `$tag`, the first of them, and `$moving`, where there may be some.
    fn tags(&self, values: &Values<'_>) -> Vec<String>;

    /// Whether a test is run in the shell that built.
    fn is_one_shell(&self) -> bool;

    /// Whether its jobs know the function that cleans tags anyway.
    fn knows_clean(&self) -> bool;

    /// The lines that keep for a later step what it cannot know otherwise.
    fn keep(&self, values: &Values<'_>) -> Vec<String>;
}

/// The lines that export the vars and the image: those that need what `setup` exports, or the others.
pub(super) fn exported(values: &Values<'_>, names: &dyn Names, is_late: bool) -> Vec<String> {
    let mut lines = if is_late { Vec::new() } else { names.exports(values) };
    let vars = values.runs.first().map(|place| &values.plan.workflows[*place].vars).into_iter().flatten();
    let same = vars.filter_map(|(name, _)| Some((name, values.same_var(name)?)));
    let same = same.filter(|(_, value)| values.is_late(value) == is_late);
    let mut words: Vec<String> = same.map(|(name, value)| format!("{name}={}", values.word(value))).collect();
    words.extend(names.vars(values, is_late));
    let images = match &values.job.work {
        Work::Build(build) => build.images.as_slice(),
        Work::Copy(copy) => copy.images.as_slice(),
        Work::Manifest(_) | Work::Export(_) => &[],
    };
    if !is_late {
        let value = |(name, value): &(String, String)| format!("{name}={}", crate::shell::literal(value));
        words.extend(values.job.values.iter().map(value));
    }
    let image = images.first().filter(|image| values.is_late(image) == is_late);
    let (literal, made): (Vec<&Template>, Vec<&Template>) =
        image.into_iter().partition(|image| values.filled(image).as_literal().is_some());
    let image = |image: &Template| format!("image={}", values.word(image));
    words.extend(literal.into_iter().map(image));
    lines.extend((!words.is_empty()).then(|| format!("export {}", words.join(" "))));
    // The words of a command are expanded before it assigns any.
    lines.extend(made.into_iter().map(|made| format!("export {}", image(made))));
    lines
}

impl Values<'_> {
    /// Whether the value may need what `setup` exports.
    fn is_late(&self, value: &Template) -> bool {
        let is_upper = |value: &Template| value.names().any(crate::spec::is_upper_name);
        let differs =
            |name: &str| self.runs.iter().filter_map(|place| self.plan.workflows[*place].vars.get(name)).any(is_upper);
        let filled = self.filled(value);
        is_upper(&filled) || filled.names().any(|name| self.is_varying(name) && differs(name))
    }

    fn is_varying(&self, name: &str) -> bool {
        self.varying_vars().any(|var| var == name)
    }
}
