//! A blob that is read in pieces: checked as it arrives, and taken up where it broke off.

mod worker;

use std::sync::Mutex;
use std::time::SystemTime;

use super::{Ask, Call, Client, Descriptor, Error, FRESH, HeaderMap, HeaderValue, Method, Pace, Parcel, Patience};
use super::{Repository, Trouble, Url, call, header};
use crate::registry::host::Host;
use crate::registry::redirect::{self, Reach};
use crate::registry::retry::{is_temporary, retry_after};
use crate::registry::route::Route;
use crate::registry::wire::{Incoming, Piece};
use crate::transfer::{Check, Progress, Sink};
use worker::{Intake, Worker};

/// A blob that is being read, perhaps from its middle.
pub(super) struct Opened {
    incoming: Incoming,
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
        let parcel = Parcel { repository: from, blob, what: &what };
        let _turn = self.turn().await;
        let intake = Mutex::new(Some(Intake::new(Check::new(&blob.digest, blob.size), sink)));
        (self.moves)(&Progress::Begun { digest: &blob.digest, size: blob.size });
        let host = self.host(&from.registry);
        let done = self
            .persist(host, (&what, Pace::Transfer), async |patience: &Patience| {
                self.draw(parcel, patience, &intake).await
            })
            .await;
        (self.moves)(&match done {
            Ok(()) => Progress::Ended { digest: &blob.digest },
            Err(_) => Progress::Broken { digest: &blob.digest },
        });
        done?;
        Ok(intake.into_inner().expect("no holder panics").expect("it is put back").sink)
    }

    /// One attempt to read what is still to come.
    async fn draw<S: Sink>(
        &self,
        parcel: Parcel<'_>,
        patience: &Patience,
        intake: &Mutex<Option<Intake<S>>>,
    ) -> Result<(), Trouble> {
        let mut known = intake.lock().expect("no holder panics").take().expect("it is put back");
        let drawn = match self.open_at(parcel, patience, known.check.taken()).await {
            Err(trouble) => Err(trouble),
            Ok(mut opened) => match self.pass_over(parcel, patience, (&mut opened, &known.check)).await {
                Err(trouble) => Err(trouble),
                Ok(rest) => {
                    let worker = Worker::start(known);
                    let read = self.pass_on(parcel, patience, (&mut opened, rest, &worker)).await;
                    let (back, worked) = worker.end().await;
                    known = back;
                    // What the worker found is the cause of what the reading met.
                    worked.map_err(|halt| halt.into_trouble(parcel)).and(read)
                }
            },
        };
        // An answer that ended too early was met as a broken connection; one that is whole and too short stays so.
        let whole = |()| known.check.finish().map_err(|wrong| parcel.wrong(&wrong).into());
        let done = match drawn.and_then(whole) {
            Err(Trouble::Altered(error)) => Err(self.begin_again(parcel, &mut known, error)),
            done => done,
        };
        *intake.lock().expect("no holder panics") = Some(known);
        done
    }

    /// Forgets what has come, which is wrong; what to do then.
    fn begin_again<S: Sink>(&self, parcel: Parcel<'_>, known: &mut Intake<S>, error: Error) -> Trouble {
        match known.restart(Check::new(&parcel.blob.digest, parcel.blob.size)) {
            Ok(true) => {
                (self.moves)(&Progress::Broken { digest: &parcel.blob.digest });
                Trouble::Altered(error)
            }
            Ok(false) => Trouble::Final(error),
            Err(halt) => halt.into_trouble(parcel),
        }
    }

    /// Passes over what is there already, which a registry sends again if it cannot begin in the middle, and which must be
    /// the same then; returns what was read beyond it.
    async fn pass_over(
        &self,
        parcel: Parcel<'_>,
        patience: &Patience,
        (opened, known): (&mut Opened, &Check),
    ) -> Result<Vec<u8>, Trouble> {
        let mut again = Check::new(&parcel.blob.digest, parcel.blob.size);
        if opened.start == known.taken() {
            return Ok(Vec::new());
        }
        while let Some(piece) = opened.piece(parcel, patience).await? {
            let piece = piece.as_ref();
            let more = usize::try_from(known.taken() - again.taken()).unwrap_or(usize::MAX).min(piece.len());
            again.take(&piece[..more]).map_err(|wrong| parcel.wrong(&wrong))?;
            if again.taken() == known.taken() {
                if again.is_at_one_with(known) {
                    return Ok(piece[more..].to_vec());
                }
                let (registry, what) = (parcel.repository.registry.clone(), parcel.what.to_owned());
                let why = "it sends other bytes the second time".into();
                return Err(Trouble::Altered(Error::Protocol { registry, what, why }));
            }
        }
        Ok(Vec::new())
    }

    /// Hands what arrives to the worker, until it ends or the worker wants no more.
    async fn pass_on<S: Sink>(
        &self,
        parcel: Parcel<'_>,
        patience: &Patience,
        (opened, rest, worker): (&mut Opened, Vec<u8>, &Worker<S>),
    ) -> Result<(), Trouble> {
        let digest = &parcel.blob.digest;
        let mut next: Option<Piece> = (!rest.is_empty()).then(|| rest.into());
        loop {
            let piece = match next.take() {
                Some(piece) => piece,
                None => match opened.piece(parcel, patience).await? {
                    Some(piece) => piece,
                    None => return Ok(()),
                },
            };
            let bytes = piece.len() as u64;
            patience.deadline().gained(bytes);
            (self.moves)(&Progress::Moved { digest, bytes });
            if worker.take(piece).await.is_err() {
                return Ok(());
            }
        }
    }

    /// Opens a blob for reading from its byte `start` on, if the registry can do that; what is read is not checked yet.
    pub(super) async fn open_at(&self, parcel: Parcel<'_>, patience: &Patience, start: u64) -> Result<Opened, Trouble> {
        let host = self.host(&parcel.repository.registry);
        let path = format!("blobs/{}", parcel.blob.digest);
        let mut is_renewed = false;
        loop {
            let proof = patience.deadline().uncounted(self.pass(host, &parcel.repository.path)).await?.header;
            let url = host.url(host.schemes()[0], &format!("{}/{path}", parcel.repository.path));
            let incoming = self.open_from((host, url, proof.as_ref()), parcel, (patience, start)).await?;
            match incoming.status() {
                200 => return Ok(Opened { incoming, start: 0 }),
                206 if is_from(&incoming, start) => return Ok(Opened { incoming, start }),
                401 if !is_renewed => {
                    // A token has expired, which the usual request knows how to renew.
                    is_renewed = true;
                    drop(incoming);
                    let look: Call<'_> = call(Method::HEAD, parcel.repository, path.clone(), parcel.what);
                    match patience.deadline().uncounted(self.exchange(&look)).await {
                        // Not every registry lets itself be looked at.
                        Ok(_) | Err(Error::Refused { .. }) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                404 if self.foreign_layers && parcel.blob.rest.contains_key("urls") => {
                    return self.open_foreign(host, parcel, (patience, start)).await;
                }
                _ => return Err(refused(host, parcel, &incoming)),
            }
        }
    }

    /// Opens a layer where its image says that it is: nobody there is told who we are, and it is as safe as the registry
    /// or not asked
    /// ([image spec](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#properties)).
    async fn open_foreign(
        &self,
        host: &Host,
        parcel: Parcel<'_>,
        (patience, start): (&Patience, u64),
    ) -> Result<Opened, Trouble> {
        let (registry, what) = (host.name.clone(), parcel.what.to_owned());
        let home = host.url(host.schemes()[0], "");
        let urls = parcel.blob.rest["urls"].as_array().into_iter().flatten().filter_map(|url| url.as_str());
        let mut trouble = Trouble::Final(Error::Protocol {
            registry: registry.clone(),
            what: what.clone(),
            why: "it does not have the layer, and the image names no place that does".into(),
        });
        for url in urls.take(redirect::MOST) {
            let url = redirect::follow(&home, url, Reach::Anywhere).map_err(|(to, why)| {
                let (registry, what) = (registry.clone(), what.clone());
                Error::Redirect { registry, what, to, why }
            })?;
            match self.open_from((host, url, None), parcel, (patience, start)).await {
                Ok(incoming) if incoming.status() == 200 => return Ok(Opened { incoming, start: 0 }),
                Ok(incoming) if incoming.status() == 206 && is_from(&incoming, start) => {
                    return Ok(Opened { incoming, start });
                }
                Ok(incoming) => trouble = refused(host, parcel, &incoming),
                Err(other) => trouble = other,
            }
        }
        Err(trouble)
    }

    /// Sends the request, and goes where redirects lead.
    async fn open_from(
        &self,
        (host, url, proof): (&Host, Url, Option<&HeaderValue>),
        parcel: Parcel<'_>,
        (patience, start): (&Patience, u64),
    ) -> Result<Incoming, Trouble> {
        let route = Route { host, what: parcel.what, reach: Reach::Anywhere, proof };
        let hop = async |url: Url, proof: Option<HeaderValue>| {
            let mut headers = HeaderMap::new();
            headers.extend(proof.map(|proof| (header::AUTHORIZATION, proof)));
            headers.extend(patience.is_doubtful().then_some((header::CACHE_CONTROL, FRESH)));
            if start > 0 {
                let range = HeaderValue::from_str(&format!("bytes={start}-"));
                headers.insert(header::RANGE, range.expect("a number is plain"));
            }
            let name = host.name_of(&url);
            let ask = Ask { method: Method::GET, url, headers, body: None };
            let opened = patience.deadline().bounded(self.wire().open(ask)).await?;
            opened.map_err(|broken| broken.into_trouble(&name, parcel.what))
        };
        route.walk(url, hop).await
    }
}

impl Opened {
    async fn piece(&mut self, parcel: Parcel<'_>, patience: &Patience) -> Result<Option<Piece>, Trouble> {
        let deadline = patience.deadline();
        let piece = deadline.bounded(self.incoming.piece()).await?;
        let piece = piece.map_err(|broken| broken.into_trouble(&parcel.repository.registry, parcel.what))?;
        deadline.moved(piece.as_ref().map_or(0, |piece| piece.len() as u64));
        Ok(piece)
    }

    /// The body, to be sent on.
    pub(super) fn into_body(self) -> super::Body {
        self.incoming.into_body()
    }
}

/// Whether a part of a blob begins where it was asked to
/// ([RFC 9110, section 14.4](https://www.rfc-editor.org/rfc/rfc9110#section-14.4)).
fn is_from(incoming: &Incoming, start: u64) -> bool {
    let range = incoming.header("content-range").and_then(|range| range.trim().strip_prefix("bytes "));
    range.and_then(|range| range.split('-').next()?.trim().parse().ok()) == Some(start)
}

fn refused(host: &Host, parcel: Parcel<'_>, incoming: &Incoming) -> Trouble {
    let (registry, what, status) = (host.name_of(incoming.url()), parcel.what.to_owned(), incoming.status());
    let detail = String::new();
    if is_temporary(status) {
        let wait = incoming.header("retry-after").and_then(|value| retry_after(value, SystemTime::now()));
        return Trouble::Passing { error: Error::Unavailable { registry, what, status, detail, attempts: 1 }, wait };
    }
    Trouble::Final(match status {
        206 => Error::Protocol { registry, what, why: "it sends another part than was asked for".into() },
        _ => Error::Refused { registry, what, status, detail },
    })
}
