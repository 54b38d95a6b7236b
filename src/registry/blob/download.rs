//! A blob that is read in pieces: checked as it arrives, and taken up where it broke off.

mod worker;

use std::sync::Mutex;

use worker::{Intake, Worker};

use super::transfer::BlobTransfer;
use crate::oci::Descriptor;
use crate::reference::Repository;
use crate::registry::attempt::AttemptError;
use crate::registry::call::Call;
use crate::registry::client::Client;
use crate::registry::error::Error;
use crate::registry::http::{Body, BodyStream, BodyUse, HeaderValue, Method, Piece, Response, header};
use crate::registry::redirect::{self, Reach};
use crate::registry::retry::{RetryBudget, TimeoutPolicy};
use crate::transfer::{Check, Progress, Sink};

/// A blob that is being read, perhaps from its middle.
pub(super) struct OpenBlob {
    stream: BodyStream,
    start: u64,
}

impl Client {
    /// Reads a blob. A connection that breaks is taken up where it broke off; what is passed on is not known to be good
    /// before the last piece.
    ///
    /// # Returns
    /// The sink, when it has taken in all of it.
    pub async fn fetch<S: Sink>(&self, from: &Repository, blob: &Descriptor, sink: S) -> Result<S, Error> {
        let what = format!("read {} of {}", blob.digest.short(), from.path);
        let transfer = BlobTransfer { repository: from, blob, what: &what };
        let _turn = self.turn().await;
        let intake = Mutex::new(Some(Intake::new(Check::new(&blob.digest, blob.size), sink)));
        (self.transfers)(&Progress::Begun { digest: &blob.digest, size: blob.size });
        let host = self.host(&from.registry);
        let done = self
            .transport
            .retry(host, (&what, TimeoutPolicy::Transfer), async |budget: &RetryBudget| {
                self.draw(transfer, budget, &intake).await
            })
            .await;
        (self.transfers)(&match done {
            Ok(()) => Progress::Ended { digest: &blob.digest },
            Err(_) => Progress::Broken { digest: &blob.digest },
        });
        done?;
        Ok(intake.into_inner().expect("no holder panics").expect("it is put back").sink)
    }

    /// One attempt to read what is still to come.
    async fn draw<S: Sink>(
        &self,
        transfer: BlobTransfer<'_>,
        budget: &RetryBudget,
        intake: &Mutex<Option<Intake<S>>>,
    ) -> Result<(), AttemptError> {
        let mut known = intake.lock().expect("no holder panics").take().expect("it is put back");
        let drawn = match self.open_at(transfer, budget, known.check.taken()).await {
            Err(trouble) => Err(trouble),
            Ok(mut opened) => match self.pass_over(transfer, budget, (&mut opened, &known.check)).await {
                Err(trouble) => Err(trouble),
                Ok(rest) => {
                    let worker = Worker::start(known);
                    let read = self.pass_on(transfer, budget, (&mut opened, rest, &worker)).await;
                    let (back, worked) = worker.end().await;
                    known = back;
                    // What the worker found is the cause of what the reading met.
                    worked.map_err(|halt| halt.into_error(transfer)).and(read)
                }
            },
        };
        // An answer that ended too early was met as a broken connection; one that is whole and too short stays so.
        let whole = |()| known.check.finish().map_err(|wrong| transfer.wrong(&wrong).into());
        let done = match drawn.and_then(whole) {
            Err(AttemptError::Altered(error)) => Err(self.begin_again(transfer, &mut known, error)),
            done => done,
        };
        *intake.lock().expect("no holder panics") = Some(known);
        done
    }

    /// Forgets what has come, which is wrong; what to do then.
    fn begin_again<S: Sink>(&self, transfer: BlobTransfer<'_>, known: &mut Intake<S>, error: Error) -> AttemptError {
        match known.restart(Check::new(&transfer.blob.digest, transfer.blob.size)) {
            Ok(true) => {
                (self.transfers)(&Progress::Broken { digest: &transfer.blob.digest });
                AttemptError::Altered(error)
            }
            Ok(false) => AttemptError::Permanent(error),
            Err(halt) => halt.into_error(transfer),
        }
    }

    /// Passes over what is there already, which a registry sends again if it cannot begin in the middle, and which must be
    /// the same then; returns what was read beyond it.
    async fn pass_over(
        &self,
        transfer: BlobTransfer<'_>,
        budget: &RetryBudget,
        (opened, known): (&mut OpenBlob, &Check),
    ) -> Result<Vec<u8>, AttemptError> {
        let mut again = Check::new(&transfer.blob.digest, transfer.blob.size);
        if opened.start == known.taken() {
            return Ok(Vec::new());
        }
        while let Some(piece) = opened.piece(transfer, budget).await? {
            let piece = piece.as_ref();
            let more = usize::try_from(known.taken() - again.taken()).unwrap_or(usize::MAX).min(piece.len());
            again.take(&piece[..more]).map_err(|wrong| transfer.wrong(&wrong))?;
            if again.taken() == known.taken() {
                if again.is_at_one_with(known) {
                    return Ok(piece[more..].to_vec());
                }
                let (registry, what) = (transfer.repository.registry.clone(), transfer.what.to_owned());
                let why = "it sends different content the second time".into();
                return Err(AttemptError::Altered(Error::Protocol { registry, what, why }));
            }
        }
        Ok(Vec::new())
    }

    /// Hands what arrives to the worker, until it ends or the worker wants no more.
    async fn pass_on<S: Sink>(
        &self,
        transfer: BlobTransfer<'_>,
        budget: &RetryBudget,
        (opened, rest, worker): (&mut OpenBlob, Vec<u8>, &Worker<S>),
    ) -> Result<(), AttemptError> {
        let digest = &transfer.blob.digest;
        let mut next: Option<Piece> = (!rest.is_empty()).then(|| rest.into());
        loop {
            let piece = match next.take() {
                Some(piece) => piece,
                None => match opened.piece(transfer, budget).await? {
                    Some(piece) => piece,
                    None => return Ok(()),
                },
            };
            let bytes = piece.len() as u64;
            budget.deadline().gained(bytes);
            (self.transfers)(&Progress::Moved { digest, bytes });
            if worker.take(piece).await.is_err() {
                return Ok(());
            }
        }
    }

    /// Opens a blob for reading from its byte `start` on, if the registry can do that; what is read is not checked yet.
    pub(super) async fn open_at(
        &self,
        transfer: BlobTransfer<'_>,
        budget: &RetryBudget,
        start: u64,
    ) -> Result<OpenBlob, AttemptError> {
        let BlobTransfer { repository, blob, what } = transfer;
        let mut call = Call::new(Method::GET, repository, format!("blobs/{}", blob.digest), what);
        call.body_use = BodyUse::Stream;
        if start > 0 {
            let range = HeaderValue::from_str(&format!("bytes={start}-"));
            call.headers.insert(header::RANGE, range.expect("a number is plain"));
        }
        let response = self.attempt(&call, budget).await?;
        if response.status == 404 && self.foreign_layers && blob.rest.contains_key("urls") {
            return self.open_foreign(&call, blob, (budget, start)).await;
        }
        self.opened(&call, response, start)
    }

    /// Opens a layer where its image says that it is: nobody there is told who we are, and it is as safe as the registry
    /// or not asked
    /// ([image spec](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#properties)).
    async fn open_foreign(
        &self,
        call: &Call<'_>,
        blob: &Descriptor,
        (budget, start): (&RetryBudget, u64),
    ) -> Result<OpenBlob, AttemptError> {
        let host = self.host(&call.repository.registry);
        let (registry, what) = (&host.name, call.what);
        let home = host.url(host.schemes()[0], "");
        let urls = blob.rest["urls"].as_array().into_iter().flatten().filter_map(|url| url.as_str());
        let why = "it does not have the layer, and the image names no address that has it".into();
        let mut failed = Error::Protocol { registry: registry.clone(), what: what.into(), why }.into();
        for url in urls.take(redirect::MOST) {
            let url = redirect::follow(&home, url, Reach::Anywhere).map_err(|(to, why)| {
                let (registry, what) = (registry.clone(), what.to_owned());
                Error::Redirect { registry, what, to, why }
            })?;
            let response = budget.deadline().bounded(self.walk(url, call, budget, None)).await?;
            match response.and_then(|response| self.opened(call, host.judge(what, response)?, start)) {
                Ok(opened) => return Ok(opened),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// The blob of a response, which is all of it or the part that begins at `start`.
    fn opened(&self, call: &Call<'_>, response: Response, start: u64) -> Result<OpenBlob, AttemptError> {
        let host = self.host(&call.repository.registry);
        let start = match response.status {
            200 => 0,
            206 if is_from(&response, start) => start,
            206 => {
                let why = "it sends a different range than requested".into();
                return Err(Error::Protocol { registry: host.name.clone(), what: call.what.to_owned(), why }.into());
            }
            _ => return Err(host.refused(call.what, &response).into()),
        };
        Ok(OpenBlob { stream: response.stream.expect("a good response is streamed when asked for"), start })
    }
}

impl OpenBlob {
    async fn piece(&mut self, transfer: BlobTransfer<'_>, budget: &RetryBudget) -> Result<Option<Piece>, AttemptError> {
        let deadline = budget.deadline();
        let piece = deadline.bounded(self.stream.piece()).await?;
        let piece =
            piece.map_err(|error| AttemptError::of_http(error, &transfer.repository.registry, transfer.what))?;
        deadline.moved(piece.as_ref().map_or(0, |piece| piece.len() as u64));
        Ok(piece)
    }

    /// The body, to be sent on.
    pub(super) fn into_body(self) -> Body {
        self.stream.into_body()
    }
}

/// Whether a part of a blob begins where it was asked to
/// ([RFC 9110, section 14.4](https://www.rfc-editor.org/rfc/rfc9110#section-14.4)).
fn is_from(response: &Response, start: u64) -> bool {
    let range = response.header("content-range").and_then(|range| range.trim().strip_prefix("bytes "));
    range.and_then(|range| range.split('-').next()?.trim().parse().ok()) == Some(start)
}
