//! From what was written to what was meant: collects every problem, never just the first.

mod access;
mod build;
mod context;
mod export;
mod image;
mod needs;
mod runner;
mod section;
mod trigger;
mod unique;
mod vars;

use std::collections::{BTreeSet, HashMap};

use super::{Job, JobId, Plan, Request, Trigger, Work, Workflow};
use crate::diagnostic::Diagnostic;
use crate::names::{OURS, Place};
use crate::reference::TAG_LIMIT;
use crate::span::Span;
use crate::spec::{Name, Runner, Spec, Text};
use crate::template::Template;
use image::Resolved;
use vars::Vars;

/// The most jobs that a plan may have, each counted in every workflow: some times what any provider runs.
const MOST_JOBS: usize = 100_000;

/// Resolves a matrix.
///
/// # Errors
/// Every problem that can be told from the matrix, in no particular order.
pub fn resolve(spec: &Spec, request: &Request) -> Result<Plan, Vec<Diagnostic>> {
    let (vars, runners) = (Vars::default(), Vec::new());
    let mut resolver = Resolver { spec, request, diagnostics: Vec::new(), vars, runners };
    let plan = resolver.plan();
    match plan {
        Some(plan) if resolver.diagnostics.is_empty() => Ok(plan),
        _ => Err(resolver.diagnostics),
    }
}

/// A job without what it waits for.
#[derive(Clone, Debug)]
struct Draft {
    name: String,
    key: String,
    /// The image's place in the matrix.
    image: usize,
    runner: Vec<String>,
    work: Work,
    setup: Option<String>,
}

/// Something that a draft waits for, with the place in the matrix that says so; an empty one if none does.
type Edge = (Need, Span);

/// What a draft waits for: another draft, by its place, or a hand-written job, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Need {
    Draft(usize),
    Foreign(String),
}

struct Resolver<'s> {
    spec: &'s Spec,
    request: &'s Request,
    diagnostics: Vec<Diagnostic>,
    vars: Vars,
    /// Where jobs run if their images do not say it.
    runners: Vec<(Runner, Vec<String>)>,
}

impl<'s> Resolver<'s> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn plan(&mut self) -> Option<Plan> {
        self.vars = self.resolve_vars();
        let triggers = self.triggers();
        let tags = self.tags();
        self.check_secrets();
        let registries = self.registries();
        let settings = self.settings();
        self.runners = self.runners();
        let images = self.images();
        let tag_room = images
            .iter()
            .flatten()
            .filter(|image| image.enabled)
            .map(|image| image.tag_room)
            .min()
            .unwrap_or(TAG_LIMIT);
        self.check_tags(&tags, tag_room);
        let members = self.members(&images);
        self.check_size(&images, &members)?;
        let drafts = self.drafts(&images);
        let edges = self.needs(&images, &members, &drafts);
        self.check_names(&images, &members, &tags);
        self.check_exports(&images, &members, &tags);
        let tool = self.tool(&drafts);
        let order = self.order(&images, &drafts, &edges)?;

        let provider = self.request.provider.name;
        let (workflows, jobs) = (Vec::new(), Vec::new());
        let mut plan = Plan { workflows, jobs, registries, tool: tool?, tag_room, provider, settings };
        let mut drafts: Vec<Option<(Draft, Vec<Edge>)>> = drafts.into_iter().zip(edges).map(Some).collect();
        let mut ids: HashMap<usize, JobId> = HashMap::new();
        let mut image_of: Vec<(usize, JobId)> = Vec::new();
        for place in order {
            let Some((Draft { name, key, image, runner, work, setup }, edges)) = drafts[place].take() else { continue };
            if !members.iter().any(|keys| keys.contains(&image)) {
                continue;
            }
            let need = |(need, _): Edge| match need {
                Need::Draft(place) => ids.get(&place).map(|id| super::Need::Job(*id)),
                Need::Foreign(name) => Some(super::Need::Foreign(name)),
            };
            let needs = edges.into_iter().filter_map(need).collect();
            let id = JobId(plan.jobs.len());
            ids.insert(place, id);
            image_of.push((image, id));
            plan.jobs.push(Job { name, key, needs, runner, work, setup });
        }
        for (index, ((name, _), (trigger, tags))) in
            self.spec.workflows.iter().zip(triggers.into_iter().zip(tags)).enumerate()
        {
            let jobs = image_of.iter().filter(|(image, _)| members[index].contains(image)).map(|(_, id)| *id).collect();
            plan.workflows.push(Workflow {
                name: name.text.clone(),
                trigger,
                tags,
                vars: self.vars.of(index).clone(),
                jobs,
            });
        }
        Some(plan)
    }

    /// The tags of every workflow, with the workflow's vars filled in.
    fn tags(&mut self) -> Vec<Vec<Template>> {
        let spec = self.spec;
        let mut all = Vec::new();
        for (index, (_, workflow)) in spec.workflows.iter().enumerate() {
            for text in &workflow.tags {
                self.check_text(text, Place::Tag);
                self.check_run_names(text, index);
            }
            all.push(workflow.tags.iter().map(|text| self.vars.fill(index, &text.template)).collect());
        }
        all
    }

    fn check_tags(&mut self, tags: &[Vec<Template>], room: usize) {
        let spec = self.spec;
        for ((_, workflow), tags) in spec.workflows.iter().zip(tags) {
            for (at, (text, tag)) in workflow.tags.iter().zip(tags).enumerate() {
                if let Some(first) = tags[..at].iter().position(|other| other == tag) {
                    let problem =
                        Diagnostic::new("duplicate-tag", text.span, format!("the tag `{tag}` stands here twice"));
                    self.report(problem.related(workflow.tags[first].span, "here as well").help("keep one of them"));
                }
                let Some(literal) = tag.as_literal() else { continue };
                if let Some(problem) = crate::reference::tag_problem(literal) {
                    let message = format!("`{}` is no tag: {problem}", literal.escape_debug());
                    self.report(Diagnostic::new("tag", text.span, message).help(better_tag(literal)));
                } else if literal.len() > room {
                    let problem = format!("with its architecture, this tag has more than {TAG_LIMIT} characters");
                    self.report(
                        Diagnostic::new("tag", text.span, problem).help(format!("{room} are left for the tag itself")),
                    );
                }
            }
        }
    }

    /// Stops before a matrix becomes a configuration that no provider would take, and that fills the memory here.
    fn check_size(&mut self, images: &[Option<Resolved>], members: &[BTreeSet<usize>]) -> Option<()> {
        let jobs = |place: &usize| images[*place].as_ref().map_or(0, |image| image.platforms.len() + 1);
        let count: usize = members.iter().flatten().map(jobs).sum();
        if count <= MOST_JOBS {
            return Some(());
        }
        let span = self.spec.images.first().map(|(key, _)| key.span).unwrap_or_default();
        let message = format!("this matrix makes {count} jobs, over all workflows; {MOST_JOBS} are the most");
        let help = "split it into several matrices, or name fewer `images` in each workflow";
        self.report(Diagnostic::new("too-many-jobs", span, message).help(help));
        None
    }

    /// The images of every workflow, by their places in the matrix.
    fn members(&mut self, images: &[Option<Resolved>]) -> Vec<BTreeSet<usize>> {
        let spec = self.spec;
        let enabled = |place: usize| images[place].as_ref().is_none_or(|image| image.enabled);
        let places: HashMap<&str, usize> =
            spec.images.iter().enumerate().map(|(place, (key, _))| (key.text.as_str(), place)).collect();
        let mut all = Vec::new();
        for (name, workflow) in &spec.workflows {
            let mut members = BTreeSet::new();
            match &workflow.images {
                None => members.extend((0..images.len()).filter(|place| enabled(*place))),
                Some(keys) => {
                    for key in keys {
                        match places.get(key.text.as_str()) {
                            Some(place) if enabled(*place) => drop(members.insert(*place)),
                            None if spec.images.is_empty() => {}
                            found => self.not_a_member(key, found.is_some()),
                        }
                    }
                }
            }
            let is_reported = spec.images.is_empty() || workflow.images.as_ref().is_some_and(|keys| !keys.is_empty());
            if members.is_empty() && !is_reported {
                let message = format!("the workflow `{}` has no images", name.text);
                let problem = Diagnostic::new("no-member", name.span, message);
                self.report(problem.help("name some under `images`, switch some on, or remove the workflow"));
            }
            all.push(members);
        }
        all
    }

    fn not_a_member(&mut self, key: &Name, is_off: bool) {
        let keys = self.spec.images.iter().map(|(name, _)| name.text.as_str());
        let problem = if is_off {
            let problem =
                Diagnostic::new("disabled-image", key.span, format!("the image `{}` is switched off", key.text));
            problem.help("remove `enabled: false` from it, or it from this list")
        } else {
            let problem = Diagnostic::new("unknown-image", key.span, format!("there is no image `{}`", key.text));
            problem.did_you_mean(&key.text, keys)
        };
        self.report(problem);
    }

    /// Checks every reference of a value: that the name is there, and has a value in such a place.
    fn check_text(&mut self, text: &Text, place: Place) {
        for (name, span) in text.template.names().zip(&text.references) {
            if let Some(problem) = self.name_problem(name, *span, place) {
                self.report(problem);
            }
        }
    }

    fn name_problem(&self, name: &str, span: Span, place: Place) -> Option<Diagnostic> {
        if crate::spec::is_upper_name(name) {
            return (!place.allows_environment()).then(|| late(name, span));
        }
        if self.vars.is_declared(name) {
            let late_here = place == Place::Fixed && self.vars.constant(name).is_none() && !self.vars.is_doubtful;
            return late_here.then(|| {
                let problem = Diagnostic::new(
                    "late-name",
                    span,
                    format!("`${{{name}}}` differs between workflows or runs, and this is known when generating"),
                );
                problem.help("write the value itself, or give the var one value at the top")
            });
        }
        if OURS.contains(&name) {
            return (!place.allows(name)).then(|| {
                if place == Place::Fixed {
                    return late(name, span);
                }
                let message = format!("`${{{name}}}` has no value {}", place.called());
                Diagnostic::new("misplaced-name", span, message).help(Place::of(name))
            });
        }
        let problem = Diagnostic::new("unknown-name", span, format!("there is no name `{name}`"));
        let known = OURS.iter().copied().chain(self.vars.declared());
        let is_mixed = name.chars().any(|c| c.is_ascii_uppercase());
        Some(if is_mixed {
            problem.help("names of the matrix are lower case, names of the job's environment upper case")
        } else {
            match crate::similar::closest(name, known) {
                Some(close) => problem.help(format!("did you mean `${{{close}}}`?")),
                None => problem.help(format!("declare it under `vars`, or write `$${name}` if a dollar is meant")),
            }
        })
    }

    /// Checks that a workflow's triggers set the names of the run that a value refers to.
    fn check_run_names(&mut self, text: &Text, workflow: usize) {
        let spec = self.spec;
        let (name, on) = &spec.workflows[workflow];
        for (reference, span) in text.template.names().zip(&text.references) {
            let (missing, help) = match reference {
                "git_tag" if on.on_tags.is_empty() => {
                    ("which runs for branches", "use `${git_branch}` or `${git_ref}`")
                }
                "git_tag" if !on.branches.is_empty() => {
                    ("which runs for branches, too", "use `${git_ref}`, or split the workflow")
                }
                "git_branch" if on.branches.is_empty() && on.schedule.is_none() => {
                    ("which runs for tags", "use `${git_tag}` or `${git_ref}`")
                }
                "git_branch" if !on.on_tags.is_empty() => {
                    ("which runs for tags, too", "use `${git_ref}`, or split the workflow")
                }
                _ => continue,
            };
            let message = format!("`${{{reference}}}` has no value in the workflow `{}`, {missing}", name.text);
            self.report(Diagnostic::new("unset-name", *span, message).related(on.on, "its triggers").help(help));
        }
    }

    /// A value that is known when generating.
    fn fixed(&mut self, text: &Text) -> Option<String> {
        let before = self.diagnostics.len();
        self.check_text(text, Place::Fixed);
        if self.diagnostics.len() > before {
            return None;
        }
        self.vars.fold(&text.template).as_literal().map(str::to_owned)
    }

    fn triggers(&mut self) -> Vec<Trigger> {
        trigger::triggers(self.spec, &mut self.diagnostics)
    }
}

fn late(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        "late-name",
        span,
        format!("`${{{name}}}` is known only when a job runs, and this is known when generating"),
    )
    .help("write the value itself, or refer to a var with one value")
}

/// What a text that is no tag could be instead.
fn better_tag(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let mut tag: String = text.chars().map(|c| if is_plain(c) { c } else { '-' }).take(TAG_LIMIT).collect();
    if tag.starts_with(['.', '-']) {
        tag.replace_range(..1, "_");
    }
    match tag.as_str() {
        "" => "write a tag: `latest`".into(),
        tag => format!("write `{tag}`"),
    }
}
