//! The job graph of a plan, in the form into which an emitted file is read back, so that the two can be compared.

use std::collections::{BTreeMap, BTreeSet};

use super::{Datum, Plan, RunName, Workflow};

/// Workflows by name, with their jobs by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The workflows.
    pub workflows: BTreeMap<String, BTreeMap<String, Vertex>>,
}

/// A job as it runs in one workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vertex {
    /// The names of what it waits for.
    pub needs: BTreeSet<String>,
    /// Its environment.
    pub environment: BTreeMap<String, Seen>,
}

/// The value of a variable, as the job would see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Text.
    Text(String),
    /// What the provider knows of the run.
    Run(RunName),
}

impl Plan {
    /// The graph that an emitted file must have.
    pub fn graph(&self) -> Graph {
        let jobs_of = |workflow: &Workflow| {
            workflow.jobs.iter().map(|id| (self.job(*id).name.clone(), self.vertex(self.job(*id), workflow))).collect()
        };
        Graph { workflows: self.workflows.iter().map(|w| (w.name.clone(), jobs_of(w))).collect() }
    }

    fn vertex(&self, job: &super::Job, workflow: &Workflow) -> Vertex {
        let seen = |datum: Datum| match datum {
            Datum::Text(text) => Seen::Text(text),
            Datum::Words(words) => Seen::Text(words.join(" ")),
            Datum::Tags => Seen::Text(workflow.tag_words()),
            Datum::Vars(names) => {
                let words: Vec<String> =
                    names.iter().map(|name| format!("{name}={}", workflow.var_word(name))).collect();
                Seen::Text(words.join(" "))
            }
            Datum::Run(name) => Seen::Run(name),
        };
        Vertex {
            needs: job.needs.iter().map(|need| self.need_name(need).to_owned()).collect(),
            environment: self
                .environment(job)
                .into_iter()
                .chain(self.shared_environment(job))
                .map(|v| (v.name.to_owned(), seen(v.datum)))
                .collect(),
        }
    }
}

impl Graph {
    /// The first thing that `other` does not have in the same way, told for a person; `None` if `other` has all of it.
    /// What else `other` has is not looked at.
    pub fn first_difference(&self, other: &Self) -> Option<String> {
        for (workflow, jobs) in &self.workflows {
            let Some(found) = other.workflows.get(workflow) else {
                return Some(format!("the workflow {workflow} is missing"));
            };
            for (job, vertex) in jobs {
                let Some(found) = found.get(job) else {
                    return Some(format!("the job {job} is missing in the workflow {workflow}"));
                };
                if found.needs != vertex.needs {
                    let (is, should) = (&found.needs, &vertex.needs);
                    return Some(format!("{job} in {workflow} waits for {is:?} instead of {should:?}"));
                }
                let names: BTreeSet<&String> = vertex.environment.keys().chain(found.environment.keys()).collect();
                for name in names {
                    let (is, should) = (found.environment.get(name), vertex.environment.get(name));
                    if is != should {
                        return Some(format!("{name} of {job} in {workflow} is {is:?} instead of {should:?}"));
                    }
                }
            }
        }
        None
    }
}
