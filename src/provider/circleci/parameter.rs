//! Parameters of jobs and commands.

use super::filters::WORKFLOW;
use super::invocation::RESERVED;
use crate::plan::Plan;
use crate::yaml::{Node, Style};

/// The parameter that says what a job runs on.
pub(super) const MACHINE: &str = "machine";

/// What a parameter of a job of ours cannot be called, because it is called so otherwise.
const TAKEN: &[&str] = &[
    MACHINE, PUSH, LOGIN, "tags", "moving", "name", "names", "key", "images", "from", "parents", "revision", "fixed",
    REQUIRED,
];

/// The parameter that says whether the workflow pushes.
pub(super) const PUSH: &str = "push";

/// The parameter that says whether a workflow that pushes nothing logs in.
pub(super) const LOGIN: &str = "login";

/// The parameter that names what of the environment a workflow needs, and others do not.
pub(super) const REQUIRED: &str = "required";

/// The parameter that hands a var in.
pub(super) fn parameter_of(var: &str) -> String {
    if TAKEN.contains(&var) || RESERVED.contains(&var) { format!("var_{var}") } else { var.to_owned() }
}

/// The parameters of a pipeline that is started by hand: the workflow, and the vars that may be given.
pub(super) fn pipeline_parameters(plan: &Plan) -> Vec<(&str, Node)> {
    let names = plan.has_manual().then_some(WORKFLOW).into_iter().chain(plan.given_vars());
    let node = |name| (name, Node::map([("type", Node::text("string")), ("default", Node::text(""))]));
    names.map(node).collect()
}

/// The parameters of a job or a command, if it has any.
pub(super) fn parameters<N: AsRef<str>>(parameters: &[(N, Option<String>)]) -> Option<Node> {
    let node = |(name, default): &(N, Option<String>)| {
        let kind = match name.as_ref() {
            MACHINE => "executor",
            PUSH | LOGIN => "boolean",
            _ => "string",
        };
        let mut map = vec![("type", Node::text(kind))];
        let value = |text: &String| if kind == "boolean" { Node::scalar(text, Style::Plain) } else { Node::text(text) };
        map.extend(default.as_ref().map(|default| ("default", value(default))));
        (name.as_ref().to_owned(), Node::map(map))
    };
    let nodes: Vec<(String, Node)> = parameters.iter().map(node).collect();
    (!nodes.is_empty()).then(|| Node::map(nodes.iter().map(|(name, node)| (name.as_str(), node.clone()))))
}
