//! What must hold of images before they become one index, and what is said when it does not.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Descriptor, Entry, Format, ImagePlatform, shown};
use crate::platform::Platform;

/// An image that was found where one architecture was to be, before anything is believed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The platform that it is to be.
    pub asked: Platform,
    /// The reference that led to it, as a person knows it.
    pub from: String,
    /// Its descriptor: with the platform and annotations of the index that it was in, if it was in one.
    pub image: Descriptor,
    /// Its attestations in that index.
    pub attestations: Vec<Descriptor>,
    /// The platform that its configuration says.
    pub platform: ImagePlatform,
    /// The commit that it was made from.
    pub revision: Option<Revision>,
    /// The annotations of the index that it was in.
    pub index_annotations: Option<BTreeMap<String, String>>,
}

/// A commit, and who tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The commit.
    pub commit: String,
    /// `label`, `annotation` or `hand-over file`.
    pub told_by: &'static str,
}

impl Candidate {
    /// The entry that it becomes: the platform as its index had it, else as its configuration says it. What the index
    /// left out of a system's version is taken from the configuration.
    pub fn entry(&self) -> Entry {
        let mut image = self.image.clone();
        let platform = image.platform.get_or_insert_with(|| self.platform.clone());
        platform.os_version = platform.os_version.take().or_else(|| self.platform.os_version.clone());
        Entry { image, attestations: self.attestations.clone() }
    }
}

/// Why an index is not made. Every one names the image and the platform, what was found, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing is there.
    #[error("{from} ({platform}) is not in {registry}")]
    Missing {
        /// The reference.
        from: String,
        /// The platform asked for.
        platform: Platform,
        /// The registry's host.
        registry: String,
    },
    /// There is something else than an image.
    #[error("{from} ({platform}) in {registry} is no image that an index can hold: {why}")]
    NoImage {
        /// The reference.
        from: String,
        /// The platform asked for.
        platform: Platform,
        /// The registry's host.
        registry: String,
        /// What is wrong with it.
        why: String,
    },
    /// The image's own configuration says another platform.
    #[error("{from} is to be {asked}, but its configuration says {found}{}", same_as.as_ref().map(|other| format!("; it is the very image of {other}")).unwrap_or_default())]
    WrongPlatform {
        /// The reference.
        from: String,
        /// The platform asked for.
        asked: Platform,
        /// The platform found.
        found: String,
        /// Another reference that leads to the same image.
        same_as: Option<String>,
    },
    /// The index that holds the image says another platform than the image does.
    #[error("{from} is an index that says {described} of an image whose configuration says {found}")]
    Contradiction {
        /// The reference.
        from: String,
        /// What the index says.
        described: String,
        /// What the configuration says.
        found: String,
    },
    /// An index does not hold one image for the platform.
    #[error("{from} in {registry} is an index with {} for {platform}; it holds {}", counted(*count, "image"), listed(found))]
    Choice {
        /// The reference.
        from: String,
        /// The platform asked for.
        platform: Platform,
        /// The registry's host.
        registry: String,
        /// How many images for the platform it holds: none, or several.
        count: usize,
        /// The platforms of all its images.
        found: Vec<String>,
    },
    /// The images were not made from one commit.
    #[error("the architectures are not made from one commit: {}", told(found))]
    Revisions {
        /// Every platform and its commit.
        found: Vec<(Platform, Option<Revision>)>,
    },
    /// A Docker manifest list cannot hold what belongs to an image.
    #[error("{from} has {what}, which a Docker manifest list cannot hold")]
    NotInDockerList {
        /// The reference.
        from: String,
        /// `attestations` or `annotations`.
        what: &'static str,
    },
}

impl Refusal {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "its build has not pushed it: look at the log of that job; --wait 10m waits for builds that still run, \
                 --platform says which architectures there are, --arch-image what their names are"
            }
            Self::NoImage { .. } => "push a container image under this name, or name another with --source",
            Self::WrongPlatform { .. } | Self::Contradiction { .. } => {
                "it was built on a machine of another architecture, or without --platform, or pushed under the wrong \
                 name: build it again"
            }
            Self::Choice { count: 0, .. } => {
                "build it for this platform, or name the platforms that there are with --platform"
            }
            Self::Choice { .. } => "name the one that is meant by its digest: --source PLATFORM=IMAGE@sha256:…",
            Self::Revisions { .. } => {
                "rerun all the builds, so that they clone the same commit; --allow-mixed-revisions publishes it anyway"
            }
            Self::NotInDockerList { what: "attestations", .. } => {
                "leave --format docker out, or leave them out with --attestations drop"
            }
            Self::NotInDockerList { .. } => "leave --format docker out",
        }
    }
}

/// What must hold of the images of one index together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// How the index is written.
    pub format: Format,
    /// Whether the images may be made from several commits.
    pub mixed_revisions: bool,
}

/// Every reason why `candidates` do not become an index.
pub fn check(candidates: &[Candidate], rules: Rules) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = Vec::new();
    for candidate in candidates {
        refusals.extend(platform_problem(candidate, candidates));
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
    if let Some(described) = &candidate.image.platform
        && described.normal() != found
    {
        let (described, found) = (said(described), said(&candidate.platform));
        return Some(Refusal::Contradiction { from, described, found });
    }
    if found.as_ref() == Some(&candidate.asked) {
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

fn docker_problem(candidate: &Candidate) -> Option<Refusal> {
    let what = match (candidate.attestations.is_empty(), candidate.image.annotations.is_empty()) {
        (true, true) => return None,
        (false, _) => "attestations",
        (true, false) => "annotations",
    };
    Some(Refusal::NotInDockerList { from: candidate.from.clone(), what })
}

fn told(found: &[(Platform, Option<Revision>)]) -> String {
    let mut told = String::new();
    for (platform, revision) in found {
        let separator = if told.is_empty() { "" } else { ", " };
        let _ = match revision {
            Some(Revision { commit, told_by }) => {
                write!(told, "{separator}{platform} from {} ({told_by})", shown(commit))
            }
            None => write!(told, "{separator}{platform} tells none"),
        };
    }
    told
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        0 => format!("no {noun}"),
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

fn listed(found: &[String]) -> String {
    if found.is_empty() { "none".to_owned() } else { found.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::oci::MANIFEST;

    fn candidate(asked: &str, found: (&str, Option<&str>), commit: Option<&str>) -> Candidate {
        let platform = ImagePlatform {
            os: "linux".into(),
            architecture: found.0.into(),
            variant: found.1.map(str::to_owned),
            ..ImagePlatform::default()
        };
        Candidate {
            asked: asked.parse().expect("a platform"),
            from: format!("a/b:{asked}"),
            image: Descriptor {
                media_type: MANIFEST.into(),
                digest: Digest::of(format!("{found:?}").as_bytes()),
                size: 1,
                platform: None,
                annotations: BTreeMap::new(),
                rest: serde_json::Map::new(),
            },
            attestations: Vec::new(),
            platform,
            revision: commit.map(|commit| Revision { commit: commit.into(), told_by: "label" }),
            index_annotations: None,
        }
    }

    fn refusals(candidates: &[Candidate], rules: Rules) -> Vec<String> {
        check(candidates, rules).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn platforms_come_from_the_configuration() {
        let good = [
            candidate("linux/amd64", ("amd64", None), None),
            candidate("linux/arm64", ("arm64", Some("v8")), None),
            candidate("linux/arm/v7", ("arm", Some("v7")), None),
        ];
        assert_eq!(refusals(&good, Rules::default()), [""; 0]);
        let bad = [candidate("linux/amd64", ("amd64", None), None), candidate("linux/arm64", ("amd64", None), None)];
        assert_eq!(
            refusals(&bad, Rules::default()),
            ["a/b:linux/arm64 is to be linux/arm64, but its configuration says linux/amd64; it is the very image of a/b:linux/amd64"]
        );
        for (asked, found) in
            [("linux/arm", Some("v7")), ("linux/arm/v7", None), ("linux/arm/v6", Some("v7")), ("linux/arm", Some("v6"))]
        {
            assert_eq!(check(&[candidate(asked, ("arm", found), None)], Rules::default()).len(), 1, "{asked}");
        }
        assert_eq!(
            refusals(&[candidate("linux/amd64", ("", None), None)], Rules::default()),
            ["a/b:linux/amd64 is to be linux/amd64, but its configuration says no platform"]
        );
    }

    #[test]
    fn an_index_that_contradicts_its_image() {
        let mut wrong = candidate("linux/arm64", ("arm64", None), None);
        wrong.image.platform = Some(ImagePlatform { architecture: "amd64".into(), ..wrong.platform.clone() });
        assert!(matches!(&check(&[wrong], Rules::default())[..], [Refusal::Contradiction { .. }]));
    }

    #[test]
    fn one_commit() {
        let pair = |a, b| {
            [candidate("linux/amd64", ("amd64", None), a), candidate("linux/arm64", ("arm64", None), b)]
        };
        assert_eq!(refusals(&pair(Some("x"), Some("x")), Rules::default()), [""; 0]);
        assert_eq!(
            refusals(&pair(Some("x"), Some("y")), Rules::default()),
            ["the architectures are not made from one commit: linux/amd64 from x (label), linux/arm64 from y (label)"]
        );
        assert_eq!(
            refusals(&pair(None, Some("y")), Rules::default()),
            ["the architectures are not made from one commit: linux/amd64 tells none, linux/arm64 from y (label)"]
        );
        let mixed = Rules { mixed_revisions: true, ..Rules::default() };
        assert_eq!(refusals(&pair(None, Some("y")), mixed), [""; 0]);
    }

    #[test]
    fn a_docker_list_holds_no_attestation() {
        let mut attested = candidate("linux/amd64", ("amd64", None), None);
        attested.attestations = vec![attested.image.clone()];
        let rules = Rules { format: Format::Docker, ..Rules::default() };
        let refused = check(&[attested], rules);
        assert_eq!(refused[0].to_string(), "a/b:linux/amd64 has attestations, which a Docker manifest list cannot hold");
        assert!(refused[0].help().contains("--attestations drop"));
    }

    #[test]
    fn an_entry_keeps_what_is_known() {
        let mut windows = candidate("windows/amd64", ("amd64", None), None);
        windows.platform.os = "windows".into();
        windows.platform.os_version = Some("10.0.1".into());
        windows.image.platform = Some(ImagePlatform { os_version: None, ..windows.platform.clone() });
        let platform = windows.entry().image.platform.expect("a platform");
        assert_eq!((platform.os.as_str(), platform.os_version.as_deref()), ("windows", Some("10.0.1")));
    }
}
