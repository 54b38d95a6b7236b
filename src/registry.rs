//! What we ask of container registries: manifests read and written, blobs read and brought into repositories, by the [OCI distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md).
//!
//! Here are the control calls and their rules: who is told a password, what is tried again, how much is read, which
//! other hosts may have a say. What the documents mean is the business of [`crate::oci`].

mod auth;
mod blob;
mod challenge;
mod client;
mod credentials;
mod error;
mod host;
mod manifest;
mod redirect;
mod referrer;
mod retry;
mod route;
mod secrets;
mod token;
mod wire;

use std::collections::BTreeSet;
use std::time::Duration;

pub use auth::Access;
pub use blob::Source;
pub use client::Client;
pub use credentials::{CredentialError, Credentials, Environment, Login, Sources};
pub use error::Error;

/// How registries are spoken to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Registries, by host and port, that are spoken to without TLS. Those on this machine need not be named: they are
    /// tried with TLS first.
    pub plain_http: BTreeSet<String>,
    /// Certificates in PEM that are trusted in addition to the system's.
    pub authorities: Option<Vec<u8>>,
    /// How long one request may take with all its attempts.
    pub timeout: Duration,
    /// How many requests are under way at a time, at most.
    pub connections: usize,
    /// Whether layers that are not in the registry are fetched from where their image says.
    pub foreign_layers: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            plain_http: BTreeSet::new(),
            authorities: None,
            timeout: Duration::from_secs(120),
            connections: 64,
            foreign_layers: false,
        }
    }
}

/// What happens between us and a registry, for who wants to watch.
#[derive(Debug)]
pub enum Event<'a> {
    /// A request was answered, or was not.
    Request {
        /// `GET`
        method: &'a str,
        /// Where it went, without what may be secret in the address.
        address: &'a str,
        /// The status and the length of the body in bytes, else what broke.
        outcome: Result<(u16, usize), &'a str>,
        /// From the request to the end of the answer.
        took: Duration,
    },
    /// A token is asked for.
    Token {
        /// The host of the service.
        service: &'a str,
        /// What the token is to allow.
        scopes: &'a [String],
    },
    /// Something failed and is tried again.
    Retry {
        /// The registry's host.
        registry: &'a str,
        /// How often it was tried so far.
        attempts: u32,
        /// What failed.
        error: &'a Error,
        /// When it is tried again.
        wait: Duration,
    },
}

/// Who watches.
pub struct Watch {
    /// What is asked, and what is tried again.
    pub events: Box<dyn Fn(&Event<'_>)>,
    /// The blobs on their way.
    pub moves: crate::transfer::Watch,
}
