//! The shell of jobs that run splitbuild.

use super::commands::Features;
use super::literal;
use crate::plan::{Manifest, Plan, Tool};
use crate::provider::manifest::platforms;
use crate::provider::script::{self, Text};

/// The script of the job that publishes indexes; `all` is what every one of them holds, if that is the same.
pub(super) fn publish(plan: &Plan, features: &Features, all: Option<&Manifest>) -> String {
    let mut text = String::from("set -eu\n");
    install(plan, &mut text);
    if features.clean && features.fixed {
        text.push_str(script::CLEAN);
    }
    let file = ".splitbuild/<< parameters.key >>";
    let is_released = plan.workflows.iter().any(|workflow| workflow.version.is_some());
    let has_options = all.is_none() || features.fixed || is_released;
    if has_options {
        text.push_str("set --\n");
    }
    if all.is_none() {
        text.push_str("for arch in << parameters.arches >>; do\n");
        text.push_str(&format!("  set -- \"$@\" --digests {file}-\"$arch\"\ndone\n"));
    }
    if features.fixed {
        text.push_str("for tag in << parameters.fixed >>; do\n  set -- \"$@\" --fixed-tag \"$tag\"\ndone\n");
    }
    if is_released {
        text.push_str("git_version=<< parameters.git_version >>\n");
        text.push_str(script::RELEASE);
    }
    text.push_str("splitbuild manifest");
    if has_options {
        text.push_str(" \"$@\"");
    }
    logins(plan, &mut text);
    text.push_str(" \\\n  --run \"$CIRCLE_PROJECT_USERNAME/$CIRCLE_PROJECT_REPONAME/<< pipeline.number >>\"");
    match all {
        None => text.push_str(" \\\n  --platform << parameters.platforms >>"),
        Some(manifest) => {
            text.push_str(&format!(" \\\n  --platform {}", platforms(manifest)));
            for (_, arch) in &manifest.platforms {
                text.push_str(&format!(" \\\n  --digests {file}-{arch}"));
            }
        }
    }
    text.push_str(&format!(" >{file}-index\ncat {file}-index\n"));
    text
}

/// The project's own shell that installs splitbuild.
pub(super) fn install(plan: &Plan, text: &mut String) {
    if let Tool::Install(script) = &plan.tool {
        push_all(text, &script::guarded("tool.install", script));
    }
    text.extend(plan.registries.iter().filter_map(script::user));
}

/// The options by which splitbuild logs in, a line each.
fn logins(plan: &Plan, text: &mut String) {
    for login in logins_of(plan) {
        text.push_str(&format!(" \\\n  {login}"));
    }
}

pub(super) fn logins_of(plan: &Plan) -> Vec<String> {
    plan.registries.iter().map(script::login).collect()
}

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
