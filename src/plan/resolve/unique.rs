//! Names in the registries: no two images of a workflow may publish under one name.

use std::collections::HashMap;

use super::image::ResolvedImage;
use super::workflow::ResolvedWorkflow;
use super::{Problems, Scope, tag, text};
use crate::diagnostic::Diagnostic;
use crate::plan::Tag;
use crate::reference::full_name;
use crate::spec::Kind;
use crate::template::Template;

/// Checks every published and every per-architecture name of every workflow, as far as it is known.
pub(super) fn check_names(
    scope: &Scope,
    images: &[ResolvedImage],
    workflows: &[ResolvedWorkflow],
    problems: &mut Problems,
) {
    for (workflow, named) in workflows.iter().zip(&scope.spec.workflows) {
        let mut told = None;
        let mut known: HashMap<String, (usize, bool)> = HashMap::with_capacity(4 * workflow.members.len());
        for &index in &workflow.members {
            let image = &images[index];
            image.texts().for_each(|(text, _)| text::check_run_names(named, text, problems));
            image.scripts().for_each(|script| text::check_script_names(named, script, problems));
            let first = image.names.first().map(|name| name.fill(|name| workflow.vars.get(name).cloned()));
            if first.as_ref().and_then(Template::as_literal) == Some("") {
                let message = format!("the first name of this image is empty in the workflow `{}`", workflow.name.text);
                let help = "put a name first that the image has in every workflow";
                problems.push(Diagnostic::new("image-name", image.span, message).help(help));
            }
            let mut twice = None;
            for (name, is_index) in published(image, workflow) {
                match known.get(&name) {
                    Some((other, other_is_index)) if *other != index || *other_is_index != is_index => {
                        twice = twice.or(Some((name, *other, is_index || *other_is_index)));
                    }
                    _ => drop(known.insert(name, (index, is_index))),
                }
            }
            let Some((name, other, one_is_index)) = twice.filter(|_| !image.has_wrong_names) else { continue };
            let message = format!("the workflow `{}` would publish `{name}` twice", workflow.name.text);
            let problem = Diagnostic::new("same-name", image.span, message);
            problems.push(if other != index {
                let other = &images[other];
                if other.family == image.family {
                    let values: Vec<String> = image.values.iter().map(|(name, _)| format!("`${{{name}}}`")).collect();
                    let is_told = told.replace(image.family) == Some(image.family);
                    if is_told {
                        continue;
                    }
                    problem.help(format!(
                        "`{}` and `{}` differ in {}: put what tells them apart into `image` or `tags`",
                        other.key.text,
                        image.key.text,
                        values.join(", ")
                    ))
                } else {
                    let related = problem.related(other.span, format!("`{}` publishes it, too", other.key.text));
                    related.help("give the images different names, or different workflows")
                }
            } else if one_is_index {
                problem.help(
                    "one of the workflow's tags is the per-architecture name of another; change `tags` or `arch_image`",
                )
            } else {
                problem.help("change `arch_image`")
            });
        }
    }
}

/// Every name of an image in a workflow, and whether it is one that users pull.
fn published(image: &ResolvedImage, workflow: &ResolvedWorkflow) -> Vec<(String, bool)> {
    let fill = |template: &Template| template.fill(|name| workflow.vars.get(name).cloned());
    let tags = tag::of_image(image, workflow);
    let mut names = Vec::new();
    for name in image.names.iter().map(fill).filter(|name| name.as_literal() != Some("")) {
        let named = |tag: &Template| {
            let mut index = name.clone();
            index.push_literal(":");
            index.push(tag);
            full(&index)
        };
        names.extend(tags.moving.iter().map(|tag| (named(&tag.full()), true)));
        for tag in tags.pushed.iter().map(Tag::full) {
            names.push((named(&tag), true));
            for on in image.platforms.iter().filter(|_| image.kind != Kind::Copied) {
                let filled = on.arch_image.name.fill(|n| match n {
                    "image" => Some(name.clone()),
                    "tag" => Some(tag.clone()),
                    _ => None,
                });
                names.push((full(&fill(&filled)), false));
            }
        }
    }
    names
}

/// The name in full where it is known, else as it is written.
fn full(name: &Template) -> String {
    name.as_literal().map_or_else(|| name.to_string(), full_name)
}
