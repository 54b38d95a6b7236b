//! A workflow as it is written: when it starts, and the jobs that it lists.

use super::condition;
use super::config::Config;
use super::filter;
use super::job::Job;
use super::node::{Node, Result};
use super::parameter::Arguments;
use super::template::Scope;
use super::trigger::{Event, Trigger};

/// A workflow that has started.
pub struct Workflow {
    /// Its name.
    pub name: String,
    /// Its jobs, each after those that it requires.
    pub jobs: Vec<Job>,
    /// The jobs that its filters leave out.
    pub left_out: Vec<String>,
}

/// A job as a workflow lists it.
pub struct Member<'c> {
    /// Its name in the workflow.
    pub name: String,
    /// The names of the jobs that have to succeed before.
    pub requires: Vec<String>,
    definition: &'c str,
    node: Node<'c>,
    contexts: Vec<String>,
    given: Vec<(&'c str, Node<'c>)>,
}

/// Whether a trigger starts a workflow, whatever the filters of its jobs say.
pub fn starts(config: &Config, node: &Node, trigger: &Trigger) -> Result<bool> {
    node.only(&["when", "unless", "triggers", "jobs"])?;
    let arguments = Arguments::new();
    let scope = Scope { config, trigger, arguments: &arguments };
    let when = node.get("when").map(|condition| condition::holds(&condition, &scope)).transpose()?;
    let unless = node.get("unless").map(|condition| condition::holds(&condition, &scope)).transpose()?;
    let scheduled = match node.get("triggers") {
        None => None,
        Some(triggers) => {
            let mut due = false;
            for item in triggers.items()? {
                due |= on_schedule(&item, trigger)?;
            }
            Some(due)
        }
    };
    // One that runs by the clock never runs for a push, and the other way round.
    let wanted = match trigger.event {
        Event::Schedule(_) => scheduled == Some(true),
        Event::Branch(_) | Event::Tag(_) | Event::Request { .. } | Event::ByHand { .. } => scheduled.is_none(),
    };
    Ok(wanted && when != Some(false) && unless != Some(true))
}

fn on_schedule(item: &Node, trigger: &Trigger) -> Result<bool> {
    item.only(&["schedule"])?;
    let schedule = item.need("schedule")?;
    schedule.only(&["cron", "filters"])?;
    schedule.need("cron")?.text()?;
    let filters = schedule.need("filters")?;
    filters.only(&["branches"])?;
    filter::passes(&filters.need("branches")?, trigger.event.branch())
}

/// The jobs that a workflow lists.
pub fn members<'c>(config: &'c Config, workflow: &Node<'c>, trigger: &Trigger) -> Result<Vec<Member<'c>>> {
    let arguments = Arguments::new();
    let scope = Scope { config, trigger, arguments: &arguments };
    let mut members: Vec<Member> = Vec::new();
    for item in workflow.need("jobs")?.items()? {
        let member = member(&item, &scope)?;
        if members.iter().any(|other| other.name == member.name) {
            return item.refuse(format!("a second '{}' in the workflow", member.name));
        }
        members.push(member);
    }
    for member in &members {
        if let Some(missing) = member.requires.iter().find(|name| members.iter().all(|other| other.name != **name)) {
            return member.node.refuse(format!("it requires '{missing}', which is not in the workflow"));
        }
    }
    Ok(members)
}

fn member<'c>(item: &Node<'c>, scope: &Scope) -> Result<Member<'c>> {
    let (definition, inner) = item.called()?;
    let Some(node) = inner else {
        let name = definition.to_owned();
        return Ok(Member { name, definition, node: item.clone(), requires: vec![], contexts: vec![], given: vec![] });
    };
    let mut given = node.entries()?;
    // Known, but not done here: an argument of that name would not be one.
    let undone = ["matrix", "type", "pre-steps", "post-steps", "serial-group", "override-with", "max_auto_reruns"];
    if let Some((name, place)) = given.iter().find(|(name, _)| undone.contains(name)) {
        return place.refuse(format!("'{name}' is not done here"));
    }
    given.retain(|(name, _)| !["name", "requires", "context", "filters"].contains(name));
    let texts = |key: &str| -> Result<Vec<String>> {
        let Some(list) = node.get(key) else { return Ok(Vec::new()) };
        let filled = scope.fill(&list)?;
        Ok(list.holding(&filled).texts()?.into_iter().map(str::to_owned).collect())
    };
    let name = texts("name")?.pop().unwrap_or_else(|| definition.to_owned());
    Ok(Member { name, requires: texts("requires")?, contexts: texts("context")?, definition, node, given })
}

impl Member<'_> {
    /// Whether the filters admit the trigger's event.
    pub fn admitted(&self, config: &Config, trigger: &Trigger) -> Result<bool> {
        let arguments = Arguments::new();
        filter::admits(self.node.get("filters").as_ref(), &Scope { config, trigger, arguments: &arguments })
    }

    /// The job, filled in.
    pub fn job(&self, config: &Config, trigger: &Trigger) -> Result<Job> {
        if self.definition.contains('/') {
            return self.node.refuse(format!("'{}' is a job of an orb, and orbs are not run", self.definition));
        }
        let Some(definition) = config.definition("jobs", self.definition) else {
            return self.node.refuse(format!("there is no job '{}'", self.definition));
        };
        let arguments = Arguments::new();
        let scope = Scope { config, trigger, arguments: &arguments };
        let mut job = Job::expand(&definition, &self.given, &scope)?;
        job.name.clone_from(&self.name);
        job.contexts.clone_from(&self.contexts);
        Ok(job)
    }
}
