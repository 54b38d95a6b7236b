//! Runners, executors, logins and the tool: what jobs need around them.

use super::image::{OnPlatform, Resolved, Settings};
use super::{Draft, Resolver};
use crate::diagnostic::Diagnostic;
use crate::names::Place;
use crate::plan::{Builder, CircleCi, Executor, GitLab, Registry, Runner, Tool};
use crate::platform::Platform;
use crate::spec::{self, Text, Value};

/// CircleCI's resource classes where the matrix names none: what jobs have by default, and the smallest for Arm
/// (<https://circleci.com/docs/guides/execution-managed/using-arm/>).
const CIRCLECI: [(&str, &str); 2] = [("linux/amd64", "medium"), ("linux/arm64", "arm.medium")];

/// GitLab's hosted runners (<https://docs.gitlab.com/ci/runners/hosted_runners/linux/>).
const GITLAB: [(&str, &str); 2] =
    [("linux/amd64", "saas-linux-small-amd64"), ("linux/arm64", "saas-linux-small-arm64")];

const CIRCLECI_EXECUTOR: &str = "docker:28-git";
const GITLAB_IMAGE: &str = "docker:28-cli";
const GITLAB_SERVICE: &str = "docker:28-dind";

/// What GitLab's guide builds in (<https://docs.gitlab.com/ci/docker/buildah_rootless_multi_arch/>).
const BUILDAH_IMAGE: &str = "quay.io/buildah/stable:latest";

impl<'s> Resolver<'s> {
    /// Where an image is built for a platform.
    pub(super) fn build_runner(&mut self, on: &OnPlatform<'s>) -> Runner {
        let top = self.runner_for(&spec::Runner::Platform(on.platform.clone()), Some(&on.platform));
        let runner = self.own_runner(&on.settings, &top);
        let lacking = match self.request.provider {
            Some("circleci") if runner.circleci.is_none() => "circleci",
            Some("gitlab") if runner.gitlab.is_empty() => "gitlab",
            _ => return runner,
        };
        let problem =
            Diagnostic::new("no-runner", on.span, format!("nothing says where jobs for `{}` run", on.platform));
        self.report(problem.help(format!("name a runner: `{lacking}: {{ runners: {{ {}: ... }} }}`", on.platform)));
        runner
    }

    /// Where the manifest job runs: `runners.manifest`, else as builds for the first platform.
    pub(super) fn manifest_runner(&mut self, image: &Resolved<'s>) -> Runner {
        let first = image.platforms.first().map(|on| on.platform.clone());
        let manifest = self.runner_for(&spec::Runner::Manifest, None);
        let platform = match first {
            Some(first) => self.runner_for(&spec::Runner::Platform(first.clone()), Some(&first)),
            None => Runner::default(),
        };
        Runner {
            circleci: manifest.circleci.or(platform.circleci),
            gitlab: if manifest.gitlab.is_empty() { platform.gitlab } else { manifest.gitlab },
        }
    }

    /// The runner that the image itself names, per provider, else the one for all.
    pub(super) fn own_runner(&mut self, settings: &Settings<'s>, top: &Runner) -> Runner {
        let mut own = |key: &str| match settings.get(key).map(|s| s.value.clone()) {
            Some(Value::Runner(texts)) => texts.iter().filter_map(|text| self.fixed(text)).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let (circleci, gitlab) = (own("circleci"), own("gitlab"));
        Runner {
            circleci: circleci.into_iter().next().or_else(|| top.circleci.clone()),
            gitlab: if gitlab.is_empty() { top.gitlab.clone() } else { gitlab },
        }
    }

    fn runner_for(&mut self, wanted: &spec::Runner, platform: Option<&Platform>) -> Runner {
        let spec = self.spec;
        let built_in = |table: [(&str, &str); 2]| {
            let name = platform?.to_string();
            table.iter().find(|(known, _)| *known == name).map(|(_, runner)| (*runner).to_owned())
        };
        let circleci = spec.circleci.runners.iter().find(|(runner, _)| runner == wanted);
        let gitlab = spec.gitlab.runners.iter().find(|(runner, _)| runner == wanted);
        Runner {
            circleci: match circleci {
                Some((_, text)) => self.fixed(text),
                None => built_in(CIRCLECI),
            },
            gitlab: match gitlab {
                Some((_, texts)) => texts.iter().filter_map(|text| self.fixed(text)).collect(),
                None => built_in(GITLAB).into_iter().collect(),
            },
        }
    }

    pub(super) fn circleci(&mut self) -> CircleCi {
        let section = &self.spec.circleci;
        let executor = match &section.executor {
            Some(spec::Executor::Docker(text)) => self.filled(text).map(Executor::Docker),
            Some(spec::Executor::Machine(text)) => self.filled(text).map(Executor::Machine),
            None => None,
        };
        let mut contexts: Vec<String> = section.contexts.iter().filter_map(|text| self.filled(text)).collect();
        let mut seen = std::collections::HashSet::new();
        contexts.retain(|context| seen.insert(context.clone()));
        CircleCi {
            config: section.config.as_ref().and_then(|text| self.fixed(text)),
            contexts,
            executor: executor.unwrap_or_else(|| Executor::Docker(CIRCLECI_EXECUTOR.into())),
            pre_steps: section.pre_steps.clone(),
            post_steps: section.post_steps.clone(),
        }
    }

    pub(super) fn gitlab(&mut self) -> GitLab {
        let section = &self.spec.gitlab;
        for (_, texts) in &section.runners {
            texts.iter().for_each(|text| drop(self.filled(text)));
        }
        let builder = self.builder();
        let (image, service) = match builder {
            Builder::Docker | Builder::Legacy => (GITLAB_IMAGE, vec![GITLAB_SERVICE.into()]),
            Builder::Buildah => (BUILDAH_IMAGE, Vec::new()),
        };
        GitLab {
            config: section.config.as_ref().and_then(|text| self.fixed(text)),
            builder,
            image: section.image.as_ref().and_then(|text| self.filled(text)).unwrap_or_else(|| image.into()),
            services: match &section.services {
                Some(texts) => texts.iter().filter_map(|text| self.filled(text)).collect(),
                None => service,
            },
            stage: section.stage.as_ref().and_then(|text| self.filled(text)),
        }
    }

    fn builder(&mut self) -> Builder {
        let Some(text) = &self.spec.gitlab.builder else { return Builder::Docker };
        match self.filled(text).as_deref() {
            Some("buildah") => Builder::Buildah,
            Some("docker") | None => Builder::Docker,
            Some(other) => {
                let problem = Diagnostic::new("builder", text.span, format!("there is no builder `{other}`"));
                self.report(problem.did_you_mean(other, ["docker", "buildah"]));
                Builder::Docker
            }
        }
    }

    /// A value that is known when generating and not empty.
    fn filled(&mut self, text: &Text) -> Option<String> {
        let value = self.fixed(text)?;
        if value.trim().is_empty() {
            self.report(
                Diagnostic::new("not-text", text.span, "this value is empty").help("write it, or remove the key"),
            );
            return None;
        }
        Some(value)
    }

    /// The files of secrets may be known late, as logins may.
    pub(super) fn check_secrets(&mut self) {
        let spec = self.spec;
        for (_, secret) in &spec.secrets {
            if let spec::Secret::File(path) = secret {
                self.check_text(path, Place::Job);
            }
        }
    }

    /// A password is a reference to the job's environment, never text.
    pub(super) fn registries(&mut self) -> Vec<Registry> {
        let spec = self.spec;
        let mut registries = Vec::new();
        for (host, login) in &spec.registries {
            self.check_text(&login.username, Place::Job);
            self.check_text(&login.password, Place::Job);
            let is_variable = |name: &&str| crate::spec::is_upper_name(name);
            let password = login.password.template.as_name().filter(is_variable);
            if password.is_none() {
                let problem = Diagnostic::new(
                    "password",
                    login.password.span,
                    "a password is a reference to the job's environment, never text",
                );
                self.report(
                    problem
                        .secret()
                        .help("write `password: \"${NAME}\"`, and set NAME in a context or in the project's settings"),
                );
            }
            let username = self.vars.fold(&login.username.template);
            let is_text = username.as_literal().is_some_and(|text| !text.is_empty() && !text.contains(':'));
            if !is_text && !username.as_name().as_ref().is_some_and(is_variable) {
                let problem = Diagnostic::new(
                    "username",
                    login.username.span,
                    "a username is text without `:`, or one reference to the job's environment",
                );
                self.report(problem.secret().help("write `username: \"${NAME}\"`"));
            }
            if let Some(password) = password {
                registries.push(Registry { host: host.text.clone(), username, password: password.to_owned() });
            }
        }
        registries
    }

    /// Manifest, copy and export jobs run splitbuild, so something must say where it is.
    pub(super) fn tool(&mut self, drafts: &[Draft]) -> Option<Tool> {
        match &self.spec.tool {
            Some(spec::Tool::Image(text)) => self.filled(text).map(Tool::Image),
            Some(spec::Tool::Install(script)) => Some(Tool::Install(script.text.clone())),
            None => {
                if !drafts.is_empty() && !self.spec.doubtful.contains(&"tool") {
                    let problem = Diagnostic::new(
                        "no-tool",
                        self.spec.places.top,
                        "nothing says where manifest jobs find splitbuild",
                    );
                    self.report(
                        problem
                            .help(format!("name an image that holds it: `tool: {{ image: \"registry.example.com/ci/splitbuild:{}\" }}`", env!("CARGO_PKG_VERSION")))
                            .help("or install it in the executor's image: `tool: { install: \"...\" }`"),
                    );
                }
                None
            }
        }
    }
}
