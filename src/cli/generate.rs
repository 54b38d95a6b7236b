//! `splitbuild gen`: the matrix as a CI configuration.

use std::path::Path;

use super::input::{self, Input};
use super::limit::{first_line, problem};
use super::{Failure, Generate, colour, print};
use crate::diagnostic::{Report, Severity, Source};
use crate::provider;

pub(super) fn run(arguments: &Generate) -> Result<(), Failure> {
    let provider = provider::find(&arguments.provider).expect("clap lets through only what is in the list");
    let Input { plan, own, origin, folder } = input::load(&arguments.matrix, provider)?;
    let emitted = provider::generate(provider, &plan, own.as_ref(), &origin).map_err(|error| match (error, &own) {
        (provider::Error::Own(problems), Some(own)) => {
            Failure::Problems(Report::of(&own.source, problems).into_iter().collect())
        }
        (provider::Error::Refused(reports), _) => Failure::Problems(reports),
        (error, _) => Failure::Provider(error),
    })?;
    let path = provider.path(own.is_some());
    let first = first_line(&emitted.text);
    if let Some(problem) = emitted.size.and_then(|size| problem(&size, first, plan.image_count(), "images")) {
        let is_too_large = problem.severity == Severity::Error;
        let source = Source { name: format!("{path} (generated)"), text: emitted.text[..first.end].to_owned() };
        let report = Report::of(&source, vec![problem]);
        if is_too_large {
            return Err(Failure::Problems(report.into_iter().collect()));
        }
        report.iter().for_each(|report| eprint!("{}", report.render(colour())));
    }
    if let Some(warnings) = &emitted.warnings {
        eprint!("{}", warnings.render(colour()));
    }
    for note in &emitted.notes {
        eprintln!("{note}");
    }
    let text = emitted.text;
    let usual = folder.join(path);
    match (&arguments.output, arguments.check) {
        (output, true) => check(output.as_deref().unwrap_or(&usual), &text),
        (Some(output), false) => write(output, &text),
        (None, false) => print(&text),
    }
}

/// Writes the file as a whole or not at all, and leaves one that is the same untouched.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |cause| Failure::File { action: "write", path: path.to_owned(), cause };
    if std::fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
        eprintln!("{} is up to date", path.display());
        return Ok(());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let is_special = std::fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file());
    if is_special {
        // A link or a device is written through, not replaced.
        std::fs::write(path, text).map_err(failed)?;
    } else {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let new = path.with_file_name(name);
        let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, path));
        if written.is_err() {
            // The file may not be there; the first failure is the one to tell.
            let _ = std::fs::remove_file(&new);
        }
        written.map_err(failed)?;
    }
    eprintln!("wrote {}", path.display());
    Ok(())
}

fn check(path: &Path, text: &str) -> Result<(), Failure> {
    let old = match std::fs::read(path) {
        Ok(old) => String::from_utf8_lossy(&old).into_owned(),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(cause) => return Err(Failure::File { action: "read", path: path.to_owned(), cause }),
    };
    if old == text {
        eprintln!("{} is up to date", path.display());
        return Ok(());
    }
    let name = path.display().to_string();
    let difference = similar::TextDiff::from_lines(old.as_str(), text);
    print(&difference.unified_diff().header(&name, &format!("{name} (generated)")).to_string())?;
    eprintln!("splitbuild: {name} is stale; write it again with `splitbuild gen -o {name}`");
    Err(Failure::Said)
}
