//! The scheduler: every job of a run waits for those that it requires, and for a free slot.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use super::Runner;
use super::execution::Execution;
use super::folder;
use super::report::{JobReport, Report, State};
use super::trigger::{Trigger, identifier};
use super::workflow::Workflow;
use super::workspace::Layer;

struct Run<'r> {
    runner: &'r Runner,
    trigger: &'r Trigger,
    earlier: &'r Report,
    folder: PathBuf,
    attempt: usize,
    free: Mutex<usize>,
    freed: Condvar,
}

/// A workflow's jobs.
struct Scheduler {
    /// The number of the first.
    number: usize,
    /// Their states; none while a job waits or runs.
    states: Mutex<Vec<Option<State>>>,
    changed: Condvar,
}

/// Runs workflows, all at once, and every job as soon as those that it requires are done.
pub fn run(runner: &Runner, trigger: &Trigger, workflows: &[Workflow], earlier: &Report) -> Report {
    let (attempt, folder) = attempt(&runner.folder);
    let (free, freed) = (Mutex::new(runner.slots), Condvar::new());
    let run = &Run { runner, trigger, earlier, folder, attempt, free, freed };
    let mut jobs = Vec::new();
    thread::scope(|scope| {
        let mut number = attempt * 1000 + 1;
        let mut handles = Vec::new();
        for workflow in workflows {
            handles.push(scope.spawn(move || run.workflow(workflow, number)));
            number += workflow.jobs.len();
        }
        for handle in handles {
            jobs.extend(handle.join().expect("a workflow ends"));
        }
    });
    Report { jobs }
}

/// A new folder for a run.
fn attempt(folder: &Path) -> (usize, PathBuf) {
    fs::create_dir_all(folder).expect("a folder for the runs");
    let runs = (1..).map(|number| (number, folder.join(format!("run-{number}"))));
    runs.into_iter().find(|(_, path)| fs::create_dir(path).is_ok()).expect("a new folder")
}

impl Run<'_> {
    fn workflow(&self, workflow: &Workflow, number: usize) -> Vec<JobReport> {
        let states = Mutex::new(vec![None; workflow.jobs.len()]);
        let scheduler = &Scheduler { number, states, changed: Condvar::new() };
        let mut reports: Vec<JobReport> = thread::scope(|scope| {
            let spawn = |at| scope.spawn(move || self.job(workflow, at, scheduler));
            let handles: Vec<_> = (0..workflow.jobs.len()).map(spawn).collect();
            handles.into_iter().map(|handle| handle.join().expect("a job ends")).collect()
        });
        let unrun = workflow.left_out.iter().map(|name| JobReport::unrun(&workflow.name, name, State::NotRun));
        reports.extend(unrun);
        reports
    }

    fn job(&self, workflow: &Workflow, at: usize, scheduler: &Scheduler) -> JobReport {
        let job = &workflow.jobs[at];
        let report = match self.kept(workflow, at) {
            Some(kept) => JobReport { state: State::Kept, ..kept.clone() },
            None if !scheduler.wait(&workflow.required(at)) => {
                JobReport::unrun(&workflow.name, &job.name, State::Blocked)
            }
            None => {
                self.take_slot();
                let report = self.execute(workflow, at, scheduler.number + at);
                self.give_slot();
                report
            }
        };
        scheduler.settle(at, report.state);
        report
    }

    fn execute(&self, workflow: &Workflow, at: usize, number: usize) -> JobReport {
        let job = &workflow.jobs[at];
        let folder = self.job_folder(workflow, at);
        let layer = |at: usize| {
            let ancestors = workflow.ancestors(at).into_iter().map(|at| workflow.jobs[at].name.as_str()).collect();
            let root =
                self.kept(workflow, at).map_or_else(|| self.job_folder(workflow, at), |kept| kept.folder.clone());
            Layer { job: &workflow.jobs[at].name, ancestors, folder: folder::layer(&root) }
        };
        let execution = Execution {
            runner: self.runner,
            trigger: self.trigger,
            job,
            folder: folder.clone(),
            number,
            workflow_id: identifier(&[
                &self.trigger.slug,
                &self.trigger.number.to_string(),
                &workflow.name,
                &self.attempt.to_string(),
            ]),
            layers: workflow.ancestors(at).into_iter().map(layer).collect(),
        };
        let started = Instant::now();
        let (state, error) = match execution.run() {
            Ok(true) => (State::Succeeded, String::new()),
            Ok(false) => (State::Failed, String::new()),
            Err(error) => (State::Failed, format!("-- failed: {error}\n")),
        };
        let ended = Instant::now();
        let log = fs::read(folder::log(&folder)).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned() + &error;
        let (workflow, name) = (workflow.name.clone(), job.name.clone());
        JobReport { workflow, name, state, log, started: Some(started), ended: Some(ended), folder }
    }

    /// What an earlier run has of a job, if it has succeeded there.
    fn kept(&self, workflow: &Workflow, at: usize) -> Option<&JobReport> {
        let found = self.earlier.find(&workflow.name, &workflow.jobs[at].name)?;
        matches!(found.state, State::Succeeded | State::Kept).then_some(found)
    }

    fn job_folder(&self, workflow: &Workflow, at: usize) -> PathBuf {
        let clean = |name: &str| name.replace(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)), "_");
        // Two names may be the same when they are cleaned.
        self.folder.join(clean(&workflow.name)).join(format!("{at:02}-{}", clean(&workflow.jobs[at].name)))
    }

    fn take_slot(&self) {
        let free = locked(&self.free);
        *self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner) -= 1;
    }

    fn give_slot(&self) {
        *locked(&self.free) += 1;
        self.freed.notify_one();
    }
}

impl Scheduler {
    /// Waits for jobs to be done, and returns whether all have succeeded.
    fn wait(&self, jobs: &[usize]) -> bool {
        let states = locked(&self.states);
        let unsettled = |states: &mut Vec<Option<State>>| jobs.iter().any(|at| states[*at].is_none());
        let states = self.changed.wait_while(states, unsettled).unwrap_or_else(PoisonError::into_inner);
        jobs.iter().all(|at| matches!(states[*at], Some(State::Succeeded | State::Kept)))
    }

    fn settle(&self, at: usize, state: State) {
        locked(&self.states)[at] = Some(state);
        self.changed.notify_all();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
