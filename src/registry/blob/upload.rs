//! A blob that is brought into a repository: left alone if it is there, mounted within one registry, else carried over.

use std::io::Read;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http_body::{Body as HttpBody, Frame, SizeHint};

use super::{Answer, Ask, Body, Client, Descriptor, Error, HeaderMap, HeaderValue, Method, Pace, Parcel, Patience};
use super::{Repository, Trouble, Url, call, header};
use crate::registry::error::optional;
use crate::registry::redirect::Reach;
use crate::registry::retry::{Deadline, is_temporary};
use crate::registry::route::Route;
use crate::registry::wire::Content;
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
    pub async fn bring(&self, from: Source<'_>, to: &Repository, blob: &Descriptor) -> Result<(), Error> {
        let what = match &from {
            Source::Repository(from) if from.registry == to.registry => {
                return self.mount(from, to, blob).await;
            }
            Source::Repository(from) => format!("take {} over from {from} to {to}", blob.digest.short()),
            Source::Reader(_) => format!("write {} to {}", blob.digest.short(), to.path),
        };
        self.carry_over(from, Parcel { repository: to, blob, what: &what }).await
    }

    /// Sees to it that `to` has a blob of `from`, another repository of the same registry: mounted if the registry does
    /// that, else carried over
    /// ([distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#mounting-a-blob-from-another-repository)).
    async fn mount(&self, from: &Repository, to: &Repository, blob: &Descriptor) -> Result<(), Error> {
        let what = format!("take {} over from {} to {}", blob.digest.short(), from.path, to.path);
        let query = format!("blobs/uploads/?mount={}&from={}", blob.digest, from.path);
        let mounted = optional(self.exchange(&call(Method::POST, to, query, &what)).await)?;
        if mounted.is_some_and(|answer| answer.status == 201) {
            return Ok(());
        }
        // A session that the answer opened is left to the registry's clean-up.
        self.carry_over(Source::Repository(from), Parcel { repository: to, blob, what: &what }).await
    }

    /// Carries a blob over, unless it is there.
    async fn carry_over(&self, from: Source<'_>, parcel: Parcel<'_>) -> Result<(), Error> {
        let Parcel { repository: to, blob, what } = parcel;
        if self.has(parcel).await? {
            return Ok(());
        }
        let _turn = self.turn().await;
        let host = self.host(&to.registry);
        (self.moves)(&Progress::Begun { digest: &blob.digest, size: blob.size });
        let done = self
            .persist(host, (what, Pace::Transfer), async |patience: &Patience| {
                self.carry(&from, parcel, patience).await
            })
            .await;
        if done.is_ok() {
            (self.moves)(&Progress::Ended { digest: &blob.digest });
        }
        done
    }

    /// Whether the blob is there, as far as it is to be known.
    async fn has(&self, Parcel { repository, blob, what }: Parcel<'_>) -> Result<bool, Error> {
        let look = self.exchange(&call(Method::HEAD, repository, format!("blobs/{}", blob.digest), what)).await;
        Ok(optional(look)?.is_some_and(|head| head.status == 200))
    }

    /// One attempt to carry a blob over, in an upload of its own.
    async fn carry(&self, from: &Source<'_>, parcel: Parcel<'_>, patience: &Patience) -> Result<(), Trouble> {
        let Parcel { repository: to, blob, what } = parcel;
        let (host, deadline) = (self.host(&to.registry), patience.deadline());
        // Of the attempt before perhaps only the answer was lost.
        if patience.attempts() > 1 && deadline.uncounted(self.has(parcel)).await? {
            return Ok(());
        }
        let begin = call(Method::POST, to, "blobs/uploads/".into(), what);
        let answer = deadline.uncounted(self.exchange(&begin)).await?;
        if answer.status == 404 {
            return Err(self.no_repository(to, &answer).into());
        }
        let mut url = self.upload_url(to, &answer, what)?;
        url.query_pairs_mut().append_pair("digest", blob.digest.as_str());
        let content = match from {
            Source::Repository(repository) => {
                self.open_at(Parcel { repository, ..parcel }, patience, 0).await?.into_body()
            }
            Source::Reader(open) => Body::wrap(Pieces(open().map_err(Error::Output)?)),
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(blob.size));
        let pass = deadline.uncounted(self.pass(host, &to.path)).await?;
        let fault = Arc::new(OnceLock::new());
        let checked = Checked {
            inner: content,
            check: Check::new(&blob.digest, blob.size),
            blob: blob.clone(),
            moves: self.moves.clone(),
            deadline: deadline.clone(),
            begun: Instant::now(),
            fault: fault.clone(),
        };
        // It goes one way only, so it is made once.
        let mut body = Some(Content::Pieces(Body::wrap(checked)));
        let route = Route { host, what, reach: Reach::Write, proof: pass.header.as_ref() };
        let hop = async |url, proof: Option<HeaderValue>| {
            headers.extend(proof.map(|proof| (header::AUTHORIZATION, proof)));
            let ask = Ask { method: Method::PUT, url, headers: std::mem::take(&mut headers), body: body.take() };
            deadline.bounded(self.open_wire(ask, (&host.name, what), None)).await?
        };
        let answer = route.walk(url, hop).await;
        if answer.is_err() {
            (self.moves)(&Progress::Broken { digest: &blob.digest });
        }
        match (fault.get(), from) {
            (Some(wrong), Source::Repository(repository)) => {
                return Err(Parcel { repository, ..parcel }.wrong(wrong).into());
            }
            // What is read again is the same.
            (Some(wrong), Source::Reader(_)) => return Err(Trouble::Final(parcel.wrong(wrong))),
            (None, _) => {}
        }
        let answer = answer?;
        match answer.status {
            200..=299 => Ok(()),
            status if is_temporary(status) => Err(Trouble::unavailable(&host.name, what, &answer, host)),
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

type Trifle = Box<dyn std::error::Error + Send + Sync>;

/// A body that ends in an error unless it has the digest and the length that it should have.
struct Checked {
    inner: Body,
    check: Check,
    blob: Descriptor,
    moves: Watch,
    deadline: Deadline,
    begun: Instant,
    /// What is wrong with it.
    fault: Arc<OnceLock<Wrong>>,
}

impl HttpBody for Checked {
    type Data = <Body as HttpBody>::Data;
    type Error = Trifle;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = ready!(Pin::new(&mut self.inner).poll_frame(context));
        Poll::Ready(match polled {
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(&[][..], |bytes| bytes);
                if let Err(wrong) = self.check.take(bytes) {
                    let error = format!("the blob is not what it should be: {wrong}");
                    // Nothing comes after the first fault.
                    let _ = self.fault.set(wrong);
                    return Poll::Ready(Some(Err(error.into())));
                }
                let bytes = bytes.len() as u64;
                self.deadline.moved(bytes);
                if self.check.left() == 0 {
                    self.deadline.handed_over(self.blob.size, self.begun.elapsed());
                }
                (self.moves)(&Progress::Moved { digest: &self.blob.digest, bytes });
                Some(Ok(frame))
            }
            Some(Err(error)) => Some(Err(error.into())),
            None => self.check.finish().err().map(|wrong| Err(format!("the blob ends too early: {wrong}").into())),
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
    type Error = Trifle;

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
