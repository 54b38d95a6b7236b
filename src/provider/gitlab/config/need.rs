//! What jobs need: that it is there, that rules do not leave it out, that nothing waits for itself
//! (<https://docs.gitlab.com/ci/yaml/#needs>).

use std::collections::{BTreeMap, HashMap, HashSet};

use super::rules::{Exclusion, Kind, Rules};
use super::{Config, Lookup};
use crate::diagnostic::{Diagnostic, chain};
use crate::provider::cycle::first_cycle;
use crate::provider::gitlab::MOST_NEEDS;
use crate::provider::gitlab::keywords::one_or_more;
use crate::span::Span;
use crate::yaml::{Entry, Node};

struct Job<'n> {
    entry: &'n Entry,
    /// What it needs where no rule says otherwise.
    needs: Vec<Need<'n>>,
    /// Whether these are all; a reference or an input may give more.
    is_whole: bool,
    /// What it needs by a rule, by the rule's number.
    of_rules: BTreeMap<usize, Vec<Need<'n>>>,
    /// Whose artifacts it takes, if they are there.
    dependencies: Vec<Need<'n>>,
    parallel: Option<&'n Node>,
    /// Its rules, by their place among those that differ; `None` if they are not known here.
    rules: Option<usize>,
}

struct Need<'n> {
    name: &'n str,
    span: Span,
    is_optional: bool,
    /// Whether it is some of the jobs of a matrix, which a map tells.
    is_part: bool,
}

pub(super) fn check(config: &Config<'_>, problems: &mut Vec<Diagnostic>) {
    let mut rules = Rules::default();
    let workflow = config.root.get("workflow").and_then(Node::as_mapping).and_then(|map| map.get("rules"));
    if workflow.is_some() || config.is_partial() {
        rules.set_workflow(workflow);
    }
    let jobs: Vec<Job<'_>> = config.jobs().map(|entry| job(config, entry, &mut rules)).collect();
    let places = jobs.iter().enumerate().map(|(place, job)| (job.entry.key.text.as_str(), place)).collect();
    let runs = rules.runs();
    let mut graph = Graph { config, jobs: &jobs, places, rules: &rules, runs, found: HashMap::new() };
    let mut edges: Vec<Vec<(usize, Span)>> = vec![Vec::new(); jobs.len()];
    for (place, job) in jobs.iter().enumerate() {
        if job.needs.len() > MOST_NEEDS {
            let (name, count) = (&job.entry.key.text, job.needs.len());
            let message = format!("`{name}` needs {count} jobs, but GitLab allows {MOST_NEEDS} by default");
            let problem = Diagnostic::new("too-many-needs", job.entry.key.span, message);
            let help = "make it need one job that needs several of them, or use a stage; an administrator can set another limit";
            problems.push(problem.help(help).warning());
        }
        for need in &job.needs {
            edges[place].extend(graph.check(place, need, None, problems).map(|other| (other, need.span)));
        }
        for (rule, needs) in &job.of_rules {
            for need in needs {
                graph.check(place, need, Some(*rule), problems);
            }
        }
        let named: Vec<Option<usize>> = job.dependencies.iter().map(|need| graph.find(need, problems)).collect();
        check_lists(job, &graph, &named, problems);
    }
    problems.extend(cycle(&jobs, &edges));
}

fn job<'n>(config: &Config<'n>, entry: &'n Entry, rules: &mut Rules<'n>) -> Job<'n> {
    let get = |key: &str| config.get(&entry.value, key);
    let is_old = ["only", "except"].iter().any(|key| get(key).is_some());
    let written = match config.lookup(&entry.value, "rules") {
        Lookup::Found(node) => Some(Some(node)),
        Lookup::Nothing => Some(None),
        Lookup::Unknown => None,
    };
    let items = written.flatten().and_then(Node::as_sequence).unwrap_or_default();
    let of_rule = |(number, rule): (usize, &'n Node)| Some((number, needs(rule.as_mapping()?.get("needs")?)));
    let is_whole =
        |node: &Node| node.as_sequence().is_none() && !node.as_str().is_some_and(|text| text.contains("$[["));
    Job {
        entry,
        is_whole: get("needs").into_iter().flat_map(one_or_more).all(is_whole),
        needs: get("needs").map(needs).unwrap_or_default(),
        of_rules: items.iter().enumerate().filter_map(of_rule).collect(),
        dependencies: get("dependencies").map(needs).unwrap_or_default(),
        parallel: get("parallel"),
        rules: written.filter(|_| !is_old).and_then(|node| rules.place(node)),
    }
}

fn needs(list: &Node) -> Vec<Need<'_>> {
    let need = |node| {
        let Some(map) = Node::as_mapping(node) else {
            return Some(Need { name: node.as_str()?, span: node.span, is_optional: false, is_part: false });
        };
        // Of another project or pipeline.
        if ["project", "pipeline"].iter().any(|key| map.get(key).is_some()) {
            return None;
        }
        let job = map.get("job")?;
        let is_optional = map.get("optional").and_then(Node::as_str) == Some("true");
        let is_part = map.get("parallel").is_some();
        Some(Need { name: job.as_str()?, span: job.span, is_optional, is_part })
    };
    let items = list.as_sequence().unwrap_or_default().iter();
    items.filter_map(need).filter(|need| !need.name.contains("$[[")).collect()
}

/// The rules of two jobs, the rule by which the first needs the second, and the rules by which it needs others.
type Question = (usize, usize, Option<usize>, Vec<usize>);

/// The jobs with what is known of their runs.
struct Graph<'g, 'n> {
    config: &'g Config<'n>,
    jobs: &'g [Job<'n>],
    places: HashMap<&'n str, usize>,
    rules: &'g Rules<'n>,
    runs: Vec<Kind>,
    found: HashMap<Question, Option<Exclusion>>,
}

impl<'n> Graph<'_, 'n> {
    /// Checks something that a job needs, by a rule or where no rule says otherwise; where it is.
    fn check(
        &mut self,
        place: usize,
        need: &Need<'n>,
        by_rule: Option<usize>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<usize> {
        let other = self.find(need, problems)?;
        if need.is_optional {
            return Some(other);
        }
        let (job, needed) = (&self.jobs[place], &self.jobs[other]);
        if let Some(found) = self.exclusion(job, needed, by_rule) {
            let name = &job.entry.key.text;
            let message = format!("`{name}` runs for {}, but `{}`, which it needs, does not", found.kind, need.name);
            let problem = Diagnostic::new("filtered-needs", need.span, message);
            let problem = problem.related(needed.entry.key.span, "its rules exclude it");
            let problem = problem.help("give both the same rules, or make the need `optional: true`");
            problems.push(match found.is_certain {
                true => problem,
                false if self.config.is_partial() => self.config.doubt(problem),
                false => Diagnostic { related: Vec::new(), ..problem.warning() }
                    .help("whether such a pipeline is made depends on `workflow: rules`, which cannot be decided here"),
            });
        }
        Some(other)
    }

    fn exclusion(&mut self, job: &Job<'n>, needed: &Job<'n>, by_rule: Option<usize>) -> Option<Exclusion> {
        let (first, second) = (job.rules?, needed.rules?);
        if first == second {
            return None;
        }
        let key = (first, second, by_rule, job.of_rules.keys().copied().collect());
        if let Some(found) = self.found.get(&key) {
            return found.clone();
        }
        let counts = |rule: Option<usize>| match by_rule {
            Some(wanted) => rule == Some(wanted),
            None => rule.is_none_or(|rule| !job.of_rules.contains_key(&rule)),
        };
        let found = self.rules.exclusion((first, counts), second, &self.runs);
        self.found.insert(key, found.clone());
        found
    }

    /// Where the job is that a need names.
    fn find(&self, need: &Need<'n>, problems: &mut Vec<Diagnostic>) -> Option<usize> {
        let found = self.places.get(need.name).copied().or_else(|| self.expanded(need.name));
        if found.is_none() && !need.is_optional {
            let problem = Diagnostic::new("unknown-needs", need.span, format!("there is no job `{}`", need.name));
            let known = || self.jobs.iter().map(|job| job.entry.key.text.as_str());
            // It may be a generated job with a typo: that is said even where it may be elsewhere.
            problems.push(self.config.doubt(self.config.suggested(problem, need.name, known)));
        }
        found
    }

    /// The job that becomes several, of which one is called so: `build: [amd64, debug]`, `build 1/3`
    /// (<https://docs.gitlab.com/ci/yaml/#parallel>).
    fn expanded(&self, name: &str) -> Option<usize> {
        let (base, values) = match name.strip_suffix(']').and_then(|name| name.split_once(": [")) {
            Some((base, values)) => (base, Some(values)),
            None => (name.rsplit_once(' ').filter(|(_, part)| part.contains('/'))?.0, None),
        };
        let place = *self.places.get(base)?;
        let parallel = self.jobs[place].parallel?;
        let Some(values) = values else { return parallel.as_str().map(|_| place) };
        let matrix = parallel.as_mapping()?.get("matrix")?;
        one_or_more(matrix).any(|row| is_row(row, values)).then_some(place)
    }
}

/// Whether a row of a matrix has a combination that is written so; what cannot be known here is in it.
fn is_row(row: &Node, values: &str) -> bool {
    let Some(map) = row.as_mapping() else { return true };
    let mut rest = Some(values);
    for entry in &map.entries {
        let is_open = |node: &Node| node.as_str().is_none_or(|text| text.contains('$'));
        if one_or_more(&entry.value).any(is_open) {
            return true;
        }
        let texts = one_or_more(&entry.value).filter_map(Node::as_str);
        let after = texts.filter_map(|text| {
            let after = rest?.strip_prefix(text)?;
            if after.is_empty() { Some(None) } else { after.strip_prefix(", ").map(Some) }
        });
        let Some(after) = after.last() else { return false };
        rest = after;
    }
    rest.is_none()
}

/// What GitLab refuses in the lists of a job: the same need twice, and artifacts of a job that it does not need
/// (`validate` in <https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/config/entry/job.rb>).
fn check_lists(job: &Job<'_>, graph: &Graph<'_, '_>, dependencies: &[Option<usize>], problems: &mut Vec<Diagnostic>) {
    let name = &job.entry.key.text;
    let mut first: HashMap<&str, Span> = HashMap::new();
    for need in job.needs.iter().filter(|need| !need.is_part) {
        if let Some(other) = first.insert(need.name, need.span) {
            let message = format!("`{name}` needs `{}` twice", need.name);
            let problem = Diagnostic::new("needs-twice", need.span, message).related(other, "first needed here");
            problems.push(problem.help("remove one of them"));
        }
    }
    if job.needs.is_empty() || !job.is_whole {
        return;
    }
    let place = |need: &Need<'_>| graph.places.get(need.name).copied().or_else(|| graph.expanded(need.name));
    let needed: HashSet<usize> = job.needs.iter().filter_map(place).collect();
    for (need, place) in job.dependencies.iter().zip(dependencies) {
        if place.is_some_and(|place| !needed.contains(&place)) {
            let message = format!("`{name}` takes the artifacts of `{}`, but does not need it", need.name);
            problems.push(Diagnostic::new("dependencies", need.span, message).help("add it to `needs`"));
        }
    }
}

/// The first jobs that wait for each other.
fn cycle(jobs: &[Job<'_>], edges: &[Vec<(usize, Span)>]) -> Option<Diagnostic> {
    let (cycle, span) = first_cycle(edges)?;
    let names: Vec<&str> = cycle.into_iter().map(|place| jobs[place].entry.key.text.as_str()).collect();
    let message = format!("these jobs wait for each other: {}", chain(&names));
    Some(Diagnostic::new("cycle", span, message).help("remove one of these `needs`"))
}
