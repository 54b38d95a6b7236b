//! What jobs need: that it is there, that rules do not leave it out, that nothing waits for itself
//! (<https://docs.gitlab.com/ci/yaml/#needs>).

use std::collections::{BTreeSet, HashMap};

use super::Config;
use super::condition::{Condition, Run};
use crate::diagnostic::{Diagnostic, chain};
use crate::provider::cycle::first_cycle;
use crate::provider::gitlab::{MOST_NEEDS, SCHEDULED};
use crate::span::Span;
use crate::yaml::{Entry, Node};

struct Job<'n> {
    entry: &'n Entry,
    needs: Vec<Need<'n>>,
    /// Its rules, by their place among those that differ; `None` if it has none, or what is not known here.
    rules: Option<usize>,
}

struct Need<'n> {
    name: &'n str,
    span: Span,
    is_optional: bool,
}

pub(super) fn check(config: &Config<'_>, problems: &mut Vec<Diagnostic>) {
    let mut rules = Rules::default();
    let jobs: Vec<Job<'_>> = config.jobs().map(|entry| job(config, entry, &mut rules)).collect();
    let places: HashMap<&str, usize> =
        jobs.iter().enumerate().map(|(place, job)| (job.entry.key.text.as_str(), place)).collect();
    let runs = rules.runs();
    let mut edges: Vec<Vec<(usize, Span)>> = vec![Vec::new(); jobs.len()];
    for (place, job) in jobs.iter().enumerate() {
        let name = &job.entry.key.text;
        if job.needs.len() > MOST_NEEDS {
            let message = format!("`{name}` needs {} jobs, but GitLab allows {MOST_NEEDS}", job.needs.len());
            let problem = Diagnostic::new("too-many-needs", job.entry.key.span, message);
            problems.push(problem.help("make it need one job that needs several of them, or use a stage"));
        }
        for need in &job.needs {
            match places.get(need.name) {
                Some(other) => {
                    edges[place].push((*other, need.span));
                    if !need.is_optional
                        && let Some(kind) = rules.leave_out(job.rules, jobs[*other].rules, &runs)
                    {
                        let message =
                            format!("`{name}` runs for {kind}, but `{}`, which it needs, does not", need.name);
                        let problem = Diagnostic::new("filtered-needs", need.span, message);
                        let problem = problem.related(jobs[*other].entry.key.span, "its rules exclude it");
                        problems.push(problem.help("give both the same rules, or make the need `optional: true`"));
                    }
                }
                None if need.is_optional => {}
                None => {
                    let message = format!("there is no job `{}`", need.name);
                    let problem = Diagnostic::new("unknown-needs", need.span, message)
                        .did_you_mean(need.name, jobs.iter().map(|job| job.entry.key.text.as_str()));
                    problems.push(config.doubt(problem.or_help("add it, or remove it here")));
                }
            }
        }
    }
    problems.extend(cycle(&jobs, &edges));
}

fn job<'n>(config: &Config<'n>, entry: &'n Entry, rules: &mut Rules<'n>) -> Job<'n> {
    let get = |key: &str| config.get(&entry.value, key);
    let needs = ["needs", "dependencies"].into_iter().filter_map(get).filter_map(Node::as_sequence).flatten();
    let need = |node: &'n Node| {
        let Some(map) = node.as_mapping() else {
            return Some(Need { name: node.as_str()?, span: node.span, is_optional: false });
        };
        // Of another project, pipeline or matrix.
        if ["project", "pipeline", "parallel"].iter().any(|key| map.get(key).is_some()) {
            return None;
        }
        let job = map.get("job")?;
        let is_optional = map.get("optional").and_then(Node::as_str) == Some("true");
        Some(Need { name: job.as_str()?, span: job.span, is_optional })
    };
    let needs = needs.filter_map(need).filter(|need| !need.name.contains("$[[")).collect();
    let is_old = ["only", "except"].iter().any(|key| get(key).is_some());
    let rules = if is_old { None } else { rules.place(get("rules")) };
    Job { entry, needs, rules }
}

/// Every list of rules that differs from the others.
#[derive(Default)]
struct Rules<'n> {
    places: HashMap<String, usize>,
    known: Vec<Vec<Rule<'n>>>,
}

/// A rule. `None`: it is not known.
struct Rule<'n> {
    condition: Option<Condition<'n>>,
    is_always: bool,
    runs: bool,
}

impl<'n> Rules<'n> {
    /// A job without rules runs in every pipeline for a branch or a tag.
    fn place(&mut self, rules: Option<&'n Node>) -> Option<usize> {
        let items = match rules {
            Some(node) => node.as_sequence()?,
            None => &[],
        };
        let mut text = String::from(if rules.is_some() { "rules" } else { "" });
        let mut parsed = Vec::new();
        for item in items {
            let map = item.as_mapping()?;
            let part = |key: &str| map.get(key).and_then(Node::as_str).unwrap_or_default();
            let is_always = map.get("if").is_none() && map.get("changes").is_none() && map.get("exists").is_none();
            let is_plain = map.get("changes").is_none() && map.get("exists").is_none();
            let condition = if is_plain { Condition::parse(part("if")) } else { None };
            text.push_str(&format!("\n{}\n{}\n{is_plain}", part("if"), part("when")));
            parsed.push(Rule { condition, is_always, runs: part("when") != "never" });
        }
        if rules.is_none() {
            parsed.push(Rule { condition: None, is_always: true, runs: true });
        }
        Some(*self.places.entry(text).or_insert_with(|| {
            self.known.push(parsed);
            self.known.len() - 1
        }))
    }

    /// Runs that may differ for some rules: one for every branch, tag and schedule that a condition names.
    fn runs(&self) -> Vec<(String, Run)> {
        let conditions = || self.known.iter().flatten().filter_map(|rule| rule.condition.as_ref());
        let values = |variables: &[&str]| -> BTreeSet<String> {
            let mut values = Vec::new();
            conditions().for_each(|one| variables.iter().for_each(|variable| one.values(variable, &mut values)));
            values.into_iter().collect()
        };
        // A name that nobody names stands for all others.
        let other = "some-other-name".to_owned();
        let branches: BTreeSet<String> =
            values(&["CI_COMMIT_BRANCH", "CI_COMMIT_REF_NAME"]).into_iter().chain([other.clone()]).collect();
        let tags: BTreeSet<String> =
            values(&["CI_COMMIT_TAG", "CI_COMMIT_REF_NAME"]).into_iter().chain([other]).collect();
        let scheduled = values(&[SCHEDULED]);
        let mut runs = Vec::new();
        for branch in branches {
            runs.push((format!("the branch `{branch}`"), run(Some(&branch), None, None)));
            for workflow in &scheduled {
                let kind = format!("the branch `{branch}` by the schedule `{workflow}`");
                runs.push((kind, run(Some(&branch), None, Some(workflow))));
            }
        }
        runs.extend(tags.into_iter().map(|tag| (format!("the tag `{tag}`"), run(None, Some(&tag), None))));
        runs
    }

    /// A kind of run in which the first has a job, and the second has not.
    fn leave_out(&self, first: Option<usize>, second: Option<usize>, runs: &[(String, Run)]) -> Option<String> {
        let (first, second) = (first?, second?);
        if first == second {
            return None;
        }
        let leaves =
            |(_, run): &&(String, Run)| self.is_in(first, run) == Some(true) && self.is_in(second, run) == Some(false);
        runs.iter().find(leaves).map(|(kind, _)| kind.clone())
    }

    /// Whether a job with these rules is in a run: the first rule that holds decides.
    fn is_in(&self, place: usize, run: &Run) -> Option<bool> {
        for rule in &self.known[place] {
            if rule.is_always || rule.condition.as_ref()?.holds(run)? {
                return Some(rule.runs);
            }
        }
        Some(false)
    }
}

fn run(branch: Option<&str>, tag: Option<&str>, scheduled: Option<&str>) -> Run {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Run::from([
        ("CI_COMMIT_BRANCH", owned(branch)),
        ("CI_COMMIT_TAG", owned(tag)),
        ("CI_COMMIT_REF_NAME", owned(branch.or(tag))),
        ("CI_COMMIT_SHA", Some("0".repeat(40))),
        ("CI_PIPELINE_SOURCE", Some(if scheduled.is_some() { "schedule" } else { "push" }.to_owned())),
        ("CI_MERGE_REQUEST_IID", None),
        ("CI_MERGE_REQUEST_ID", None),
        (SCHEDULED, owned(scheduled)),
    ])
}

/// The first jobs that wait for each other.
fn cycle(jobs: &[Job<'_>], edges: &[Vec<(usize, Span)>]) -> Option<Diagnostic> {
    let (cycle, span) = first_cycle(edges)?;
    let names: Vec<&str> = cycle.into_iter().map(|place| jobs[place].entry.key.text.as_str()).collect();
    let message = format!("these jobs wait for each other: {}", chain(&names));
    Some(Diagnostic::new("cycle", span, message).help("remove one of these `needs`"))
}
