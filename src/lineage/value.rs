//! What values of a job are in a workflow, as texts, and the names that its image has there.

use super::symbol::Symbols;
use crate::plan::{Build, Job, TAG, Tag, Work, Workflow};
use crate::template::Template;

/// A workflow by its place in the plan.
#[derive(Clone, Copy)]
pub(super) struct In<'p> {
    pub(super) place: usize,
    pub(super) workflow: &'p Workflow,
}

impl In<'_> {
    /// A value with everything filled in that is known.
    pub(super) fn known(&self, value: &Template) -> Template {
        value.fill(|name| self.workflow.vars.get(name).cloned())
    }

    /// A value of a build.
    pub(super) fn text(&self, value: &Template, (job, build): (&Job, &Build), symbols: &mut Symbols) -> String {
        let image = build.images.first().cloned().unwrap_or_default();
        let tag = job.tags.get(self.place).and_then(|tags| tags.first());
        let named = |name: &str| match (name, tag) {
            ("image", _) => Some(image.clone()),
            ("platform", _) => Some(Template::literal(&build.platform.to_string())),
            ("arch", _) => Some(Template::literal(&build.arch)),
            ("workflow_tag", _) => self.workflow.tags.first().cloned(),
            (TAG, Some(tag)) => Some(tag.full()),
            ("arch_image", Some(tag)) => Some(arch_image(build, &image, tag)),
            ("arch_tag", Some(tag)) => arch_image(build, &image, tag).rsplit_once(":").map(|(_, tag)| tag),
            _ => None,
        };
        let value = self.known(&self.known(value).fill(named));
        symbols.text(&value)
    }

    /// The names in full of what a job pushes or publishes, with the first of them as it is written.
    pub(super) fn names(&self, job: &Job, symbols: &mut Symbols) -> (Vec<String>, Option<Template>) {
        let (images, build) = match &job.work {
            Work::Build(build) => (&build.images, Some(build)),
            Work::Copy(copy) => (&copy.images, None),
            Work::Manifest(_) | Work::Export(_) => return (Vec::new(), None),
        };
        let tags = [&job.tags, &job.moving].into_iter().filter_map(|tags| tags.get(self.place));
        let tags: Vec<&Tag> = tags.flat_map(|tags| tags.iter()).collect();
        let images = images.iter().map(|image| self.known(image)).filter(|image| !image.parts().is_empty());
        let mut names = Vec::new();
        for image in images {
            for tag in &tags {
                let mut name = image.clone();
                name.push_literal(":");
                name.push(&self.known(&tag.full()));
                names.push(name);
                names.extend(build.map(|build| self.known(&arch_image(build, &image, tag))));
            }
        }
        let full = |name: &Template| {
            let text = symbols.text(name);
            symbols.full(&text)
        };
        (names.iter().map(full).collect(), names.into_iter().next())
    }
}

/// The per-architecture name of a build.
fn arch_image(build: &Build, image: &Template, tag: &Tag) -> Template {
    build.arch_image.fill(|name| match name {
        "image" => Some(image.clone()),
        TAG => Some(tag.full()),
        "arch" => Some(Template::literal(&build.arch)),
        "platform" => Some(Template::literal(&build.platform.to_string())),
        _ => None,
    })
}
