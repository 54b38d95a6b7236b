//! What the matrix says for GitLab beside the jobs, every default filled in.

use super::vocabulary::{IMAGE, SERVICES, STAGE};
use crate::plan::Plan;
use crate::provider::builder::Builder;
use crate::spec::CONFIG;

/// What jobs run in, and the daemon beside them, where Docker builds.
const DOCKER: (&str, &str) = ("docker:28-cli", "docker:28-dind");

/// What GitLab's guide builds in without Docker (<https://docs.gitlab.com/ci/docker/buildah_rootless_multi_arch/>).
const BUILDAH: &str = "quay.io/buildah/stable:latest";

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings<'p> {
    /// The hand-written file.
    pub(super) config: Option<&'p str>,
    pub(super) builder: Builder,
    pub(super) image: &'p str,
    /// Services beside it; none on a runner with a daemon of its own.
    pub(super) services: Vec<&'p str>,
    /// The stage of every generated job.
    pub(super) stage: Option<&'p str>,
}

impl<'p> Settings<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let settings = &plan.settings;
        let builder = Builder::of(plan);
        let (image, service) = match builder {
            Builder::Docker | Builder::Legacy => (DOCKER.0, vec![DOCKER.1]),
            Builder::Buildah => (BUILDAH, Vec::new()),
        };
        Self {
            config: settings.text(CONFIG),
            builder,
            image: settings.text(IMAGE).unwrap_or(image),
            services: match settings.texts(SERVICES) {
                Some(services) => services.iter().map(String::as_str).collect(),
                None => service,
            },
            stage: settings.text(STAGE),
        }
    }
}
