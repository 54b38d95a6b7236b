//! Workflows: when they run, under which tags, with which values, for which images.

use super::decode::Decoder;
use super::value::Value;
use super::vars::vars;
use super::{Matcher, Name, Text, Workflow};
use crate::diagnostic::Diagnostic;
use crate::pattern::Pattern;
use crate::span::Span;
use crate::yaml::Node;

const KEYS: &[&str] = &["on", "push", "login", "tags", "version", "vars", "images"];
const ON: &[&str] = &["branches", "tags", "pull_requests", "manual", "schedule"];

/// The parameter of a start by hand that names the workflow.
const WORKFLOW: &str = "workflow";

/// The tag of what is built and not pushed, where the workflow names none.
const LOCAL: &str = "local";

pub(super) fn workflows(decoder: &mut Decoder<'_>, node: &Node) -> Vec<(Name, Workflow)> {
    let Some(map) = decoder.map(node, "`workflows`") else { return Vec::new() };
    let mut workflows = Vec::new();
    for entry in &map.entries {
        let name = Decoder::name_of(entry);
        if name.text.is_empty() || name.text.contains(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c)) {
            let message = format!("`{}` is not a valid workflow name", name.text.escape_debug());
            decoder.error("workflow-name", name.span, message, "use letters, digits, `_` and `-`");
        }
        let workflow = workflow(decoder, &entry.value, &name);
        workflows.push((name, workflow));
    }
    workflows
}

fn workflow(decoder: &mut Decoder<'_>, node: &Node, name: &Name) -> Workflow {
    let mut workflow = Workflow { on: name.span, ..Workflow::default() };
    let what = format!("the workflow `{}`", name.text);
    let Some(map) = decoder.map(node, &what) else { return workflow };
    for entry in &map.entries {
        match entry.key.text.as_str() {
            "on" => {
                workflow.on = entry.key.span;
                on(decoder, &entry.value, &mut workflow);
            }
            "push" => {
                let push = bool::read(decoder, &entry.value, "`push`");
                // What cannot be read may mean it.
                workflow.no_push = push.is_none_or(|push| !push).then_some(entry.key.span);
            }
            "login" => {
                let login = bool::read(decoder, &entry.value, "`login`");
                workflow.login = login.is_some_and(|login| login).then_some(entry.key.span);
            }
            "tags" => workflow.tags = decoder.texts(&entry.value, "`tags`"),
            "version" => workflow.version = decoder.text(&entry.value, "`version`"),
            "vars" => workflow.vars = vars(decoder, &entry.value),
            "images" => {
                let items = decoder.list(&entry.value, "`images`");
                workflow.images = Some(items.iter().filter_map(|n| decoder.word(n, "the key of an image")).collect());
            }
            _ => decoder.unknown_key(entry, &what, KEYS),
        }
    }
    let has_no_tags = map.get("tags").is_none_or(|tags| tags.as_sequence().is_some_and(<[Node]>::is_empty));
    if has_no_tags && workflow.no_push.is_some() {
        workflow.tags = vec![Text::known(LOCAL)];
    } else if has_no_tags {
        let help = format!("add the tags that it publishes: `tags: [{}]`", name.text);
        decoder.error("no-tag", name.span, format!("{what} has no tags"), help);
    }
    if let Some(span) = workflow.login.filter(|_| workflow.no_push.is_none()) {
        let message = "a workflow that pushes logs in anyway";
        decoder.error("login", span, message, "remove `login`, or write `push: false`");
    }
    check_requests(decoder, &workflow);
    check_manual(decoder, &workflow);
    let lists = [&workflow.branches, &workflow.on_tags, &workflow.pull_requests];
    let empty = lists.iter().all(|list| list.is_empty()) && workflow.schedule.is_none() && workflow.manual.is_none();
    if empty && decoder.diagnostics.iter().all(|d| !inside(d.span, node.span)) {
        let help = "add a trigger: `on: { branches: [main] }`, `on: { tags: [\"v*\"] }`";
        decoder.error("no-trigger", workflow.on, format!("nothing starts {what}"), help);
    }
    workflow
}

fn check_requests(decoder: &mut Decoder<'_>, workflow: &Workflow) {
    let Some(request) = workflow.pull_requests.first() else { return };
    if let Some(other) = workflow.branches.first().or(workflow.on_tags.first()) {
        let message = "what pull requests start is started by nothing else";
        let problem = Diagnostic::new("pull-requests", other.span, message).related(request.span, "for pull requests");
        decoder.report(problem.help("give the branches and tags a workflow of their own"));
    }
    if let Some(schedule) = &workflow.schedule {
        let message = "what pull requests start does not run by the clock";
        let problem = Diagnostic::new("pull-requests", schedule.span, message);
        decoder.report(problem.help("give the schedule a workflow of its own"));
    }
}

/// What is started by hand is started by nothing else: each start says which workflow it is for.
fn check_manual(decoder: &mut Decoder<'_>, workflow: &Workflow) {
    let Some(vars) = &workflow.manual else { return };
    let lists = [&workflow.branches, &workflow.on_tags, &workflow.pull_requests];
    let other = lists.iter().find_map(|list| list.first()).map(|matcher| matcher.span);
    if let Some(span) = other.or(workflow.schedule.as_ref().map(|schedule| schedule.span)) {
        let message = "what is started by hand is started by nothing else";
        decoder.error("manual", span, message, "give what else starts it a workflow of its own");
    }
    for (place, var) in vars.iter().enumerate() {
        if var.text == WORKFLOW {
            let message = format!("`{WORKFLOW}` is how a start by hand names the workflow");
            decoder.error("manual", var.span, message, "call the var something else");
        } else if let Some(first) = vars[..place].iter().find(|other| other.text == var.text) {
            let problem = Diagnostic::new("manual", var.span, format!("the var `{}` is listed twice", var.text));
            decoder.report(problem.related(first.span, "first listed here").help("keep one of them"));
        }
    }
}

fn on(decoder: &mut Decoder<'_>, node: &Node, workflow: &mut Workflow) {
    let Some(map) = decoder.map(node, "`on`") else { return };
    for entry in &map.entries {
        match entry.key.text.as_str() {
            "branches" => workflow.branches = matchers(decoder, &entry.value, "`branches`"),
            "tags" => workflow.on_tags = matchers(decoder, &entry.value, "`tags`"),
            "pull_requests" => workflow.pull_requests = matchers(decoder, &entry.value, "`pull_requests`"),
            "manual" => {
                let items = decoder.list(&entry.value, "`manual`");
                workflow.manual = Some(items.iter().filter_map(|n| decoder.word(n, "the name of a var")).collect());
            }
            // One that cannot be read is a schedule all the same.
            "schedule" => {
                workflow.schedule =
                    schedule(decoder, &entry.value).or(Some(Name { span: entry.value.span, ..Name::default() }))
            }
            _ => decoder.unknown_key(entry, "`on`", ON),
        }
    }
    let Some(schedule) = &workflow.schedule else { return };
    if let Some(first) = workflow.on_tags.first() {
        let message = "a schedule runs on branches, never on a tag";
        decoder.error("schedule", first.span, message, "give the tags a workflow of their own");
    }
    let is_alone = workflow.pull_requests.is_empty() && workflow.manual.is_none();
    if map.get("branches").is_none() && is_alone {
        let help = "write `on: { schedule: \"0 3 * * *\", branches: [main] }`";
        decoder.error("schedule", schedule.span, "a schedule needs the branches that it runs on", help);
    }
}

fn matchers(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Vec<Matcher> {
    let mut matchers = Vec::new();
    for item in decoder.list(node, what) {
        let what = format!("a pattern of {what}");
        // Patterns are no values: `$` is the end of a name in a regular expression.
        let Some(scalar) = item.as_scalar() else {
            decoder.wrong_shape(item, &what, "text");
            continue;
        };
        if let Some(typed) = scalar.looks_typed() {
            let message = format!("expected {what} to be text, but YAML reads `{}` as {typed}", scalar.text);
            decoder.error("not-text", item.span, message, format!("quote it: `\"{}\"`", scalar.text));
            continue;
        }
        match Pattern::parse(&scalar.text) {
            Ok(pattern) => matchers.push(Matcher { pattern, span: item.span }),
            Err(error) => {
                let message = format!("`{}` is not a valid pattern: {}", scalar.text, error.message);
                let problem = Diagnostic::new("pattern", item.span, message);
                decoder.report(error.help.into_iter().fold(problem, Diagnostic::help));
            }
        }
    }
    matchers
}

/// Five cron fields, as every provider reads them: numbers, lists, ranges, steps and `*`
/// (<https://circleci.com/docs/reference/configuration-reference/#schedule>).
fn schedule(decoder: &mut Decoder<'_>, node: &Node) -> Option<Name> {
    const RANGES: [(&str, u32, u32); 5] =
        [("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7)];
    let word = decoder.word(node, "`schedule`")?;
    let fields: Vec<&str> = word.text.split_ascii_whitespace().collect();
    let message = if fields.len() == RANGES.len() {
        let bad = fields.iter().zip(RANGES).find(|(field, (_, low, high))| !is_cron_field(field, *low, *high));
        let Some((field, (name, low, high))) = bad else {
            return Some(Name { text: fields.join(" "), span: word.span });
        };
        format!("`{field}` is not a valid {name}: that is {low} to {high}, with `*`, `,`, `-` and `/`")
    } else {
        format!("a schedule has five fields, found {}", fields.len())
    };
    let help = "minute, hour, day of the month, month, day of the week: `\"0 3 * * *\"` is every day at 3:00 UTC";
    decoder.error("schedule", word.span, message, help);
    None
}

fn is_cron_field(field: &str, low: u32, high: u32) -> bool {
    let number = |t: &str| t.parse::<u32>().ok().filter(|n| (low..=high).contains(n));
    field.split(',').all(|item| {
        let (range, step) = item.split_once('/').map_or((item, None), |(r, s)| (r, Some(s)));
        let good_step = step.is_none_or(|s| s.parse::<u32>().is_ok_and(|n| n > 0));
        good_step
            && match range.split_once('-') {
                Some((a, b)) => number(a).zip(number(b)).is_some_and(|(a, b)| a <= b),
                None => range == "*" || number(range).is_some(),
            }
    })
}

fn inside(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
