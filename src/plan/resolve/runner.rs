//! Where jobs run, in the words of the plan's provider: as the image says, else as the section says, else as is built in.

use super::Resolver;
use super::image::{OnPlatform, Resolved};
use crate::diagnostic::Diagnostic;
use crate::spec::{Runner, Settings};

impl<'s> Resolver<'s> {
    /// The runners that hold for all images; those of the matrix beat those that are built in.
    pub(super) fn runners(&mut self) -> Vec<(Runner, Vec<String>)> {
        let spec = self.spec;
        let provider = self.request.provider;
        let mut runners: Vec<(Runner, Vec<String>)> = Vec::new();
        for section in &spec.sections {
            for (runner, words) in section.runners() {
                let words = self.all_filled(words);
                if section.is_of(provider) {
                    runners.push((runner.clone(), words));
                }
            }
        }
        runners.extend(provider.runners.iter().map(|(platform, word)| {
            (Runner::Platform(platform.parse().expect("it is well formed")), vec![(*word).to_owned()])
        }));
        runners
    }

    /// Where an image is built for a platform.
    pub(super) fn build_runner(&mut self, on: &OnPlatform) -> Vec<String> {
        let runner = match self.own_runner(&on.settings) {
            Some(runner) => runner,
            None => self.runner_for(&Runner::Platform(on.platform.clone())),
        };
        if runner.is_empty() {
            let message = format!("nothing says where jobs for `{}` run", on.platform);
            let help =
                format!("name a runner: `{}: {{ runners: {{ {}: ... }} }}`", self.request.provider.name, on.platform);
            self.report(Diagnostic::new("no-runner", on.span, message).help(help));
        }
        runner
    }

    /// Where the manifest job runs: on the runner for such jobs, else as builds for the first platform.
    pub(super) fn manifest_runner(&mut self, image: &Resolved<'s>) -> Vec<String> {
        let runner = self.runner_for(&Runner::Manifest);
        match image.platforms.first() {
            Some(first) if runner.is_empty() => self.runner_for(&Runner::Platform(first.platform.clone())),
            _ => runner,
        }
    }

    /// The runner that the image itself names.
    pub(super) fn own_runner(&mut self, settings: &Settings) -> Option<Vec<String>> {
        let words = &settings.runner(self.request.provider.name)?.value;
        Some(self.all_filled(words)).filter(|words| !words.is_empty())
    }

    fn runner_for(&self, wanted: &Runner) -> Vec<String> {
        let found = self.runners.iter().find(|(runner, _)| runner == wanted);
        found.map(|(_, words)| words.clone()).unwrap_or_default()
    }
}
