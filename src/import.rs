//! What other tools build images from, as a matrix: the JSON of `docker buildx bake --print`, a `docker-bake.json` in which
//! nothing has to be evaluated, and Compose files.
//!
//! [`import`] is a pure function: it is given the text, and gives a [`Draft`] with everything that it left out or guessed as
//! warnings at their places, or errors where the result would be wrong. `docs/import.md` has the mapping.

mod assemble;
mod bake;
mod compose;
mod found;
mod option;
mod path;
mod reader;
mod tags;
mod target;

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Severity};
use crate::draft::Draft;
use crate::span::Span;
use crate::spec::Vocabulary;
use crate::yaml::Node;

use self::assemble::Assembly;

/// What is imported, and what is around it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// What it is called, for the comment at the top.
    pub name: &'r str,
    /// The folder, from the root of the repository, that its paths begin in; empty for the root.
    pub folder: &'r str,
    /// What a project without a name is called: its images are called after it.
    pub project: &'r str,
    /// What Compose finds in `.env`.
    pub environment: Option<&'r str>,
    /// The files beside it, where they can be had.
    pub files: Option<&'r dyn Files>,
    /// The providers that the matrix is for: where runs on other machines than theirs are emulated.
    pub providers: &'r [&'static Vocabulary],
}

/// The files of a repository.
pub trait Files: std::fmt::Debug {
    /// The text of a file, by its path from the root.
    ///
    /// # Errors
    /// It is not there, cannot be read, or is too long.
    fn text(&self, path: &str) -> std::io::Result<String>;
}

/// What came of it.
#[derive(Debug)]
pub struct Imported {
    pub draft: Draft,
    /// What was left out or guessed, with places in the input.
    pub warnings: Vec<Diagnostic>,
    /// Variables that jobs must have.
    pub environment: BTreeSet<String>,
}

/// The command whose output can be read where a file cannot.
const PRINT: &str = "run `docker buildx bake --print > bake.json`, and import that";

/// Reads a file of another tool as a matrix.
///
/// # Errors
/// Everything that would make the result wrong.
pub fn import(request: &Request<'_>, root: &Node) -> Result<Imported, Vec<Diagnostic>> {
    let (input, mut problems) = match form(root) {
        Some(Form::Bake) => bake::read(request, root),
        Some(Form::Compose) => compose::read(request, root),
        None if root.is_null() => {
            let problem = Diagnostic::new("unknown-form", Span::default(), "there is nothing in this file");
            return Err(vec![problem.help("the command that was to write it may have failed")]);
        }
        None => {
            let message = "this is neither a bake file nor a Compose file";
            let problem = Diagnostic::new("unknown-form", Span { end: root.span.start, ..root.span }, message);
            let help = "a bake file has `target`, a Compose file `services`";
            return Err(vec![problem.help(help).help(PRINT)]);
        }
    };
    let draft = Assembly::new(request, &mut problems).draft(input);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        problems.into_iter().partition(|problem| problem.severity == Severity::Error);
    if !errors.is_empty() {
        return Err(errors);
    }
    let environment = assemble::environment(&draft);
    Ok(Imported { draft, warnings: counted(warnings), environment })
}

/// Whether a document is a Compose file, in which paths begin in the file's folder.
pub fn is_compose(root: &Node) -> bool {
    matches!(form(root), Some(Form::Compose))
}

/// Whether a document is of a form that can be imported.
pub fn is_known(root: &Node) -> bool {
    form(root).is_some()
}

/// Warnings that say the same of several places as one, at the first of them.
fn counted(problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut counted: Vec<(Diagnostic, usize)> = Vec::new();
    for problem in problems {
        let is_same = |known: &Diagnostic| (known.code, &known.message) == (problem.code, &problem.message);
        match counted.iter_mut().find(|(known, _)| is_same(known)) {
            Some((_, count)) => *count += 1,
            None => counted.push((problem, 1)),
        }
    }
    let told = counted.into_iter().map(|(problem, count)| match count {
        1 => problem,
        _ => Diagnostic { message: format!("{} (in {count} places)", problem.message), ..problem },
    });
    told.collect()
}

enum Form {
    Bake,
    Compose,
}

/// What a document is, by the keys at its top.
fn form(root: &Node) -> Option<Form> {
    let map = root.as_mapping()?;
    if map.get("services").is_some() {
        return Some(Form::Compose);
    }
    (map.get("target").is_some() || map.get("group").is_some()).then_some(Form::Bake)
}

/// What is wrong with a text that is written in HCL, the language that bake files are written in: only bake evaluates it.
pub fn hcl(text: &str) -> Option<Diagnostic> {
    let is_block = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let is_word = words.next().is_some_and(|word| ["target", "group", "variable", "function"].contains(&word));
        let label = words.next().is_some_and(|label| label.len() > 2 && label.starts_with('"') && label.ends_with('"'));
        is_word && label && words.next().is_some_and(|word| word.starts_with('{'))
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if is_block(line) {
            let span = Span { start: at, end: at + line.trim_end().len() };
            let message = "this bake file is written in HCL, which only `docker buildx bake` evaluates";
            let help =
                "it needs neither a builder nor a daemon: `docker buildx bake --print -f FILE | splitbuild import -`";
            return Some(Diagnostic::new("unresolved", span, message).help(help));
        }
        at += line.len();
    }
    None
}
