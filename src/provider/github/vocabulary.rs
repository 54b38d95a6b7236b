//! GitHub's words in the matrix.

use crate::spec::{Advice, CONFIG, Items, RunnerForm, SectionKey, SectionShape, Vocabulary};
use crate::yaml::Node;

pub(super) const PREFIX: &str = "prefix";
pub(super) const SECRETS: &str = "secrets";
pub(super) const VARIABLES: &str = "variables";
pub(super) const PRE_STEPS: &str = "pre-steps";
pub(super) const POST_STEPS: &str = "post-steps";

pub(super) static VOCABULARY: Vocabulary = Vocabulary {
    name: "github",
    title: "GitHub Actions",
    keys: &[
        SectionKey::new(CONFIG, SectionShape::Text),
        SectionKey::new(PREFIX, SectionShape::Text),
        SectionKey::new(SECRETS, SectionShape::Texts(None)),
        SectionKey::new(VARIABLES, SectionShape::Texts(None)),
        SectionKey::new("runners", SectionShape::Runners),
        SectionKey::new(PRE_STEPS, SectionShape::Items(STEPS)),
        SectionKey::new(POST_STEPS, SectionShape::Items(STEPS)),
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
    is_one: |node: &Node| node.as_mapping().is_some_and(|map| map.get("run").is_some() || map.get("uses").is_some()),
};
