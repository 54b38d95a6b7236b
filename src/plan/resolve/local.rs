//! What a workflow that pushes nothing cannot do: its builds get their parents as files, and nothing is published.

use std::sync::Arc;

use super::Problems;
use super::edge::{Dependency, Edge};
use super::job::ImageJob;
use super::workflow::ResolvedWorkflow;
use crate::diagnostic::Diagnostic;
use crate::plan::{LocalParent, ProviderSettings, Tag, Work};
use crate::spec::{BUILDER, DOCKER, LEGACY};

/// What a build waits for where nothing is pushed, and is built on.
#[derive(Default)]
pub(super) struct LocalEdges {
    pub(super) needs: Vec<Dependency>,
    pub(super) parents: Vec<LocalParent>,
}

/// The edges of a job where nothing is pushed; only builds have any. `tags_of` gives the tags of an image by workflow.
pub(super) fn edges(
    jobs: &[ImageJob],
    edges: &[Vec<Edge>],
    index: usize,
    tags_of: impl Fn(usize) -> Vec<Arc<[Tag]>>,
) -> LocalEdges {
    let mut local = LocalEdges::default();
    let Work::Build(build) = &jobs[index].work else { return local };
    for edge in &edges[index] {
        let parent = match edge.to {
            Dependency::Job(parent) => parent,
            Dependency::External(_) => {
                local.needs.push(edge.to.clone());
                continue;
            }
        };
        if let Work::Copy(copy) = &jobs[parent].work {
            local.parents.push(LocalParent::Copy(
                copy.images.clone(),
                copy.source.clone(),
                tags_of(jobs[parent].image),
            ));
        }
        for (parent, arch) in builds_behind(jobs, edges, parent, &build.arch) {
            let need = Dependency::Job(parent);
            if !local.needs.contains(&need) {
                local.needs.push(need);
                local.parents.push(LocalParent::Build(jobs[parent].key.clone(), arch.to_owned()));
            }
        }
    }
    local
}

/// The builds behind an index, with their architectures: the one of this architecture, else all; a build is its own.
fn builds_behind<'j>(jobs: &'j [ImageJob], edges: &[Vec<Edge>], index: usize, arch: &str) -> Vec<(usize, &'j str)> {
    let build = |index: usize| match &jobs[index].work {
        Work::Build(build) => Some((index, build.arch.as_str())),
        _ => None,
    };
    if !matches!(jobs[index].work, Work::Manifest(_)) {
        return build(index).into_iter().collect();
    }
    let own = edges[index].iter().filter(|edge| !edge.is_gate);
    let builds = own.filter_map(|edge| match edge.to {
        Dependency::Job(index) => build(index),
        Dependency::External(_) => None,
    });
    let builds: Vec<(usize, &str)> = builds.collect();
    match builds.iter().find(|(_, own)| *own == arch) {
        Some(same) => vec![*same],
        None => builds,
    }
}

/// Checks what the builds of such workflows wait for.
pub(super) fn check(
    workflows: &[ResolvedWorkflow],
    (jobs, edges): (&[ImageJob], &[Vec<Edge>]),
    settings: &ProviderSettings,
    problems: &mut Problems,
) {
    for workflow in workflows.iter().filter(|workflow| !workflow.push) {
        check_one(workflow, (jobs, edges), settings, problems);
    }
}

fn check_one(
    workflow: &ResolvedWorkflow,
    (jobs, edges): (&[ImageJob], &[Vec<Edge>]),
    settings: &ProviderSettings,
    problems: &mut Problems,
) {
    let name = &workflow.name.text;
    let other_builder = settings.choice(BUILDER).filter(|builder| ![DOCKER, LEGACY].contains(builder));
    let is_late = workflow.tags.iter().any(|tag| tag.as_literal().is_none());
    let is_run = |job: &ImageJob| workflow.members.contains(&job.image) && workflow.runs(&job.work);
    let members = jobs.iter().zip(edges).filter(|(job, _)| is_run(job));
    for (job, edge) in members.flat_map(|(job, edges)| edges.iter().map(move |edge| (job, edge))) {
        let Dependency::Job(index) = edge.to else { continue };
        let (key, parent) = (&job.key, &jobs[index]);
        if !workflow.members.contains(&parent.image) {
            continue;
        }
        let (code, message, help) = match (&parent.work, other_builder) {
            (Work::Export(_), _) => (
                "left-out",
                format!("`{key}` waits for `{}`, and the workflow `{name}` publishes nothing to export", parent.name),
                "name the workflow's `images`, and leave this one out",
            ),
            (Work::Copy(_), _) if is_late => (
                "late-name",
                format!(
                    "`{key}` is built on a copy, and what that is called in the workflow `{name}` is known too late"
                ),
                "leave the workflow's `tags` out: nothing is pushed under them",
            ),
            (_, Some(builder)) => (
                "left-out",
                format!(
                    "`{key}` is built on `{}`, which the workflow `{name}` does not push, but {builder} gets parents from registries only",
                    parent.key
                ),
                "leave the image out of the workflow, or build with Docker",
            ),
            _ => continue,
        };
        let problem = Diagnostic::new(code, edge.span, message).related(workflow.name.span, "this workflow");
        problems.push(problem.help(help));
    }
}
