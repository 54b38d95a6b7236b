//! A job as it stands in a workflow.

use super::matrix::Matrix;
use super::{Contexts, one_or_more};
use crate::diagnostic::Diagnostic;
use crate::provider::circleci::config::reference::Scope;
use crate::provider::circleci::config::step::{self, argument, arguments, missing};
use crate::provider::circleci::config::{Config, Found, Kind, shape};
use crate::provider::circleci::invocation::{RESERVED, invocation, requires};
use crate::span::Span;
use crate::yaml::{Mapping, Node};

/// The longest name of a serial group, in characters
/// (<https://circleci.com/docs/reference/configuration-reference/#serial-group>).
const GROUP_LENGTH: usize = 512;

pub(in crate::provider::circleci::config) struct Member<'n> {
    /// What it is called there.
    pub(super) name: &'n str,
    /// What its definition is called.
    job: &'n str,
    /// Whether it has a name beside that of its definition.
    pub(super) has_own_name: bool,
    pub(super) span: Span,
    /// What it waits for.
    pub(super) requires: Vec<(&'n str, Span)>,
    pub(in crate::provider::circleci::config) filters: Option<&'n Node>,
    matrix: Option<Matrix<'n>>,
}

impl<'n> Member<'n> {
    /// Reads a job of a workflow, and tells what is wrong with it by itself.
    pub(super) fn of(
        item: &'n Node,
        config: &Config<'n>,
        contexts: &mut Contexts<'n>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let Some((job, given)) = invocation(item) else {
            problems.push(shape(item, "a job of a workflow", "a name or a map with one key"));
            return None;
        };
        let keys = item.as_mapping().map(|map| map.entries.as_slice()).unwrap_or_default();
        let span = keys.first().map_or(item.span, |entry| entry.key.span);
        for ignored in keys.iter().skip(1) {
            let message = format!("CircleCI ignores `{}`, which is beside `{job}`, not inside it", ignored.key.text);
            let problem = Diagnostic::new("ignored-key", ignored.key.span, message);
            problems.push(problem.help("indent it two spaces further").warning());
        }
        let get = |key: &str| given.and_then(|map| map.get(key));
        let name = get("name").and_then(Node::as_str);
        let matrix = get("matrix").map(|node| Matrix::of(node, name, job, problems));
        let member = Self {
            name: name.unwrap_or(job),
            job,
            has_own_name: name.is_some(),
            span,
            requires: requires(given),
            filters: get("filters"),
            matrix,
        };
        member.check(job, given, config, problems);
        for context in get("context").into_iter().flat_map(one_or_more) {
            if let Some(name) = context.as_str() {
                contexts.entry(name).or_insert(context.span);
            }
        }
        Some(member)
    }

    /// Every name by which others may require it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        // All of them are called by the matrix's alias, which is the job's own name if there is none.
        let of_matrix = self.matrix.iter().flat_map(|matrix| {
            let job = (self.name != self.job && !matrix.has_alias()).then_some(self.job);
            matrix.names().chain(job)
        });
        std::iter::once(self.name).chain(of_matrix)
    }

    /// Whether what it is called is not known here: the values of its matrix, or its name, are computed.
    pub(super) fn is_open(&self) -> bool {
        self.matrix.as_ref().map_or(self.name.contains("<<"), Matrix::is_open)
    }

    /// Whether it may be called so, if it [is open](Self::is_open).
    pub(super) fn may_be(&self, name: &str) -> bool {
        name.starts_with(self.name.split("<<").next().unwrap_or_default())
    }

    fn check(&self, job: &str, given: Option<&'n Mapping>, config: &Config<'n>, problems: &mut Vec<Diagnostic>) {
        let parameters = self.matrix.as_ref().map(Matrix::parameters).unwrap_or_default();
        let scope = Scope { config, parameters: None, matrix: &parameters };
        let get = |key: &str| given.and_then(|map| map.get(key));
        for entry in given.iter().flat_map(|map| &map.entries) {
            match entry.key.text.as_str() {
                "pre-steps" | "post-steps" => step::check(&entry.value, &scope, problems),
                "serial-group" => check_group(&entry.value, problems),
                _ if entry.value.as_sequence().is_none() => scope.check(&entry.value, problems),
                _ => {}
            }
        }
        if get("type").and_then(Node::as_str).is_some_and(|kind| kind != "build") {
            return;
        }
        let declared = match config.find(Kind::Job, job, self.span, &[]) {
            Found::Declaration(declaration) => &declaration.parameters,
            Found::Unread => return,
            Found::Nothing(problem) => return problems.push(problem),
        };
        let what = format!("the job `{job}`");
        let given = given
            .iter()
            .flat_map(|map| &map.entries)
            .filter(|entry| !RESERVED.contains(&entry.key.text.as_str()) || declared.has(&entry.key.text));
        let Some(matrix) = &self.matrix else {
            return arguments(&what, self.span, declared, given, &scope, problems);
        };
        let mut names = parameters.clone();
        for entry in given {
            names.push(&entry.key.text);
            argument(&what, declared, &entry.key.text, entry.key.span, &entry.value, &scope, problems);
        }
        for (name, span, value) in matrix.values() {
            argument(&what, declared, name, span, value, &scope, problems);
        }
        missing(&what, self.span, declared, &names, problems);
    }
}

fn check_group(node: &Node, problems: &mut Vec<Diagnostic>) {
    let Some(name) = node.as_str() else { return problems.push(shape(node, "`serial-group`", "text")) };
    let is_good = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
    if name.chars().count() > GROUP_LENGTH || !(name.contains("<<") || name.chars().all(is_good)) {
        let message =
            format!("a serial group's name can have letters, digits and `. _ / -`, at most {GROUP_LENGTH} in all");
        problems.push(Diagnostic::new("serial-group", node.span, message).help("rename it"));
    }
}
