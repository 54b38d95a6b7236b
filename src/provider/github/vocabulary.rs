//! GitHub's words in the matrix.

use crate::spec::{Advice, CONFIG, ItemForm, Items, RunnerForm, SectionKey, SectionShape, Vocabulary};

pub(super) const PREFIX: &str = "prefix";
pub(super) const SECRETS: &str = "secrets";
pub(super) const VARIABLES: &str = "variables";
pub(super) const PRE_STEPS: &str = "pre-steps";
pub(super) const POST_STEPS: &str = "post-steps";

pub(super) static VOCABULARY: Vocabulary = Vocabulary {
    name: "github",
    title: "GitHub Actions",
    keys: &[
        SectionKey::new(
            CONFIG,
            SectionShape::Text,
            "A file with jobs of your own, which become part of the workflows.",
        ),
        SectionKey::new(PREFIX, SectionShape::Text, "What the names of the generated files begin with."),
        SectionKey::new(SECRETS, SectionShape::Texts(None), "Names of secrets that your scripts use."),
        SectionKey::new(VARIABLES, SectionShape::Texts(None), "Names of variables that your scripts use."),
        SectionKey::new(
            "runners",
            SectionShape::Runners,
            "A runner's label, a list of labels, or `{ group: NAME, labels: [...] }`, by platform, and for `manifest`.",
        ),
        SectionKey::new(
            PRE_STEPS,
            SectionShape::Items(STEPS),
            "Steps before those of every build job, and before the checkout.",
        ),
        SectionKey::new(POST_STEPS, SectionShape::Items(STEPS), "Steps after those of every build job."),
    ],
    runner: RunnerForm::Group("a runner's labels"),
    // The hosted ones, free for public repositories
    // (<https://docs.github.com/en/actions/reference/runners/github-hosted-runners>).
    runners: &[("linux/amd64", "ubuntu-24.04"), ("linux/arm64", "ubuntu-24.04-arm")],
    runs_forks: true,
    // Any user's name goes with the token of a run
    // (<https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry>).
    registries: &[("ghcr.io", "GITHUB_ACTOR", super::TOKEN)],
    advice: Advice {
        variables: "in the repository's settings, under Secrets and variables > Actions",
        own_jobs: "write other jobs in the file that `github: { config: ... }` names",
        own_file: ".github/jobs.yml",
        git_password: "let git get it from a credential helper, in a step of `github: pre-steps`",
    },
};

const STEPS: Items = Items {
    called: "a step",
    wanted: "a step of a job",
    help: "a step is a map with `run` or `uses`: `- run: ...`",
    form: ItemForm::MapWith(&["run", "uses"]),
};
