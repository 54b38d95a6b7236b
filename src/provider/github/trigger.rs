//! What starts a workflow, as GitHub's own filters
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#on>).

use super::expression::text;
use super::filter::{Unsayable, globs};
use crate::diagnostic::Diagnostic;
use crate::pattern::{Kind, Pattern};
use crate::plan::{Plan, Workflow};
use crate::yaml::{Node, Style};

pub(super) fn on(plan: &Plan, workflow: &Workflow) -> Result<Node, Diagnostic> {
    let trigger = &workflow.trigger;
    if trigger.manual {
        let input = |var: &str| {
            let given = plan.given.values().find(|given| given.var == var);
            let mut keys = vec![("description", text(&format!("Instead of {}", given.map_or("", |it| &it.otherwise))))];
            keys.push(("type", Node::text("string")));
            (var.to_owned(), Node::map(keys))
        };
        let inputs: Vec<(String, Node)> = plan.given_in(workflow).map(input).collect();
        let inputs = Node::map(inputs.iter().map(|(name, node)| (name.as_str(), node.clone())));
        let is_empty = plan.given_in(workflow).next().is_none();
        let started = if is_empty { nothing() } else { Node::map([("inputs", inputs)]) };
        return Ok(Node::map([("workflow_dispatch", started)]));
    }
    if let Some(cron) = &trigger.schedule {
        let [branch] = trigger.branches.as_slice() else { return Err(not_default(workflow)) };
        if branch.kind() != Kind::Exact {
            return Err(not_default(workflow));
        }
        return Ok(Node::map([("schedule", Node::list([Node::map([("cron", Node::text(cron))])]))]));
    }
    if !trigger.pull_requests.is_empty() {
        let branches = names(workflow, &trigger.pull_requests, &trigger.not_pull_requests)?;
        return Ok(Node::map([(
            "pull_request",
            branches.map_or_else(nothing, |list| Node::map([("branches", list)])),
        )]));
    }
    let mut push = Vec::new();
    if !trigger.branches.is_empty() {
        let list = names(workflow, &trigger.branches, &trigger.not_branches)?;
        push.push(("branches", list.unwrap_or_else(|| Node::list([Node::text("**")]))));
    }
    if !trigger.tags.is_empty() {
        let list = names(workflow, &trigger.tags, &trigger.not_tags)?;
        push.push(("tags", list.unwrap_or_else(|| Node::list([Node::text("**")]))));
    }
    Ok(Node::map([("push", Node::map(push))]))
}

/// The names that start it; `None` for all.
fn names(workflow: &Workflow, patterns: &[Pattern], excluded: &[Pattern]) -> Result<Option<Node>, Diagnostic> {
    if excluded.is_empty() && patterns.iter().any(Pattern::is_everything) {
        return Ok(None);
    }
    let unsayable = |told: Unsayable| {
        let message = format!("GitHub cannot say the pattern `{}` of `{}`: {}", told.pattern, workflow.name, told.why);
        Diagnostic::new("pattern", workflow.span, message).help(told.help)
    };
    let globs = globs(patterns, excluded).map_err(unsayable)?;
    Ok(Some(Node::list(globs.iter().map(|glob| Node::text(glob)))))
}

/// GitHub runs what the clock starts on the default branch
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule>).
fn not_default(workflow: &Workflow) -> Diagnostic {
    let message = format!("GitHub runs the schedule of `{}` on the repository's default branch alone", workflow.name);
    Diagnostic::new("schedule", workflow.span, message).help("name just that: `branches: [main]`")
}

/// No filter at all.
fn nothing() -> Node {
    Node::scalar("", Style::Plain)
}
