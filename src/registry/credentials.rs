//! Where credentials come from, in which order. Nothing here speaks to a registry.
//!
//! The first source that has something for a registry counts: `--login`, `SPLITBUILD_USERNAME` and
//! `SPLITBUILD_PASSWORD`, `DOCKER_AUTH_CONFIG`, Docker's `config.json` with its helpers, podman's `auth.json`, GitLab's
//! `CI_REGISTRY_USER` and `CI_REGISTRY_PASSWORD`; else nobody is logged in.

mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::reference::Repository;

/// The most of a file of credentials that is read, in bytes.
const LONGEST: u64 = 1 << 20;

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

impl Credentials {
    /// Everything in which the proof can be recognised.
    pub(super) fn secrets(&self) -> Vec<String> {
        match &self.secret {
            Secret::Password(username, password) => {
                let proof = BASE64_STANDARD.encode(format!("{username}:{password}"));
                vec![proof, password.clone()]
            }
            Secret::IdentityToken(token) => vec![token.clone()],
        }
    }
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
    /// A variable that is named, or that belongs to another, is not set.
    #[error("{variable}, which is to hold the {what} for {registry}, is not set or empty")]
    Unset {
        /// The variable.
        variable: String,
        /// `username` or `password`.
        what: &'static str,
        /// The registry's host.
        registry: String,
    },
    /// It is not clear for which registry they are.
    #[error(
        "SPLITBUILD_USERNAME does not say which of {} it is for: set SPLITBUILD_REGISTRY, or use --login HOST=USER_VAR:PASS_VAR",
        registries.join(", ")
    )]
    Ambiguous {
        /// The registries of this call.
        registries: Vec<String>,
    },
    /// A file of credentials cannot be read.
    #[error("cannot read credentials from {source_name}: {why}")]
    Unreadable {
        /// The file or the variable.
        source_name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A helper does not work.
    #[error("cannot get the credentials for {registry} that {source_name} leaves to a helper: {why}")]
    Helper {
        /// The registry's host.
        registry: String,
        /// The file that names it.
        source_name: String,
        /// What happened.
        why: String,
    },
}

/// The environment of a process, as it was when it was looked at.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

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
}

impl Sources {
    /// The logins of the command line, and what the environment has and leads to.
    pub fn new(logins: Vec<Login>, environment: Environment) -> Self {
        Self { logins, environment }
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
        let wanted = file::Wanted::new(registry, repositories);
        if let Some(text) = self.environment.get("DOCKER_AUTH_CONFIG")
            && let Some(found) = wanted.find_in("DOCKER_AUTH_CONFIG", text.as_bytes())?
        {
            return Ok(Some(found));
        }
        for path in self.files() {
            if let Some(bytes) = file::read(&path, LONGEST)?
                && let Some(found) = wanted.find_in(&path.display().to_string(), &bytes)?
            {
                return Ok(Some(found));
            }
        }
        match self.environment.get("CI_REGISTRY") {
            Some(gitlab) if is_same(gitlab, registry) && self.environment.get("CI_REGISTRY_USER").is_some() => {
                self.variables(registry, "CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD", "CI_REGISTRY_USER").map(Some)
            }
            _ => Ok(None),
        }
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
