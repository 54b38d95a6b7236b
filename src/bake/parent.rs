//! What the names of a build's parents mean: targets, so that a `FROM` of such a name takes what was just built
//! (<https://docs.docker.com/build/bake/contexts/#using-a-target-as-a-build-context>).

use super::Targets;
use super::value::{Form, On, Writer};
use crate::plan::{Parent, Tag, Work};
use crate::template::Template;

/// The names, each with what it means.
pub(super) fn contexts(writer: &mut Writer<'_>, targets: &Targets<'_>, builds: &[On<'_>]) -> Vec<(String, String)> {
    let mut contexts = Vec::new();
    for on in builds {
        let own = on.build.map(|build| build.arch.as_str()).unwrap_or_default();
        for parent in writer.plan.parents(on.job) {
            match &parent {
                Parent::Build(key, arch) => built(writer, targets, (key, arch), &mut contexts),
                Parent::Index(key) if targets.image(key).is_some() => built(writer, targets, (key, own), &mut contexts),
                Parent::Index(key) => copied(writer, targets, (key, own), &mut contexts),
            }
        }
    }
    contexts
}

/// The names of an image of this file.
fn built(
    writer: &mut Writer<'_>,
    targets: &Targets<'_>,
    (key, arch): (&str, &str),
    contexts: &mut Vec<(String, String)>,
) {
    let (Some(image), Some(target)) = (targets.image(key), targets.name(key, arch)) else { return };
    let own = image.builds.iter().find(|(_, build)| build.arch == arch).copied();
    let (job, build) = own.unwrap_or(image.builds[0]);
    let target = format!("target:{target}");
    for name in writer.images(&build.images) {
        for tag in job.tags[writer.place].iter().chain(&*job.moving[writer.place]) {
            contexts.push((writer.name(name, tag, Form::Text), target.clone()));
            if own.is_some() {
                let arch_name = writer.arch_name(On { job, build: Some(build) }, (name, tag), Form::Text);
                contexts.push((arch_name, target.clone()));
            }
        }
    }
}

/// The names of a copy, which mean what is copied.
fn copied(
    writer: &mut Writer<'_>,
    targets: &Targets<'_>,
    (key, arch): (&str, &str),
    contexts: &mut Vec<(String, String)>,
) {
    let plan = writer.plan;
    let jobs = writer.workflow.jobs.iter().map(|id| plan.job(*id)).filter(|job| job.key == key);
    for job in jobs {
        let Work::Copy(copy) = &job.work else { continue };
        let target = plan.copied_from(job).and_then(|from| targets.name(from, arch));
        let source = match target {
            Some(target) => format!("target:{target}"),
            None => docker_image(writer, &copy.source, job),
        };
        let tags: Vec<&Tag> = job.tags[writer.place].iter().chain(&*job.moving[writer.place]).collect();
        for name in writer.images(&copy.images) {
            contexts.extend(tags.iter().map(|tag| (writer.name(name, tag, Form::Text), source.clone())));
        }
    }
}

fn docker_image(writer: &mut Writer<'_>, source: &Template, job: &crate::plan::Job) -> String {
    format!("docker-image://{}", writer.text(source, Some(On { job, build: None }), Form::Text))
}
