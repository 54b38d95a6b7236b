//! `splitbuild import`: what bake or Compose builds, as a matrix.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use super::arguments::format::Format;
use super::arguments::import::Import;
use super::input::{parse, read_file};
use super::report::tell;
use super::{Failure, drafted, log_line};
use crate::diagnostic::{Diagnostic, Report, Severity, Source};
use crate::file;
use crate::import::{self, Imported, Request};
use crate::provider::vocabularies;
use crate::yaml::Node;
use crate::yaml::read::Form;

pub(super) fn run(arguments: &Import) -> Result<(), Failure> {
    let source = source(&arguments.input)?;
    let (root, mut problems) = read(&source)?;
    let is_compose = import::is_compose(&root);
    let environment = if is_compose { environment(arguments)? } else { None };
    let file = Some(arguments.input.as_path()).filter(|path| *path != Path::new("-"));
    let folder = arguments.folder.clone().unwrap_or_else(|| match file {
        Some(path) if is_compose => folder(path),
        _ => String::new(),
    });
    let providers = vocabularies();
    let beside = Beside { root: file.map(|path| root_of(path, &folder)).unwrap_or_default() };
    let request = Request {
        name: file.and_then(Path::file_name).and_then(OsStr::to_str).unwrap_or("-"),
        folder: &folder,
        project: &project(&root, file),
        environment: environment.as_deref(),
        files: file.is_some().then_some(&beside),
        providers: &providers,
    };
    let failed = |problems| Failure::Unwritten(Report::of(&source, problems).into_iter().collect());
    let imported = import::import(&request, &root);
    let Imported { draft, warnings, environment } = match imported {
        Ok(imported) if problems.is_empty() => imported,
        Ok(imported) => {
            problems.extend(imported.warnings);
            return Err(failed(problems));
        }
        Err(found) => {
            problems.extend(found);
            return Err(failed(problems));
        }
    };
    let text = draft.text();
    let counted = draft.get("images").map_or(0, |images| images.entries().len());
    let report: Vec<Report> = Report::of(&source, warnings).into_iter().collect();
    tell(Format::Text, &report)?;
    // What the matrix itself refuses has its place there: what was read does not tell where from.
    let matrix = Source { name: format!("{} (as a matrix)", source.name), text };
    drafted::check(&matrix).map_err(|failure| match failure {
        Failure::Problems(reports) => Failure::Unwritten(reports),
        other => other,
    })?;
    drafted::write(&matrix.text, arguments.output.as_deref(), arguments.force)?;
    let warned = report.iter().flat_map(|report| &report.diagnostics).filter(|it| it.severity == Severity::Warning);
    let count = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    log_line(&format!("{}, {}", count(counted, "image"), count(warned.count(), "warning")));
    log_line("to be filled in: `tool`");
    if !environment.is_empty() {
        let names: Vec<&str> = environment.iter().map(String::as_str).collect();
        log_line(&format!("to be set for the jobs: {}", names.join(", ")));
    }
    Ok(())
}

/// The files of the repository in which a Compose file is.
#[derive(Debug)]
struct Beside {
    root: PathBuf,
}

impl import::Files for Beside {
    fn text(&self, path: &str) -> std::io::Result<String> {
        let bytes = file::read(&self.root.join(path), file::LONGEST_TEXT)?;
        String::from_utf8(bytes).map_err(|_| std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8"))
    }
}

/// Where the repository begins in whose folder a file is.
fn root_of(file: &Path, folder: &str) -> PathBuf {
    let own = file.parent().unwrap_or(Path::new(""));
    let depth = Path::new(folder).components().count();
    own.ancestors().nth(depth).filter(|_| own.ends_with(folder)).map(Path::to_owned).unwrap_or_default()
}

fn source(path: &Path) -> Result<Source, Failure> {
    if path != Path::new("-") {
        return read_file(path);
    }
    let failed = |cause| Failure::File { action: "read", path: "standard input".into(), cause };
    let bytes = file::bounded(std::io::stdin().lock(), file::LONGEST_TEXT).map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::Usage("standard input is not UTF-8".into()))?;
    Ok(Source { name: "standard input".into(), text })
}

/// The document, with the problems of its YAML. JSON is YAML as well.
fn read(source: &Source) -> Result<(Node, Vec<Diagnostic>), Failure> {
    let parsed = parse(source, Form::Core);
    let is_known = parsed.as_ref().is_ok_and(|(root, _)| import::is_known(root));
    match import::hcl(&source.text).filter(|_| !is_known) {
        Some(problem) => Err(Failure::Unwritten(Report::of(source, vec![problem]).into_iter().collect())),
        None => parsed.map_err(|failure| match failure {
            Failure::Problems(reports) => Failure::Unwritten(reports),
            other => other,
        }),
    }
}

/// What Compose finds in the file beside its own, or in the one that is named.
fn environment(arguments: &Import) -> Result<Option<String>, Failure> {
    let path = match &arguments.env_file {
        Some(path) => path.clone(),
        None if arguments.input == Path::new("-") => return Ok(None),
        None => arguments.input.with_file_name(".env"),
    };
    match read_file(&path) {
        Ok(source) => Ok(Some(source.text)),
        Err(Failure::File { cause, .. })
            if arguments.env_file.is_none() && cause.kind() == std::io::ErrorKind::NotFound =>
        {
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// The folder of a file from here on, which is taken for the root of the repository.
fn folder(path: &Path) -> String {
    let parts = path.parent().into_iter().flat_map(Path::components);
    let names: Option<Vec<&str>> = parts
        .filter(|part| *part != Component::CurDir)
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    names.unwrap_or_default().join("/")
}

/// What a Compose project is called: by itself, else as its folder.
fn project(root: &Node, file: Option<&Path>) -> String {
    if let Some(name) = root.get("name").and_then(Node::as_str).filter(|name| !name.contains('$')) {
        return name.to_owned();
    }
    let folder = file.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let folder = std::path::absolute(folder).unwrap_or_default();
    folder.file_name().and_then(OsStr::to_str).unwrap_or("project").to_owned()
}
