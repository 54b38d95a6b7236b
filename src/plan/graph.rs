//! The job graph of a plan, compared with the one that an emitted file was read back into.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Datum, Job, Plan, RunName, Variable, Work, Workflow};

/// An emitted file, as its provider reads it: workflows by name, with their jobs by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph<'n> {
    /// The workflows.
    pub workflows: HashMap<&'n str, HashMap<&'n str, Vertex<'n>>>,
}

/// A job as it runs in one workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vertex<'n> {
    /// The names of what it waits for, each once.
    pub needs: Vec<&'n str>,
    /// Its environment: names and values, each name once.
    pub environment: Vec<(&'n str, Seen<'n>)>,
}

/// The value of a variable, as the job would see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<'n> {
    /// Text.
    Text(Cow<'n, str>),
    /// What the provider knows of the run.
    Run(RunName),
}

impl Plan {
    /// The first thing of the plan that `found` does not have in the same way, told for a person; `None` if it has all of
    /// it. What else it has is not looked at.
    pub fn first_difference(&self, found: &Graph<'_>) -> Option<String> {
        let mut expected = Vec::new();
        for workflow in &self.workflows {
            let Some(jobs) = found.workflows.get(workflow.name.as_str()) else {
                return Some(format!("the workflow {} is missing", workflow.name));
            };
            expected.push((workflow, jobs, self.own_words(workflow)));
        }
        let shared = Shared::of(self);
        let runs = self.runs();
        for (job, runs) in self.jobs.iter().zip(runs) {
            let environment = self.environment(job);
            let shared = shared.of_job(job);
            for (workflow, jobs, words) in runs.iter().map(|place| &expected[*place]) {
                let place = || format!("{} in {}", job.name, workflow.name);
                let Some(vertex) = jobs.get(job.name.as_str()) else {
                    return Some(format!("the job {} is missing in the workflow {}", job.name, workflow.name));
                };
                let is_same = vertex.needs.len() == job.needs.len()
                    && job.needs.iter().zip(&vertex.needs).all(|(need, found)| self.need_name(need) == *found);
                if !is_same {
                    let needs: Vec<&str> = job.needs.iter().map(|need| self.need_name(need)).collect();
                    return Some(format!("{} waits for {:?} instead of {needs:?}", place(), vertex.needs));
                }
                let variables = environment.iter().chain(shared);
                if let Some(difference) = vertex.first_difference(variables, words) {
                    return Some(format!("{}: {difference}", place()));
                }
            }
        }
        None
    }

    /// What is not the same in every workflow, in this one.
    fn own_words(&self, workflow: &Workflow) -> OwnWords {
        OwnWords {
            tags: workflow.tag_words(),
            vars: workflow.vars.keys().map(|name| (name.clone(), workflow.var_word(name))).collect(),
        }
    }
}

struct OwnWords {
    tags: String,
    vars: HashMap<String, String>,
}

/// What jobs share, for both sorts of jobs.
struct Shared {
    builds: Vec<Variable>,
    others: Vec<Variable>,
}

impl Shared {
    fn of(plan: &Plan) -> Self {
        let of = |is_build: bool| {
            let job = plan.jobs.iter().find(|job| matches!(job.work, Work::Build(_)) == is_build);
            job.map(|job| plan.shared_environment(job)).unwrap_or_default()
        };
        Self { builds: of(true), others: of(false) }
    }

    fn of_job(&self, job: &Job) -> &[Variable] {
        if matches!(job.work, Work::Build(_)) { &self.builds } else { &self.others }
    }
}

impl Vertex<'_> {
    fn first_difference<'v>(&self, expected: impl Iterator<Item = &'v Variable>, words: &OwnWords) -> Option<String> {
        let mut count = 0;
        for variable in expected {
            // Mostly they stand in the same order.
            let at = self.environment.get(count).filter(|(name, _)| *name == variable.name);
            let found = at.or_else(|| self.environment.iter().find(|(name, _)| *name == variable.name));
            count += 1;
            let Some((_, seen)) = found else { return Some(format!("{} is missing", variable.name)) };
            let should: Cow<'_, str> = match &variable.datum {
                Datum::Run(name) if *seen == Seen::Run(*name) => continue,
                Datum::Run(name) => Cow::Owned(format!("the run's {}", name.name())),
                Datum::Text(text) => Cow::Borrowed(text),
                Datum::Words(words) => Cow::Owned(words.join(" ")),
                Datum::Tags => Cow::Borrowed(&words.tags),
                Datum::Vars(names) => {
                    let word = |name: &String| format!("{name}={}", words.vars.get(name).map_or("", String::as_str));
                    Cow::Owned(names.iter().map(word).collect::<Vec<_>>().join(" "))
                }
            };
            match seen {
                Seen::Text(text) if *text == should && !matches!(variable.datum, Datum::Run(_)) => {}
                _ => return Some(format!("{} is {seen:?} instead of {should:?}", variable.name)),
            }
        }
        (count != self.environment.len())
            .then(|| format!("it has {} variables instead of {count}", self.environment.len()))
    }
}
