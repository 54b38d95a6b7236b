//! What starts a workflow: branches, tags, pull requests, the clock, or a person.

use serde_json::json;

use super::decode::Decoder;
use super::field::{self, Field};
use super::schema::Schema;
use super::{Matcher, Name, Workflow, text};
use crate::diagnostic::Diagnostic;
use crate::pattern::Pattern;
use crate::yaml::Node;

const ON: &[Field] = &[
    Field::new("branches", patterns, "Patterns of branches. Of a schedule, the branches that it runs on."),
    Field::new("tags", patterns, "Patterns of tags."),
    Field::new(
        "pull_requests",
        patterns,
        "Patterns of the branches that pull requests are to be merged into. Nothing else starts such a workflow.",
    ),
    Field::new(
        "manual",
        manual,
        "A person starts it, or a program, and may give values for these vars. Nothing else starts such a workflow.",
    ),
    Field::new(
        "schedule",
        cron,
        "Five cron fields, UTC: minute, hour, day of the month, month, day of the week. Needs `branches`.",
    ),
];

/// The parameter of a start by hand that names the workflow.
const WORKFLOW: &str = "workflow";

/// The fields of a schedule, with the least and the most of each.
const CRON: [(&str, u32, u32); 5] =
    [("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7)];

/// What `on` may hold.
pub(super) fn schema() -> Schema {
    // An empty list is no trigger.
    let has =
        |name: &str| json!({ "required": [name], "properties": { name: { "minItems": 1, "doNotSuggest": true } } });
    let is_there = |name: &str| json!({ "required": [name] });
    let none = |names: &[&str]| -> Schema {
        let names = names.iter().map(|name| {
            let is_list = ["branches", "tags", "pull_requests"].contains(name);
            ((*name).to_owned(), if is_list { json!({ "maxItems": 0, "doNotSuggest": true }) } else { json!(false) })
        });
        let names: serde_json::Map<_, _> = names.collect();
        Schema::of(json!({ "properties": names, "errorMessage": "what starts this workflow already is alone" }))
    };
    let alone = [
        json!({ "if": has("pull_requests"), "then": none(&["branches", "tags", "schedule", "manual"]) }),
        json!({ "if": is_there("manual"), "then": none(&["branches", "tags", "pull_requests", "schedule"]) }),
        json!({ "if": is_there("schedule"), "then": none(&["tags"]).with("required", ["branches"]) }),
    ];
    let some = [has("branches"), has("tags"), has("pull_requests"), is_there("manual"), is_there("schedule")];
    field::map(ON).with("anyOf", some).with("allOf", alone)
}

/// Patterns: `$` is no reference in them. What is between slashes is for the reader alone.
fn patterns() -> Schema {
    let name = r"[^\s\x00-\x1f\x7f-\x9f/?\[\]{}^~:\\][^\s\x00-\x1f\x7f-\x9f?\[\]{}^~:\\]*";
    let pattern = format!(r"^({name}|/.*/)$");
    let examples = json!(["main", "feat/**", r"/v[0-9]+\..*/"]);
    let help = "a name, in which `*` and `**` stand for anything, or a regular expression between slashes";
    Schema::list(&Schema::text(&pattern, help).with("examples", examples))
}

/// The names of vars, each once.
fn manual() -> Schema {
    Schema::list(&text::word().with("not", json!({ "const": WORKFLOW }))).with("uniqueItems", true)
}

/// Five fields of numbers, lists, ranges and steps.
fn cron() -> Schema {
    let field = |(_, low, high): (&str, u32, u32)| {
        let numbers: Vec<String> = (low..=high).rev().map(|number| number.to_string()).collect();
        let number = format!("0*({})", numbers.join("|"));
        let item = format!(r"([*]|{number}(-{number})?)(/0*[1-9][0-9]*)?");
        format!("{item}(,{item})*")
    };
    let fields = CRON.map(field).join(r"\s+");
    let help = "five fields: minute, hour, day of the month, month, day of the week, such as \"0 3 * * *\"";
    Schema::text(&format!(r"^\s*{fields}\s*$"), help).with("examples", json!(["0 3 * * *"]))
}

/// Reads `on`.
pub(super) fn on(decoder: &mut Decoder<'_>, node: &Node, workflow: &mut Workflow) {
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
            _ => decoder.unknown_key(entry, "`on`", &field::names(ON)),
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

/// What pull requests start is started by nothing else.
pub(super) fn check_requests(decoder: &mut Decoder<'_>, workflow: &Workflow) {
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
pub(super) fn check_manual(decoder: &mut Decoder<'_>, workflow: &Workflow) {
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
    let word = decoder.word(node, "`schedule`")?;
    let fields: Vec<&str> = word.text.split_ascii_whitespace().collect();
    let message = if fields.len() == CRON.len() {
        let bad = fields.iter().zip(CRON).find(|(field, (_, low, high))| !is_cron_field(field, *low, *high));
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
