//! What `init` says to a person: what it found, what it guessed, what it left out, and what to do next.

use std::collections::BTreeMap;
use std::path::Path;

use super::ci::Ci;
use crate::proposal::{Image, Proposal};
use crate::repository::Repository;
use crate::shell;

/// The most lines of one kind; the others are counted.
const MOST: usize = 20;

/// How many of the files that one thing is said of are named.
const NAMED: usize = 4;

pub(super) struct Summary<'s> {
    pub(super) repository: &'s Repository,
    pub(super) proposal: &'s Proposal,
    pub(super) ci: &'s Ci,
}

impl Summary<'_> {
    /// That there is nothing to build.
    pub(super) fn nothing(&self) -> String {
        let mut text = vec!["splitbuild: there is no Dockerfile to build here; nothing was written".to_owned()];
        text.extend(self.left_out());
        text.push("  help: write the matrix by hand; `splitbuild gen --help` shows the smallest".into());
        text.join("\n") + "\n"
    }

    /// Everything, after the matrix was written.
    pub(super) fn text(&self, output: &Path) -> String {
        let is_printed = output == Path::new("-");
        let images = counted(self.proposal.images.len(), "image");
        let mut text = vec![match is_printed {
            true => format!("{images}; nothing was written"),
            false => format!("wrote {}: {images}", output.display()),
        }];
        text.push(format!("  found: {}", self.found().join(", ")));
        text.extend(listed("guessed", self.guesses()));
        text.extend(self.left_out());
        text.extend(self.next(if is_printed { Path::new(super::MATRIX) } else { output }));
        text.join("\n") + "\n"
    }

    fn found(&self) -> Vec<String> {
        let git = &self.repository.git;
        let mut found = vec![counted(self.repository.found.dockerfiles.len(), "Dockerfile")];
        let others = [("Compose file", &self.repository.found.compose), ("bake file", &self.repository.found.bake)];
        found.extend(
            others.into_iter().filter(|(_, files)| !files.is_empty()).map(|(noun, files)| counted(files.len(), noun)),
        );
        found.extend(git.remote.as_ref().map(|remote| format!("the remote {}/{}", remote.host, remote.path)));
        found.extend(git.branch.as_ref().map(|branch| format!("the branch {branch}")));
        found.extend(self.ci.found.iter().map(|path| (*path).to_owned()));
        let waiting = self.proposal.images.iter().filter(|image| !image.needs.is_empty()).count();
        if waiting > 0 {
            found.push(format!("{} on others of these", counted(waiting, "image")));
        }
        found
    }

    fn guesses(&self) -> Vec<String> {
        let proposal = self.proposal;
        // The line says already that it is guessed, which the matrix's comment has to say itself.
        let why = proposal.prefix.why.trim_start_matches("guessed").trim_start_matches([':', ' ']);
        let mut guesses = vec![format!("names begin with {}: {why}", proposal.prefix.text)];
        if !proposal.is_branch_known {
            guesses.push(format!("the branch is {}", proposal.branch));
        }
        if self.ci.is_guess {
            guesses.push(format!("the CI is {}; --provider names another", self.ci.provider.vocabulary().title));
        }
        guesses.extend(proposal.images.iter().flat_map(of_image));
        guesses
    }

    /// What was left out, by why.
    fn left_out(&self) -> Vec<String> {
        let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for left in &self.proposal.left_out {
            by_reason.entry(&left.why).or_default().push(&left.path);
        }
        let line = |(why, paths): (&str, Vec<&str>)| match paths.len().saturating_sub(NAMED) {
            0 | 1 => format!("{}: {why}", paths.join(", ")),
            others => format!("{} and {others} more: {why}", paths[..NAMED].join(", ")),
        };
        listed("left out", by_reason.into_iter().map(line).collect())
    }

    /// What to run, where the repository begins.
    fn next(&self, matrix: &Path) -> Vec<String> {
        let (option, path) = (self.ci.option(), self.ci.provider.path(self.ci.hand_written.is_some()));
        let matrix = shell::literal(&matrix.display().to_string());
        let named = if matrix == super::MATRIX { String::new() } else { format!(" {matrix}") };
        let mut lines =
            vec!["next: mend what was guessed, name the image that holds splitbuild under `tool`, then run".into()];
        lines.push(format!("  splitbuild plan{named}{option}"));
        lines.push(format!("  splitbuild gen{named}{option} -o {path}"));
        lines.push(format!("  git add {matrix} {path}"));
        if let Some(place) = self.ci.login(self.repository, self.proposal) {
            let (user, password) = self.proposal.variables();
            let registry = self.proposal.prefix.host();
            lines.push(format!("before the first push: set {user} and {password}, the login of {registry}, {place}"));
        }
        lines.extend(self.ci.hand_written.map(|path| {
            format!("but first: {path} is written by hand; the top of the matrix says how its jobs are kept")
        }));
        lines
    }
}

/// What is guessed of an image.
fn of_image(image: &Image) -> Vec<String> {
    let contexts = image.builds.iter().filter_map(|build| {
        let folder = if build.context.folder == "." { "the root" } else { &build.context.folder };
        build.context.guess.as_ref().map(|guess| format!("{} is built in {folder}; {guess}", build.path))
    });
    let doubts = image.needs.iter().filter_map(|need| need.doubt.clone());
    contexts.chain(doubts).chain(image.comments.iter().cloned()).collect()
}

fn listed(head: &str, mut lines: Vec<String>) -> Vec<String> {
    let others = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    lines.extend((others > 0).then(|| format!("{others} more")));
    lines.into_iter().map(|line| format!("  {head}: {line}")).collect()
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
