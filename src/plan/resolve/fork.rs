//! Pull requests from forks: what they propose is built and tested, and never pushed.

use std::borrow::Cow;

use super::Problems;
use crate::spec::{Name, Spec, Workflow};

/// After the name of a workflow that pushes for pull requests: the one that does the same for those from forks, without.
const FORKS: &str = "-forks";

/// The workflow that one for forks goes with, by name.
pub(super) fn origin(name: &str) -> &str {
    name.strip_suffix(FORKS).unwrap_or(name)
}

/// The matrix with a workflow of its own for requests from forks, for each that pushes for others.
pub(super) fn with_forks(spec: &Spec) -> Cow<'_, Spec> {
    let pushes = |workflow: &Workflow| !workflow.pull_requests.is_empty() && workflow.no_push.is_none();
    if !spec.workflows.iter().any(|(_, workflow)| pushes(workflow)) {
        return Cow::Borrowed(spec);
    }
    let mut all = Vec::new();
    for (name, workflow) in &spec.workflows {
        let is_split = pushes(workflow);
        let forks = if is_split { Some(false) } else { workflow.forks };
        all.push((name.clone(), Workflow { forks, ..workflow.clone() }));
        if is_split {
            let name = Name { text: format!("{}{FORKS}", name.text), span: name.span };
            all.push((name, Workflow { forks: Some(true), no_push: Some(workflow.on), ..workflow.clone() }));
        }
    }
    Cow::Owned(Spec { workflows: all, ..spec.clone() })
}

/// What is wrong with a workflow is reported once, and not again for forks.
pub(super) fn once(spec: &Spec, problems: &mut Problems) {
    let names: Vec<String> = spec
        .workflows
        .iter()
        .filter(|(_, it)| it.forks == Some(true))
        .map(|(name, _)| format!("`{}`", name.text))
        .collect();
    let all = problems.clone();
    problems.retain(|problem| {
        let is_again = |other: &&crate::diagnostic::Diagnostic| {
            (other.code, other.span) == (problem.code, problem.span) && other.message != problem.message
        };
        !names.iter().any(|name| problem.message.contains(name)) || !all.iter().any(|other| is_again(&other))
    });
}
