//! What GitLab's jobs do differently in workflows that push nothing: the functions for it, and where a job asks.

use super::item::Item;
use super::tidy::Tidy;
use super::{DIALECT, SCHEDULED};
use crate::plan::{LocalParent, Plan, Workflow};
use crate::provider::builder::Builder;
use crate::provider::script::{self, ADD_PULL, Pushes, Text, Values, login};

/// What is set for a pull request: its branch and its head's commit, not those of a merge that nobody keeps
/// (<https://docs.gitlab.com/ci/variables/predefined_variables/#predefined-variables-for-merge-request-pipelines>). The
/// branch has no name of its own in such a pipeline, and the head's commit has one only where a merge is built.
const REQUEST: &str = "CI_COMMIT_BRANCH=$CI_MERGE_REQUEST_SOURCE_BRANCH_NAME
CI_COMMIT_REF_NAME=$CI_COMMIT_BRANCH
CI_COMMIT_SHA=${CI_MERGE_REQUEST_SOURCE_BRANCH_SHA:-$CI_COMMIT_SHA}
CI_COMMIT_SHORT_SHA=$(printf %.8s \"$CI_COMMIT_SHA\")
revision=$CI_COMMIT_SHA
export CI_COMMIT_BRANCH CI_COMMIT_REF_NAME CI_COMMIT_SHA CI_COMMIT_SHORT_SHA revision
";

/// What tells a pipeline, and a job, from all others.
const RUN: &str = "CI_PIPELINE_ID";
const JOB: &str = "CI_JOB_ID";

/// The lines that log in, where only some workflows do: `$push` says whether this one pushes.
pub(super) fn log_in(plan: &Plan, lines: &[Text]) -> Item {
    let mut text = format!(
        "# $push: empty in a workflow that pushes nothing, and logs in nowhere unless it is asked to.\ncase ${SCHEDULED} in\n"
    );
    let local = || plan.workflows.iter().filter(|workflow| !workflow.push);
    for (is_request, login) in [(true, false), (true, true), (false, false), (false, true)] {
        let is_so = |it: &&Workflow| it.trigger.pull_requests.is_empty() != is_request && it.login == login;
        let workflows: Vec<&Workflow> = local().filter(is_so).collect();
        if workflows.is_empty() {
            continue;
        }
        let more = String::from(if is_request { REQUEST } else { "" });
        let logins = plan.registries.iter().filter(|_| login);
        let logins: Vec<Text> = logins.flat_map(|registry| login::if_set(plan, registry)).collect();
        let names: Vec<String> = workflows.iter().map(|workflow| crate::shell::literal(&workflow.name)).collect();
        let more = script::indented(&more, 4) + &within(&logins);
        text.push_str(&format!("  {})\n    push=\n{more}    ;;\n", names.join(" | ")));
    }
    text.push_str("  *)\n    push=yes\n");
    text.push_str(&within(lines));
    text.push_str("    ;;\nesac\necho \"pushes: ${push:-no}\"\n");
    Item::Block(text)
}

/// What is set for a request in workflows that push.
pub(super) fn request(plan: &Plan) -> Option<Item> {
    let pushes = plan.workflows.iter().filter(|it| it.push && !it.trigger.pull_requests.is_empty());
    let names: Vec<String> = pushes.map(|workflow| crate::shell::literal(&workflow.name)).collect();
    let text =
        format!("case ${SCHEDULED} in\n  {})\n{}    ;;\nesac\n", names.join(" | "), script::indented(REQUEST, 4));
    (!names.is_empty()).then_some(Item::Block(text))
}

/// Lines of ours below a case; what the project has written stays as it is.
fn within(texts: &[Text]) -> String {
    let text = |text: &Text| match text {
        Text::Line(line) => script::indented(&format!("{line}\n"), 4),
        Text::Project(_) => format!("{}\n", text.text()),
    };
    texts.iter().map(text).collect()
}

/// The functions that take the place of what pins and pushes, for jobs and whether each keeps what it has built;
/// `has_pull` says that there is a function already which pulls an image and names it.
pub(super) fn functions(
    jobs: &[(&Values<'_>, bool)],
    (builder, has_names, has_pull): (Builder, bool, bool),
    tidy: Tidy,
) -> Vec<Item> {
    let local = || jobs.iter().filter(|(values, _)| values.pushes() != Pushes::Always);
    let body = |text: &str| script::indented(&tidy.noted(text), 2);
    let mut items = Vec::new();
    let parents: Vec<&LocalParent> = local().flat_map(|(values, _)| &values.job.local.parents).collect();
    if !parents.is_empty() {
        let has_copies = parents.iter().any(|parent| matches!(parent, LocalParent::Copy(..)));
        let mut text = if has_copies && !has_pull { script::pull_as(builder) } else { String::new() };
        text.push_str("load_as() { docker load --input \"$1\" </dev/null && docker tag \"$2\" \"$3\"; }\n");
        text.push_str("# load FILE...: gives the daemon this run's parents, which earlier jobs have kept.\n");
        text.push_str(&format!("load() (\n  from=.splitbuild\n{})\n", body(&script::load(has_copies, Some(JOB)))));
        items.push(Item::Block(text));
    }
    let check = body(&script::check(builder, has_names));
    items.push(Item::Block(format!("# check IMAGE...: checks what was built.\ncheck() {{\n{check}}}\n")));
    if local().any(|(_, is_kept)| *is_kept) {
        let keep = body(&script::keep(builder, has_names, Some(RUN)));
        items.push(Item::Block(format!(
            "# keep KEY IMAGE...: checks what was built, and keeps it for the builds on it.\n\
             keep() (\n  key=$1\n  shift\n  check \"$@\"\n{keep})\n"
        )));
    }
    items
}

/// The line that gives a build its parents.
pub(super) fn parents(values: &Values<'_>, pushed: &str) -> Item {
    let pushed = if values.pulls_sometimes() { format!("{pushed}; {ADD_PULL}") } else { pushed.to_owned() };
    Item::Line(choice(values, &pushed, &format!("load {}", values.local_parents("\"").join(" "))))
}

/// The line that pushes what was built, or does what is left of that.
pub(super) fn push((values, is_kept): (&Values<'_>, bool), images: &str) -> Item {
    let key = &values.job.key;
    let local = match is_kept {
        true => format!("keep {key} {images}"),
        false => format!("check {images}"),
    };
    Item::Line(choice(values, &format!("push {key} {images}"), &local))
}

fn choice(values: &Values<'_>, pushed: &str, local: &str) -> String {
    match values.pushes() {
        Pushes::Always => pushed.to_owned(),
        Pushes::Never => local.to_owned(),
        Pushes::Sometimes => format!("if [ \"$push\" ]; then {pushed}; else {local}; fi"),
    }
}

/// The number of the request, for scripts.
pub(super) fn exports(plan: &Plan) -> Option<String> {
    plan.has_requests().then(|| format!("export pr=\"${{{}-}}\"", DIALECT.pr))
}
