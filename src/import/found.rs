//! What was found in a file of another tool: the images that it builds, each in the words of the matrix.

use std::collections::BTreeMap;

use crate::draft::Map;
use crate::platform::Platform;
use crate::span::Span;
use crate::template::Template;

/// All of a file.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub(super) images: Vec<Found>,
    /// Values for names that the images refer to.
    pub(super) vars: BTreeMap<String, Template>,
    /// The targets that are built where none is named, if these are not all.
    pub(super) wanted: Option<Vec<String>>,
    /// What is said at the top of the matrix.
    pub(super) remarks: Vec<String>,
}

/// An image that is built.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// What the file calls it.
    pub(super) name: String,
    pub(super) span: Span,
    /// What it is pushed as, tags included.
    pub(super) references: Vec<(Template, Span)>,
    /// Its keys, but for what the other fields hold.
    pub(super) keys: Map,
    /// Others of the file that it is built on.
    pub(super) parents: Vec<Parent>,
    pub(super) secrets: Vec<SecretUse>,
    /// None where the file names none.
    pub(super) platforms: Vec<Platform>,
    /// Comments above it.
    pub(super) remarks: Vec<String>,
    /// Why it is no image by itself, if it is only there for others: it is written to files, or not at all.
    pub(super) only_for_others: Option<(Span, &'static str)>,
}

/// Another image of the file, under the name by which the Dockerfile knows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parent {
    pub(super) alias: String,
    pub(super) target: String,
    pub(super) span: Span,
}

/// A secret that a build may read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SecretUse {
    /// The name that the build knows it by.
    pub(super) id: String,
    pub(super) origin: Origin,
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    /// A variable of the job's environment.
    Environment(String),
    File(Template),
}

impl Found {
    pub(super) fn new(name: &str, span: Span) -> Self {
        Self {
            name: name.to_owned(),
            span,
            references: Vec::new(),
            keys: Map::default(),
            parents: Vec::new(),
            secrets: Vec::new(),
            platforms: Vec::new(),
            remarks: Vec::new(),
            only_for_others: None,
        }
    }

    /// Whether both are built and pushed alike, whatever they are called.
    pub(super) fn is_twin(&self, other: &Self) -> bool {
        let refs = |found: &Self| found.references.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>();
        let parents = |found: &Self| {
            found.parents.iter().map(|parent| (parent.alias.clone(), parent.target.clone())).collect::<Vec<_>>()
        };
        let same = (&self.keys, &self.secrets, &self.platforms) == (&other.keys, &other.secrets, &other.platforms);
        same && refs(self) == refs(other) && parents(self) == parents(other)
    }
}
