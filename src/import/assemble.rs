//! The matrix of what was found: names and tags of all images, what each is built on, and what every matrix has beside images.

mod defaults;
mod edges;
mod names;
mod platforms;
mod surroundings;
mod used;

use std::collections::BTreeMap;

use super::Request;
use super::found::{Found, Input};
use super::tags::{self, Plan};
use crate::diagnostic::{Diagnostic, Severity};
use crate::draft::{Draft, Map, Value};
use crate::span::Span;
use crate::template::Template;

pub(super) use used::environment;

/// Makes the matrix.
pub(super) struct Assembly<'r> {
    request: &'r Request<'r>,
    problems: &'r mut Vec<Diagnostic>,
}

/// The most images of one file.
const MOST: usize = 2000;

/// An image on its way into the matrix.
struct Image {
    found: Found,
    /// Its key in the matrix.
    key: String,
    names: Vec<Template>,
    /// As they are in the file.
    tags: Vec<Template>,
    /// As the matrix says them; none where it has the workflow's.
    templates: Option<Vec<Template>>,
    /// Whether the file says nothing of its name.
    is_guessed: bool,
    /// The keys of those that it waits for, each with a comment.
    needs: Vec<(String, Option<String>)>,
}

impl<'r> Assembly<'r> {
    pub(super) fn new(request: &'r Request<'r>, problems: &'r mut Vec<Diagnostic>) -> Self {
        Self { request, problems }
    }

    pub(super) fn draft(mut self, input: Input) -> Draft {
        if let Some(one_more) = input.images.get(MOST) {
            let message = format!("this file builds more than {MOST} images");
            let problem = Diagnostic::new("too-large", one_more.span, message);
            self.problems.push(problem.help("split it, and write several matrices"));
            return Draft::default();
        }
        let (found, renamed) = self.distinct(input.images);
        let mut images = self.named(found, &input.vars);
        if images.is_empty() {
            if self.problems.iter().any(|problem| problem.severity == Severity::Error) {
                return Draft::default();
            }
            let problem = Diagnostic::new("nothing-to-build", Span::default(), "nothing in this file builds an image");
            let help = "a bake file has `target`, a Compose file services with `build`";
            self.problems.push(problem.help(help));
            return Draft::default();
        }
        let plan = Plan::of(&images.iter().map(|image| image.tags.clone()).collect::<Vec<_>>());
        for (image, templates) in images.iter_mut().zip(plan.images) {
            image.templates = templates;
        }
        self.edges(&mut images, &renamed);

        let mut draft = Draft::default();
        draft.comment(format!("Made by `splitbuild import {}`. Look at what is marked as guessed.", self.request.name));
        input.remarks.into_iter().for_each(|remark| draft.comment(remark));
        let secrets = surroundings::secrets(&mut draft, &images);
        self.platforms(&mut draft, &images);
        for image in &images {
            let map = keys(image, &secrets);
            let entry = draft.section("images").put(&image.key, map);
            for remark in &image.found.remarks {
                entry.above(remark);
            }
        }
        platforms::own(&mut draft, &images);
        surroundings::workflow(&mut draft, &images, &plan.workflow, input.wanted.as_deref());
        surroundings::registries(&mut draft, &images, &input.vars, self.request.providers);
        surroundings::tool(&mut draft);
        used::vars(&mut draft, &input.vars);
        defaults::defaults(&mut draft);
        draft
    }

    /// Each image once: services that are built and pushed alike are one. Those that are left out are known by the name of
    /// the one that is kept.
    fn distinct(&mut self, found: Vec<Found>) -> (Vec<Found>, BTreeMap<String, String>) {
        let mut kept: Vec<Found> = Vec::new();
        let mut renamed = BTreeMap::new();
        let is_parent = |name: &str| found.iter().flat_map(|it| &it.parents).any(|parent| parent.target == name);
        for image in &found {
            if let Some((span, why)) = image.only_for_others.as_ref().filter(|_| !is_parent(&image.name)) {
                let message = format!("`{}` {why}; it is left out", image.name);
                let help = "the matrix is of images that are pushed";
                self.problems.push(Diagnostic::new("unmapped", *span, message).warning().help(help));
                continue;
            }
            let twin = kept.iter_mut().find(|known| !known.references.is_empty() && known.is_twin(image));
            match twin {
                Some(known) => {
                    known.remarks.push(format!("Also `{}`, which is built and called alike.", image.name));
                    renamed.insert(image.name.clone(), known.name.clone());
                }
                None => kept.push(image.clone()),
            }
        }
        (kept, renamed)
    }
}

/// The keys of an image.
fn keys(image: &Image, secrets: &surroundings::Secrets) -> Map {
    let mut map = image.found.keys.clone();
    let name = match image.names.as_slice() {
        [one] => Value::from(one.clone()),
        several => tags::list(several),
    };
    let entry = map.put("image", name);
    if image.is_guessed {
        entry.behind("guessed: the file gives it no name");
    }
    if let Some(templates) = image.templates.as_ref().filter(|it| it.len() != 1 || it[0].as_name() != Some("tag")) {
        map.put("tags", tags::list(templates));
    }
    if !image.needs.is_empty() {
        let entry = map.put("needs", Value::texts(image.needs.iter().map(|(key, _)| key)));
        for comment in image.needs.iter().filter_map(|(_, comment)| comment.as_ref()) {
            entry.behind(comment);
        }
    }
    if let Some(uses) = secrets.uses(image) {
        map.put("secrets", uses);
    }
    map
}
