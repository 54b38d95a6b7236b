//! The script of the job that publishes indexes: what differs between them reaches it as parameters.

use super::commands::Features;
use super::lines::install;
use crate::plan::{Manifest, Plan};
use crate::provider::manifest::{Shared, annotations, platforms};
use crate::provider::script::{self, Values, login};

/// What the indexes have in common.
pub(super) struct Common<'p> {
    /// What every one of them holds, if that is the same.
    pub(super) platforms: Option<&'p Manifest>,
    pub(super) format: Shared<&'static str>,
    /// As words of the command.
    pub(super) annotations: Shared<String>,
}

/// The annotations of an index in a run, as words of the command.
pub(super) fn annotation_words(values: &Values<'_>, manifest: &Manifest) -> String {
    annotations(values, manifest).join(" ")
}

pub(super) fn publish(plan: &Plan, features: &Features, common: &Common<'_>) -> String {
    let mut text = String::from("set -eu\n");
    install(plan, &mut text);
    if features.clean && features.fixed {
        text.push_str(script::CLEAN);
    }
    let file = ".splitbuild/<< parameters.key >>";
    let run = "--run \"$CIRCLE_PROJECT_USERNAME/$CIRCLE_PROJECT_REPONAME/<< pipeline.number >>\"";
    let is_any_format = matches!(common.format, Shared::Usual(_));
    let is_released = plan.workflows.iter().any(|workflow| workflow.version.is_some());
    let has_words = common.platforms.is_none() || features.fixed || is_any_format || is_released;
    if has_words {
        text.push_str("set --\n");
    }
    if common.platforms.is_none() {
        text.push_str("for arch in << parameters.arches >>; do\n");
        text.push_str(&format!("  set -- \"$@\" --digests {file}-\"$arch\"\ndone\n"));
    }
    let fixed = match features.fixed {
        true => "for tag in << parameters.fixed >>; do\n  set -- \"$@\" --fixed-tag \"$tag\"\ndone\n",
        false => "",
    };
    if is_any_format {
        // A Docker manifest list cannot hold the run.
        text.push_str(
            "format=<< parameters.format >>\nset -- \"$@\" --format \"$format\"\nif [ \"$format\" = oci ]; then\n",
        );
        text.push_str(&script::indented(&format!("set -- \"$@\" {run}\n{fixed}"), 2));
        text.push_str("fi\n");
    } else {
        text.push_str(fixed);
    }
    if is_released {
        text.push_str("git_version=<< parameters.git_version >>\n");
        text.push_str(script::RELEASE);
    }
    text.push_str("splitbuild manifest");
    text.push_str(if has_words { " \"$@\"" } else { "" });
    let mut options = login::logins(plan);
    match common.format {
        Shared::Same("docker") => options.push("--format docker".into()),
        Shared::Same(_) => options.push(run.into()),
        Shared::Usual(_) => {}
    }
    match &common.annotations {
        Shared::Same(words) => options.extend(Some(words.clone()).filter(|words| !words.is_empty())),
        Shared::Usual(_) => options.push("<< parameters.annotations >>".into()),
    }
    match common.platforms {
        None => options.push("--platform << parameters.platforms >>".into()),
        Some(manifest) => {
            options.push(format!("--platform {}", platforms(manifest)));
            options.extend(manifest.platforms.iter().map(|(_, arch)| format!("--digests {file}-{arch}")));
        }
    }
    options.iter().for_each(|option| text.push_str(&format!(" \\\n  {option}")));
    text.push_str(&format!(" >{file}-index\ncat {file}-index\n"));
    text
}
