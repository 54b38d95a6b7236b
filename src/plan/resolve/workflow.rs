//! Workflows: what starts each, its tags, and the images that it builds.

use std::collections::{BTreeMap, BTreeSet};

use super::image::ResolvedImage;
use super::keys::Keys;
use super::{Problems, Scope, trigger, workflow_tag};
use crate::diagnostic::Diagnostic;
use crate::plan::{Trigger, Work};
use crate::span::Span;
use crate::spec::{Kind, Name, Workflow};
use crate::template::Template;

/// A workflow with everything but its jobs.
pub(super) struct ResolvedWorkflow<'s> {
    pub(super) name: &'s Name,
    /// Where it says what starts it.
    pub(super) span: Span,
    pub(super) trigger: Trigger,
    pub(super) push: bool,
    pub(super) login: bool,
    /// With the workflow's vars filled in.
    pub(super) tags: Vec<Template>,
    /// Where its version comes from, if its tags are versions.
    pub(super) version: Option<Template>,
    pub(super) vars: &'s BTreeMap<String, Template>,
    /// Its images, by index.
    pub(super) members: BTreeSet<usize>,
}

impl ResolvedWorkflow<'_> {
    /// Whether it has tags that move to the highest version, which only what is pushed can.
    pub(super) fn moves(&self) -> bool {
        self.push && self.version.is_some()
    }

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
    let indices = Keys::of(images);
    let workflow = |(index, named): (usize, &'s (Name, Workflow))| {
        let (name, workflow) = named;
        let tags = workflow_tag::tags(scope, (index, named), tag_room, problems);
        let version = workflow_tag::version(scope, index, workflow, &tags);
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
        ResolvedWorkflow {
            name,
            span: workflow.on,
            trigger,
            push,
            login,
            tags,
            version,
            vars: scope.vars.in_workflow(index),
            members,
        }
    };
    scope.spec.workflows.iter().enumerate().map(workflow).collect()
}

/// The images of a workflow: those that it names, else all that are enabled.
fn members(
    scope: &Scope,
    (name, workflow): &(Name, Workflow),
    (images, known): (&[ResolvedImage], &Keys),
    problems: &mut Problems,
) -> BTreeSet<usize> {
    let Some(keys) = &workflow.images else {
        let members: BTreeSet<usize> = (0..images.len()).filter(|index| images[*index].enabled()).collect();
        // What could not be resolved is already reported.
        if members.is_empty() && images.len() == scope.images.len() && !images.is_empty() {
            problems.push(no_member(name));
        }
        return members;
    };
    if keys.is_empty() && !scope.spec.images.is_empty() {
        problems.push(no_member(name));
    }
    let mut members = BTreeSet::new();
    for key in keys {
        let named = known.find(&key.text);
        let enabled: Vec<usize> = named.iter().copied().filter(|index| images[*index].enabled()).collect();
        if named.is_empty() && !scope.spec.images.is_empty() && !scope.has_image(&key.text) {
            let problem = Diagnostic::new("unknown-image", key.span, format!("there is no image `{}`", key.text));
            problems.push(problem.did_you_mean(&key.text, scope.keys()));
        } else if enabled.is_empty() && !named.is_empty() {
            let message = format!("the image `{}` is disabled", key.text);
            let help = "remove its `enabled: false`, or remove it from this list";
            problems.push(Diagnostic::new("disabled-image", key.span, message).help(help));
        }
        members.extend(enabled);
    }
    members
}

fn no_member(name: &Name) -> Diagnostic {
    let problem = Diagnostic::new("no-member", name.span, format!("the workflow `{}` has no images", name.text));
    problem.help("name images under `images`, enable one, or remove the workflow")
}
