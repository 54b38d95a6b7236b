//! The hand-over files of build jobs, `.splitbuild/KEY-ARCH.json`: what each build pushed, by digest; and what they say
//! together.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::digest::Digest;
use crate::platform::Platform;
use crate::reference::{Reference, tag_problem};

/// The version of the files that is read here.
const VERSION: u64 = 1;

/// What one build job pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// The file, for messages.
    pub file: String,
    /// The key of the image in the matrix.
    pub key: String,
    /// The platform that the job built for.
    pub platform: Platform,
    /// The commit that it built from, if it told one.
    pub revision: Option<String>,
    /// Every reference that it pushed.
    pub pushed: Vec<Pushed>,
}

/// One reference that a build job pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The index that it is for: the image's name with its tag.
    pub target: Reference,
    /// What was pushed, by the digest that the push printed.
    pub source: Reference,
    /// Whether the tag belongs to this run alone, such as a release's.
    pub is_fixed: bool,
}

#[derive(Deserialize)]
struct File {
    version: u64,
    key: String,
    platform: String,
    #[serde(default)]
    revision: Option<String>,
    pushed: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    image: String,
    tag: String,
    reference: String,
    digest: Digest,
    #[serde(default)]
    fixed: bool,
}

/// What is wrong with hand-over files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandoverError {
    /// A file is not there.
    #[error("the hand-over file {file} is not there")]
    Absent {
        /// The file.
        file: String,
    },
    /// A file is not what build jobs write.
    #[error("{file} is no hand-over file: {why}")]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// Two files tell of one build.
    #[error("{first} and {second} both tell what the build of {key} for {platform} pushed")]
    Twice {
        /// A file.
        first: String,
        /// Another file.
        second: String,
        /// The key of the image.
        key: String,
        /// The platform.
        platform: Platform,
    },
    /// Two builds pushed for one index and platform.
    #[error("{first} and {second} disagree about {target} for {platform}")]
    Disagree {
        /// A file.
        first: String,
        /// Another file.
        second: String,
        /// The index.
        target: Reference,
        /// The platform.
        platform: Platform,
    },
    /// No file tells of an architecture that is asked for.
    #[error("no hand-over file tells what was pushed of {target} for {platform}{}", others(has))]
    Missing {
        /// The index.
        target: Reference,
        /// The platform.
        platform: Platform,
        /// The files that tell of other architectures.
        has: Vec<String>,
    },
    /// A file tells of an architecture that is not asked for.
    #[error("{file} tells of {platform}, which is not asked for")]
    Unasked {
        /// The file.
        file: String,
        /// The platform.
        platform: Platform,
    },
}

impl HandoverError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "give the files that the build jobs of this version of splitbuild wrote",
            Self::Twice { .. } | Self::Disagree { .. } => {
                "give the files of one run only: a workspace or a folder of artifacts may hold an older one"
            }
            Self::Absent { .. } | Self::Missing { .. } => {
                "its build job has failed, or its file was not handed on: look at that job, and rerun it"
            }
            Self::Unasked { .. } => "add it to --platform, or leave the file out",
        }
    }
}

impl Handover {
    /// Reads a file.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, HandoverError> {
        let bad = |why: String| HandoverError::Malformed { file: file.to_owned(), why };
        let read: File = serde_json::from_slice(bytes).map_err(|e| bad(e.to_string()))?;
        if read.version != VERSION {
            return Err(bad(format!("it has version {}, and this splitbuild reads version {VERSION}", read.version)));
        }
        let platform = read.platform.parse().map_err(|e| bad(format!("{e}")))?;
        let mut pushed = Vec::new();
        for line in read.pushed {
            if let Some(why) = tag_problem(&line.tag) {
                return Err(bad(why));
            }
            let image: Reference = line.image.parse().map_err(|e| bad(format!("{e}")))?;
            if image.name() != line.image {
                return Err(bad(format!("`{}` is to be a name without a tag", line.image.escape_debug())));
            }
            let reference: Reference = line.reference.parse().map_err(|e| bad(format!("{e}")))?;
            if image.repository().is_none() || reference.repository().is_none() {
                return Err(bad("what a job pushed is in a registry, and not in a folder".into()));
            }
            let target = Reference::tagged(&line.image, &line.tag);
            pushed.push(Pushed { target, source: reference.at(line.digest), is_fixed: line.fixed });
        }
        if pushed.is_empty() {
            return Err(bad("it tells of nothing that was pushed".into()));
        }
        let revision = read.revision.filter(|revision| !revision.is_empty());
        Ok(Self { file: file.to_owned(), key: read.key, platform, revision, pushed })
    }
}

/// What the builds of one index pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushes<'a> {
    /// The index.
    pub target: &'a Reference,
    /// Whether its tag belongs to this run alone.
    pub is_fixed: bool,
    /// What was pushed for every platform, in the order of the platforms asked for.
    pub sources: Vec<(&'a Handover, &'a Pushed)>,
}

/// What the files say together, in the order in which they first name each index; every architecture of `platforms` is
/// told of, by one file, or everything that is wrong is told.
pub fn combine<'a>(files: &'a [Handover], platforms: &[Platform]) -> Result<Vec<Pushes<'a>>, Vec<HandoverError>> {
    let mut problems = Vec::new();
    let mut builds: BTreeMap<(&str, &Platform), &Handover> = BTreeMap::new();
    let mut order: Vec<&Reference> = Vec::new();
    let mut told: BTreeMap<(&Reference, &Platform), (&Handover, &Pushed)> = BTreeMap::new();
    for file in files {
        let platform = &file.platform;
        if !platforms.contains(platform) {
            problems.push(HandoverError::Unasked { file: file.file.clone(), platform: platform.clone() });
            continue;
        }
        if let Some(other) = builds.insert((&file.key, platform), file) {
            let (first, second) = (other.file.clone(), file.file.clone());
            problems.push(HandoverError::Twice { first, second, key: file.key.clone(), platform: platform.clone() });
            continue;
        }
        for pushed in &file.pushed {
            if !order.contains(&&pushed.target) {
                order.push(&pushed.target);
            }
            let (first, second) = match told.insert((&pushed.target, platform), (file, pushed)) {
                Some((other, before)) if before != pushed => (other.file.clone(), file.file.clone()),
                _ => continue,
            };
            let (target, platform) = (pushed.target.clone(), platform.clone());
            problems.push(HandoverError::Disagree { first, second, target, platform });
        }
    }
    let mut combined = Vec::new();
    for target in order {
        let found: Vec<_> = platforms.iter().map(|platform| told.get(&(target, platform)).copied()).collect();
        let has: Vec<String> = found.iter().flatten().map(|(file, _)| file.file.clone()).collect();
        for (platform, _) in platforms.iter().zip(&found).filter(|(_, found)| found.is_none()) {
            let (target, platform) = (target.clone(), platform.clone());
            problems.push(HandoverError::Missing { target, platform, has: has.clone() });
        }
        let sources: Vec<_> = found.into_iter().flatten().collect();
        let is_fixed = sources.iter().all(|(_, pushed)| pushed.is_fixed);
        combined.push(Pushes { target, is_fixed, sources });
    }
    if problems.is_empty() { Ok(combined) } else { Err(problems) }
}

fn others(has: &[String]) -> String {
    if has.is_empty() { String::new() } else { format!("; there is {}", has.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn file(name: &str, platform: &str, lines: &[(&str, &str)]) -> Handover {
        let lines: Vec<String> = lines
            .iter()
            .map(|(tag, digit)| {
                let digest = DIGEST.replace("sha256:b", &format!("sha256:{digit}"));
                format!(r#"{{"image":"acme/app","tag":"{tag}","reference":"acme/app:{tag}-x","digest":"{digest}"}}"#)
            })
            .collect();
        let text = format!(
            r#"{{"version":1,"key":"app","platform":"{platform}","revision":"abc","pushed":[{}]}}"#,
            lines.join(",\n")
        );
        Handover::parse(name, text.as_bytes()).expect("a hand-over file")
    }

    fn platforms() -> Vec<Platform> {
        ["linux/amd64", "linux/arm64"].map(|platform| platform.parse().expect("a platform")).into()
    }

    fn problems(files: &[Handover]) -> Vec<String> {
        combine(files, &platforms()).expect_err("problems").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn files_together() {
        let files = [
            file("b", "linux/arm64", &[("v1", "2"), ("latest", "2")]),
            file("a", "linux/amd64", &[("latest", "1"), ("v1", "1")]),
        ];
        let combined = combine(&files, &platforms()).expect("no problems");
        let targets: Vec<String> = combined.iter().map(|pushes| pushes.target.to_string()).collect();
        assert_eq!(targets, ["acme/app:v1", "acme/app:latest"]);
        let sources: Vec<&str> = combined[0].sources.iter().map(|(_, pushed)| pushed.source.pointer()).collect();
        assert!(sources[0].starts_with("sha256:1") && sources[1].starts_with("sha256:2"), "{sources:?}");
    }

    #[test]
    fn what_is_wrong_with_files() {
        let amd64 = || file("a.json", "linux/amd64", &[("v1", "1")]);
        assert_eq!(
            problems(&[amd64()]),
            ["no hand-over file tells what was pushed of acme/app:v1 for linux/arm64; there is a.json"]
        );
        let twice =
            [amd64(), file("old/a.json", "linux/amd64", &[("v1", "3")]), file("b", "linux/arm64", &[("v1", "2")])];
        assert_eq!(problems(&twice), ["a.json and old/a.json both tell what the build of app for linux/amd64 pushed"]);
        let mut other = file("c.json", "linux/amd64", &[("v1", "3")]);
        other.key = "other".into();
        let two = [amd64(), file("b", "linux/arm64", &[("v1", "2")]), other];
        assert_eq!(problems(&two), ["a.json and c.json disagree about acme/app:v1 for linux/amd64"]);
        let more = [amd64(), file("b", "linux/arm64", &[("v1", "2")]), file("s", "linux/s390x", &[("v1", "4")])];
        assert_eq!(problems(&more), ["s tells of linux/s390x, which is not asked for"]);
        let partly = [amd64(), file("b", "linux/arm64", &[("v2", "2")])];
        assert_eq!(problems(&partly).len(), 2);
    }

    #[test]
    fn what_is_no_hand_over_file() {
        let line = format!(r#"{{"image":"a","tag":"b","reference":"a:b","digest":"{DIGEST}"}}"#);
        let text = |line: &str| format!(r#"{{"version":1,"key":"k","platform":"linux/arm64","pushed":[{line}]}}"#);
        assert!(Handover::parse("f", text(&line).as_bytes()).is_ok());
        for bad in [
            "",
            "[]",
            "{}",
            &text(""),
            &text(&line).replace("1,", "2,"),
            &text(&line).replace("linux/arm64", "arm64"),
            &text(&line).replace(r#""tag":"b""#, r#""tag":"-""#),
            &text(&line).replace(r#""image":"a""#, r#""image":"a:b""#),
            &text(&line).replace("a:b\"", "a b\""),
            &text(&line).replace("sha256:b", "sha256:"),
        ] {
            let error = Handover::parse("f", bad.as_bytes()).expect_err(bad);
            assert!(error.to_string().starts_with("f is no hand-over file: "), "{error}");
        }
    }
}
