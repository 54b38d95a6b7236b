//! GitLab's words in the matrix.

use crate::provider::builder::BUILDAH;
use crate::spec::{Advice, BUILDER, CONFIG, DOCKER, LEGACY, RunnerForm, SectionKey, SectionShape, Vocabulary};

pub(super) const IMAGE: &str = "image";
pub(super) const SERVICES: &str = "services";
pub(super) const STAGE: &str = "stage";

pub(super) static VOCABULARY: Vocabulary = Vocabulary {
    name: "gitlab",
    title: "GitLab",
    keys: &[
        SectionKey::new(CONFIG, SectionShape::Text, "Your own file, which includes the generated one."),
        SectionKey::new(
            BUILDER,
            SectionShape::Choice(&[DOCKER, LEGACY, BUILDAH]),
            "What builds images: `docker`; `legacy`, a Docker before 23; or `buildah`, which needs no daemon.",
        ),
        SectionKey::new(IMAGE, SectionShape::Image, "The image that builds run in."),
        SectionKey::new(
            SERVICES,
            SectionShape::Images,
            "Services beside the build; `[]` on runners with a daemon of their own.",
        ),
        SectionKey::new(STAGE, SectionShape::Text, "The stage of every generated job."),
        SectionKey::new(
            "runners",
            SectionShape::Runners,
            "The tags by which runners are chosen, by platform, and for `manifest`; `[]` for runners without tags.",
        ),
    ],
    runner: RunnerForm::Words("a runner's tags"),
    // The hosted ones (<https://docs.gitlab.com/ci/runners/hosted_runners/linux/>).
    runners: &[("linux/amd64", "saas-linux-small-amd64"), ("linux/arm64", "saas-linux-small-arm64")],
    runs_forks: true,
    registries: &[],
    advice: Advice {
        variables: "in the project's settings, under CI/CD > Variables",
        own_jobs: "write other jobs in the file that `gitlab: { config: ... }` names",
        own_file: ".gitlab-ci.yml",
        git_password: "let git get it from its configuration, in the project's variables GIT_CONFIG_COUNT, \
                       GIT_CONFIG_KEY_0 and GIT_CONFIG_VALUE_0",
    },
};
