//! The plan's jobs and workflows, once it is known what waits for what.

use std::sync::Arc;

use super::edge::{Dependency, Edge};
use super::image::ResolvedImage;
use super::job::ImageJob;
use super::local::{self, LocalEdges};
use super::tag::{self, ImageTags};
use super::workflow::ResolvedWorkflow;
use crate::plan::{Job, JobId, Local, Need, TAG, Tag, Workflow};
use crate::template::Template;

/// The workflows, and the jobs that they run, in that order.
pub(super) fn assemble(
    workflows: Vec<ResolvedWorkflow>,
    jobs: Vec<ImageJob>,
    edges: Vec<Vec<Edge>>,
    order: Vec<usize>,
    images: &[ResolvedImage],
) -> (Vec<Workflow>, Vec<Job>) {
    let has_local = workflows.iter().any(|workflow| !workflow.push);
    let edges_of = |index| {
        if has_local {
            local::edges(&jobs, &edges, index, |image| tags_of(&images[image], &workflows).0)
        } else {
            LocalEdges::default()
        }
    };
    let mut local: Vec<LocalEdges> = (0..jobs.len()).map(edges_of).collect();
    let mut nodes: Vec<Option<(ImageJob, Vec<Edge>)>> = jobs.into_iter().zip(edges).map(Some).collect();
    let mut ids: Vec<Option<JobId>> = vec![None; nodes.len()];
    let mut assembled = Vec::new();
    let mut of_jobs = Vec::new();
    let mut tags: Vec<Option<JobTags>> = vec![None; images.len()];
    let is_run = |job: &ImageJob| workflows.iter().any(|it| it.members.contains(&job.image) && it.runs(&job.work));
    for index in order {
        let Some((job, edges)) = nodes[index].take().filter(|(job, _)| is_run(job)) else { continue };
        let need = |to: Dependency| match to {
            Dependency::Job(index) => ids[index].map(Need::Job),
            Dependency::External(name) => Some(Need::External(name)),
        };
        let LocalEdges { needs, parents } = std::mem::take(&mut local[index]);
        let local = Local { needs: needs.into_iter().filter_map(need).collect(), parents };
        let need = |edge: Edge| need(edge.to);
        let (gates, needs): (Vec<Edge>, Vec<Edge>) = edges.into_iter().partition(|edge| edge.is_gate);
        let (needs, gates) =
            (needs.into_iter().filter_map(need).collect(), gates.into_iter().filter_map(need).collect());
        ids[index] = Some(JobId(assembled.len()));
        of_jobs.push(job.image);
        let image = &images[job.image];
        let (tags, moving) = tags[job.image].get_or_insert_with(|| tags_of(image, &workflows)).clone();
        let ImageJob { name, key, runner, work, setup, .. } = job;
        let (family, values) = (image.family.to_owned(), image.values.to_vec());
        let is_own = image.tags != [Template::name(TAG)];
        let tag_templates = if is_own { image.tags.clone() } else { Vec::new() };
        assembled.push(Job {
            name,
            key,
            family,
            values,
            tag_templates,
            tags,
            moving,
            needs,
            gates,
            local,
            runner,
            work,
            setup,
        });
    }
    let workflow = |workflow: &ResolvedWorkflow| {
        let is_member = |(index, image): (usize, &usize)| {
            let runs = workflow.members.contains(image) && workflow.runs(&assembled[index].work);
            runs.then_some(JobId(index))
        };
        Workflow {
            name: workflow.name.text.clone(),
            span: workflow.span,
            jobs: of_jobs.iter().enumerate().filter_map(is_member).collect(),
            trigger: workflow.trigger.clone(),
            push: workflow.push,
            login: workflow.login,
            tags: workflow.tags.clone(),
            version: workflow.version.clone(),
            vars: workflow.vars.clone(),
        }
    };
    (workflows.iter().map(workflow).collect(), assembled)
}

/// By workflow, the tags under which an image is pushed, and those that move.
type JobTags = (Vec<Arc<[Tag]>>, Vec<Arc<[Tag]>>);

fn tags_of(image: &ResolvedImage, workflows: &[ResolvedWorkflow]) -> JobTags {
    let tags = |workflow: &ResolvedWorkflow| {
        let ImageTags { pushed, moving } = tag::of_image(image, workflow);
        (pushed.into(), moving.into())
    };
    workflows.iter().map(tags).unzip()
}
