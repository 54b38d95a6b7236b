//! A workflow, ready to be laid out.

use std::collections::HashMap;

use minijinja::Value;
use serde::Serialize;

use super::definition::PUBLISH;
use super::filters::{schedule_branches, when};
use super::fragment::{Anchors, LINE, compact, lines, safe, text_fragment};
use super::parameter::{LOGIN, MACHINE, PUSH};
use super::parts::Parts;
use super::settings::Settings;
use super::{literal, user_config};
use crate::plan::{JobId, Plan, Workflow};
use crate::yaml::{Mapping, Node, write as yaml};

/// A key with YAML under it.
#[derive(Serialize)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) yaml: Value,
}

#[derive(Serialize)]
pub(super) struct WorkflowView {
    name: String,
    when: Option<Value>,
    cron: Option<String>,
    branches: Value,
    jobs: Vec<CallView>,
    user_jobs: Value,
}

/// A job as a workflow calls it.
#[derive(Serialize)]
pub(super) struct CallView {
    definition: String,
    /// A colon, if anything is said of it, and the name by which the next one repeats that, if one does.
    colon: Value,
    merge: Option<Value>,
    parameters: Vec<Section>,
    requires: Option<Value>,
    context: Option<Value>,
    filters: Option<Value>,
}

pub(super) fn workflow(parts: &Parts<'_>, (place, root): (usize, &Mapping), anchors: &mut Anchors) -> WorkflowView {
    let plan = parts.plan;
    let workflow = &plan.workflows[place];
    let contexts = Settings::of(plan).contexts;
    let (filter, calls) = &parts.calls[place];
    let mut filter_anchor: Option<String> = None;
    // The first call of each shared definition, which the others repeat.
    let mut first: HashMap<usize, (String, JobId)> = HashMap::new();
    let mut jobs = Vec::new();
    for (id, arguments) in workflow.jobs.iter().zip(calls) {
        let (definition, place) = (parts.definitions.of(*id), parts.definitions.of_job[id.place()]);
        let section = |(name, value): &(String, String)| Section {
            name: name.clone(),
            yaml: safe(if [PUSH, LOGIN].contains(&name.as_str()) {
                format!(" {value}")
            } else {
                text_fragment(value, 12)
            }),
        };
        let mut call = CallView {
            definition: definition.name.clone(),
            colon: safe(":".into()),
            merge: None,
            parameters: arguments.iter().map(section).collect(),
            requires: requires(plan, workflow, *id),
            context: None,
            filters: None,
        };
        if let Some((anchor, other)) = first.get(&place) {
            let same = requires_of(plan, workflow, *other) == requires_of(plan, workflow, *id);
            call.merge = Some(safe(anchor.clone()));
            call.parameters.retain(|section| section.name == "name" || section.name == MACHINE);
            call.requires = call.requires.filter(|_| !same);
            jobs.push(call);
            continue;
        }
        if definition.name != PUBLISH
            && definition.parameters.iter().any(|(name, default)| name == MACHINE && default.is_none())
        {
            let name = anchors.name(&format!("{}-{}", plan.job(*id).key, workflow.name));
            call.colon = safe(format!(": &{name}"));
            first.insert(place, (name, *id));
        }
        call.filters = filter.as_ref().map(|node| match &filter_anchor {
            Some(name) => safe(format!(" *{name}")),
            None => {
                let name = anchors.name(&workflow.name);
                let text = format!(" &{name}{}", yaml::compact(node, 12));
                filter_anchor = Some(name);
                safe(text)
            }
        });
        call.context = (!contexts.is_empty() && (workflow.push || workflow.login)).then(|| context(&contexts, anchors));
        // A map without entries would be none to CircleCI's schema.
        if call.parameters.is_empty() && call.requires.is_none() && call.context.is_none() && call.filters.is_none() {
            call.colon = safe(String::new());
        }
        jobs.push(call);
    }
    WorkflowView {
        name: workflow.name.clone(),
        when: when(plan, workflow).map(|when| safe(yaml::scalar(&when))),
        cron: workflow.trigger.schedule.clone(),
        branches: compact(&schedule_branches(&workflow.trigger), 14),
        jobs,
        user_jobs: lines(&Node::list(user_config::joining(root, workflow)), 6),
    }
}

fn context(contexts: &[&str], anchors: &mut Anchors) -> Value {
    if std::mem::replace(&mut anchors.contexts, true) {
        return safe(" *contexts".into());
    }
    anchors.taken.insert("contexts".into());
    let contexts: Vec<String> = contexts.iter().map(|context| literal(context).into_owned()).collect();
    safe(format!(" &contexts{}", yaml::list(&contexts, 12, LINE - 30)))
}

fn requires_of<'p>(plan: &'p Plan, workflow: &Workflow, id: JobId) -> Vec<&'p str> {
    plan.waits_in(workflow, id).into_iter().map(|wait| plan.wait_name(wait)).collect()
}

fn requires(plan: &Plan, workflow: &Workflow, id: JobId) -> Option<Value> {
    let names = requires_of(plan, workflow, id);
    (!names.is_empty()).then(|| safe(yaml::list(&names, 12, LINE - 20)))
}
