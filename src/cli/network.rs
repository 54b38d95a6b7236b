//! Registries and folders for one call, by its options and the environment; and its interruption by signals.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::runtime::Runtime;

use super::Failure;
use super::arguments::Network;
use super::screen::Screen;
use crate::file;
use crate::graph::ForeignLayers;
use crate::reference::Repository;
use crate::registry::{Client, Environment, Event, Settings, Sources, Watch};
use crate::stop::{Signal, Stop};
use crate::store::{Store, Use, of_registries};

impl Network {
    /// The store. `uses` has what is read and written, one list for what is used together, for which one token is enough.
    pub(super) fn store(&self, uses: &[Vec<Use>], screen: &Screen) -> Result<Store, Failure> {
        self.store_with(uses, screen, ForeignLayers::Refuse)
    }

    /// The same, with foreign layers.
    pub(super) fn store_with(
        &self,
        uses: &[Vec<Use>],
        screen: &Screen,
        foreign: ForeignLayers,
    ) -> Result<Store, Failure> {
        let uses: Vec<_> = uses.iter().map(|uses| of_registries(uses)).collect();
        let authorities = match &self.ca_file {
            Some(path) => {
                let read = file::read(path, file::LONGEST_TEXT);
                Some(read.map_err(|cause| Failure::File { action: "read", path: path.clone(), cause })?)
            }
            None => None,
        };
        let environment = Environment::of_process();
        let settings = Settings {
            plain_http: self.plain_http.iter().cloned().collect(),
            authorities,
            timeout: self.timeout,
            connections: self.concurrency.into(),
            tls_proxy: is_proxy_by_tls(&environment),
            foreign_layers: foreign == ForeignLayers::Take,
        };
        let repositories: BTreeSet<&Repository> = uses.iter().flatten().map(|(repository, _)| repository).collect();
        let registries: BTreeSet<&str> = repositories.iter().map(|repository| &*repository.registry).collect();
        let sources = Sources::new(self.login.clone(), environment, self.timeout);
        let mut credentials = BTreeMap::new();
        for registry in &registries {
            let here = repositories.iter().filter(|repository| repository.registry == **registry);
            let here: Vec<Repository> = here.map(|repository| (*repository).clone()).collect();
            if let Some(found) = sources.find(registry, &here, &registries)? {
                credentials.insert((*registry).to_owned(), found);
            }
        }
        let transfers = screen.transfers();
        let screen = screen.clone();
        let events = Box::new(move |event: &Event<'_>| screen.event(event));
        let client = Client::new(&settings, &uses, credentials, Watch { events, transfers: transfers.clone() });
        let client = client.map_err(|why| {
            let path = self.ca_file.clone().unwrap_or_default();
            Failure::File { action: "read", path, cause: std::io::Error::other(why) }
        })?;
        Ok(Store::new(client, transfers))
    }
}

/// Whether plain HTTP may go through a proxy that is itself spoken to by TLS, in the variables that the HTTP client knows
/// (<https://docs.rs/reqwest/latest/reqwest/#proxies>).
fn is_proxy_by_tls(environment: &Environment) -> bool {
    let names = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    names.iter().filter_map(|name| environment.get(name)).any(|proxy| proxy.trim_start().starts_with("https:"))
}

/// How long threads may take to end after a signal.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(1);

/// Runs what speaks to registries.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    Ok(runtime()?.block_on(future))
}

/// Runs it with a [`Stop`] for signals.
///
/// # Returns
/// Its result, and the signal, if there was one.
pub(super) fn block_on_or_stop<T>(work: impl AsyncFnOnce(&Stop) -> T) -> Result<(T, Option<Signal>), Failure> {
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        let stop = Stop::when(received_signal());
        let done = work(&stop).await;
        (done, stop.signal())
    });
    // Threads that still wait, for a name server for instance, are not waited for.
    runtime.shutdown_timeout(SHUTDOWN_LIMIT);
    Ok(done)
}

fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::System)
}

/// Waits for a signal: from the user, or from the system, as when CI cancels a job.
async fn received_signal() -> Signal {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let received = async |kind: SignalKind, name: Signal| {
            // A signal that is ignored when we start, as `nohup` has it, stays ignored.
            let signal = if is_ignored(kind.as_raw_value()) { None } else { signal(kind).ok() };
            match signal {
                Some(mut signal) => signal.recv().await,
                None => std::future::pending().await,
            };
            name
        };
        tokio::select! {
            name = received(SignalKind::interrupt(), Signal::Interrupt) => name,
            name = received(SignalKind::terminate(), Signal::Terminate) => name,
            name = received(SignalKind::hangup(), Signal::Hangup) => name,
        }
    }
    #[cfg(not(unix))]
    match tokio::signal::ctrl_c().await {
        Ok(()) => Signal::Interrupt,
        // Nothing can be heard, so nothing is waited for.
        Err(_) => std::future::pending().await,
    }
}

/// Whether this process ignores a signal, as far as the system says
/// (<https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>).
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
