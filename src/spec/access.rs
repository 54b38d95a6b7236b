//! Logins and secrets: what jobs need around them.

use super::decode::{Decoder, is_plain_word, is_upper_name};
use super::{Name, Password, Registry, Secret};
use crate::yaml::{Mapping, Node};

/// What the id of a secret may have.
const PLAIN: &str = "use letters, digits, `_`, `.` and `-`";

/// Reports every other key.
pub(super) fn check_keys(decoder: &mut Decoder<'_>, map: &Mapping, what: &str, keys: &[&str]) {
    for entry in map.entries.iter().filter(|entry| !keys.contains(&entry.key.text.as_str())) {
        decoder.unknown_key(entry, what, keys);
    }
}

pub(super) fn registries(decoder: &mut Decoder<'_>, node: &Node) -> Vec<(Name, Registry)> {
    let Some(map) = decoder.map(node, "`registries`") else { return Vec::new() };
    let mut registries = Vec::new();
    for entry in &map.entries {
        let (host, span) = (&entry.key.text, entry.key.span);
        if !crate::reference::is_registry(host) {
            let help = "write its host, and its port if it has one: docker.io, ghcr.io, registry.acme.org:5000";
            decoder.error("registry", span, format!("`{host}` is not the name of a registry"), help);
        }
        let Some(fields) = decoder.map(&entry.value, "a registry's login") else { continue };
        check_keys(decoder, fields, "a registry's login", &["username", "password", "login"]);
        let mut missing = |key: &str| {
            let help = "write `{ username: \"${USER_VARIABLE}\", password: \"${PASSWORD_VARIABLE}\" }`";
            decoder.error("registry", span, format!("the login of `{host}` has no `{key}`"), help);
        };
        if fields.get("username").is_none() {
            missing("username");
        }
        if fields.get("password").or(fields.get("login")).is_none() {
            missing("password");
        }
        let username = fields.get("username").and_then(|node| decoder.text(node, "`username`"));
        if let (Some(username), Some(password)) = (username, password(decoder, fields)) {
            registries.push((Decoder::name_of(entry), Registry { username, password }));
        }
    }
    registries
}

/// The password of a registry, in one of the two ways in which it can be given.
fn password(decoder: &mut Decoder<'_>, fields: &Mapping) -> Option<Password> {
    match (fields.get("password"), fields.get("login")) {
        (Some(password), None) => decoder.text(password, "`password`").map(Password::Text),
        (None, Some(login)) => {
            let script = decoder.script(login, "`login`")?;
            if script.text.trim().is_empty() {
                let help = "write shell whose standard output is the password: `login: aws ecr get-login-password`";
                decoder.error("registry", login.span, "`login` is empty", help);
                return None;
            }
            Some(Password::Script(script))
        }
        (Some(_), Some(login)) => {
            let help = "keep `password` for one that is set in the job's environment, or `login` for one that is made \
                        in the job";
            decoder.error("registry", login.span, "a registry's login has both `password` and `login`", help);
            None
        }
        (None, None) => None,
    }
}

pub(super) fn secrets(decoder: &mut Decoder<'_>, node: &Node) -> Vec<(Name, Secret)> {
    let Some(map) = decoder.map(node, "`secrets`") else { return Vec::new() };
    let mut secrets = Vec::new();
    for entry in &map.entries {
        let (name, span) = (&entry.key.text, entry.key.span);
        if !is_plain_word(name) {
            decoder.error("secret", span, format!("`{name}` is not a valid name for a secret"), PLAIN);
        }
        let Some(fields) = decoder.map(&entry.value, "a secret") else { continue };
        let secret = match fields.entries.as_slice() {
            [field] => match field.key.text.as_str() {
                "environment" => environment_name(decoder, &field.value).map(Secret::Environment),
                "file" => decoder.text(&field.value, "`file`").map(Secret::File),
                _ => {
                    decoder.unknown_key(field, "a secret", &["environment", "file"]);
                    None
                }
            },
            _ => {
                let help = "write `{ environment: NAME }` or `{ file: PATH }`";
                decoder.error("secret", span, format!("the secret `{name}` must have exactly one source"), help);
                None
            }
        };
        // One that cannot be read is still there for those who use it.
        secrets.push((Decoder::name_of(entry), secret.unwrap_or_else(|| Secret::Environment(Name::default()))));
    }
    secrets
}

fn environment_name(decoder: &mut Decoder<'_>, node: &Node) -> Option<Name> {
    let name = node.as_str().unwrap_or_default();
    if is_upper_name(name) {
        return Some(Name { text: name.to_owned(), span: node.span });
    }
    let message = "`environment` must be the name of a variable of the job's environment";
    let help = "write the name alone, in upper case: `environment: NETRC`";
    decoder.error("secret", node.span, message, help);
    None
}

/// The secrets that a build uses, each with the name that it sees, if that is another.
pub(super) fn secret_uses(decoder: &mut Decoder<'_>, node: &Node) -> Vec<(Name, Option<Name>)> {
    let mut uses = Vec::new();
    for item in decoder.list(node, "`secrets`") {
        let Some(map) = item.as_mapping() else {
            uses.extend(decoder.word(item, "a secret's name").map(|name| (name, None)));
            continue;
        };
        check_keys(decoder, map, "a use of a secret", &["source", "target"]);
        let source = map.get("source").and_then(|n| decoder.word(n, "`source`"));
        let target = map.get("target").and_then(|n| decoder.word(n, "`target`"));
        match source {
            Some(source) => uses.push((source, target.filter(|target| is_target(decoder, target)))),
            None if map.get("source").is_none() => {
                decoder.wrong_shape(item, "a use of a secret", "its name, or a map with `source`");
            }
            None => {}
        }
    }
    uses
}

fn is_target(decoder: &mut Decoder<'_>, target: &Name) -> bool {
    let is_good = is_plain_word(&target.text);
    if !is_good {
        decoder.error("secret", target.span, format!("`{}` is not a valid secret id", target.text), PLAIN);
    }
    is_good
}
