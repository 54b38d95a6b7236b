//! What the path of a Dockerfile says of its image: words for its name, what variant of it this is, and for which platform.

use super::word::{
    architecture, architectures, is_aside, is_development, is_generic, is_system, is_variant, versioned,
};
use crate::platform::Platform;

/// What a path says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PathWords {
    /// Words for the name, from the root on; the last says most. Without any, the image is called after the repository.
    pub(super) words: Vec<String>,
    /// `1.26`, `bookworm`
    pub(super) variant: Vec<String>,
    pub(super) platform: Option<Platform>,
    /// Whether a folder is called after a variant, before any word for a name.
    is_folder_variant: bool,
    /// Why it is not published, if its path says so.
    pub(super) aside: Option<&'static str>,
}

impl PathWords {
    /// The words of a path like `images/golang/1.26/Dockerfile.arm64`.
    pub(super) fn of(path: &str) -> Self {
        let mut found = Self::default();
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        for folder in folders.split('/').map(kebab).filter(|folder| !folder.is_empty()) {
            found.folder(&folder);
        }
        found.is_folder_variant = !found.variant.is_empty();
        found.file(file);
        found
    }

    fn folder(&mut self, word: &str) {
        if is_aside(word) {
            self.aside = Some("it is for tests, examples or documentation, by its folder");
        }
        if let Some(platform) = architecture(word) {
            self.platform = Some(platform);
        } else if !self.variant.is_empty() || is_variant(word) {
            self.variant.push(word.to_owned());
        } else if let Some((name, version)) = versioned(word) {
            self.words.push(name.to_owned());
            self.variant.push(version.to_owned());
        } else if !is_generic(word) {
            self.words.push(word.to_owned());
        }
    }

    /// Of `Dockerfile.worker-arm64`, `worker` and the platform.
    fn file(&mut self, name: &str) {
        let name = kebab(name);
        let separators = ['.', '-', '_'];
        let Some(rest) = ["dockerfile", "containerfile"].iter().find_map(|word| {
            let before = name.strip_suffix(word).map(|before| before.trim_end_matches(separators));
            name.strip_prefix(word).map(|after| after.trim_start_matches(separators)).or(before)
        }) else {
            return;
        };
        let mut rest = rest.to_owned();
        for word in architectures() {
            let ends = rest.strip_suffix(word).filter(|before| before.is_empty() || before.ends_with(separators));
            if let Some(before) = ends {
                self.platform = architecture(word);
                rest = before.trim_end_matches(separators).to_owned();
                break;
            }
        }
        if rest.is_empty() || is_generic(&rest) {
            return;
        }
        if is_development(&rest) {
            self.aside = Some("it is for development or tests, by its name");
        }
        if is_variant(&rest) {
            self.variant.push(rest);
            return;
        }
        if let Some((name, version)) = versioned(&rest) {
            self.words.push(name.to_owned());
            self.variant.push(version.to_owned());
            return;
        }
        // `api/Dockerfile.worker` is another image than `api/Dockerfile`.
        match self.words.last() {
            Some(folder) if !rest.starts_with(folder.as_str()) => self.words.push(format!("{folder}-{rest}")),
            _ => self.words.push(rest),
        }
    }

    /// Whether all that is known is a system, as of `ubuntu/Dockerfile`.
    pub(super) fn is_system_alone(&self) -> bool {
        self.words.is_empty() && self.is_folder_variant && self.variant.first().is_some_and(|word| is_system(word))
    }

    /// Takes the system for the name of the image.
    pub(super) fn name_by_system(&mut self) {
        if !self.variant.is_empty() {
            self.words.push(self.variant.remove(0));
        }
    }
}

/// What the image of a whole repository is called: of `valkey-container`, `valkey`; of `docker` in `nextcloud`, that.
pub(super) fn of_repository(name: &str, organization: Option<&str>) -> String {
    let name = kebab(name);
    let end = ["-container", "-containers", "-docker", "-dockerfile", "-dockerfiles", "-image", "-images"];
    let begin = ["docker-", "container-"];
    let short = end.iter().find_map(|end| name.strip_suffix(end));
    let short = short.or_else(|| begin.iter().find_map(|begin| name.strip_prefix(begin))).unwrap_or(&name);
    match organization.map(kebab).filter(|it| !it.is_empty()) {
        Some(organization) if short.is_empty() || is_generic(short) => organization,
        _ if short.is_empty() => "app".into(),
        _ => short.to_owned(),
    }
}

/// A word as names of images are written: `NodeBase` is `node-base`.
pub(super) fn kebab(word: &str) -> String {
    let mut kebab = String::with_capacity(word.len() + 2);
    let mut before = '-';
    for c in word.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            kebab.push('-');
        }
        kebab.push(match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() || "._-".contains(c) => c,
            _ => '-',
        });
        before = c;
    }
    let kebab = kebab.trim_matches(['.', '-', '_']);
    // No name has two dots, or a dot beside a hyphen.
    let mut clean = String::with_capacity(kebab.len());
    for c in kebab.chars() {
        if !(clean.ends_with(['.', '-', '_']) && ".-_".contains(c)) {
            clean.push(c);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_called_after_what_is_in_it() {
        for (name, expected) in [
            ("things", "things"),
            ("valkey-container", "valkey"),
            ("docker-postgres", "postgres"),
            ("frappe_docker", "frappe_docker"),
            ("docker", "acme"),
            ("docker-images", "acme"),
            ("--", "acme"),
        ] {
            assert_eq!(of_repository(name, Some("Acme")), expected, "{name}");
        }
        assert_eq!(of_repository("--", None), "app");
    }

    fn shown(path: &str) -> String {
        let found = PathWords::of(path);
        let platform = found.platform.map(|platform| format!(" {platform}")).unwrap_or_default();
        let aside = if found.aside.is_some() { " aside" } else { "" };
        format!("{} | {}{platform}{aside}", found.words.join("/"), found.variant.join("-"))
    }

    #[test]
    fn a_path_says_what_an_image_is_called() {
        for (path, expected) in [
            ("Dockerfile", " | "),
            ("docker/Dockerfile", " | "),
            ("Dockerfile.alpine", " | alpine"),
            ("Dockerfile.worker", "worker | "),
            ("api/Dockerfile.worker", "api/api-worker | "),
            ("worker.Dockerfile", "worker | "),
            ("1.26/bookworm/Dockerfile", " | 1.26-bookworm"),
            ("8.3/alpine3.22/fpm/Dockerfile", " | 8.3-alpine3.22-fpm"),
            ("golang-all/golang-1.26-noble/Dockerfile", "golang-all/golang | 1.26-noble"),
            ("images/pytorch-notebook/cuda12/Dockerfile", "pytorch-notebook | cuda12"),
            ("NodeBase/Dockerfile", "node-base | "),
            ("src/cart/src/Dockerfile", "cart | "),
            ("Dockerfile.arm64", " |  linux/arm64"),
            ("Dockerfile.alpine.arm64v8", " | alpine linux/arm64"),
            ("x/arm32v7/Dockerfile", "x |  linux/arm/v7"),
            ("dockerfiles/r-ver_4.6.1.Dockerfile", "r-ver | 4.6.1"),
            ("dockerfiles/r-ver_devel.Dockerfile", "r-ver | devel"),
            ("tests/app/Dockerfile", "tests/app |  aside"),
            ("Dockerfile.dev", "dev |  aside"),
            ("ubuntu/Dockerfile", " | ubuntu"),
            ("Weird  Näme/Dockerfile", "weird-n-me | "),
        ] {
            assert_eq!(shown(path), expected, "{path}");
        }
    }
}
