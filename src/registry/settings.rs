//! How registries are spoken to, as the command line has it.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::transfer::TRANSFERS;

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
    /// How many requests are under way at a time, at most, and how many connections to a host there are for them.
    pub connections: usize,
    /// Whether a proxy is itself spoken to by TLS, so that plain HTTP needs certificates, too.
    pub tls_proxy: bool,
    /// Whether layers that are not in the registry are fetched from where their image says.
    pub foreign_layers: bool,
}

impl Settings {
    /// How many blobs are moved at a time, at most; a connection is read for each beside those of the requests.
    pub(super) fn transfers(&self) -> usize {
        self.connections.clamp(1, TRANSFERS)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            plain_http: BTreeSet::new(),
            authorities: None,
            timeout: Duration::from_secs(120),
            connections: 64,
            tls_proxy: false,
            foreign_layers: false,
        }
    }
}
