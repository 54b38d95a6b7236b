//! The providers' sections: all of them are checked, and the one of the plan's provider becomes its settings.

use super::Resolver;
use crate::diagnostic::Diagnostic;
use crate::plan::settings::{Setting, Settings};
use crate::reference::{DOCKER_HUB, Reference, Repository};
use crate::spec::{BUILDER, DOCKER, LEGACY, Section, SectionShape, SectionValue, Text};

/// The first Docker whose builds take `--build-context`: before it, `docker build` was not BuildKit's
/// (<https://docs.docker.com/engine/release-notes/23.0/>).
const OLDEST_DOCKER: u64 = 23;

impl<'s> Resolver<'s> {
    /// The settings of the plan's provider.
    pub(super) fn settings(&mut self) -> Settings {
        let spec = self.spec;
        let mut own = Settings::default();
        for section in &spec.sections {
            let settings = self.section(section);
            if section.is_of(self.request.provider) {
                self.check_docker(section, &settings);
                own = settings;
            }
        }
        own
    }

    fn section(&mut self, section: &'s Section) -> Settings {
        let setting = |(key, value): (&&'static str, &'s SectionValue)| {
            let setting = match value {
                SectionValue::Text(text) => Setting::Text(self.filled(text)?),
                SectionValue::Choice(text, words) => Setting::Choice(self.choice(key, text, words)?),
                SectionValue::Texts(texts) => Setting::Texts(self.all_filled(texts)),
                SectionValue::OneOf(word, text) => Setting::OneOf(word, self.filled(text)?),
                SectionValue::Items(items) => Setting::Items(items.clone()),
                // They are the jobs', not the provider's.
                SectionValue::Runners(_) => return None,
            };
            Some((*key, setting))
        };
        section.values.iter().filter_map(setting).collect()
    }

    fn choice(&mut self, key: &'static str, text: &Text, words: &[&'static str]) -> Option<&'static str> {
        let found = self.filled(text)?;
        let word = words.iter().find(|word| **word == found);
        if word.is_none() {
            let problem = Diagnostic::new(key, text.span, format!("there is no {key} `{found}`"));
            self.report(problem.did_you_mean(&found, words.iter().copied()));
        }
        word.copied()
    }

    /// What builds with Docker must be able to tell it what a parent's name means.
    fn check_docker(&mut self, section: &Section, settings: &Settings) {
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
            let image = self.vars.fold(&text.template);
            let Some(image) = image.as_literal().filter(|image| is_old_docker(image)) else { continue };
            let message = format!(
                "`{image}` is older than Docker {OLDEST_DOCKER}, which is the first whose builds can be told what a name \
                 means (--build-context)"
            );
            let help = format!(
                "name version {OLDEST_DOCKER} or newer, or write `{}: {{ {BUILDER}: {LEGACY} }}`",
                provider.name
            );
            self.report(Diagnostic::new("old-docker", text.span, message).help(help));
        }
    }

    /// Values that are known when generating and not empty.
    pub(super) fn all_filled(&mut self, texts: &[Text]) -> Vec<String> {
        texts.iter().filter_map(|text| self.filled(text)).collect()
    }

    /// A value that is known when generating and not empty.
    pub(super) fn filled(&mut self, text: &Text) -> Option<String> {
        let value = self.fixed(text)?;
        if value.trim().is_empty() {
            self.report(
                Diagnostic::new("not-text", text.span, "this value is empty").help("write it, or remove the key"),
            );
            return None;
        }
        Some(value)
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
