//! A provider's words in the matrix: the keys of its section, where its jobs run, and what its users are told to do.
//!
//! Every provider has one and hands it down; nothing below the providers knows any of them by name.

use crate::yaml::Node;

/// The key under which a section names the hand-written file.
pub const CONFIG: &str = "config";

/// The key under which a section says what builds images, if there is a choice.
pub const BUILDER: &str = "builder";

/// The builder that is meant where none is named: Docker, as it is today.
pub const DOCKER: &str = "docker";

/// The builder that is a Docker of before builds could be told what a name means.
pub const LEGACY: &str = "legacy";

/// What a provider may say in the matrix, and what is said to those who use it.
#[derive(Debug)]
pub struct Vocabulary {
    /// The key of its section and of an image's part in it, and its name on the command line.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    pub keys: &'static [SectionKey],
    pub runner: RunnerForm,
    /// Runners where the matrix names none, by platform.
    pub runners: &'static [(&'static str, &'static str)],
    /// Whether pull requests from forks run with the project's configuration.
    pub runs_forks: bool,
    /// Registries that a run may use without being told how to log in: the host, and the variables of its jobs that hold
    /// the user and the password.
    pub registries: &'static [(&'static str, &'static str, &'static str)],
    /// What its users are told to do.
    pub advice: Advice,
}

/// A key of a provider's section.
#[derive(Clone, Copy, Debug)]
pub struct SectionKey {
    pub name: &'static str,
    /// What it may hold.
    pub shape: SectionShape,
    /// What it is for, as an editor shows it.
    pub help: &'static str,
}

/// What a key of a provider's section may hold.
#[derive(Clone, Copy, Debug)]
pub enum SectionShape {
    /// One value.
    Text,
    /// One of these words; the first is meant where none is written.
    Choice(&'static [&'static str]),
    /// Yes or no; no where none is written.
    Flag,
    /// Several values, if there is a limit, no more than that.
    Texts(Option<Most>),
    /// The name of an image that jobs run in.
    Image,
    /// The names of images; an empty list is not the same as none.
    Images,
    /// A map with one of these keys, and under it the name of an image that jobs run in.
    OneOf(&'static [&'static str]),
    /// A list of what only the provider reads, as it was written.
    Items(Items),
    /// Runners: by platform, and one for the jobs that publish.
    Runners,
}

/// The most values that a list may have.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// The number.
    pub count: usize,
    /// What to do with more.
    pub help: &'static str,
}

/// The entries of a list that only the provider reads.
#[derive(Clone, Copy, Debug)]
pub struct Items {
    /// One of them, in a message: "a step".
    pub called: &'static str,
    /// What it has to be, in a message.
    pub wanted: &'static str,
    /// What that looks like.
    pub help: &'static str,
    /// What a value has to be.
    pub form: ItemForm,
}

/// The form of a list's entries that only the provider reads.
#[derive(Clone, Copy, Debug)]
pub enum ItemForm {
    /// A name, or a map with one key.
    NameOrOne,
    /// A map that has at least one of these keys.
    MapWith(&'static [&'static str]),
}

/// What a runner is, with what it is called.
#[derive(Clone, Copy, Debug)]
pub enum RunnerForm {
    Word(&'static str),
    /// Words, all of which a runner must have; without any, a runner that asks for none.
    Words(&'static str),
    /// At least one such word, or a group of runners, perhaps with words: `{ group: NAME, labels: [...] }`.
    Group(&'static str),
}

/// Before the name of a group of runners, where words say a runner.
pub const GROUP: &str = "group: ";

/// What a provider's users are told to do, as parts of sentences and as whole ones.
#[derive(Clone, Copy, Debug)]
pub struct Advice {
    /// Where a variable of the job's environment is set: "set NAME …".
    pub variables: &'static str,
    /// Where hand-written jobs stand.
    pub own_jobs: &'static str,
    /// The usual name of a hand-written file.
    pub own_file: &'static str,
    /// Where git finds the password of a repository.
    pub git_password: &'static str,
}

impl Vocabulary {
    pub fn key(&self, name: &str) -> Option<&'static SectionKey> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl SectionKey {
    /// A key.
    pub const fn new(name: &'static str, shape: SectionShape, help: &'static str) -> Self {
        Self { name, shape, help }
    }
}

impl ItemForm {
    /// Whether a value has the form.
    pub fn fits(self, node: &Node) -> bool {
        match self {
            Self::NameOrOne => match node.as_mapping() {
                Some(map) => map.entries.len() == 1,
                None => node.as_str().is_some() && !node.is_null(),
            },
            Self::MapWith(keys) => node.as_mapping().is_some_and(|map| keys.iter().any(|key| map.get(key).is_some())),
        }
    }
}
