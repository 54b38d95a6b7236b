//! Being known to a registry: one handshake for all requests, and one renewal when a token has expired.
//!
//! No password is sent before the registry has asked for it, not even by TLS to the host that it is for: one that has a
//! token service must not learn it, and some refuse it with 400 then
//! ([Notation](https://github.com/notaryproject/notation/issues/117) and
//! [gradle-oci](https://github.com/SgtSilvio/gradle-oci/pull/143) did so once). Where there are credentials the first
//! request goes alone, so that the registry asks once, and what follows uses its connection if that carries many
//! (HTTP/2). Without credentials a few go over TLS: one image takes no longer, and twenty are not refused sixty times
//! on sixty connections. Over plain HTTP, which has no such connections, a registry without credentials is likely open,
//! and all go at once. A password that no service has accepted yet goes with a few requests only, since wrong ones may
//! lock a user out.

mod challenge;
mod token;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::timeout;

pub use challenge::{Challenge, parse as challenge};

use super::credentials::Secret;
use super::error::Error;
use super::host::Host;
use super::http::{HeaderValue, Response, Url, header};
use super::transport::Transport;

/// What we want to do in a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Read.
    Pull,
    /// Read and write.
    Push,
}

/// The most repositories that one token is asked for: it travels in a header, and servers bound those at 8 KiB.
const GROUP: usize = 25;

/// How many requests try a password out, or a registry that may be open: as many as one image of two architectures
/// begins with.
const TRIALS: usize = 3;

/// How long others wait for what a registry says that may be open. It saves requests and connections, and is not
/// needed.
const PATIENCE: Duration = Duration::from_secs(1);

/// What one registry has been told of us, and has granted.
pub(super) struct Session {
    pub(super) host: Host,
    /// What each token is to allow.
    groups: Vec<BTreeMap<String, Access>>,
    /// Held by the first request while it is alone; by the first few where there is nobody to log in.
    first: Semaphore,
    /// Whether it is known how the registry wants to be logged in to, if at all.
    is_known: AtomicBool,
    /// Whether the registry has accepted who we are.
    is_accepted: AtomicBool,
    trials: Semaphore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    scheme: AuthScheme,
    /// What each group has.
    grants: Vec<Grant>,
    failed: Option<Error>,
}

/// What the requests of one group are sent with.
#[derive(Clone, Default)]
struct Grant {
    token: Option<HeaderValue>,
    /// Counts handshakes, so that a request knows whether another one has made one meanwhile. All tokens may expire at
    /// once, and one that is new is so for its own group only.
    generation: u64,
    /// Why there is no token: it is not asked for again by everyone who waited for it.
    failed: Option<Error>,
}

/// How the registry wants to be logged in to.
#[derive(Default)]
enum AuthScheme {
    #[default]
    None,
    Basic(HeaderValue),
    Bearer {
        realm: Url,
        service: Option<String>,
    },
}

/// What a request is sent with.
pub(super) struct Authorization<'a> {
    pub(super) header: Option<HeaderValue>,
    generation: u64,
    group: usize,
    _early: Option<SemaphorePermit<'a>>,
    _trial: Option<SemaphorePermit<'a>>,
}

impl Session {
    pub(super) fn new(host: Host) -> Self {
        let first = if host.credentials.is_some() { 1 } else { TRIALS };
        Self {
            host,
            groups: Vec::new(),
            first: Semaphore::new(first),
            is_known: AtomicBool::default(),
            is_accepted: AtomicBool::default(),
            trials: Semaphore::new(TRIALS),
            state: Mutex::default(),
        }
    }

    /// Says what will be asked for together. A token for one of these is a token for all of them.
    pub(super) fn declare(&mut self, uses: &[(String, Access)]) {
        let fits = |group: &BTreeMap<String, Access>| {
            group.len() + uses.iter().filter(|(path, _)| !group.contains_key(path)).count() <= GROUP
        };
        if !self.groups.last().is_some_and(fits) {
            self.groups.push(BTreeMap::new());
        }
        let group = self.groups.last_mut().expect("one was made");
        for (path, access) in uses {
            let old = group.entry(path.clone()).or_insert(*access);
            *old = (*old).max(*access);
        }
    }

    /// The token for a repository: one that allows writing to it, if there is one.
    fn group(&self, path: &str) -> usize {
        let with = |access| self.groups.iter().position(|group| group.get(path) >= Some(&access));
        with(Access::Push).or_else(|| with(Access::Pull)).unwrap_or_default()
    }

    /// What is asked of the token service, `repository:acme/app:pull,push`
    /// (<https://distribution.github.io/distribution/spec/auth/scope/>).
    fn scopes(&self, group: usize) -> Vec<String> {
        let scope = |(path, access): (&String, &Access)| match access {
            Access::Pull => format!("repository:{path}:pull"),
            Access::Push => format!("repository:{path}:pull,push"),
        };
        self.groups.get(group).into_iter().flatten().map(scope).collect()
    }

    /// What a request for a repository is sent with; waits while another request finds out.
    pub(super) async fn authorize(&self, transport: &Transport, path: &str) -> Result<Authorization<'_>, Error> {
        let early = self.early().await;
        let group = self.group(path);
        let mut state = self.state.lock().await;
        let mut trial = None;
        if matches!(state.scheme, AuthScheme::Basic(_)) && !self.is_accepted.load(Ordering::Relaxed) {
            drop(state);
            let permit = self.trials.acquire().await.expect("it is never closed");
            trial = (!self.is_accepted.load(Ordering::Relaxed)).then_some(permit);
            state = self.state.lock().await;
        }
        if let Some(error) = &state.failed {
            return Err(error.clone());
        }
        let grant = state.grant(group).clone();
        let header = match (&state.scheme, grant.failed, grant.token) {
            (AuthScheme::None, ..) => None,
            (AuthScheme::Basic(header), ..) => Some(header.clone()),
            (AuthScheme::Bearer { .. }, _, Some(token)) => Some(token),
            (AuthScheme::Bearer { .. }, Some(error), None) => return Err(error),
            (AuthScheme::Bearer { .. }, None, None) => match self.fetch_token(transport, &mut state, group).await {
                Ok(token) => Some(token),
                Err(error) => {
                    state.grant(group).failed = Some(error.clone());
                    return Err(error);
                }
            },
        };
        Ok(Authorization { header, generation: grant.generation, group, _early: early, _trial: trial })
    }

    /// Waits, while it is not known how the registry is spoken to, until the first requests have found out.
    async fn early(&self) -> Option<SemaphorePermit<'_>> {
        let is_known = || self.is_known.load(Ordering::Relaxed);
        let permit = match &self.host.credentials {
            _ if is_known() => return None,
            Some(_) => self.first.acquire().await,
            None if self.host.is_plain() => return None,
            None => timeout(PATIENCE, self.first.acquire()).await.ok()?,
        };
        (!is_known()).then_some(permit.expect("it is never closed"))
    }

    /// The registry has answered, and not with a challenge: the others need not wait.
    pub(super) fn accept(&self, authorization: &Authorization<'_>) {
        self.is_known.store(true, Ordering::Relaxed);
        if authorization.header.is_some() {
            self.is_accepted.store(true, Ordering::Relaxed);
        }
    }

    /// After 401: does what the challenge asks for, unless another request has done so meanwhile. `is_renewed` says that
    /// this was done for the same request before.
    pub(super) async fn renew(
        &self,
        transport: &Transport,
        what: &str,
        authorization: &Authorization<'_>,
        (response, is_renewed): (&Response, bool),
    ) -> Result<(), Error> {
        let host = &self.host;
        let mut state = self.state.lock().await;
        if let Some(error) = &state.failed {
            return Err(error.clone());
        }
        if state.grant(authorization.group).generation != authorization.generation {
            return Ok(());
        }
        let is_authorized = authorization.header.is_some();
        let values = response.headers.get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let done = match (challenge::parse(values), &host.credentials) {
            (Some(Challenge::Bearer { is_scope_insufficient, .. }), _)
                if is_authorized && (is_scope_insufficient || is_renewed) =>
            {
                return Err(host.not_allowed(what, response));
            }
            (Some(Challenge::Bearer { realm, service, .. }), _) => {
                let realm = token::follow(&realm, &host.name, response.url.scheme())?;
                state.scheme = AuthScheme::Bearer { realm, service };
                self.fetch_token(transport, &mut state, authorization.group).await.map(drop)
            }
            (Some(Challenge::Basic), Some(credentials)) => match &credentials.secret {
                Secret::Password(username, password) if !is_authorized => {
                    state.scheme = AuthScheme::Basic(token::basic(username, password));
                    Ok(())
                }
                // The password is right, and this is not for its owner.
                _ if is_authorized && self.is_accepted.load(Ordering::Relaxed) => {
                    return Err(host.not_allowed(what, response));
                }
                _ => Err(host.wrong_password(response).expect("there are credentials")),
            },
            // Others may be allowed without a login: to read, where only who writes needs one.
            (Some(Challenge::Basic), None) | (None, _) => return Err(host.not_allowed(what, response)),
        };
        match done {
            Ok(()) => state.grant(authorization.group).generation += 1,
            Err(error) => {
                state.failed = Some(error.clone());
                return Err(error);
            }
        }
        self.is_known.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn fetch_token(&self, transport: &Transport, state: &mut State, group: usize) -> Result<HeaderValue, Error> {
        let AuthScheme::Bearer { realm, service } = &state.scheme else { unreachable!("the caller knows the scheme") };
        let token = token::fetch(transport, &self.host, (realm, service.as_deref()), &self.scopes(group)).await?;
        state.grant(group).token = Some(token.clone());
        Ok(token)
    }
}

impl State {
    fn grant(&mut self, group: usize) -> &mut Grant {
        if self.grants.len() <= group {
            self.grants.resize(group + 1, Grant::default());
        }
        &mut self.grants[group]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(from: usize, count: usize) -> Vec<(String, Access)> {
        (from..from + count).map(|number| (format!("a/{number}"), Access::Pull)).collect()
    }

    #[test]
    fn one_token_for_what_is_used_together() {
        let mut session = Session::new(Host::new("r.io", false, None));
        session.declare(&[("a/target".into(), Access::Push), ("a/source".into(), Access::Pull)]);
        session.declare(&[("a/target".into(), Access::Pull)]);
        assert_eq!(session.scopes(0), ["repository:a/source:pull", "repository:a/target:pull,push"]);
        assert_eq!(session.groups.len(), 1);
    }

    #[test]
    fn tokens_stay_small() {
        let mut session = Session::new(Host::new("r.io", false, None));
        (0..60).for_each(|number| session.declare(&uses(number, 1)));
        let sizes: Vec<usize> = session.groups.iter().map(BTreeMap::len).collect();
        assert_eq!(sizes, [25, 25, 10]);
        assert_eq!((session.group("a/0"), session.group("a/30"), session.group("a/59")), (0, 1, 2));
        session.declare(&[("a/0".into(), Access::Push)]);
        assert_eq!(session.group("a/0"), 2, "a repository's token is the one that can write to it");
    }
}
