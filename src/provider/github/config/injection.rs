//! Text of strangers in scripts: an expression is put into a script before the shell sees it, so a title or a branch called
//! `$(...)` is run (<https://docs.github.com/en/actions/concepts/security/script-injections>).

use super::expression::{Expression, Part, Path, expressions, place};
use crate::diagnostic::Diagnostic;
use crate::yaml::{Mapping, Node};

/// What anybody can write into, who may open an issue or a pull request; `*` is anything.
const UNTRUSTED: [&str; 28] = [
    "github.head_ref",
    "github.event.issue.title",
    "github.event.issue.body",
    "github.event.pull_request.title",
    "github.event.pull_request.body",
    "github.event.pull_request.head.ref",
    "github.event.pull_request.head.label",
    "github.event.pull_request.head.repo.default_branch",
    "github.event.pull_request.head.repo.description",
    "github.event.pull_request.head.repo.homepage",
    "github.event.comment.body",
    "github.event.review.body",
    "github.event.review_comment.body",
    "github.event.discussion.title",
    "github.event.discussion.body",
    "github.event.pages.*.page_name",
    "github.event.commits.*.message",
    "github.event.commits.*.author.email",
    "github.event.commits.*.author.name",
    "github.event.head_commit.message",
    "github.event.head_commit.author.email",
    "github.event.head_commit.author.name",
    "github.event.workflow_run.head_branch",
    "github.event.workflow_run.display_title",
    "github.event.workflow_run.head_commit.message",
    "github.event.workflow_run.head_commit.author.email",
    "github.event.workflow_run.head_commit.author.name",
    "github.event.workflow_run.head_repository.description",
];

/// An action that runs its input `script`.
const SCRIPT: &str = "actions/github-script";

/// Reports expressions of what strangers write in the scripts of steps.
pub(super) fn check(steps: &[&Mapping], text: &str, problems: &mut Vec<Diagnostic>) {
    for (script, is_shell) in steps.iter().filter_map(|step| script(step)) {
        let Some(code) = script.as_str() else { continue };
        for source in expressions(code) {
            let expression = Expression::of(source);
            let Some(path) = expression.paths.iter().find(|path| !path.is_tested && is_untrusted(path)) else {
                continue;
            };
            let name = shown(path);
            let span = place(text, script.span, source);
            let message = format!("`{name}` is text of strangers, and part of a script here");
            let problem = Diagnostic::new("injection", span, message).warning();
            let use_it = if is_shell { "\"$TEXT\"" } else { "process.env.TEXT" };
            let source = source.trim();
            problems.push(
                problem.help(format!("put it into `env`, `TEXT: ${{{{ {source} }}}}`, and write `{use_it}` here")),
            );
        }
    }
}

/// What a step runs, and whether a shell does.
fn script(step: &Mapping) -> Option<(&Node, bool)> {
    if let Some(run) = step.get("run") {
        return Some((run, true));
    }
    let name = step.get("uses").and_then(Node::as_str)?.split('@').next()?;
    let with = step.get("with").filter(|_| name.eq_ignore_ascii_case(SCRIPT))?;
    Some((with.as_mapping()?.get("script")?, false))
}

/// Whether a path leads to such a text, or to a whole event with such texts in it.
fn is_untrusted(path: &Path<'_>) -> bool {
    let is_same = |part: &Part<'_>, word: &str| match part {
        Part::Any => word == "*",
        Part::Name(name) => name.eq_ignore_ascii_case(word),
    };
    UNTRUSTED.iter().any(|known| {
        let words: Vec<&str> = known.split('.').collect();
        let is_prefix = path.parts.iter().zip(&words).all(|(part, word)| is_same(part, word));
        // Less than that is an object, which only `toJSON` makes a text of.
        is_prefix && (path.parts.len() >= words.len() || (path.parts.len() >= 2 && words.len() > 2))
    })
}

fn shown(path: &Path<'_>) -> String {
    path.parts.iter().fold(String::new(), |shown, part| match part {
        Part::Name(name) if shown.is_empty() => (*name).to_owned(),
        Part::Name(name) => format!("{shown}.{name}"),
        Part::Any => format!("{shown}.*"),
    })
}
