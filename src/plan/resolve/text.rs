//! Values with references: whether each has a value where it is used, and what is known when generating.

use super::{Problems, Scope};
use crate::diagnostic::Diagnostic;
use crate::names::{COMMIT_LENGTH, OURS, Position, VERSION, cut, whole};
use crate::span::Span;
use crate::spec::{Name, Script, Spec, Text, Workflow, is_upper_name};

/// Checks every reference of a value: that the name exists, and has a value in such a position.
pub(super) fn check(scope: &Scope, text: &Text, position: Position, problems: &mut Problems) {
    check_image(scope, text, (position, &[]), problems);
}

/// The same for a value of an image, which may have meant one of its names.
pub(super) fn check_image(
    scope: &Scope,
    text: &Text,
    (position, names): (Position, &[(String, String)]),
    problems: &mut Problems,
) {
    problems.extend(text.names().filter_map(|(name, span)| name_problem(scope, name, span, (position, names))));
}

/// The same before it is known what vars are, for values in which every var can be used.
pub(super) fn check_late(spec: &Spec, text: &Text, position: Position, problems: &mut Problems) {
    problems.extend(text.names().filter_map(|(name, span)| late_name_problem(spec, name, span, (position, &[]))));
}

/// What is wrong with a reference to `name`.
pub(super) fn name_problem(
    scope: &Scope,
    name: &str,
    span: Span,
    (position, names): (Position, &[(String, String)]),
) -> Option<Diagnostic> {
    if position == Position::Fixed && scope.vars.is_late(name) {
        let message =
            format!("`${{{name}}}` differs between workflows or runs, but this value must be known when generating");
        let help = "write the value itself, or give the var one value at the top";
        return Some(Diagnostic::new("late-name", span, message).help(help));
    }
    late_name_problem(scope.spec, name, span, (position, names))
}

fn late_name_problem(
    spec: &Spec,
    name: &str,
    span: Span,
    (position, names): (Position, &[(String, String)]),
) -> Option<Diagnostic> {
    if let Some(problem) = cut_problem(name, span) {
        return Some(problem);
    }
    let name = whole(name);
    let late = || {
        let message =
            format!("`${{{name}}}` is known only when a job runs, but this value must be known when generating");
        let help = "write the value itself, or refer to a var with one value";
        Some(Diagnostic::new("late-name", span, message).help(help))
    };
    if is_upper_name(name) {
        return if position.allows_environment() { None } else { late() };
    }
    if spec.declares(name) || position.allows(name) {
        return None;
    }
    if OURS.contains(&name) {
        if position == Position::Fixed {
            return late();
        }
        let message = format!("`${{{name}}}` has no value {}", position.called());
        let help = match position {
            Position::Annotation => "several tags may share an index: what starts a run can be used, and vars",
            _ => Position::of(name),
        };
        return Some(Diagnostic::new("misplaced-name", span, message).help(help));
    }
    let own = names.iter().map(|(name, _)| name.as_str());
    let close = crate::similar::closest(name, own.chain(OURS.iter().copied()).chain(spec.var_names()));
    let help = match close {
        _ if name.chars().any(|c| c.is_ascii_uppercase()) => {
            "names of the matrix are lower case, names of the job's environment upper case".into()
        }
        Some(close) => format!("did you mean `${{{close}}}`?"),
        None => format!("declare it under `vars`, or write `$${name}` if a dollar is meant"),
    };
    Some(Diagnostic::new("unknown-name", span, format!("there is no name `{name}`")).help(help))
}

/// What is wrong with the length that a value is cut to.
fn cut_problem(reference: &str, span: Span) -> Option<Diagnostic> {
    let (name, Some(length)) = cut(reference) else { return None };
    let (message, help) = match name {
        "git_sha" if (1..=COMMIT_LENGTH).contains(&length) => return None,
        "git_sha" => (
            format!("a commit cannot be cut to {length} characters"),
            format!("write a length from 1 to {COMMIT_LENGTH}: `${{git_sha:7}}`"),
        ),
        _ => (
            format!("`${{{reference}}}` cuts a value, and only `git_sha` can be cut"),
            format!("write `${{{name}}}`; what is made of it in `setup` can be exported under a name in upper case"),
        ),
    };
    Some(Diagnostic::new("reference", span, message).help(help))
}

/// Checks that a workflow's triggers set the names of the run that a value refers to.
pub(super) fn check_run_names((name, on): &(Name, Workflow), text: &Text, problems: &mut Problems) {
    for (reference, span) in text.names() {
        let (missing, help) = match reference {
            "git_tag" if !on.pull_requests.is_empty() => {
                ("which runs for pull requests", "use `${git_branch}` or `${pr}`")
            }
            "git_tag" if on.on_tags.is_empty() => ("which runs for branches", "use `${git_branch}` or `${git_ref}`"),
            "git_tag" if !on.branches.is_empty() => {
                ("which runs for branches, too", "use `${git_ref}`, or split the workflow")
            }
            name if VERSION.contains(&name) && on.version.is_some() => continue,
            name if VERSION.contains(&name) && !is_only_for_tags(on) => (
                "which not only tags start",
                "split the workflow, or say where its version comes from: `version: \"${name}\"`",
            ),
            "pr" if on.pull_requests.is_empty() => {
                ("which no pull request starts", "use it in a workflow `on: { pull_requests: [...] }`")
            }
            "git_branch" if is_without_branch(on) => ("which runs for tags", "use `${git_tag}` or `${git_ref}`"),
            "git_branch" if !on.on_tags.is_empty() => {
                ("which runs for tags, too", "use `${git_ref}`, or split the workflow")
            }
            _ => continue,
        };
        let message = format!("`${{{reference}}}` has no value in the workflow `{}`, {missing}", name.text);
        problems.push(Diagnostic::new("unset-name", span, message).related(on.on, "its triggers").help(help));
    }
}

/// Whether tags alone start the workflow.
fn is_only_for_tags(on: &Workflow) -> bool {
    !on.on_tags.is_empty() && on.branches.is_empty()
}

/// Whether no run of the workflow has a branch.
fn is_without_branch(on: &Workflow) -> bool {
    on.branches.is_empty() && on.schedule.is_none() && on.pull_requests.is_empty() && on.manual.is_none()
}

/// Looks for names in a script that no run of a workflow sets: they are empty there. A script that asks whether they are
/// set knows that.
pub(super) fn check_script_names((name, on): &(Name, Workflow), script: &Script, problems: &mut Problems) {
    let missing = [
        ("git_tag", on.on_tags.is_empty(), "runs for branches", "use `$git_branch` or `$git_ref`"),
        ("git_branch", is_without_branch(on), "runs for tags", "use `$git_tag` or `$git_ref`"),
    ];
    for (variable, _, runs, help) in
        missing.into_iter().filter(|(variable, is_missing, ..)| *is_missing && is_used(&script.text, variable))
    {
        let message = format!("`${variable}` is empty in the workflow `{}`, which {runs}", name.text);
        let problem = Diagnostic::new("unset-name", script.span, message).related(on.on, "its triggers").warning();
        problems.push(problem.help(help));
    }
}

/// Whether a script uses a variable and nowhere asks whether it is set.
fn is_used(script: &str, variable: &str) -> bool {
    let (plain, braced) = (format!("${variable}"), format!("${{{variable}"));
    let is_asked = ["-n ", "-z ", "case "].iter().any(|ask| {
        let after = script.split(ask).skip(1).map(|rest| rest.trim_start_matches('"'));
        after.into_iter().any(|rest| rest.starts_with(&plain) || rest.starts_with(&braced))
    });
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let has_default = script.split(&braced).skip(1).any(|rest| rest.starts_with(['-', ':', '+', '=', '?']));
    let is_plain = script.split(&plain).skip(1).any(ends);
    let is_braced = script.split(&braced).skip(1).any(|rest| rest.starts_with(['}', '#', '%']));
    (is_plain || is_braced) && !is_asked && !has_default
}

/// A value that is known when generating.
pub(super) fn fixed(scope: &Scope, text: &Text, problems: &mut Problems) -> Option<String> {
    let before = problems.len();
    check(scope, text, Position::Fixed, problems);
    scope.vars.fold(&text.template).as_literal().filter(|_| problems.len() == before).map(str::to_owned)
}

/// A value that is known when generating and not empty.
pub(super) fn filled(scope: &Scope, text: &Text, problems: &mut Problems) -> Option<String> {
    let value = fixed(scope, text, problems)?;
    if value.trim().is_empty() {
        let problem = Diagnostic::new("not-text", text.span, "this value is empty");
        problems.push(problem.help("write it, or remove the key"));
        return None;
    }
    Some(value)
}

/// Values that are known when generating and not empty.
pub(super) fn all_filled(scope: &Scope, texts: &[Text], problems: &mut Problems) -> Vec<String> {
    texts.iter().filter_map(|text| filled(scope, text, problems)).collect()
}
