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
    Some(text::all_filled(scope, words, problems)).filter(|words| !words.is_empty())
}

impl Runners {
    /// Where an image is built for a platform.
    pub(super) fn build(&self, scope: &Scope, on: &OnPlatform, problems: &mut Problems) -> Vec<String> {
        let runner =
            own(scope, &on.settings, problems).unwrap_or_else(|| self.find(&Runner::Platform(on.platform.clone())));
        if runner.is_empty() && !on.platform.is_windows() {
            let message = format!("nothing says where jobs for `{}` run", on.platform);
            let help =
                format!("name a runner: `{}: {{ runners: {{ {}: ... }} }}`", scope.request.provider.name, on.platform);
            problems.push(Diagnostic::new("no-runner", on.span, message).help(help));
        }
        runner
    }

    /// Where an image is published: on the runner for such jobs, else as builds for the first platform.
    pub(super) fn publishing(&self, image: &ResolvedImage) -> Vec<String> {
        let runner = self.find(&Runner::Manifest);
        match image.platforms.first() {
            Some(first) if runner.is_empty() => self.find(&Runner::Platform(first.platform.clone())),
            _ => runner,
        }
    }

    fn find(&self, wanted: &Runner) -> Vec<String> {
        let found = self.0.iter().find(|(runner, _)| runner == wanted);
        found.map(|(_, words)| words.clone()).unwrap_or_default()
    }
}
