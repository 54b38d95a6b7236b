//! Tags: those of a workflow, and what an image makes of each.

use super::image::ResolvedImage;
use super::workflow::ResolvedWorkflow;
use super::{Problems, Scope, text};
use crate::diagnostic::Diagnostic;
use crate::names::{Position, VERSION};
use crate::plan::{TAG, Tag, is_fixed, prefix};
use crate::reference::{TAG_LIMIT, tag_problem};
use crate::span::Span;
use crate::spec::{Name, Text, Workflow};
use crate::template::Template;

/// The tags of an image in a workflow.
pub(super) struct ImageTags {
    /// Those under which it is pushed and published, in order.
    pub(super) pushed: Vec<Tag>,
    /// Those that move to the highest version, and are published by that alone.
    pub(super) moving: Vec<Tag>,
}

/// The tags of a workflow with its vars filled in.
pub(super) fn of_workflow(
    scope: &Scope,
    (place, named): (usize, &(Name, Workflow)),
    room: usize,
    problems: &mut Problems,
) -> Vec<Template> {
    let workflow = &named.1;
    for text in workflow.tags.iter().chain(&workflow.version) {
        text::check(scope, text, Position::Tag, problems);
        text::check_run_names(named, text, problems);
    }
    let tags: Vec<Template> = workflow.tags.iter().map(|text| scope.vars.fill(place, &text.template)).collect();
    for (at, (text, tag)) in workflow.tags.iter().zip(&tags).enumerate() {
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
    check_version(workflow, &tags, problems);
    tags
}

/// Where the version of a run comes from, if the workflow's tags are versions.
pub(super) fn version(scope: &Scope, place: usize, workflow: &Workflow, tags: &[Template]) -> Option<Template> {
    let written = workflow.version.as_ref().map(|text| scope.vars.fill(place, &text.template));
    let is_one = tags.first().is_some_and(|tag| tag.mentions("git_version"));
    is_one.then(|| written.unwrap_or_else(|| Template::name("git_tag")))
}

/// A tag that moves with versions follows one that is the whole version: by these the others are found.
fn check_version(workflow: &Workflow, tags: &[Template], problems: &mut Problems) {
    if tags.first().is_some_and(|tag| tag.mentions("git_version")) {
        return;
    }
    let versioned = tags.iter().zip(&workflow.tags).find(|(tag, _)| tag.names().any(|name| VERSION.contains(&name)));
    if let Some((tag, text)) = versioned {
        let message = format!("`{tag}` is made from a version, but the first of these tags is not the whole version");
        let help = "begin with it: `tags: [\"${git_version}\", \"${git_version_minor}\", latest]`";
        problems.push(Diagnostic::new("version-tag", text.span, message).help(help));
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

/// The tags that an image makes, from `${tag}` and `${tag_prefix}`; just the workflow's where it says nothing.
pub(super) fn templates(scope: &Scope, written: Option<&[Text]>) -> Vec<Template> {
    match written {
        Some(texts) => texts.iter().map(|text| scope.vars.fold(&text.template)).collect(),
        None => vec![Template::name(TAG)],
    }
}

/// One of these templates as what it makes of a tag that is not known.
pub(super) fn from_tag(template: &Template) -> Template {
    template.fill(|name| (name == "tag_prefix").then(|| prefix(&Template::name(TAG))))
}

/// Whether the template makes one of each of the workflow's tags.
fn is_of_each(template: &Template) -> bool {
    template.mentions(TAG) || template.mentions("tag_prefix")
}

/// The tags of an image in a workflow, each once.
pub(super) fn of_image(image: &ResolvedImage, workflow: &ResolvedWorkflow) -> ImageTags {
    let fill = |template: &Template| template.fill(|name| workflow.vars.get(name).cloned());
    let mut tags: Vec<Tag> = Vec::new();
    // `${tag}` is the first, and one that is the same everywhere would be so in no workflow more than in another.
    let (each, once): (Vec<&Template>, Vec<&Template>) = image.tags.iter().partition(|template| is_of_each(template));
    for template in each.into_iter().chain(once).map(fill) {
        for of in &workflow.tags {
            let tag = Tag::new(&template, of);
            if tags.iter().all(|known| known.full() != tag.full()) {
                tags.push(tag);
            }
        }
    }
    let (pushed, moving) = tags.into_iter().partition(|tag| workflow.version.is_none() || is_fixed(&tag.of));
    ImageTags { pushed, moving }
}

/// Checks what the images make of the tags of every workflow.
pub(super) fn check_image_tags(images: &[ResolvedImage], workflows: &[ResolvedWorkflow], problems: &mut Problems) {
    let mut reported: Vec<Span> = Vec::new();
    for image in images {
        let Some(written) = image.common.tags.as_ref().map(|setting| &setting.value) else { continue };
        let runs = || workflows.iter().filter(|workflow| workflow.members.contains(&image.index));
        for (text, template) in written.iter().zip(&image.tags).filter(|(_, template)| !is_of_each(template)) {
            let version = runs().find(|workflow| workflow.version.is_some());
            let problem = |message| Diagnostic::new("tag", text.span, message);
            let help = "make it of each of the workflow's tags: `${tag}-slim`, `${tag_prefix}slim`";
            problems.extend(match version {
                Some(workflow) => {
                    let message = format!(
                        "`{template}` holds no version, but the tags of the workflow `{}` are versions",
                        workflow.name.text
                    );
                    Some(problem(message).related(workflow.name.span, "this workflow").help(help))
                }
                None if runs().count() > 1 => {
                    let message = format!("`{template}` is one tag for all workflows: whichever runs last has it");
                    Some(problem(message).warning().help(help))
                }
                None => None,
            });
        }
        for workflow in runs() {
            let tags = of_image(image, workflow);
            let wrong = tags.pushed.iter().chain(&tags.moving).find_map(|tag| Some((tag, problem_of(image, tag)?)));
            let Some((tag, (why, help))) = wrong.filter(|_| !reported.contains(&image.span)) else { continue };
            reported.push(image.span);
            let span = image.common.tags.as_ref().map_or(image.span, |setting| setting.span);
            let message = format!("`{}` is not a valid tag: {why}", tag.full());
            problems.push(Diagnostic::new("tag", span, message).help(help));
        }
    }
}

/// Why this can be no tag, whatever is not known yet.
fn problem_of(image: &ResolvedImage, tag: &Tag) -> Option<(String, &'static str)> {
    const PLAIN: &str = "a tag has letters, digits, `_`, `.` and `-`; it does not begin with `.` or `-`";
    let too_long = || Some((format!("with its architecture, it has more than {TAG_LIMIT} characters"), "shorten it"));
    if image.tag_room() == 0 {
        return too_long();
    }
    let full = tag.full();
    let known = full.fill(|_| Some(Template::literal("x")));
    if let Some(problem) = tag_problem(known.as_literal()?) {
        return Some((problem.to_owned(), PLAIN));
    }
    let names = image.platforms.iter().filter_map(|on| on.arch_image.name.rsplit_once(":"));
    let length = |name: &Template| name.fill(|name| (name == TAG).then(|| full.clone())).literal_length();
    let longest = names.map(|(_, tag)| length(&tag)).max().unwrap_or_default();
    let is_long = full.as_literal().is_some() && longest > TAG_LIMIT;
    if is_long { too_long() } else { None }
}
