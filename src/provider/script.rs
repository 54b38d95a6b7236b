//! The shell of generated jobs, as far as it is the same for every provider: the pieces that jobs share, from
//! `templates/sh`, and the values of one job as the words of its commands.

mod command;
mod copy;
mod download;
mod job;
mod kept;
mod local;
pub(super) mod login;
mod name;
mod names;
mod required;
mod same;
mod save;
mod source;
mod values;

pub(super) use copy::{before_copy, copy, lacking};
pub(super) use download::{FIND, download};
pub(super) use job::{BuildScript, Text, test_in_context};
pub(super) use kept::{READ_VERSION, keeps_tags, kept, kept_names, pushed_vars, tested_names};
pub(super) use local::{ADD_PULL, Pushes, check, keep, load};
pub(super) use name::{USUAL_NAME, arch_name, pushed_name};
pub(super) use names::Names;
pub(super) use required::Sometimes;
pub(super) use save::{before_save, save, save_cleans};
pub(super) use source::clone;
pub(super) use values::{Values, is_clean};

use super::builder::Builder;

/// What a provider calls what a run knows, as parameters of the shell of its jobs.
pub(super) struct Dialect {
    pub(super) sha: &'static str,
    /// Its first eight digits; a name of ours if the provider has none.
    pub(super) short_sha: &'static str,
    pub(super) branch: &'static str,
    pub(super) tag: &'static str,
    /// The tag, else the branch.
    pub(super) reference: &'static str,
    /// The number of the run; a name of ours if the provider has none.
    pub(super) pipeline: &'static str,
    /// The number of the pull request.
    pub(super) pr: &'static str,
    /// Where this repository is.
    pub(super) source: &'static str,
    /// How a person sets a variable that is missing.
    pub(super) advice: &'static str,
}

const CHECK: &str = include_str!("../../templates/sh/check.sh");
const PUSH: &str = include_str!("../../templates/sh/push.sh");

pub(super) const TRY: &str = include_str!("../../templates/sh/try.sh");
pub(super) const CLEAN: &str = include_str!("../../templates/sh/clean.sh");
pub(super) const PIN: &str = include_str!("../../templates/sh/pin.sh");
pub(super) const CLONE: &str = include_str!("../../templates/sh/clone.sh");
pub(super) const FETCH: &str = include_str!("../../templates/sh/fetch.sh");
pub(super) const VERSION: &str = include_str!("../../templates/sh/version.sh");
pub(super) const PULL: &str = include_str!("../../templates/sh/pull.sh");

/// What tells splitbuild which release this run is, if it is one.
pub(super) const RELEASE: &str = "[ -z \"${git_version-}\" ] || set -- \"$@\" --release \"$git_version\"\n";

/// The function that makes the tags of an image from those of the workflow; `prefixes` says that it asks which is plain.
pub(super) fn own(prefixes: bool) -> String {
    let own = include_str!("../../templates/sh/own.sh");
    if prefixes {
        return own.to_owned();
    }
    let is_kept = |line: &&str| !line.contains("$plain");
    let kept: Vec<&str> = own.lines().filter(is_kept).collect();
    kept.join("\n").replace("s/{tag_prefix}/$prefix/; ", "") + "\n"
}

/// What takes the pins of a file as arguments of the build.
pub(super) const READ_PINS: &str = "while read -r pin; do set -- \"$@\" \"$pin\"; done <.splitbuild/pins";

/// After shell of the project in the same shell: its options, its arguments and what separates its words are not ours.
pub(super) const AS_BEFORE: &str = "unset IFS; set -eu +fx --";

/// Shell of the project in a job that publishes: no later job would miss what was not done, had it ended this one.
pub(super) fn guarded(what: &str, script: &str) -> [Text; 4] {
    [
        Text::Line(format!("trap 'echo \"{what} has ended the job\" >&2; exit 1' EXIT")),
        Text::Project(script.to_owned()),
        Text::Line("trap - EXIT".into()),
        Text::Line(AS_BEFORE.into()),
    ]
}

/// The project's own shell that installs splitbuild.
pub(super) fn install(script: &str) -> Vec<Text> {
    let found =
        "command -v splitbuild >/dev/null || { echo \"tool.install put no splitbuild on the PATH\" >&2; exit 1; }";
    let mut texts: Vec<Text> = guarded("tool.install", script).into();
    texts.push(Text::Line(found.into()));
    texts
}

/// The command that builds.
pub(super) fn engine(builder: Builder) -> &'static str {
    match builder {
        Builder::Docker | Builder::Legacy => "docker",
        Builder::Buildah => "buildah",
    }
}

/// The function that pushes one image, and sets `$digest` to what the registry has then.
pub(super) fn functions(builder: Builder) -> &'static str {
    match builder {
        Builder::Docker | Builder::Legacy => include_str!("../../templates/sh/docker.sh"),
        Builder::Buildah => include_str!("../../templates/sh/buildah.sh"),
    }
}

/// The function that gives a pulled image a name.
pub(super) fn pull_as(builder: Builder) -> String {
    let docker = include_str!("../../templates/sh/pull_as.sh");
    match builder {
        Builder::Docker | Builder::Legacy => docker.to_owned(),
        Builder::Buildah => {
            docker.replace("docker pull \"$1\"", "buildah pull \"docker://$1\"").replace("docker tag", "buildah tag")
        }
    }
}

/// What checks, pushes and hands on `"$@"`, the images of `$key`, under `$tags`. `has_arch_names` says that a function,
/// `arch_name`, tells what is pushed; `moves`, that some of `$moving` may be handed on.
pub(super) fn push(builder: Builder, (has_arch_names, moves): (bool, bool)) -> String {
    let mut push = format!("{CHECK}{PUSH}");
    if moves {
        let each = "for each in $moving; do echo \"moving $one:$each $name $digest\"; done";
        push = push.replace("  done\ndone\n", &format!("  done\n  {each} >>\".splitbuild/$key-$arch\"\ndone\n"));
    }
    named(&push, builder, has_arch_names)
}

/// The same where what is handed on are words of an output, `$pushed`: the digest of each name, in order.
pub(super) fn push_outputs(builder: Builder, has_arch_names: bool) -> String {
    let is_kept = |line: &&str| !line.contains("rm -f ") && !line.contains("printf ");
    let kept: Vec<&str> = PUSH.lines().filter(is_kept).collect();
    let push = kept.join("\n") + "\n";
    let handed = "echo \"pushed $one:$each $name $digest\" >>\".splitbuild/$key-$arch\"";
    named(&format!("{CHECK}{}", push.replace(handed, "pushed=\"$pushed $digest\"")), builder, has_arch_names)
}

fn named(text: &str, builder: Builder, has_arch_names: bool) -> String {
    let text = match builder {
        Builder::Docker | Builder::Legacy => text.to_owned(),
        Builder::Buildah => buildah(text),
    };
    if !has_arch_names {
        return text;
    }
    text.replace("first=${tags%% *}-$arch\n", "first=$(arch_name image \"${tags%% *}\")\nfirst=${first##*:}\n")
        .replace("name=$one:$each-$arch\n", "name=$(arch_name \"$one\" \"$each\")\n")
}

/// The same for buildah, whose images tell their platform otherwise.
fn buildah(text: &str) -> String {
    let field = |name: &str| format!("{{{{.{name}}}}}");
    text.replace("docker image inspect", "buildah inspect --type image")
        .replace("docker tag", "buildah tag")
        .replace(&field("Os"), &field("OCIv1.OS"))
        .replace(&field("Architecture"), &field("OCIv1.Architecture"))
        .replace("{{if .Variant}}", "{{if .OCIv1.Variant}}")
        .replace(&field("Variant"), &field("OCIv1.Variant"))
}

/// The text with every line that is not empty moved in by so many spaces.
pub(super) fn indented(text: &str, by: usize) -> String {
    let line = |line: &str| if line.trim().is_empty() { line.to_owned() } else { format!("{:by$}{line}", "") };
    text.split_inclusive('\n').map(line).collect()
}
