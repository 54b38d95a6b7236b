//! What git tells of a folder, if there is a git: where the repository begins, its remote, its branch, what it ignores.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What git knows of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Git {
    /// The root of the repository, and the folder from there.
    pub inside: Option<(PathBuf, String)>,
    pub remote: Option<Remote>,
    /// The branch that releases are made from, as far as it can be known without the network.
    pub branch: Option<String>,
}

/// Where a repository is kept: `github.com` and `acme/app`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    pub host: String,
    pub path: String,
}

impl Git {
    /// Asks git; nothing is known where it does not answer.
    pub(super) fn of(folder: &Path) -> Self {
        let Some(root) = ask(folder, &["rev-parse", "--show-toplevel"]) else { return Self::default() };
        let inside = ask(folder, &["rev-parse", "--show-prefix"]).unwrap_or_default();
        let url = ask(folder, &["config", "--get", "remote.origin.url"]);
        Self {
            inside: Some((PathBuf::from(root), inside.trim_end_matches('/').to_owned())),
            remote: url.as_deref().and_then(Remote::parse),
            branch: branch(folder),
        }
    }
}

impl Remote {
    /// The host and path of a URL, in each of the forms that git takes.
    pub fn parse(url: &str) -> Option<Self> {
        let (host, path) = match url.split_once("://") {
            Some(("file", _)) => return None,
            Some((_, rest)) => rest.split_once('/')?,
            // user@host:path
            None => url.split_once(':').filter(|(host, _)| !host.contains('/'))?,
        };
        let host = host.rsplit('@').next().unwrap_or(host);
        let host = host.split(':').next().unwrap_or(host).to_lowercase();
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let is_good =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/~".contains(c));
        (is_good(&host) && is_good(path) && path.contains('/')).then(|| Self { host, path: path.to_owned() })
    }
}

/// The remote's default branch, else `main` or `master`, else the one that is checked out.
fn branch(folder: &Path) -> Option<String> {
    let of_remote = ask(folder, &["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"]);
    if let Some(branch) = of_remote.and_then(|it| it.strip_prefix("origin/").map(str::to_owned)) {
        return Some(branch);
    }
    let exists = |branch: &&str| {
        let names = [format!("refs/heads/{branch}"), format!("refs/remotes/origin/{branch}")];
        names.iter().any(|name| ask(folder, &["rev-parse", "--verify", "--quiet", name]).is_some())
    };
    let usual = ["main", "master"].into_iter().find(exists).map(str::to_owned);
    usual.or_else(|| ask(folder, &["symbolic-ref", "--quiet", "--short", "HEAD"]))
}

/// Those of these paths that git ignores.
pub(super) fn ignored<'p>(root: &Path, paths: impl Iterator<Item = &'p str>) -> BTreeSet<String> {
    let asked: String = paths.map(|path| format!("{path}\0")).collect();
    // Without `--no-index`, what is committed is not ignored, whatever the patterns say.
    let answer = run(root, &["check-ignore", "-z", "--stdin"], &asked).unwrap_or_default();
    answer.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

/// One line of git's answer; `None` if it has none.
fn ask(folder: &Path, arguments: &[&str]) -> Option<String> {
    let answer = run(folder, arguments, "")?;
    let answer = answer.trim_end_matches(['\r', '\n']);
    (!answer.contains(char::is_control)).then(|| answer.to_owned())
}

fn run(folder: &Path, arguments: &[&str], input: &str) -> Option<String> {
    let mut command = Command::new("git");
    // Only looks: no program that the repository's own configuration names is started.
    command.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]).args(arguments).current_dir(folder);
    command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0");
    for inherited in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(inherited);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut git = command.spawn().ok()?;
    let (input, stdin) = (input.to_owned(), git.stdin.take());
    // It answers while it is asked.
    let asking = std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
    let output = git.wait_with_output().ok()?;
    let _ = asking.join();
    let output = output.status.success().then_some(output.stdout)?;
    String::from_utf8(output).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_in_every_form() {
        for url in [
            "https://github.com/acme/app.git",
            "https://token:x@github.com/acme/app",
            "git@github.com:acme/app.git",
            "ssh://git@github.com:22/acme/app.git/",
            "git://GitHub.com/acme/app",
        ] {
            let remote = Remote::parse(url).unwrap_or_else(|| panic!("{url}"));
            assert_eq!((remote.host.as_str(), remote.path.as_str()), ("github.com", "acme/app"), "{url}");
        }
        for url in ["/srv/git/app.git", "file:///srv/app", "../app", "https://github.com/app", "https://h/a b/c"] {
            assert_eq!(Remote::parse(url), None, "{url}");
        }
    }
}
