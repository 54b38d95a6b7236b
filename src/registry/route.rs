//! The way of a request: to the registry, and on to where its answers send us; who is told there who we are, and whose
//! answers count.
//!
//! There is one rule for every kind of request. Who we are is told to the registry alone, at its own address. Only what
//! is answered there may ask for a login: another host that wants one ends the request.

use super::attempt::AttemptError;
use super::error::Error;
use super::host::Host;
use super::http::{HeaderValue, Response, Url};
use super::redirect::{self, Reach};
use super::retry::is_temporary;

/// Where a registry tells the digest of a manifest.
pub(super) const DIGEST: &str = "docker-content-digest";

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
    pub(super) authorization: Option<&'a HeaderValue>,
}

impl Route<'_> {
    /// Makes the request by `hop`, at `url` and wherever that leads to.
    ///
    /// # Returns
    /// The last answer: one of the registry, or one of another host that does what was asked, lacks it, or may do it later.
    pub(super) async fn walk(
        &self,
        mut url: Url,
        mut hop: impl AsyncFnMut(Url, Option<HeaderValue>) -> Result<Response, AttemptError>,
    ) -> Result<Response, AttemptError> {
        let mut digest = None;
        for _ in 0..=redirect::MOST {
            let authorization = self.authorization.filter(|_| self.host.is_home(&url)).cloned();
            let mut response = hop(url, authorization).await?;
            // What the registry says of the digest outweighs what is said elsewhere.
            digest = digest.or_else(|| response.headers.get(DIGEST).cloned());
            let Some(to) = response.header("location").filter(|_| (300..400).contains(&response.status)) else {
                if let Some(digest) = digest {
                    response.headers.insert(DIGEST, digest);
                }
                return self.own(response);
            };
            url = redirect::follow(&response.url, to, self.reach).map_err(|(to, why)| {
                let (registry, what) = (self.host.name.clone(), self.what.to_owned());
                Error::Redirect { registry, what, to, why }
            })?;
        }
        let why = format!("it redirects more than {} times", redirect::MOST);
        Err(Error::Protocol { registry: self.host.name.clone(), what: self.what.to_owned(), why }.into())
    }

    /// Another host's refusal is not the registry's, and what it asks for it does not get.
    fn own(&self, response: Response) -> Result<Response, AttemptError> {
        let status = response.status;
        if self.host.is_home(&response.url) || matches!(status, 200..=299 | 404) || is_temporary(status) {
            return Ok(response);
        }
        let (registry, what, to) = (self.host.name.clone(), self.what.to_owned(), self.host.name_of(&response.url));
        Err(Error::Elsewhere { registry, what, to, status }.into())
    }
}
