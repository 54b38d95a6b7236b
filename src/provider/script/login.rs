//! How jobs log in to a registry: with a password that is set in their environment, or with one that a script of the
//! project makes in the job.

use super::Text;
use crate::plan::{Password, Plan, Registry};

/// The options by which splitbuild logs in to the registries: `--login docker.io=DOCKER_USER:DOCKER_PASS`.
pub(in crate::provider) fn logins(plan: &Plan) -> Vec<String> {
    let login = |registry: &Registry| {
        let user = registry.username.as_name().map_or_else(|| user_variable(registry), str::to_owned);
        format!("--login {}={user}:{}", registry.host, password(plan, registry))
    };
    plan.registries.iter().map(login).collect()
}

/// What must be assigned for that, where the name of the user is no variable; a line of shell.
pub(in crate::provider) fn user(registry: &Registry) -> Option<String> {
    let name = registry.username.as_literal()?;
    Some(format!("export {}={}\n", user_variable(registry), crate::shell::literal(name)))
}

/// The names of the environment that a login needs: what is made in the job is no part of it.
pub(in crate::provider) fn required(registry: &Registry) -> impl Iterator<Item = &str> {
    let password = match &registry.password {
        Password::Variable(name) => Some(name.as_str()),
        Password::Script(_) => None,
    };
    registry.username.as_name().into_iter().chain(password)
}

/// The variable that holds the password: one of the environment, else `registry_password`, with a number after the first.
pub(in crate::provider) fn password(plan: &Plan, registry: &Registry) -> String {
    if let Password::Variable(name) = &registry.password {
        return name.clone();
    }
    let before = plan.registries.iter().take_while(|other| other.host != registry.host);
    match before.filter(|other| matches!(other.password, Password::Script(_))).count() {
        0 => "registry_password".into(),
        count => format!("registry_password_{}", count + 1),
    }
}

/// The shell that sets the password to what the project's script prints, if there is one. `set -e` means nothing to what
/// stands in a condition, so the script stands in none.
pub(in crate::provider) fn made_password(plan: &Plan, registry: &Registry) -> Vec<Text> {
    let Password::Script(script) = &registry.password else { return Vec::new() };
    let (name, host) = (password(plan, registry), &registry.host);
    let line = |text: &str| Text::Line(text.to_owned());
    vec![
        line("set +e"),
        Text::Line(format!("{name}=$(set -eu")),
        Text::Project(script.clone()),
        line(")"),
        line("status=$?; set -e"),
        Text::Line(format!("[ \"$status\" = 0 ] || {name}=")),
        Text::Line(format!("export {name}=\"${{{name}:?the login script of {host} failed, or printed nothing}}\"")),
    ]
}

/// The shell that logs in with `log_in` if the registry's variables are set; a script makes its password in any case.
pub(in crate::provider) fn if_set(plan: &Plan, registry: &Registry) -> Vec<Text> {
    let user = crate::shell::word(&registry.username, &|name| std::borrow::Cow::Owned(name.to_owned()));
    let unset: Vec<String> = required(registry).map(|name| format!("[ -z \"${{{name}-}}\" ] || ")).collect();
    let (unset, password) = (unset.concat(), password(plan, registry));
    let mut texts = made_password(plan, registry);
    texts.push(Text::Line(format!("{unset}try log_in {user} {password} {}", registry.host)));
    texts
}

/// What a person has to know of scripts that make passwords.
pub(in crate::provider) fn notes(plan: &Plan) -> Vec<String> {
    let Some(image) = plan.tool.image() else { return Vec::new() };
    let is_script = |registry: &&Registry| matches!(registry.password, Password::Script(_));
    let note = |registry: &Registry| {
        format!(
            "the login script of {} runs in {image}, too, which must contain what it calls; or write `tool: {{ install: \
             ... }}` to run everything where builds run",
            registry.host
        )
    };
    plan.registries.iter().filter(is_script).map(note).collect()
}

/// The variable that holds the name of a registry's user: `user_ghcr_io`.
fn user_variable(registry: &Registry) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    format!("user_{}", registry.host.chars().map(word).collect::<String>())
}
