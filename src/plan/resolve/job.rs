//! The jobs of an image: what each does and where it runs, but not what it waits for.

use std::collections::HashMap;

use super::image::ResolvedImage;
use super::runner::{self, Runners};
use super::settings::script;
use super::{Problems, Scope, build, context, export, manifest};
use crate::diagnostic::Diagnostic;
use crate::plan::{Copy, Work};
use crate::spec::{Kind, is_upper_name};
use crate::template::Template;

pub(super) struct ImageJob {
    pub(super) name: String,
    /// The key of its image.
    pub(super) key: String,
    /// Its image, by index.
    pub(super) image: usize,
    pub(super) runner: Vec<String>,
    pub(super) work: Work,
    pub(super) setup: Option<String>,
}

/// Every job of every image, in the order of the matrix; of an image first what builds it, then what publishes it, then its
/// export.
pub(super) fn jobs(
    scope: &Scope,
    runners: &Runners,
    images: &[ResolvedImage],
    problems: &mut Problems,
) -> Vec<ImageJob> {
    let mut jobs = Vec::new();
    for (index, image) in images.iter().enumerate() {
        let key = &image.key.text;
        let mut add = |name: String, work: Work, runner: Vec<String>, setup: Option<String>| {
            jobs.push(ImageJob { name, key: key.clone(), image: index, runner, work, setup });
        };
        let publishing = runners.publishing(image);
        if image.kind == Kind::Copied {
            let runner = runner::own(scope, &image.common, problems).unwrap_or_else(|| publishing.clone());
            let copy = copy(scope, image, problems);
            let needs_setup = image.own.settings.setup.is_some() || needs_setup(scope, image, &copy);
            let setup = script(image.common.setup.as_deref()).filter(|_| needs_setup);
            add(format!("build-{key}"), Work::Copy(copy), runner, setup);
        } else {
            let context = context::context(scope, image, problems);
            for on in &image.platforms {
                let runner = runners.build(scope, on, problems);
                let build = build::build(scope, image, on, &context, problems);
                let setup = script(on.settings.setup.as_deref());
                add(format!("build-{key}-{}", on.arch), Work::Build(build), runner, setup);
            }
            let work = Work::Manifest(manifest::manifest(scope, image, problems));
            add(format!("build-{key}-manifest"), work, publishing.clone(), None);
        }
        if let Some(export) = export::export(scope, image, problems) {
            add(format!("export-{key}"), Work::Export(export), publishing, None);
        }
    }
    check_names(scope, images, &jobs, problems);
    jobs
}

fn copy(scope: &Scope, image: &ResolvedImage, problems: &mut Problems) -> Copy {
    let setting = image.common.copy.as_ref();
    let source = setting.map(|copy| image.fold(&scope.vars, None, &copy.value.template)).unwrap_or_default();
    if source.as_literal() == Some("") {
        let span = setting.map_or(image.key.span, |copy| copy.span);
        let help = "name the image that is published as it is: `docker.io/library/redis:7`";
        problems.push(Diagnostic::new("copy", span, "`copy` is empty").help(help));
    }
    let kept = image.own.platforms.as_ref().map_or(&[][..], |_| &image.platforms);
    let platforms = kept.iter().map(|on| on.platform.clone()).collect();
    Copy { source, images: image.names.clone(), platforms }
}

/// Whether a copy may need what `setup` exports: for its own values, or for the tags under which it is published.
fn needs_setup(scope: &Scope, image: &ResolvedImage, copy: &Copy) -> bool {
    let workflows = scope.spec.workflows.iter().map(|(_, workflow)| workflow);
    let tags = workflows.flat_map(|workflow| workflow.tags.iter().chain(workflow.vars.iter().map(|(_, text)| text)));
    let vars = scope.spec.vars.iter().map(|(_, text)| text);
    let written = tags.chain(vars).map(|text| &text.template);
    let values = copy.images.iter().chain([&copy.source]).chain(&image.tags).chain(written);
    values.flat_map(Template::names).any(is_upper_name)
}

fn check_names(scope: &Scope, images: &[ResolvedImage], jobs: &[ImageJob], problems: &mut Problems) {
    let mut known: HashMap<&str, usize> = HashMap::new();
    for job in jobs {
        let (name, span) = (&job.name, images[job.image].key.span);
        // Two of one image have one architecture's word, which is reported where the platforms are.
        let is_other = |other: &usize| images[*other].key.text != images[job.image].key.text;
        if let Some(other) = known.insert(name, job.image).filter(is_other) {
            let problem = Diagnostic::new("same-job", span, format!("two jobs would be named `{name}`"));
            let problem = problem.related(images[other].key.span, "the other comes from here");
            problems.push(problem.help("rename one of the images' keys"));
        }
        let external = &scope.request.external;
        if let Some(file) = external.file.as_ref().filter(|_| external.has(name)) {
            let message = format!("`{name}` is a job of {file}, and this image would have a job of that name, too");
            let help = "rename the hand-written job, or the image's key";
            problems.push(Diagnostic::new("same-job", span, message).help(help));
        }
    }
}
