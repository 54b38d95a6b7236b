//! A blob on its way from one repository to another: counted and hashed as it passes, and stopped if it is not what its
//! descriptor says.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body::{Body as HttpBody, Frame, SizeHint};

use super::{Body, Client, Descriptor, Error, HeaderMap, Method, Repository, Trouble};
use crate::digest::Hasher;
use crate::registry::redirect::{self, Reach};
use crate::registry::retry::is_temporary;
use crate::registry::wire::{Ask, header};

impl Client {
    /// Opens a blob for reading; what is read is not checked yet.
    pub(super) async fn stream(&self, from: &Repository, blob: &Descriptor, what: &str) -> Result<Body, Trouble> {
        let host = self.host(&from.registry);
        let proof = self.pass(host, &from.path).await?.header;
        let scheme = host.schemes()[0];
        let mut url = host.url(scheme, &format!("{}/blobs/{}", from.path, blob.digest));
        let home = url.origin();
        for _ in 0..redirect::MOST {
            let mut headers = HeaderMap::new();
            if let Some(proof) = proof.as_ref().filter(|_| url.origin() == home) {
                headers.insert(header::AUTHORIZATION, proof.clone());
            }
            let ask = Ask { method: Method::GET, url: url.clone(), headers, body: None };
            let response = self.wire().open(ask).await.map_err(|broken| broken.into_trouble(&host.name, what))?;
            let status = response.status().as_u16();
            let location = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
            if let Some(to) = location.filter(|_| (300..400).contains(&status)) {
                url = redirect::follow(&url, to, Reach::Anywhere).map_err(|(to, why)| {
                    let (registry, what) = (host.name.clone(), what.to_owned());
                    Error::Redirect { registry, what, to, why }
                })?;
                continue;
            }
            return match status {
                200 => Ok(Body::from(response)),
                // Expired tokens are renewed by the request that the next attempt begins with.
                status if status == 401 || is_temporary(status) => {
                    let error = Error::Unavailable {
                        registry: host.name.clone(),
                        what: what.to_owned(),
                        status,
                        detail: String::new(),
                        attempts: 1,
                    };
                    Err(Trouble::Passing { error, wait: None })
                }
                status => Err(self.broken_off(from, what, &format!("status {status} for a layer")).into()),
            };
        }
        Err(self.broken_off(from, what, "it sends us elsewhere too often").into())
    }

    fn broken_off(&self, from: &Repository, what: &str, why: &str) -> Error {
        Error::Protocol { registry: from.registry.clone(), what: what.to_owned(), why: why.to_owned() }
    }
}

/// A body that ends in an error unless it has the digest and the length that it should have.
pub(super) struct Checked {
    inner: Body,
    hasher: Option<Hasher>,
    expected: Descriptor,
    left: u64,
}

/// Why a blob was not passed on.
#[derive(Debug, thiserror::Error)]
enum Wrong {
    #[error("the blob is longer than its descriptor says")]
    Long,
    #[error("the blob is shorter than its descriptor says")]
    Short,
    #[error("the blob does not have its digest")]
    Digest,
}

impl Checked {
    pub(super) fn new(inner: Body, expected: &Descriptor) -> Self {
        Self { inner, hasher: Some(expected.digest.hasher()), left: expected.size, expected: expected.clone() }
    }

    /// Whether the last piece may be passed on: with it the blob is whole and right.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Wrong> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or(Wrong::Long)?;
        let Some(hasher) = &mut self.hasher else { return Ok(()) };
        hasher.update(bytes);
        if self.left == 0
            && let Some(hasher) = self.hasher.take()
            && hasher.finish() != self.expected.digest
        {
            return Err(Wrong::Digest);
        }
        Ok(())
    }
}

impl HttpBody for Checked {
    type Data = <Body as HttpBody>::Data;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = ready!(Pin::new(&mut self.inner).poll_frame(context));
        Poll::Ready(match polled {
            Some(Ok(frame)) => {
                let checked = frame.data_ref().map_or(Ok(()), |bytes| self.take(bytes));
                Some(checked.map(|()| frame).map_err(Into::into))
            }
            Some(Err(error)) => Some(Err(error.into())),
            None if self.left > 0 => Some(Err(Wrong::Short.into())),
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
