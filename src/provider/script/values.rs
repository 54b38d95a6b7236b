//! The values of one job: what is known when generating filled in, the rest as parameters of the job's shell.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::Dialect;
use crate::names::{VERSION, WORKFLOW_TAG, cut};
pub(in crate::provider) use crate::plan::is_clean;
use crate::plan::{Context, Job, Parent, Plan, TAG, Tag, Work, prefix};
use crate::shell;
use crate::template::{Part, Template};

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
        let known = |name: &str| match name {
            TAG => self.known_tag(),
            name if WORKFLOW_TAG.contains(&name) => self.known_workflow_tag(name),
            _ => None,
        };
        if value.names().any(|name| known(name).is_some()) { value.fill(known) } else { value }
    }

    /// The value as one word of a command.
    pub(in crate::provider) fn word(&self, value: &Template) -> String {
        shell::word(&self.filled(value), &|name| self.parameter(name))
    }

    /// Names of an image as words of a command, without those that are empty in every run of the job; one that is empty in
    /// some is no word there.
    pub(in crate::provider) fn images(&self, images: &[Template]) -> Vec<String> {
        let word = |image: &Template| match self.optional(image) {
            Some(parameter) => format!("${{{parameter}:+\"${parameter}\"}}"),
            None => self.word(image),
        };
        images.iter().filter(|image| self.filled(image).as_literal() != Some("")).map(word).collect()
    }

    /// The parameter that is this name of an image, if it is empty in some runs of the job.
    pub(in crate::provider) fn optional(&self, image: &Template) -> Option<String> {
        let image = self.filled(image);
        let name = image.as_name()?;
        let mut values = self.runs.iter().filter_map(|place| self.plan.workflows[*place].vars.get(name));
        values.any(|value| value.as_literal() == Some("")).then(|| self.parameter(name).into_owned())
    }

    /// The value as it stands between double quotes.
    pub(in crate::provider) fn quoted(&self, value: &Template) -> String {
        shell::quoted(&self.filled(value), &|name| self.parameter(name))
    }

    /// The parameter that holds the value of a name.
    pub(in crate::provider) fn parameter<'n>(&self, name: &'n str) -> Cow<'n, str> {
        let dialect = self.dialect;
        if let ("git_sha", Some(length)) = cut(name) {
            return format!("$(printf %.{length}s \"${}\")", dialect.sha).into();
        }
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
    pub(in crate::provider) fn same_tags(&self) -> Option<&'p [Tag]> {
        self.same(&self.job.tags)
    }

    /// The tags that move to the highest version, if they are the same in all runs of the job.
    pub(in crate::provider) fn same_moving(&self) -> Option<&'p [Tag]> {
        self.same(&self.job.moving)
    }

    fn same(&self, by_workflow: &'p [Arc<[Tag]>]) -> Option<&'p [Tag]> {
        let mut all = self.runs.iter().map(|place| &by_workflow[*place]);
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    /// Whether a run of the job has tags that move to the highest version.
    pub(in crate::provider) fn moves(&self) -> bool {
        self.runs.iter().any(|place| !self.job.moving[*place].is_empty())
    }

    /// Every tag of every run of the job.
    pub(in crate::provider) fn all_tags(&self) -> impl Iterator<Item = &'p Tag> {
        let job = self.job;
        self.runs.iter().flat_map(move |place| job.tags[*place].iter().chain(&*job.moving[*place]))
    }

    /// The first tag, if it is known when generating.
    fn known_tag(&self) -> Option<Template> {
        let first = self.same_tags()?.first()?;
        first.template.as_literal().map(Template::literal)
    }

    /// The workflow's first tag, or what stands before something else, if it is known when generating.
    fn known_workflow_tag(&self, name: &str) -> Option<Template> {
        let tags = |place: &usize| self.plan.workflows[*place].tags.first();
        let mut all = self.runs.iter().map(|place| Some(workflow_tag(name, tags(place)?)));
        let first = all.next()??;
        let is_same = all.all(|other| other.as_ref() == Some(&first));
        first.as_literal().filter(|_| is_same).map(Template::literal)
    }

    /// The workflow's first tag in one run, or what stands before something else, between double quotes.
    pub(in crate::provider) fn workflow_tag(&self, name: &str, place: usize) -> String {
        let Some(of) = self.plan.workflows[place].tags.first() else { return String::new() };
        let template = match name {
            "workflow_tag" => Template::name(TAG),
            _ => prefix(of),
        };
        self.tag(&Tag::new(&template, of))
    }

    /// Which names of the workflow's tag the job needs that are known only when it runs; of a script's, any, since nothing
    /// is filled in there.
    pub(in crate::provider) fn workflow_tags(&self) -> Vec<&'static str> {
        let mentioned = self.job.work.names();
        let is_used = |name: &&&str| mentioned.contains(**name) || self.job.scripts_mention(name);
        let is_late = |name: &&&str| self.known_workflow_tag(name).is_none() || self.job.scripts_mention(name);
        WORKFLOW_TAG.iter().filter(is_used).filter(is_late).copied().collect()
    }

    /// Whether a value or a script of the job refers to the version.
    pub(in crate::provider) fn has_version(&self) -> bool {
        let mentioned = self.job.work.names();
        let is_used = |name: &&str| mentioned.contains(*name) || self.job.scripts_mention(name);
        self.all_tags().any(|tag| tag.full().names().any(|name| VERSION.contains(&name))) || VERSION.iter().any(is_used)
    }

    /// The words of tags, as they stand between double quotes.
    pub(in crate::provider) fn tags(&self, tags: &[Tag]) -> String {
        tags.iter().map(|tag| self.tag(tag)).collect::<Vec<_>>().join(" ")
    }

    /// A tag as it stands between double quotes. The workflow's is cleaned, unless what it is made of is clean; so is what
    /// else of it is known late.
    fn tag(&self, tag: &Tag) -> String {
        let mut text = String::new();
        for part in tag.template.parts() {
            let value = match part {
                Part::Name(name) if name == TAG => tag.of.clone(),
                Part::Name(name) => Template::name(name),
                Part::Literal(literal) => Template::literal(literal),
            };
            text.push_str(&self.cleaned(&value, self.plan.tag_room));
        }
        text
    }

    /// A value as it stands between double quotes, cleaned unless it is clean.
    pub(in crate::provider) fn cleaned(&self, value: &Template, room: usize) -> String {
        let value = self.filled(value);
        let quoted = shell::quoted(&value, &|name| self.parameter(name));
        if is_clean(&value) { quoted } else { format!("$(clean \"{quoted}\" {room})") }
    }

    /// Those of these tags that belong to a run alone.
    pub(in crate::provider) fn fixed(&self, tags: &[Tag]) -> Vec<Tag> {
        tags.iter().filter(|tag| tag.is_fixed()).cloned().collect()
    }

    /// Whether a tag of the job needs cleaning.
    pub(in crate::provider) fn needs_cleaning(&self) -> bool {
        let late = self.workflow_tags();
        let workflows = self.runs.iter().filter_map(|place| self.plan.workflows[*place].tags.first());
        self.all_tags().any(|tag| !is_clean(&self.filled(&tag.full())))
            || workflows.into_iter().any(|tag| !late.is_empty() && !is_clean(&self.filled(tag)))
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

fn workflow_tag(name: &str, of: &Template) -> Template {
    if name == "workflow_tag" { of.clone() } else { prefix(of) }
}
