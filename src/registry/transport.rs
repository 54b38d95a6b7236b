//! Requests on their way, whatever they ask for: as many at a time as may be, reported to who watches, tried again when
//! that can help.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::attempt::AttemptError;
use super::error::Error;
use super::event::Event;
use super::host::Host;
use super::http::{BodyUse, Http, Request, Response};
use super::retry::{FOREVER, PROGRESS, RetryBudget, TimeoutPolicy};
use super::settings::Settings;

/// The connections of one call.
pub(super) struct Transport {
    http: Http,
    timeout: Duration,
    connections: Semaphore,
    width: AtomicUsize,
    watch: Box<dyn Fn(&Event<'_>)>,
}

impl Transport {
    pub(super) fn new(settings: &Settings, watch: Box<dyn Fn(&Event<'_>)>) -> Result<Self, String> {
        let timeout = settings.timeout.min(FOREVER);
        let width = settings.connections.max(1);
        Ok(Self {
            http: Http::new(
                settings.authorities.as_deref(),
                settings.tls_proxy,
                timeout,
                (width, settings.transfers()),
            )?,
            timeout,
            connections: Semaphore::new(width),
            width: AtomicUsize::new(width),
            watch,
        })
    }

    pub(super) fn report(&self, event: &Event<'_>) {
        (self.watch)(event);
    }

    /// Tries until it works, cannot work, or has taken too long.
    pub(super) async fn retry<T>(
        &self,
        host: &Host,
        (what, policy): (&str, TimeoutPolicy),
        attempt: impl AsyncFn(&RetryBudget) -> Result<T, AttemptError>,
    ) -> Result<T, Error> {
        let mut budget = RetryBudget::new(self.timeout);
        let mut before = None;
        loop {
            budget.attempt();
            budget.deadline().uncounted(host.wait_if_paused()).await;
            let (error, wait, is_connection) = match attempt(&budget).await {
                Ok(done) => return Ok(done),
                Err(AttemptError::Permanent(error)) => return Err(error),
                Err(AttemptError::Unconnected(error)) => (error, None, true),
                Err(AttemptError::Temporary { error, wait }) => (error, wait, false),
                Err(AttemptError::Silent(error)) => (error, None, false),
                Err(AttemptError::Altered(error)) if budget.doubt() => (error, None, false),
                Err(AttemptError::Altered(error)) => return Err(error),
                Err(AttemptError::TimedOut) => {
                    // What the registry said before says more than that time is up.
                    let error = before.unwrap_or_else(|| self.timed_out(&host.name, what, policy));
                    return Err(give_up(host, error, &budget));
                }
            };
            let Some(next) = budget.next(wait, is_connection) else {
                return Err(give_up(host, self.gave_up(error, wait), &budget));
            };
            let (registry, attempts) = (host.name.as_str(), budget.attempts());
            self.report(&Event::Retry { registry, attempts, error: &error, wait: next });
            let until = tokio::time::Instant::now() + next;
            if matches!(error, Error::Unavailable { status: 429, .. }) && host.pause_until(until) {
                self.narrow();
            }
            before = Some(error);
            tokio::time::sleep_until(until).await;
        }
    }

    fn timed_out(&self, registry: &str, what: &str, policy: TimeoutPolicy) -> Error {
        let seconds = self.timeout.as_secs_f64();
        let cause = match policy {
            TimeoutPolicy::Request => format!("no answer in {seconds} s"),
            TimeoutPolicy::Transfer => format!("less than {} KiB transferred in {seconds} s", PROGRESS >> 10),
        };
        Error::Unreachable { registry: registry.to_owned(), what: what.to_owned(), cause, attempts: 0 }
    }

    /// The error for a failure that another attempt might have cured.
    fn gave_up(&self, error: Error, wait: Option<Duration>) -> Error {
        match (error, wait) {
            (Error::Unavailable { registry, what, status, detail, .. }, Some(wait)) if wait >= self.timeout => {
                Error::RetryLater { registry, what, status, detail, wait }
            }
            (error, _) => error,
        }
    }

    /// Half as many requests at a time as until now.
    fn narrow(&self) {
        let width = self.width.load(Ordering::Relaxed);
        let gone = self.connections.forget_permits(width / 2);
        self.width.fetch_sub(gone, Ordering::Relaxed);
    }

    /// Waits for its turn to ask something.
    pub(super) async fn connection(&self, host: &Host) -> SemaphorePermit<'_> {
        loop {
            host.wait_if_paused().await;
            let permit = self.connections.acquire().await.expect("it is never closed");
            if !host.is_paused() {
                return permit;
            }
        }
    }

    /// Sends a request to `registry` or another host that is called so, to do `what`.
    pub(super) async fn send(
        &self,
        request: Request,
        (registry, what): (&str, &str),
        body_use: BodyUse,
    ) -> Result<Response, AttemptError> {
        let (method, url, start) = (request.method.clone(), request.url.clone(), Instant::now());
        let response = self.http.send(request, body_use).await;
        let outcome = match &response {
            Ok(response) => Ok((response.status, response.stream.is_none().then_some(response.body.len()))),
            Err(error) => Err(error.cause()),
        };
        // What follows the `?` may be a secret of who made the address.
        let address = format!("{}{}", url.origin().ascii_serialization(), url.path());
        self.report(&Event::Request { method: method.as_str(), address: &address, outcome, took: start.elapsed() });
        response.map_err(|error| AttemptError::of_http(error, registry, what))
    }
}

/// The error of a request that is given up; who waits to ask the same registry need not wait as long for nothing.
fn give_up(host: &Host, error: Error, budget: &RetryBudget) -> Error {
    match &error {
        Error::Unreachable { registry, cause, .. } if *registry == host.name => {
            host.gave_no_answer(budget.begun(), cause);
        }
        _ => {}
    }
    error.after(budget.attempts())
}
