//! The shell of jobs in workflows that push nothing: parents come as files of earlier jobs, and so do their children get
//! them; of a copy, its source stands for it.

use std::sync::Arc;

use super::{Values, named};
use crate::plan::{Build, LocalParent, Recipe, Tag, Work};
use crate::provider::builder::Builder;
use crate::template::Template;

const KEEP: &str = include_str!("../../../templates/sh/keep.sh");
const LOAD: &str = include_str!("../../../templates/sh/load.sh");

/// Before a word that is a file: one that is a name of a copy, and what that means.
const COPIES: &str = r#"  case $one in
    *=*)
      try pull_as "${one#*=}" "${one%%=*}"
      echo "--build-context=${one%%=*}=docker-image://${one#*=}" >>.splitbuild/pins
      continue
      ;;
  esac
"#;

/// The option by which base images are pulled anew.
pub(super) const PULL: &str = "--pull";

/// What puts it where pins are.
pub(in crate::provider) const ADD_PULL: &str = "echo --pull >>.splitbuild/pins";

/// Whether the workflows that run a job push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Pushes {
    Always,
    Never,
    /// Some do, and others do not.
    Sometimes,
}

impl Values<'_> {
    pub(in crate::provider) fn pushes(&self) -> Pushes {
        let mut pushes = self.runs.iter().map(|place| self.plan.workflows[*place].push);
        match (pushes.clone().any(|push| push), pushes.any(|push| !push)) {
            (_, false) => Pushes::Always,
            (false, true) => Pushes::Never,
            (true, true) => Pushes::Sometimes,
        }
    }

    /// Whether a workflow that pushes nothing logs in all the same.
    pub(in crate::provider) fn logs_in_locally(&self) -> bool {
        !self.plan.registries.is_empty() && self.runs.iter().any(|place| self.plan.workflows[*place].login)
    }

    /// Whether base images are pulled anew in those workflows only that push: parents that nobody pushes are not there to be
    /// pulled. Then the option is put where pins are.
    pub(in crate::provider) fn pulls_sometimes(&self) -> bool {
        self.pushes() == Pushes::Sometimes && self.leaves_pull()
    }

    /// Whether the command that builds is without the option by which base images are pulled anew.
    pub(super) fn leaves_pull(&self) -> bool {
        let Work::Build(Build { recipe: Recipe::Docker(options), .. }) = &self.job.work else { return false };
        let pulls = options.iter().any(|option| option.flag == PULL);
        pulls && self.pushes() != Pushes::Always && self.plan.has_parents(self.job)
    }

    /// The parents of a build where nothing is pushed, as words of shell: a file for each build, `NAME=SOURCE` for each name
    /// of a copy.
    pub(in crate::provider) fn local_parents(&self, quote: &str) -> Vec<String> {
        let own = match &self.job.work {
            Work::Build(build) => build.arch.as_str(),
            _ => "",
        };
        let mut words = Vec::new();
        for parent in &self.job.local.parents {
            match parent {
                LocalParent::Build(key, arch) if arch == own => words.push(format!("{quote}{key}-$arch{quote}")),
                LocalParent::Build(key, arch) => words.push(format!("{key}-{arch}")),
                LocalParent::Copy(names, source, tags) => words.extend(self.copied(names, source, tags)),
            }
        }
        words
    }

    /// The names that a copy has in the workflows that push nothing, each once.
    fn copied(&self, names: &[Template], source: &Template, tags: &[Arc<[Tag]>]) -> Vec<String> {
        let mut words = Vec::new();
        for place in self.runs.iter().filter(|place| !self.plan.workflows[**place].push) {
            let here = Values { runs: std::slice::from_ref(place), ..*self };
            for (name, tag) in names.iter().flat_map(|name| tags[*place].iter().map(move |tag| (name, tag.full()))) {
                let mut word = name.clone();
                word.push_literal(":");
                word.push(&tag);
                word.push_literal("=");
                word.push(source);
                words.push(here.word(&word));
            }
        }
        words.sort_unstable();
        words.dedup();
        words
    }
}

/// Checks `"$@"`, the images that were built; see [`super::push()`].
pub(in crate::provider) fn check(builder: Builder, has_arch_names: bool) -> String {
    named(super::CHECK, builder, has_arch_names)
}

/// Keeps them, once they are checked, for the builds on them. `run` tells this run from others, where a daemon outlives it.
pub(in crate::provider) fn keep(builder: Builder, has_arch_names: bool, run: Option<&str>) -> String {
    let prefix = run.map(|run| format!("${run}-")).unwrap_or_default();
    named(&KEEP.replace("$run-", &prefix), builder, has_arch_names)
}

/// What gives the daemon the parents that `"$@"` names, and says to the build what their names mean; `has_copies` says that
/// copies may be among them. `job` tells this job from others, where a daemon outlives it: one beside it may take its own
/// names away.
pub(in crate::provider) fn load(has_copies: bool, job: Option<&str>) -> String {
    let text = match job {
        Some(job) => LOAD.replace("$job", &format!("${job}")),
        None => LOAD
            .replace(
                "[ \"$saved\" = \"$loaded\" ] || try load_as \"$from/$one.tar\" \"$saved\" \"$saved-$job\"",
                "[ -n \"$loaded\" ] || docker load --input \"$from/$one.tar\" </dev/null",
            )
            .replace("-$job", ""),
    };
    if has_copies { text.replace("  loaded=\n", &format!("{COPIES}  loaded=\n")) } else { text }
}
