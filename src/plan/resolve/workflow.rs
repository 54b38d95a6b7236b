//! Workflows: what starts each, its tags, and the images that it builds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::image::ResolvedImage;
use super::{Problems, Scope, text, trigger};
use crate::diagnostic::Diagnostic;
use crate::names::Position;
use crate::plan::{Trigger, Work};
use crate::reference::{TAG_LIMIT, tag_problem};
use crate::spec::{Kind, Name, Workflow};
use crate::template::Template;

/// A workflow with everything but its jobs.
pub(super) struct ResolvedWorkflow<'s> {
    pub(super) name: &'s Name,
    pub(super) trigger: Trigger,
    pub(super) push: bool,
    pub(super) login: bool,
    /// With the workflow's vars filled in.
    pub(super) tags: Vec<Template>,
    pub(super) vars: &'s BTreeMap<String, Template>,
    /// Its images, by index.
    pub(super) members: BTreeSet<usize>,
}

impl ResolvedWorkflow<'_> {
    /// Whether it runs a job that does this, of one of its images.
    pub(super) fn runs(&self, work: &Work) -> bool {
        self.push || matches!(work, Work::Build(_))
    }
}

/// Every workflow. A tag may have `tag_room` characters.
pub(super) fn workflows<'s>(
    scope: &'s Scope<'s>,
    images: &[ResolvedImage],
    tag_room: usize,
    problems: &mut Problems,
) -> Vec<ResolvedWorkflow<'s>> {
    let indices: HashMap<&str, usize> =
        images.iter().enumerate().map(|(index, image)| (image.key.text.as_str(), index)).collect();
    let workflow = |(index, named): (usize, &'s (Name, Workflow))| {
        let (name, workflow) = named;
        for text in &workflow.tags {
            text::check(scope, text, Position::Tag, problems);
            text::check_run_names(named, text, problems);
        }
        let tags: Vec<Template> = workflow.tags.iter().map(|text| scope.vars.fill(index, &text.template)).collect();
        check_tags(workflow, &tags, tag_room, problems);
        let trigger = trigger::trigger(scope.spec, index, problems);
        let members = members(scope, named, (images, &indices), problems);
        let push = workflow.no_push.is_none();
        if let Some(span) = workflow.no_push
            && !members.is_empty()
            && members.iter().all(|index| images[*index].kind == Kind::Copied)
        {
            let message = format!("the workflow `{}` has copies only, and pushes none", name.text);
            let problem = Diagnostic::new("no-member", span, message);
            problems.push(problem.help("name an image that is built under its `images`, or remove the workflow"));
        }
        let login = workflow.login.is_some();
        ResolvedWorkflow { name, trigger, push, login, tags, vars: scope.vars.in_workflow(index), members }
    };
    scope.spec.workflows.iter().enumerate().map(workflow).collect()
}

fn check_tags(workflow: &Workflow, tags: &[Template], room: usize, problems: &mut Problems) {
    for (at, (text, tag)) in workflow.tags.iter().zip(tags).enumerate() {
        if let Some(first) = tags[..at].iter().position(|other| other == tag) {
            let problem = Diagnostic::new("duplicate-tag", text.span, format!("the tag `{tag}` is listed twice"));
            problems.push(problem.related(workflow.tags[first].span, "first listed here").help("keep one of them"));
        }
        let Some(literal) = tag.as_literal() else { continue };
        let (message, help) = if let Some(problem) = tag_problem(literal) {
            (format!("`{}` is not a valid tag: {problem}", literal.escape_debug()), better_tag(literal))
        } else if literal.len() > room {
            let message = format!("with its architecture, this tag has more than {TAG_LIMIT} characters");
            (message, format!("{room} are left for the tag itself"))
        } else {
            continue;
        };
        problems.push(Diagnostic::new("tag", text.span, message).help(help));
    }
}

/// What a text that is no tag could be instead.
fn better_tag(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let mut tag: String = text.chars().map(|c| if is_plain(c) { c } else { '-' }).take(TAG_LIMIT).collect();
    if tag.starts_with(['.', '-']) {
        tag.replace_range(..1, "_");
    }
    match tag.as_str() {
        "" => "write a tag: `latest`".into(),
        tag => format!("write `{tag}`"),
    }
}

/// The images of a workflow: those that it names, else all that are enabled.
fn members(
    scope: &Scope,
    (name, workflow): &(Name, Workflow),
    (images, indices): (&[ResolvedImage], &HashMap<&str, usize>),
    problems: &mut Problems,
) -> BTreeSet<usize> {
    let Some(keys) = &workflow.images else {
        let members: BTreeSet<usize> = (0..images.len()).filter(|index| images[*index].enabled()).collect();
        // What could not be resolved is already reported.
        if members.is_empty() && images.len() == scope.spec.images.len() && !images.is_empty() {
            problems.push(no_member(name));
        }
        return members;
    };
    if keys.is_empty() && !scope.spec.images.is_empty() {
        problems.push(no_member(name));
    }
    let mut members = BTreeSet::new();
    for key in keys {
        match indices.get(key.text.as_str()) {
            Some(index) if images[*index].enabled() => drop(members.insert(*index)),
            Some(_) => {
                let message = format!("the image `{}` is disabled", key.text);
                let help = "remove its `enabled: false`, or remove it from this list";
                problems.push(Diagnostic::new("disabled-image", key.span, message).help(help));
            }
            None if scope.spec.images.is_empty() || scope.spec.has_image(&key.text) => {}
            None => {
                let problem = Diagnostic::new("unknown-image", key.span, format!("there is no image `{}`", key.text));
                let keys = scope.spec.images.iter().map(|(name, _)| name.text.as_str());
                problems.push(problem.did_you_mean(&key.text, keys));
            }
        }
    }
    members
}

fn no_member(name: &Name) -> Diagnostic {
    let problem = Diagnostic::new("no-member", name.span, format!("the workflow `{}` has no images", name.text));
    problem.help("name images under `images`, enable one, or remove the workflow")
}
