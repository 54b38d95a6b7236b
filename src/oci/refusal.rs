//! What must hold of images before they become one index, and the messages when it does not.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use super::{Descriptor, Entry, Format, ImagePlatform, shown};
use crate::platform::Platform;

/// An image that was found where one architecture was to be, before anything is believed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub asked: Platform,
    /// The reference that led to it, as a person knows it.
    pub from: String,
    /// Its descriptor: with the platform and annotations of the index that it was in, if it was in one.
    pub image: Descriptor,
    /// Its attestations in that index.
    pub attestations: Vec<Descriptor>,
    /// The platform that its configuration says.
    pub platform: ImagePlatform,
    pub revision: Option<Revision>,
    pub index_annotations: Option<BTreeMap<String, String>>,
}

/// The commit that an image was built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub commit: String,
    /// `label`, `annotation` or `hand-over file`.
    pub reported_by: &'static str,
}

impl Candidate {
    /// The entry that it becomes: the platform as its index had it, else as its configuration says it. The version of a
    /// system that the index left out is taken from the configuration; if neither has one, it is the one that was asked for.
    pub fn entry(&self) -> Entry {
        let mut image = self.image.clone();
        let platform = image.platform.get_or_insert_with(|| self.platform.clone());
        let reported = [&platform.os_version, &self.platform.os_version].into_iter().flatten().next().cloned();
        platform.os_version = reported.or_else(|| self.asked.os_version().map(str::to_owned));
        Entry { image, attestations: self.attestations.clone() }
    }
}

/// Why an index is not made. Every one names the image and the platform, what was found, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{from} ({platform}) is not in {registry}")]
    Missing { from: String, platform: Platform, registry: String },
    #[error("{from} ({platform}) in {registry} is not an image that an index can hold: {why}")]
    NoImage { from: String, platform: Platform, registry: String, why: String },
    #[error("{from} should be {asked}, but its configuration says {found}{}", same_as.as_ref().map(|other| format!("; it is the same image as {other}")).unwrap_or_default())]
    WrongPlatform { from: String, asked: Platform, found: String, same_as: Option<String> },
    #[error("{from} is an index that says {described}, but the image's configuration says {found}")]
    Contradiction { from: String, described: String, found: String },
    #[error("{from} and {other} are both {platform}, but an index holds one image per platform")]
    Twice { from: String, other: String, platform: String },
    #[error("{from} in {registry} is an index with {} for {platform}; it holds {}", counted(*count, "image"), listed(found))]
    Choice { from: String, platform: Platform, registry: String, count: usize, found: Vec<String> },
    #[error("the architectures are not built from one commit: {}", format_revisions(found))]
    Revisions { found: Vec<(Platform, Option<Revision>)> },
    #[error("{from} has {what}, which a Docker manifest list cannot hold")]
    NotInDockerList { from: String, what: Extra },
}

/// What belongs to an image in an OCI index, and has no place in a Docker manifest list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    Attestations,
    Annotations,
}

impl fmt::Display for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attestations => "attestations",
            Self::Annotations => "annotations",
        })
    }
}

impl Refusal {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "its build has not pushed it: look at the log of that job; --wait 10m waits for builds that still run; \
                 --platform says which architectures there are, and --arch-image how they are named"
            }
            Self::NoImage { .. } => "push a container image under this name, or name another with --source",
            Self::WrongPlatform { .. } | Self::Contradiction { .. } => {
                "it was built on a machine of another architecture, or without --platform, or pushed under the wrong \
                 name: build it again"
            }
            Self::Twice { .. } => {
                "remove one of them; images for several versions of Windows need an os.version in their configurations"
            }
            Self::Choice { count: 0, .. } => {
                "build it for this platform, or list only the platforms that it has with --platform"
            }
            Self::Choice { .. } => {
                "say which one: by digest, --source PLATFORM=IMAGE@sha256:…, or by version, \
                 windows/amd64:10.0.20348.2000"
            }
            Self::Revisions { .. } => {
                "rerun all builds, so that they use the same commit; --allow-mixed-revisions publishes the index anyway"
            }
            Self::NotInDockerList { what: Extra::Attestations, .. } => {
                "remove --format docker, or drop them with --attestations drop"
            }
            Self::NotInDockerList { .. } => "remove --format docker",
        }
    }
}

/// What must hold of the images of one index together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    pub format: Format,
    /// Whether the images may be made from several commits.
    pub mixed_revisions: bool,
}

/// Every reason why `candidates` do not become an index.
pub fn check(candidates: &[Candidate], rules: Rules) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = Vec::new();
    let mut good: Vec<&Candidate> = Vec::new();
    for candidate in candidates {
        match platform_problem(candidate, candidates).or_else(|| twice(candidate, &good)) {
            Some(refusal) => refusals.push(refusal),
            None => good.push(candidate),
        }
        if rules.format == Format::Docker {
            refusals.extend(docker_problem(candidate));
        }
    }
    let commits = || candidates.iter().map(|candidate| candidate.revision.as_ref().map(|r| &r.commit));
    if !rules.mixed_revisions && commits().any(|commit| Some(commit) != commits().next()) {
        let found = candidates.iter().map(|candidate| (candidate.asked.clone(), candidate.revision.clone())).collect();
        refusals.push(Refusal::Revisions { found });
    }
    refusals
}

fn platform_problem(candidate: &Candidate, all: &[Candidate]) -> Option<Refusal> {
    let said = |platform: &ImagePlatform| match platform.normal() {
        Some(platform) => platform.to_string(),
        None => "no platform".to_owned(),
    };
    let found = candidate.platform.normal();
    let from = candidate.from.clone();
    if let Some(described) = candidate.image.platform.as_ref().filter(|described| !described.fits(&candidate.platform))
    {
        let (described, found) = (said(described), said(&candidate.platform));
        return Some(Refusal::Contradiction { from, described, found });
    }
    if found.is_some_and(|found| found.fits(&candidate.asked)) {
        return None;
    }
    let same = all.iter().find(|other| other.image.digest == candidate.image.digest && other.from != candidate.from);
    Some(Refusal::WrongPlatform {
        from,
        asked: candidate.asked.clone(),
        found: said(&candidate.platform),
        same_as: same.map(|other| other.from.clone()),
    })
}

/// One that was there before for the same platform, or that is the same image.
fn twice(candidate: &Candidate, before: &[&Candidate]) -> Option<Refusal> {
    let platform = |candidate: &Candidate| candidate.entry().image.platform.as_ref().and_then(ImagePlatform::normal);
    let mine = platform(candidate);
    let other = before.iter().find(|other| other.image.digest == candidate.image.digest || platform(other) == mine)?;
    let (from, other) = (candidate.from.clone(), other.from.clone());
    Some(Refusal::Twice { from, other, platform: mine.map(|it| it.to_string()).unwrap_or_default() })
}

fn docker_problem(candidate: &Candidate) -> Option<Refusal> {
    let what = match (candidate.attestations.is_empty(), candidate.image.annotations.is_empty()) {
        (true, true) => return None,
        (false, _) => Extra::Attestations,
        (true, false) => Extra::Annotations,
    };
    Some(Refusal::NotInDockerList { from: candidate.from.clone(), what })
}

fn format_revisions(found: &[(Platform, Option<Revision>)]) -> String {
    let mut text = String::new();
    for (platform, revision) in found {
        let separator = if text.is_empty() { "" } else { ", " };
        let _ = match revision {
            Some(Revision { commit, reported_by }) => {
                write!(text, "{separator}{platform} from {} ({reported_by})", shown(commit))
            }
            None => write!(text, "{separator}{platform} from an unknown one"),
        };
    }
    text
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        0 => format!("no {noun}"),
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// What an index holds, for a person: not more of it than can be read.
pub fn listed(found: &[String]) -> String {
    const MOST: usize = 12;
    match found.len() {
        0 => "none".to_owned(),
        count if count > MOST => format!("{}, and {} more", found[..MOST].join(", "), count - MOST),
        _ => found.join(", "),
    }
}

#[cfg(test)]
mod tests;
