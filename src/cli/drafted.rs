//! A matrix that was drafted: it is tried with every provider before anybody gets it, and overwrites nothing.

use std::io::{Error, ErrorKind};
use std::path::Path;

use super::input::parse;
use super::{Failure, log_line, print};
use crate::diagnostic::{Report, Source};
use crate::file::{self, Output};
use crate::plan::{ExternalJobs, Request, resolve};
use crate::provider::{self, Emitted, Origin, Provider, vocabularies};
use crate::spec;
use crate::yaml::read::Form;

/// Whether a matrix becomes a configuration of every provider.
///
/// # Errors
/// What the first that refuses it says, with places in the matrix.
pub(super) fn check(matrix: &Source) -> Result<(), Failure> {
    provider::ALL.iter().try_for_each(|provider| emitted(matrix, *provider, &Origin::default()).map(drop))
}

/// What `gen` makes of a matrix for a provider, where nothing is hand-written.
///
/// # Errors
/// What is said of it, with places in the matrix.
pub(super) fn emitted(matrix: &Source, provider: &dyn Provider, origin: &Origin) -> Result<Emitted, Failure> {
    let wrong = |problems| Failure::Problems(Report::of(matrix, problems).into_iter().collect());
    let (root, mut problems) = parse(matrix, Form::Core)?;
    let (spec, found) = spec::decode(&root, &matrix.text, &vocabularies());
    problems.extend(found);
    let request = Request { vars: Vec::new(), provider: provider.vocabulary(), external: ExternalJobs::default() };
    let plan = match resolve(&spec, &request) {
        Ok(plan) if problems.is_empty() => plan,
        resolved => {
            problems.extend(resolved.err().unwrap_or_default());
            return Err(wrong(problems));
        }
    };
    let refusals = provider.refusals(&plan);
    if !refusals.is_empty() {
        return Err(wrong(refusals));
    }
    Ok(provider::generate(provider, &plan, None, origin, &|_| None)?)
}

/// A matrix is never replaced by one that was drafted, unless that is asked for.
pub(super) fn taken(path: &Path, advice: &str) -> Failure {
    let cause = Error::new(ErrorKind::AlreadyExists, format!("it is there already; {advice}"));
    Failure::File { action: "write", path: path.to_owned(), cause }
}

/// Writes a matrix to a file that is not there yet, unless that is meant, or to standard output.
pub(super) fn write(text: &str, output: Option<&Path>, may_overwrite: bool) -> Result<(), Failure> {
    let Some(path) = output else { return print(text) };
    let failed = |cause| Failure::File { action: "write", path: path.to_owned(), cause };
    match Output::at(path).map_err(failed)? {
        Output::Standard => print(text),
        Output::Through(_) => {
            Err(Failure::Usage(format!("-o {}: this is no file; leave -o out, and use `>`", path.display())))
        }
        Output::File(file) if !may_overwrite && file::open(&file).is_ok() => {
            Err(taken(path, "name another file with -o FILE, or replace it with --force"))
        }
        Output::File(file) => {
            file::write(&file, text.as_bytes()).map_err(failed)?;
            log_line(&format!("wrote {}", path.display()));
            Ok(())
        }
    }
}
