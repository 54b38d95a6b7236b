//! Being known to a registry: one handshake for all requests, and one renewal when a token has expired.
//!
//! Nothing is sent before the registry has asked for it. Where there are credentials the first request goes alone, so
//! that the registry asks once; where there are none it is likely open, and all requests go at once. A password that no
//! service has accepted yet goes with a few requests only, since wrong ones may lock a user out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, MutexGuard, Semaphore, SemaphorePermit};

use super::challenge::{self, Challenge};
use super::client::{Call, Client};
use super::credentials::{Credentials, Secret};
use super::error::Error;
use super::host::Host;
use super::token;
use super::wire::{Answer, HeaderValue, Url, header};

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

/// How many requests try a password out: as many as one image of two architectures begins with.
const TRIALS: usize = 3;

/// Who we are to one registry.
pub(super) struct Auth {
    pub(super) credentials: Option<Credentials>,
    /// What each token is to allow.
    groups: Vec<BTreeMap<String, Access>>,
    /// Held by the first request while it is alone.
    first: Mutex<()>,
    /// Whether it is known how the registry wants to be logged in to, if at all.
    is_known: AtomicBool,
    /// Whether the registry has accepted who we are.
    is_accepted: AtomicBool,
    trials: Semaphore,
    state: Mutex<State>,
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            credentials: None,
            groups: Vec::new(),
            first: Mutex::default(),
            is_known: AtomicBool::default(),
            is_accepted: AtomicBool::default(),
            trials: Semaphore::new(TRIALS),
            state: Mutex::default(),
        }
    }
}

#[derive(Default)]
struct State {
    way: Way,
    tokens: Vec<Option<HeaderValue>>,
    /// Counts handshakes, so that a request knows whether another one has made one meanwhile.
    generation: u64,
    failed: Option<Error>,
}

/// How the registry wants to be logged in to.
#[derive(Default)]
enum Way {
    #[default]
    None,
    Basic(HeaderValue),
    Bearer {
        realm: Url,
        service: Option<String>,
    },
}

/// What a request is sent with.
pub(super) struct Pass<'a> {
    pub(super) header: Option<HeaderValue>,
    generation: u64,
    group: usize,
    _alone: Option<MutexGuard<'a, ()>>,
    _trial: Option<SemaphorePermit<'a>>,
}

impl Auth {
    pub(super) fn new(credentials: Option<Credentials>) -> Self {
        Self { credentials, ..Self::default() }
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
}

impl Client {
    /// What a request is sent with; waits while another one finds out.
    pub(super) async fn pass<'h>(&self, host: &'h Host, path: &str) -> Result<Pass<'h>, Error> {
        let auth = &host.auth;
        let mut alone = None;
        if auth.credentials.is_some() && !auth.is_known.load(Ordering::Relaxed) {
            let guard = auth.first.lock().await;
            alone = (!auth.is_known.load(Ordering::Relaxed)).then_some(guard);
        }
        let group = auth.group(path);
        let mut state = auth.state.lock().await;
        let mut trial = None;
        if matches!(state.way, Way::Basic(_)) && !auth.is_accepted.load(Ordering::Relaxed) {
            drop(state);
            let permit = auth.trials.acquire().await.expect("it is never closed");
            trial = (!auth.is_accepted.load(Ordering::Relaxed)).then_some(permit);
            state = auth.state.lock().await;
        }
        if let Some(error) = &state.failed {
            return Err(error.clone());
        }
        let header = match &state.way {
            Way::None => None,
            Way::Basic(header) => Some(header.clone()),
            Way::Bearer { .. } => match state.tokens.get(group).cloned().flatten() {
                Some(token) => Some(token),
                None => Some(self.token(host, &mut state, group).await?),
            },
        };
        Ok(Pass { header, generation: state.generation, group, _alone: alone, _trial: trial })
    }

    /// The registry has answered, and not with a challenge: the others need not wait.
    pub(super) fn admitted(&self, host: &Host, pass: &Pass<'_>) {
        host.auth.is_known.store(true, Ordering::Relaxed);
        if pass.header.is_some() {
            host.auth.is_accepted.store(true, Ordering::Relaxed);
        }
    }

    /// After 401: does what the challenge asks for, unless another request has done so meanwhile. `again` says that this
    /// request was renewed before.
    pub(super) async fn renew(
        &self,
        host: &Host,
        call: &Call<'_>,
        pass: &Pass<'_>,
        (answer, again): (&Answer, bool),
    ) -> Result<(), Error> {
        let auth = &host.auth;
        let mut state = auth.state.lock().await;
        if let Some(error) = &state.failed {
            return Err(error.clone());
        }
        if state.generation != pass.generation {
            return Ok(());
        }
        let values = answer.headers.get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let done = match (challenge::parse(values), &auth.credentials) {
            (Some(Challenge::Bearer { error: Some(error), .. }), _)
                if pass.header.is_some() && error == "insufficient_scope" =>
            {
                return Err(host.not_allowed(call, answer));
            }
            (Some(Challenge::Bearer { .. }), _) if pass.header.is_some() && again => {
                return Err(host.not_allowed(call, answer));
            }
            (Some(Challenge::Bearer { realm, service, .. }), _) => {
                let realm = token::follow(&realm, &host.name, answer.url.scheme())?;
                state.way = Way::Bearer { realm, service };
                self.token(host, &mut state, pass.group).await.map(|_| ())
            }
            (Some(Challenge::Basic), Some(credentials)) => match (&credentials.secret, pass.header.is_some()) {
                (Secret::Password(username, password), false) => {
                    state.way = Way::Basic(token::basic(username, password));
                    Ok(())
                }
                // The password is right, and this is not for its owner.
                (_, true) if auth.is_accepted.load(Ordering::Relaxed) => return Err(host.not_allowed(call, answer)),
                _ => Err(host.wrong_password(credentials, answer)),
            },
            (Some(Challenge::Basic), None) => Err(host.not_allowed(call, answer)),
            (None, _) => return Err(host.not_allowed(call, answer)),
        };
        match done {
            Ok(()) => state.generation += 1,
            Err(error) => {
                state.failed = Some(error.clone());
                return Err(error);
            }
        }
        auth.is_known.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Gets a token for a group.
    async fn token(&self, host: &Host, state: &mut State, group: usize) -> Result<HeaderValue, Error> {
        let Way::Bearer { realm, service } = &state.way else { unreachable!("the caller knows the way") };
        let scopes = host.auth.scopes(group);
        let token = self.fetch_token(host, (realm, service.as_deref()), &scopes).await?;
        let count = host.auth.groups.len().max(1);
        state.tokens.resize(count, None);
        state.tokens[group] = Some(token.clone());
        Ok(token)
    }
}

impl Host {
    /// The error for an answer that says no.
    pub(super) fn not_allowed(&self, call: &Call<'_>, answer: &Answer) -> Error {
        let (registry, what) = (self.name.clone(), call.what.to_owned());
        let detail = self.detail(answer);
        match &self.auth.credentials {
            None => Error::LoginNeeded { registry, what, detail },
            Some(credentials) => {
                Error::Denied { registry, what, source_name: credentials.source.clone(), status: answer.status, detail }
            }
        }
    }

    /// The error for a password that is not accepted.
    pub(super) fn wrong_password(&self, credentials: &Credentials, answer: &Answer) -> Error {
        Error::WrongPassword {
            registry: self.name.clone(),
            source_name: credentials.source.clone(),
            status: answer.status,
            detail: self.detail(answer),
        }
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
        let mut auth = Auth::default();
        auth.declare(&[("a/target".into(), Access::Push), ("a/source".into(), Access::Pull)]);
        auth.declare(&[("a/target".into(), Access::Pull)]);
        assert_eq!(auth.scopes(0), ["repository:a/source:pull", "repository:a/target:pull,push"]);
        assert_eq!(auth.groups.len(), 1);
    }

    #[test]
    fn tokens_stay_small() {
        let mut auth = Auth::default();
        (0..60).for_each(|number| auth.declare(&uses(number, 1)));
        let sizes: Vec<usize> = auth.groups.iter().map(BTreeMap::len).collect();
        assert_eq!(sizes, [25, 25, 10]);
        assert_eq!((auth.group("a/0"), auth.group("a/30"), auth.group("a/59")), (0, 1, 2));
        auth.declare(&[("a/0".into(), Access::Push)]);
        assert_eq!(auth.group("a/0"), 2, "a repository's token is the one that can write to it");
    }
}
