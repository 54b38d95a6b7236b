//! A release: its version, the fixed tags that say it, and the versions that each moving tag may lead.
//!
//! ```text
//! version 1.1.9, fixed tag 1.1.9-slim   the series of all tags VERSION-slim
//! moving tag 1.1-slim                   leads 1.1.x of the series
//! moving tag 1-slim                     leads 1.x
//! moving tag latest-slim, or any other   leads all
//! ```

use std::fmt;
use std::str::FromStr;

/// A [semantic version](https://semver.org).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(semver::Version);

/// Why a text is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no semantic version, such as 1.2.3 or 1.2.3-rc.1: {why}", text.escape_debug())]
pub struct VersionError {
    text: String,
    why: String,
}

impl FromStr for Version {
    type Err = VersionError;

    /// Reads a version; a `v` before it is not part of it.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let refuse = |error: semver::Error| VersionError { text: text.to_owned(), why: error.to_string() };
        semver::Version::parse(text.strip_prefix('v').unwrap_or(text)).map(Self).map_err(refuse)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Version {
    /// Why no moving tag may lead to it, if none may. A tag cannot say build metadata: its `+` would become a `-`, and that
    /// begins a pre-release.
    pub fn unstable(&self) -> Option<&'static str> {
        match (self.0.pre.is_empty(), self.0.build.is_empty()) {
            (false, _) => Some("is a pre-release"),
            (true, false) => Some("has build metadata, which a tag cannot say"),
            (true, true) => None,
        }
    }

    /// How tags say it.
    fn in_tags(&self) -> String {
        self.0.to_string().replace('+', "-")
    }
}

/// The tags that differ in nothing but a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Series {
    before: String,
    after: String,
}

impl Series {
    /// The series of a tag that says the version: `11.2.3` does not say `1.2.3`.
    fn of(tag: &str, version: &Version) -> Option<Self> {
        let text = version.in_tags();
        let is_digit = |c: char| c.is_ascii_digit();
        let goes_on = |text: &str, dotted: Option<&str>| {
            text.starts_with(is_digit) || dotted.is_some_and(|rest| rest.starts_with(is_digit))
        };
        let mut found = tag.match_indices(&text).map(|(at, _)| (&tag[..at], &tag[at + text.len()..]));
        let (before, after) = found.find(|(before, after)| {
            let ends_in_number = before.strip_suffix('.').unwrap_or(before).ends_with(is_digit);
            !ends_in_number && !goes_on(after, after.strip_prefix('.'))
        })?;
        Some(Self { before: before.to_owned(), after: after.to_owned() })
    }

    /// How many characters a tag has in common with the tags of the series; none, if it does not begin and end as they do.
    fn likeness(&self, tag: &str) -> usize {
        let is_alike = tag.strip_prefix(&*self.before).is_some_and(|rest| rest.ends_with(&*self.after));
        if is_alike { self.before.len() + self.after.len() } else { 0 }
    }

    fn tag(&self, version: &str) -> String {
        format!("{}{version}{}", self.before, self.after)
    }

    /// The stable version that a tag of the series says.
    fn version_of(&self, tag: &str) -> Option<Version> {
        let version = tag.strip_prefix(&*self.before)?.strip_suffix(&*self.after)?;
        semver::Version::parse(version).ok().map(Version).filter(|version| version.unstable().is_none())
    }
}

/// Versions of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Span {
    All,
    Major(u64),
    Minor(u64, u64),
}

impl Span {
    fn has(self, Version(version): &Version) -> bool {
        match self {
            Self::All => true,
            Self::Major(major) => version.major == major,
            Self::Minor(major, minor) => (version.major, version.minor) == (major, minor),
        }
    }
}

/// A tag that is to lead to the highest version that it may.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MovingTag {
    pub tag: String,
    /// The fixed tag of the version that is released.
    pub fixed: String,
    series: Series,
    span: Span,
}

/// Why tags are none of a release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    #[error(
        "no fixed tag of {image} says the version {version}, which tells what {tag} may lead: there is {}",
        listed(fixed)
    )]
    NoVersion { image: String, version: String, tag: String, fixed: Vec<String> },
    #[error("{image}:{tag} cannot be moved: it is a fixed tag of this release")]
    Fixed { image: String, tag: String },
    #[error("{image}:{tag} cannot be moved: it is the tag of a version")]
    OfVersion { image: String, tag: String },
}

fn listed(tags: &[String]) -> String {
    if tags.is_empty() { "none".into() } else { tags.join(", ") }
}

impl MovingTag {
    /// The tag `tag` of `image` in the release of `version` under the `fixed` tags. It belongs to the first of them of
    /// whose series it is a shorter version; else it leads all of a series: the one of which it has most around the
    /// version, `-slim` in `latest-slim`; in doubt the first.
    ///
    /// # Errors
    /// It is no tag that may move, or no fixed tag says the version.
    pub fn of((image, tag): (&str, &str), fixed: &[&str], version: &Version) -> Result<Self, ReleaseError> {
        let (image, owned) = (image.to_owned(), tag.to_owned());
        if fixed.contains(&tag) {
            return Err(ReleaseError::Fixed { image, tag: owned });
        }
        let all: Vec<(&str, Series)> =
            fixed.iter().filter_map(|fixed| Some((*fixed, Series::of(fixed, version)?))).collect();
        if all.iter().any(|(_, series)| series.version_of(tag).is_some()) {
            return Err(ReleaseError::OfVersion { image, tag: owned });
        }
        let semver::Version { major, minor, .. } = version.0;
        let spans = [(format!("{major}.{minor}"), Span::Minor(major, minor)), (major.to_string(), Span::Major(major))];
        let span = |series: &Series| spans.iter().find(|(text, _)| series.tag(text) == tag).map(|(_, span)| *span);
        let shorter = all.iter().find_map(|(fixed, series)| Some((*fixed, series, span(series)?)));
        let alike = |(_, series): &&(&str, Series)| std::cmp::Reverse(series.likeness(tag));
        match shorter.or_else(|| all.iter().min_by_key(alike).map(|(fixed, series)| (*fixed, series, Span::All))) {
            Some((fixed, series, span)) => {
                Ok(Self { tag: owned, fixed: fixed.to_owned(), series: series.clone(), span })
            }
            None => {
                let fixed = fixed.iter().map(|&tag| tag.to_owned()).collect();
                Err(ReleaseError::NoVersion { image, version: version.to_string(), tag: owned, fixed })
            }
        }
    }

    /// The version that a tag of the repository says, if this tag may lead to it.
    pub fn version_of(&self, tag: &str) -> Option<Version> {
        self.series.version_of(tag).filter(|version| self.span.has(version))
    }

    /// Whether it may lead to a version.
    pub fn may_lead(&self, version: &Version) -> bool {
        version.unstable().is_none() && self.span.has(version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().expect("a version")
    }

    #[test]
    fn versions() {
        assert_eq!(version("v1.2.3").to_string(), "1.2.3");
        assert_eq!(version("1.2.3-rc.1+b.5").in_tags(), "1.2.3-rc.1-b.5");
        assert!(version("1.10.0") > version("1.9.9") && version("1.0.0-rc.1") < version("1.0.0"));
        assert_eq!(version("1.2.3").unstable(), None);
        assert!(version("1.2.3-rc.1").unstable().is_some() && version("1.2.3+5").unstable().is_some());
        for bad in ["", "1", "1.2", "01.2.3", "vv1.2.3", "1.2.3 ", "V1.2.3", "1.2.3.4", "1.2.99999999999999999999"] {
            let said = bad.parse::<Version>().expect_err(bad).to_string();
            assert!(said.contains("no semantic version, such as 1.2.3"), "{said}");
        }
    }

    #[test]
    fn the_series_of_a_tag() {
        let parts = |tag: &str, text: &str| Series::of(tag, &version(text)).map(|it| (it.before, it.after));
        let good = |before: &str, after: &str| Some((before.to_owned(), after.to_owned()));
        assert_eq!(parts("1.1.9", "1.1.9"), good("", ""));
        assert_eq!(parts("v1.1.9-slim", "v1.1.9"), good("v", "-slim"));
        assert_eq!(parts("cuda.1.1.9.2024", "1.1.9"), None);
        assert_eq!(parts("a-11.1.9-1.1.9", "1.1.9"), good("a-11.1.9-", ""), "the first that is whole");
        for other in ["11.1.9", "1.1.90", "2.1.1.9", "1.1.9.1", "1.1.8", "abc"] {
            assert_eq!(parts(other, "1.1.9"), None, "{other}");
        }
        assert_eq!(parts("1.2.3-b5", "1.2.3+b5"), good("", ""));
    }

    #[test]
    fn what_a_moving_tag_may_lead() {
        let leads = |moving: &str, fixed: &[&str], tags: &[&str]| -> Vec<String> {
            let moving = MovingTag::of(("acme/app", moving), fixed, &version("1.1.9")).expect("a moving tag");
            tags.iter().filter(|tag| moving.version_of(tag).is_some()).map(|&tag| tag.to_owned()).collect()
        };
        let plain =
            ["1.1.8", "1.2.0", "2.0.0", "1.1.10-alpine", "v1.1.9", "1.1", "latest", "1.1.9-amd64", "3.0.0-rc.1"];
        assert_eq!(leads("latest", &["1.1.9"], &plain), ["1.1.8", "1.2.0", "2.0.0"]);
        assert_eq!(leads("1", &["1.1.9"], &plain), ["1.1.8", "1.2.0"]);
        assert_eq!(leads("1.1", &["1.1.9"], &plain), ["1.1.8"]);
        assert_eq!(leads("1.1", &["abc", "v1.1.9", "1.1.9"], &plain), ["1.1.8"], "the series that it shortens");
        assert_eq!(leads("stable", &["abc", "v1.1.9", "1.1.9"], &plain), ["v1.1.9"], "the first that says the version");
        let slim =
            ["1.1.10-slim", "1.2.0-slim", "1.1.11", "1.1.12-slim-arm64", "2.0.0-rc.1-slim", "1.1.13-alpine-slim"];
        assert_eq!(leads("1.1-slim", &["1.1.9", "1.1.9-slim"], &slim), ["1.1.10-slim"]);
        for moving in ["slim", "latest-slim"] {
            assert_eq!(leads(moving, &["1.1.9-slim"], &slim), ["1.1.10-slim", "1.2.0-slim"], "{moving}");
        }
        assert_eq!(leads("latest-slim", &["1.1.9", "1.1.9-slim"], &slim), ["1.1.10-slim", "1.2.0-slim"]);
        assert_eq!(leads("latest", &["1.1.9", "1.1.9-slim"], &slim), ["1.1.11"]);
    }

    #[test]
    fn tags_that_are_none_of_a_release() {
        let refused = |moving: &str, fixed: &[&str]| {
            MovingTag::of(("acme/app", moving), fixed, &version("1.1.9")).expect_err(moving).to_string()
        };
        assert_eq!(
            refused("latest", &["1.1.8", "abc"]),
            "no fixed tag of acme/app says the version 1.1.9, which tells what latest may lead: there is 1.1.8, abc"
        );
        assert!(refused("latest", &[]).ends_with("there is none"));
        assert!(refused("1.1.9", &["1.1.9"]).contains("is a fixed tag of this release"));
        assert!(refused("1.1.8", &["1.1.9"]).contains("is the tag of a version"));
    }
}
