//! Manifests and indexes of a registry: read, looked for, written; every byte checked against its digest.

use std::cell::Cell;

use super::attempt::AttemptError;
use super::call::{Call, Payload};
use super::client::Client;
use super::error::{Error, optional};
use super::http::{BodyUse, HeaderValue, Method, Response, header};
use super::judge::has_code;
use super::redirect::Reach;
use super::retry::{RetryBudget, TimeoutPolicy};
use super::route::DIGEST;
use crate::digest::{Digest, DigestError};
use crate::oci::{self, LONGEST_MANIFEST, MANIFESTS, Raw};
use crate::reference::{Reference, Repository};

/// Why a manifest could not be written.
#[derive(Debug)]
pub struct PutError<E = Error> {
    pub error: E,
    /// Whether the registry may have it yet: it was asked, and nobody waited for its answer to the end.
    pub may_come_late: bool,
}

impl From<Error> for PutError {
    fn from(error: Error) -> Self {
        Self { error, may_come_late: false }
    }
}

impl Client {
    /// The manifest that `reference` leads to, if there is one. `what` is what is said of it in errors: `read acme/app:v1`.
    pub async fn manifest(&self, reference: &Reference) -> Result<Option<Raw>, Error> {
        let what = format!("read {reference}");
        let repository = repository_of(reference);
        let call = call(Method::GET, (&repository, reference.pointer()), &what);
        let take = |response: Response| {
            if response.status == 404 {
                return Ok(None);
            }
            let named = named_digest(&response, &repository, &what)?;
            // What was asked for by digest has that digest; what the registry says of a tag is checked, and is no must.
            let expected = reference.digest().cloned().or(named);
            let digest = match &expected {
                Some(expected) => {
                    let mut hasher = expected.hasher();
                    hasher.update(&response.body);
                    let found = hasher.finish();
                    if found != *expected {
                        return Err(Error::wrong_digest(&repository.registry, &what, expected, &found));
                    }
                    found
                }
                None => Digest::of(&response.body),
            };
            let kind = response.header("content-type").unwrap_or_default();
            let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            let is_vague = kind.is_empty() || kind == "application/json";
            let media_type = if is_vague { oci::own_type(&response.body) } else { kind };
            Ok(Some(Raw { bytes: response.body, digest, media_type }))
        };
        self.exchange_for(&call, take).await
    }

    /// The digest that a tag has now, as the registry tells it; a registry that tells none is asked for the content.
    pub async fn tag_digest(&self, reference: &Reference) -> Result<Option<Digest>, Error> {
        let what = format!("look at {reference}");
        let repository = repository_of(reference);
        let response = self.exchange(&call(Method::HEAD, (&repository, reference.pointer()), &what)).await;
        let named = match optional(response)? {
            Some(response) if response.status == 404 => return Ok(None),
            Some(response) => named_digest(&response, &repository, &what)?,
            None => None,
        };
        match named {
            // What is asked for by its digest has no other one.
            Some(digest) if !reference.digest().is_some_and(|asked| asked.contradicts(&digest)) => Ok(Some(digest)),
            _ => Ok(self.manifest(reference).await?.map(|raw| raw.digest)),
        }
    }

    /// The digest that a reference leads to, as far as it is to be known: who may not look takes it for nothing. What is
    /// written there then tells.
    pub async fn look(&self, reference: &Reference) -> Result<Option<Digest>, Error> {
        Ok(optional(self.tag_digest(reference).await)?.flatten())
    }

    /// Writes a manifest under the tag of `reference`, else under its digest, and sees to it that the registry has what
    /// was sent.
    pub async fn put_manifest(&self, reference: &Reference, raw: &Raw) -> Result<(), PutError> {
        let what = format!("publish {reference}");
        let repository = repository_of(reference);
        if reference.digest().is_none() && !raw.digest.is_common() {
            // Under a tag it would get a digest that is not its own: not every registry keeps that one, too.
            Box::pin(self.put_manifest(&reference.at(raw.digest.clone()), raw)).await.map_err(|failed| failed.error)?;
        }
        let mut call = call(Method::PUT, (&repository, reference.pointer()), &what);
        call.headers.remove(header::ACCEPT);
        let kind = HeaderValue::from_str(&raw.media_type);
        call.headers.insert(header::CONTENT_TYPE, kind.expect("the media types that are written are plain"));
        call.payload = Payload::Document(raw.bytes.clone());
        let host = self.host(&repository.registry);
        let (is_lost, may_come_late) = (Cell::new(false), Cell::new(false));
        let attempt = async |budget: &RetryBudget| {
            // Of the attempt before perhaps only the answer was lost.
            if is_lost.take() && self.is_there(reference, raw, budget).await {
                return Ok(None);
            }
            let answer = self.attempt(&call, budget).await;
            is_lost.set(answer.as_ref().is_err_and(AttemptError::is_unanswered));
            may_come_late.set(may_come_late.get() || answer.as_ref().is_err_and(AttemptError::may_come_late));
            answer.map(Some)
        };
        let answer = self.transport.retry(host, (&what, TimeoutPolicy::Request), attempt).await;
        let answer = answer.map_err(|error| PutError { error, may_come_late: may_come_late.get() })?;
        let Some(response) = answer else { return Ok(()) };
        if response.status == 404 {
            let is_nameless = has_code(&response, "NAME_UNKNOWN");
            let error = if is_nameless {
                host.no_repository(&repository.path, &response)
            } else {
                host.refused(&what, &response)
            };
            return Err(error.into());
        }
        let found = match named_digest(&response, &repository, &what)? {
            Some(digest) => Some(Some(digest)),
            None => optional(self.tag_digest(reference).await)?,
        };
        match found {
            // It may be told by another algorithm than the one it is known by.
            Some(Some(found)) if !found.matches(&raw.bytes) => {
                Err(Error::wrong_digest(&repository.registry, &what, &raw.digest, &found).into())
            }
            Some(None) => {
                let why = "it accepted the manifest, but does not have it".into();
                Err(Error::Protocol { registry: repository.registry, what, why }.into())
            }
            // Who may not look has its word.
            Some(Some(_)) | None => Ok(self.enter(&repository, raw, &response).await?),
        }
    }

    /// Whether a reference is seen to lead to a manifest. Of what is about another one it matters what the answer said.
    async fn is_there(&self, reference: &Reference, raw: &Raw, budget: &RetryBudget) -> bool {
        if oci::subject_of(&raw.bytes).is_some() {
            return false;
        }
        let (what, repository) = (format!("look at {reference}"), repository_of(reference));
        let look = self.attempt(&call(Method::HEAD, (&repository, reference.pointer()), &what), budget).await;
        let named = look.ok().and_then(|head| named_digest(&head, &repository, &what).ok().flatten());
        named.is_some_and(|digest| digest.matches(&raw.bytes))
    }
}

/// The digest that a registry names for a manifest.
fn named_digest(response: &Response, repository: &Repository, what: &str) -> Result<Option<Digest>, Error> {
    let Some(digest) = response.header(DIGEST).filter(|digest| !digest.is_empty()) else { return Ok(None) };
    digest.parse().map(Some).map_err(|error: DigestError| Error::Protocol {
        registry: repository.registry.clone(),
        what: what.to_owned(),
        why: error.to_string(),
    })
}

fn repository_of(reference: &Reference) -> Repository {
    reference.repository().expect("a registry is asked for what is in one")
}

/// The request for a manifest, whatever its kind.
fn call<'a>(method: Method, (repository, pointer): (&'a Repository, &str), what: &'a str) -> Call<'a> {
    let mut call = Call::new(method, repository, format!("manifests/{pointer}"), what);
    let accept = HeaderValue::from_str(&MANIFESTS.join(", ")).expect("media types are plain");
    call.headers.insert(header::ACCEPT, accept);
    match call.method {
        Method::GET => call.body_use = BodyUse::Document(LONGEST_MANIFEST),
        // What is looked for before or after a write is looked for where it is written.
        Method::HEAD => call.reach = Reach::Registry,
        _ => {}
    }
    call
}
