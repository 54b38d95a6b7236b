//! `splitbuild init`: a first matrix, by what is in the repository.

mod ci;
mod summary;

use std::path::Path;

use self::ci::Ci;
use self::summary::Summary;
use super::arguments::init::Init;
use super::{Failure, drafted, log, print};
use crate::diagnostic::Source;
use crate::file;
use crate::proposal::Proposal;
use crate::provider::{self, Emitted, Origin, Provider, vocabularies};
use crate::repository::{LeftOut, Repository};

/// What the matrix is called where nothing else is asked for.
const MATRIX: &str = "splitbuild.yml";

/// What the workflow is called; the others are for where a hand-written file of that name is in the way.
const WORKFLOWS: [&str; 3] = ["main", "images", "container-images"];

pub(super) fn run(arguments: &Init) -> Result<(), Failure> {
    let beside = || if arguments.folder == Path::new(".") { MATRIX.into() } else { arguments.folder.join(MATRIX) };
    let output = arguments.output.clone().unwrap_or_else(beside);
    let is_printed = output == Path::new("-");
    if !is_printed && output.symlink_metadata().is_ok() {
        return Err(drafted::taken(&output, "write another with -o FILE, or see it with -o -"));
    }
    let read = |cause| Failure::File { action: "read", path: arguments.folder.clone(), cause };
    let repository = Repository::look(&arguments.folder).map_err(read)?;
    let asked = arguments.provider.as_deref().and_then(provider::find);
    let ci = Ci::of(&repository, asked);
    let mut proposal = Proposal::of(&repository, &vocabularies());
    let mut proposed = text(&repository, &proposal, &ci);
    if proposed.is_err() && !proposal.declared.is_empty() {
        let files = std::mem::replace(&mut proposal, Proposal::of_dockerfiles(&repository)).declared;
        let why = "with what it says, it would be no matrix; `splitbuild import` reads it alone";
        proposal.left_out.extend(files.into_iter().map(|path| LeftOut { path, why: why.into() }));
        proposed = text(&repository, &proposal, &ci);
    }
    let summary = Summary { repository: &repository, proposal: &proposal, ci: &ci };
    super::report::tell(super::Format::Text, &proposal.problems)?;
    if proposal.images.is_empty() {
        log(&summary.nothing());
        return Err(Failure::Reported);
    }
    let text = proposed?;
    if is_printed {
        print(&text)?;
    } else {
        file::create(&output, text.as_bytes()).map_err(|cause| Failure::File {
            action: "write",
            path: output.clone(),
            cause,
        })?;
    }
    log(&summary.text(&output));
    Ok(())
}

/// The matrix, whose workflow is called otherwise than files that are there.
fn text(repository: &Repository, proposal: &Proposal, ci: &Ci) -> Result<String, Failure> {
    let mut first = None;
    for workflow in WORKFLOWS {
        let text = proposal.text(&ci.target(repository, proposal, workflow));
        if !ci.has_foreign(repository, &emitted(&text, ci.provider)?) {
            return Ok(text);
        }
        first.get_or_insert(text);
    }
    Ok(first.unwrap_or_default())
}

/// What `gen` makes of the text. That it takes it is the promise of `init`.
fn emitted(text: &str, provider: &dyn Provider) -> Result<Emitted, Failure> {
    let name = "the proposed matrix (a bug in splitbuild, please report it)".into();
    let origin = Origin { matrix: MATRIX.into(), vars: Vec::new() };
    drafted::emitted(&Source { name, text: text.to_owned() }, provider, &origin)
}
