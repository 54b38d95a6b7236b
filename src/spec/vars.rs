//! The names and values of `vars`.

use super::decode::{Decoder, is_upper_name};
use super::{Name, Text};
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

/// What is wrong with the name of a var, or of a value of `for`, and what to do.
pub(super) fn name_problem(name: &str) -> Option<(&'static str, &'static str)> {
    const OTHER: &str = "choose another name";
    let is_lower = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    Some(if is_upper_name(name) {
        ("is the name of a variable of the job's environment", "names of the matrix are lower case")
    } else if !is_lower {
        ("is not a valid name", "use lower-case letters, digits and `_`, and begin with a letter")
    } else if name.ends_with("_proxy") {
        ("would change how every tool in the job reaches the network", OTHER)
    } else if OURS.contains(&name) {
        ("is a name of the language", OTHER)
    } else if SCRIPTS.contains(&name) {
        ("is a name that the scripts of generated jobs use themselves", OTHER)
    } else {
        return None;
    })
}
