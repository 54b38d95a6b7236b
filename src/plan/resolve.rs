//! From what was written to what was meant, in phases that each return a whole value: vars, images, workflows, jobs, what
//! they wait for, the plan. Every problem is collected, never just the first.

mod access;
mod arch_image;
mod assemble;
mod build;
mod context;
mod edge;
mod export;
mod fork;
mod image;
mod job;
mod keys;
mod local;
mod manifest;
mod runner;
mod section;
mod settings;
mod tag;
mod tag_template;
mod text;
mod tool;
mod trigger;
mod unique;
mod variant;
mod vars;
mod workflow;
mod workflow_tag;

use std::borrow::Cow;

use super::{Plan, Request, Tool};
use crate::diagnostic::{Diagnostic, Severity};
use crate::reference::TAG_LIMIT;
use crate::spec::Spec;
use image::ResolvedImage;
use variant::Single;
use vars::Vars;
use workflow::ResolvedWorkflow;

/// The most jobs that a plan may have, each counted in every workflow: some times what any provider runs.
const MOST_JOBS: usize = 100_000;

/// What to do with a value that no command can hold.
const MOVE_INTO_FILE: &str = "move the value into a file of the repository";

/// What is wrong with the matrix, in no particular order.
type Problems = Vec<Diagnostic>;

/// What every phase may look at.
struct Scope<'s> {
    spec: &'s Spec,
    request: &'s Request,
    vars: Vars,
    /// The images one by one.
    images: Vec<Single<'s>>,
}

impl Scope<'_> {
    /// Whether there is an image of that key, or several that are one in the matrix.
    fn has_image(&self, key: &str) -> bool {
        self.spec.has_image(key) || self.images.iter().any(|image| image.key.text == key)
    }

    /// What images are called where they are referred to: each key, and of several that are one in the matrix theirs.
    fn keys(&self) -> impl Iterator<Item = &str> {
        let singles = self.images.iter().filter(|image| !image.names.is_empty());
        self.spec.images.iter().map(|(key, _)| key).chain(singles.map(|image| &image.key)).map(|key| key.text.as_str())
    }
}

/// Resolves a matrix.
///
/// # Errors
/// Every problem that can be told from the matrix, in no particular order, unless all of them are warnings.
pub fn resolve(spec: &Spec, request: &Request) -> Result<Plan, Vec<Diagnostic>> {
    let spec = &*if request.provider.runs_forks { fork::with_forks(spec) } else { Cow::Borrowed(spec) };
    let mut problems = Problems::new();
    let plan = plan(spec, request, &mut problems);
    fork::once(spec, &mut problems);
    match plan {
        Some(plan) if problems.iter().all(|problem| problem.severity == Severity::Warning) => {
            Ok(Plan { warnings: problems, ..plan })
        }
        _ => Err(problems),
    }
}

fn plan(spec: &Spec, request: &Request, problems: &mut Problems) -> Option<Plan> {
    let mut scope = Scope { spec, request, vars: vars::vars(spec, request, problems), images: Vec::new() };
    scope.images = variant::singles(&scope, problems);
    let scope = &scope;
    access::check_secrets(scope, problems);
    let mut registries = access::registries(scope, problems);
    let settings = section::provider_settings(scope, problems);
    let runners = runner::runners(scope, problems);
    let images = image::images(scope, problems);
    build::check_tests(&images, &settings, problems);
    let enabled = || images.iter().filter(|image| image.enabled());
    let tag_room = enabled().map(ResolvedImage::tag_room).min().unwrap_or(TAG_LIMIT);
    // Images with tags of their own are checked with these.
    let others = enabled().filter(|image| image.common.tags.is_none());
    let room = others.map(ResolvedImage::tag_room).min().unwrap_or(TAG_LIMIT);
    let workflows = workflow::workflows(scope, &images, room, problems);
    check_size(scope, &images, &workflows, problems)?;
    let jobs = job::jobs(scope, &runners, &images, problems);
    let edges = edge::edges(scope, (&images, &workflows, &jobs), problems);
    local::check(&workflows, (&jobs, &edges), &settings, problems);
    unique::check_names(scope, &images, &workflows, problems);
    tag::check_image_tags(&images, &workflows, problems);
    export::check_files(scope, &images, &workflows, problems);
    let publishes = !jobs.is_empty() && workflows.iter().any(|workflow| workflow.push);
    let tool = tool::tool(scope, publishes, problems);
    // Without a job that publishes nothing is installed anywhere.
    let tool = tool.or((!publishes).then(|| Tool::Install(String::new())));
    let order = edge::order(&images, &jobs, &edges, problems)?;
    let (workflows, jobs) = assemble::assemble(workflows, jobs, edges, order, &images);
    access::usual(scope, &jobs, &mut registries);
    tool::check_runners(scope, &jobs, problems);
    let (provider, warnings) = (request.provider.name, Problems::new());
    let given = scope.vars.given();
    Some(Plan { workflows, jobs, registries, tool: tool?, given, tag_room, provider, settings, warnings })
}

/// Stops before a matrix becomes a configuration that no provider would take, and that fills the memory here.
fn check_size(
    scope: &Scope,
    images: &[ResolvedImage],
    workflows: &[ResolvedWorkflow],
    problems: &mut Problems,
) -> Option<()> {
    let members = workflows.iter().flat_map(|workflow| &workflow.members);
    let count: usize = members.map(|index| images[*index].platforms.len() + 1).sum();
    if count <= MOST_JOBS {
        return Some(());
    }
    let span = scope.spec.images.first().map(|(key, _)| key.span).unwrap_or_default();
    let message = format!("the matrix makes {count} jobs in all workflows; the limit is {MOST_JOBS}");
    let help = "split it into several matrices, or name fewer `images` in each workflow";
    problems.push(Diagnostic::new("too-many-jobs", span, message).help(help));
    None
}
