//! The names and values of `vars`.

use serde_json::json;

use super::decode::{Decoder, is_upper_name};
use super::form;
use super::schema::Schema;
use super::{Name, Text, text};
use crate::names::{OURS, SCRIPTS};
use crate::template::Template;
use crate::yaml::Node;

/// Vars by name: at the top, or what a workflow says instead.
pub(super) fn vars(decoder: &mut Decoder<'_>, node: &Node) -> Vec<(Name, Text)> {
    let Some(map) = decoder.map(node, "`vars`") else { return Vec::new() };
    let mut vars = Vec::new();
    for entry in &map.entries {
        let name = &entry.key.text;
        if let Some((message, help)) = name_problem(name) {
            decoder.error("var-name", entry.key.span, format!("`{name}` {message}"), help);
            continue;
        }
        // One that cannot be read is still there for those who refer to it.
        let unknown = || Text { template: Template::name("_"), span: entry.value.span, references: Vec::new() };
        let text = decoder.text(&entry.value, &format!("the var `{name}`")).unwrap_or_else(unknown);
        vars.push((Decoder::name_of(entry), text));
    }
    vars
}

/// How the names of variables end that tools look at by themselves.
const PROXY: &str = "_proxy";

/// The definition of what no map from names may have.
pub(super) const TAKEN: &str = "taken-names";

/// What `vars` may hold.
pub(super) fn schema() -> Schema {
    Schema::names(&name(), &text::text()).with("allOf", [Schema::defined(TAKEN)])
}

/// The name of a var, or of a value of `for`, if it is not taken.
pub(super) fn name() -> Schema {
    Schema::text(&form::NAME.pattern(), "use lower-case letters, digits and `_`, and begin with a letter")
}

/// The names of the language and of its scripts.
pub(super) fn own_names() -> impl Iterator<Item = &'static str> {
    OURS.iter().chain(SCRIPTS).copied()
}

/// None of these names, nor that of a proxy.
pub(super) fn without(names: impl Iterator<Item = &'static str>) -> Schema {
    let message = "this name is taken by the language, by the scripts of jobs or by a proxy: choose another";
    Schema::without(names, message).with("patternProperties", json!({ format!("{PROXY}$"): false }))
}

/// What is wrong with the name of a var, or of a value of `for`, and what to do.
pub(super) fn name_problem(name: &str) -> Option<(&'static str, &'static str)> {
    const OTHER: &str = "choose another name";
    Some(if is_upper_name(name) {
        ("is the name of a variable of the job's environment", "names of the matrix are lower case")
    } else if !form::NAME.fits(name) {
        ("is not a valid name", "use lower-case letters, digits and `_`, and begin with a letter")
    } else if name.ends_with(PROXY) {
        ("would change how every tool in the job reaches the network", OTHER)
    } else if OURS.contains(&name) {
        ("is a name of the language", OTHER)
    } else if SCRIPTS.contains(&name) {
        ("is a name that the scripts of generated jobs use themselves", OTHER)
    } else {
        return None;
    })
}
