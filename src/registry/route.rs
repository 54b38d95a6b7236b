//! The way of a request: to the registry, and on to where its answers send us; who is told there who we are, and whose
//! answers count.
//!
//! There is one rule for every kind of request. Who we are is told to the registry alone, at its own address. Only what
//! is answered there may ask for a login: another host that wants one ends the request.

use super::client::Trouble;
use super::error::Error;
use super::host::Host;
use super::redirect::{self, Reach};
use super::retry::is_temporary;
use super::wire::{Answer, HeaderMap, HeaderValue, Incoming, Url};

/// Where a registry tells the digest of a manifest.
pub(super) const DIGEST: &str = "docker-content-digest";

/// An answer of which at least the head is there.
pub(super) trait Head {
    fn status(&self) -> u16;
    fn headers(&mut self) -> &mut HeaderMap;
    /// Where the request went.
    fn url(&self) -> &Url;
}

impl Head for Answer {
    fn status(&self) -> u16 {
        self.status
    }

    fn headers(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    fn url(&self) -> &Url {
        &self.url
    }
}

impl Head for Incoming {
    fn status(&self) -> u16 {
        Self::status(self)
    }

    fn headers(&mut self) -> &mut HeaderMap {
        Self::headers(self)
    }

    fn url(&self) -> &Url {
        Self::url(self)
    }
}

/// A request that is on its way.
#[derive(Clone, Copy)]
pub(super) struct Route<'a> {
    /// The registry that it is for.
    pub(super) host: &'a Host,
    /// What is to be done: `read acme/app:v1`.
    pub(super) what: &'a str,
    /// Where an answer may send it.
    pub(super) reach: Reach,
    /// Who we are.
    pub(super) proof: Option<&'a HeaderValue>,
}

impl Route<'_> {
    /// Makes the request by `hop`, at `url` and wherever that leads to.
    ///
    /// # Returns
    /// The last answer: one of the registry, or one of another host that does what was asked, lacks it, or may do it later.
    pub(super) async fn walk<A: Head>(
        &self,
        mut url: Url,
        mut hop: impl AsyncFnMut(Url, Option<HeaderValue>) -> Result<A, Trouble>,
    ) -> Result<A, Trouble> {
        let mut told = None;
        for _ in 0..=redirect::MOST {
            let proof = self.proof.filter(|_| self.host.is_home(&url)).cloned();
            let mut answer = hop(url, proof).await?;
            // What the registry says of the digest outweighs what is said elsewhere.
            told = told.or_else(|| answer.headers().get(DIGEST).cloned());
            let location = answer.headers().get("location").and_then(|to| to.to_str().ok()).map(str::to_owned);
            let Some(to) = location.filter(|_| (300..400).contains(&answer.status())) else {
                if let Some(told) = told {
                    answer.headers().insert(DIGEST, told);
                }
                return self.judged(answer);
            };
            url = redirect::follow(answer.url(), &to, self.reach).map_err(|(to, why)| {
                let (registry, what) = (self.host.name.clone(), self.what.to_owned());
                Error::Redirect { registry, what, to, why }
            })?;
        }
        let why = format!("it sends us elsewhere more than {} times", redirect::MOST);
        Err(Error::Protocol { registry: self.host.name.clone(), what: self.what.to_owned(), why }.into())
    }

    /// Another host's refusal is not the registry's, and what it asks for it does not get.
    fn judged<A: Head>(&self, answer: A) -> Result<A, Trouble> {
        let status = answer.status();
        if self.host.is_home(answer.url()) || matches!(status, 200..=299 | 404) || is_temporary(status) {
            return Ok(answer);
        }
        let (registry, what, to) = (self.host.name.clone(), self.what.to_owned(), self.host.name_of(answer.url()));
        Err(Error::Elsewhere { registry, what, to, status }.into())
    }
}
