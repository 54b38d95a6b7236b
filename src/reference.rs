//! `registry/repository:tag@sha256:…` and `oci:DIR:tag`: what names an image, parsed and printed without any I/O.

mod name;
mod place;

use std::fmt;
use std::str::FromStr;

pub use name::{
    DOCKER_HUB, TAG_EXPRESSION, TAG_LIMIT, full_name, is_registry, name_pattern, name_problem, registry,
    registry_pattern, tag_problem,
};
pub use place::Place;

use crate::digest::Digest;

/// The tag that is meant where none is written, as Docker has it.
const DEFAULT_TAG: &str = "latest";

/// A repository of a registry, by its full name: equal repositories are equal values, however they were written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repository {
    /// The registry's host, with its port; `docker.io` for the Docker Hub.
    pub registry: String,
    /// The name within the registry: `library/redis`.
    pub path: String,
}

impl Repository {
    /// The repository of an image's name, which has neither tag nor digest: `redis` is `library/redis` of `docker.io`.
    pub fn of(name: &str) -> Self {
        let full = full_name(name);
        let (registry, path) = full.split_once('/').expect("a full name begins with its registry");
        Self { registry: registry.to_owned(), path: path.to_owned() }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

/// What names one manifest: a place with a tag or a digest, or with both, when the digest counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    name: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Why a text is no reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` names no image: {why}", text.escape_debug())]
pub struct ReferenceError {
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

impl Reference {
    /// `name` with `tag`, both known to be good.
    pub fn tagged(name: &str, tag: &str) -> Self {
        Self { name: name.to_owned(), tag: Some(tag.to_owned()), digest: None }
    }

    /// The same repository and tag, by a digest.
    pub fn at(&self, digest: Digest) -> Self {
        Self { digest: Some(digest), ..self.clone() }
    }

    /// The image's name as it was written, without tag and digest.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tag; `latest` if neither a tag nor a digest is written.
    pub fn tag(&self) -> Option<&str> {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => Some(tag),
            (None, None) => Some(DEFAULT_TAG),
            (None, Some(_)) => None,
        }
    }

    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    pub fn place(&self) -> Place {
        Place::of(&self.name)
    }

    /// Its place in full, with the tag: one text for one name, however it is written. A digest has no say in it.
    pub fn in_full(&self) -> String {
        format!("{}:{}", self.place(), self.tag().unwrap_or_default())
    }

    /// The repository, if it is in a registry.
    pub fn repository(&self) -> Option<Repository> {
        match self.place() {
            Place::Repository(repository) => Some(repository),
            Place::Layout(_) => None,
        }
    }

    /// What stands for it where it is: the digest, else the tag.
    pub fn pointer(&self) -> &str {
        match &self.digest {
            Some(digest) => digest.as_str(),
            None => self.tag.as_deref().unwrap_or(DEFAULT_TAG),
        }
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let refuse = |why: String| ReferenceError { text: text.to_owned(), why };
        let folder = text.strip_prefix(place::LAYOUT);
        // A folder's name may hold an `@`.
        let split = if folder.is_some() { text.rsplit_once("@sha") } else { text.split_once('@') };
        let (rest, digest) = match split {
            Some((rest, _)) => {
                let digest = &text[rest.len() + 1..];
                (rest, Some(digest.parse().map_err(|e| refuse(format!("{e}")))?))
            }
            None => (text, None),
        };
        // A colon before the last slash is that of the registry's port, and the first one that of `oci:`.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains(['/', '\\']) && (folder.is_none() || name.contains(':')) => {
                (name, Some(tag))
            }
            _ => (rest, None),
        };
        let problem = match folder {
            Some(_) => place::folder_problem(&name[place::LAYOUT.len()..]),
            None => name_problem(name),
        };
        if let Some(why) = problem.or_else(|| tag.and_then(tag_problem)) {
            return Err(refuse(why));
        }
        // With a tag behind it, the name of this image is that of a layout.
        let name = if name == place::LAYOUT.trim_end_matches(':') { full_name(name) } else { name.to_owned() };
        Ok(Self { name, tag: tag.map(str::to_owned), digest })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(tag) = self.tag() {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn parse(text: &str) -> Reference {
        text.parse().expect("a reference")
    }

    #[test]
    fn parts() {
        let reference = parse("127.0.0.1:5000/a/b:v1");
        let repository = Repository { registry: "127.0.0.1:5000".into(), path: "a/b".into() };
        assert_eq!(reference.repository(), Some(repository));
        assert_eq!((reference.tag(), reference.pointer()), (Some("v1"), "v1"));
        let reference = parse(&format!("localhost:5000/a@{DIGEST}"));
        assert_eq!((reference.name(), reference.tag(), reference.pointer()), ("localhost:5000/a", None, DIGEST));
        let reference = parse(&format!("a:v1@{DIGEST}"));
        assert_eq!((reference.tag(), reference.pointer()), (Some("v1"), DIGEST));
        assert_eq!(reference.to_string(), format!("a:v1@{DIGEST}"));
        assert_eq!(parse("acme/app").to_string(), "acme/app:latest");
    }

    /// The Docker Hub's names, as <https://github.com/distribution/reference/blob/main/normalize.go> normalises them:
    /// no registry means `docker.io`, `index.docker.io` is its old name, and a name without a slash is in `library`.
    #[test]
    fn names_of_the_docker_hub() {
        for (written, path) in [
            ("base", "library/base"),
            ("docker.io/base", "library/base"),
            ("index.docker.io/base:x", "library/base"),
            ("docker.io/library/base", "library/base"),
            ("hysds/base:develop", "hysds/base"),
        ] {
            let repository = parse(written).repository().expect("in a registry");
            assert_eq!(repository, Repository { registry: "docker.io".into(), path: path.into() }, "{written}");
        }
        assert_eq!(Repository::of("localhost/base").registry, "localhost");
        assert_eq!(Repository::of("ghcr.io/base").to_string(), "ghcr.io/base");
    }

    #[test]
    fn layouts() {
        for (written, folder, tag, digest) in [
            ("oci:out", "out", Some("latest"), None),
            ("oci:out:v1", "out", Some("v1"), None),
            ("oci:./a:b/c d@x:v1", "./a:b/c d@x", Some("v1"), None),
            ("oci:C:\\images:v1", "C:\\images", Some("v1"), None),
            (&format!("oci:/a@{DIGEST}"), "/a", None, Some(DIGEST)),
            (&format!("oci:/a:v1@{DIGEST}"), "/a", Some("v1"), Some(DIGEST)),
        ] {
            let reference = parse(written);
            assert_eq!(reference.place(), Place::Layout(folder.into()), "{written}");
            assert_eq!(reference.tag(), tag, "{written}");
            assert_eq!(reference.digest().map(Digest::as_str), digest, "{written}");
            let printed = if written == "oci:out" { "oci:out:latest" } else { written };
            assert_eq!(reference.to_string(), printed);
        }
        for bad in ["oci:", "oci::v1", "oci:a:", "oci:a:-x", "oci:a\n:v1", "oci:a@sha256:12"] {
            assert!(bad.parse::<Reference>().is_err(), "{bad}");
        }
        assert_eq!(parse("oci").to_string(), "docker.io/library/oci:latest");
        assert_eq!(parse("docker.io/library/oci:v1").repository(), Some(Repository::of("docker.io/oci")));
    }

    #[test]
    fn what_is_no_reference() {
        for bad in ["", ":v1", "a:", "a:b:c", "A", "a@sha256:12", "a:-x", "a b", "http://x.y/z", "a/b:c/d", "a@b@c"] {
            assert!(bad.parse::<Reference>().is_err(), "{bad}");
        }
    }
}
