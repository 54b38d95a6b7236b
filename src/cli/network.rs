//! The places of one call, by its options and the environment.

use std::collections::{BTreeMap, BTreeSet};

use super::Failure;
use super::arguments::Network;
use super::screen::Screen;
use crate::reference::Repository;
use crate::registry::{Client, Environment, Event, Settings, Sources, Watch};
use crate::store::{Store, Use, of_registries};
use crate::tree::Foreign;

impl Network {
    /// What is used, which is told beforehand so that one token is enough for what is used together.
    pub(super) fn store(&self, uses: &[Vec<Use>], screen: &Screen) -> Result<Store, Failure> {
        self.store_with(uses, screen, Foreign::Refuse)
    }

    /// The same, and what becomes of layers that are not there.
    pub(super) fn store_with(&self, uses: &[Vec<Use>], screen: &Screen, foreign: Foreign) -> Result<Store, Failure> {
        let uses: Vec<_> = uses.iter().map(|uses| of_registries(uses)).collect();
        let authorities = match &self.ca_file {
            Some(path) => {
                let read = std::fs::read(path);
                Some(read.map_err(|cause| Failure::File { action: "read", path: path.clone(), cause })?)
            }
            None => None,
        };
        let settings = Settings {
            plain_http: self.plain_http.iter().cloned().collect(),
            authorities,
            timeout: self.timeout,
            connections: self.concurrency.into(),
            foreign_layers: foreign == Foreign::Take,
        };
        let repositories: BTreeSet<&Repository> = uses.iter().flatten().map(|(repository, _)| repository).collect();
        let registries: BTreeSet<&str> = repositories.iter().map(|repository| &*repository.registry).collect();
        let sources = Sources::new(self.login.clone(), Environment::of_process(), self.timeout);
        let mut credentials = BTreeMap::new();
        for registry in &registries {
            let here = repositories.iter().filter(|repository| repository.registry == **registry);
            let here: Vec<Repository> = here.map(|repository| (*repository).clone()).collect();
            if let Some(found) = sources.find(registry, &here, &registries)? {
                credentials.insert((*registry).to_owned(), found);
            }
        }
        let moves = screen.moves();
        let screen = screen.clone();
        let events = Box::new(move |event: &Event<'_>| screen.event(event));
        let client = Client::new(settings, &uses, credentials, Watch { events, moves: moves.clone() });
        let client = client.map_err(|why| {
            let path = self.ca_file.clone().unwrap_or_default();
            Failure::File { action: "read", path, cause: std::io::Error::other(why) }
        })?;
        Ok(Store::new(client, moves))
    }
}

/// Runs what speaks to registries.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("the system gives what a runtime needs").block_on(future)
}

/// Runs it until it is interrupted; what it began is then cleaned up.
pub(super) fn block_on_or_stop<T>(future: impl Future<Output = T>) -> Option<T> {
    block_on(async {
        tokio::select! {
            done = future => Some(done),
            () = interrupted() => None,
        }
    })
}

/// Ends when the user interrupts us, or the system asks us to end, as CI does with a job that is cancelled.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminated.recv() => return,
                Ok(()) = tokio::signal::ctrl_c() => return,
                else => {}
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Nothing can be heard, so nothing is waited for.
        std::future::pending().await
    }
}
