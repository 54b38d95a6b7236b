//! What starts a workflow: its events, and what is asked of them
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows>).

use super::cron;
use super::job::one_or_more;
use super::key;
use crate::diagnostic::Diagnostic;
use crate::provider::github::filter::glob_problem;
use crate::span::Span;
use crate::yaml::{Mapping, Node};

const NONE: &[&str] = &[];
const TYPES: &[&str] = &["types"];
const PULL_REQUEST: &[&str] = &["types", "branches", "branches-ignore", "paths", "paths-ignore"];

/// Every event, and the keys that it looks at; others are ignored.
const EVENTS: [(&str, &[&str]); 37] = [
    ("branch_protection_rule", TYPES),
    ("check_run", TYPES),
    ("check_suite", TYPES),
    ("create", NONE),
    ("delete", NONE),
    ("deployment", NONE),
    ("deployment_status", NONE),
    ("discussion", TYPES),
    ("discussion_comment", TYPES),
    ("fork", NONE),
    ("gollum", NONE),
    ("image_version", &["types", "names", "versions"]),
    ("issue_comment", TYPES),
    ("issues", TYPES),
    ("label", TYPES),
    ("member", TYPES),
    ("merge_group", &["types", "branches", "branches-ignore"]),
    ("milestone", TYPES),
    ("page_build", NONE),
    ("project", TYPES),
    ("project_card", TYPES),
    ("project_column", TYPES),
    ("public", NONE),
    ("pull_request", PULL_REQUEST),
    ("pull_request_comment", TYPES),
    ("pull_request_review", TYPES),
    ("pull_request_review_comment", TYPES),
    ("pull_request_target", PULL_REQUEST),
    ("push", &["branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore"]),
    ("registry_package", TYPES),
    ("release", TYPES),
    ("repository_dispatch", TYPES),
    ("status", NONE),
    ("watch", TYPES),
    ("workflow_call", &["inputs", "secrets", "outputs"]),
    ("workflow_dispatch", &["inputs"]),
    ("workflow_run", &["types", "workflows", "branches", "branches-ignore"]),
];

/// The event that has a list of times.
const SCHEDULE: &str = "schedule";

/// Filters, with those that take away.
const FILTERS: [(&str, &str); 3] =
    [("branches", "branches-ignore"), ("tags", "tags-ignore"), ("paths", "paths-ignore")];

/// Reports what is wrong under `on`.
pub(super) fn check(on: &Node, problems: &mut Vec<Diagnostic>) {
    let Some(map) = on.as_mapping() else {
        for (name, span) in one_or_more(on).filter_map(|event| Some((event.as_str()?, event.span))) {
            check_name(name, span, problems);
        }
        return;
    };
    for entry in map.entries.iter().filter(|entry| entry.key.text != "<<") {
        let name = entry.key.text.as_str();
        check_name(name, entry.key.span, problems);
        if name == SCHEDULE {
            cron::check(&entry.value, problems);
        }
        let Some(body) = entry.value.as_mapping() else { continue };
        let Some((_, known)) = EVENTS.iter().find(|(event, _)| *event == name) else { continue };
        for key in key::unknown(body, known) {
            let message = format!("GitHub ignores `{}` of `{name}`", key.text);
            let problem = Diagnostic::new("ignored-key", key.span, message).warning();
            problems.push(match crate::similar::closest(&key.text, known.iter().copied()) {
                Some(close) => problem.help(format!("did you mean `{close}`?")),
                None => problem.help("remove it: it restricts nothing"),
            });
        }
        check_filters(body, problems);
    }
}

fn check_name(name: &str, span: Span, problems: &mut Vec<Diagnostic>) {
    if name == SCHEDULE || EVENTS.iter().any(|(event, _)| *event == name) {
        return;
    }
    let problem = Diagnostic::new("unknown-event", span, format!("there is no event `{name}`"));
    let known = EVENTS.iter().map(|(event, _)| *event).chain([SCHEDULE]);
    problems.push(match crate::similar::closest(name, known) {
        Some(close) => problem.help(format!("did you mean `{close}`?")),
        None => problem.help("write one of those in GitHub's documentation, such as `push` or `pull_request`"),
    });
}

fn check_filters(event: &Mapping, problems: &mut Vec<Diagnostic>) {
    for (taken, ignored) in FILTERS {
        if let (Some(first), Some(second)) = (event.entry(taken), event.entry(ignored)) {
            let message = format!("an event has either `{taken}` or `{ignored}`, not both");
            let problem = Diagnostic::new("filter", second.key.span, message).related(first.key.span, "and this");
            problems.push(problem.help(format!("write what is left out as `!pattern`, at the end of `{taken}`")));
        }
        if let Some(entry) = event.entry(taken) {
            let patterns: Vec<&str> = one_or_more(&entry.value).filter_map(Node::as_str).collect();
            // `!**` says so itself: no tags.
            let is_meant = patterns == ["!**"] || patterns == ["!*"];
            if !patterns.is_empty() && !is_meant && patterns.iter().all(|pattern| pattern.starts_with('!')) {
                let message = format!("every pattern of `{taken}` takes away, so nothing is left");
                let problem = Diagnostic::new("filter", entry.key.span, message).warning();
                problems.push(problem.help(format!("write `'**'` before them, or `{ignored}` without the `!`")));
            }
        }
        // Of paths there are fewer rules.
        let names = [taken, ignored].into_iter().filter(|key| !key.starts_with("paths"));
        for pattern in names.filter_map(|key| event.get(key)).flat_map(one_or_more) {
            if let Some((_, message, help)) = pattern.as_str().and_then(glob_problem) {
                let problem = Diagnostic::new("filter", pattern.span, message).warning();
                problems.push(problem.help(help));
            }
        }
    }
}
