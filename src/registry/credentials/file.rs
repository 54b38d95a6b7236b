//! Docker's and podman's files of credentials: under which names they keep what.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::helper::{self, Limit};
use super::{CredentialError, Credentials, Secret};
use crate::reference::{DOCKER_HUB, Repository};

/// The most of a file of credentials that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// The names of the Docker Hub in such files; the first is the one that `docker login` writes
/// (`IndexServer` in <https://github.com/moby/moby/blob/v27.0.0/registry/config.go>).
pub(super) const HUB: &[&str] =
    &["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"];

/// The content of a file of credentials, or of a variable that holds such.
pub(super) struct Keyring {
    /// The file or the variable.
    source: String,
    config: Config,
    /// What was found before, by the key: a helper is asked once.
    known: BTreeMap<String, Option<Secret>>,
}

/// As the [configuration of Docker's command line](https://docs.docker.com/reference/cli/docker/#docker-cli-configuration-file-configjson-properties)
/// and [podman's](https://man.archlinux.org/man/containers-auth.json.5) have it; `null` is nothing.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    auths: Option<BTreeMap<String, Option<Entry>>>,
    cred_helpers: Option<BTreeMap<String, Option<String>>>,
    creds_store: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

impl Keyring {
    pub(super) fn parse(source: &str, text: &[u8]) -> Result<Self, CredentialError> {
        let unreadable = |why| CredentialError::Unreadable { source_name: source.to_owned(), why };
        // The place is told and not the text, which may hold a secret.
        let config = serde_json::from_slice(text).map_err(|e| match e.is_data() {
            true => unreadable("`auths`, `credHelpers` or `credsStore` does not have its form".into()),
            false => unreadable(format!("it is no JSON, at line {} column {}", e.line(), e.column())),
        })?;
        Ok(Self { source: source.to_owned(), config, known: BTreeMap::new() })
    }

    /// What there is for a repository: the most particular of podman's keys, else the registry's, else what a helper for
    /// everything has.
    pub(super) fn find(
        &mut self,
        repository: &Repository,
        limit: Limit,
    ) -> Result<Option<Credentials>, CredentialError> {
        let hosts = match repository.registry.as_str() {
            DOCKER_HUB => HUB,
            registry => &[registry],
        };
        for key in self.keys(repository, hosts) {
            let is_host = host_of(&key).is_some_and(|host| hosts.contains(&host));
            let asked = if is_host && !hosts.contains(&&*key) { hosts[0] } else { &key };
            if let Some(found) = self.under(&key, asked, limit)? {
                return Ok(Some(found));
            }
        }
        let Some(store) = self.config.creds_store.clone().filter(|store| !store.is_empty()) else { return Ok(None) };
        for host in hosts {
            if let Some(found) = self.helped(&store, host, limit)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The keys that mean a repository: podman's `host/namespace/repository` from the longest on, then the host as it is
    /// called, then whatever else is the host's.
    fn keys(&self, repository: &Repository, hosts: &[&str]) -> Vec<String> {
        let full = repository.to_string();
        let parts: Vec<&str> = full.split('/').collect();
        let mut keys: Vec<String> = (2..=parts.len()).rev().map(|length| parts[..length].join("/")).collect();
        keys.extend(hosts.iter().map(ToString::to_string));
        let written = self.config.auths.iter().flat_map(BTreeMap::keys);
        let written = written.chain(self.config.cred_helpers.iter().flat_map(BTreeMap::keys));
        keys.extend(written.filter(|key| host_of(key).is_some_and(|host| hosts.contains(&host))).cloned());
        keys
    }

    fn under(&mut self, key: &str, asked: &str, limit: Limit) -> Result<Option<Credentials>, CredentialError> {
        let helper = self.config.cred_helpers.as_ref().and_then(|helpers| helpers.get(key)?.clone());
        if let Some(helper) = helper.filter(|helper| !helper.is_empty())
            && let Some(found) = self.helped(&helper, asked, limit)?
        {
            return Ok(Some(found));
        }
        let Some(Some(entry)) = self.config.auths.as_ref().and_then(|auths| auths.get(key)) else { return Ok(None) };
        let secret = entry.secret().map_err(|why| CredentialError::Unreadable {
            source_name: self.source.clone(),
            why: format!("the entry of {} {why}", key.escape_debug()),
        })?;
        Ok(secret.map(|secret| Credentials { secret, source: self.source.clone() }))
    }

    fn helped(&mut self, helper: &str, server: &str, limit: Limit) -> Result<Option<Credentials>, CredentialError> {
        let question = format!("{helper} {server}");
        if !self.known.contains_key(&question) {
            let found = helper::get(helper, server, limit).map_err(|why| CredentialError::Helper {
                registry: server.to_owned(),
                source_name: self.source.clone(),
                why,
            })?;
            self.known.insert(question.clone(), found);
        }
        let secret = self.known[&question].clone();
        Ok(secret.map(|secret| Credentials { secret, source: self.source.clone() }))
    }
}

impl Entry {
    /// What it holds, if anything: an entry without is there where a helper holds it.
    fn secret(&self) -> Result<Option<Secret>, &'static str> {
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(token) = filled(&self.identitytoken) {
            return Ok(Some(Secret::IdentityToken(token)));
        }
        let (username, password) = match (filled(&self.auth), &self.username, &self.password) {
            (Some(auth), _, _) => decoded(&auth).ok_or("is malformed: log in again")?,
            (None, Some(username), Some(password)) => (username.clone(), password.clone()),
            _ => return Ok(None),
        };
        if password.is_empty() {
            return Err("has an empty password: log in again");
        }
        Ok(Some(Secret::Password(username, password)))
    }
}

/// The username and the password of an `auth`, read as Docker reads it
/// (`decodeAuth` in <https://github.com/docker/cli/blob/v27.0.0/cli/config/configfile/file.go>).
fn decoded(auth: &str) -> Option<(String, String)> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text: String = auth.split(['\r', '\n']).collect();
    let bytes = GeneralPurpose::new(&STANDARD, lenient).decode(text).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (username, password) = text.split_once(':')?;
    Some((username.to_owned(), password.trim_matches('\0').to_owned()))
}

/// The host that a key is for as a whole: without scheme and path, as Docker cuts it (`ConvertToHostname` in
/// <https://github.com/moby/moby/blob/v27.0.0/registry/auth.go>). `None` for podman's key of a namespace, which never has
/// a scheme, and in which only the path of the registry itself means all of it.
fn host_of(key: &str) -> Option<&str> {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
    match bare.unwrap_or(key).split_once('/') {
        None => Some(bare.unwrap_or(key)),
        Some((host, path)) if bare.is_some() || matches!(path.trim_end_matches('/'), "" | "v1" | "v2") => Some(host),
        Some(_) => None,
    }
}

/// The content of a file, if there is one.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, CredentialError> {
    let unreadable = |cause: std::io::Error| {
        // A pipe, as a shell makes one, is what people try.
        let why = match cause.kind() {
            ErrorKind::InvalidInput => format!("{cause}; DOCKER_AUTH_CONFIG can hold the same text"),
            _ => cause.to_string(),
        };
        CredentialError::Unreadable { source_name: path.display().to_string(), why }
    };
    match crate::file::read(path, LONGEST) {
        Ok(bytes) => Ok((!bytes.iter().all(u8::is_ascii_whitespace)).then_some(bytes)),
        Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(cause) => Err(unreadable(cause)),
    }
}
