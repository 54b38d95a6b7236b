//! Workflows: when they run, under which tags, with which values, for which images.

use serde_json::json;

use super::decode::Decoder;
use super::field::{self, Field};
use super::schema::Schema;
use super::trigger::{self, check_manual, check_requests, on};
use super::value::Value;
use super::vars::{self, vars};
use super::{Name, Text, Workflow, form, text};
use crate::names::Position;
use crate::span::Span;
use crate::yaml::Node;

const KEYS: &[Field] = &[
    Field::new("on", trigger::schema, "What starts it. Workflows are tried in order, and the first match runs."),
    Field::new("push", || flag().with("default", true), "`false`: it builds and tests, and pushes nothing."),
    Field::new(
        "login",
        || flag().with("default", false),
        "`true`: it logs in although it pushes nothing, for private bases. With `push: false` only.",
    ),
    Field::new(
        "tags",
        || {
            let examples = ["latest", "${git_tag}", "${git_version}"];
            Schema::list(&text::at(Position::Tag).with("examples", examples))
        },
        "What it publishes under; the first is the one that children are built from.",
    ),
    Field::new("version", text::text, "Where a version comes from that is not the tag of git: `\"${release}\"`."),
    Field::new("vars", vars::schema, "Values that replace those at the top."),
    Field::new("images", || Schema::list(&text::word()), "The keys of images: only these, instead of all."),
];

/// The tag of what is built and not pushed, where the workflow names none.
const LOCAL: &str = "local";

fn flag() -> Schema {
    bool::schema(text::text())
}

/// A workflow that pushes nothing.
pub(super) fn unpushed() -> Schema {
    Schema::of(
        json!({ "required": ["push"], "properties": { "push": { "enum": [false, "false"], "doNotSuggest": true } } }),
    )
}

/// What `workflows` may hold.
pub(super) fn schema() -> Schema {
    let logs_in =
        json!({ "required": ["login"], "properties": { "login": { "enum": [true, "true"], "doNotSuggest": true } } });
    let tagged = json!({ "required": ["tags"], "properties": { "tags": { "minItems": 1, "doNotSuggest": true } } });
    let rules = [json!({ "if": unpushed(), "else": tagged }), json!({ "if": logs_in, "then": unpushed() })];
    let name = Schema::text(&form::KEY.pattern(), "use letters, digits, `_` and `-`");
    let workflow = field::map(KEYS).with("required", ["on"]).with("allOf", rules);
    Schema::names(&name, &workflow).with("minProperties", 1)
}

pub(super) fn workflows(decoder: &mut Decoder<'_>, node: &Node) -> Vec<(Name, Workflow)> {
    let Some(map) = decoder.map(node, "`workflows`") else { return Vec::new() };
    let mut workflows = Vec::new();
    for entry in &map.entries {
        let name = Decoder::name_of(entry);
        if !form::KEY.fits(&name.text) {
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
            _ => decoder.unknown_key(entry, &what, &field::names(KEYS)),
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

fn inside(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
