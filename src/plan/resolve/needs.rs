//! What waits for what: images stand for the jobs that publish them, other names for jobs.

use std::collections::{BTreeSet, HashMap};

use super::image::Resolved;
use super::{Draft, Edge, Need, Resolver};
use crate::diagnostic::{Diagnostic, chain};
use crate::plan::{Work, order::order};
use crate::span::Span;
use crate::spec::Text;
use crate::template::Template;

impl<'s> Resolver<'s> {
    /// What every draft waits for, in the order of the drafts.
    pub(super) fn needs(
        &mut self,
        images: &[Option<Resolved<'s>>],
        members: &[BTreeSet<usize>],
        drafts: &[Draft],
    ) -> Vec<Vec<Edge>> {
        let mut by_name: HashMap<String, usize> = HashMap::new();
        let mut publisher: HashMap<String, usize> = HashMap::new();
        for (place, draft) in drafts.iter().enumerate() {
            by_name.insert(draft.name.clone(), place);
            if matches!(draft.work, Work::Manifest(_) | Work::Copy(_)) {
                publisher.insert(draft.key.clone(), place);
            }
        }
        let mut all = Vec::with_capacity(drafts.len());
        let mut builds: Vec<usize> = Vec::new();
        for (place, draft) in drafts.iter().enumerate() {
            let mut needs = Vec::new();
            match &draft.work {
                Work::Build(build) => {
                    builds.push(place);
                    self.needs_of(images, draft, Some(&build.arch), (&by_name, &publisher), &mut needs);
                }
                Work::Copy(_) => self.needs_of(images, draft, None, (&by_name, &publisher), &mut needs),
                Work::Manifest(_) => {
                    let mine = builds.iter().filter(|build| drafts[**build].image == draft.image);
                    needs.extend(mine.map(|build| (Need::Draft(*build), Span::default())));
                    builds.clear();
                }
                Work::Export(_) => needs.push((Need::Draft(publisher[&draft.key]), Span::default())),
            }
            all.push(needs);
        }
        self.check_left_out(images, members, drafts, &all);
        all
    }

    fn needs_of(
        &mut self,
        images: &[Option<Resolved<'s>>],
        draft: &Draft,
        arch: Option<&str>,
        (by_name, publisher): (&HashMap<String, usize>, &HashMap<String, usize>),
        needs: &mut Vec<Edge>,
    ) {
        let Some(image) = images[draft.image].as_ref() else { return };
        for text in image.common.needs.iter().flat_map(|needs| &needs.value) {
            let Some(name) = self.need_name(text, arch) else { continue };
            let waits = match publisher.get(&name).or_else(|| by_name.get(&name)) {
                Some(place) => Need::Draft(*place),
                None if self.request.foreign.workflows.values().any(|jobs| jobs.contains(&name)) => Need::Foreign(name),
                None if self.spec.images.iter().any(|(key, _)| key.text == name) => continue,
                None if self.request.foreign.is_partial => Need::Foreign(name),
                None => {
                    self.unknown_need(text, &name, by_name);
                    continue;
                }
            };
            if !needs.iter().any(|(known, _)| *known == waits) {
                needs.push((waits, text.span));
            }
        }
    }

    /// The name of an image or a job; only the architecture may be referred to.
    fn need_name(&mut self, text: &Text, arch: Option<&str>) -> Option<String> {
        let mut good = true;
        for (name, span) in text.template.names().zip(&text.references) {
            if name == "arch" && arch.is_some() {
                continue;
            }
            let problem = if name == "arch" {
                Some(
                    Diagnostic::new(
                        "misplaced-name",
                        *span,
                        "`${arch}` has no value here: a copy is one job for all platforms",
                    )
                    .help("wait for the image, by its key"),
                )
            } else {
                self.name_problem(name, *span, crate::names::Place::Fixed)
            };
            if let Some(problem) = problem {
                good = false;
                self.report(problem);
            }
        }
        let filled = text.template.fill(|name| (name == "arch").then(|| Template::literal(arch.unwrap_or_default())));
        self.vars.fold(&filled).as_literal().filter(|_| good).map(str::to_owned)
    }

    fn unknown_need(&mut self, text: &Text, name: &str, by_name: &HashMap<String, usize>) {
        let foreign = &self.request.foreign;
        let mut jobs: Vec<&str> = by_name.keys().map(String::as_str).collect();
        jobs.extend(foreign.workflows.values().flatten().map(String::as_str));
        jobs.sort_unstable();
        let keys: Vec<&str> = self.spec.images.iter().map(|(key, _)| key.text.as_str()).collect();
        let problem =
            Diagnostic::new("unknown-need", text.span, format!("there is no image and no job called `{name}`"));
        let close = crate::similar::closest(name, keys.iter().copied().chain(jobs));
        let problem = match close {
            Some(close) => return self.report(problem.help(format!("did you mean `{close}`?"))),
            None => problem.did_you_mean(name, keys),
        };
        self.report(match &foreign.file {
            Some(file) => {
                problem.help(format!("a hand-written job is defined in {file}, and stands there in the workflow"))
            }
            None => problem.help(self.request.provider.advice.own_jobs),
        });
    }

    /// In every workflow, what is waited for must run as well.
    fn check_left_out(
        &mut self,
        images: &[Option<Resolved<'s>>],
        members: &[BTreeSet<usize>],
        drafts: &[Draft],
        edges: &[Vec<Edge>],
    ) {
        let spec = self.spec;
        let mut problems = Vec::new();
        for (index, members) in members.iter().enumerate() {
            let workflow = &spec.workflows[index].0;
            for (draft, edges) in drafts.iter().zip(edges).filter(|(draft, _)| members.contains(&draft.image)) {
                for (need, span) in edges {
                    match need {
                        Need::Draft(place) if !members.contains(&drafts[*place].image) => {
                            let other = &drafts[*place];
                            let off = images[other.image].as_ref().is_some_and(|image| !image.enabled);
                            let message = format!(
                                "`{}` waits for `{}`, which the workflow `{}` leaves out",
                                draft.key, other.key, workflow.text
                            );
                            let problem = Diagnostic::new("left-out", *span, message);
                            problems.push(if off {
                                problem.help(format!("`{}` is switched off: remove its `enabled: false`", other.key))
                            } else {
                                problem
                                    .related(workflow.span, "this workflow")
                                    .help(format!("add `{}` to its `images`", other.key))
                            });
                        }
                        Need::Foreign(name)
                            if !self.request.foreign.is_partial
                                && !self
                                    .request
                                    .foreign
                                    .workflows
                                    .get(&workflow.text)
                                    .is_some_and(|jobs| jobs.contains(name)) =>
                        {
                            let file = self.request.foreign.file.as_deref().unwrap_or_default();
                            let message = format!(
                                "`{}` waits for `{name}`, which {file} does not have in the workflow `{}`",
                                draft.key, workflow.text
                            );
                            let problem = Diagnostic::new("left-out", *span, message);
                            problems.push(problem.help(format!(
                                "add `{name}` to `workflows: {{ {}: {{ jobs: ... }} }}` there",
                                workflow.text
                            )));
                        }
                        _ => {}
                    }
                }
            }
        }
        self.diagnostics.extend(problems);
    }

    /// The order in which the jobs can run, or the cycle that makes it impossible.
    pub(super) fn order(
        &mut self,
        images: &[Option<Resolved<'s>>],
        drafts: &[Draft],
        edges: &[Vec<Edge>],
    ) -> Option<Vec<usize>> {
        let place = |(need, _): &Edge| match need {
            Need::Draft(place) => Some(*place),
            Need::Foreign(_) => None,
        };
        let needs: Vec<Vec<usize>> = edges.iter().map(|edges| edges.iter().filter_map(place).collect()).collect();
        let cycle = match order(&needs) {
            Ok(order) => return Some(order),
            Err(cycle) => cycle,
        };
        let mut keys: Vec<usize> = cycle.iter().map(|place| drafts[*place].image).collect();
        keys.dedup();
        if keys.len() > 1 && keys.first() == keys.last() {
            keys.pop();
        }
        let key = |place: &usize| images[*place].as_ref().map_or("", |image| image.key.text.as_str());
        let path: Vec<&str> = keys.iter().chain(keys.first()).map(key).collect();
        let shown = match path.as_slice() {
            [one, _] => format!("`{one}` waits for itself"),
            _ => format!("images wait for each other: {}", chain(&path)),
        };
        let spans = cycle
            .iter()
            .flat_map(|place| {
                edges[*place]
                    .iter()
                    .filter(|(need, span)| span.end > 0 && matches!(need, Need::Draft(place) if cycle.contains(place)))
            })
            .map(|(_, span)| *span);
        let mut spans: Vec<Span> = spans.collect();
        spans.sort_unstable();
        spans.dedup();
        let first = spans.first().copied().unwrap_or_default();
        let problem = Diagnostic::new("cycle", first, shown);
        let problem = spans.iter().skip(1).take(4).fold(problem, |problem, span| problem.related(*span, ""));
        self.report(problem.help("remove one of these needs"));
        None
    }
}
