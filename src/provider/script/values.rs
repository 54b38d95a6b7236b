//! The values of one job: what is known when generating filled in, the rest as parameters of the job's shell.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Dialect;
use crate::plan::{Context, Job, Parent, Plan, Work};
use crate::shell;
use crate::template::{Part, Template};

/// How long the names of a commit are, so that a tag that they make needs no cleaning.
const CLEAN_NAMES: [&str; 6] = ["tag", "arch", "git_sha", "git_short_sha", "pipeline", "pr"];

/// What makes a tag one that belongs to this run alone.
const FIXED_NAMES: [&str; 4] = ["git_tag", "git_sha", "git_short_sha", "pipeline"];

/// A job with the workflows that run it.
#[derive(Clone, Copy)]
pub(in crate::provider) struct Values<'p> {
    pub(in crate::provider) plan: &'p Plan,
    pub(in crate::provider) job: &'p Job,
    /// The places of the workflows.
    pub(in crate::provider) runs: &'p [usize],
    pub(in crate::provider) dialect: &'static Dialect,
}

impl<'p> Values<'p> {
    /// The files of a build's parents, as words of shell: the same for every platform where its own architecture is meant.
    pub(in crate::provider) fn parents(&self, quote: &str) -> Vec<String> {
        let own = match &self.job.work {
            Work::Build(build) => build.arch.as_str(),
            _ => "",
        };
        let file = |parent: Parent| match &parent {
            Parent::Build(key, arch) if arch == own => format!("{quote}{key}-$arch{quote}"),
            _ => parent.file(),
        };
        self.plan.parents(self.job).into_iter().map(file).collect()
    }

    /// The value with everything filled in that is the same in every run of the job.
    pub(in crate::provider) fn filled(&self, value: &Template) -> Template {
        let mut value = value.clone();
        // Most values refer to none of these.
        if value.names().any(|name| self.same_var(name).is_some()) {
            value = value.fill(|name| self.same_var(name).cloned());
        }
        if value.mentions("arch_tag") || value.mentions("arch_image") {
            value = value.fill(|name| match name {
                "arch_tag" => self.arch_tag().filter(is_clean),
                "arch_image" => self.arch_image(),
                _ => None,
            });
        }
        match self.known_tag().filter(|_| value.mentions("tag")) {
            Some(tag) => value.fill(|name| (name == "tag").then(|| Template::literal(tag))),
            None => value,
        }
    }

    /// The value as one word of a command.
    pub(in crate::provider) fn word(&self, value: &Template) -> String {
        shell::word(&self.filled(value), &|name| self.parameter(name))
    }

    /// The value as it stands between double quotes.
    pub(in crate::provider) fn quoted(&self, value: &Template) -> String {
        shell::quoted(&self.filled(value), &|name| self.parameter(name))
    }

    /// The parameter that holds the value of a name.
    pub(in crate::provider) fn parameter<'n>(&self, name: &'n str) -> Cow<'n, str> {
        let dialect = self.dialect;
        match name {
            "git_sha" => dialect.sha.into(),
            "git_short_sha" => dialect.short_sha.into(),
            "git_branch" => dialect.branch.into(),
            "git_tag" => dialect.tag.into(),
            "git_ref" => dialect.reference.into(),
            "pipeline" => dialect.pipeline.into(),
            "pr" => dialect.pr.into(),
            "revision" if !self.has_clone() => dialect.sha.into(),
            name if self.plan.given.contains_key(name) => self.plan.given[name].parameter().into(),
            name => name.into(),
        }
    }

    /// Whether the sources are another repository's.
    pub(in crate::provider) fn has_clone(&self) -> bool {
        matches!(&self.job.work, Work::Build(build) if matches!(build.context, Context::Git { .. }))
    }

    /// The value of a var, if it is one in all runs of the job.
    pub(in crate::provider) fn same_var(&self, name: &str) -> Option<&'p Template> {
        let mut values = self.runs.iter().map(|place| self.plan.workflows[*place].vars.get(name));
        let first = values.next()??;
        values.all(|other| other == Some(first)).then_some(first)
    }

    /// The vars that differ between the runs of the job.
    pub(in crate::provider) fn varying_vars(&self) -> impl Iterator<Item = &'p str> {
        let first = self.runs.first().map(|place| &self.plan.workflows[*place].vars);
        let this = *self;
        first.into_iter().flatten().map(|(name, _)| name.as_str()).filter(move |name| this.same_var(name).is_none())
    }

    /// The tags, if they are the same in all runs of the job.
    pub(in crate::provider) fn same_tags(&self) -> Option<&'p [Template]> {
        let mut all = self.runs.iter().map(|place| self.plan.workflows[*place].tags.as_slice());
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    /// The first tag, if it is known when generating.
    pub(in crate::provider) fn known_tag(&self) -> Option<&'p str> {
        self.same_tags()?.first()?.as_literal()
    }

    /// The words of tags, as they stand between double quotes.
    pub(in crate::provider) fn tags(&self, tags: &[Template]) -> String {
        tags.iter().map(|tag| self.tag(tag, self.plan.tag_room)).collect::<Vec<_>>().join(" ")
    }

    /// A tag as it stands between double quotes: cleaned, unless what it is made of is clean.
    pub(in crate::provider) fn tag(&self, tag: &Template, room: usize) -> String {
        let tag = self.filled(tag);
        let quoted = shell::quoted(&tag, &|name| self.parameter(name));
        if is_clean(&tag) { quoted } else { format!("$(clean \"{quoted}\" {room})") }
    }

    /// The tags that belong to a run alone, so that a newer one has no say in them. One that needs what `setup` exports is
    /// known to builds only, and two runs share it only if they are of one commit: it is left to the newer.
    pub(in crate::provider) fn fixed(&self, tags: &[Template]) -> Vec<Template> {
        let is_fixed = |tag: &&Template| {
            let names = || tag.names();
            names().any(|name| FIXED_NAMES.contains(&name)) && !names().any(crate::spec::is_upper_name)
        };
        tags.iter().filter(is_fixed).cloned().collect()
    }

    /// Whether one of these tags needs cleaning.
    pub(in crate::provider) fn needs_cleaning(&self, tags: &[Template]) -> bool {
        tags.iter().any(|tag| !is_clean(&self.filled(tag)))
    }

    /// What follows the first tag's colon in the job's per-architecture name.
    pub(in crate::provider) fn arch_tag(&self) -> Option<Template> {
        let Work::Build(build) = &self.job.work else { return None };
        Some(build.arch_tag().fill(|name| self.same_var(name).cloned()))
    }

    fn arch_image(&self) -> Option<Template> {
        let Work::Build(build) = &self.job.work else { return None };
        let [image] = build.images.as_slice() else { return None };
        let (name, tag) = build.arch_image.rsplit_once(":")?;
        let mut full = name.fill(|part| (part == "image").then(|| image.clone()));
        full.push_literal(":");
        match self.arch_tag().filter(is_clean) {
            Some(_) => full.push(&tag),
            None => full.push(&Template::name("arch_tag")),
        }
        Some(full.fill(|name| self.same_var(name).cloned()))
    }

    /// The names of the environment among these values: they must have a value when the job runs.
    pub(in crate::provider) fn environment<'v>(&self, values: impl Iterator<Item = &'v Template>) -> BTreeSet<String> {
        let filled = values.flat_map(|value| self.filled(value).names().map(str::to_owned).collect::<Vec<_>>());
        filled.filter(|name| crate::spec::is_upper_name(name)).collect()
    }
}

/// Whether every value that the template can have is a tag as it is.
pub(in crate::provider) fn is_clean(tag: &Template) -> bool {
    tag.parts().iter().all(|part| match part {
        Part::Name(name) => CLEAN_NAMES.contains(&name.as_str()),
        Part::Literal(text) => text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)),
    })
}
