//! What starts a pipeline, and the values and variables that it gives.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Variables;

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A push to a branch.
    Branch(String),
    /// A push of a tag.
    Tag(String),
    /// The clock, for a branch.
    Schedule(String),
    /// A person, or a program, has started it on a branch.
    ByHand {
        /// The branch.
        branch: String,
        /// The values that it gave for parameters of the pipeline.
        parameters: Variables,
    },
    /// A pull request was opened, or pushed to.
    Request {
        /// Its number.
        number: u64,
        /// The branch that it is to be merged into.
        base: String,
        /// Its own branch, which is checked out.
        head: String,
    },
}

/// An event of a project.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// What has happened.
    pub event: Event,
    /// The project: `gh/acme/app`.
    pub slug: String,
    /// The number of the pipeline.
    pub number: u64,
    /// The commit.
    pub revision: String,
    /// The repository that `checkout` clones.
    pub repository: PathBuf,
}

impl Event {
    /// The branch, or nothing.
    pub fn branch(&self) -> &str {
        match self {
            Self::Branch(name) | Self::Schedule(name) => name,
            Self::Request { head: name, .. } | Self::ByHand { branch: name, .. } => name,
            Self::Tag(_) => "",
        }
    }

    /// The tag, or nothing.
    pub fn tag(&self) -> &str {
        match self {
            Self::Tag(name) => name,
            Self::Branch(_) | Self::Schedule(_) | Self::Request { .. } | Self::ByHand { .. } => "",
        }
    }
}

impl Trigger {
    /// A value of the pipeline (<https://circleci.com/docs/reference/variables/#pipeline-values>), by its name.
    pub fn value(&self, name: &str) -> Option<Value> {
        Some(match name {
            "pipeline.id" => json!(identifier(&[&self.slug, &self.number.to_string()])),
            "pipeline.number" => json!(self.number),
            "pipeline.project.slug" => json!(self.slug),
            "pipeline.git.branch" => json!(self.event.branch()),
            "pipeline.git.tag" => json!(self.event.tag()),
            "pipeline.git.revision" => json!(self.revision),
            "pipeline.event.name" => json!(match self.event {
                Event::Branch(_) | Event::Tag(_) => "push",
                Event::Schedule(_) => "schedule",
                Event::Request { .. } => "pull_request",
                Event::ByHand { .. } => "api",
            }),
            // A pipeline that no request has started has none of these
            // (https://circleci.com/docs/guides/orchestrate/github-trigger-event-options/).
            "pipeline.event.github.pull_request.number" => match self.event {
                Event::Request { number, .. } => json!(number),
                _ => return None,
            },
            "pipeline.event.github.pull_request.base.ref" => match &self.event {
                Event::Request { base, .. } => json!(base),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// The value that was given for a parameter of the pipeline.
    pub fn parameter(&self, name: &str) -> Option<Value> {
        match &self.event {
            Event::ByHand { parameters, .. } => parameters.get(name).map(|value| json!(value)),
            _ => None,
        }
    }

    /// What CircleCI puts into the environment of every job
    /// (<https://circleci.com/docs/reference/variables/#built-in-environment-variables>).
    pub fn variables(&self) -> Variables {
        let mut parts = self.slug.rsplitn(3, '/');
        let (name, owner) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let url = format!("git@github.com:{owner}/{name}.git");
        let mut variables = vec![
            ("CI", "true"),
            ("CIRCLECI", "true"),
            ("CIRCLE_SHA1", &self.revision),
            ("CIRCLE_PROJECT_USERNAME", owner),
            ("CIRCLE_PROJECT_REPONAME", name),
            ("CIRCLE_REPOSITORY_URL", &url),
        ];
        // The other of the two does not exist in a run.
        match &self.event {
            Event::Tag(tag) => variables.push(("CIRCLE_TAG", tag)),
            Event::Branch(branch)
            | Event::Schedule(branch)
            | Event::Request { head: branch, .. }
            | Event::ByHand { branch, .. } => variables.push(("CIRCLE_BRANCH", branch)),
        }
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

/// An identifier in the form of a UUID that is the same for the same words.
pub fn identifier(words: &[&str]) -> String {
    let mut text = String::new();
    for byte in &Sha256::digest(words.join("\n"))[..16] {
        write!(text, "{byte:02x}").expect("text can be written to");
        if [8, 13, 18, 23].contains(&text.len()) {
            text.push('-');
        }
    }
    text
}
