//! What a run knows, as the shell of its jobs has it
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/variables#default-environment-variables>).

use super::expression::expression;
use crate::plan::Trigger;
use crate::provider::script::Dialect;
use crate::yaml::Node;

/// In runs on branches.
static BRANCHES: Dialect = Dialect {
    sha: "GITHUB_SHA",
    short_sha: "$(printf %.8s \"$GITHUB_SHA\")",
    branch: "GITHUB_REF_NAME",
    tag: "git_tag",
    reference: "GITHUB_REF_NAME",
    pipeline: "GITHUB_RUN_NUMBER",
    pr: "pr",
    source: "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY",
    advice: "set it as a secret or variable of the repository",
};

/// In runs for tags.
static TAGS: Dialect = Dialect { branch: "git_branch", tag: "GITHUB_REF_NAME", ..BRANCHES };

/// In runs for either.
static BOTH: Dialect = Dialect { branch: "git_branch", ..BRANCHES };

/// In runs for pull requests, whose own commit is that of a merge which nobody keeps
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request>).
static REQUESTS: Dialect = Dialect {
    sha: "head_sha",
    short_sha: "$(printf %.8s \"$head_sha\")",
    branch: "GITHUB_HEAD_REF",
    reference: "GITHUB_HEAD_REF",
    ..BRANCHES
};

/// The dialect of a workflow's jobs.
pub(super) fn of(trigger: &Trigger) -> &'static Dialect {
    match (trigger.pull_requests.is_empty(), trigger.branches.is_empty(), trigger.tags.is_empty()) {
        (false, ..) => &REQUESTS,
        (true, false, true) => &BRANCHES,
        (true, true, false) => &TAGS,
        _ => &BOTH,
    }
}

/// What has no variable of its own, as the environment of all jobs.
pub(super) fn environment(trigger: &Trigger) -> Vec<(&'static str, Node)> {
    let dialect = of(trigger);
    if std::ptr::eq(dialect, &raw const REQUESTS) {
        let number = ("pr", expression("github.event.pull_request.number"));
        return vec![("head_sha", expression("github.event.pull_request.head.sha")), number];
    }
    if std::ptr::eq(dialect, &raw const BOTH) {
        let if_is = |kind: &str| expression(&format!("github.ref_type == '{kind}' && github.ref_name || ''"));
        return vec![("git_branch", if_is("branch")), ("git_tag", if_is("tag"))];
    }
    Vec::new()
}

/// The lines that export what the project's scripts may use of the run.
pub(super) fn exports(dialect: &Dialect) -> Vec<String> {
    let all = [
        ("git_sha", dialect.sha),
        ("git_branch", dialect.branch),
        ("git_tag", dialect.tag),
        ("git_ref", dialect.reference),
        ("pipeline", dialect.pipeline),
    ];
    // What a run does not have is empty for scripts, too.
    let value = |(name, variable): &(&str, &str)| match variable.starts_with("git_") {
        true => format!("{name}=${{{variable}-}}"),
        false => format!("{name}=${variable}"),
    };
    let assigned: Vec<String> = all.iter().map(value).collect();
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    vec![
        assigned.join(" "),
        "git_short_sha=$(printf %.8s \"$git_sha\")".into(),
        format!("export {} git_short_sha", names.join(" ")),
    ]
}
