//! The CI providers: what each of them must be able to say, and the way from a plan to a file that is known to mean it.

mod builder;
mod check;
mod circle;
mod circleci;
mod gitlab;
mod render;
mod scripts;

use crate::diagnostic::{Diagnostic, Report, Source};
use crate::plan::{Foreign, Graph, Job, LONGEST_VALUE, Plan, Variable};
use crate::spec::Vocabulary;
use crate::yaml::{Mapping, Node};

/// Every provider; the first is meant where none is named.
pub const ALL: &[&dyn Provider] = &[&circleci::CircleCi, &gitlab::GitLab];

/// A CI provider: a plan in its words, and its words as a graph.
pub trait Provider: Sync {
    /// Its words in the matrix.
    fn vocabulary(&self) -> &'static Vocabulary;

    /// Its name on the command line and in the matrix.
    fn name(&self) -> &'static str {
        self.vocabulary().name
    }

    /// Where its configuration lies in a repository; `is_included` if a hand-written one includes it.
    fn path(&self, is_included: bool) -> &'static str;

    /// The template of its configuration.
    fn template(&self) -> &'static str;

    /// How many of the keys at the top of a file make it look like one of its configurations.
    fn likeness(&self, top: &Mapping) -> usize;

    /// The jobs that the hand-written file has for each of the matrix's workflows, and what is wrong with that file by
    /// itself.
    fn foreign(&self, own: &Own, workflows: &[&str]) -> (Foreign, Vec<Diagnostic>);

    /// The plan in the provider's vocabulary.
    ///
    /// # Errors
    /// What the provider cannot say, or what the hand-written file has that does not go with the plan.
    fn view(&self, plan: &Plan, own: Option<&Own>) -> Result<minijinja::Value, Error>;

    /// A configuration as the provider would read it.
    ///
    /// # Errors
    /// What is not of the form that the provider knows.
    fn read<'n>(&self, document: &'n Node) -> Result<Graph<'n>, String>;

    /// The emitted configuration with what is hand-written as it was written, with its places: what the provider has in the
    /// end, to be checked as a whole.
    ///
    /// # Errors
    /// The first hand-written thing that was not emitted as it was written.
    fn whole(&self, emitted: Node, own: &Own, plan: &Plan) -> Result<Node, String>;

    /// What the provider would refuse in a configuration, or take otherwise than it was meant, whoever wrote it. Its places
    /// are places in `text`.
    fn problems(&self, document: &Node, text: &str) -> Vec<Diagnostic>;

    /// Puts what a hand-written file includes of this repository in its place, as far as `read` can: it is given the path,
    /// from the root of the repository.
    fn include(&self, _root: &mut Node, _read: &mut dyn FnMut(&str) -> Option<Node>) {}

    /// The most bytes that its configuration may have, if there is a limit.
    fn most_bytes(&self) -> Option<usize> {
        None
    }

    /// What a person has to do beside committing the file.
    fn notes(&self, _plan: &Plan) -> Vec<String> {
        Vec::new()
    }
}

/// A configuration that is known to mean what the plan says.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// The file.
    pub text: String,
    /// What is doubtful in the hand-written file.
    pub warnings: Option<Report>,
    /// What a person has to do beside committing the file.
    pub notes: Vec<String>,
}

/// A hand-written file of the user's.
#[derive(Clone, Debug)]
pub struct Own {
    /// The name that the matrix gives it.
    pub name: String,
    /// The file.
    pub source: Source,
    /// What stands in it.
    pub root: Node,
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
    /// The hand-written file does not go with the plan.
    #[error("the hand-written file has {} problems", .0.len())]
    Own(Vec<Diagnostic>),
    /// The provider would refuse the configuration: the problems of the hand-written file and of what was generated.
    #[error("{} files have problems", .0.len())]
    Refused(Vec<Report>),
    /// The provider has no way to say something.
    #[error("{provider} cannot carry {what}; {help}")]
    Unsupported {
        /// The provider.
        provider: &'static str,
        /// What it cannot carry, and of which image.
        what: String,
        /// What to do instead.
        help: String,
    },
    /// The template failed, which is our fault.
    #[error("the template of {provider} failed: {cause:#}; this is a defect of splitbuild, please report it")]
    Template {
        /// The provider.
        provider: &'static str,
        /// Where and why.
        cause: minijinja::Error,
    },
    /// The emitted file does not mean what the plan says, which is our fault.
    #[error(
        "the generated file does not mean what the matrix says: {0}; nothing was written; this is a defect of splitbuild, please report it"
    )]
    Check(String),
}

/// The provider of that name.
pub fn find(name: &str) -> Option<&'static dyn Provider> {
    ALL.iter().copied().find(|provider| provider.name() == name)
}

/// The words of every provider in the matrix.
pub fn vocabularies() -> Vec<&'static Vocabulary> {
    ALL.iter().map(|provider| provider.vocabulary()).collect()
}

/// Whose configuration it is, by what stands at its top; the first provider's where nothing tells.
pub fn recognize(root: &Node) -> &'static dyn Provider {
    let likeness = |provider: &&dyn Provider| root.as_mapping().map_or(0, |top| provider.likeness(top));
    // Of equals, `max_by_key` takes the last.
    ALL.iter().copied().rev().max_by_key(likeness).expect("there are providers")
}

/// The provider's configuration for a plan: rendered, read back, compared, and checked as a whole.
///
/// # Errors
/// See [`Error`].
pub fn generate(provider: &dyn Provider, plan: &Plan, own: Option<&Own>, origin: &Origin) -> Result<Emitted, Error> {
    assert_eq!(plan.provider, provider.name(), "a plan is for one provider");
    let view = provider.view(plan, own)?;
    let text = render::render(provider, &view, &header(provider, own, origin))?;
    discard(view);
    if let Some(most) = provider.most_bytes().filter(|most| text.len() > *most) {
        return Err(Error::Unsupported {
            provider: provider.name(),
            what: format!("a file of {} bytes, where it takes {most}", text.len()),
            help: "split the matrix into several, each with a generated file of its own".into(),
        });
    }
    let warnings = check::check(provider, plan, own, &text)?;
    Ok(Emitted { text, warnings, notes: provider.notes(plan) })
}

/// Frees a large tree while nobody waits for it: that takes about a tenth of the time in which it was read.
fn discard<T: Send + 'static>(tree: T) {
    std::thread::spawn(move || drop(tree));
}

/// What no variable can hold is refused here, and not by a job's shell.
///
/// # Errors
/// The first variable of `job` that is too long.
fn carried(provider: &dyn Provider, job: &Job, environment: &[Variable]) -> Result<(), Error> {
    let Some(long) = environment.iter().find(|variable| variable.datum.length() > LONGEST_VALUE) else { return Ok(()) };
    let what = match long.name {
        "SPLITBUILD_BUILD" => "the build arguments",
        "SPLITBUILD_RUN" => "the script `run`",
        "SPLITBUILD_SETUP" => "the script `setup`",
        name => name,
    };
    Err(Error::Unsupported {
        provider: provider.name(),
        what: format!(
            "{what} of the image `{}`: {} bytes, where a variable holds {LONGEST_VALUE}",
            job.key,
            long.datum.length()
        ),
        help: "put what is so long into a file of the repository".into(),
    })
}

/// The comment at the top: what made the file, from what, and how to make it again.
fn header(provider: &dyn Provider, own: Option<&Own>, origin: &Origin) -> Vec<String> {
    let mut command = String::from("splitbuild gen");
    if origin.matrix != "splitbuild.yml" {
        command.push_str(&format!(" {}", shell_word(&origin.matrix)));
    }
    if provider.name() != ALL[0].name() {
        command.push_str(&format!(" --provider {}", provider.name()));
    }
    for (name, value) in &origin.vars {
        command.push_str(&format!(" --var {}", shell_word(&format!("{name}={value}"))));
    }
    let sources = match own {
        Some(own) => format!("{} and {}", origin.matrix, own.name),
        None => origin.matrix.clone(),
    };
    let lines = [
        format!(
            "Made by splitbuild {} from {sources}: edit that, not this file, and then run",
            env!("CARGO_PKG_VERSION")
        ),
        format!("    {command} -o {}", provider.path(own.is_some())),
        format!("beside {}; with --check it only tells whether this file is up to date.", origin.matrix),
    ];
    // A comment ends where some reader of YAML sees the end of a line.
    let ends_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    lines.map(|line| line.replace(ends_line, "?")).into()
}

/// The text as one word of a shell's command line.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Platform;
    use crate::spec::{BUILDER, DOCKER, KEYS, SectionShape};

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
