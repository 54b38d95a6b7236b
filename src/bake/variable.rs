//! The variables of a bake file: what is known only when something is built. bake takes each from the environment, if that
//! has one of its name, and leaves out an argument or a label that is null
//! (<https://docs.docker.com/build/bake/reference/#variable>).

use super::value::{Form, Writer, escaped};
use crate::names::{OURS, cut};
use crate::spec::is_upper_name;

/// What a variable cannot be called: names of bake's own, keywords of HCL, and variables that mean something else.
const TAKEN: [&str; 7] = ["target", "group", "true", "false", "null", SOURCE, MOVING];

/// Where this repository is.
pub(super) const SOURCE: &str = "source";

/// Whether the tags that move with versions are set.
const MOVING: &str = "moving";

impl Writer<'_> {
    /// The expression for a name that is known late. `is_alone` says that null may stand for it.
    pub(super) fn variable(&mut self, name: &str, is_alone: bool) -> String {
        if let ("git_sha", Some(length)) = cut(name) {
            return format!("substr({}, 0, {length})", self.variable("git_sha", false));
        }
        if let Some(given) = self.plan.given.get(name) {
            let (own, otherwise) = (free(&given.var), escaped(&given.otherwise, Form::Text));
            self.variables.insert(own.clone(), Some(otherwise));
            return own;
        }
        match self.derived(name) {
            Some(expression) => drop(self.variables.insert(name.to_owned(), Some(format!("${{{expression}}}")))),
            None => {
                let default = self.variables.entry(name.to_owned()).or_default();
                if !is_alone && default.is_none() {
                    *default = Some(otherwise(name).to_owned());
                }
            }
        }
        name.to_owned()
    }

    /// A variable of the environment that an argument takes its value from, if a variable of bake can have its name.
    pub(super) fn environment(&mut self, name: &str) -> Option<String> {
        is_free(name).then(|| format!("${{{}}}", self.variable(name, true)))
    }

    /// A string of the file that is empty, and so no tag, unless tags move with the version.
    pub(super) fn if_moving(&mut self, name: &str) -> String {
        let version = self.variable("git_version", false);
        let default = format!("${{length(regexall(\"-\", {version})) == 0}}");
        self.variables.insert(MOVING.to_owned(), Some(default));
        format!("${{{MOVING} ? \"{name}\" : \"\"}}")
    }

    /// What a variable is made from, if from others.
    fn derived(&mut self, name: &str) -> Option<String> {
        let trigger = &self.workflow.trigger;
        Some(match name {
            "git_short_sha" => format!("substr({}, 0, 8)", self.variable("git_sha", false)),
            "git_ref" if trigger.branches.is_empty() && !trigger.tags.is_empty() => self.variable("git_tag", false),
            "git_ref" => self.variable("git_branch", false),
            "git_version" => {
                let version = match &self.workflow.version {
                    Some(version) => self.expression(version),
                    None => self.variable("git_tag", false),
                };
                format!("regex_replace({version}, \"^v\", \"\")")
            }
            "git_version_minor" => self.beginning_of_version("[0-9]+[.][0-9]+"),
            "git_version_major" => self.beginning_of_version("[0-9]+"),
            _ => return None,
        })
    }

    fn beginning_of_version(&mut self, pattern: &str) -> String {
        format!("regex_replace({}, \"^({pattern}).*\", \"$1\")", self.variable("git_version", false))
    }
}

/// What a variable is where nobody says, and something must stand: what a name of an image can hold, and what moves no tag.
fn otherwise(name: &str) -> &'static str {
    match name {
        "pipeline" | "pr" => "0",
        "git_tag" => "v0.0.0-local",
        name if is_upper_name(name) => "",
        _ => "local",
    }
}

/// Whether a variable of bake can have the name of a variable of the environment.
pub(super) fn is_free(name: &str) -> bool {
    let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_word && !OURS.contains(&name) && free(name) == name
}

/// The name of a variable that the matrix calls so.
fn free(name: &str) -> String {
    if TAKEN.contains(&name) || name.starts_with("tag_") { format!("{name}_") } else { name.to_owned() }
}
