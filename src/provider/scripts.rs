//! The steps of generated jobs, the same for every provider: constant POSIX shell, put together from `templates/sh`.

use crate::plan::{INSTALL, REGISTRIES, VERSION};

/// A step that several jobs share.
pub(super) struct Command {
    /// Its name.
    pub(super) name: &'static str,
    /// What the step is called in a job.
    pub(super) title: &'static str,
    /// The pieces of the script, in order.
    pieces: &'static [&'static str],
    /// Which of the variables that jobs share the step needs.
    pub(super) variables: &'static [&'static str],
}

const FAIL: &str = include_str!("../../templates/sh/fail.sh");
const NAMES: &str = include_str!("../../templates/sh/names.sh");
const TAGS: &str = include_str!("../../templates/sh/tags.sh");
const AGAIN: &str = include_str!("../../templates/sh/again.sh");
const PROJECT: &str = include_str!("../../templates/sh/project.sh");
const SETUP: &str = include_str!("../../templates/sh/setup.sh");
const TOOL: &str = include_str!("../../templates/sh/tool.sh");

const BUILDING: &str = include_str!("../../templates/sh/build.sh");

pub(super) const CLONE: Command = Command {
    name: "splitbuild-clone",
    title: "Clone the context",
    pieces: &[FAIL, NAMES, TAGS, AGAIN, include_str!("../../templates/sh/clone.sh")],
    variables: &[],
};
pub(super) const LOGIN: Command = Command {
    name: "splitbuild-login",
    title: "Log in",
    pieces: &[FAIL, NAMES, include_str!("../../templates/sh/login.sh")],
    variables: &[REGISTRIES],
};
/// The same where GitLab's own registry is logged in to as well.
pub(super) const GITLAB_LOGIN: Command = Command {
    name: "splitbuild-login",
    title: "Log in",
    pieces: &[FAIL, NAMES, include_str!("../../templates/sh/gitlab.sh"), include_str!("../../templates/sh/login.sh")],
    variables: &[REGISTRIES],
};
pub(super) const BUILD: Command = Command {
    name: "splitbuild-build",
    title: "Build, check and push",
    pieces: &[FAIL, NAMES, TAGS, AGAIN, PROJECT, SETUP, include_str!("../../templates/sh/docker.sh"), BUILDING],
    variables: &[],
};
/// The build without a daemon.
pub(super) const BUILDAH: Command = Command {
    name: "splitbuild-build",
    title: "Build, check and push",
    pieces: &[FAIL, NAMES, TAGS, AGAIN, PROJECT, SETUP, include_str!("../../templates/sh/buildah.sh"), BUILDING],
    variables: &[],
};
pub(super) const MANIFEST: Command = Command {
    name: "splitbuild-manifest",
    title: "Check and publish the index",
    pieces: &[FAIL, PROJECT, TOOL, include_str!("../../templates/sh/manifest.sh")],
    variables: &[VERSION, INSTALL],
};
pub(super) const COPY: Command = Command {
    name: "splitbuild-copy",
    title: "Copy the image",
    pieces: &[FAIL, NAMES, TAGS, PROJECT, SETUP, TOOL, include_str!("../../templates/sh/copy.sh")],
    variables: &[VERSION, INSTALL],
};
pub(super) const EXPORT: Command = Command {
    name: "splitbuild-export",
    title: "Save the images",
    pieces: &[FAIL, NAMES, TAGS, PROJECT, TOOL, include_str!("../../templates/sh/export.sh")],
    variables: &[VERSION, INSTALL],
};

/// What was saved lies where later jobs of GitLab find their artifacts: at the root of the project.
pub(super) const GITLAB_FILES: Command = Command {
    name: "splitbuild-files",
    title: "Put the files where later jobs find them",
    pieces: &["set +f\nmv .splitbuild/export/* .\n"],
    variables: &[],
};

/// Every step of GitLab's jobs, in the order in which they are written.
pub(super) const GITLAB: [&Command; 8] =
    [&CLONE, &GITLAB_LOGIN, &BUILD, &BUILDAH, &MANIFEST, &COPY, &EXPORT, &GITLAB_FILES];

/// Every step of CircleCI's jobs, in the order in which they are written.
pub(super) const CIRCLECI: [&Command; 6] = [&CLONE, &LOGIN, &BUILD, &MANIFEST, &COPY, &EXPORT];

impl Command {
    /// The script. `set -f` because lists of values are words in the environment, which are no file names.
    pub(super) fn script(&self) -> String {
        format!("set -euf\n{}", self.pieces.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_script_holds_what_circleci_would_take_for_a_reference() {
        for command in CIRCLECI {
            assert!(!command.script().contains("<<"), "{}", command.name);
        }
    }
}
