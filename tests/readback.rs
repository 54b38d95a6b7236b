//! What is altered in an emitted file, in one respect, is found by the check that `gen` makes of everything it emits.

#[path = "readback/github.rs"]
mod github;
#[allow(dead_code, reason = "each test uses some of it")]
#[path = "support/planned.rs"]
mod planned;

use std::path::{Path, PathBuf};

use github::{GITHUB, SOME_GITHUB};
use planned::Example;
use regex::Regex;

fn examples() -> Vec<(PathBuf, &'static str)> {
    let folder = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    [
        ("minimal", "circleci"),
        ("minimal", "gitlab"),
        ("hysds", "circleci"),
        ("hysds", "gitlab"),
        ("machine", "circleci"),
        ("machine", "gitlab"),
        ("gitlab", "gitlab"),
        ("minimal", "github"),
        ("hysds", "github"),
        ("github", "github"),
        ("machine", "github"),
        ("../fixtures/pull-requests-that-push", "github"),
    ]
    .map(|(name, provider)| (folder(name), provider))
    .into()
}

/// A respect in which a file is altered: what is looked for, and what stands there instead.
#[derive(Clone, Copy, Debug)]
struct Alteration {
    respect: &'static str,
    pattern: &'static str,
    instead: &'static str,
}

const fn alter(respect: &'static str, pattern: &'static str, instead: &'static str) -> Alteration {
    Alteration { respect, pattern, instead }
}

const CIRCLECI: &[Alteration] = &[
    alter("trigger", r"\n          filters: [^\n]*(\n {12,}[^\n]*)*", ""),
    alter("trigger", r"only: \[(develop|main)\]", "only: [another]"),
    alter("runner", r"resource_class: medium", "resource_class: large"),
    alter("runner", r"\n    resource_class: arm.medium", ""),
    alter("executor", r"machine: arm64", "machine: amd64"),
    alter("executor", r"    executor: << parameters.machine >>", "    executor: splitbuild"),
    alter("executor", r"(- image|- \{ image|image): (docker:|ubuntu)", "${1}: x$2"),
    alter("platform", r"platform: linux/arm64", "platform: linux/amd64"),
    alter("need", r"requires: \[build-(\w+)-amd64, build-\w+-arm64\]", "requires: [build-$1-amd64]"),
    alter("need", r"\n          requires: \[[^\n]*\]", ""),
    alter("argument", r"--label org.opencontainers.image.revision=", "--label org.opencontainers.image.version="),
    alter("argument", r"--tag (\S+)", "--tag x"),
    alter("argument", r#"("|/)(app|base|redis|docs):\$?"#, "${1}other:"),
    alter("image", r"images: (\S+)", "images: acme/x"),
    alter("tag", r"tags: (latest|develop|\S+)", "tags: other"),
    alter("key", r"key: \w+", "key: other"),
    alter("order of steps", r"      - checkout\n((?s:.*?))      - log-in\n", "      - log-in\n${1}      - checkout\n"),
    alter("step", r"\n      - log-in\n", "\n"),
    alter("step", r"\n      - push-image:[^\n]*(\n {10,}[^\n]*)*", ""),
    alter("shared script", r"nothing was pushed", "never mind"),
    alter("shared script", r#"\[ -n "\$digest" \]"#, "true"),
    alter("login", r"--login ([a-z.]+)=", "--login x.$1="),
    alter("job name", r"name: build-(\w+)-amd64", "name: build-$1-x"),
];

/// What only some examples have.
const SOME: &[Alteration] = &[
    alter("context", r"context: &contexts \[(\S+?)[,\]]", "context: &contexts [other, "),
    alter("context", r"\n          context: \*contexts", ""),
    alter("cron", r"cron: 30 2", "cron: 31 2"),
    alter("fixed tags", r"fixed: [^\n]*", "fixed: latest"),
    alter("parent", r"parents: \w+-", "parents: other-"),
    alter("parent", r"\n      - pin-parents:[^\n]*", ""),
    alter("var", r"(release|channel): \w+\n", "$1: other\n"),
    alter("clone", r"--branch \w+", "--branch other"),
    alter("script", r"build_docker.sh", "build_other.sh"),
    alter("source", r"splitbuild copy ((?s:.*?))elasticsearch:7", "splitbuild copy ${1}elasticsearch:8"),
    alter("file", r"hysds-verdi-", "verdi-"),
    alter("retry", r"tries=2", "tries=3"),
    alter("setup", r"export VERSION", "export OTHER"),
];

const GITLAB: &[Alteration] = &[
    alter("trigger", r#"if: \$CI_COMMIT_BRANCH == "main""#, r#"if: $$CI_COMMIT_BRANCH == "x""#),
    alter("trigger", r"SPLITBUILD_WORKFLOW: main", "SPLITBUILD_WORKFLOW: other"),
    alter("runner", r"tags: \[saas-linux-small-arm64\]", "tags: [saas-linux-small-amd64]"),
    alter("executor", r"name: docker:", "name: x"),
    alter("executor", r"docker:28-dind", "docker:20-dind"),
    alter("platform", r"platform=linux/arm64", "platform=linux/amd64"),
    alter("need", r"needs: \[build-(\w+)-amd64, build-\w+-arm64\]", "needs: [build-$1-amd64]"),
    alter("argument", r"--label org.opencontainers.image.revision=", "--label org.opencontainers.image.version="),
    alter("argument", r"--tag (\S+)", "--tag x"),
    alter("image", r"(- push \w+) \S+", "$1 acme/x"),
    alter("tag", r#"tags="latest"#, r#"tags="other"#),
    alter("key", r"publish (app|base)", "publish other"),
    alter("order of steps", r"(    - names\n)((?s:.*?))(    - push [^\n]*\n)", "$3$2$1"),
    alter("step", r"\n    - push [^\n]*", ""),
    alter("shared script", r"nothing was pushed", "never mind"),
    alter("extends", r"extends: \.splitbuild-publish", "extends: .splitbuild-build"),
    alter("job name", r"\nbuild-(\w+)-manifest:", "\nbuild-$1-index:"),
    alter("artifacts", r"paths: \[\.splitbuild/", "paths: [x/"),
    alter("resource group", r"resource_group: ", "resource_group: x"),
    alter("interruptible", r"interruptible: false", "interruptible: true"),
    alter("trigger", r"\n  rules:\n(    [^\n]*\n)*", "\n"),
    alter("runner", r"\n  tags: \[saas-linux-small-arm64\]", ""),
    alter("executor", r"extends: \.splitbuild-arm64", "extends: .splitbuild-amd64"),
    alter("executor", r"\n  services:\n    - name: [^\n]*", "\n  services:\n    - name: x"),
    alter("need", r"\n  needs: \[build[^\n]*", ""),
    alter("argument", r#"("|/)(app|base|redis|docs):\$"#, "${1}other:$$"),
    alter("step", r"\n    - publish [^\n]*", ""),
    alter("shared script", r#"\[ -n "\$digest" \]"#, "true"),
    alter("login", r"log_in ([^\n]*)CI_REGISTRY_PASSWORD", "log_in ${1}OTHER"),
];

const SOME_GITLAB: &[Alteration] = &[
    alter("parent", r#"pin "base-"#, "pin \"other-"),
    alter("fixed tags", r"fixed=\S+", "fixed="),
    alter("stage", r"stage: images", "stage: test"),
    alter("setup", r"export VERSION", "export OTHER"),
    alter("parent", r"\n    - pin [^\n]*", ""),
    alter("var", r"export (release|channel)=\w+", "export $1=other"),
    alter("clone", r"--branch \w+", "--branch other"),
    alter("script", r"build_docker.sh", "build_other.sh"),
    alter("source", r"splitbuild copy ((?s:.*?))elasticsearch:7", "splitbuild copy ${1}elasticsearch:8"),
    alter("file", r"hysds-verdi-", "verdi-"),
    alter("retry", r"tries=2", "tries=3"),
    alter("scheduled trigger", r#"SPLITBUILD_WORKFLOW == "nightly""#, r#"SPLITBUILD_WORKFLOW == "x""#),
];

/// Applies the alterations, each of which must be found; those that there were to apply.
fn apply(example: &Example, path: &Path, all: &[Alteration]) -> Vec<Alteration> {
    let mut applied = Vec::new();
    for alteration in all {
        let Alteration { respect, pattern, instead } = alteration;
        let altered = Regex::new(pattern).expect("a pattern").replace(&example.text, *instead);
        if altered == example.text {
            continue;
        }
        let what = format!("{}, {}: {respect}, {pattern}", path.display(), example.path);
        assert!(example.refusal(&altered).is_some(), "not found: {what}");
        applied.push(*alteration);
    }
    applied
}

#[test]
fn what_is_altered_is_found() {
    let mut some = Vec::new();
    for (path, provider) in examples() {
        let (all, more) = match provider {
            "circleci" => (CIRCLECI, SOME),
            "gitlab" => (GITLAB, SOME_GITLAB),
            _ => (GITHUB, SOME_GITHUB),
        };
        for example in Example::files_of(&path, provider) {
            assert_eq!(example.refusal(&example.text), None, "{}", path.display());
            // A workflow that pushes nothing has less to alter, too.
            let is_short = path.ends_with("minimal")
                || path.ends_with("pull-requests-that-push")
                || !example.text.contains("docker push");
            let least = if is_short { 1 } else { 2 };
            let applied = apply(&example, &path, all);
            assert!(applied.len() * 3 >= all.len() * least, "{}, {}: {applied:?}", path.display(), example.path);
            some.extend(applied);
            some.extend(apply(&example, &path, more));
        }
    }
    let respects: Vec<&str> = some.iter().map(|alteration| alteration.respect).collect();
    for alteration in [CIRCLECI, SOME, GITLAB, SOME_GITLAB].concat() {
        let respect = alteration.respect;
        assert!(respects.contains(&respect), "no example was altered in this respect: {respect}");
    }
    let is_applied = |alteration: &Alteration| some.iter().any(|it| it.pattern == alteration.pattern);
    let never: Vec<Alteration> = [GITHUB, SOME_GITHUB].concat().into_iter().filter(|it| !is_applied(it)).collect();
    assert!(never.is_empty(), "no workflow of GitHub's was altered by these: {never:?}");
}

/// Every line of the generated part, left out, one at a time; the fast tier tries every fifth.
#[test]
fn every_line_that_is_missing_is_found() {
    let is_left_out = |path: &Path| path.ends_with("hysds") || path.ends_with("pull-requests-that-push");
    let examples = examples().into_iter().filter(|(path, _)| !is_left_out(path));
    for example in examples.flat_map(|(path, provider)| Example::files_of(&path, provider)) {
        let lines: Vec<&str> = example.text.lines().collect();
        for (number, line) in lines.iter().enumerate().step_by(if cfg!(feature = "whole") { 1 } else { 5 }) {
            if line.trim().is_empty() || line.trim_start().starts_with('#') || line.starts_with("version:") {
                continue;
            }
            let mut without = lines.clone();
            without.remove(number);
            let found = example.refusal(&(without.join("\n") + "\n"));
            assert!(found.is_some(), "{}: line {} is missing: {line}", example.path, number + 1);
        }
    }
}

/// What decides which program jobs run with the credentials of registries: where it is fetched, its sum, and the check.
#[test]
fn what_is_fetched_is_held_to_the_plan() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/download");
    for provider in ["circleci", "gitlab", "github"] {
        let example = Example::files_of(&folder, provider).remove(0);
        assert_eq!(example.refusal(&example.text), None, "{provider}");
        let step = match provider {
            "circleci" => alter("step", r"\n      - fetch-splitbuild\n", "\n"),
            "gitlab" => alter("step", r"\n    - fetch_splitbuild\n", "\n"),
            _ => alter("step", r"\n      - \*fetch-splitbuild", ""),
        };
        let all = [
            alter("address", r"url=https://example.com", "url=https://example.org"),
            alter("sum", r"sha256=0a1b", "sha256=0a1c"),
            alter("sum", r"sha256=f9e8\w+", "sha256=$$(sha256sum <x)"),
            alter("machine", r"aarch64\)", "x86_64)"),
            alter("check", r#"\[ "\$found" = "\$sha256" \]"#, "true"),
            alter("check", r"curl -fsSL", "curl -sSL"),
            alter("way", r"PATH=\$PWD/.splitbuild/bin:", "PATH=$$PWD/.splitbuild:"),
            alter("planted", r#"\n *rm -rf "\$bin""#, ""),
            step,
        ];
        assert_eq!(apply(&example, &folder, &all).len(), all.len(), "{provider}");
    }
}

/// What is reported names the place.
fn is_named(example: &Example, alterations: &[(&str, &str, &str)]) {
    for (from, to, named) in alterations {
        let altered = example.text.replacen(from, to, 1);
        assert_ne!(altered, example.text, "{from}");
        let found = example.refusal(&altered).unwrap_or_default();
        assert!(found.starts_with(named), "{from}: {found}");
    }
}

#[test]
fn what_is_found_is_named() {
    let of = |provider| Example::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/machine"), provider);
    let circleci = [
        ("machine: arm64", "machine: amd64", "main: build-base-arm64: job"),
        (
            "requires: [build-base-amd64, build-base-arm64]",
            "requires: [build-base-amd64]",
            "main: build-base-manifest: requires",
        ),
        ("context: &contexts [ghcr]", "context: &contexts [other]", "main: build-base-amd64: context"),
        ("only: [main]", "only: [x]", "main: build-base-amd64: filters"),
        ("--label org.opencontainers.image.version=", "--label version=", "jobs: build-base: build"),
        ("resource_class: arm.large", "resource_class: arm.xlarge", "executors: arm64-arm-large"),
        ("nothing was pushed", "x", "commands: push-image"),
        ("cron: 30 2", "cron: 1 2", "nightly: triggers"),
    ];
    is_named(&of("circleci"), &circleci);
    let gitlab = [
        ("extends: .splitbuild-arm64", "extends: .splitbuild-amd64", "build-app-arm64 is"),
        ("needs: [build-base-amd64, build-base-arm64]", "needs: [build-base-amd64]", "build-base-manifest is"),
        ("resource_group: ", "resource_group: x", "build-base-manifest is"),
        ("CI_COMMIT_BRANCH == \"main\"", "CI_COMMIT_BRANCH == \"x\"", ".splitbuild-rules is"),
        ("--label org.opencontainers.image.version=", "--label version=", "build-app-amd64: build is"),
        ("tags: [saas-linux-small-arm64]", "tags: [x]", ".splitbuild-arm64 is"),
        ("nothing was pushed", "x", ".splitbuild-build is"),
        ("SPLITBUILD_WORKFLOW == \"nightly\"", "SPLITBUILD_WORKFLOW == \"x\"", ".splitbuild-rules is"),
    ];
    is_named(&of("gitlab"), &gitlab);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/github");
    let files = Example::files_of(&folder, "github");
    let main = files.iter().find(|file| file.path.ends_with("/main.yml")).expect("a workflow");
    is_named(main, github::NAMED);
}
