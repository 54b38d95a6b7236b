//! The execution of one job: its steps, one after the other, in its folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::folder::{self, Folder};
use super::job::Job;
use super::process::Group;
use super::step::{Run, Shell, Step, When};
use super::trigger::{Event, Trigger};
use super::workspace::{self, Layer};
use super::{Runner, Variables};

/// What a job needs to run.
pub struct Execution<'e> {
    /// The settings.
    pub runner: &'e Runner,
    /// What started the pipeline.
    pub trigger: &'e Trigger,
    /// The job.
    pub job: &'e Job,
    /// Its folder, still to be made.
    pub folder: PathBuf,
    /// Its number.
    pub number: usize,
    /// The workflow of this run.
    pub workflow_id: String,
    /// What the jobs before it have added to the workspace.
    pub layers: Vec<Layer<'e>>,
}

struct Steps<'e> {
    execution: &'e Execution<'e>,
    folder: Folder,
    group: Group,
    log: File,
    docker: bool,
}

impl Execution<'_> {
    /// Runs the job, and tells whether it has succeeded. Why not stands in its log.
    pub fn run(&self) -> io::Result<bool> {
        let folder = Folder::create(&self.folder, &self.job.working_directory)?;
        let log = File::options().create(true).append(true).open(folder::log(folder.root()))?;
        let group = Group::new(Instant::now() + self.runner.timeout)?;
        let mut steps = Steps { execution: self, folder, group, log, docker: self.job.machine };
        let mut succeeded = true;
        for step in &self.job.steps {
            let when = if let Step::Run(run) = step { run.when } else { When::OnSuccess };
            let due = match when {
                When::OnSuccess => succeeded,
                When::OnFail => !succeeded,
                When::Always => true,
            };
            if due && let Err(reason) = steps.step(step) {
                writeln!(steps.log, "-- failed: {reason}")?;
                succeeded = false;
            }
            if steps.group.is_late() {
                return Ok(false);
            }
        }
        Ok(succeeded)
    }
}

impl Steps<'_> {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Run(run) => self.script(run),
            Step::Checkout { path } => {
                self.say("checkout")?;
                self.checkout(&self.folder.path(path))
            }
            Step::Persist { root, paths } => {
                self.say("persist_to_workspace")?;
                workspace::persist(&self.folder.path(root), paths, &folder::layer(self.folder.root()))
            }
            Step::Attach { at } => {
                self.say("attach_workspace")?;
                workspace::attach(&self.execution.layers, &self.folder.path(at))
            }
            Step::Artifacts { path, destination } => {
                self.say("store_artifacts")?;
                let from = self.folder.path(path);
                // Nothing to store is no failure.
                if fs::symlink_metadata(&from).is_err() {
                    return self.say("there are none");
                }
                let name = destination.as_deref().unwrap_or(path).trim_start_matches(['~', '/']);
                folder::copy(&from, &self.folder.artifacts().join(name)).map_err(|error| error.to_string())
            }
            Step::Nothing(name) => {
                self.docker |= *name == "setup_remote_docker";
                self.say(name)
            }
        }
    }

    fn say(&mut self, line: &str) -> Result<(), String> {
        writeln!(self.log, "== {line}").map_err(|error| error.to_string())
    }

    fn script(&mut self, run: &Run) -> Result<(), String> {
        let Execution { runner, job, .. } = self.execution;
        let usual = Shell::usual(job.machine || runner.bash);
        let shell = run.shell.as_ref().or(job.shell.as_ref()).unwrap_or(&usual);
        let mut rerun = 0;
        loop {
            self.say(&run.name)?;
            let mut command = Command::new(shell.program[0]);
            command.args(&shell.program[1..]).args(&shell.options).args(["-c", &run.command]);
            command.current_dir(self.folder.path(&run.working_directory));
            command.env_clear().envs(self.environment()).envs(&run.environment);
            let result = self.group.run(&mut command, &self.log, run.patience);
            if result.is_ok() || rerun == run.reruns || self.group.is_late() {
                return result;
            }
            rerun += 1;
            self.group.pause(run.delay);
        }
    }

    /// The environment of a step, each source over the ones before
    /// (<https://circleci.com/docs/guides/security/env-vars/#order-of-precedence>).
    fn environment(&self) -> Variables {
        let Execution { runner, trigger, job, number, workflow_id, .. } = self.execution;
        let shown = |path: &Path| path.display().to_string();
        let mut environment: Variables = [
            ("PATH", runner.path.clone()),
            ("HOME", shown(&self.folder.home())),
            // A container's own; jobs share the machine here.
            ("TMPDIR", shown(&self.folder.temporary())),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let passed = runner.passed.iter().filter_map(|name| Some((name.clone(), std::env::var(name).ok()?)));
        environment.extend(passed);
        if self.docker {
            environment.extend(runner.docker.clone());
        }
        environment.extend(runner.classes.get(&job.resource_class).cloned().unwrap_or_default());
        environment.extend(runner.project.clone());
        for context in &job.contexts {
            environment.extend(runner.contexts.get(context).cloned().unwrap_or_default());
        }
        environment.extend(trigger.variables());
        let own = [
            ("BASH_ENV", shown(&self.folder.bash_env())),
            ("CIRCLE_BUILD_NUM", number.to_string()),
            ("CIRCLE_JOB", job.name.clone()),
            ("CIRCLE_WORKFLOW_ID", workflow_id.clone()),
            ("CIRCLE_WORKING_DIRECTORY", job.working_directory.clone()),
        ];
        environment.extend(own.map(|(name, value)| (name.to_owned(), value)));
        environment.extend(job.environment.clone());
        environment
    }

    /// Clones the repository, and checks the commit out: on its branch, or as its tag.
    fn checkout(&mut self, to: &Path) -> Result<(), String> {
        let Trigger { event, revision, repository, .. } = self.execution.trigger;
        let (from, to) = (repository.display().to_string(), to.display().to_string());
        self.git(&["clone", "--quiet", "--no-hardlinks", "--no-checkout", "--", &from, &to])?;
        match event {
            Event::Branch(branch)
            | Event::Schedule(branch)
            | Event::Request { head: branch, .. }
            | Event::ByHand { branch, .. } => {
                self.git(&["-C", &to, "checkout", "--quiet", "--force", "-B", branch, revision])
            }
            Event::Tag(tag) => {
                self.git(&["-C", &to, "checkout", "--quiet", "--force", &format!("refs/tags/{tag}")])?;
                self.git(&["-C", &to, "reset", "--quiet", "--hard", revision])
            }
        }
    }

    /// CircleCI's own git, not one that a test has put into the job's path.
    fn git(&mut self, arguments: &[&str]) -> Result<(), String> {
        let mut command = Command::new("git");
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.args(arguments).env_clear().env("PATH", path).env("HOME", self.folder.home());
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
        self.group.run(&mut command, &self.log, Duration::from_secs(600))
    }
}
