//! `splitbuild plan`: the jobs of every workflow and what each waits for, as a table or as JSON.

mod table;
mod timings;

use std::fmt::Write as _;

use serde::Serialize;

use self::timings::ShownTimes;
use super::arguments::format::Format;
use super::arguments::plan::Plan as Arguments;
use super::report::tell;
use super::times::{self, Wanted};
use super::{Failure, input, print};
use crate::diagnostic::Allowed;
use crate::plan::{Job, JobId, Plan, Times, Trigger, Work, Workflow};
use crate::provider;

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let provider = provider::find(&arguments.provider).expect("clap lets through only what is in the list");
    let input = input::load(&arguments.matrix, provider, Allowed::default())?;
    tell(Format::Text, input.warnings.as_slice())?;
    let workflows: Vec<&Workflow> = input.plan.workflows.iter().collect();
    let wanted = Wanted { plan: &input.plan, own: input.own.as_ref(), provider, workflows: &workflows };
    let times = arguments.times.as_deref().map(|path| times::read(path, wanted)).transpose()?;
    let shown = Shown::of(&input.plan, times.as_ref());
    if arguments.json {
        let json = serde_json::to_string_pretty(&shown).expect("text, numbers and lists are JSON");
        return print(json + "\n");
    }
    print(shown.table(arguments.all))
}

#[derive(Serialize)]
struct Shown<'p> {
    images: usize,
    jobs: usize,
    workflows: Vec<ShownWorkflow<'p>>,
}

#[derive(Serialize)]
struct ShownWorkflow<'p> {
    name: &'p str,
    on: ShownTrigger<'p>,
    push: bool,
    tags: Vec<String>,
    images: usize,
    longest_chain: Vec<&'p str>,
    jobs: Vec<ShownJob<'p>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<ShownTimes<'p>>,
}

#[derive(Serialize)]
struct ShownTrigger<'p> {
    branches: Vec<&'p str>,
    except_branches: Vec<&'p str>,
    tags: Vec<&'p str>,
    except_tags: Vec<&'p str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pull_requests: Vec<&'p str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    except_pull_requests: Vec<&'p str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    manual: bool,
    schedule: Option<&'p str>,
}

#[derive(Serialize)]
struct ShownJob<'p> {
    name: &'p str,
    kind: &'static str,
    image: &'p str,
    /// The key in the matrix, which several images may have in common.
    family: &'p str,
    platforms: Vec<String>,
    runner: Option<String>,
    needs: Vec<&'p str>,
}

impl<'p> Shown<'p> {
    fn of(plan: &'p Plan, times: Option<&Times>) -> Self {
        let shown = |workflow| ShownWorkflow {
            times: times.and_then(|times| ShownTimes::of(plan, workflow, times)),
            ..ShownWorkflow::of(plan, workflow)
        };
        let workflows = plan.workflows.iter().map(shown).collect();
        Self { images: plan.image_count(), jobs: plan.jobs.len(), workflows }
    }

    fn table(&self, is_whole: bool) -> String {
        let mut text = String::new();
        for workflow in &self.workflows {
            workflow.table(is_whole, &mut text);
        }
        let _ = writeln!(text, "{} and {} in all", counted(self.images, "image"), counted(self.jobs, "job"));
        text
    }
}

impl<'p> ShownWorkflow<'p> {
    fn of(plan: &'p Plan, workflow: &'p Workflow) -> Self {
        let jobs: Vec<&Job> = workflow.jobs.iter().map(|id| plan.job(*id)).collect();
        let mut keys: Vec<&str> = jobs.iter().map(|job| job.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        Self {
            name: &workflow.name,
            on: ShownTrigger::of(&workflow.trigger),
            push: workflow.push,
            tags: workflow.tags.iter().map(|tag| plan.shown(tag).to_string()).collect(),
            images: keys.len(),
            longest_chain: plan.longest_chain(workflow),
            jobs: workflow.jobs.iter().map(|id| ShownJob::of(plan, workflow, *id)).collect(),
            times: None,
        }
    }

    fn target(&self) -> String {
        if self.push { self.tags.join(", ") } else { "nothing is pushed".into() }
    }

    fn table(&self, is_whole: bool, text: &mut String) {
        let _ = writeln!(text, "{} (on {}) → {}", self.name, self.on.format(), self.target());
        table::table(&self.jobs, is_whole, text);
        let chain = self.longest_chain.join(" → ");
        let (images, jobs) = (counted(self.images, "image"), counted(self.jobs.len(), "job"));
        let _ = writeln!(text, "  {images}, {jobs}, longest chain {}: {chain}", self.longest_chain.len());
        if let Some(times) = &self.times {
            times.lines(text);
        }
        text.push('\n');
    }
}

impl<'p> ShownTrigger<'p> {
    fn of(trigger: &'p Trigger) -> Self {
        let texts = |patterns: &'p [crate::pattern::Pattern]| patterns.iter().map(|pattern| pattern.text()).collect();
        Self {
            branches: texts(&trigger.branches),
            except_branches: texts(&trigger.not_branches),
            tags: texts(&trigger.tags),
            except_tags: texts(&trigger.not_tags),
            pull_requests: texts(&trigger.pull_requests),
            except_pull_requests: texts(&trigger.not_pull_requests),
            manual: trigger.manual,
            schedule: trigger.schedule.as_deref(),
        }
    }

    fn format(&self) -> String {
        let mut parts = Vec::new();
        for (what, names, except) in [
            ("branches", &self.branches, &self.except_branches),
            ("tags", &self.tags, &self.except_tags),
            ("pull requests to", &self.pull_requests, &self.except_pull_requests),
        ] {
            if !names.is_empty() {
                let but = if except.is_empty() { String::new() } else { format!(" but {}", except.join(", ")) };
                parts.push(format!("{what} {}{but}", names.join(", ")));
            }
        }
        parts.extend(self.manual.then(|| "a start by hand".to_owned()));
        if let Some(schedule) = self.schedule {
            parts.push(format!("schedule {schedule}"));
        }
        parts.join("; ")
    }
}

impl<'p> ShownJob<'p> {
    fn of(plan: &'p Plan, workflow: &Workflow, id: JobId) -> Self {
        let job = plan.job(id);
        let platforms = match &job.work {
            Work::Build(build) => vec![build.platform.to_string()],
            Work::Manifest(manifest) => manifest.platforms.iter().map(|(platform, _)| platform.to_string()).collect(),
            Work::Copy(copy) => copy.platforms.iter().map(ToString::to_string).collect(),
            Work::Export(export) => {
                let mut platforms: Vec<String> = export.files.iter().map(|file| file.platform.to_string()).collect();
                platforms.dedup();
                platforms
            }
        };
        Self {
            name: &job.name,
            kind: job.work.kind(),
            image: &job.key,
            family: &job.family,
            platforms,
            runner: (!job.runner.is_empty()).then(|| job.runner.join(", ")),
            needs: plan.waits_in(workflow, id).into_iter().map(|wait| plan.wait_name(wait)).collect(),
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
