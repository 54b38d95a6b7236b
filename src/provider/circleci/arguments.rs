//! What a workflow gives a generated job.

use super::definition::{Definer, Definition};
use super::parameter::{LOGIN, MACHINE, PUSH, REQUIRED, parameter_of};
use super::publish::annotation_words;
use crate::names::WORKFLOW_TAG;
use crate::plan::{JobId, Work};
use crate::provider::manifest::{arches, format, platforms};
use crate::provider::script::Values;
use crate::spec::IndexFormat;

/// Names and values.
pub(super) type Arguments = Vec<(String, String)>;

/// The name, if it is not that of the definition, and the parameters that are not what they are by default.
pub(super) fn arguments(definer: &Definer<'_>, definition: &Definition, (place, id): (usize, JobId)) -> Arguments {
    let (job, workflow) = (definer.plan.job(id), &definer.plan.workflows[place]);
    let values = definer.values(id);
    let here = Values { runs: std::slice::from_ref(&place), ..values };
    let mut arguments = Vec::new();
    if definition.name != job.name {
        arguments.push(("name".to_owned(), job.name.clone()));
    }
    for (name, default) in &definition.parameters {
        let value = match (name.as_str(), &job.work) {
            (MACHINE, _) if workflow.push || workflow.login => definer.executors.of(id).to_owned(),
            (MACHINE, _) => definer.executors.anonymous(id).to_owned(),
            (PUSH, _) => workflow.push.to_string(),
            (LOGIN, _) => workflow.login.to_string(),
            ("key", Work::Manifest(_)) => job.key.clone(),
            ("platforms", Work::Manifest(manifest)) => platforms(manifest),
            ("arches", Work::Manifest(manifest)) => arches(manifest),
            ("format", Work::Manifest(manifest)) => format(manifest).to_owned(),
            ("annotations", Work::Manifest(manifest)) => annotation_words(&here, manifest),
            ("fixed", Work::Manifest(manifest)) if manifest.format == IndexFormat::Docker => String::new(),
            ("fixed", Work::Manifest(_)) if workflow.version.is_some() => String::new(),
            ("fixed", Work::Manifest(_)) => here.tags(&here.fixed(&job.tags[place])),
            ("tags", _) => here.tags(&job.tags[place]),
            ("moving", _) => here.tags(&job.moving[place]),
            ("git_version", _) => workflow.version.as_ref().map(|version| here.word(version)).unwrap_or_default(),
            (name, _) if WORKFLOW_TAG.contains(&name) => here.workflow_tag(name, place),
            (REQUIRED, _) => {
                let needs = values.sometimes().into_iter().filter(|(_, places)| places.contains(&place));
                needs.map(|(name, _)| name).collect::<Vec<_>>().join(" ")
            }
            (name, _) => {
                let var = workflow.vars.iter().find(|(var, _)| parameter_of(var) == name);
                var.map(|(_, value)| here.word(value)).unwrap_or_default()
            }
        };
        if default.as_ref() != Some(&value) {
            arguments.push((name.clone(), value));
        }
    }
    arguments
}
