//! Which CI a repository has, and what that means for the matrix.

use std::path::PathBuf;

use crate::file::{self, LONGEST_TEXT};
use crate::proposal::{Proposal, Target};
use crate::provider::{ALL, Emitted, Provider, is_generated};
use crate::repository::Repository;

/// Words of a configuration that builds images.
const BUILDS: [&str; 5] = ["docker build", "buildx", "build-push-action", "bake", "buildah"];

/// The provider that the matrix is for, with the files of all that are there.
pub(super) struct Ci {
    pub(super) provider: &'static dyn Provider,
    /// Whether there may be another: nothing is there, or several are.
    pub(super) is_guess: bool,
    /// The usual paths that are there, of all providers.
    pub(super) found: Vec<&'static str>,
    /// The provider's file, where that is written by hand and would be overwritten.
    pub(super) hand_written: Option<&'static str>,
}

impl Ci {
    /// The one that was asked for, else the one whose files are there; of several, the one that says most of images; else
    /// the one that belongs to where the repository is kept.
    pub(super) fn of(repository: &Repository, asked: Option<&'static dyn Provider>) -> Self {
        let is_there = |provider: &&&'static dyn Provider| repository.root.join(provider.path(false)).exists();
        let there: Vec<&'static dyn Provider> = ALL.iter().filter(is_there).copied().collect();
        // Of equals, the first.
        let by_files = || there.iter().rev().copied().max_by_key(|provider| mentions(repository, *provider));
        let by_host = || ALL.iter().copied().find(|provider| is_kept_at(repository, provider.name()));
        let known = asked.or_else(by_files).or_else(by_host);
        let provider = known.unwrap_or(ALL[0]);
        let path = provider.path(false);
        let hand_written = !provider.has_files() && is_foreign(&repository.root.join(path));
        let found = there.iter().map(|provider| provider.path(false)).collect();
        Self {
            provider,
            is_guess: asked.is_none() && there.len() != 1,
            found,
            hand_written: hand_written.then_some(path),
        }
    }

    /// For whom the matrix is written.
    pub(super) fn target(&self, repository: &Repository, proposal: &Proposal, workflow: &str) -> Target {
        Target {
            workflow: workflow.to_owned(),
            login: self.login(repository, proposal),
            tool: concat!("registry.example.com/ci/splitbuild:", env!("CARGO_PKG_VERSION")).into(),
            hints: self.hints(),
        }
    }

    /// Where the login of the registry is set, if runs need to be told.
    pub(super) fn login(&self, repository: &Repository, proposal: &Proposal) -> Option<&'static str> {
        let vocabulary = self.provider.vocabulary();
        let registry = proposal.prefix.host();
        let is_known = vocabulary.registries.iter().any(|(host, _, _)| *host == registry);
        // The registry of the very place that runs the jobs.
        let is_own = proposal.prefix.is_of_remote && is_kept_at(repository, vocabulary.name);
        (!is_known && !is_own).then_some(vocabulary.advice.variables)
    }

    /// What is to be done with the file that is written by hand.
    fn hints(&self) -> Vec<String> {
        let Some(path) = self.hand_written else { return Vec::new() };
        let (name, own) = (self.provider.name(), self.provider.vocabulary().advice.own_file);
        let then = match own == path {
            true => format!("include {} in it", self.provider.path(true)),
            false => format!("move it to {own}"),
        };
        vec![format!("To keep the jobs of {path}, {then}, and add here:"), format!("{name}: {{ config: {own} }}")]
    }

    /// Whether `gen` would have to replace what somebody has written, in a folder of many files.
    pub(super) fn has_foreign(&self, repository: &Repository, emitted: &Emitted) -> bool {
        self.provider.has_files() && emitted.files.iter().any(|file| is_foreign(&repository.root.join(&file.path)))
    }

    /// The option of a command that names the provider, after a space.
    pub(super) fn option(&self) -> String {
        let name = self.provider.name();
        if name == ALL[0].name() { String::new() } else { format!(" --provider {name}") }
    }
}

/// Whether the remote is at the provider's own place: one part of its host is the provider's name.
fn is_kept_at(repository: &Repository, provider: &str) -> bool {
    repository.git.remote.as_ref().is_some_and(|remote| remote.host.split('.').any(|part| part == provider))
}

/// Whether a file is there that was not generated.
fn is_foreign(path: &std::path::Path) -> bool {
    let text = file::read(path, LONGEST_TEXT).map(|text| String::from_utf8_lossy(&text).into_owned());
    path.exists() && !text.is_ok_and(|text| is_generated(&text))
}

/// How many lines of a provider's files speak of building images.
fn mentions(repository: &Repository, provider: &dyn Provider) -> usize {
    let path = repository.root.join(provider.path(false));
    let files = if provider.has_files() { file::entries(&path).unwrap_or_default() } else { vec![path] };
    let lines = |path: &PathBuf| {
        let text = file::read(path, LONGEST_TEXT).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        text.lines().filter(|line| BUILDS.iter().any(|word| line.contains(word))).count()
    };
    files.iter().map(lines).sum()
}
