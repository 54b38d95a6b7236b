//! The providers' sections: all of them are checked, and the one of the plan's provider becomes its settings.

use super::{Problems, Scope, text};
use crate::diagnostic::Diagnostic;
use crate::plan::{ProviderSetting, ProviderSettings};
use crate::reference::{DOCKER_HUB, Reference, Repository};
use crate::spec::{BUILDER, DOCKER, LEGACY, Section, SectionShape, SectionValue};

/// The first Docker whose builds take `--build-context`: before it, `docker build` was not BuildKit's
/// (<https://docs.docker.com/engine/release-notes/23.0/>).
const OLDEST_DOCKER: u64 = 23;

/// The settings of the plan's provider.
pub(super) fn provider_settings(scope: &Scope, problems: &mut Problems) -> ProviderSettings {
    let mut own = ProviderSettings::default();
    for section in &scope.spec.sections {
        let values = section.values.iter();
        let settings = values.filter_map(|(key, value)| Some((*key, setting(scope, key, value, problems)?))).collect();
        if section.is_of(scope.request.provider) {
            check_docker(scope, section, &settings, problems);
            own = settings;
        }
    }
    own
}

fn setting(scope: &Scope, key: &'static str, value: &SectionValue, problems: &mut Problems) -> Option<ProviderSetting> {
    Some(match value {
        SectionValue::Text(text) => ProviderSetting::Text(text::filled(scope, text, problems)?),
        SectionValue::Choice(text, words) => {
            let found = text::filled(scope, text, problems)?;
            let Some(word) = words.iter().find(|word| **word == found) else {
                let problem = Diagnostic::new(key, text.span, format!("there is no {key} `{found}`"));
                problems.push(problem.did_you_mean(&found, words.iter().copied()));
                return None;
            };
            ProviderSetting::Choice(word)
        }
        SectionValue::Flag(flag) => ProviderSetting::Flag(*flag),
        SectionValue::Texts(texts) => ProviderSetting::Texts(text::all_filled(scope, texts, problems)),
        SectionValue::OneOf(word, text) => ProviderSetting::OneOf(word, text::filled(scope, text, problems)?),
        SectionValue::Items(items) => ProviderSetting::Items(items.clone()),
        // They are the jobs', not the provider's.
        SectionValue::Runners(_) => return None,
    })
}

/// What builds with Docker must be able to tell it what a parent's name means.
fn check_docker(scope: &Scope, section: &Section, settings: &ProviderSettings, problems: &mut Problems) {
    let provider = section.vocabulary;
    let builder = match section.values.get(BUILDER) {
        None => provider.key(BUILDER).map(|_| DOCKER),
        Some(_) => settings.choice(BUILDER),
    };
    if builder != Some(DOCKER) {
        return;
    }
    let is_image = |shape| matches!(shape, SectionShape::Image | SectionShape::Images | SectionShape::OneOf(_));
    let images = provider.keys.iter().filter(|key| is_image(key.shape));
    for text in images.filter_map(|key| section.values.get(key.name)).flat_map(SectionValue::texts) {
        let image = scope.vars.fold(&text.template);
        let Some(image) = image.as_literal().filter(|image| is_old_docker(image)) else { continue };
        let message =
            format!("`{image}` is older than Docker {OLDEST_DOCKER}, the first whose builds take --build-context");
        let help =
            format!("name version {OLDEST_DOCKER} or newer, or write `{}: {{ {BUILDER}: {LEGACY} }}`", provider.name);
        problems.push(Diagnostic::new("old-docker", text.span, message).help(help));
    }
}

/// Whether it is Docker's own image of Docker (<https://hub.docker.com/_/docker>), by its tag of a version that is too old.
fn is_old_docker(image: &str) -> bool {
    let Ok(reference) = image.parse::<Reference>() else { return false };
    let repository = Repository::of(reference.name());
    if (repository.registry.as_str(), repository.path.as_str()) != (DOCKER_HUB, "library/docker") {
        return false;
    }
    let major = reference.tag().unwrap_or_default().split(['.', '-']).next().unwrap_or_default();
    major.parse::<u64>().is_ok_and(|major| major < OLDEST_DOCKER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_is_old_by_the_version_of_its_own_image() {
        for old in ["docker:20.10-git", "docker.io/library/docker:19-dind", "library/docker:20.10.24-dind", "docker:1"]
        {
            assert!(is_old_docker(old), "{old}");
        }
        let pinned = format!("docker:20.10@sha256:{}", "0".repeat(64));
        assert!(is_old_docker(&pinned));
        for other in
            ["docker", "docker:dind", "docker:23", "docker:28-git", "acme/docker:20.10", "ubuntu-2204:2024.01.1"]
        {
            assert!(!is_old_docker(other), "{other}");
        }
        assert!(!is_old_docker("registry.acme.org/library/docker:20") && !is_old_docker("docker:"));
    }
}
