//! Blobs of a registry: configurations, which are read whole; layers, which go from one repository to another.

mod stream;

use super::client::{Call, Client, Pace, Trouble};
use super::error::Error;
use super::redirect::Reach;
use super::wire::{Answer, Ask, Body, HeaderMap, HeaderValue, Method, Url, header};
use crate::oci::Descriptor;
use crate::reference::Repository;

/// The longest configuration that is read, in bytes; real ones have some thousands.
const LONGEST: u64 = 8 << 20;

impl Client {
    /// The content of a blob, of which not more is read than its descriptor says.
    pub async fn blob(&self, repository: &Repository, blob: &Descriptor) -> Result<Vec<u8>, Error> {
        let what = format!("read {} of {}", blob.digest, repository.path);
        let registry = || repository.registry.clone();
        if blob.size > LONGEST {
            return Err(Error::TooLarge { registry: registry(), what, limit: LONGEST });
        }
        let mut call = call(Method::GET, repository, format!("blobs/{}", blob.digest), &what);
        call.limit = blob.size;
        let answer = self.exchange(&call).await?;
        if answer.status == 404 {
            return Err(self.refused(repository, &what, &answer));
        }
        if answer.body.len() as u64 != blob.size {
            let (expected, found) = (format!("{} bytes", blob.size), format!("{} bytes", answer.body.len()));
            return Err(Error::WrongBytes { registry: registry(), what, expected, found });
        }
        if !blob.digest.matches(&answer.body) {
            let found = crate::digest::Digest::of(&answer.body);
            return Err(Error::wrong_digest(&repository.registry, &what, &blob.digest, &found));
        }
        Ok(answer.body)
    }

    /// Sees to it that `to` has a blob of `from`, wherever either is: left alone if it is there, mounted within one
    /// registry, else carried over.
    pub async fn bring(&self, from: &Repository, to: &Repository, blob: &Descriptor) -> Result<(), Error> {
        if from.registry == to.registry {
            return self.mount(from, to, blob).await;
        }
        let what = format!("take {} over from {from} to {to}", blob.digest.short());
        self.carry_over(from, to, (blob, &what)).await
    }

    /// Sees to it that `to` has a blob of `from`, another repository of the same registry: mounted if the registry does
    /// that, else carried over
    /// ([distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#mounting-a-blob-from-another-repository)).
    pub async fn mount(&self, from: &Repository, to: &Repository, blob: &Descriptor) -> Result<(), Error> {
        let what = format!("take {} over from {} to {}", blob.digest.short(), from.path, to.path);
        let query = format!("blobs/uploads/?mount={}&from={}", blob.digest, from.path);
        let answer = self.exchange(&call(Method::POST, to, query, &what)).await?;
        match answer.status {
            201 => return Ok(()),
            202 => {}
            404 => return Err(self.refused(to, &what, &answer)),
            status => {
                let why = format!("status {status}, neither mounted nor to be uploaded");
                return Err(Error::Protocol { registry: to.registry.clone(), what, why });
            }
        }
        // The session that the answer opened is left to the registry's clean-up when the blob turns out to be there.
        self.carry_over(from, to, (blob, &what)).await
    }

    /// Carries a blob over, unless it is there.
    async fn carry_over(
        &self,
        from: &Repository,
        to: &Repository,
        (blob, what): (&Descriptor, &str),
    ) -> Result<(), Error> {
        let head = self.exchange(&call(Method::HEAD, to, format!("blobs/{}", blob.digest), what)).await?;
        if head.status == 200 {
            return Ok(());
        }
        let host = self.host(&to.registry);
        self.persist(host, (what, Pace::Transfer), async || self.carry(from, to, (blob, what)).await).await
    }

    /// One attempt to carry a blob over, in an upload of its own.
    async fn carry(
        &self,
        from: &Repository,
        to: &Repository,
        (blob, what): (&Descriptor, &str),
    ) -> Result<(), Trouble> {
        let host = self.host(&to.registry);
        let answer = self.exchange(&call(Method::POST, to, "blobs/uploads/".into(), what)).await?;
        let mut url = self.upload_url(to, &answer, what)?;
        url.query_pairs_mut().append_pair("digest", blob.digest.as_str());
        let source = self.stream(from, blob, what).await?;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(blob.size));
        if let Some(proof) = self.pass(host, &to.path).await?.header {
            headers.insert(header::AUTHORIZATION, proof);
        }
        let body = Some(Body::wrap(stream::Checked::new(source, blob)));
        let answer = self.open_wire(Ask { method: Method::PUT, url, headers, body }, (&host.name, what), 0).await?;
        match answer.status {
            201 | 204 => Ok(()),
            status if super::retry::is_temporary(status) => Err(Trouble::unavailable(&host.name, what, &answer, host)),
            // A token has expired on the way; the next attempt begins with a request that renews it.
            401 => Err(Trouble::Passing { error: self.refused(to, what, &answer), wait: None }),
            _ => Err(Trouble::Final(self.refused(to, what, &answer))),
        }
    }

    /// Where an upload goes on: in the registry, whatever the answer says of the scheme behind a proxy.
    fn upload_url(&self, to: &Repository, answer: &Answer, what: &str) -> Result<Url, Error> {
        let (registry, what) = (to.registry.clone(), what.to_owned());
        let Some(location) = answer.header("location") else {
            let why = "it names no place for the upload (no Location)".into();
            return Err(Error::Protocol { registry, what, why });
        };
        let url = answer.url.join(location);
        match url {
            Ok(mut url) if url.host_str() == answer.url.host_str() => {
                if url.scheme() != answer.url.scheme() {
                    // Neither call fails for an address with a host and one of these two schemes.
                    let _ = url.set_scheme(answer.url.scheme());
                    let _ = url.set_port(answer.url.port());
                }
                if url.origin() == answer.url.origin() {
                    return Ok(url);
                }
                Err(Error::Redirect { registry, what, to: url.authority().to_owned(), why: ", for it is another port" })
            }
            Ok(url) => {
                let to = crate::oci::shown(url.host_str().unwrap_or_default());
                Err(Error::Redirect { registry, what, to, why: ", for uploads stay in the registry" })
            }
            Err(_) => Err(Error::Protocol { registry, what, why: "its Location is malformed".into() }),
        }
    }
}

fn call<'a>(method: Method, repository: &'a Repository, path: String, what: &'a str) -> Call<'a> {
    let reach = if matches!(method, Method::GET | Method::HEAD) { Reach::Anywhere } else { Reach::Write };
    Call { method, repository, path, what, headers: HeaderMap::new(), body: None, limit: 0, reach }
}
