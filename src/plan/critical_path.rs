//! The chains of jobs in a workflow, each waiting for the one before: the one of most jobs, and the one that takes longest.
//!
//! How long a job waits for a machine is not known here; every job begins when what it waits for has ended.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::{JobId, Plan, Wait, Work, Workflow};
use crate::platform::Platform;

/// How long each job takes, by its name.
pub type Times = BTreeMap<String, Duration>;

/// What build jobs wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// What the plan says.
    Planned,
    /// Instead of a parent's index, the parent's build job for the same platform, if there is one.
    SamePlatform,
}

/// The chain of jobs that takes longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CriticalPath<'p> {
    /// The jobs, each after the one that it waits for, with how long it takes.
    pub jobs: Vec<(&'p str, Duration)>,
}

impl CriticalPath<'_> {
    /// How long the whole of it takes.
    pub fn length(&self) -> Duration {
        self.jobs.iter().map(|(_, time)| *time).sum()
    }
}

/// A job of the plan, or a hand-written one that such a job waits for.
#[derive(Clone, Copy)]
enum ChainJob<'p> {
    Job(JobId),
    External(&'p str),
}

/// What chains are compared by: their time, then the number of their jobs.
type Length = (Duration, usize);

/// The build jobs of a workflow, by image and platform.
type Builds<'p> = HashMap<(&'p str, &'p Platform), JobId>;

impl Plan {
    /// The longest chain of jobs of a workflow, hand-written ones aside, by name; the first of equals.
    pub fn longest_chain(&self, workflow: &Workflow) -> Vec<&str> {
        let is_ours = |step| matches!(step, ChainJob::Job(_)).then_some(Duration::ZERO);
        let chain = self.chain(workflow, Waits::Planned, &is_ours);
        chain.into_iter().map(|(name, _)| name).collect()
    }

    /// The chain of a workflow that takes longest: of equals the one of more jobs, then the first.
    ///
    /// Hand-written jobs that the plan's wait for are part of it, as if they waited for nothing. A job without a time is
    /// left out, as if it were not there.
    pub fn critical_path(&self, workflow: &Workflow, times: &Times, waits: Waits) -> CriticalPath<'_> {
        CriticalPath { jobs: self.chain(workflow, waits, &|step| times.get(self.name(step)).copied()) }
    }

    /// The names of the jobs of a workflow, each once: first the hand-written ones that the plan's wait for.
    pub fn timed_jobs(&self, workflow: &Workflow) -> Vec<&str> {
        let waits = workflow.jobs.iter().flat_map(|id| self.waits_in(workflow, *id));
        let external: BTreeSet<&str> = waits
            .filter_map(|wait| match wait {
                Wait::External(name) => Some(name),
                Wait::Job(_) => None,
            })
            .collect();
        external.into_iter().chain(workflow.jobs.iter().map(|id| self.job(*id).name.as_str())).collect()
    }

    /// The chain that takes longest of the jobs that have a time.
    fn chain<'p>(
        &'p self,
        workflow: &Workflow,
        waits: Waits,
        time: &dyn Fn(ChainJob<'p>) -> Option<Duration>,
    ) -> Vec<(&'p str, Duration)> {
        let builds = match waits {
            Waits::Planned => Builds::new(),
            Waits::SamePlatform => self.builds(workflow),
        };
        // The length of the longest chain that ends with a job, and what stands before the job in it.
        let mut reached: BTreeMap<JobId, (Length, Option<ChainJob<'p>>)> = BTreeMap::new();
        let mut end: Option<(Length, JobId)> = None;
        for &id in &workflow.jobs {
            let Some(own) = time(ChainJob::Job(id)) else { continue };
            let mut before: (Length, Option<ChainJob<'p>>) = ((Duration::ZERO, 0), None);
            for wait in self.waits_in(workflow, id) {
                let (step, length) = match wait {
                    Wait::Job(parent) => {
                        let parent = self.same_platform(id, parent, &builds).unwrap_or(parent);
                        (ChainJob::Job(parent), reached.get(&parent).map(|(length, _)| *length))
                    }
                    Wait::External(name) => {
                        (ChainJob::External(name), time(ChainJob::External(name)).map(|time| (time, 1)))
                    }
                };
                if let Some(length) = length.filter(|length| *length > before.0) {
                    before = (length, Some(step));
                }
            }
            let (so_far, jobs) = before.0;
            let length = (so_far + own, jobs + 1);
            reached.insert(id, (length, before.1));
            if end.is_none_or(|(longest, _)| length > longest) {
                end = Some((length, id));
            }
        }
        let before = |step: &ChainJob<'p>| match step {
            ChainJob::Job(id) => reached[id].1,
            ChainJob::External(_) => None,
        };
        let steps = std::iter::successors(end.map(|(_, id)| ChainJob::Job(id)), before);
        let mut chain: Vec<_> = steps.map(|step| (self.name(step), time(step).unwrap_or_default())).collect();
        chain.reverse();
        chain
    }

    fn name<'p>(&'p self, step: ChainJob<'p>) -> &'p str {
        match step {
            ChainJob::Job(id) => &self.job(id).name,
            ChainJob::External(name) => name,
        }
    }

    fn builds(&self, workflow: &Workflow) -> Builds<'_> {
        let build = |id: &JobId| match &self.job(*id).work {
            Work::Build(build) => Some(((self.job(*id).key.as_str(), &build.platform), *id)),
            _ => None,
        };
        workflow.jobs.iter().filter_map(build).collect()
    }

    /// The build job for the same platform that a build job could wait for instead of a manifest job.
    fn same_platform(&self, id: JobId, parent: JobId, builds: &Builds<'_>) -> Option<JobId> {
        match (&self.job(id).work, &self.job(parent).work) {
            (Work::Build(build), Work::Manifest(_)) => {
                builds.get(&(self.job(parent).key.as_str(), &build.platform)).copied()
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{ExternalJobs, Request, resolve};
    use crate::spec::{Advice, RunnerForm, Vocabulary, decode};
    use crate::yaml::read::{Budget, read};

    /// A provider like any other.
    static ANY: Vocabulary = Vocabulary {
        name: "any",
        title: "Any",
        keys: &[],
        runner: RunnerForm::Word("a runner"),
        runners: &[("linux/amd64", "a"), ("linux/arm64", "b"), ("linux/s390x", "z")],
        runs_forks: false,
        registries: &[],
        advice: Advice { variables: "", own_jobs: "", own_file: "", git_password: "" },
    };

    /// Two images on one, and one on those two.
    const DIAMOND: &str = "
version: 1
images:
  base: { image: acme/base }
  left: { image: acme/left, needs: [base] }
  right: { image: acme/right, needs: [base] }
  top: { image: acme/top, needs: [left, right] }
workflows: { main: { on: { branches: [main] }, tags: [latest] } }
tool: { image: acme/tool }
";

    fn plan(matrix: &str) -> Plan {
        let document = read(matrix, Budget::default()).expect("YAML");
        let (spec, problems) = decode(&document.root, matrix, &[]);
        assert_eq!(problems, []);
        let external = ExternalJobs { is_partial: true, ..ExternalJobs::default() };
        resolve(&spec, &Request { external, ..Request::of(&ANY) }).expect("a good matrix")
    }

    /// Every job takes one second but those that are named.
    fn times(plan: &Plan, others: &[(&str, u64)]) -> Times {
        let names = plan.timed_jobs(&plan.workflows[0]).into_iter().map(|name| (name, 1));
        names.chain(others.iter().copied()).map(|(name, time)| (name.to_owned(), Duration::from_secs(time))).collect()
    }

    /// The jobs of the critical path, without `build-`, and its seconds.
    fn path(plan: &Plan, times: &Times, waits: Waits) -> (String, u64) {
        let path = plan.critical_path(&plan.workflows[0], times, waits);
        let names: Vec<&str> = path.jobs.iter().map(|(name, _)| name.trim_start_matches("build-")).collect();
        (names.join(" "), path.length().as_secs())
    }

    #[test]
    fn the_slower_side_of_a_diamond_is_taken() {
        let plan = plan(DIAMOND);
        let times = times(&plan, &[("build-right-arm64", 30), ("build-left-amd64", 20)]);
        let expected = "base-amd64 base-manifest right-arm64 right-manifest top-amd64 top-manifest";
        assert_eq!(path(&plan, &times, Waits::Planned), (expected.into(), 35));
    }

    #[test]
    fn of_equals_the_first_is_taken() {
        let plan = plan(DIAMOND);
        let expected = "base-amd64 base-manifest left-amd64 left-manifest top-amd64 top-manifest";
        assert_eq!(path(&plan, &times(&plan, &[]), Waits::Planned), (expected.into(), 6));
        let names: Vec<&str> = plan.longest_chain(&plan.workflows[0]);
        assert_eq!(names.join(" ").replace("build-", ""), expected);
    }

    #[test]
    fn jobs_of_no_seconds_are_on_the_path() {
        let plan = plan(DIAMOND);
        let none = times(&plan, &[]).into_keys().map(|name| (name, Duration::ZERO)).collect();
        let expected = "base-amd64 base-manifest left-amd64 left-manifest top-amd64 top-manifest";
        assert_eq!(path(&plan, &none, Waits::Planned), (expected.into(), 0));
    }

    #[test]
    fn an_architecture_need_not_wait_for_the_slower_one() {
        let plan = plan(DIAMOND);
        let times = times(&plan, &[("build-base-amd64", 100), ("build-base-manifest", 2), ("build-right-arm64", 60)]);
        assert_eq!(path(&plan, &times, Waits::Planned).1, 100 + 2 + 60 + 1 + 1 + 1);
        let expected = ("base-amd64 left-amd64 top-amd64 top-manifest".into(), 103);
        assert_eq!(path(&plan, &times, Waits::SamePlatform), expected);
    }

    #[test]
    fn a_platform_that_the_parent_lacks_waits_for_the_index() {
        let child = "right: { image: acme/right, needs: [base], platforms: [linux/s390x] }";
        let matrix = DIAMOND.replace("right: { image: acme/right, needs: [base] }", child);
        let plan = plan(&matrix);
        let times = times(&plan, &[("build-right-s390x", 50)]);
        let expected = "base-amd64 base-manifest right-s390x right-manifest top-amd64 top-manifest";
        assert_eq!(path(&plan, &times, Waits::SamePlatform), (expected.into(), 55));
    }

    #[test]
    fn hand_written_jobs_that_are_waited_for_count() {
        let plan = plan(&DIAMOND.replace("acme/base }", "acme/base, needs: [lint] }"));
        assert_eq!(plan.timed_jobs(&plan.workflows[0])[..2], ["lint", "build-base-amd64"]);
        let times = times(&plan, &[("lint", 40)]);
        let (names, seconds) = path(&plan, &times, Waits::Planned);
        assert!(names.starts_with("lint base-amd64 base-manifest ") && seconds == 46, "{names} {seconds}");
        assert_eq!(plan.longest_chain(&plan.workflows[0]).len(), 6);
    }
}
