//! What the step that builds keeps for the steps after it, each of which is a shell of its own: what `setup` may have made.

use std::collections::BTreeSet;

use super::Values;
use crate::plan::{Tag, Work};
use crate::spec::is_upper_name;
use crate::template::Template;

/// Whether the tags may be made of what `setup` exports.
pub(in crate::provider) fn keeps_tags(values: &Values<'_>) -> bool {
    let mut tags = values.all_tags().map(Tag::full);
    values.job.setup.is_some() && tags.any(|tag| tag.names().any(is_upper_name))
}

/// The vars of which the names are made that are pushed, and that differ between workflows.
pub(in crate::provider) fn pushed_vars<'v>(values: &Values<'v>) -> Vec<&'v str> {
    let Work::Build(build) = &values.job.work else { return Vec::new() };
    let pushed: BTreeSet<&str> = build.images.iter().chain([&build.arch_image]).flat_map(Template::names).collect();
    values.used_vars().into_iter().filter(|var| pushed.contains(var)).collect()
}

/// What `setup` may have exported of which the names are made that are pushed.
pub(in crate::provider) fn kept_names(values: &Values<'_>) -> BTreeSet<String> {
    let Work::Build(build) = &values.job.work else { return BTreeSet::new() };
    if values.job.setup.is_none() {
        return BTreeSet::new();
    }
    let workflows = values.runs.iter().map(|place| &values.plan.workflows[*place].vars);
    let pushed = pushed_vars(values);
    let vars = workflows.flat_map(|vars| pushed.iter().filter_map(|var| vars.get(*var)).collect::<Vec<_>>());
    values.environment(build.images.iter().chain([&build.arch_image]).chain(vars))
}

/// What `setup` may have exported of which the names are made that a test may use.
pub(in crate::provider) fn tested_names(values: &Values<'_>) -> BTreeSet<String> {
    match &values.job.work {
        Work::Build(build) if build.test.is_some() && values.job.setup.is_some() => {
            let workflows = values.runs.iter().map(|place| &values.plan.workflows[*place].vars);
            values.environment(
                build.images.iter().chain([&build.arch_image]).chain(workflows.flat_map(|vars| vars.values())),
            )
        }
        _ => BTreeSet::new(),
    }
}

/// The lines that keep it, each in a file of its own.
pub(in crate::provider) fn kept(values: &Values<'_>) -> Vec<String> {
    let keeps = keeps_tags(values);
    let tags = keeps.then(|| "echo \"$tags\" >.splitbuild/tags".to_owned());
    let moving = (keeps && values.moves()).then(|| "echo \"$moving\" >.splitbuild/moving".to_owned());
    let (names, tested) = (kept_names(values), tested_names(values));
    let names = names.union(&tested).map(|name| format!("printf '%s\\n' \"${name}\" >.splitbuild/{name}"));
    tags.into_iter().chain(moving).chain(names).collect()
}

/// What sets the version of a run, which a step has taken apart and kept, and what comes of it.
pub(in crate::provider) const READ_VERSION: [&str; 2] = [
    "read -r git_version git_version_minor git_version_major <.splitbuild/version",
    "export git_version git_version_minor git_version_major",
];
