//! `splitbuild gen`: the matrix as a CI configuration.

use std::io::Write;
use std::path::Path;

use super::arguments::format::Format;
use super::arguments::generate::Generate;
use super::input::{self, Input, parse_config, read_file};
use super::limit::{first_line, problem};
use super::report::tell;
use super::targets::Targets;
use super::{Failure, fresh, log_line, print};
use crate::diagnostic::{Allowed, Report, Severity, Source};
use crate::file::{self, Output};
use crate::provider::{self, Emitted, Provider};

pub(super) fn run(arguments: &Generate) -> Result<(), Failure> {
    let provider = provider::find(&arguments.provider).expect("clap lets through only what is in the list");
    let is_printed = arguments.output.as_deref().is_none_or(|output| output == Path::new("-"));
    if arguments.format != Format::Text && is_printed && !arguments.check {
        return Err(Failure::Usage("--format: the report goes to standard output; write the file with -o FILE".into()));
    }
    let input = input::load(&arguments.matrix, provider, Allowed::new(&arguments.allow))?;
    let Input { plan, own, origin, folder, warnings, .. } = &input;
    let targets = Targets::of(provider, own.is_some(), folder, arguments.output.as_deref());
    let generated = provider::generate(provider, plan, own.as_ref(), origin, &|name| targets.committed(name));
    let emitted = generated.map_err(|error| match (error, own) {
        (provider::Error::UserConfig(problems), Some(own)) => {
            Failure::Problems(Report::of(&own.source, problems).into_iter().collect())
        }
        (provider::Error::Refused(reports), _) => Failure::Problems(reports),
        (error, _) => Failure::Provider(error),
    })?;
    let mut told = sizes(&emitted, plan.image_count())?;
    told.extend(warnings.iter().chain(&emitted.warnings).cloned());
    for note in &emitted.notes {
        log_line(note);
    }
    if arguments.check {
        let usual = provider.name() == provider::ALL[0].name();
        let how = if usual { String::new() } else { format!(" --provider {}", provider.name()) };
        return fresh::check((&targets, &emitted, &origin.matrix, &how), told, arguments.format);
    }
    tell(arguments.format, &told)?;
    if let ([_, _, ..], true) = (emitted.files.as_slice(), is_printed) {
        let (count, path) = (emitted.files.len(), provider.path(own.is_some()));
        return Err(Failure::Usage(format!("the configuration has {count} files; name their folder: -o {path}")));
    }
    if arguments.output.is_none() {
        return print(emitted.text());
    }
    let is_source = |output: &Path| source(output, &arguments.matrix.path, &input, provider);
    targets.check_foreign(&emitted)?;
    for file in &emitted.files {
        write(&targets.path(file), &file.text, &is_source)?;
    }
    for stale in targets.stale(&emitted) {
        log_line(&format!("{}: {}", stale.display(), fresh::gone(&origin.matrix)));
    }
    Ok(())
}

/// What files are nearly too large, or the failure that some are.
fn sizes(emitted: &Emitted, images: usize) -> Result<Vec<Report>, Failure> {
    let (mut told, mut wrong) = (Vec::new(), Vec::new());
    for file in &emitted.files {
        let first = first_line(&file.text);
        let Some(problem) = file.size.and_then(|size| problem(&size, first, images, "images")) else { continue };
        let is_too_large = problem.severity == Severity::Error;
        let source = Source { name: format!("{} (generated)", file.path), text: file.text[..first.end].to_owned() };
        let reports = Report::of(&source, vec![problem]);
        if is_too_large { wrong.extend(reports) } else { told.extend(reports) }
    }
    if wrong.is_empty() { Ok(told) } else { Err(Failure::Problems(wrong)) }
}

/// Which of the files that the configuration is made of this one is, whatever it is called.
pub(super) fn source(output: &Path, matrix: &Path, input: &Input, provider: &dyn Provider) -> Option<&'static str> {
    if file::is_same(output, matrix) {
        return Some("the matrix itself");
    }
    let own = input.own.as_ref()?;
    let written = input.folder.join(&own.name);
    if file::is_same(output, &written) {
        return Some("the hand-written file that the matrix names");
    }
    let (root, mut is_included) = (written.parent()?, false);
    provider.include(&mut own.root.clone(), &mut |name| {
        let path = root.join(name);
        let source = read_file(&path).ok()?;
        // One of them is the generated one.
        if provider::is_generated(&source.text) {
            return None;
        }
        is_included |= file::is_same(output, &path);
        parse_config(&source, provider.form()).ok().map(|(node, _)| node)
    });
    is_included.then_some("a file that the hand-written one includes")
}

/// Writes the file as a whole or not at all, and leaves one that is the same untouched.
pub(super) fn write(path: &Path, text: &str, source: &dyn Fn(&Path) -> Option<&'static str>) -> Result<(), Failure> {
    let failed = |cause| Failure::File { action: "write", path: path.to_owned(), cause };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let output = Output::at(path).map_err(failed)?;
    let what = if matches!(output, Output::Standard) { None } else { source(path) };
    if let Some(what) = what {
        return Err(Failure::Usage(format!("-o {}: this is {what}; name another file", path.display())));
    }
    match output {
        Output::Standard => return print(text),
        Output::Through(mut device) => {
            device.write_all(text.as_bytes()).and_then(|()| file::check_close(&device)).map_err(failed)?;
        }
        Output::File(file) if file::read(&file, text.len() as u64).is_ok_and(|old| old == text.as_bytes()) => {
            log_line(&format!("{} is up to date", path.display()));
            return Ok(());
        }
        Output::File(file) => file::write(&file, text.as_bytes()).map_err(failed)?,
    }
    log_line(&format!("wrote {}", path.display()));
    Ok(())
}
