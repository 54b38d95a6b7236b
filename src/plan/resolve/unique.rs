//! Names in the registries: no two images of a workflow may publish under one name.

use std::collections::{BTreeSet, HashMap};

use super::Resolver;
use super::image::Resolved;
use crate::diagnostic::Diagnostic;
use crate::reference::full_name;
use crate::spec::Kind;
use crate::template::Template;

impl<'s> Resolver<'s> {
    /// Checks every published and every per-architecture name of every workflow, as far as it is known.
    pub(super) fn check_names(
        &mut self,
        images: &[Option<Resolved<'s>>],
        members: &[BTreeSet<usize>],
        tags: &[Vec<Template>],
    ) {
        let spec = self.spec;
        for (index, members) in members.iter().enumerate() {
            let workflow = &spec.workflows[index].0.text;
            let mut known: HashMap<String, (usize, bool)> = HashMap::with_capacity(4 * members.len());
            for &place in members {
                let Some(image) = images[place].as_ref() else { continue };
                for (text, _) in image.texts() {
                    self.check_run_names(text, index);
                }
                let mut problem = None;
                for (name, is_index) in self.published(image, index, &tags[index]) {
                    match known.get(&name) {
                        Some((other, other_is_index)) if *other != place || *other_is_index != is_index => {
                            problem = problem.or(Some((name, *other, is_index || *other_is_index)));
                        }
                        _ => drop(known.insert(name, (place, is_index))),
                    }
                }
                let Some((name, other, one_is_index)) = problem.filter(|_| !image.has_wrong_names) else { continue };
                let message = format!("the workflow `{workflow}` would publish `{name}` twice");
                let problem = Diagnostic::new("same-name", image.span, message);
                self.report(match images[other].as_ref().filter(|_| other != place) {
                    Some(other) => {
                        let related = problem.related(other.span, format!("`{}` publishes it, too", other.key.text));
                        related.help("give the images different names, or different workflows")
                    }
                    None if one_is_index => problem.help("one of the workflow's tags is the per-architecture name of another; change `tags` or `arch_image`"),
                    None => problem.help("change `arch_image`"),
                });
            }
        }
    }

    /// Every name of an image in a workflow, and whether it is one that users pull.
    fn published(&self, image: &Resolved<'s>, workflow: usize, tags: &[Template]) -> Vec<(String, bool)> {
        let mut names = Vec::new();
        for name in &image.images {
            let name = self.vars.fill(workflow, name);
            for tag in tags {
                let mut published = name.clone();
                published.push_literal(":");
                published.push(tag);
                names.push((full(&published), true));
                for on in image.platforms.iter().filter(|_| image.kind != Kind::Copied) {
                    let filled = on.arch_image.fill(|n| match n {
                        "image" => Some(name.clone()),
                        "tag" => Some(tag.clone()),
                        _ => None,
                    });
                    names.push((full(&self.vars.fill(workflow, &filled)), false));
                }
            }
        }
        names
    }
}

/// The name in full where it is known, else as it is written.
fn full(name: &Template) -> String {
    name.as_literal().map_or_else(|| name.to_string(), full_name)
}
