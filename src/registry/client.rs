//! The one way of a request to a registry: with a login if it asks for one, to no other host but those that are allowed,
//! again when that can help.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::attempt::AttemptError;
use super::call::{Call, Payload, Target};
use super::credentials::Credentials;
use super::error::Error;
use super::event::Watch;
use super::host::Host;
use super::http::{HeaderValue, Method, Request, Response, Url, header};
use super::retry::{RetryBudget, TimeoutPolicy};
use super::route::Route;
use super::session::{Access, Session};
use super::settings::Settings;
use super::transport::Transport;
use crate::reference::Repository;
use crate::transfer;

/// Says that nothing is wanted which was kept on the way
/// ([RFC 9111, section 5.2.1.4](https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1.4)).
const FRESH: HeaderValue = HeaderValue::from_static("no-cache");

/// All the registries of one call.
pub struct Client {
    pub(super) transport: Transport,
    sessions: BTreeMap<String, Session>,
    /// Turns to move a blob.
    turns: Semaphore,
    pub(super) foreign_layers: bool,
    pub(super) transfers: transfer::Watch,
}

impl Client {
    /// A client for what is used, which is told beforehand so that one token is enough for what is used together.
    pub fn new(
        settings: &Settings,
        uses: &[Vec<(Repository, Access)>],
        mut credentials: BTreeMap<String, Credentials>,
        watch: Watch,
    ) -> Result<Self, String> {
        let mut sessions = BTreeMap::new();
        for group in uses {
            let registries: BTreeSet<&str> = group.iter().map(|(repository, _)| &*repository.registry).collect();
            for registry in registries {
                let session = sessions.entry(registry.to_owned()).or_insert_with(|| {
                    let is_plain = settings.plain_http.contains(registry);
                    Session::new(Host::new(registry, is_plain, credentials.remove(registry)))
                });
                let here = group.iter().filter(|(repository, _)| repository.registry == registry);
                let paths: Vec<(String, Access)> = here.map(|(at, access)| (at.path.clone(), *access)).collect();
                session.declare(&paths);
            }
        }
        Ok(Self {
            transport: Transport::new(settings, watch.events)?,
            sessions,
            turns: Semaphore::new(settings.transfers()),
            foreign_layers: settings.foreign_layers,
            transfers: watch.transfers,
        })
    }

    pub(super) fn session(&self, registry: &str) -> &Session {
        self.sessions.get(registry).expect("every registry that is used is declared")
    }

    pub(super) fn host(&self, registry: &str) -> &Host {
        &self.session(registry).host
    }

    /// Waits for its turn to move a blob.
    pub(super) async fn turn(&self) -> SemaphorePermit<'_> {
        self.turns.acquire().await.expect("it is never closed")
    }

    /// Does the request; the response is a good one, or 404.
    pub(super) async fn exchange(&self, call: &Call<'_>) -> Result<Response, Error> {
        self.exchange_for(call, Ok).await
    }

    /// Does the request, and takes from its response what was asked for.
    pub(super) async fn exchange_for<T>(
        &self,
        call: &Call<'_>,
        take: impl Fn(Response) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let host = self.host(&call.repository.registry);
        let attempt = async |budget: &RetryBudget| Ok(take(self.attempt(call, budget).await?)?);
        self.transport.retry(host, (call.what, TimeoutPolicy::Request), attempt).await
    }

    /// One attempt, with a login if the registry asks for one. Only what the registry takes is counted: not our own
    /// queue, and not the token service, which has a time of its own.
    pub(super) async fn attempt(&self, call: &Call<'_>, budget: &RetryBudget) -> Result<Response, AttemptError> {
        let session = self.session(&call.repository.registry);
        let deadline = budget.deadline();
        let is_stream = matches!(call.payload, Payload::Stream(_));
        let mut is_renewed = is_stream && budget.is_renewed();
        loop {
            let authorization = deadline.uncounted(session.authorize(&self.transport, &call.repository.path)).await?;
            let permit = deadline.uncounted(self.transport.connection(&session.host)).await;
            // Who has tried goes on as long as it may.
            let silence = session.host.silence_since(budget.begun()).filter(|_| budget.attempts() == 1);
            if let Some(cause) = silence {
                let (registry, what) = (session.host.name.clone(), call.what.to_owned());
                return Err(Error::Unreachable { registry, what, cause, attempts: 0 }.into());
            }
            let sent = self.send(call, budget, authorization.header.as_ref());
            let response = deadline.bounded(sent).await??;
            drop(permit);
            if response.status != 401 {
                session.accept(&authorization);
                return session.host.judge(call.what, response);
            }
            let renewal = session.renew(&self.transport, call.what, &authorization, (&response, is_renewed));
            deadline.uncounted(renewal).await?;
            if is_stream {
                // It was sent; the next attempt has it anew.
                budget.renew();
                let error = session.host.refused(call.what, &response);
                return Err(AttemptError::Temporary { error, wait: None });
            }
            // The login is as new as can be: another refusal is about what it allows.
            is_renewed = true;
        }
    }

    /// Sends the request to where the registry is, by TLS or as else it may be spoken to.
    async fn send(
        &self,
        call: &Call<'_>,
        budget: &RetryBudget,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, AttemptError> {
        let host = self.host(&call.repository.registry);
        let path = match &call.target {
            Target::Url(url) => return self.walk(url.clone(), call, budget, authorization).await,
            Target::Path(path) => format!("{}/{path}", call.repository.path),
        };
        let mut schemes = host.schemes().iter();
        loop {
            let scheme = schemes.next().expect("there is one, and after the last one it ends");
            match self.walk(host.url(scheme, &path), call, budget, authorization).await {
                Err(AttemptError::Unconnected(_) | AttemptError::Permanent(Error::PlainText { .. }))
                    if schemes.as_slice().first().is_some_and(|next| host.schemes().contains(next)) => {}
                done => return done,
            }
        }
    }

    /// Sends the request to an address, and goes where that leads to.
    pub(super) async fn walk(
        &self,
        url: Url,
        call: &Call<'_>,
        budget: &RetryBudget,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, AttemptError> {
        let host = self.host(&call.repository.registry);
        let is_doubtful = budget.is_doubtful() && matches!(call.method, Method::GET | Method::HEAD);
        let route = Route { host, what: call.what, reach: call.reach, authorization };
        let hop = async |url: Url, authorization: Option<HeaderValue>| {
            let mut headers = call.headers.clone();
            headers.extend(authorization.map(|value| (header::AUTHORIZATION, value)));
            headers.extend(is_doubtful.then_some((header::CACHE_CONTROL, FRESH)));
            let name = host.name_of(&url);
            let request = Request { method: call.method.clone(), url, headers, body: call.payload.content() };
            let response = self.transport.send(request, (&name, call.what), call.body_use).await?;
            host.answered(&response.url);
            Ok(response)
        };
        route.walk(url, hop).await
    }
}
