//! Steps of jobs.

use std::collections::BTreeSet;

use super::expression::{expression, script, text};
use super::pin::Pins;
use super::script::Script;
use super::variables;
use crate::plan::Plan;
use crate::yaml::{Node, Style};

/// A step that runs a script, with what of the environment that needs; `id` is for those who refer to its outputs.
pub(super) fn run(plan: &Plan, (title, id): (&str, Option<&str>), made: &Script) -> Node {
    let mut step = vec![("name", text(title))];
    step.extend(id.map(|id| ("id", Node::text(id))));
    let known = made.known.iter().map(|(name, value)| ((*name).to_owned(), text(value)));
    let environment: Vec<(String, Node)> = known.chain(variables::environment(plan, &made.names)).collect();
    let mut seen = BTreeSet::new();
    let environment = environment.into_iter().filter(|(name, _)| seen.insert(name.clone()));
    let environment: Vec<(String, Node)> = environment.collect();
    if !environment.is_empty() {
        step.push(("env", Node::map(environment.iter().map(|(name, value)| (name.as_str(), value.clone())))));
    }
    step.push(("run", script(&made.text)));
    Node::map(step)
}

/// Gets this repository; no step needs a credential for it afterwards
/// (<https://docs.zizmor.sh/audits/#artipacked>).
pub(super) fn check_out(pins: &Pins) -> Node {
    let with = Node::map([("persist-credentials", bare("false"))]);
    Node::map([("uses", Node::text(&pins.of(super::pin::CHECKOUT))), ("with", with)])
}

/// A value that is no text.
pub(super) fn bare(value: &str) -> Node {
    Node::scalar(value, Style::Plain)
}

/// Keeps files of a job: for later ones of its run, or for people, as long as the repository says. The name says whose they
/// are, which may be an expression.
pub(super) fn upload(pins: &Pins, (name, path): (&str, &str), is_for_people: bool) -> Node {
    let mut with = vec![
        ("name", Node::text(name)),
        ("path", Node::text(path)),
        // What begins with a dot is left out else, and a second attempt refused.
        ("include-hidden-files", bare("true")),
        ("if-no-files-found", Node::text("error")),
        ("overwrite", bare("true")),
    ];
    with.extend((!is_for_people).then(|| ("retention-days", bare("1"))));
    let with = Node::map(with);
    Node::map([("uses", Node::text(&pins.of(super::pin::UPLOAD))), ("with", with)])
}

/// Gets what an earlier job of the run has kept.
pub(super) fn download(pins: &Pins, name: &str, path: &str) -> Node {
    let with = Node::map([("name", Node::text(name)), ("path", Node::text(path))]);
    Node::map([("uses", Node::text(&pins.of(super::pin::DOWNLOAD))), ("with", with)])
}

/// The output of a step, as the output of its job.
pub(super) fn output(step: &str, name: &str) -> Node {
    expression(&format!("steps.{step}.outputs.{name}"))
}
