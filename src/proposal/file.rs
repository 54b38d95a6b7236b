//! The Dockerfiles of a repository that are read, and why others are not.

use super::name::PathWords;
use crate::diagnostic::{Diagnostic, Report, Source};
use crate::dockerfile::Dockerfile;
use crate::repository::{LeftOut, Repository};
use crate::span::Span;

/// A Dockerfile with its place.
#[derive(Clone, Debug)]
pub(super) struct DockerfileIn {
    pub(super) path: String,
    pub(super) words: PathWords,
    pub(super) dockerfile: Dockerfile,
}

/// What was read of a repository.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) dockerfiles: Vec<DockerfileIn>,
    pub(super) left_out: Vec<LeftOut>,
    /// What cannot be read, as warnings.
    pub(super) problems: Vec<Report>,
}

impl Files {
    /// Reads the Dockerfiles that were found. Those for tests and development are left out, unless there are no others.
    pub(super) fn of(repository: &Repository) -> Self {
        let mut files = Self { left_out: repository.found.left_out.clone(), ..Self::default() };
        for path in &repository.found.dockerfiles {
            files.read(repository, path);
        }
        let is_aside = |file: &DockerfileIn| file.words.aside.is_some();
        if files.dockerfiles.iter().any(|file| !is_aside(file)) {
            let aside = files.dockerfiles.extract_if(.., |file| is_aside(file));
            let why = |file: DockerfileIn| Some(LeftOut { why: file.words.aside?.to_owned(), path: file.path });
            files.left_out.extend(aside.filter_map(why));
        }
        let has_names = files.dockerfiles.iter().any(|file| !file.words.words.is_empty());
        for file in files.dockerfiles.iter_mut().filter(|file| has_names && file.words.is_system_alone()) {
            file.words.name_by_system();
        }
        files.left_out.sort();
        files
    }

    fn read(&mut self, repository: &Repository, path: &str) {
        let mut leave_out = |why: String| self.left_out.push(LeftOut { path: path.to_owned(), why });
        if path.starts_with(['-', '~']) {
            return leave_out("a context cannot begin with `-` or `~`".into());
        }
        let text = match repository.text(path) {
            Ok(text) => text,
            Err(cause) => return leave_out(format!("cannot read it: {cause}")),
        };
        let words = PathWords::of(path);
        match Dockerfile::parse(&text) {
            Ok(dockerfile) if dockerfile.is_windows => {
                leave_out(
                    "it is for Windows; build it in a job of your own, and link it with `splitbuild manifest`".into(),
                );
            }
            Ok(dockerfile) => {
                self.dockerfiles.push(DockerfileIn { path: path.to_owned(), words, dockerfile });
            }
            Err(_) if text.contains("{{") || text.contains("{%") => {
                leave_out("it is a template of a Dockerfile".into())
            }
            Err(error) => {
                let end = error.at + text[error.at..].lines().next().unwrap_or_default().len();
                let problem = Diagnostic::new("dockerfile-syntax", Span { start: error.at, end }, error.to_string())
                    .warning()
                    .help("mend it and run `splitbuild init` again, or write the image into the matrix by hand");
                let source = Source { name: path.to_owned(), text };
                self.problems.extend(Report::of(&source, vec![problem]));
            }
        }
    }
}
