//! The plan's jobs and workflows, once it is known what waits for what.

use super::edge::{Dependency, Edge};
use super::job::ImageJob;
use super::workflow::ResolvedWorkflow;
use crate::plan::{Job, JobId, Need, Workflow};

/// The workflows, and the jobs that they run, in that order.
pub(super) fn assemble(
    workflows: Vec<ResolvedWorkflow>,
    jobs: Vec<ImageJob>,
    edges: Vec<Vec<Edge>>,
    order: Vec<usize>,
) -> (Vec<Workflow>, Vec<Job>) {
    let mut nodes: Vec<Option<(ImageJob, Vec<Edge>)>> = jobs.into_iter().zip(edges).map(Some).collect();
    let mut ids: Vec<Option<JobId>> = vec![None; nodes.len()];
    let mut assembled = Vec::new();
    let mut images = Vec::new();
    let is_run = |job: &ImageJob| workflows.iter().any(|workflow| workflow.members.contains(&job.image));
    for index in order {
        let Some((job, edges)) = nodes[index].take().filter(|(job, _)| is_run(job)) else { continue };
        let need = |edge: Edge| match edge.to {
            Dependency::Job(index) => ids[index].map(Need::Job),
            Dependency::External(name) => Some(Need::External(name)),
        };
        let (gates, needs): (Vec<Edge>, Vec<Edge>) = edges.into_iter().partition(|edge| edge.is_gate);
        let (needs, gates) =
            (needs.into_iter().filter_map(need).collect(), gates.into_iter().filter_map(need).collect());
        ids[index] = Some(JobId(assembled.len()));
        images.push(job.image);
        let ImageJob { name, key, runner, work, setup, .. } = job;
        assembled.push(Job { name, key, needs, gates, runner, work, setup });
    }
    let workflow = |workflow: ResolvedWorkflow| {
        let is_member = |(index, image): (usize, &usize)| workflow.members.contains(image).then_some(JobId(index));
        Workflow {
            name: workflow.name.text.clone(),
            jobs: images.iter().enumerate().filter_map(is_member).collect(),
            trigger: workflow.trigger,
            tags: workflow.tags,
            vars: workflow.vars.clone(),
        }
    };
    (workflows.into_iter().map(workflow).collect(), assembled)
}
