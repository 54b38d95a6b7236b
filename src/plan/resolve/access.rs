//! Secrets, logins and the tool: what jobs need around them.

use super::{Draft, Resolver};
use crate::diagnostic::Diagnostic;
use crate::names::Place;
use crate::plan::{Registry, Tool};
use crate::spec;

impl Resolver<'_> {
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
                let place = self.request.provider.advice.variables;
                self.report(problem.secret().help(format!("write `password: \"${{NAME}}\"`, and set NAME {place}")));
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
                            .help("or install it where builds run: `tool: { install: \"...\" }`"),
                    );
                }
                None
            }
        }
    }
}
