//! What of the repository's secrets and variables a step gets: nothing is in its environment by itself, and no step gets
//! what it does not name (<https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#secrets-context>).

use std::collections::BTreeSet;

use super::TOKEN;
use super::expression::expression;
use super::settings::Settings;
use crate::plan::{Job, Password, Plan, Registry};
use crate::yaml::Node;

/// These names of the environment, each as a step's `env` has it.
pub(super) fn environment(plan: &Plan, names: &BTreeSet<String>) -> Vec<(String, Node)> {
    let is_given = |name: &str| name != TOKEN && (name.starts_with("GITHUB_") || name.starts_with("RUNNER_"));
    names.iter().filter(|name| !is_given(name)).map(|name| (name.clone(), value(plan, name))).collect()
}

fn value(plan: &Plan, name: &str) -> Node {
    let is_password = |it: &Registry| it.password == Password::Variable(name.to_owned());
    let settings = Settings::of(plan);
    expression(&match name {
        TOKEN => "github.token".to_owned(),
        name if settings.variables.iter().any(|it| it == name) => format!("vars.{name}"),
        name if settings.secrets.iter().any(|it| it == name) => format!("secrets.{name}"),
        name if plan.registries.iter().any(is_password) => format!("secrets.{name}"),
        // What is not set is empty.
        name => format!("secrets.{name} || vars.{name}"),
    })
}

/// Whether the preparation of a job gives the name its value: what came from outside would be overwritten.
pub(super) fn is_made(job: &Job, name: &str) -> bool {
    let Some(setup) = &job.setup else { return false };
    let assignment = format!("{name}=");
    setup
        .match_indices(&assignment)
        .any(|(at, _)| !setup[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$' || c == '{'))
}

/// What the project's scripts may use beside the names that stand in values.
pub(super) fn of_scripts(plan: &Plan) -> impl Iterator<Item = String> {
    let settings = Settings::of(plan);
    settings.secrets.iter().chain(settings.variables).cloned()
}
