//! CircleCI's words in the matrix.

use crate::spec::{
    Advice, BUILDER, CONFIG, DOCKER, ItemForm, Items, LEGACY, Most, RunnerForm, SectionKey, SectionShape, Vocabulary,
};

pub(super) const CONTEXTS: &str = "contexts";
pub(super) const EXECUTOR: &str = "executor";
/// Whether builds keep what they have built for later ones
/// (<https://circleci.com/docs/guides/optimize/docker-layer-caching/>).
pub(super) const LAYER_CACHING: &str = "docker_layer_caching";
pub(super) const PRE_STEPS: &str = "pre-steps";
pub(super) const POST_STEPS: &str = "post-steps";

/// The executor that is a virtual machine; the other is a container.
pub(super) const MACHINE: &str = "machine";

pub(super) static VOCABULARY: Vocabulary = Vocabulary {
    name: "circleci",
    title: "CircleCI",
    keys: &[
        SectionKey::new(CONFIG, SectionShape::Text, "Your own file, which is merged into the result."),
        SectionKey::new(CONTEXTS, SectionShape::Texts(Some(MOST_CONTEXTS)), "The contexts of every generated job."),
        SectionKey::new(
            EXECUTOR,
            SectionShape::OneOf(&["docker", MACHINE]),
            "What jobs run in: a container, `{ docker: IMAGE }`, or a virtual machine, `{ machine: IMAGE }`.",
        ),
        SectionKey::new(
            BUILDER,
            SectionShape::Choice(&[DOCKER, LEGACY]),
            "What builds images: `docker`, or `legacy`, a Docker before 23.",
        ),
        SectionKey::new(
            LAYER_CACHING,
            SectionShape::Flag,
            "Whether builds keep their layers for later runs; CircleCI charges for each job.",
        ),
        SectionKey::new("runners", SectionShape::Runners, "The resource class, by platform, and for `manifest`."),
        SectionKey::new(PRE_STEPS, SectionShape::Items(STEPS), "Steps before those of every build job."),
        SectionKey::new(POST_STEPS, SectionShape::Items(STEPS), "Steps after those of every build job."),
    ],
    runner: RunnerForm::Word("a resource class"),
    // What jobs have by default, and the smallest for Arm
    // (<https://circleci.com/docs/guides/execution-managed/using-arm/>).
    runners: &[("linux/amd64", "medium"), ("linux/arm64", "arm.medium")],
    // https://circleci.com/docs/guides/integration/github-trigger-event-options/
    runs_forks: false,
    registries: &[],
    advice: Advice {
        variables: "in a context or in the project's settings",
        own_jobs: "write other jobs in the file that `circleci: { config: ... }` names",
        own_file: ".circleci/own.yml",
        git_password: "let git get it from a credential helper or a file, in `circleci: pre-steps`",
    },
};

/// The most contexts that a configuration may use (<https://circleci.com/docs/guides/security/contexts/>).
const MOST_CONTEXTS: Most = Most { count: 100, help: "merge some of them" };

const STEPS: Items = Items {
    called: "a step",
    wanted: "a CircleCI step",
    help: "a step is a name, or a map with one key: `run: ...`, `aws-ecr/login: ...`",
    form: ItemForm::NameOrOne,
};
