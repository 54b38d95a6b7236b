//! Jobs as CircleCI makes them of a configuration: the tests' own CircleCI fills them in, and this plays the part of it
//! that runs them.

use std::path::PathBuf;

use serde_json::Value;

use super::job::{Job, REVISION, Step, Trigger};
use super::runner::{self, Config, Event};

/// The job in a workflow, started by a trigger.
pub(super) fn job(document: &Value, workflow: &str, name: &str, trigger: Trigger) -> Job {
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
    let trigger = runner::Trigger {
        event,
        slug: "gh/acme/this".into(),
        number: 42,
        revision: REVISION.into(),
        // What is checked out is no part of these tests.
        repository: PathBuf::new(),
    };
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
                job.steps.push(Step { title: run.name, script: run.command });
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
