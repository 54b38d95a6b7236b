//! Where credentials come from, in which order. Nothing here speaks to a registry.
//!
//! The first source that has something for a registry counts: `--login`, `SPLITBUILD_USERNAME` and
//! `SPLITBUILD_PASSWORD`, `DOCKER_AUTH_CONFIG`, Docker's `config.json` with its helpers, podman's `auth.json`, GitLab's
//! `CI_REGISTRY_USER` and `CI_REGISTRY_PASSWORD`; else nobody is logged in.

mod file;
mod helper;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::reference::Repository;
use file::Keyring;
use helper::Limit;

/// What proves to a registry who we are, and where it was found.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The proof.
    pub(super) secret: Secret,
    /// Where it was found: a variable's name, an option, a file.
    pub source: String,
}

/// The proof itself, which is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Secret {
    /// A username and a password.
    Password(String, String),
    /// A token that the registry's token service exchanges for others.
    IdentityToken(String),
}

/// Says where the credentials are from, and nothing else.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials(from {})", self.source)
    }
}

/// `HOST=USER_VAR:PASS_VAR`: the names of the variables that hold a registry's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The registry's host, as it is written in references.
    pub registry: String,
    /// The variable with the username.
    pub username: String,
    /// The variable with the password.
    pub password: String,
}

/// Why credentials that are there cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    #[error("{variable}, the {what} for {registry}, is not set or is empty")]
    Unset { variable: String, what: &'static str, registry: String },
    #[error(
        "SPLITBUILD_USERNAME does not say which of {} it is for: set SPLITBUILD_REGISTRY, or use --login HOST=USER_VAR:PASS_VAR",
        registries.join(", ")
    )]
    Ambiguous { registries: Vec<String> },
    #[error("cannot read credentials from {source_name}: {why}")]
    Unreadable { source_name: String, why: String },
    #[error(
        "{first} and {second} have different credentials in {source_name}, and one call logs in to {registry} once: use them in calls of their own, or give one that may use both, by --login {registry}=USER_VAR:PASS_VAR"
    )]
    Different { registry: String, first: String, second: String, source_name: String },
    #[error("cannot get the credentials for {registry} that {source_name} leaves to a helper: {why}")]
    Helper { registry: String, source_name: String, why: String },
}

/// The environment of a process, as it was when it was looked at.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl Environment {
    /// That of this process; what is no text has no place in it.
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(text).collect())
    }

    /// The value of a variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Every source of credentials of one call.
#[derive(Clone, Debug)]
pub struct Sources {
    logins: Vec<Login>,
    environment: Environment,
    timeout: Duration,
}

impl Sources {
    /// The logins of the command line, and what the environment has and leads to. Helpers have as long as `timeout` for each
    /// registry.
    pub fn new(logins: Vec<Login>, environment: Environment, timeout: Duration) -> Self {
        Self { logins, environment, timeout }
    }

    /// What there is for `registry`, of which this call uses `repositories`; `registries` are all that it uses.
    pub fn find(
        &self,
        registry: &str,
        repositories: &[Repository],
        registries: &BTreeSet<&str>,
    ) -> Result<Option<Credentials>, CredentialError> {
        if let Some(login) = self.logins.iter().find(|login| is_same(&login.registry, registry)) {
            return self.variables(registry, &login.username, &login.password, "--login").map(Some);
        }
        if let Some(found) = self.ours(registry, registries)? {
            return Ok(Some(found));
        }
        if let Some(found) = self.kept(registry, repositories)? {
            return Ok(Some(found));
        }
        match self.environment.get("CI_REGISTRY") {
            Some(gitlab) if is_same(gitlab, registry) && self.environment.get("CI_REGISTRY_USER").is_some() => {
                self.variables(registry, "CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD", "CI_REGISTRY_USER").map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What variables and files with keys have: the same for all of the repositories, or for some of them and nothing for
    /// the others, which it serves as well.
    fn kept(&self, registry: &str, repositories: &[Repository]) -> Result<Option<Credentials>, CredentialError> {
        let limit = Limit::new(self.timeout);
        let mut left: Vec<&Repository> = repositories.iter().collect();
        let mut known: Option<(&Repository, Credentials)> = None;
        for read in self.keyrings() {
            let Some(mut keyring) = read? else { continue };
            let mut without = Vec::new();
            for repository in left {
                match (keyring.find(repository, limit)?, &known) {
                    (None, _) => without.push(repository),
                    (Some(found), None) => known = Some((repository, found)),
                    (Some(found), Some((_, first))) if first.secret == found.secret => {}
                    (Some(found), Some((first, _))) => {
                        return Err(CredentialError::Different {
                            registry: registry.to_owned(),
                            first: first.to_string(),
                            second: repository.to_string(),
                            source_name: found.source,
                        });
                    }
                }
            }
            left = without;
            if left.is_empty() {
                break;
            }
        }
        Ok(known.map(|(_, found)| found))
    }

    /// `DOCKER_AUTH_CONFIG` and the files, each read when it is its turn.
    fn keyrings(&self) -> impl Iterator<Item = Result<Option<Keyring>, CredentialError>> {
        const VARIABLE: &str = "DOCKER_AUTH_CONFIG";
        let variable = self.environment.get(VARIABLE).map(|text| Keyring::parse(VARIABLE, text.as_bytes()).map(Some));
        let read = |path: PathBuf| match file::read(&path)? {
            Some(bytes) => Keyring::parse(&path.display().to_string(), &bytes).map(Some),
            None => Ok(None),
        };
        variable.into_iter().chain(self.files().into_iter().map(read))
    }

    /// `SPLITBUILD_USERNAME` and `SPLITBUILD_PASSWORD`, for the registry that they are for.
    fn ours(&self, registry: &str, registries: &BTreeSet<&str>) -> Result<Option<Credentials>, CredentialError> {
        const NAMES: [&str; 2] = ["SPLITBUILD_USERNAME", "SPLITBUILD_PASSWORD"];
        if NAMES.iter().all(|name| self.environment.get(name).is_none()) {
            return Ok(None);
        }
        match self.environment.get("SPLITBUILD_REGISTRY") {
            Some(named) if !is_same(named, registry) => return Ok(None),
            None if registries.len() > 1 => {
                let registries = registries.iter().map(ToString::to_string).collect();
                return Err(CredentialError::Ambiguous { registries });
            }
            _ => {}
        }
        self.variables(registry, NAMES[0], NAMES[1], NAMES[0]).map(Some)
    }

    fn variables(
        &self,
        registry: &str,
        username: &str,
        password: &str,
        source: &str,
    ) -> Result<Credentials, CredentialError> {
        let get = |variable: &str, what| {
            let unset = || CredentialError::Unset { variable: variable.into(), what, registry: registry.into() };
            self.environment.get(variable).map(str::to_owned).ok_or_else(unset)
        };
        let secret = Secret::Password(get(username, "username")?, get(password, "password")?);
        Ok(Credentials { secret, source: source.to_owned() })
    }

    /// The files in which Docker and podman keep credentials
    /// (<https://docs.docker.com/reference/cli/docker/#change-the-docker-directory>,
    /// <https://man.archlinux.org/man/containers-auth.json.5>).
    fn files(&self) -> Vec<PathBuf> {
        let folder = |name: &str| self.environment.get(name).map(PathBuf::from);
        let home = folder("HOME");
        let under_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let docker = folder("DOCKER_CONFIG").or_else(|| under_home(".docker"));
        let mut files: Vec<PathBuf> = docker.into_iter().map(|folder| folder.join("config.json")).collect();
        match folder("REGISTRY_AUTH_FILE") {
            Some(file) => files.push(file),
            None => {
                let config = folder("XDG_CONFIG_HOME").or_else(|| under_home(".config"));
                let folders = [folder("XDG_RUNTIME_DIR"), config];
                files.extend(folders.into_iter().flatten().map(|folder| folder.join("containers/auth.json")));
            }
        }
        files
    }
}

/// Whether a registry that a person names is `registry`, which is named as in [`Repository`].
fn is_same(named: &str, registry: &str) -> bool {
    let host = named.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    host == registry || (registry == crate::reference::DOCKER_HUB && file::HUB.contains(&named))
}

#[cfg(test)]
mod tests;
