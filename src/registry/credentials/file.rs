//! Docker's and podman's files of credentials, and the helpers that they name.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use docker_credential::{CredentialRetrievalError as Trouble, DockerCredential};

use super::{CredentialError, Credentials, Secret};
use crate::reference::{DOCKER_HUB, Repository};

/// The names of the Docker Hub in such files; the first is the one that `docker login` writes
/// (`IndexServer` in <https://github.com/moby/moby/blob/v27.0.0/registry/config.go>).
pub(super) const HUB: &[&str] =
    &["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"];

/// The names under which a file may have the credentials for a registry, the most particular first.
pub(super) struct Wanted {
    registry: String,
    /// Only as they stand: podman's `host/namespace/repository`, up to what all repositories of the call share.
    paths: Vec<String>,
    hosts: Vec<String>,
}

impl Wanted {
    pub(super) fn new(registry: &str, repositories: &[Repository]) -> Self {
        let mut paths = Vec::new();
        if let Some((first, others)) = repositories.split_first() {
            let mut shared: Vec<&str> = first.path.split('/').collect();
            for other in others {
                let same = shared.iter().zip(other.path.split('/')).take_while(|(a, b)| **a == *b).count();
                shared.truncate(same);
            }
            paths.extend((1..=shared.len()).rev().map(|length| format!("{registry}/{}", shared[..length].join("/"))));
        }
        let hosts = match registry {
            DOCKER_HUB => HUB.iter().map(ToString::to_string).collect(),
            _ => vec![registry.to_owned()],
        };
        Self { registry: registry.to_owned(), paths, hosts }
    }

    /// What the text of a file has for the registry.
    pub(super) fn find_in(&self, source: &str, text: &[u8]) -> Result<Option<Credentials>, CredentialError> {
        let unreadable = |why: String| CredentialError::Unreadable { source_name: source.to_owned(), why };
        // The place is told and not the text, which may hold a secret.
        let value: serde_json::Value = serde_json::from_slice(text)
            .map_err(|e| unreadable(format!("it is no JSON, at line {} column {}", e.line(), e.column())))?;
        let has = |key: &&String| ["auths", "credHelpers"].iter().any(|map| value[*map].get(key.as_str()).is_some());
        for name in self.paths.iter().filter(has).chain(&self.hosts) {
            let found = match docker_credential::get_credential_from_reader(text, name) {
                Ok(DockerCredential::UsernamePassword(user, password)) => Secret::Password(user, password),
                Ok(DockerCredential::IdentityToken(token)) => Secret::IdentityToken(token),
                Err(Trouble::NoCredentialConfigured) => continue,
                Err(Trouble::HelperFailure { stdout, stderr, .. }) if is_unknown(&stdout) || is_unknown(&stderr) => {
                    continue;
                }
                Err(Trouble::ConfigReadError | Trouble::ConfigNotFound) => {
                    return Err(unreadable("`auths`, `credHelpers` or `credsStore` does not have its form".into()));
                }
                Err(Trouble::CredentialDecodingError | Trouble::CredentialMismatchError) => {
                    return Err(unreadable(format!("the entry of {} is malformed", self.registry)));
                }
                Err(trouble) => return Err(self.helper(source, &trouble)),
            };
            return Ok(Some(Credentials { secret: found, source: source.to_owned() }));
        }
        Ok(None)
    }

    /// What a helper printed is not shown: it may be a secret.
    fn helper(&self, source: &str, trouble: &Trouble) -> CredentialError {
        let why = match trouble {
            Trouble::HelperFailure { helper, .. } => format!("{helper} failed; `{helper} get` shows how"),
            Trouble::MalformedHelperResponse => "it answered something else than credentials".into(),
            _ => "it cannot be run, or does not listen; is docker-credential-… on the PATH?".into(),
        };
        CredentialError::Helper { registry: self.registry.clone(), source_name: source.to_owned(), why }
    }
}

/// Whether a helper says that it has nothing
/// (<https://github.com/docker/docker-credential-helpers/blob/v0.8.2/credentials/error.go>).
fn is_unknown(output: &str) -> bool {
    output.contains("credentials not found")
}

/// The content of a file, if there is one.
pub(super) fn read(path: &Path, longest: u64) -> Result<Option<Vec<u8>>, CredentialError> {
    let unreadable = |why: String| CredentialError::Unreadable { source_name: path.display().to_string(), why };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(e) => return Err(unreadable(e.to_string())),
    };
    let mut bytes = Vec::new();
    file.take(longest + 1).read_to_end(&mut bytes).map_err(|e| unreadable(e.to_string()))?;
    if bytes.len() as u64 > longest {
        return Err(unreadable(format!("it is longer than {longest} bytes")));
    }
    Ok((!bytes.iter().all(u8::is_ascii_whitespace)).then_some(bytes))
}
