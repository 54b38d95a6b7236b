//! One request of a registry and all that it takes: who we are, another attempt when that can help, bounds, and no step
//! to another host but those that are allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::auth::Auth;
use super::error::Error;
use super::host::Host;
use super::redirect::Reach;
use super::retry::{FOREVER, Late, PROGRESS, Patience, is_temporary, retry_after};
use super::route::Route;
use super::wire::{Answer, Ask, Broken, Content, HeaderMap, HeaderValue, Method, Url, Wire, header};
use super::{Access, Credentials, Event, Settings, Watch};
use crate::reference::Repository;
use crate::transfer::{self, TRANSFERS};

/// Says that nothing is wanted which was kept on the way
/// ([RFC 9111, section 5.2.1.4](https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1.4)).
pub(super) const FRESH: HeaderValue = HeaderValue::from_static("no-cache");

/// All the registries of one call.
pub struct Client {
    wire: Wire,
    hosts: BTreeMap<String, Host>,
    timeout: Duration,
    connections: Semaphore,
    width: AtomicUsize,
    transfers: Semaphore,
    pub(super) foreign_layers: bool,
    pub(super) watch: Box<dyn Fn(&Event<'_>)>,
    pub(super) moves: transfer::Watch,
}

/// A request.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) repository: &'a Repository,
    /// What follows the repository in the address: `manifests/v1`.
    pub(super) path: String,
    /// What is to be done, for a person: `read acme/app:v1`.
    pub(super) what: &'a str,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
    /// The most bytes of a good answer; `None` if its body does not matter.
    pub(super) limit: Option<u64>,
    /// Where an answer may send us.
    pub(super) reach: Reach,
}

/// What an attempt may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// All attempts together as long as one request may.
    Request,
    /// As long as it moves: it is given that time anew with every [`PROGRESS`] bytes.
    Transfer,
}

/// Why an attempt failed.
pub(super) enum Trouble {
    /// There was no connection; another attempt may help soon, or never.
    Unconnected(Error),
    /// Another attempt may help.
    Passing {
        /// What to say if it does not.
        error: Error,
        /// What the registry asks to wait.
        wait: Option<Duration>,
    },
    /// Other bytes came than were asked for: they are asked for once more, since a cache on the way may have kept bad ones.
    Altered(Error),
    /// Time is up.
    Late,
    /// It will not.
    Final(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::WrongBytes { .. } => Self::Altered(error),
            _ => Self::Final(error),
        }
    }
}

impl From<Late> for Trouble {
    fn from(_: Late) -> Self {
        Self::Late
    }
}

impl Client {
    /// A client for what is used, which is told beforehand so that one token is enough for what is used together.
    pub fn new(
        settings: Settings,
        uses: &[Vec<(Repository, Access)>],
        mut credentials: BTreeMap<String, Credentials>,
        watch: Watch,
    ) -> Result<Self, String> {
        let mut hosts = BTreeMap::new();
        for group in uses {
            let registries: BTreeSet<&str> = group.iter().map(|(repository, _)| &*repository.registry).collect();
            for registry in registries {
                let host = hosts.entry(registry.to_owned()).or_insert_with(|| {
                    let auth = Auth::new(credentials.remove(registry));
                    Host::new(registry, settings.plain_http.contains(registry), auth)
                });
                let here = group.iter().filter(|(repository, _)| repository.registry == registry);
                let paths: Vec<(String, Access)> = here.map(|(at, access)| (at.path.clone(), *access)).collect();
                host.auth.declare(&paths);
            }
        }
        let timeout = settings.timeout.min(FOREVER);
        Ok(Self {
            wire: Wire::new(settings.authorities.as_deref(), timeout)?,
            hosts,
            timeout,
            connections: Semaphore::new(settings.connections.max(1)),
            width: AtomicUsize::new(settings.connections.max(1)),
            transfers: Semaphore::new(settings.connections.clamp(1, TRANSFERS)),
            foreign_layers: settings.foreign_layers,
            watch: watch.events,
            moves: watch.moves,
        })
    }

    pub(super) fn host(&self, registry: &str) -> &Host {
        self.hosts.get(registry).expect("every registry that is used is declared")
    }

    /// Does the request; the answer is a good one, or 404.
    pub(super) async fn exchange(&self, call: &Call<'_>) -> Result<Answer, Error> {
        self.exchange_for(call, Ok).await
    }

    /// Does the request, and takes from its answer what was asked for.
    pub(super) async fn exchange_for<T>(
        &self,
        call: &Call<'_>,
        take: impl Fn(Answer) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let host = self.host(&call.repository.registry);
        let attempt = async |patience: &Patience| Ok(take(self.attempt((host, patience), call).await?)?);
        self.persist(host, (call.what, Pace::Request), attempt).await
    }

    /// Tries until it works, cannot work, or has taken too long.
    pub(super) async fn persist<T>(
        &self,
        host: &Host,
        (what, pace): (&str, Pace),
        attempt: impl AsyncFn(&Patience) -> Result<T, Trouble>,
    ) -> Result<T, Error> {
        let mut patience = Patience::new(self.timeout);
        let mut before = None;
        loop {
            patience.attempt();
            patience.deadline().uncounted(host.rest()).await;
            let (error, wait, is_connection) = match attempt(&patience).await {
                Ok(done) => return Ok(done),
                Err(Trouble::Final(error)) => return Err(error),
                Err(Trouble::Unconnected(error)) => (error, None, true),
                Err(Trouble::Passing { error, wait }) => (error, wait, false),
                Err(Trouble::Altered(error)) if patience.doubt() => (error, None, false),
                Err(Trouble::Altered(error)) => return Err(error),
                Err(Trouble::Late) => {
                    // What the registry said before says more than that time is up.
                    let error = before.unwrap_or_else(|| self.late(&host.name, what, pace));
                    return Err(error.after(patience.attempts()));
                }
            };
            let Some(next) = patience.next(wait, is_connection) else {
                return Err(self.gave_up(error, wait).after(patience.attempts()));
            };
            let (registry, attempts) = (host.name.as_str(), patience.attempts());
            (self.watch)(&Event::Retry { registry, attempts, error: &error, wait: next });
            if matches!(error, Error::Unavailable { status: 429, .. }) && host.hush(next) {
                self.narrow();
            }
            before = Some(error);
            tokio::time::sleep(next).await;
        }
    }

    fn late(&self, registry: &str, what: &str, pace: Pace) -> Error {
        let seconds = self.timeout.as_secs_f64();
        let cause = match pace {
            Pace::Request => format!("no answer in {seconds} s"),
            Pace::Transfer => format!("less than {} KiB moved in {seconds} s", PROGRESS >> 10),
        };
        Error::Unreachable { registry: registry.to_owned(), what: what.to_owned(), cause, attempts: 0 }
    }

    /// What is said of a failure that another attempt might have cured.
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

    /// One attempt, with a login if the registry asks for one. Only what the registry takes is counted: not our own
    /// queue, and not the token service, which has a time of its own.
    async fn attempt(&self, (host, patience): (&Host, &Patience), call: &Call<'_>) -> Result<Answer, Trouble> {
        let deadline = patience.deadline();
        let mut again = false;
        loop {
            let pass = deadline.uncounted(self.pass(host, &call.repository.path)).await?;
            let permit = deadline.uncounted(self.connection(host)).await;
            let answer = deadline.bounded(self.once((host, patience), call, pass.header.as_ref())).await??;
            drop(permit);
            if answer.status != 401 {
                self.admitted(host, &pass);
                drop(pass);
                return self.judge(host, call, answer);
            }
            deadline.uncounted(self.renew(host, call, &pass, (&answer, again))).await?;
            // The login is as new as can be: another refusal is about what it allows.
            again = true;
        }
    }

    /// Waits for its turn to ask something.
    async fn connection(&self, host: &Host) -> SemaphorePermit<'_> {
        loop {
            host.rest().await;
            let permit = self.connections.acquire().await.expect("it is never closed");
            if !host.is_quiet() {
                return permit;
            }
        }
    }

    fn judge(&self, host: &Host, call: &Call<'_>, answer: Answer) -> Result<Answer, Trouble> {
        let status = answer.status;
        let (registry, what) = (host.name.clone(), call.what.to_owned());
        match status {
            200..=299 | 404 => Ok(answer),
            403 => Err(Trouble::Final(host.not_allowed(call, &answer))),
            status if is_temporary(status) => {
                Err(Trouble::unavailable(&host.name_of(&answer.url), call.what, &answer, host))
            }
            300..=399 => {
                let why = format!("status {status}, without a place to go to");
                Err(Trouble::Final(Error::Protocol { registry, what, why }))
            }
            _ => Err(Trouble::Final(Error::Refused { registry, what, status, detail: host.detail(&answer) })),
        }
    }

    /// The request itself, and the redirects that it meets.
    async fn once(
        &self,
        (host, patience): (&Host, &Patience),
        call: &Call<'_>,
        proof: Option<&HeaderValue>,
    ) -> Result<Answer, Trouble> {
        let path = format!("{}/{}", call.repository.path, call.path);
        let route = Route { host, what: call.what, reach: call.reach, proof };
        let mut schemes = host.schemes().iter();
        loop {
            let scheme = schemes.next().expect("there is one, and after the last one it ends");
            let walked = route.walk(host.url(scheme, &path), async |url: Url, proof| {
                let is_home = host.is_home(&url);
                let mut headers = call.headers.clone();
                headers.extend(proof.map(|proof| (header::AUTHORIZATION, proof)));
                headers.extend(patience.is_doubtful().then_some((header::CACHE_CONTROL, FRESH)));
                let name = host.name_of(&url);
                let ask =
                    Ask { method: call.method.clone(), url, headers, body: call.body.clone().map(Content::Whole) };
                let answer = self.open_wire(ask, (&name, call.what), call.limit).await?;
                if is_home {
                    host.speaks(scheme);
                }
                Ok(answer)
            });
            match walked.await {
                Err(Trouble::Unconnected(_) | Trouble::Final(Error::PlainText { .. }))
                    if schemes.as_slice().first().is_some_and(|next| host.schemes().contains(next)) => {}
                done => return done,
            }
        }
    }

    /// Sends a request, tells who watches, and puts what broke in words.
    pub(super) async fn open_wire(
        &self,
        ask: Ask,
        (registry, what): (&str, &str),
        limit: Option<u64>,
    ) -> Result<Answer, Trouble> {
        let (method, url, start) = (ask.method.clone(), ask.url.clone(), Instant::now());
        let answer = self.wire.ask(ask, limit).await;
        let outcome = match &answer {
            Ok(answer) => Ok((answer.status, answer.body.len())),
            Err(broken) => Err(broken.cause()),
        };
        // What follows the `?` may be a secret of who made the address.
        let address = format!("{}{}", url.origin().ascii_serialization(), url.path());
        (self.watch)(&Event::Request { method: method.as_str(), address: &address, outcome, took: start.elapsed() });
        answer.map_err(|broken| broken.into_trouble(registry, what))
    }

    /// Waits for its turn to move a blob.
    pub(super) async fn turn(&self) -> SemaphorePermit<'_> {
        self.transfers.acquire().await.expect("it is never closed")
    }

    pub(super) fn wire(&self) -> &Wire {
        &self.wire
    }
}

impl Trouble {
    /// The registry is ill, or has too much to do.
    pub(super) fn unavailable(registry: &str, what: &str, answer: &Answer, host: &Host) -> Self {
        let wait = answer.header("retry-after").and_then(|value| retry_after(value, SystemTime::now()));
        let (registry, what, detail) = (registry.to_owned(), what.to_owned(), host.detail(answer));
        Self::Passing { error: Error::Unavailable { registry, what, status: answer.status, detail, attempts: 0 }, wait }
    }
}

impl Broken {
    fn cause(&self) -> &str {
        match self {
            Self::Unconnected(cause) | Self::Certificate(cause) | Self::PlainText(cause) | Self::Cut(cause) => cause,
            Self::TooLarge(_) => "more than may be",
        }
    }

    pub(super) fn into_trouble(self, registry: &str, what: &str) -> Trouble {
        let (registry, what) = (registry.to_owned(), what.to_owned());
        match self {
            Self::Unconnected(cause) => Trouble::Unconnected(Error::Unreachable { registry, what, cause, attempts: 1 }),
            Self::Cut(cause) => {
                let error = Error::Unreachable { registry, what, cause, attempts: 1 };
                Trouble::Passing { error, wait: None }
            }
            Self::Certificate(cause) => Trouble::Final(Error::Certificate { registry, cause }),
            Self::PlainText(cause) => Trouble::Final(Error::PlainText { registry, cause }),
            Self::TooLarge(limit) => Trouble::Final(Error::TooLarge { registry, what, limit }),
        }
    }
}
