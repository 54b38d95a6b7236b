//! A blob that is read in pieces: checked as it arrives, and taken up where it broke off.

use std::cell::RefCell;
use std::time::SystemTime;

use super::{Ask, Call, Client, Descriptor, Error, HeaderMap, HeaderValue, Method, Pace, Parcel, Repository, Trouble};
use super::{Url, call, header};
use crate::registry::host::Host;
use crate::registry::redirect::{self, Reach};
use crate::registry::retry::{is_temporary, retry_after};
use crate::registry::wire::Incoming;
use crate::transfer::{Check, Progress, Sink};

/// A blob that is being read, perhaps from its middle.
pub(super) struct Opened {
    incoming: Incoming,
    start: u64,
}

/// What has arrived of a blob, and where it goes.
struct Intake<'s, 'k> {
    check: Check,
    sink: &'s mut Sink<'k>,
}

impl Client {
    /// Reads a blob. A connection that breaks is taken up where it broke off; what is passed on is not known to be good
    /// before the last piece.
    pub async fn fetch(&self, from: &Repository, blob: &Descriptor, sink: &mut Sink<'_>) -> Result<(), Error> {
        let what = format!("read {} of {}", blob.digest.short(), from.path);
        let parcel = Parcel { repository: from, blob, what: &what };
        let _turn = self.turn().await;
        let intake = RefCell::new(Intake { check: Check::new(&blob.digest, blob.size), sink });
        (self.moves)(&Progress::Begun { digest: &blob.digest, size: blob.size });
        let host = self.host(&from.registry);
        let done = self.persist(host, (&what, Pace::Transfer), async || self.draw(parcel, &intake).await).await;
        (self.moves)(&match done {
            Ok(()) => Progress::Ended { digest: &blob.digest },
            Err(_) => Progress::Broken { digest: &blob.digest },
        });
        done
    }

    /// One attempt to read what is still to come.
    async fn draw(&self, parcel: Parcel<'_>, intake: &RefCell<Intake<'_, '_>>) -> Result<(), Trouble> {
        let blob = parcel.blob;
        let wrong = |wrong| Trouble::Final(parcel.wrong(&wrong));
        let taken = intake.borrow().check.taken();
        let mut opened = self.open_at(parcel, taken).await?;
        // A registry that cannot begin in the middle sends the beginning again, which must be the same.
        let mut again = (opened.start < taken).then(|| Check::new(&blob.digest, blob.size));
        while let Some(piece) = opened.piece(parcel).await? {
            let mut piece = piece.as_ref();
            if let Some(check) = &mut again {
                let known = piece.len().min(usize::try_from(taken - check.taken()).unwrap_or(usize::MAX));
                check.take(&piece[..known]).map_err(wrong)?;
                piece = &piece[known..];
                if check.taken() < taken {
                    continue;
                }
                if !intake.borrow().check.is_at_one_with(check) {
                    let (registry, what) = (parcel.repository.registry.clone(), parcel.what.to_owned());
                    let why = "it sends other bytes the second time".into();
                    return Err(Trouble::Final(Error::Protocol { registry, what, why }));
                }
                again = None;
            }
            let mut intake = intake.borrow_mut();
            intake.check.take(piece).map_err(wrong)?;
            (intake.sink)(piece).map_err(|error| Error::Output(error.to_string()))?;
            (self.moves)(&Progress::Moved { digest: &blob.digest, bytes: piece.len() as u64 });
        }
        let done = intake.borrow().check.finish();
        done.map_err(|short| match intake.borrow().check.left() {
            0 => wrong(short),
            _ => Trouble::Passing { error: parcel.wrong(&short), wait: None },
        })
    }

    /// Opens a blob for reading from its byte `start` on, if the registry can do that; what is read is not checked yet.
    pub(super) async fn open_at(&self, parcel: Parcel<'_>, start: u64) -> Result<Opened, Trouble> {
        let host = self.host(&parcel.repository.registry);
        let path = format!("blobs/{}", parcel.blob.digest);
        let mut is_renewed = false;
        loop {
            let proof = self.pass(host, &parcel.repository.path).await?.header;
            let url = host.url(host.schemes()[0], &format!("{}/{path}", parcel.repository.path));
            let incoming = self.open_from((host, url, proof.as_ref()), parcel, start).await?;
            match incoming.status() {
                200 => return Ok(Opened { incoming, start: 0 }),
                206 if is_from(&incoming, start) => return Ok(Opened { incoming, start }),
                401 if !is_renewed => {
                    // A token has expired, which the usual request knows how to renew.
                    is_renewed = true;
                    drop(incoming);
                    let look: Call<'_> = call(Method::HEAD, parcel.repository, path.clone(), parcel.what);
                    self.exchange(&look).await?;
                }
                404 if self.foreign_layers && parcel.blob.rest.contains_key("urls") => {
                    return self.open_foreign(host, parcel, start).await;
                }
                status => return Err(refused(parcel, status, &incoming)),
            }
        }
    }

    /// Opens a layer where its image says that it is: nobody there is told who we are, and it is as safe as the registry
    /// or not asked
    /// ([image spec](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#properties)).
    async fn open_foreign(&self, host: &Host, parcel: Parcel<'_>, start: u64) -> Result<Opened, Trouble> {
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
            match self.open_from((host, url, None), parcel, start).await {
                Ok(incoming) if incoming.status() == 200 => return Ok(Opened { incoming, start: 0 }),
                Ok(incoming) if incoming.status() == 206 && is_from(&incoming, start) => {
                    return Ok(Opened { incoming, start });
                }
                Ok(incoming) => trouble = refused(parcel, incoming.status(), &incoming),
                Err(other) => trouble = other,
            }
        }
        Err(trouble)
    }

    /// Sends the request, and goes where redirects lead.
    async fn open_from(
        &self,
        (host, mut url, proof): (&Host, Url, Option<&HeaderValue>),
        parcel: Parcel<'_>,
        start: u64,
    ) -> Result<Incoming, Trouble> {
        let (registry, what) = (host.name.clone(), parcel.what.to_owned());
        let home = url.origin();
        for _ in 0..redirect::MOST {
            let mut headers = HeaderMap::new();
            if let Some(proof) = proof.filter(|_| url.origin() == home) {
                headers.insert(header::AUTHORIZATION, proof.clone());
            }
            if start > 0 {
                let range = HeaderValue::from_str(&format!("bytes={start}-"));
                headers.insert(header::RANGE, range.expect("a number is plain"));
            }
            let ask = Ask { method: Method::GET, url: url.clone(), headers, body: None };
            let incoming = self.wire().open(ask).await.map_err(|broken| broken.into_trouble(&host.name, &what))?;
            let Some(to) = incoming.header("location").filter(|_| (300..400).contains(&incoming.status())) else {
                return Ok(incoming);
            };
            url = redirect::follow(&url, to, Reach::Anywhere).map_err(|(to, why)| Error::Redirect {
                registry: registry.clone(),
                what: what.clone(),
                to,
                why,
            })?;
        }
        Err(Error::Protocol { registry, what, why: "it sends us elsewhere too often".into() }.into())
    }
}

impl Opened {
    pub(super) async fn piece(&mut self, parcel: Parcel<'_>) -> Result<Option<impl AsRef<[u8]> + use<>>, Trouble> {
        let piece = self.incoming.piece().await;
        piece.map_err(|broken| broken.into_trouble(&parcel.repository.registry, parcel.what))
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

fn refused(parcel: Parcel<'_>, status: u16, incoming: &Incoming) -> Trouble {
    let (registry, what) = (parcel.repository.registry.clone(), parcel.what.to_owned());
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
