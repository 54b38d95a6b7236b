//! What can go wrong between us and a registry, and what to do about it.

use std::time::Duration;

use crate::digest::Digest;

/// Why a registry did not do what it was asked. None holds a secret, nor text of a registry that could take over a
/// terminal.
///
/// Each names the `registry` by its host, `what` was asked of it (`read acme/app:v1`), and where they are known the HTTP
/// `status`, the registry's own words as a `detail` that begins with a colon, and after how many `attempts` we gave up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("cannot reach {registry} to {what}: {cause}{}", tried(*attempts))]
    Unreachable { registry: String, what: String, cause: String, attempts: u32 },
    #[error("the certificate of {registry} is not trusted: {cause}")]
    Certificate { registry: String, cause: String },
    #[error("{registry} does not speak TLS: {cause}")]
    PlainText { registry: String, cause: String },
    #[error("{registry} is unavailable, cannot {what}: {status}{detail}{}", tried(*attempts))]
    Unavailable { registry: String, what: String, status: u16, detail: String, attempts: u32 },
    #[error("{registry} is unavailable, cannot {what}: {status}{detail}; it asks to wait {} s, longer than --timeout", wait.as_secs())]
    RetryLater { registry: String, what: String, status: u16, detail: String, wait: Duration },
    #[error("{registry} refuses to {what}: {status}{detail}")]
    Refused { registry: String, what: String, status: u16, detail: String },
    #[error("{registry} has no repository {path} to write to: {status}{detail}")]
    NoRepository { registry: String, path: String, status: u16, detail: String },
    #[error("{registry} requires a login to {what}, and no credentials were found for it{detail}")]
    LoginNeeded { registry: String, what: String, detail: String },
    #[error("{registry} rejects the username and password from {source_name}: {status}{detail}")]
    WrongPassword { registry: String, source_name: String, status: u16, detail: String },
    #[error("{registry} does not allow the user of {source_name} to {what}: {status}{detail}")]
    Denied { registry: String, what: String, source_name: String, status: u16, detail: String },
    #[error("{registry} names a token service that cannot be trusted: {why}")]
    Realm { registry: String, why: String },
    #[error("{registry} redirects to {to} when asked to {what}, which is not followed{why}")]
    Redirect { registry: String, what: String, to: String, why: &'static str },
    #[error("{registry} redirects to {to} when asked to {what}, and {to} answers {status}")]
    Elsewhere { registry: String, what: String, to: String, status: u16 },
    #[error("{registry} violates the protocol when asked to {what}: {why}")]
    Protocol { registry: String, what: String, why: String },
    #[error("{registry} sends more than {limit} bytes when asked to {what}: refused")]
    TooLarge { registry: String, what: String, limit: u64 },
    #[error("{0}")]
    Output(String),
    /// The bytes are not those that were asked for.
    #[error("{registry} sends other bytes when asked to {what}: expected {expected}, found {found}")]
    WrongBytes { registry: String, what: String, expected: String, found: String },
}

impl Error {
    /// What to do about it, if there is more to say than the message does.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unreachable { .. } => {
                "check the registry's name, the network, and that the repository exists; --timeout sets how long it is tried"
            }
            Self::Certificate { .. } => {
                "--ca-file names the certificate of a private authority; in an image without any, install ca-certificates"
            }
            Self::PlainText { .. } => "--plain-http HOST:PORT allows plain HTTP for this registry",
            Self::Unavailable { .. } | Self::RetryLater { .. } => {
                "nothing is wrong with your images: try again later, or with a longer --timeout"
            }
            Self::NoRepository { .. } => {
                "create the repository first: not every registry makes one when something is pushed to it"
            }
            Self::LoginNeeded { .. } => {
                "log in with `docker login`, or set SPLITBUILD_USERNAME and SPLITBUILD_PASSWORD, or --login HOST=USER_VAR:PASS_VAR"
            }
            Self::WrongPassword { .. } => "correct them, or renew an expired token",
            Self::Denied { .. } => "grant this user the permission, or log in as another",
            Self::Elsewhere { .. } => {
                "credentials are sent to the registry alone; ask whoever runs it why it redirects there"
            }
            Self::WrongBytes { .. } => {
                "the registry, or something between here and there, alters content: do not trust it"
            }
            Self::Refused { .. }
            | Self::Realm { .. }
            | Self::Redirect { .. }
            | Self::Protocol { .. }
            | Self::Output(_)
            | Self::TooLarge { .. } => return None,
        })
    }

    /// Whether the same request may be answered well another time, without anybody changing anything.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Unavailable { .. } | Self::RetryLater { .. })
    }

    /// The bytes are not those that the digest names.
    pub(super) fn wrong_digest(registry: &str, what: &str, expected: &Digest, found: &Digest) -> Self {
        Self::WrongBytes {
            registry: registry.to_owned(),
            what: what.to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// Whether the registry answered, and will not do it. Another way may be open, and what it answers there counts.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 400..=499 | 501),
            Self::Denied { .. } | Self::LoginNeeded { .. } | Self::Redirect { .. } | Self::Elsewhere { .. } => true,
            _ => false,
        }
    }

    /// How often it was tried, filled in when we give up.
    pub(super) fn after(mut self, count: u32) -> Self {
        if let Self::Unreachable { attempts, .. } | Self::Unavailable { attempts, .. } = &mut self {
            *attempts = count;
        }
        self
    }
}

/// What came of a step that only saves work: who may not take it does without.
pub(super) fn optional<T>(done: Result<T, Error>) -> Result<Option<T>, Error> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.is_refusal() => Ok(None),
        Err(error) => Err(error),
    }
}

fn tried(attempts: u32) -> String {
    if attempts > 1 { format!(" (tried {attempts} times)") } else { String::new() }
}
