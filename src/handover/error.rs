//! What is wrong with hand-over files, and what to do about it.

use super::VERSION;
use super::lines::Flaw;
use crate::platform::Platform;
use crate::reference::Reference;

/// What is wrong with hand-over files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandoverError {
    #[error("the hand-over file {file} does not exist")]
    Absent { file: String },
    #[error("{file} is a hand-over file of version {found}, but this splitbuild reads version {VERSION}")]
    Version { file: String, found: String },
    #[error("{file} is not a valid hand-over file: line {line}: {why}")]
    Malformed {
        file: String,
        /// The line, from 1.
        line: usize,
        why: String,
    },
    #[error("{first} and {second} both report the build of {key} for {platform}")]
    Twice { first: String, second: String, key: String, platform: Platform },
    #[error("{first} and {second} disagree about {target} for {platform}")]
    Disagree { first: String, second: String, target: Reference, platform: Platform },
    #[error("{first} and {second} disagree about the digest of {name}")]
    Digests { first: String, second: String, name: String },
    #[error("no hand-over file reports {target} for {platform}{}", others(has))]
    Missing { target: Reference, platform: Platform, has: Vec<String> },
    #[error("{first} says that a release moves {target}, and {second} that it is fixed")]
    Kinds { first: String, second: String, target: Reference },
    #[error("{file} was written by a release: only the rule of releases may move {target}")]
    Released { file: String, target: Reference },
    #[error("the build for {platform} handed on nothing")]
    Nothing { platform: Platform },
    #[error("what the build for {platform} handed on is not a commit and digests: {why}")]
    Words { platform: Platform, why: String },
    #[error("nothing says what the build for {platform} pushed")]
    Unsaid { platform: Platform },
    #[error("{file} is for {platform}, which is not requested")]
    Unasked { file: String, platform: Platform },
}

impl HandoverError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Version { .. } => {
                "generate the configuration again with this version: its jobs and the splitbuild in them belong together"
            }
            Self::Malformed { .. } => {
                "use the whole file as a generated job wrote it; if it is truncated, rerun that job"
            }
            Self::Released { .. } => {
                "add --release VERSION, the version that its other tags are made of: --release 1.2.3"
            }
            Self::Twice { .. } | Self::Disagree { .. } | Self::Digests { .. } | Self::Kinds { .. } => {
                "use the files of one run only: a workspace or a folder of artifacts may contain older ones"
            }
            Self::Absent { .. } | Self::Missing { .. } => {
                "the job that writes it failed, or did not hand it on: look at that job, and rerun it"
            }
            Self::Nothing { .. } => {
                "look at that job: if it succeeded, the CI system dropped its output, as it does where it sees the value of a \
                 secret in it (a warning there says so); a secret with such a value has to become a variable"
            }
            Self::Words { .. } => "hand on the output of that job as it is; if it was cut off, rerun the job",
            Self::Unsaid { .. } => "add --pushed PLATFORM=WORDS for it, or leave it out of --platform",
            Self::Unasked { .. } => "add it to --platform, or remove the file",
        }
    }

    pub(super) fn malformed(file: &str) -> impl Fn(Flaw) -> Self {
        move |Flaw { line, why }| Self::Malformed { file: file.to_owned(), line, why }
    }
}

fn others(has: &[String]) -> String {
    if has.is_empty() { String::new() } else { format!("; there is only {}", has.join(", ")) }
}
