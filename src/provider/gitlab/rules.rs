//! A workflow's trigger as the condition of a rule (<https://docs.gitlab.com/ci/jobs/job_rules/>).

use super::SCHEDULED;
use crate::pattern::{Kind, Pattern};
use crate::plan::{Given, Plan, Trigger, Workflow};

/// The sources of pipelines that a person or a program has started: the button, the API, and a trigger's token.
const BY_HAND: &str = "/^(?:web|api|trigger)$/";
const BY_CLOCK_OR_HAND: &str = "/^(?:schedule|web|api|trigger)$/";

/// When a workflow runs. A schedule says which workflow it is for by a variable: GitLab tells no schedule from another,
/// and somebody else's starts nothing of ours.
///
/// Where workflows are started by hand, all of them are told apart by that variable, and pushes start none of them
/// (<https://docs.gitlab.com/ci/variables/predefined_variables/>, `CI_PIPELINE_SOURCE`).
pub(super) fn condition(plan: &Plan, workflow: &Workflow) -> String {
    let trigger = &workflow.trigger;
    if trigger.manual {
        return format!(
            "$CI_PIPELINE_SOURCE =~ {BY_HAND} && ${SCHEDULED} == \"{}\" && $CI_COMMIT_BRANCH",
            workflow.name
        );
    }
    match &trigger.schedule {
        Some(_) => format!(
            "$CI_PIPELINE_SOURCE == \"schedule\" && ${SCHEDULED} == \"{}\" && {}",
            workflow.name,
            sides(trigger)
        ),
        // A child pipeline of such a one has the request's variables, too, and another source
        // (https://docs.gitlab.com/ci/pipelines/downstream_pipelines/#run-child-pipelines-with-merge-request-pipelines).
        None if !trigger.pull_requests.is_empty() => {
            let base = side("$CI_MERGE_REQUEST_TARGET_BRANCH_NAME", &trigger.pull_requests, &trigger.not_pull_requests);
            let base = base.map(|base| if base.contains(" || ") { format!("({base})") } else { base });
            let fork = match trigger.forks {
                Some(true) => " && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID != $CI_MERGE_REQUEST_PROJECT_ID",
                Some(false) => " && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID",
                None => "",
            };
            format!("$CI_MERGE_REQUEST_ID && {}{fork}", base.unwrap_or_default())
        }
        None if plan.has_manual() => {
            format!("$CI_PIPELINE_SOURCE !~ {BY_CLOCK_OR_HAND} && {}", sides(trigger))
        }
        None => format!("$CI_PIPELINE_SOURCE != \"schedule\" && {}", sides(trigger)),
    }
}

/// What is to be set in the project's settings, for every workflow that runs by the clock.
pub(super) fn clocks(plan: &Plan) -> Vec<String> {
    let clock = |workflow: &Workflow| {
        let cron = workflow.trigger.schedule.as_ref()?;
        let branches: Vec<&str> = workflow.trigger.branches.iter().map(Pattern::text).collect();
        Some(format!(
            "GitLab keeps schedules in the project's settings: under Build > Pipeline schedules, set the interval `{cron}` \
             for the branch {}, with the variable {SCHEDULED} = {}",
            branches.join(" or "),
            workflow.name
        ))
    };
    plan.workflows.iter().filter_map(clock).collect()
}

/// How a person starts each workflow that is started by hand.
pub(super) fn starts(plan: &Plan) -> Vec<String> {
    let start = |workflow: &Workflow| {
        let name = &workflow.name;
        let given: Vec<String> = plan.given_in(workflow).map(Given::variable).collect();
        let perhaps = if given.is_empty() { String::new() } else { format!(", and perhaps {}", given.join(", ")) };
        format!(
            "{name} is started by hand, by Run pipeline or the API, with the variable {SCHEDULED} = {name}{perhaps}"
        )
    };
    plan.workflows.iter().filter(|workflow| workflow.trigger.manual).map(start).collect()
}

fn sides(trigger: &Trigger) -> String {
    let branches = side("$CI_COMMIT_BRANCH", &trigger.branches, &trigger.not_branches);
    let tags = side("$CI_COMMIT_TAG", &trigger.tags, &trigger.not_tags);
    match (branches, tags) {
        (Some(branches), Some(tags)) => format!("(({branches}) || ({tags}))"),
        (Some(one), None) | (None, Some(one)) if one.contains(" || ") => format!("({one})"),
        (Some(one), None) | (None, Some(one)) => one,
        // Nothing starts it, which is refused before.
        (None, None) => "$CI_COMMIT_SHA == null".to_owned(),
    }
}

fn side(value: &str, patterns: &[Pattern], excluded: &[Pattern]) -> Option<String> {
    if patterns.is_empty() {
        return None;
    }
    let wanted = match patterns.iter().any(Pattern::is_everything) {
        // Only a run for a branch has one.
        true => value.to_owned(),
        false => patterns.iter().map(|pattern| is(value, pattern, true)).collect::<Vec<_>>().join(" || "),
    };
    if excluded.is_empty() {
        return Some(wanted);
    }
    let wanted = if wanted.contains(" || ") { format!("({wanted})") } else { wanted };
    let not: Vec<String> = excluded.iter().map(|pattern| is(value, pattern, false)).collect();
    Some(format!("{wanted} && {}", not.join(" && ")))
}

/// GitLab does not anchor by itself, and knows no escape in text.
fn is(value: &str, pattern: &Pattern, yes: bool) -> String {
    match pattern.kind() {
        Kind::Exact if !pattern.text().contains(['"', '\\']) => {
            format!("{value} {} \"{}\"", if yes { "==" } else { "!=" }, pattern.text())
        }
        _ => format!("{value} {} {}", if yes { "=~" } else { "!~" }, pattern.anchored()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    fn plan() -> Plan {
        Plan {
            workflows: Vec::new(),
            jobs: Vec::new(),
            registries: Vec::new(),
            tool: crate::plan::Tool::Install(String::new()),
            given: std::collections::BTreeMap::new(),
            tag_room: 0,
            provider: "gitlab",
            settings: crate::plan::ProviderSettings::default(),
            warnings: Vec::new(),
        }
    }

    fn written(branches: &[&str], not_branches: &[&str], tags: &[&str], schedule: Option<&str>) -> String {
        let patterns = |texts: &[&str]| texts.iter().map(|text| Pattern::parse(text).expect("a pattern")).collect();
        let trigger = Trigger {
            branches: patterns(branches),
            not_branches: patterns(not_branches),
            tags: patterns(tags),
            not_tags: Vec::new(),
            schedule: schedule.map(str::to_owned),
            ..Trigger::default()
        };
        let workflow = Workflow {
            name: "main".into(),
            span: Span::default(),
            trigger,
            push: true,
            login: false,
            tags: Vec::new(),
            version: None,
            vars: std::collections::BTreeMap::new(),
            jobs: Vec::new(),
        };
        condition(&plan(), &workflow)
    }

    #[test]
    fn a_start_by_hand_is_told_by_the_name_that_it_gives() {
        let workflow = |manual: bool| {
            let branches = vec![Pattern::parse("main").expect("a pattern")];
            let trigger = Trigger { manual, branches, ..Trigger::default() };
            let (name, vars) = ("one".into(), std::collections::BTreeMap::new());
            Workflow {
                name,
                span: Span::default(),
                trigger,
                push: true,
                login: false,
                tags: Vec::new(),
                version: None,
                vars,
                jobs: Vec::new(),
            }
        };
        let plan = Plan { workflows: vec![workflow(true)], ..plan() };
        assert_eq!(
            condition(&plan, &workflow(true)),
            r#"$CI_PIPELINE_SOURCE =~ /^(?:web|api|trigger)$/ && $SPLITBUILD_WORKFLOW == "one" && $CI_COMMIT_BRANCH"#
        );
        assert_eq!(
            condition(&plan, &workflow(false)),
            r#"$CI_PIPELINE_SOURCE !~ /^(?:schedule|web|api|trigger)$/ && $CI_COMMIT_BRANCH == "main""#
        );
    }

    #[test]
    fn pull_requests_are_told_by_what_they_are_merged_into() {
        let patterns = |texts: &[&str]| texts.iter().map(|text| Pattern::parse(text).expect("a pattern")).collect();
        let condition_of = |wanted: &[&str], not: &[&str], forks: Option<bool>| {
            let (pull_requests, not_pull_requests) = (patterns(wanted), patterns(not));
            let trigger = Trigger { pull_requests, not_pull_requests, forks, ..Trigger::default() };
            let (name, vars) = ("requests".into(), std::collections::BTreeMap::new());
            condition(
                &plan(),
                &Workflow {
                    name,
                    span: Span::default(),
                    trigger,
                    push: false,
                    login: false,
                    tags: Vec::new(),
                    version: None,
                    vars,
                    jobs: Vec::new(),
                },
            )
        };
        let condition = |wanted: &[&str], not: &[&str]| condition_of(wanted, not, None);
        let of_main = r#"$CI_MERGE_REQUEST_ID && $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == "main""#;
        for (forks, is) in [(true, "!="), (false, "==")] {
            let projects = format!("$CI_MERGE_REQUEST_SOURCE_PROJECT_ID {is} $CI_MERGE_REQUEST_PROJECT_ID");
            assert_eq!(condition_of(&["main"], &[], Some(forks)), format!("{of_main} && {projects}"));
        }
        let base = "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME";
        assert_eq!(condition(&["main"], &[]), format!("$CI_MERGE_REQUEST_ID && {base} == \"main\""));
        assert_eq!(
            condition(&["main", "x"], &[]),
            format!("$CI_MERGE_REQUEST_ID && ({base} == \"main\" || {base} == \"x\")")
        );
        assert_eq!(condition(&["**"], &["x"]), format!("$CI_MERGE_REQUEST_ID && {base} && {base} != \"x\""));
    }

    #[test]
    fn triggers_are_conditions() {
        let pushed = |rest: &str| format!("$CI_PIPELINE_SOURCE != \"schedule\" && {rest}");
        assert_eq!(written(&["main"], &[], &[], None), pushed(r#"$CI_COMMIT_BRANCH == "main""#));
        assert_eq!(
            written(&["main", "x"], &[], &[], None),
            pushed(r#"($CI_COMMIT_BRANCH == "main" || $CI_COMMIT_BRANCH == "x")"#)
        );
        assert_eq!(
            written(&["**"], &["main"], &[], None),
            pushed(r#"$CI_COMMIT_BRANCH && $CI_COMMIT_BRANCH != "main""#)
        );
        assert_eq!(written(&["feat/*"], &[], &[], None), pushed(r"$CI_COMMIT_BRANCH =~ /^(?:feat\/[^\/]*)$/"));
        assert_eq!(
            written(&["main"], &[], &["/v[0-9]+/"], None),
            pushed(r#"(($CI_COMMIT_BRANCH == "main") || ($CI_COMMIT_TAG =~ /^(?:v[0-9]+)$/))"#)
        );
        assert_eq!(
            written(&["main"], &[], &[], Some("0 3 * * *")),
            r#"$CI_PIPELINE_SOURCE == "schedule" && $SPLITBUILD_WORKFLOW == "main" && $CI_COMMIT_BRANCH == "main""#
        );
    }
}
