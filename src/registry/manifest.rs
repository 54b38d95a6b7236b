//! Manifests and indexes of a registry: read, looked for, written; every byte checked against its digest.

use super::client::{Call, Client};
use super::error::{Error, optional};
use super::redirect::Reach;
use super::route::DIGEST;
use super::wire::{Answer, HeaderMap, HeaderValue, Method, header};
use crate::digest::Digest;
use crate::oci::{self, LONGEST_MANIFEST, MANIFESTS, Raw};
use crate::reference::{Reference, Repository};

impl Client {
    /// The manifest that `reference` leads to, if there is one. `what` is what is said of it in errors: `read acme/app:v1`.
    pub async fn manifest(&self, reference: &Reference) -> Result<Option<Raw>, Error> {
        let what = format!("read {reference}");
        let repository = repository_of(reference);
        let call = call(Method::GET, (&repository, reference.pointer()), &what);
        let take = |answer: Answer| {
            if answer.status == 404 {
                return Ok(None);
            }
            let told = self.told_digest(&answer, &repository, &what)?;
            // What was asked for by digest has that digest; what the registry says of a tag is checked, and is no must.
            let expected = reference.digest().cloned().or(told);
            let digest = match &expected {
                Some(expected) => {
                    let mut hasher = expected.hasher();
                    hasher.update(&answer.body);
                    let found = hasher.finish();
                    if found != *expected {
                        return Err(Error::wrong_digest(&repository.registry, &what, expected, &found));
                    }
                    found
                }
                None => Digest::of(&answer.body),
            };
            let kind = answer.header("content-type").unwrap_or_default();
            let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            let is_vague = kind.is_empty() || kind == "application/json";
            let media_type = if is_vague { oci::own_type(&answer.body) } else { kind };
            Ok(Some(Raw { bytes: answer.body, digest, media_type }))
        };
        self.exchange_for(&call, take).await
    }

    /// The digest that a tag has now, as the registry tells it; a registry that tells none is asked for the content.
    pub async fn tag_digest(&self, reference: &Reference) -> Result<Option<Digest>, Error> {
        let what = format!("look at {reference}");
        let repository = repository_of(reference);
        let answer = self.exchange(&call(Method::HEAD, (&repository, reference.pointer()), &what)).await;
        let told = match optional(answer)? {
            Some(answer) if answer.status == 404 => return Ok(None),
            Some(answer) => self.told_digest(&answer, &repository, &what)?,
            None => None,
        };
        match told {
            Some(digest) => Ok(Some(digest)),
            None => Ok(self.manifest(reference).await?.map(|raw| raw.digest)),
        }
    }

    /// The digest that a reference leads to, as far as it is to be known: who may not look takes it for nothing. What is
    /// written there then tells.
    pub async fn look(&self, reference: &Reference) -> Result<Option<Digest>, Error> {
        Ok(optional(self.tag_digest(reference).await)?.flatten())
    }

    /// Writes a manifest under the tag of `reference`, else under its digest, and sees to it that the registry has what
    /// was sent.
    pub async fn put_manifest(&self, reference: &Reference, raw: &Raw) -> Result<(), Error> {
        let what = format!("publish {reference}");
        let repository = repository_of(reference);
        if reference.digest().is_none() && !raw.digest.is_common() {
            // Under a tag it would get a digest that is not its own: not every registry keeps that one, too.
            Box::pin(self.put_manifest(&reference.at(raw.digest.clone()), raw)).await?;
        }
        let mut call = call(Method::PUT, (&repository, reference.pointer()), &what);
        call.headers.remove(header::ACCEPT);
        let kind = HeaderValue::from_str(&raw.media_type);
        call.headers.insert(header::CONTENT_TYPE, kind.expect("the media types that are written are plain"));
        call.body = Some(raw.bytes.clone());
        let answer = self.exchange(&call).await?;
        if answer.status == 404 {
            let error = self.refused(&repository, &what, &answer);
            let is_nameless = answer.says("NAME_UNKNOWN");
            return Err(if is_nameless { self.no_repository(&repository, &answer) } else { error });
        }
        let found = match self.told_digest(&answer, &repository, &what)? {
            Some(digest) => Some(Some(digest)),
            None => optional(self.tag_digest(reference).await)?,
        };
        match found {
            // It may be told by another algorithm than the one it is known by.
            Some(Some(found)) if !found.matches(&raw.bytes) => {
                Err(Error::wrong_digest(&repository.registry, &what, &raw.digest, &found))
            }
            Some(None) => {
                let why = "it accepts the manifest and does not have it".into();
                Err(Error::Protocol { registry: repository.registry, what, why })
            }
            // Who may not look has its word.
            Some(Some(_)) | None => self.enter(&repository, raw, &answer).await,
        }
    }

    /// The error for a place that is written to and is not there.
    pub(super) fn no_repository(&self, repository: &Repository, answer: &Answer) -> Error {
        let detail = self.host(&repository.registry).detail(answer);
        let (registry, path) = (repository.registry.clone(), repository.path.clone());
        Error::NoRepository { registry, path, status: answer.status, detail }
    }

    /// The error for something that is not there and must be.
    pub(super) fn refused(&self, repository: &Repository, what: &str, answer: &Answer) -> Error {
        let host = self.host(&repository.registry);
        let (registry, what) = (repository.registry.clone(), what.to_owned());
        Error::Refused { registry, what, status: answer.status, detail: host.detail(answer) }
    }

    fn told_digest(&self, answer: &Answer, repository: &Repository, what: &str) -> Result<Option<Digest>, Error> {
        let Some(told) = answer.header(DIGEST).filter(|told| !told.is_empty()) else { return Ok(None) };
        told.parse().map(Some).map_err(|e| Error::Protocol {
            registry: repository.registry.clone(),
            what: what.to_owned(),
            why: format!("{e}"),
        })
    }
}

fn repository_of(reference: &Reference) -> Repository {
    reference.repository().expect("a registry is asked for what is in one")
}

/// The request for a manifest, whatever its kind.
fn call<'a>(method: Method, (repository, pointer): (&'a Repository, &str), what: &'a str) -> Call<'a> {
    let mut headers = HeaderMap::new();
    let accept = HeaderValue::from_str(&MANIFESTS.join(", ")).expect("media types are plain");
    headers.insert(header::ACCEPT, accept);
    Call {
        repository,
        path: format!("manifests/{pointer}"),
        what,
        headers,
        body: None,
        limit: if method == Method::GET { Some(LONGEST_MANIFEST) } else { None },
        // What is looked for before or after a write is looked for where it is written.
        reach: match method {
            Method::GET => Reach::Anywhere,
            Method::HEAD => Reach::Registry,
            _ => Reach::Write,
        },
        method,
    }
}
