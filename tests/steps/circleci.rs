//! Jobs as CircleCI makes them of a configuration: the tests' own CircleCI fills them in, and this plays the part of it
//! that runs them.

use std::path::PathBuf;

use serde_json::Value;

use super::job::{Job, Jobs, REVISION, Step, Trigger};
use super::runner::{self, Config, Event};

/// The job in a workflow, started by a trigger.
pub(super) fn job(document: &Value, workflow: &str, name: &str, trigger: Trigger) -> Job {
    let trigger = of_the_runner(trigger, workflow);
    let filled = Config::of(document.clone()).and_then(|config| config.job(workflow, name, &trigger));
    let filled = filled.unwrap_or_else(|refusal| panic!("{name} in {workflow}: {refusal}"));
    let mut environment = trigger.variables();
    // Of a host that is not the slug's, so that nothing takes the one for the other.
    environment.insert("CIRCLE_REPOSITORY_URL".into(), "https://git.example.com/acme/this.git".into());
    environment.extend(filled.environment);
    let mut job = Job::of(environment);
    for step in filled.steps {
        match step {
            runner::Step::Run(run) => {
                let is_plain = run.environment.is_empty() && run.working_directory == "." && run.shell.is_none();
                assert!(is_plain && run.when == runner::When::OnSuccess && run.reruns == 0, "not played here: {run:?}");
                job.steps.push(Step { title: run.name, script: run.command, ..Step::default() });
            }
            runner::Step::Attach { at } => job.workspaces.push(at),
            runner::Step::Persist { root, paths } => {
                job.keeps.extend(paths.into_iter().map(|path| (root.clone(), path)));
            }
            runner::Step::Checkout { .. } | runner::Step::Artifacts { .. } | runner::Step::Nothing(_) => {}
        }
    }
    job
}

/// What starts it by hand names the workflow.
fn of_the_runner(trigger: Trigger, workflow: &str) -> runner::Trigger {
    let event = match trigger {
        Trigger::Branch(branch) => Event::Branch(branch.to_owned()),
        Trigger::Tag(tag) => Event::Tag(tag.to_owned()),
        Trigger::ByHand(release) => Event::ByHand {
            branch: "main".into(),
            parameters: [("workflow", workflow), ("release", release)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        },
        Trigger::Request(head) => Event::Request { number: 12, base: "main".into(), head: head.to_owned() },
    };

    runner::Trigger {
        event,
        slug: "gh/acme/this".into(),
        number: 42,
        revision: REVISION.into(),
        // What is checked out is no part of these tests.
        repository: PathBuf::new(),
    }
}

/// The only workflow that a trigger starts.
#[allow(dead_code, reason = "the properties look at single jobs")]
pub(super) fn workflow(document: &Value, trigger: Trigger) -> String {
    let [(name, _)] = &started(document, trigger)[..] else { panic!("{trigger:?} starts not just one workflow") };
    name.clone()
}

/// The jobs of a workflow that a trigger starts, with what each requires.
#[allow(dead_code, reason = "the properties look at single jobs")]
pub(super) fn jobs(document: &Value, workflow: &str, trigger: Trigger) -> Jobs {
    let found = started(document, trigger).into_iter().find(|(name, _)| name == workflow);
    found.unwrap_or_else(|| panic!("{trigger:?} does not start {workflow}")).1
}

/// Every workflow that it starts.
#[allow(dead_code, reason = "the properties look at single jobs")]
fn started(document: &Value, trigger: Trigger) -> Vec<(String, Jobs)> {
    let workflows = Config::of(document.clone()).and_then(|config| config.triggered(&of_the_runner(trigger, "")));
    let workflows = workflows.unwrap_or_else(|refusal| panic!("{trigger:?}: {refusal}"));
    workflows
        .into_iter()
        .map(|workflow| (workflow.name, workflow.jobs.into_iter().map(|job| (job.name, job.requires)).collect()))
        .collect()
}
