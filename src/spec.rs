//! The image matrix as it was written: every value with its span, nothing filled in and nothing derived.

mod access;
mod decode;
mod field;
mod form;
mod image;
mod key;
mod matrix;
mod outline;
mod pairs;
mod scalar;
mod schema;
mod script;
mod section;
mod text;
mod tool;
mod trigger;
mod value;
mod variant;
mod vars;
mod vocabulary;
mod workflow;
mod written;

use crate::diagnostic::Diagnostic;
use crate::platform::Platform;
use crate::span::Span;
use crate::template::Template;
use crate::yaml::Node;

pub(crate) use decode::is_upper_name;
pub use image::add_platform;
pub use key::{KEYS, Key, Kind, Level, Settings};
pub use outline::schema;
pub use pairs::Pairs;
pub use scalar::IndexFormat;
pub use schema::Schema;
pub use section::{Runner, Section, SectionValue};
pub use value::{AnySetting, Limits, OneOrMore, Setting, TextOrFlag, TextOrMap};
pub use variant::{Variant, Variants, VariantsForm};
pub use vocabulary::{
    Advice, BUILDER, CONFIG, DOCKER, GROUP, ItemForm, Items, LEGACY, Most, RunnerForm, SectionKey, SectionShape,
    Vocabulary,
};

/// A whole matrix.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    /// `vars`, in the order written.
    pub vars: Vec<(Name, Text)>,
    /// `registries`, by host.
    pub registries: Vec<(Name, Registry)>,
    /// `secrets`, by name.
    pub secrets: Vec<(Name, Secret)>,
    /// `defaults`: merged under every image.
    pub defaults: Image,
    /// `images`, by key, in the order written.
    pub images: Vec<(Name, Image)>,
    /// `workflows`, by name, in the order in which they are tried.
    pub workflows: Vec<(Name, Workflow)>,
    /// The providers' sections.
    pub sections: Vec<Section>,
    /// `tool`: where manifest jobs find splitbuild.
    pub tool: Option<Tool>,
    /// Where to point when a whole section is missing.
    pub spans: SectionSpans,
    /// Sections that were written wrongly or misspelt: that they lack something is already reported.
    pub doubtful: Vec<&'static str>,
}

/// Where to point when a whole section is missing.
#[derive(Clone, Debug, Default)]
pub struct SectionSpans {
    /// The first line of the file.
    pub top: Span,
    /// The key `images`, else `top`.
    pub images: Span,
    /// The key `workflows`, else `top`.
    pub workflows: Span,
}

/// A key of a map, or another word that names something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// The word.
    pub text: String,
    pub span: Span,
}

/// A value with references, and where it and each of them stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The value.
    pub template: Template,
    /// Where it stands, quotes included.
    pub span: Span,
    /// Where each reference stands, in order; the whole value where escapes make that unknowable.
    pub references: Vec<Span>,
}

/// Shell that is handed on unread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The script.
    pub text: String,
    pub span: Span,
}

/// A registry's credentials.
#[derive(Clone, Debug)]
pub struct Registry {
    /// The user's name: text or one reference.
    pub username: Text,
    pub password: Password,
}

/// Where the password of a registry comes from.
#[derive(Clone, Debug)]
pub enum Password {
    /// `password`: one reference to the job's environment.
    Text(Text),
    /// `login`: shell that prints it.
    Script(Script),
}

/// Where a build secret comes from.
#[derive(Clone, Debug)]
pub enum Secret {
    /// A variable of the job's environment, by its name.
    Environment(Name),
    /// A file of the job; relative to the root of the repository.
    File(Text),
}

/// An image, the defaults, or what differs on one platform: the keys that were written.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// The settings, but for `platforms`.
    pub settings: Settings,
    /// `platforms`, as a list or as a map.
    pub platforms: Option<Platforms>,
    /// `for`: what makes several images of it.
    pub variants: Option<Variants>,
    /// Whether a key could not be read: that something is missing is already reported.
    pub is_doubtful: bool,
}

/// The platforms of an image.
#[derive(Clone, Debug, Default)]
pub struct Platforms {
    /// Each platform once, in the order written, with what differs on it.
    pub entries: Vec<(Platform, Span, Image)>,
    /// Those that are made of names, each with how many stand before it.
    pub made: Vec<(usize, Text)>,
}

#[derive(Clone, Debug, Default)]
pub struct Workflow {
    /// `on.branches`.
    pub branches: Vec<Matcher>,
    /// `on.tags`.
    pub on_tags: Vec<Matcher>,
    /// `on.pull_requests`: the branches that a request is to be merged into.
    pub pull_requests: Vec<Matcher>,
    /// Whether it is for requests from forks alone, or for all others; both, if nothing is said.
    pub forks: Option<bool>,
    /// `on.manual`: the vars that whoever starts it may give values.
    pub manual: Option<Vec<Name>>,
    /// `on.schedule`: five cron fields.
    pub schedule: Option<Name>,
    /// Where `on` stands, else the workflow's name.
    pub on: Span,
    /// `push: false`: where it stands, if it builds and tests and no more.
    pub no_push: Option<Span>,
    /// `login: true`: where it stands, if it logs in although it pushes nothing.
    pub login: Option<Span>,
    /// `tags`, in order; the first is `${tag}`.
    pub tags: Vec<Text>,
    /// `version`: where the version comes from, if not from the tag of git.
    pub version: Option<Text>,
    /// `vars`: other values for the top ones.
    pub vars: Vec<(Name, Text)>,
    /// `images`: only these, if given.
    pub images: Option<Vec<Name>>,
}

/// A trigger's pattern and where it stands.
#[derive(Clone, Debug)]
pub struct Matcher {
    pub pattern: crate::pattern::Pattern,
    pub span: Span,
}

/// How manifest jobs get splitbuild.
#[derive(Clone, Debug)]
pub enum Tool {
    /// They run in this image.
    Image(Text),
    /// This shell installs it where builds run.
    Install(Script),
    /// They fetch it, where builds run.
    Download(Vec<Download>),
}

/// What jobs on one platform fetch.
#[derive(Clone, Debug)]
pub struct Download {
    pub platform: Platform,
    /// What `uname -m` prints there.
    pub machine: &'static str,
    /// Where the platform stands.
    pub span: Span,
    /// Where it is.
    pub url: Text,
    /// What its bytes must come to: 64 hexadecimal digits.
    pub sha256: String,
}

/// Reads a document as a matrix with a section for each of these providers. What cannot be read is left out and stands in
/// the problems; there may be others that only the whole shows.
pub fn decode(root: &Node, source: &str, providers: &[&'static Vocabulary]) -> (Spec, Vec<Diagnostic>) {
    matrix::spec(decode::Decoder { source, providers, diagnostics: Vec::new() }, root)
}

impl Spec {
    /// A provider's section, if it is there.
    pub fn section(&self, provider: &Vocabulary) -> Option<&Section> {
        self.sections.iter().find(|section| section.is_of(provider))
    }

    /// Whether there is a var of that name.
    pub fn declares(&self, var: &str) -> bool {
        self.var_names().any(|name| name == var)
    }

    pub fn var_names(&self) -> impl Iterator<Item = &str> {
        self.vars.iter().map(|(name, _)| name.text.as_str())
    }

    /// Whether there is an image of that key.
    pub fn has_image(&self, key: &str) -> bool {
        self.images.iter().any(|(name, _)| name.text == key)
    }
}

impl Text {
    /// A value of the language's own, which stands nowhere in the matrix.
    fn known(text: &'static str) -> Self {
        let (template, _) = Template::parse(text).expect("it is well formed");
        Self { template, ..Self::default() }
    }

    /// Puts in what `value_of` gives for a name.
    pub fn fill(&mut self, value_of: impl Fn(&str) -> Option<Template>) {
        let kept = self.names().filter(|(name, _)| value_of(name).is_none());
        self.references = kept.map(|(_, span)| span).collect();
        self.template = self.template.fill(value_of);
    }

    /// The names that it refers to, each with where it does.
    pub fn names(&self) -> impl Iterator<Item = (&str, Span)> {
        self.template.names().zip(self.references.iter().copied())
    }
}
