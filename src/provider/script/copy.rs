//! What publishes a foreign image.

use super::names::exported;
use super::{CLEAN, Names, RELEASE, Text, Values, guarded};
use crate::plan::Copy;
use crate::shell;
use crate::template::Template;

/// The shell that copies the image to every name under every one of `$tags`. What earlier jobs hand on lies in the folder
/// `from`: of an image of this run it tells the digest.
pub(in crate::provider) fn copy(values: &Values<'_>, copy: &Copy, (logins, from): (&[String], &str)) -> String {
    // What is copied may be named by the first tag, which the loop leaves alone then.
    let each = if values.filled(&copy.source).mentions("tag") { "each" } else { "tag" };
    let mut text = format!("set --\nfor {each} in $tags; do\n");
    for image in copy.images.iter().filter(|image| values.filled(image).as_literal() != Some("")) {
        let mut name = image.clone();
        name.push_literal(":");
        name.push(&Template::name(each));
        // Each tag in turn, and not the first.
        let name = name.fill(|name| values.same_var(name).cloned());
        let word = shell::word(&name, &|name| values.parameter(name));
        match values.optional(image) {
            Some(parameter) => text.push_str(&format!("  [ -z \"${parameter}\" ] || set -- \"$@\" {word}\n")),
            None => text.push_str(&format!("  set -- \"$@\" {word}\n")),
        }
    }
    text.push_str("done\n");
    if values.moves() {
        text.push_str("for tag in $moving; do\n  set -- \"$@\" --moving-tag \"$tag\"\ndone\n");
        text.push_str(RELEASE);
    }
    text.push_str("mkdir -p .splitbuild\nsplitbuild copy");
    logins.iter().for_each(|login| text.push_str(&format!(" \\\n  {login}")));
    if !copy.platforms.is_empty() {
        let platforms: Vec<String> = copy.platforms.iter().map(ToString::to_string).collect();
        text.push_str(&format!(" \\\n  --platform {}", platforms.join(",")));
    }
    if let Some(key) = values.plan.copied_from(values.job) {
        text.push_str(&format!(" \\\n  --digests {from}/{key}-index"));
    }
    let index = format!(".splitbuild/{}-index", values.job.key);
    text.push_str(&format!(" \\\n  {} \"$@\" >{index}\ncat {index}\n", values.word(&copy.source)));
    text
}

/// What stands before it: the project's preparation, and the names that the copy needs.
pub(in crate::provider) fn before_copy(values: &Values<'_>, names: &dyn Names, copy: &Copy) -> Vec<Text> {
    let lines = |lines: Vec<String>| lines.into_iter().map(Text::Line);
    let mut all: Vec<Text> = lines(names.version(values)).collect();
    if let Some(setup) = &values.job.setup {
        all.extend(lines(exported(values, names, false)));
        all.push(Text::Line("root=$PWD".into()));
        all.extend(guarded("setup", setup));
        all.push(Text::Line("cd \"$root\"".into()));
    }
    let needed: Vec<Template> = copy.images.iter().chain([&copy.source]).cloned().collect();
    all.extend(lines(lacking(values, names, &needed)));
    all.extend(lines(names.resolve(values)));
    if values.job.setup.is_some() {
        all.extend(lines(exported(values, names, true)));
    } else {
        all.extend(lines(assigned(values, names)));
    }
    if !names.knows_clean() && values.needs_cleaning() {
        all.extend(CLEAN.lines().map(|line| Text::Line(line.to_owned())));
    }
    all.extend(lines(names.workflow_tags(values)));
    all.extend(lines(names.tags(values)));
    all
}

/// The vars that differ between workflows, where they are not assigned already.
pub(super) fn assigned(values: &Values<'_>, names: &dyn Names) -> Vec<String> {
    let vars = names.vars(values, false).into_iter().chain(names.vars(values, true));
    vars.filter(|word| word.contains('=')).collect()
}

/// The lines that fail by name where the environment lacks what these values need, or a workflow.
pub(in crate::provider) fn lacking(values: &Values<'_>, names: &dyn Names, all: &[Template]) -> Vec<String> {
    let mut always = values.always(all);
    always.extend(names.of_vars(values));
    let mut sometimes = values.sometimes();
    sometimes.retain(|(name, _)| !always.contains(name));
    let mut lines: Vec<String> =
        always.iter().map(|name| format!(": \"${{{name}:?{}}}\"", values.dialect.advice)).collect();
    lines.extend(names.sometimes(&sometimes));
    lines
}
