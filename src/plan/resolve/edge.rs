//! What waits for what: images stand for the jobs that publish them, other names for jobs.

use std::collections::HashMap;

use super::image::ResolvedImage;
use super::job::ImageJob;
use super::keys::{Keys, cleaned};
use super::workflow::ResolvedWorkflow;
use super::{Problems, Scope, text};
use crate::diagnostic::{Diagnostic, chain};
use crate::names::Position;
use crate::plan::{Work, order};
use crate::span::Span;
use crate::spec::{Setting, Text};
use crate::template::Template;

/// Something that a job waits for.
pub(super) struct Edge {
    pub(super) to: Dependency,
    /// Whether nothing is taken from it.
    pub(super) is_gate: bool,
    /// Where the matrix says so; empty if nothing does.
    pub(super) span: Span,
}

/// What a job waits for.
#[derive(Clone, PartialEq)]
pub(super) enum Dependency {
    /// Another job of an image, by index.
    Job(usize),
    /// A hand-written job, by name.
    External(String),
}

/// Jobs by what stands for them.
struct Names<'j> {
    jobs: HashMap<&'j str, usize>,
    keys: Keys<'j>,
    /// What publishes an image, by the image.
    publishers: HashMap<usize, usize>,
}

impl Names<'_> {
    /// The jobs that go by this name: those that publish the images of that key, else the one of that name.
    fn find(&self, name: &str) -> Vec<usize> {
        let images = self.keys.find(name);
        if images.is_empty() {
            let job = self.jobs.get(name).or_else(|| self.jobs.get(cleaned(name).as_ref()));
            return job.into_iter().copied().collect();
        }
        images.iter().filter_map(|image| self.publishers.get(image)).copied().collect()
    }
}

/// What every job waits for, in the order of the jobs.
pub(super) fn edges(
    scope: &Scope,
    (images, workflows, jobs): (&[ResolvedImage], &[ResolvedWorkflow], &[ImageJob]),
    problems: &mut Problems,
) -> Vec<Vec<Edge>> {
    let publishes = |job: &ImageJob| matches!(job.work, Work::Manifest(_) | Work::Copy(_));
    let publishers = jobs.iter().enumerate().filter(|(_, job)| publishes(job));
    let names = Names {
        jobs: jobs.iter().enumerate().map(|(index, job)| (job.name.as_str(), index)).collect(),
        keys: Keys::of(images),
        publishers: publishers.map(|(index, job)| (job.image, index)).collect(),
    };
    // The jobs of an image stand together: what builds it, what publishes it, its export.
    let own = |indices: std::ops::Range<usize>| {
        indices.map(|index| Edge { to: Dependency::Job(index), is_gate: false, span: Span::default() }).collect()
    };
    let edges_of = |(index, job): (usize, &ImageJob)| {
        let image = &images[job.image];
        let (needs, gate) = (image.common.needs.as_deref(), image.common.gate.as_deref());
        let mut edges = Vec::new();
        let mut add =
            |list, waiter, edges: &mut Vec<Edge>| needs_of(scope, (image, list, waiter), &names, edges, problems);
        match &job.work {
            Work::Build(build) => {
                let on = image.platforms.iter().find(|on| on.platform == build.platform);
                let needs = on.and_then(|on| on.settings.needs.as_deref());
                add(needs, Waiter::Build(&build.arch), &mut edges);
            }
            Work::Copy(_) => {
                add(needs, Waiter::Copy, &mut edges);
                add(gate, Waiter::Gate, &mut edges);
            }
            Work::Manifest(manifest) => {
                edges = own(index - manifest.platforms.len()..index);
                add(gate, Waiter::Gate, &mut edges);
            }
            Work::Export(_) => edges = own(index - 1..index),
        }
        edges
    };
    let edges: Vec<Vec<Edge>> = jobs.iter().enumerate().map(edges_of).collect();
    for workflow in workflows {
        check_left_out(scope, images, workflow, (jobs, &edges), problems);
    }
    edges
}

/// Which of an image's jobs waits.
#[derive(Clone, Copy)]
enum Waiter<'a> {
    /// A build, for the architecture of this word.
    Build(&'a str),
    Copy,
    /// What publishes, for its gate.
    Gate,
}

/// Adds what a job waits for by a list of names.
fn needs_of(
    scope: &Scope,
    (image, list, waiter): (&ResolvedImage, Option<&Setting<Vec<Text>>>, Waiter<'_>),
    names: &Names,
    edges: &mut Vec<Edge>,
    problems: &mut Problems,
) {
    let external = &scope.request.external;
    for text in list.into_iter().flat_map(|list| &list.value) {
        let Some(name) = need_name(scope, (image, text), waiter, problems) else { continue };
        let found = names.find(&name);
        let to: Vec<Dependency> = match found.as_slice() {
            [] if external.has(&name) => vec![Dependency::External(name)],
            [] if scope.has_image(&name) => continue,
            [] if external.is_partial => vec![Dependency::External(name)],
            [] => {
                problems.push(unknown_need(scope, text, &name, names));
                continue;
            }
            found => found.iter().map(|index| Dependency::Job(*index)).collect(),
        };
        for to in to {
            if edges.iter().all(|known| known.to != to) {
                edges.push(Edge { to, is_gate: matches!(waiter, Waiter::Gate), span: text.span });
            }
        }
    }
}

/// The name of an image or a job; only the architecture may be referred to.
fn need_name(
    scope: &Scope,
    (image, text): (&ResolvedImage, &Text),
    waiter: Waiter<'_>,
    problems: &mut Problems,
) -> Option<String> {
    let before = problems.len();
    let arch = match waiter {
        Waiter::Build(arch) => Some(arch),
        Waiter::Copy | Waiter::Gate => None,
    };
    problems.extend(text.names().filter_map(|(name, span)| match (name, waiter) {
        ("arch", Waiter::Build(_)) => None,
        ("arch", _) => {
            let one = match waiter {
                Waiter::Gate => "an image is published by one job for all platforms",
                _ => "a copy is one job for all platforms",
            };
            let message = format!("`${{arch}}` has no value here: {one}");
            Some(Diagnostic::new("misplaced-name", span, message).help("wait for the image, by its key"))
        }
        _ => text::name_problem(scope, name, span, (Position::Fixed, image.values)),
    }));
    let filled = text.template.fill(|name| (name == "arch").then(|| Template::literal(arch.unwrap_or_default())));
    scope.vars.fold(&filled).as_literal().filter(|_| problems.len() == before).map(str::to_owned)
}

fn unknown_need(scope: &Scope, text: &Text, name: &str, names: &Names) -> Diagnostic {
    let request = scope.request;
    let external = &request.external;
    let mut jobs: Vec<&str> = names.jobs.keys().copied().collect();
    jobs.extend(external.workflows.values().flatten().map(String::as_str));
    jobs.sort_unstable();
    let keys: Vec<&str> = scope.keys().collect();
    let problem = Diagnostic::new("unknown-need", text.span, format!("there is no image or job called `{name}`"));
    if let Some(close) = crate::similar::closest(name, keys.iter().copied().chain(jobs)) {
        return problem.help(format!("did you mean `{close}`?"));
    }
    let problem = problem.did_you_mean(name, keys);
    match &external.file {
        Some(file) => problem.help(format!("define a hand-written job in {file}, and add it to the workflow there")),
        None => problem.help(request.provider.advice.own_jobs),
    }
}

/// In every workflow, what is waited for must run as well.
fn check_left_out(
    scope: &Scope,
    images: &[ResolvedImage],
    workflow: &ResolvedWorkflow,
    (jobs, edges): (&[ImageJob], &[Vec<Edge>]),
    problems: &mut Problems,
) {
    let external = &scope.request.external;
    let workflow_name = &workflow.name.text;
    // A workflow for forks has the jobs of the one that it goes with.
    let here =
        external.workflows.get(workflow_name).or_else(|| external.workflows.get(super::fork::origin(workflow_name)));
    let is_run = |job: &ImageJob| workflow.members.contains(&job.image) && workflow.runs(&job.work);
    let members = jobs.iter().zip(edges).filter(|(job, _)| is_run(job));
    for (job, edge) in members.flat_map(|(job, edges)| edges.iter().map(move |edge| (job, edge))) {
        let key = &job.key;
        let problem = |message| Diagnostic::new("left-out", edge.span, message);
        match &edge.to {
            Dependency::Job(index) if !workflow.members.contains(&jobs[*index].image) => {
                let other = &jobs[*index];
                let problem = problem(format!(
                    "`{key}` waits for `{}`, which the workflow `{workflow_name}` leaves out",
                    other.key
                ));
                problems.push(if images[other.image].enabled() {
                    let problem = problem.related(workflow.name.span, "this workflow");
                    problem.help(format!("add `{}` to its `images`", other.key))
                } else {
                    problem.help(format!("`{}` is disabled: remove its `enabled: false`", other.key))
                });
            }
            Dependency::External(name) if !external.is_partial && !here.is_some_and(|jobs| jobs.contains(name)) => {
                let file = external.file.as_deref().unwrap_or_default();
                let problem = problem(format!(
                    "`{key}` waits for `{name}`, which {file} does not have in the workflow `{workflow_name}`"
                ));
                let form = format!("`workflows: {{ {workflow_name}: {{ jobs: ... }} }}`");
                problems.push(problem.help(format!("add `{name}` to {form} there")));
            }
            _ => {}
        }
    }
}

/// The order in which the jobs can run; `None` after a problem, the cycle that makes it impossible.
pub(super) fn order(
    images: &[ResolvedImage],
    jobs: &[ImageJob],
    edges: &[Vec<Edge>],
    problems: &mut Problems,
) -> Option<Vec<usize>> {
    let index = |edge: &Edge| match edge.to {
        Dependency::Job(index) => Some(index),
        Dependency::External(_) => None,
    };
    let needs: Vec<Vec<usize>> = edges.iter().map(|edges| edges.iter().filter_map(index).collect()).collect();
    let cycle = match order::order(&needs) {
        Ok(order) => return Some(order),
        Err(cycle) => cycle,
    };
    let mut path: Vec<usize> = cycle.iter().map(|index| jobs[*index].image).collect();
    path.dedup();
    if path.len() > 1 && path.first() == path.last() {
        path.pop();
    }
    let keys: Vec<&str> = path.iter().chain(path.first()).map(|index| images[*index].key.text.as_str()).collect();
    let message = match keys.as_slice() {
        [one, _] => format!("`{one}` waits for itself"),
        _ => format!("images wait for each other: {}", chain(&keys)),
    };
    let edges = cycle.iter().flat_map(|at| &edges[*at]);
    let in_cycle = edges.filter(|edge| edge.span.end > 0 && index(edge).is_some_and(|index| cycle.contains(&index)));
    let mut spans: Vec<Span> = in_cycle.map(|edge| edge.span).collect();
    spans.sort_unstable();
    spans.dedup();
    let problem = Diagnostic::new("cycle", spans.first().copied().unwrap_or_default(), message);
    let problem = spans.iter().skip(1).take(4).fold(problem, |problem, span| problem.related(*span, ""));
    problems.push(problem.help("remove one of these needs"));
    None
}
