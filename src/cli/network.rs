//! A client for the registries of one call, by its options and the environment.

use std::collections::{BTreeMap, BTreeSet};

use super::Failure;
use super::arguments::Network;
use super::screen::Screen;
use crate::reference::Repository;
use crate::registry::{Access, Client, Environment, Event, Settings, Sources};

impl Network {
    /// The client for what is used.
    pub(super) fn client(&self, uses: &[Vec<(Repository, Access)>], screen: &Screen) -> Result<Client, Failure> {
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
        };
        let repositories: BTreeSet<&Repository> = uses.iter().flatten().map(|(repository, _)| repository).collect();
        let registries: BTreeSet<&str> = repositories.iter().map(|repository| &*repository.registry).collect();
        let sources = Sources::new(self.login.clone(), Environment::of_process());
        let mut credentials = BTreeMap::new();
        for registry in &registries {
            let here = repositories.iter().filter(|repository| repository.registry == **registry);
            let here: Vec<Repository> = here.map(|repository| (*repository).clone()).collect();
            if let Some(found) = sources.find(registry, &here, &registries)? {
                credentials.insert((*registry).to_owned(), found);
            }
        }
        let screen = screen.clone();
        let watch = Box::new(move |event: &Event<'_>| screen.event(event));
        Client::new(settings, uses, credentials, watch).map_err(|why| {
            let path = self.ca_file.clone().unwrap_or_default();
            Failure::File { action: "read", path, cause: std::io::Error::other(why) }
        })
    }
}

/// Runs what speaks to registries.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("the system gives what a runtime needs").block_on(future)
}
