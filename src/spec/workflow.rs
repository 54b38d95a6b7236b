//! Workflows: when they run, under which tags, with which values, for which images.

use super::decode::Decoder;
use super::{Matcher, Name, Workflow};
use crate::diagnostic::Diagnostic;
use crate::pattern::Pattern;
use crate::span::Span;
use crate::yaml::Node;

const KEYS: &[&str] = &["on", "tags", "vars", "images"];
const ON: &[&str] = &["branches", "tags", "schedule"];

impl Decoder<'_> {
    pub(super) fn workflows(&mut self, node: &Node) -> Vec<(Name, Workflow)> {
        let Some(map) = self.map(node, "`workflows`") else { return Vec::new() };
        let mut workflows = Vec::new();
        for entry in &map.entries {
            let name = Self::name_of(entry);
            if name.text.is_empty() || name.text.contains(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c)) {
                let problem = Diagnostic::new(
                    "workflow-name",
                    name.span,
                    format!("`{}` cannot name a workflow", name.text.escape_debug()),
                );
                self.report(problem.help("use letters, digits, `_` and `-`"));
            }
            let workflow = self.workflow(&entry.value, &name);
            workflows.push((name, workflow));
        }
        workflows
    }

    fn workflow(&mut self, node: &Node, name: &Name) -> Workflow {
        let mut workflow = Workflow { on: name.span, ..Workflow::default() };
        let what = format!("the workflow `{}`", name.text);
        let Some(map) = self.map(node, &what) else { return workflow };
        for entry in &map.entries {
            match entry.key.text.as_str() {
                "on" => {
                    workflow.on = entry.key.span;
                    self.on(&entry.value, &mut workflow);
                }
                "tags" => workflow.tags = self.texts(&entry.value, "`tags`"),
                "vars" => workflow.vars = self.vars(&entry.value),
                "images" => {
                    let items = self.list(&entry.value, "`images`");
                    workflow.images = Some(items.iter().filter_map(|n| self.word(n, "the key of an image")).collect());
                }
                _ => self.unknown_key(entry, &what, KEYS),
            }
        }
        if map.get("tags").is_none() || map.get("tags").and_then(Node::as_sequence).is_some_and(<[Node]>::is_empty) {
            let problem = Diagnostic::new("no-tag", name.span, format!("{what} has no tags"));
            self.report(problem.help(format!("say under which tags it publishes: `tags: [{}]`", name.text)));
        }
        let empty = workflow.branches.is_empty() && workflow.on_tags.is_empty() && workflow.schedule.is_none();
        if empty && self.diagnostics.iter().all(|d| !inside(d.span, node.span)) {
            let problem = Diagnostic::new("no-trigger", workflow.on, format!("nothing starts {what}"));
            self.report(problem.help("say what does: `on: { branches: [main] }`, `on: { tags: [\"v*\"] }`"));
        }
        workflow
    }

    fn on(&mut self, node: &Node, workflow: &mut Workflow) {
        let Some(map) = self.map(node, "`on`") else { return };
        for entry in &map.entries {
            match entry.key.text.as_str() {
                "branches" => workflow.branches = self.matchers(&entry.value, "`branches`"),
                "tags" => workflow.on_tags = self.matchers(&entry.value, "`tags`"),
                // One that cannot be read is a schedule all the same.
                "schedule" => {
                    workflow.schedule =
                        self.schedule(&entry.value).or(Some(Name { span: entry.value.span, ..Name::default() }))
                }
                _ => self.unknown_key(entry, "`on`", ON),
            }
        }
        let Some(schedule) = &workflow.schedule else { return };
        if let Some(first) = workflow.on_tags.first() {
            let problem = Diagnostic::new("schedule", first.span, "a schedule runs on branches, never on a tag");
            self.report(problem.help("give the tags a workflow of their own"));
        }
        if map.get("branches").is_none() {
            let problem = Diagnostic::new("schedule", schedule.span, "a schedule needs the branches that it runs on");
            self.report(problem.help("write `on: { schedule: \"0 3 * * *\", branches: [main] }`"));
        }
    }

    fn matchers(&mut self, node: &Node, what: &str) -> Vec<Matcher> {
        let mut matchers = Vec::new();
        for item in self.list(node, what) {
            let what = format!("a pattern of {what}");
            // Patterns are no values: `$` is the end of a name in a regular expression.
            let Some(scalar) = item.as_scalar() else {
                self.wrong_shape(item, &what, "text");
                continue;
            };
            if let Some(typed) = scalar.looks_typed() {
                let problem = Diagnostic::new(
                    "not-text",
                    item.span,
                    format!("{what} is text, and to YAML `{}` is {typed}", scalar.text),
                );
                self.report(problem.help(format!("quote it: `\"{}\"`", scalar.text)));
                continue;
            }
            match Pattern::parse(&scalar.text) {
                Ok(pattern) => matchers.push(Matcher { pattern, span: item.span }),
                Err(error) => {
                    let problem = Diagnostic::new(
                        "pattern",
                        item.span,
                        format!("`{}` is no pattern: {}", scalar.text, error.message),
                    );
                    self.report(error.help.into_iter().fold(problem, Diagnostic::help));
                }
            }
        }
        matchers
    }

    /// Five cron fields, as every provider reads them: numbers, lists, ranges, steps and `*`
    /// (<https://circleci.com/docs/reference/configuration-reference/#schedule>).
    fn schedule(&mut self, node: &Node) -> Option<Name> {
        const RANGES: [(&str, u32, u32); 5] = [
            ("minute", 0, 59),
            ("hour", 0, 23),
            ("day of the month", 1, 31),
            ("month", 1, 12),
            ("day of the week", 0, 7),
        ];
        let word = self.word(node, "`schedule`")?;
        let fields: Vec<&str> = word.text.split_ascii_whitespace().collect();
        let wrong = if fields.len() == RANGES.len() {
            let bad = fields.iter().zip(RANGES).find(|(field, (_, low, high))| !is_cron_field(field, *low, *high));
            bad.map(|(field, (name, low, high))| {
                format!("`{field}` is no {name}: that is {low} to {high}, with `*`, `,`, `-` and `/`")
            })
        } else {
            Some(format!("a schedule has five fields, and here are {}", fields.len()))
        };
        let Some(wrong) = wrong else { return Some(Name { text: fields.join(" "), span: word.span }) };
        let problem = Diagnostic::new("schedule", word.span, wrong);
        self.report(
            problem.help(
                "minute, hour, day of the month, month, day of the week: `\"0 3 * * *\"` is every day at 3:00 UTC",
            ),
        );
        None
    }
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
