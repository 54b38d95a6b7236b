//! The images of a workflow that bake can build, and which of them need a target for each platform.

use super::value::On;
use crate::plan::{Build, BuildOption, Job, Parent, Plan, Recipe, Work};
use crate::template::Template;

/// What differs between platforms.
const OF_PLATFORM: [&str; 4] = ["platform", "arch", "arch_tag", "arch_image"];

/// An image that `docker build` makes.
pub(super) struct Image<'p> {
    pub(super) key: &'p str,
    /// Its key in the matrix.
    pub(super) family: &'p str,
    /// What builds it on each of its platforms.
    pub(super) builds: Vec<(&'p Job, &'p Build)>,
    /// The annotations of its index.
    pub(super) annotations: &'p [(String, Template)],
    /// Why each platform has a target of its own; else one target builds for all.
    pub(super) split: Option<&'static str>,
}

/// What a build is built on.
#[derive(PartialEq)]
enum Base {
    /// What this key is on the build's own platform.
    Same(String),
    /// What it is on another, or all of it.
    Other(Parent),
}

impl<'p> Image<'p> {
    /// The builds of each of its targets.
    pub(super) fn targets(&self) -> Vec<Vec<On<'p>>> {
        let on = |(job, build): &(&'p Job, &'p Build)| On { job, build: Some(build) };
        match self.split {
            Some(_) => self.builds.iter().map(|build| vec![on(build)]).collect(),
            None => vec![self.builds.iter().map(on).collect()],
        }
    }

    /// The place of the target that builds for an architecture, by its word; the first for one that it lacks.
    pub(super) fn target(&self, arch: &str) -> usize {
        let place = self.builds.iter().position(|(_, build)| build.arch == arch);
        place.filter(|_| self.split.is_some()).unwrap_or_default()
    }

    fn bases(&self, plan: &Plan, at: usize) -> Vec<Base> {
        let (job, build) = self.builds[at];
        let base = |parent: Parent| match parent {
            Parent::Build(key, arch) if arch == build.arch => Base::Same(key),
            other => Base::Other(other),
        };
        plan.parents(job).into_iter().map(base).collect()
    }

    /// Why what it is made of is not the same on every platform.
    fn difference(&self, plan: &Plan) -> Option<&'static str> {
        let (_, first) = self.builds[0];
        let options = options(first);
        let mut values = options.iter().filter_map(|option| option.value.as_ref());
        let is_of_platform = |value: &Template| value.names().any(|name| OF_PLATFORM.contains(&name));
        if values.any(is_of_platform) || self.builds.iter().any(|(_, build)| self::options(build) != options) {
            return Some("its values differ between them");
        }
        let bases = self.bases(plan, 0);
        let differ = (1..self.builds.len()).any(|at| self.bases(plan, at) != bases);
        differ.then_some("what it is built on differs between them")
    }

    fn is_shared(&self) -> bool {
        self.builds.len() > 1 && self.split.is_none()
    }
}

/// What a build is told beside the platform.
fn options(build: &Build) -> Vec<&BuildOption> {
    match &build.recipe {
        Recipe::Docker(options) => options.iter().filter(|option| option.flag != "--platform").collect(),
        Recipe::Script(_) => Vec::new(),
    }
}

/// The images of a workflow, in its order.
pub(super) fn images(plan: &Plan, place: usize) -> Vec<Image<'_>> {
    let mut images: Vec<Image<'_>> = Vec::new();
    for id in &plan.workflows[place].jobs {
        let job = plan.job(*id);
        let known = images.iter_mut().find(|image| image.key == job.key);
        match (&job.work, known) {
            (Work::Build(build), Some(image)) => image.builds.push((job, build)),
            (Work::Build(build), None) if matches!(build.recipe, Recipe::Docker(_)) => images.push(Image {
                key: &job.key,
                family: &job.family,
                builds: vec![(job, build)],
                annotations: &[],
                split: None,
            }),
            (Work::Manifest(manifest), Some(image)) => image.annotations = &manifest.annotations,
            _ => {}
        }
    }
    split(plan, &mut images);
    images
}

/// Decides which images need a target for each platform.
fn split(plan: &Plan, images: &mut [Image<'_>]) {
    for image in images.iter_mut().filter(|image| image.builds.len() > 1) {
        image.split = image.difference(plan);
    }
    let others: Vec<String> = (0..images.len()).flat_map(|at| of_other_platforms(plan, &images[at])).collect();
    for image in images.iter_mut().filter(|image| image.is_shared() && others.iter().any(|key| key == image.key)) {
        image.split = Some("another image is built on one of them alone");
    }
    // A target of several platforms takes from another that which was built for each: there must be one.
    let is_split = |images: &[Image<'_>], at: usize| images[at].split.is_some();
    let follows = |images: &[Image<'_>], at: usize| {
        images[at].is_shared() && parents(plan, images, at).into_iter().any(|parent| is_split(images, parent))
    };
    while let Some(at) = (0..images.len()).find(|at| follows(images, *at)) {
        images[at].split = Some("what it is built on has one");
    }
}

/// The images that one is built on, on another platform than its own.
fn of_other_platforms(plan: &Plan, image: &Image<'_>) -> Vec<String> {
    let bases = (0..image.builds.len()).flat_map(|at| image.bases(plan, at));
    let key = |base: Base| match base {
        Base::Other(Parent::Build(key, _)) => Some(key),
        _ => None,
    };
    bases.filter_map(key).collect()
}

/// The places of the images that one is built on.
fn parents(plan: &Plan, images: &[Image<'_>], at: usize) -> Vec<usize> {
    let all = images[at].builds.iter().flat_map(|(job, _)| plan.parents(job));
    let key = |parent: Parent| match parent {
        Parent::Build(key, _) | Parent::Index(key) => key,
    };
    all.map(key).filter_map(|key| images.iter().position(|image| image.key == key)).collect()
}
