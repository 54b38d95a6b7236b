//! A plan in GitLab's vocabulary: every job, first those that run, then those that they extend.

use minijinja::Value;
use serde::Serialize;

use super::entries::Entries;
use super::entry::JobEntry;
use super::settings::Settings;
use super::{keywords, user_config};
use crate::plan::{Build, Job, Plan, Recipe, Work};
use crate::provider::builder::Builder;
use crate::provider::{Error, UserConfig};
use crate::template::Template;
use crate::yaml::{Mapping, write};

/// What the template lays out; it refers to every field by its name.
#[derive(Serialize)]
struct View {
    stages: Option<Value>,
    jobs: Vec<JobView>,
    images: Vec<JobView>,
    shared: Vec<JobView>,
}

#[derive(Serialize)]
struct JobView {
    name: String,
    yaml: Value,
}

pub(super) fn view(entries: &Entries<'_>, config: Option<&UserConfig>) -> Result<Value, Error> {
    let plan = entries.plan;
    let names: Vec<&str> = entries.all().map(|entry| entry.name.as_str()).collect();
    let problems = config.map(|config| user_config::check(config, plan, &names)).unwrap_or_default();
    if !problems.is_empty() {
        return Err(Error::UserConfig(problems));
    }
    for job in &plan.jobs {
        check_job(plan, job)?;
    }
    let built_in = Mapping { entries: Vec::new() };
    let settings = Settings::of(plan);
    let is_unknown = |stage: &&str| !keywords::stages(&built_in).contains(stage);
    let stage = settings.stage.filter(is_unknown).filter(|_| settings.config.is_none());
    let shown = |entry: &JobEntry| JobView { name: entry.name.clone(), yaml: Value::from_safe_string(entry.written()) };
    let view = View {
        stages: stage.map(|stage| Value::from_safe_string(write::list(&[stage], 2, 80))),
        jobs: entries.jobs.iter().map(shown).collect(),
        images: entries.images.iter().map(shown).collect(),
        shared: entries.shared.iter().map(shown).collect(),
    };
    Ok(Value::from(minijinja::value::Serde(&view)))
}

/// What GitLab cannot say of a job.
fn check_job(plan: &Plan, job: &Job) -> Result<(), Error> {
    match &job.work {
        Work::Build(build) => check_builder(plan, job, build),
        _ => Ok(()),
    }
}

/// buildah knows most of Docker's arguments.
fn check_builder(plan: &Plan, job: &Job, build: &Build) -> Result<(), Error> {
    if Settings::of(plan).builder != Builder::Buildah {
        return Ok(());
    }
    let Recipe::Docker(options) = &build.recipe else { return Ok(()) };
    let is_unknown = |option: &&crate::plan::BuildOption| {
        let start = option.value.as_ref().map_or("", Template::leading);
        matches!(option.flag, "--provenance" | "--sbom")
            || (matches!(option.flag, "--cache-from" | "--cache-to") && start.starts_with("type="))
    };
    match options.iter().find(is_unknown) {
        None => Ok(()),
        Some(option) => Err(Error::Unsupported {
            provider: "gitlab",
            what: format!(
                "`{} {}` of the image `{}` with `builder: buildah`",
                option.flag,
                option.value.as_ref().map(ToString::to_string).unwrap_or_default(),
                job.key
            ),
            help: "buildah has no such option; remove it, or build with Docker".into(),
        }),
    }
}
