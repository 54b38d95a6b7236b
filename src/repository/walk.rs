//! The files of a repository that say what is built, found without leaving it and within bounds.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::join;
use crate::file;

/// How deep folders are looked into.
const DEEPEST: usize = 16;

/// How many files and folders are looked at.
const MOST: usize = 200_000;

/// How many Dockerfiles are taken.
const MOST_DOCKERFILES: usize = 1000;

/// Folders of other people's files, and of what is made.
const FOREIGN: &[&str] = &["node_modules", "vendor", "target", "bower_components", "__pycache__", "third_party"];

/// What a Dockerfile's name ends in that is to be filled in, or is no Dockerfile at all.
const TEMPLATES: &[&str] =
    &["template", "tmpl", "tpl", "j2", "jinja", "jinja2", "erb", "in", "m4", "mustache", "gotmpl"];
const OTHERS: &[&str] = &[
    "dockerignore",
    "md",
    "rst",
    "txt",
    "bak",
    "orig",
    "swp",
    "sh",
    "py",
    "go",
    "rs",
    "rb",
    "js",
    "ts",
    "json",
    "yml",
    "yaml",
    "toml",
    "lock",
    "html",
    "png",
    "svg",
    "patch",
    "diff",
    "log",
    "java",
    "cs",
    "xml",
];

/// What was found, each in the order of its path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub dockerfiles: Vec<String>,
    /// Files of Compose.
    pub compose: Vec<String>,
    /// Files of `docker buildx bake`.
    pub bake: Vec<String>,
    pub left_out: Vec<LeftOut>,
}

/// What was not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    pub path: String,
    pub why: String,
}

impl Found {
    /// Everything that was taken.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.dockerfiles.iter().chain(&self.compose).chain(&self.bake).map(String::as_str)
    }

    /// Leaves these out.
    pub fn leave_out(&mut self, paths: &BTreeSet<String>, why: &str) {
        let dockerfiles = self.dockerfiles.iter().filter(|path| paths.contains(*path));
        let left_out: Vec<LeftOut> =
            dockerfiles.map(|path| LeftOut { path: path.clone(), why: why.to_owned() }).collect();
        self.left_out.extend(left_out);
        for list in [&mut self.dockerfiles, &mut self.compose, &mut self.bake] {
            list.retain(|path| !paths.contains(path));
        }
    }
}

/// Looks through a folder of the repository; links are not followed.
///
/// # Errors
/// The folder itself cannot be read. What is in it and cannot be read is left out.
pub(super) fn walk(root: &Path, inside: &str) -> io::Result<Found> {
    let mut found = Found::default();
    let (mut folders, mut seen) = (vec![(inside.to_owned(), 0)], 0);
    file::kinds(&root.join(inside))?;
    while let Some((folder, depth)) = folders.pop() {
        let entries = match file::kinds(&root.join(&folder)) {
            Ok(entries) => entries,
            Err(cause) => {
                found.left_out.push(LeftOut { path: folder, why: format!("cannot read it: {cause}") });
                continue;
            }
        };
        // A repository of its own, such as a submodule, builds its images itself.
        if depth > 0 && entries.iter().any(|(name, _)| name == ".git") {
            continue;
        }
        seen += entries.len();
        if seen > MOST || depth > DEEPEST {
            let why = format!("there are more than {MOST} files, or folders deeper than {DEEPEST}");
            found.left_out.push(LeftOut { path: folder, why });
            continue;
        }
        for (name, kind) in entries {
            let Some(name) = name.to_str().filter(|name| !name.contains(char::is_control)) else { continue };
            let path = join(&folder, name);
            if kind.is_dir() {
                if !name.starts_with('.') && !FOREIGN.contains(&name) {
                    folders.push((path, depth + 1));
                }
            } else if kind.is_file() {
                found.sort_in(name, path);
            } else if is_dockerfile(name) {
                found.left_out.push(LeftOut { path, why: "it is a link, which is not followed".into() });
            }
        }
    }
    [&mut found.dockerfiles, &mut found.compose, &mut found.bake].into_iter().for_each(|list| list.sort());
    if found.dockerfiles.len() > MOST_DOCKERFILES {
        for path in found.dockerfiles.split_off(MOST_DOCKERFILES) {
            found.left_out.push(LeftOut { path, why: format!("there are more than {MOST_DOCKERFILES} Dockerfiles") });
        }
    }
    Ok(found)
}

impl Found {
    fn sort_in(&mut self, name: &str, path: String) {
        let lower = name.to_lowercase();
        let is_yaml = lower.ends_with(".yml") || lower.ends_with(".yaml");
        if is_dockerfile(name) {
            let end = lower.rsplit('.').next().unwrap_or_default();
            let is_template = TEMPLATES.contains(&end) && lower != end;
            match is_template {
                true => self.left_out.push(LeftOut { path, why: "it is a template of a Dockerfile".into() }),
                false => self.dockerfiles.push(path),
            }
        } else if is_yaml && (lower.starts_with("docker-compose") || lower.starts_with("compose.")) {
            self.compose.push(path);
        } else if lower.contains("docker-bake") && (lower.ends_with(".json") || lower.ends_with(".hcl")) {
            self.bake.push(path);
        }
    }
}

/// Whether a file is called as Dockerfiles are: `Dockerfile`, `Dockerfile.alpine`, `alpine.Dockerfile`, `Containerfile`.
fn is_dockerfile(name: &str) -> bool {
    let lower = name.to_lowercase();
    let end = lower.rsplit('.').next().unwrap_or_default();
    let is_one = |word: &str| {
        let rest = lower.strip_prefix(word);
        let ends = lower.strip_suffix(word).is_some_and(|before| before.ends_with('.') && before.len() > 1);
        ends || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
    };
    (is_one("dockerfile") || is_one("containerfile")) && (lower == end || !OTHERS.contains(&end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_a_dockerfile() {
        for name in
            ["Dockerfile", "dockerfile", "Containerfile", "Dockerfile.alpine", "a.b.Dockerfile", "Dockerfile-gpu"]
        {
            assert!(is_dockerfile(name), "{name}");
        }
        for name in
            ["Dockerfiles", "dockerfile.md", "Dockerfile.dockerignore", "mydockerfile", ".Dockerfile", "x.docker"]
        {
            assert!(!is_dockerfile(name), "{name}");
        }
    }
}
