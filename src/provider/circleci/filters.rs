//! A workflow's trigger as the `filters` of its jobs.

use crate::pattern::{Kind, Pattern};
use crate::plan::{Plan, Trigger, Workflow};
use crate::yaml::Node;

/// The filters of every job of a workflow; `None` for one that runs by the clock.
///
/// Maps as long as they say it; an expression where a later workflow excludes what an earlier one runs for, because
/// `only` together with `ignore` is not documented clearly
/// (<https://circleci.com/docs/reference/configuration-reference/#jobfilters>).
pub(super) fn filters(trigger: &Trigger) -> Option<Node> {
    if trigger.schedule.is_some() || trigger.manual || !trigger.pull_requests.is_empty() {
        return None;
    }
    let branches = side(&trigger.branches, &trigger.not_branches);
    let tags = side(&trigger.tags, &trigger.not_tags);
    match (branches, tags) {
        (Side::Mixed, _) | (_, Side::Mixed) => Some(Node::text(&expression(trigger))),
        (Side::Nothing, tags) => {
            let nothing = Node::map([("ignore", Node::list([Node::text("/.*/")]))]);
            Some(Node::map([("branches", nothing)].into_iter().chain(tags.node().map(|node| ("tags", node)))))
        }
        (branches, tags) => {
            let named = [("branches", branches.node()), ("tags", tags.node())];
            Some(Node::map(named.into_iter().filter_map(|(name, node)| node.map(|node| (name, node)))))
        }
    }
}

/// The branches of a scheduled workflow, as the filters of its trigger.
pub(super) fn schedule_branches(trigger: &Trigger) -> Node {
    list("only", &trigger.branches)
}

enum Side {
    Nothing,
    Only(Node),
    Ignore(Node),
    Mixed,
}

impl Side {
    fn node(self) -> Option<Node> {
        match self {
            Self::Only(node) | Self::Ignore(node) => Some(node),
            Self::Nothing | Self::Mixed => None,
        }
    }
}

fn side(patterns: &[Pattern], excluded: &[Pattern]) -> Side {
    match (patterns, excluded) {
        ([], _) => Side::Nothing,
        (only, []) => Side::Only(list("only", only)),
        (all, excluded) if all.iter().any(Pattern::is_everything) => Side::Ignore(list("ignore", excluded)),
        _ => Side::Mixed,
    }
}

fn list(key: &str, patterns: &[Pattern]) -> Node {
    Node::map([(key, Node::list(patterns.iter().map(|pattern| Node::text(&super::literal(&specifier(pattern))))))])
}

/// Plain text, or a regular expression between slashes, which CircleCI matches with the whole name.
fn specifier(pattern: &Pattern) -> String {
    match pattern.kind() {
        Kind::Exact | Kind::Regex => pattern.text().to_owned(),
        Kind::Glob => format!("/{}/", pattern.regex()),
    }
}

/// The trigger as an expression
/// (<https://circleci.com/docs/reference/configuration-reference/#expression-based-job-filters>). A side that is not
/// named does not match: its value is empty in such a run.
fn expression(trigger: &Trigger) -> String {
    let sides = [
        ("pipeline.git.branch", &trigger.branches, &trigger.not_branches),
        ("pipeline.git.tag", &trigger.tags, &trigger.not_tags),
    ];
    let terms: Vec<String> = sides
        .into_iter()
        .filter(|(_, patterns, _)| !patterns.is_empty())
        .map(|(value, patterns, excluded)| term(value, patterns, excluded))
        .collect();
    match terms.as_slice() {
        [one] => one.clone(),
        terms => terms.iter().map(|term| format!("({term})")).collect::<Vec<_>>().join(" or "),
    }
}

fn term(value: &str, patterns: &[Pattern], excluded: &[Pattern]) -> String {
    let any = |patterns: &[Pattern]| {
        patterns.iter().map(|pattern| condition(value, pattern)).collect::<Vec<_>>().join(" or ")
    };
    let wanted = match patterns {
        _ if patterns.iter().any(Pattern::is_everything) => format!("{value} != \"\""),
        [one] if excluded.is_empty() && value == BASE => condition(value, one),
        patterns => format!("({})", any(patterns)),
    };
    if excluded.is_empty() { wanted } else { format!("{wanted} and not ({})", any(excluded)) }
}

/// The branch that a pull request is to be merged into. A pipeline that no request has started has no such value, and is not
/// created if something asks for it; what stands behind `and` is not asked
/// (<https://circleci.com/docs/guides/orchestrate/github-trigger-event-options/>).
const BASE: &str = "pipeline.event.github.pull_request.base.ref";

/// The event of a pull request. Of the events that start pipelines, these alone have one
/// (<https://circleci.com/docs/reference/variables/#pipeline-values>).
const EVENT: &str = "pipeline.event.name";

/// The parameter of the pipeline that names the workflow that is started by hand
/// (<https://circleci.com/docs/guides/orchestrate/pipeline-variables/#pipeline-parameters-in-configuration>).
pub(super) const WORKFLOW: &str = "workflow";

/// When a workflow runs, whatever the filters of its jobs say: pull requests and starts by hand are told from pushes where a
/// workflow is for them. The branch of a request is that of its head, so filters of branches do not tell.
pub(super) fn when(plan: &Plan, workflow: &Workflow) -> Option<String> {
    let trigger = &workflow.trigger;
    if trigger.manual {
        return Some(format!("pipeline.parameters.{WORKFLOW} == \"{}\"", workflow.name));
    }
    if !trigger.pull_requests.is_empty() {
        let base = term(BASE, &trigger.pull_requests, &trigger.not_pull_requests);
        return Some(format!("{EVENT} == \"pull_request\" and {base}"));
    }
    let mut terms = Vec::new();
    if trigger.schedule.is_none() {
        terms.extend(plan.has_requests().then(|| format!("{EVENT} != \"pull_request\"")));
        terms.extend(plan.has_manual().then(|| format!("pipeline.parameters.{WORKFLOW} == \"\"")));
    }
    (!terms.is_empty()).then(|| terms.join(" and "))
}

fn condition(value: &str, pattern: &Pattern) -> String {
    match pattern.kind() {
        Kind::Exact if !pattern.text().contains(['"', '\\']) => format!("{value} == \"{}\"", pattern.text()),
        _ => format!("{value} matches {}", pattern.anchored()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Vec<Pattern> {
        texts.iter().map(|text| Pattern::parse(text).expect("a pattern")).collect()
    }

    fn written(branches: &[&str], not_branches: &[&str], tags: &[&str], not_tags: &[&str]) -> String {
        let trigger = Trigger {
            branches: patterns(branches),
            not_branches: patterns(not_branches),
            tags: patterns(tags),
            not_tags: patterns(not_tags),
            ..Trigger::default()
        };
        let node = filters(&trigger).expect("filters");
        crate::yaml::write::node(&node, 0).trim().to_owned()
    }

    #[test]
    fn maps_say_what_they_can() {
        assert_eq!(written(&["develop"], &[], &[], &[]), "branches:\n  only:\n    - develop");
        assert_eq!(written(&["**"], &["develop"], &[], &[]), "branches:\n  ignore:\n    - develop");
        let release = written(&[], &[], &["/^v6.*/"], &[]);
        assert_eq!(release, "branches:\n  ignore:\n    - /.*/\ntags:\n  only:\n    - /^v6.*/");
        assert_eq!(written(&["feat/**"], &[], &[], &[]), "branches:\n  only:\n    - /feat/.*/");
    }

    #[test]
    fn expressions_say_the_rest() {
        let one = written(&["feat/**", "x"], &["feat/a"], &[], &[]);
        assert!(one.contains(r#"(pipeline.git.branch matches /^(?:feat\/.*)$/ or pipeline.git.branch == "x") and not (pipeline.git.branch == "feat/a")"#), "{one}");
        let both = written(&["main"], &[], &["v*"], &["/v[0-9]\\/x|v6/"]);
        assert!(
            both.contains(
                r#"(pipeline.git.tag matches /^(?:v[^\/]*)$/) and not (pipeline.git.tag matches /^(?:v[0-9]\/x|v6)$/)"#
            ) || both.contains(r"v[0-9]\\/x"),
            "{both}"
        );
    }
}
