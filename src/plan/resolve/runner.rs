//! Where jobs run, in the words of the plan's provider: as the image says, else as the section says, else as is built in.

use super::image::{OnPlatform, ResolvedImage};
use super::{Problems, Scope, text};
use crate::diagnostic::Diagnostic;
use crate::spec::{Runner, Settings};

/// The runners that hold for all images, in order of precedence.
pub(super) struct Runners(Vec<(Runner, Vec<String>)>);

/// Those of the matrix, and after them those that are built in.
pub(super) fn runners(scope: &Scope, problems: &mut Problems) -> Runners {
    let provider = scope.request.provider;
    let mut runners: Vec<(Runner, Vec<String>)> = Vec::new();
    for section in &scope.spec.sections {
        for (runner, words) in section.runners() {
            let words = text::all_filled(scope, words, problems);
            if section.is_of(provider) {
                runners.push((runner.clone(), words));
            }
        }
    }
    runners.extend(provider.runners.iter().map(|(platform, word)| {
        (Runner::Platform(platform.parse().expect("it is well formed")), vec![(*word).to_owned()])
    }));
    Runners(runners)
}

/// The runner that the image itself names.
pub(super) fn own(scope: &Scope, settings: &Settings, problems: &mut Problems) -> Option<Vec<String>> {
    let words = &settings.runner(scope.request.provider.name)?.value;
    let filled = text::all_filled(scope, words, problems);
    (words.is_empty() || !filled.is_empty()).then_some(filled)
}

impl Runners {
    /// Where an image is built for a platform.
    pub(super) fn build(&self, scope: &Scope, on: &OnPlatform, problems: &mut Problems) -> Vec<String> {
        let runner = own(scope, &on.settings, problems).or_else(|| self.find(&Runner::Platform(on.platform.clone())));
        if runner.is_none() && !on.platform.is_windows() {
            let message = format!("nothing says where jobs for `{}` run", on.platform);
            let help =
                format!("name a runner: `{}: {{ runners: {{ {}: ... }} }}`", scope.request.provider.name, on.platform);
            problems.push(Diagnostic::new("no-runner", on.span, message).help(help));
        }
        runner.unwrap_or_default()
    }

    /// Where an image is published: on the runner for such jobs, else as builds for the first platform.
    pub(super) fn publishing(&self, image: &ResolvedImage) -> Vec<String> {
        let first = || self.find(&Runner::Platform(image.platforms.first()?.platform.clone()));
        self.find(&Runner::Manifest).or_else(first).unwrap_or_default()
    }

    fn find(&self, wanted: &Runner) -> Option<Vec<String>> {
        self.0.iter().find(|(runner, _)| runner == wanted).map(|(_, words)| words.clone())
    }
}
