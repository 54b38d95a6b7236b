//! What builds images.

use crate::plan::Plan;
use crate::spec::{BUILDER, LEGACY};

/// The word for buildah in the matrix.
pub(super) const BUILDAH: &str = "buildah";

/// What builds images in a provider's jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Builder {
    /// A Docker whose builds take what a parent's name means.
    Docker,
    /// An older one: parents are pulled by their digests and given their names.
    Legacy,
    /// buildah, which needs no daemon.
    Buildah,
}

impl Builder {
    /// The one that the matrix names, else Docker.
    pub(super) fn of(plan: &Plan) -> Self {
        match plan.settings.choice(BUILDER) {
            Some(BUILDAH) => Self::Buildah,
            Some(LEGACY) => Self::Legacy,
            _ => Self::Docker,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Request, resolve};
    use crate::provider::{ALL, Provider, vocabularies};
    use crate::spec::decode;
    use crate::yaml::read::{Budget, read};

    fn builder(provider: &dyn Provider, section: &str) -> Builder {
        let matrix = format!(
            "version: 1\ntool: {{ image: acme/tool }}\nimages: {{ app: {{ image: acme/app }} }}\n\
             workflows: {{ main: {{ on: {{ branches: [main] }}, tags: [latest] }} }}\n{}: {{ {section} }}\n",
            provider.name()
        );
        let document = read(&matrix, Budget::default()).expect("YAML");
        let (spec, problems) = decode(&document.root, &matrix, &vocabularies());
        assert_eq!(problems, [], "{matrix}");
        Builder::of(&resolve(&spec, &Request::of(provider.vocabulary())).expect("a good matrix"))
    }

    #[test]
    fn the_builder_is_docker_or_as_the_matrix_says() {
        for provider in ALL.iter().filter(|provider| provider.vocabulary().key(BUILDER).is_some()) {
            assert_eq!(builder(*provider, ""), Builder::Docker);
            assert_eq!(builder(*provider, "builder: docker"), Builder::Docker);
            assert_eq!(builder(*provider, "builder: legacy"), Builder::Legacy);
        }
        let gitlab = crate::provider::find("gitlab").expect("it is in the list");
        assert_eq!(builder(gitlab, "builder: buildah"), Builder::Buildah);
        assert_eq!(
            builder(gitlab, "builder: legacy, image: docker:20.10, services: [docker:20.10-dind]"),
            Builder::Legacy
        );
    }
}
