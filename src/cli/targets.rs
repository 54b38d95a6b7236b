//! Where the files of a configuration go.

use std::path::{Path, PathBuf};

use super::Failure;
use crate::file::{self, LONGEST_TEXT};
use crate::provider::{Emitted, EmittedFile, Provider, is_generated, made_from};

/// Where they go: one file, or a folder of them.
pub(super) enum Targets {
    File(PathBuf),
    Folder(PathBuf),
}

impl Targets {
    /// `asked` is what `-o` says; else they are where the provider looks for them, beside the matrix.
    pub(super) fn of(provider: &dyn Provider, is_included: bool, folder: &Path, asked: Option<&Path>) -> Self {
        let path = asked.map_or_else(|| folder.join(provider.path(is_included)), Path::to_owned);
        let is_file =
            |path: &Path| path == Path::new("-") || path.extension().is_some_and(|it| it == "yml" || it == "yaml");
        match provider.has_files() && (path.is_dir() || !is_file(&path)) {
            true => Self::Folder(path),
            false => Self::File(path),
        }
    }

    /// Where this file goes.
    pub(super) fn path(&self, file: &EmittedFile) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Folder(folder) => folder.join(Path::new(&file.path).file_name().unwrap_or_default()),
        }
    }

    /// What `-o` has to be given for it.
    pub(super) fn shown(&self, path: &Path) -> String {
        match self {
            Self::File(_) => path.display().to_string(),
            Self::Folder(folder) => folder.display().to_string(),
        }
    }

    /// What the file of that name holds now, if it was generated.
    pub(super) fn committed(&self, name: &str) -> Option<String> {
        let path = match self {
            Self::File(path) => path.clone(),
            Self::Folder(folder) => folder.join(name),
        };
        text(&path)
    }

    /// Refuses to replace a file in a folder that somebody has written by hand: a workflow may have the name of one.
    pub(super) fn check_foreign(&self, emitted: &Emitted) -> Result<(), Failure> {
        let Self::Folder(_) = self else { return Ok(()) };
        let is_foreign = |path: &PathBuf| path.exists() && text(path).is_none();
        match emitted.files.iter().map(|file| self.path(file)).find(is_foreign) {
            None => Ok(()),
            Some(path) => Err(Failure::Usage(format!(
                "{} is there already and was not made by splitbuild; rename it or the workflow, or set a `prefix` for the \
                 generated files",
                path.display()
            ))),
        }
    }

    /// Files that were made of the same, and are none of these any more.
    pub(super) fn stale(&self, emitted: &Emitted) -> Vec<PathBuf> {
        let Self::Folder(folder) = self else { return Vec::new() };
        let Some(sources) = emitted.files.first().and_then(|file| made_from(&file.text)) else { return Vec::new() };
        let paths: Vec<PathBuf> = emitted.files.iter().map(|file| self.path(file)).collect();
        let entries = file::entries(folder).unwrap_or_default().into_iter();
        let is_stale = |path: &PathBuf| {
            let is_yaml = path.extension().is_some_and(|it| it == "yml" || it == "yaml");
            is_yaml && !paths.contains(path) && text(path).is_some_and(|text| made_from(&text) == Some(sources))
        };
        let mut stale: Vec<PathBuf> = entries.filter(is_stale).collect();
        stale.sort();
        stale
    }
}

fn text(path: &Path) -> Option<String> {
    let is_file = path.metadata().is_ok_and(|it| it.is_file());
    let bytes = file::read(path, LONGEST_TEXT).ok().filter(|_| is_file)?;
    String::from_utf8(bytes).ok().filter(|text| is_generated(text))
}
