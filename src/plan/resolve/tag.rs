//! The tags of images in workflows.

use super::Problems;
use super::image::ResolvedImage;
use super::tag_template::is_of_each;
use super::workflow::ResolvedWorkflow;
use crate::diagnostic::Diagnostic;
use crate::plan::{TAG, Tag, is_fixed};
use crate::reference::{TAG_LIMIT, tag_problem};
use crate::span::Span;
use crate::template::Template;

/// The tags of an image in a workflow.
pub(super) struct ImageTags {
    /// Those under which it is pushed and published, in order.
    pub(super) pushed: Vec<Tag>,
    /// Those that move to the highest version, and are published by that alone.
    pub(super) moving: Vec<Tag>,
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
    let (pushed, moving) = tags.into_iter().partition(|tag| !workflow.moves() || is_fixed(&tag.of));
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
