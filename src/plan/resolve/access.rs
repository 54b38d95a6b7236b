//! Secrets and logins: what jobs need around them.

use super::{Problems, Scope, text};
use crate::diagnostic::Diagnostic;
use crate::names::Position;
use crate::plan::{Job, Password, Registry, Work};
use crate::spec::{self, Text, is_upper_name};
use crate::template::Template;

/// The files of secrets may be known late, as logins may.
pub(super) fn check_secrets(scope: &Scope, problems: &mut Problems) {
    for (_, secret) in &scope.spec.secrets {
        if let spec::Secret::File(path) = secret {
            text::check(scope, path, Position::Job, problems);
        }
    }
}

/// How jobs log in.
pub(super) fn registries(scope: &Scope, problems: &mut Problems) -> Vec<Registry> {
    let mut registries = Vec::new();
    for (host, login) in &scope.spec.registries {
        text::check(scope, &login.username, Position::Job, problems);
        let is_variable = |name: &&str| is_upper_name(name);
        let username = scope.vars.fold(&login.username.template);
        let is_text = username.as_literal().is_some_and(|text| !text.is_empty() && !text.contains(':'));
        if !is_text && !username.as_name().as_ref().is_some_and(is_variable) {
            let message = "a username must be text without `:`, or one reference to the job's environment";
            let problem = Diagnostic::new("username", login.username.span, message).secret();
            problems.push(problem.help("write `username: \"${NAME}\"`"));
        }
        let password = match &login.password {
            spec::Password::Text(text) => variable(scope, text, problems).map(Password::Variable),
            spec::Password::Script(script) => Some(Password::Script(script.text.clone())),
        };
        registries.extend(password.map(|password| Registry { host: host.text.clone(), username, password }));
    }
    registries
}

/// The registries that a run may use without being told how, where a job pushes to them.
pub(super) fn usual(scope: &Scope, jobs: &[Job], known: &mut Vec<Registry>) {
    for (host, user, password) in scope.request.provider.registries {
        let is_there = |image: &Template| image.leading().strip_prefix(host).is_some_and(|rest| rest.starts_with('/'));
        let is_used = jobs.iter().any(|job| match &job.work {
            Work::Build(build) => build.images.iter().any(is_there),
            Work::Copy(copy) => copy.images.iter().any(is_there),
            Work::Manifest(_) | Work::Export(_) => false,
        });
        if is_used && known.iter().all(|registry| registry.host != *host) {
            known.push(Registry {
                host: (*host).to_owned(),
                username: Template::name(user),
                password: Password::Variable((*password).to_owned()),
            });
        }
    }
}

/// The variable of the job's environment that a password refers to.
fn variable(scope: &Scope, password: &Text, problems: &mut Problems) -> Option<String> {
    text::check(scope, password, Position::Job, problems);
    let variable = password.template.as_name().filter(|name| is_upper_name(name));
    if variable.is_none() {
        let message = "a password must be a reference to the job's environment, never text";
        let problem = Diagnostic::new("password", password.span, message).secret();
        let where_set = scope.request.provider.advice.variables;
        problems.push(problem.help(format!("write `password: \"${{NAME}}\"`, and set NAME {where_set}")));
    }
    variable.map(str::to_owned)
}
