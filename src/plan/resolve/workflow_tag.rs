//! The tags of a workflow.

use super::{Problems, Scope, text};
use crate::diagnostic::Diagnostic;
use crate::names::{Position, VERSION};
use crate::reference::{TAG_LIMIT, tag_problem};
use crate::spec::{Name, Workflow};
use crate::template::Template;

/// The tags of a workflow with its vars filled in.
pub(super) fn tags(
    scope: &Scope,
    (place, named): (usize, &(Name, Workflow)),
    room: usize,
    problems: &mut Problems,
) -> Vec<Template> {
    let workflow = &named.1;
    for text in workflow.tags.iter().chain(&workflow.version) {
        text::check(scope, text, Position::Tag, problems);
        text::check_run_names(named, text, problems);
    }
    let tags: Vec<Template> = workflow.tags.iter().map(|text| scope.vars.fill(place, &text.template)).collect();
    for (at, (text, tag)) in workflow.tags.iter().zip(&tags).enumerate() {
        if let Some(first) = tags[..at].iter().position(|other| other == tag) {
            let problem = Diagnostic::new("duplicate-tag", text.span, format!("the tag `{tag}` is listed twice"));
            problems.push(problem.related(workflow.tags[first].span, "first listed here").help("keep one of them"));
        }
        let Some(literal) = tag.as_literal() else { continue };
        let (message, help) = if let Some(problem) = tag_problem(literal) {
            (format!("`{}` is not a valid tag: {problem}", literal.escape_debug()), better_tag(literal))
        } else if literal.len() > room {
            let message = format!("with its architecture, this tag has more than {TAG_LIMIT} characters");
            (message, format!("{room} are left for the tag itself"))
        } else {
            continue;
        };
        problems.push(Diagnostic::new("tag", text.span, message).help(help));
    }
    check_version(workflow, &tags, problems);
    tags
}

/// Where the version of a run comes from, if the workflow's tags are versions.
pub(super) fn version(scope: &Scope, place: usize, workflow: &Workflow, tags: &[Template]) -> Option<Template> {
    let written = workflow.version.as_ref().map(|text| scope.vars.fill(place, &text.template));
    let is_one = tags.first().is_some_and(|tag| tag.mentions("git_version"));
    is_one.then(|| written.unwrap_or_else(|| Template::name("git_tag")))
}

/// A tag that moves with versions follows one that is the whole version: by these the others are found.
fn check_version(workflow: &Workflow, tags: &[Template], problems: &mut Problems) {
    if tags.first().is_some_and(|tag| tag.mentions("git_version")) {
        return;
    }
    let versioned = tags.iter().zip(&workflow.tags).find(|(tag, _)| tag.names().any(|name| VERSION.contains(&name)));
    if let Some((tag, text)) = versioned {
        let message = format!("`{tag}` is made from a version, but the first of these tags is not the whole version");
        let help = "begin with it: `tags: [\"${git_version}\", \"${git_version_minor}\", latest]`";
        problems.push(Diagnostic::new("version-tag", text.span, message).help(help));
    }
}

/// What a text that is no tag could be instead.
fn better_tag(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let mut tag: String = text.chars().map(|c| if is_plain(c) { c } else { '-' }).take(TAG_LIMIT).collect();
    if tag.starts_with(['.', '-']) {
        tag.replace_range(..1, "_");
    }
    match tag.as_str() {
        "" => "write a tag: `latest`".into(),
        tag => format!("write `{tag}`"),
    }
}
