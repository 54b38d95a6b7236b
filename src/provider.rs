//! The CI providers: what each of them must be able to say, and the way from a plan to a file that is known to mean it.

mod builder;
mod check;
mod circleci;
mod cycle;
mod facts;
mod free_name;
mod github;
mod gitlab;
mod manifest;
mod record;
mod render;
mod script;
mod size;

use std::path::Path;

use crate::diagnostic::{Allowed, Diagnostic, Report, Source};
use crate::plan::{ExternalJobs, Plan};
use crate::spec::Vocabulary;
use crate::yaml::read::Form;
use crate::yaml::{Mapping, Node};

pub use size::{Size, Unit};

/// Every provider; the first is meant where none is named.
pub const ALL: &[&dyn Provider] = &[&circleci::CircleCi, &gitlab::GitLab, &github::GitHub];

pub use facts::{Fact, Facts};
pub use record::{JobRecord, Outcome, Record, record};

/// A CI provider: a plan in its words, and its words as a graph.
pub trait Provider: Sync {
    /// Its words in the matrix.
    fn vocabulary(&self) -> &'static Vocabulary;

    /// Its name on the command line and in the matrix.
    fn name(&self) -> &'static str {
        self.vocabulary().name
    }

    /// Where its configuration lies in a repository; `is_included` if a hand-written one includes it. The folder, if each
    /// workflow has a file of its own.
    fn path(&self, is_included: bool) -> &'static str;

    /// Whether each workflow has a file of its own.
    fn has_files(&self) -> bool {
        false
    }

    /// The template of its configuration.
    fn template(&self) -> &'static str;

    /// How it reads YAML.
    fn form(&self) -> Form {
        Form::Core
    }

    /// How many of the keys at the top of a file make it look like one of its configurations.
    fn likeness(&self, top: &Mapping) -> usize;

    /// Whether only its configurations lie at a path.
    fn owns(&self, _path: &Path) -> bool {
        false
    }

    /// The jobs that the hand-written file has for each of the matrix's workflows, and what is wrong with that file by
    /// itself.
    fn external_jobs(&self, config: &UserConfig, workflows: &[&str]) -> (ExternalJobs, Vec<Diagnostic>);

    /// The plan in the provider's words: every file of its configuration. `committed` gives what such a file holds now, by
    /// its name in the provider's folder.
    fn files<'p>(&self, plan: &'p Plan, is_included: bool, committed: Committed<'_>) -> Vec<File<'p>>;

    /// What a configuration says, as the provider would read it.
    ///
    /// # Errors
    /// What is not of the form that the provider knows.
    fn read<'n>(&self, document: &'n Node) -> Result<Facts<'n>, String>;

    /// The emitted configuration with what is hand-written as it was written, with its places: what the provider has in the
    /// end, to be checked as a whole.
    ///
    /// # Errors
    /// The first hand-written thing that was not emitted as it was written.
    fn merged(&self, emitted: Node, config: &UserConfig, plan: &Plan) -> Result<Node, String>;

    /// What the provider would refuse in a configuration, or take otherwise than it was meant, whoever wrote it. Its places
    /// are places in `text`.
    fn problems(&self, document: &Node, text: &str) -> Vec<Diagnostic>;

    /// What a document tells of the jobs of runs, if it is one that the provider's interface gives.
    fn record<'n>(&self, _document: &'n Node) -> Option<Record<'n>> {
        None
    }

    /// Whether a run calls a job so: a generated one by its name, a hand-written one perhaps otherwise, and each of those that
    /// one is multiplied to.
    fn is_run_of(&self, name: &str, job: &str, _config: Option<&UserConfig>) -> bool {
        name == job
    }

    /// Puts what a hand-written file includes of this repository in its place, as far as `read` can: it is given the path,
    /// from the root of the repository.
    fn include(&self, _root: &mut Node, _read: &mut dyn FnMut(&str) -> Option<Node>) {}

    /// How much of what it takes a file is, as it counts that; `text` is where the places in the file are.
    fn size(&self, _document: &Node, _text: &str) -> Option<Size> {
        None
    }

    /// What of a plan it cannot say, with places in the matrix.
    fn refusals(&self, _plan: &Plan) -> Vec<Diagnostic> {
        Vec::new()
    }

    /// What a person has to do beside committing the file.
    fn notes(&self, _plan: &Plan) -> Vec<String> {
        Vec::new()
    }
}

/// What a file of a configuration holds now, by its name; of a provider with one file, that.
pub type Committed<'c> = &'c dyn Fn(&str) -> Option<String>;

/// A file of a configuration.
pub struct File<'p> {
    /// Where it lies in a repository.
    pub path: String,
    pub pipeline: Box<dyn Pipeline + 'p>,
}

/// What a plan is in a file: the jobs and what they consist of, before any of it is laid out.
pub trait Pipeline: Sync {
    /// What the template lays out.
    ///
    /// # Errors
    /// What the provider cannot say, or what the hand-written file has that does not go with the plan.
    fn view(&self, config: Option<&UserConfig>) -> Result<minijinja::Value, Error>;

    /// What a configuration must say, so that it means the plan.
    fn facts(&self) -> Facts<'_>;
}

/// A configuration that is known to mean what the plan says.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// Its files, in the order of the workflows; most providers take one.
    pub files: Vec<EmittedFile>,
    /// What is doubtful in the hand-written file.
    pub warnings: Option<Report>,
    /// What a person has to do beside committing the file.
    pub notes: Vec<String>,
}

/// A file of it.
#[derive(Clone, Debug)]
pub struct EmittedFile {
    /// Where it lies in a repository.
    pub path: String,
    pub text: String,
    /// How much of what the provider takes it is; whether it is too much is for the caller to tell.
    pub size: Option<Size>,
}

impl Emitted {
    /// All of it, for those who do not tell files apart.
    pub fn text(&self) -> String {
        self.files.iter().map(|file| file.text.as_str()).collect()
    }
}

/// A hand-written file of the user's.
#[derive(Clone, Debug)]
pub struct UserConfig {
    /// The name that the matrix gives it.
    pub name: String,
    /// The file.
    pub source: Source,
    pub root: Node,
    /// What is odd in it and stops nothing.
    pub problems: Vec<Diagnostic>,
    /// What is accepted in it.
    pub allowed: Allowed,
}

impl UserConfig {
    /// A file with nothing odd in it, of which nothing is accepted that is wrong.
    pub fn new(name: &str, source: Source, root: Node) -> Self {
        Self { name: name.to_owned(), source, root, problems: Vec::new(), allowed: Allowed::default() }
    }
}

/// Where a configuration comes from, for its header.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The matrix's file name, without its folder.
    pub matrix: String,
    /// The vars that were given beside the matrix.
    pub vars: Vec<(String, String)>,
}

/// Why a plan could not be turned into a configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the hand-written file has {} problems", .0.len())]
    UserConfig(Vec<Diagnostic>),
    #[error("the provider cannot say {} things of the matrix", .0.len())]
    Unsayable(Vec<Diagnostic>),
    #[error("{} files have problems", .0.len())]
    Refused(Vec<Report>),
    #[error("{provider} does not support {what}; {help}")]
    Unsupported { provider: &'static str, what: String, help: String },
    #[error("the template of {provider} failed: {cause:#}; this is a bug in splitbuild, please report it")]
    Template { provider: &'static str, cause: minijinja::Error },
    #[error(
        "the generated file does not mean what the matrix says: {0}; nothing was written; this is a bug in splitbuild, please report it"
    )]
    Check(String),
}

pub fn find(name: &str) -> Option<&'static dyn Provider> {
    ALL.iter().copied().find(|provider| provider.name() == name)
}

/// The words of every provider in the matrix.
pub fn vocabularies() -> Vec<&'static Vocabulary> {
    ALL.iter().map(|provider| provider.vocabulary()).collect()
}

/// Whose configuration it is, by where it lies or else by what stands at its top; the first provider's where nothing tells.
pub fn recognize(root: &Node, path: &Path) -> &'static dyn Provider {
    if let Some(owner) = ALL.iter().copied().find(|provider| provider.owns(path)) {
        return owner;
    }
    let likeness = |provider: &&dyn Provider| root.as_mapping().map_or(0, |top| provider.likeness(top));
    // Of equals, `max_by_key` takes the last.
    ALL.iter().copied().rev().max_by_key(likeness).expect("there are providers")
}

/// The provider's configuration for a plan: rendered, read back, compared, and checked as a whole.
///
/// # Errors
/// See [`Error`].
pub fn generate(
    provider: &dyn Provider,
    plan: &Plan,
    config: Option<&UserConfig>,
    origin: &Origin,
    committed: Committed<'_>,
) -> Result<Emitted, Error> {
    assert_eq!(plan.provider, provider.name(), "a plan is for one provider");
    let refusals = provider.refusals(plan);
    if !refusals.is_empty() {
        return Err(Error::Unsayable(refusals));
    }
    let mut emitted = Emitted { files: Vec::new(), warnings: None, notes: provider.notes(plan) };
    for File { path, pipeline } in provider.files(plan, config.is_some(), committed) {
        let (text, wanted) = std::thread::scope(|scope| {
            // What the text is to say does not wait for the text.
            let wanted = scope.spawn(|| pipeline.facts());
            let view = pipeline.view(config)?;
            let text = render::render(provider, &view, &header(provider, config, origin))?;
            Ok((text, wanted.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
        })?;
        let (warnings, size) = check::check(provider, plan, config, (&path, &text, &wanted))?;
        // Of every file the same is doubtful in the one that is hand-written.
        emitted.warnings = emitted.warnings.or(warnings);
        emitted.files.push(EmittedFile { path, text, size });
    }
    Ok(emitted)
}

/// Whether a file of a configuration means what the plan says, as [`generate()`] sees to it of its own: the warnings about
/// the hand-written file, else the first difference.
///
/// # Errors
/// See [`Error::Check`] and [`Error::Refused`].
pub fn verify(
    provider: &dyn Provider,
    plan: &Plan,
    config: Option<&UserConfig>,
    (path, text): (&str, &str),
) -> Result<Option<Report>, Error> {
    let files = provider.files(plan, config.is_some(), &|_| Some(text.to_owned()));
    let Some(file) = files.iter().find(|file| file.path == path) else {
        return Err(Error::Check(format!("{path} is none of its files")));
    };
    check::check(provider, plan, config, (path, text, &file.pipeline.facts())).map(|(warnings, _)| warnings)
}

/// How the comment at the top of every generated file begins.
const MADE_BY: &str = "Made by splitbuild ";

/// Whether a file was generated, by its first line.
pub fn is_generated(text: &str) -> bool {
    text.strip_prefix("# ").is_some_and(|comment| comment.starts_with(MADE_BY))
}

/// What a generated file was made from: `splitbuild.yml`, and the hand-written file, if there is one.
pub fn made_from(text: &str) -> Option<&str> {
    let first = text.lines().next()?.strip_prefix("# ")?.strip_prefix(MADE_BY)?;
    first.split_once(" from ")?.1.split_once(": edit that").map(|(sources, _)| sources)
}

/// The comment at the top: what made the file, from what, and how to make it again.
fn header(provider: &dyn Provider, config: Option<&UserConfig>, origin: &Origin) -> Vec<String> {
    let mut command = String::from("splitbuild gen");
    if origin.matrix != "splitbuild.yml" {
        command.push_str(&format!(" {}", crate::shell::literal(&origin.matrix)));
    }
    if provider.name() != ALL[0].name() {
        command.push_str(&format!(" --provider {}", provider.name()));
    }
    for (name, value) in &origin.vars {
        command.push_str(&format!(" --var {}", crate::shell::literal(&format!("{name}={value}"))));
    }
    let sources = match config {
        Some(config) => format!("{} and {}", origin.matrix, config.name),
        None => origin.matrix.clone(),
    };
    let lines = [
        format!("{MADE_BY}{} from {sources}: edit that, not this file, and then run", env!("CARGO_PKG_VERSION")),
        format!("    {command} -o {}", provider.path(config.is_some())),
        format!("beside {}; with --check it only reports whether this file is up to date.", origin.matrix),
    ];
    // A comment ends where some reader of YAML sees the end of a line.
    let ends_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    lines.map(|line| line.replace(ends_line, "?")).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Platform;
    use crate::spec::{BUILDER, DOCKER, KEYS, SectionShape};
    use crate::yaml::read::{Budget, read};

    #[test]
    fn a_file_belongs_to_whom_its_path_says_or_its_keys() {
        let of = |path: &str, text: &str| {
            let root = read(text, Budget::default()).expect("YAML").root;
            recognize(&root, Path::new(path)).name()
        };
        for (path, text, owner) in [
            ("a/.github/workflows/x.yml", "jobs: {}", "github"),
            ("x.yml", "on: push\njobs: {}", "github"),
            ("x.yml", "on:\n  push:\n", "github"),
            ("action.yml", "name: a\nruns: { using: composite }", "github"),
            ("x.yml", "version: 2.1\njobs: {}", "circleci"),
            ("x.yml", "jobs: {}\nworkflows: {}", "circleci"),
            ("x.yml", "name: { script: [make] }", "gitlab"),
            ("x.yml", "runs: { script: [make] }\ndefault: {}", "gitlab"),
        ] {
            assert_eq!(of(path, text), owner, "{path}: {text}");
        }
    }

    #[test]
    fn the_words_of_every_provider_are_in_order() {
        for (place, words) in vocabularies().into_iter().enumerate() {
            let name = words.name;
            assert!(vocabularies()[..place].iter().all(|other| other.name != name), "{name} is there twice");
            assert!(KEYS.iter().all(|key| key.name != name), "{name} is the key of an image");
            for (place, key) in words.keys.iter().enumerate() {
                assert!(words.keys[..place].iter().all(|other| other.name != key.name), "{name}: {} twice", key.name);
            }
            for (platform, _) in words.runners {
                let parsed: Platform = platform.parse().expect("a platform");
                assert_eq!(parsed.to_string(), *platform, "{name}");
            }
            if let Some(builder) = words.key(BUILDER) {
                assert!(matches!(builder.shape, SectionShape::Choice([DOCKER, ..])), "{name}");
            }
        }
    }
}
