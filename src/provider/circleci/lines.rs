//! Lines of shell in the form that CircleCI takes.

use super::literal;
use crate::plan::{Plan, Tool};
use crate::provider::script::{self, Text, login};

/// Texts of ours and of the project, one after another. CircleCI takes `<<` in the project's for a reference of its own.
pub(super) fn push_all(text: &mut String, all: &[Text]) {
    for one in all {
        match one {
            Text::Line(line) => text.push_str(line),
            Text::Project(script) => text.push_str(literal(script).strip_suffix('\n').unwrap_or(&literal(script))),
        }
        text.push('\n');
    }
}

/// What must be done in a shell before it runs splitbuild: the project's own script that installs it, or no more than to
/// find what an earlier step has fetched; and the passwords that are made in the job.
pub(super) fn install(plan: &Plan, text: &mut String) {
    match &plan.tool {
        Tool::Install(script) => push_all(text, &script::install(script)),
        Tool::Download(_) => text.push_str(&format!("{}\n", script::FIND)),
        Tool::Image(_) => {}
    }
    text.extend(plan.registries.iter().filter_map(login::user));
    plan.registries.iter().for_each(|registry| push_all(text, &login::made_password(plan, registry)));
}
