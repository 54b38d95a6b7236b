//! What is drawn: every job of a workflow, and the hand-written ones that these wait for.

use std::collections::HashMap;
use std::time::Duration;

use crate::plan::{Job, JobId, Plan, Times, Wait, Waits, Work, Workflow};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A hand-written job.
    External,
    Build,
    Manifest,
    Copy,
    Export,
}

#[derive(Clone, Debug)]
pub(super) struct Task<'p> {
    pub(super) name: &'p str,
    pub(super) kind: Kind,
    /// The key of its image; of a hand-written job, its name.
    pub(super) image: &'p str,
    /// The key in the matrix, which several images may have in common.
    pub(super) family: &'p str,
    /// What tells it from the other jobs of its image, in a word.
    pub(super) word: &'p str,
    /// What it is and where it runs, in full.
    pub(super) full: String,
    /// What it waits for, by place; each stands before it.
    pub(super) waits: Vec<usize>,
    /// Whether it is on the chain that is marked.
    pub(super) is_critical: bool,
    /// When it begins at the earliest, and when it then ends, if that is known.
    pub(super) time: Option<(Duration, Duration)>,
}

#[derive(Clone, Debug)]
pub(super) struct Tasks<'p> {
    /// Each after what it waits for.
    pub(super) all: Vec<Task<'p>>,
    /// The chain that is marked, by place: the one that takes longest, or has most jobs where times are not known.
    pub(super) chain: Vec<usize>,
}

impl<'p> Tasks<'p> {
    pub(super) fn of(plan: &'p Plan, workflow: &'p Workflow, times: Option<&Times>) -> Self {
        let names = plan.timed_jobs(workflow);
        let external = &names[..names.len() - workflow.jobs.len()];
        let of_job: HashMap<JobId, usize> =
            workflow.jobs.iter().enumerate().map(|(at, id)| (*id, external.len() + at)).collect();
        let of_name: HashMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
        let mut all: Vec<Task<'p>> = external.iter().map(|name| Task::external(name)).collect();
        for &id in &workflow.jobs {
            let waits = plan.waits_in(workflow, id).into_iter().filter_map(|wait| match wait {
                Wait::Job(other) => of_job.get(&other).copied(),
                Wait::External(name) => of_name.get(name).copied(),
            });
            all.push(Task { waits: waits.collect(), ..Task::of(plan.job(id)) });
        }
        let chain: Vec<&str> = match times {
            Some(times) => {
                plan.critical_path(workflow, times, Waits::Planned).jobs.into_iter().map(|(name, _)| name).collect()
            }
            None => plan.longest_chain(workflow),
        };
        let mut tasks = Self { all, chain: chain.iter().filter_map(|name| of_name.get(name).copied()).collect() };
        tasks.chain.iter().for_each(|at| tasks.all[*at].is_critical = true);
        if let Some(times) = times {
            tasks.schedule(times);
        }
        tasks
    }

    /// Lets every job begin when all that it waits for has ended.
    fn schedule(&mut self, times: &Times) {
        for at in 0..self.all.len() {
            let ends = self.all[at].waits.iter().filter_map(|wait| self.all[*wait].time).map(|(_, end)| end);
            let begin = ends.max().unwrap_or_default();
            let takes = times.get(self.all[at].name).copied().unwrap_or_default();
            self.all[at].time = Some((begin, begin + takes));
        }
    }

    /// How long all of it takes, if times are known.
    pub(super) fn length(&self) -> Option<Duration> {
        self.all.iter().map(|task| task.time.map(|(_, end)| end)).max().flatten()
    }

    /// Whether one job follows another on the chain that is marked.
    pub(super) fn is_link(&self, from: usize, to: usize) -> bool {
        self.chain.windows(2).any(|pair| pair == [from, to])
    }
}

impl<'p> Task<'p> {
    fn of(job: &'p Job) -> Self {
        let (kind, word, what) = match &job.work {
            Work::Build(build) => (Kind::Build, build.arch.as_str(), format!("builds for {}", build.platform)),
            Work::Manifest(_) => (Kind::Manifest, "index", "publishes the index".to_owned()),
            Work::Copy(_) => (Kind::Copy, "copy", "copies an image".to_owned()),
            Work::Export(_) => (Kind::Export, "export", "saves published images as files".to_owned()),
        };
        let runner = if job.runner.is_empty() { String::new() } else { format!(", on {}", job.runner.join(", ")) };
        let full = format!("{}: {what}{runner}", job.name);
        Self { kind, image: &job.key, family: &job.family, word, full, ..Self::external(&job.name) }
    }

    fn external(name: &'p str) -> Self {
        Self {
            name,
            kind: Kind::External,
            image: name,
            family: name,
            word: "job",
            full: format!("{name}: hand-written"),
            waits: Vec::new(),
            is_critical: false,
            time: None,
        }
    }

    /// What it is, where it runs, and how long it takes.
    pub(super) fn explained(&self) -> String {
        match self.time {
            Some((begin, end)) => format!("{}, {}", self.full, super::clock(end - begin)),
            None => self.full.clone(),
        }
    }
}
