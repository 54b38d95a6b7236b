//! A blob that is brought into a repository: left alone if it is there, mounted within one registry, else carried over.

use std::io::Read;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http_body::{Body as HttpBody, Frame, SizeHint};

use super::transfer::BlobTransfer;
use crate::oci::Descriptor;
use crate::reference::Repository;
use crate::registry::attempt::AttemptError;
use crate::registry::call::{Call, Payload, Target};
use crate::registry::client::Client;
use crate::registry::error::{Error, optional};
use crate::registry::http::{Body, HeaderValue, Method, Response, Url, header, innermost};
use crate::registry::retry::{Deadline, RetryBudget, TimeoutPolicy};
use crate::transfer::{Check, Progress, Watch, Wrong};

/// How much of a file is sent at a time, in bytes.
const PIECE: usize = 64 << 10;

/// Where the content of a blob comes from.
pub enum Source<'a> {
    /// Another repository.
    Repository(&'a Repository),
    /// Something to be read, which is opened for each attempt.
    Reader(&'a dyn Fn() -> Result<Box<dyn Read + Send + Sync>, String>),
}

impl Client {
    /// Sees to it that `to` has a blob: left alone if it is there, mounted within one registry, else carried over.
    pub async fn ensure_blob(&self, from: Source<'_>, to: &Repository, blob: &Descriptor) -> Result<(), Error> {
        let what = match &from {
            Source::Repository(from) if from.registry == to.registry => {
                return self.mount(from, to, blob).await;
            }
            Source::Repository(from) => format!("take {} over from {from} to {to}", blob.digest.short()),
            Source::Reader(_) => format!("write {} to {}", blob.digest.short(), to.path),
        };
        self.carry_over(from, BlobTransfer { repository: to, blob, what: &what }).await
    }

    /// Sees to it that `to` has a blob of `from`, another repository of the same registry: mounted if the registry does
    /// that, else carried over
    /// ([distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#mounting-a-blob-from-another-repository)).
    async fn mount(&self, from: &Repository, to: &Repository, blob: &Descriptor) -> Result<(), Error> {
        let what = format!("take {} over from {} to {}", blob.digest.short(), from.path, to.path);
        let query = format!("blobs/uploads/?mount={}&from={}", blob.digest, from.path);
        let mounted = optional(self.exchange(&Call::new(Method::POST, to, query, &what)).await)?;
        if mounted.is_some_and(|answer| answer.status == 201) {
            return Ok(());
        }
        // A session that the answer opened is left to the registry's clean-up.
        self.carry_over(Source::Repository(from), BlobTransfer { repository: to, blob, what: &what }).await
    }

    /// Carries a blob over, unless it is there.
    async fn carry_over(&self, from: Source<'_>, transfer: BlobTransfer<'_>) -> Result<(), Error> {
        let BlobTransfer { repository: to, blob, what } = transfer;
        if self.has(transfer).await? {
            return Ok(());
        }
        let _turn = self.turn().await;
        let host = self.host(&to.registry);
        (self.transfers)(&Progress::Begun { digest: &blob.digest, size: blob.size });
        let done = self
            .transport
            .retry(host, (what, TimeoutPolicy::Transfer), async |budget: &RetryBudget| {
                self.carry(&from, transfer, budget).await
            })
            .await;
        if done.is_ok() {
            (self.transfers)(&Progress::Ended { digest: &blob.digest });
        }
        done
    }

    /// Whether the blob is there, as far as it is to be known. What has another length is something else, such as a page
    /// for people; no length, or none to speak of, says nothing.
    async fn has(&self, BlobTransfer { repository, blob, what }: BlobTransfer<'_>) -> Result<bool, Error> {
        let look = self.exchange(&Call::new(Method::HEAD, repository, format!("blobs/{}", blob.digest), what)).await;
        let is_other = |head: &Response| {
            let length = head.header("content-length").and_then(|length| length.parse().ok());
            length.is_some_and(|length: u64| length != 0 && length != blob.size)
        };
        Ok(optional(look)?.is_some_and(|head| head.status == 200 && !is_other(&head)))
    }

    /// One attempt to carry a blob over, in an upload of its own.
    async fn carry(
        &self,
        from: &Source<'_>,
        transfer: BlobTransfer<'_>,
        budget: &RetryBudget,
    ) -> Result<(), AttemptError> {
        let BlobTransfer { repository: to, blob, what } = transfer;
        let (host, deadline) = (self.host(&to.registry), budget.deadline());
        // Of the attempt before perhaps only the answer was lost.
        if budget.attempts() > 1 && deadline.uncounted(self.has(transfer)).await? {
            return Ok(());
        }
        let begin = Call::new(Method::POST, to, "blobs/uploads/".into(), what);
        let session = deadline.uncounted(self.exchange(&begin)).await?;
        if session.status == 404 {
            return Err(host.no_repository(&to.path, &session).into());
        }
        let mut url = upload_url(to, &session, what)?;
        url.query_pairs_mut().append_pair("digest", blob.digest.as_str());
        let content = match from {
            Source::Repository(repository) => {
                self.open_at(BlobTransfer { repository, ..transfer }, budget, 0).await?.into_body()
            }
            Source::Reader(open) => Body::wrap(Pieces(open().map_err(Error::Output)?)),
        };
        let fault = Arc::new(OnceLock::new());
        let checked = Checked {
            inner: content,
            check: Check::new(&blob.digest, blob.size),
            blob: blob.clone(),
            transfers: self.transfers.clone(),
            deadline: deadline.clone(),
            begun: Instant::now(),
            fault: fault.clone(),
        };
        let mut put = Call::new(Method::PUT, to, String::new(), what);
        put.target = Target::Url(url);
        put.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        put.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(blob.size));
        put.payload = Payload::stream(Body::wrap(checked));
        let response = self.attempt(&put, budget).await;
        if response.is_err() {
            (self.transfers)(&Progress::Broken { digest: &blob.digest });
        }
        match (fault.get(), from) {
            (Some(Fault::Wrong(wrong)), Source::Repository(repository)) => {
                return Err(BlobTransfer { repository, ..transfer }.wrong(wrong).into());
            }
            // What is read again is the same.
            (Some(Fault::Wrong(wrong)), Source::Reader(_)) => {
                return Err(AttemptError::Permanent(transfer.wrong(wrong)));
            }
            // The one that was to take it is not the one that broke off.
            (Some(Fault::Broken(cause)), Source::Repository(repository)) => {
                let (registry, what, cause) = (repository.registry.clone(), what.to_owned(), cause.clone());
                let error = Error::Unreachable { registry, what, cause, attempts: 1 };
                return Err(AttemptError::Temporary { error, wait: None });
            }
            (Some(Fault::Broken(_)), Source::Reader(_)) | (None, _) => {}
        }
        match response? {
            response if response.status == 404 => Err(host.refused(what, &response).into()),
            _ => Ok(()),
        }
    }
}

/// Where an upload goes on: in the registry, whatever the response says of the scheme behind a proxy.
fn upload_url(to: &Repository, response: &Response, what: &str) -> Result<Url, Error> {
    let (registry, what) = (to.registry.clone(), what.to_owned());
    let Some(location) = response.header("location") else {
        let why = "it gives no Location for the upload".into();
        return Err(Error::Protocol { registry, what, why });
    };
    let url = response.url.join(location);
    match url {
        Ok(mut url) if url.host_str() == response.url.host_str() => {
            if url.scheme() != response.url.scheme() {
                // Neither call fails for an address with a host and one of these two schemes.
                let _ = url.set_scheme(response.url.scheme());
                let _ = url.set_port(response.url.port());
            }
            if url.origin() == response.url.origin() {
                return Ok(url);
            }
            Err(Error::Redirect { registry, what, to: url.authority().to_owned(), why: ": it is another port" })
        }
        Ok(url) => {
            let to = crate::oci::shown(url.host_str().unwrap_or_default());
            Err(Error::Redirect { registry, what, to, why: ": uploads must stay in the registry" })
        }
        Err(_) => Err(Error::Protocol { registry, what, why: "its Location is malformed".into() }),
    }
}
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body that ends in an error unless it has the digest and the length that it should have.
struct Checked {
    inner: Body,
    check: Check,
    blob: Descriptor,
    transfers: Watch,
    deadline: Deadline,
    begun: Instant,
    fault: Arc<OnceLock<Fault>>,
}

/// What was wrong with what was to be sent.
enum Fault {
    /// It is something else.
    Wrong(Wrong),
    /// It broke off, for this cause.
    Broken(String),
}

impl HttpBody for Checked {
    type Data = <Body as HttpBody>::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = ready!(Pin::new(&mut self.inner).poll_frame(context));
        Poll::Ready(match polled {
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(&[][..], |bytes| bytes);
                if let Err(wrong) = self.check.take(bytes) {
                    let error = format!("the blob does not match its digest: {wrong}");
                    // Nothing comes after the first fault.
                    let _ = self.fault.set(Fault::Wrong(wrong));
                    return Poll::Ready(Some(Err(error.into())));
                }
                let bytes = bytes.len() as u64;
                self.deadline.moved(bytes);
                if self.check.left() == 0 {
                    self.deadline.handed_over(self.blob.size, self.begun.elapsed());
                }
                (self.transfers)(&Progress::Moved { digest: &self.blob.digest, bytes });
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                let _ = self.fault.set(Fault::Broken(innermost(&error)));
                Some(Err(error.into()))
            }
            None => self.check.finish().err().map(|wrong| {
                let error = format!("the blob is truncated: {wrong}");
                let _ = self.fault.set(Fault::Wrong(wrong));
                Err(error.into())
            }),
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.check.left())
    }
}

/// What a reader gives, in pieces.
struct Pieces(Box<dyn Read + Send + Sync>);

impl HttpBody for Pieces {
    type Data = <Body as HttpBody>::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut piece = vec![0; PIECE];
        Poll::Ready(match self.0.read(&mut piece) {
            Ok(0) => None,
            Ok(length) => {
                piece.truncate(length);
                Some(Ok(Frame::data(piece.into())))
            }
            Err(error) => Some(Err(error.into())),
        })
    }
}
