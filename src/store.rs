//! Where images are, be it a registry or a folder: one set of calls for both, with the same checks.

mod memo;

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::digest::Digest;
use crate::layout::{self, Layout};
use crate::oci::{Descriptor, Raw};
use crate::reference::{Place, Reference, Repository};
use crate::registry::{self, Access, Client, PutError, Source};
use crate::transfer::{Progress, Sink, TRANSFERS, Watch};
use memo::Memo;

/// All the places of one call.
pub struct Store {
    registries: Client,
    transfers: Watch,
    manifests: Memo<(Place, Digest), Raw>,
    documents: Memo<(Place, Digest, u64), Vec<u8>>,
    /// What has been brought to a place, or is on its way there.
    brought: Memo<(Place, Digest, u64), ()>,
    /// Turns to move a blob, so that not all are opened at a time.
    turns: Semaphore,
}

/// Why something could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Registry(#[from] registry::Error),
    #[error(transparent)]
    Layout(#[from] layout::Error),
}

/// What became of something that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    Yes,
    No(Error),
    /// The registry does not tell.
    Unknown(Error),
}

impl Error {
    /// Whether there was an answer, and it was no.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Registry(error) if error.is_refusal())
    }

    /// What to do about it, if there is more to say than the message does.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Registry(error) => error.help(),
            Self::Layout(error) => error.help(),
        }
    }

    /// Whether the same may work another time, without anybody changing anything.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Registry(error) => error.may_pass(),
            Self::Layout(_) => false,
        }
    }

    /// Whether a registry that understood what it was to write will not have it: 400 or 415.
    pub fn is_unwanted(&self) -> bool {
        matches!(self, Self::Registry(registry::Error::Refused { status: 400 | 415, .. }))
    }
}

/// What is asked of a place.
pub type Use = (Place, Access);

/// What is asked of registries.
pub fn of_registries(uses: &[Use]) -> Vec<(Repository, Access)> {
    let repository = |(place, access): &Use| match place {
        Place::Repository(repository) => Some((repository.clone(), *access)),
        Place::Layout(_) => None,
    };
    uses.iter().filter_map(repository).collect()
}

impl Store {
    /// Registries through a client, and folders.
    pub fn new(registries: Client, transfers: Watch) -> Self {
        let turns = Semaphore::new(TRANSFERS);
        Self {
            registries,
            transfers,
            manifests: Memo::default(),
            documents: Memo::default(),
            brought: Memo::default(),
            turns,
        }
    }

    /// The manifest that a reference leads to, if there is one. What a digest names is read once.
    pub async fn manifest(&self, reference: &Reference) -> Result<Option<Raw>, Error> {
        let Some(digest) = reference.digest() else { return Box::pin(self.read_manifest(reference)).await };
        let read = async || Ok(self.read_manifest(reference).await?.map(Arc::new));
        let found = self.manifests.get((reference.place(), digest.clone()), read).await?;
        Ok(found.map(|raw| Raw::clone(&raw)))
    }

    async fn read_manifest(&self, reference: &Reference) -> Result<Option<Raw>, Error> {
        match reference.place() {
            Place::Repository(_) => Ok(self.registries.manifest(reference).await?),
            Place::Layout(folder) => Ok(Layout::at(&folder).manifest(reference)?),
        }
    }

    /// The digest that a reference leads to now.
    pub async fn tag_digest(&self, reference: &Reference) -> Result<Option<Digest>, Error> {
        match reference.place() {
            Place::Repository(_) => Ok(self.registries.tag_digest(reference).await?),
            Place::Layout(folder) => Ok(Layout::at(&folder).manifest(reference)?.map(|raw| raw.digest)),
        }
    }

    /// The digest that a reference leads to, as far as it is to be known: who may not look takes it for nothing.
    pub async fn look(&self, reference: &Reference) -> Result<Option<Digest>, Error> {
        match reference.place() {
            Place::Repository(_) => Ok(self.registries.look(reference).await?),
            Place::Layout(_) => self.tag_digest(reference).await,
        }
    }

    /// The tags of a place; nothing, if the registry has no such list.
    pub async fn tags(&self, place: &Place) -> Result<Option<Vec<String>>, Error> {
        match place {
            Place::Repository(repository) => Ok(self.registries.tags(repository).await?),
            Place::Layout(folder) => Ok(Some(Layout::at(folder).tags()?)),
        }
    }

    /// Writes a manifest, and sees to it that what is there then is what was written; if that fails, sees what is there.
    pub async fn publish(&self, reference: &Reference, raw: &Raw) -> Written {
        let Err(PutError { error, may_come_late }) = self.put(reference, raw).await else { return Written::Yes };
        // The answer may have been lost, and not the manifest.
        match self.tag_digest(reference).await {
            Ok(Some(digest)) if digest.matches(&raw.bytes) => Written::Yes,
            // What is not there yet may be there in a moment.
            Ok(_) if may_come_late => Written::Unknown(error),
            Ok(None) => Written::No(error),
            // A wrong word about the digest may be what failed, and be said again: what is there is what counts.
            Ok(Some(_)) => match self.manifest(reference).await {
                Ok(Some(found)) if found.bytes == raw.bytes => Written::Yes,
                Ok(_) => Written::No(error),
                Err(_) => Written::Unknown(error),
            },
            Err(_) => Written::Unknown(error),
        }
    }

    /// Writes a manifest, and sees to it that what is there then is what was written.
    pub async fn put_manifest(&self, reference: &Reference, raw: &Raw) -> Result<(), Error> {
        self.put(reference, raw).await.map_err(|failed| failed.error)
    }

    async fn put(&self, reference: &Reference, raw: &Raw) -> Result<(), PutError<Error>> {
        match reference.place() {
            Place::Repository(_) => {
                let put = self.registries.put_manifest(reference, raw).await;
                put.map_err(|PutError { error, may_come_late }| PutError { error: error.into(), may_come_late })
            }
            Place::Layout(folder) => {
                let put = Layout::at(&folder).put_manifest(reference, raw);
                put.map_err(|error| PutError { error: error.into(), may_come_late: false })
            }
        }
    }

    /// The content of a blob that is a document, which is read once.
    pub async fn blob(&self, place: &Place, blob: &Descriptor) -> Result<Arc<Vec<u8>>, Error> {
        let read = async || {
            let bytes = match place {
                Place::Repository(repository) => self.registries.blob(repository, blob).await?,
                Place::Layout(folder) => Layout::at(folder).blob(blob)?,
            };
            Ok(Some(Arc::new(bytes)))
        };
        let found = self.documents.get((place.clone(), blob.digest.clone(), blob.size), read).await?;
        Ok(found.expect("a blob that is not there is an error"))
    }

    /// Reads a blob in pieces. What is passed on is not known to be good before the last piece.
    ///
    /// # Returns
    /// The sink, when it has taken in all of it.
    pub async fn fetch<S: Sink>(&self, place: &Place, blob: &Descriptor, sink: S) -> Result<S, Error> {
        let _turn = self.turn().await;
        self.read_blob(place, blob, sink).await
    }

    /// Reads a blob when its turn has come.
    async fn read_blob<S: Sink>(&self, place: &Place, blob: &Descriptor, sink: S) -> Result<S, Error> {
        match place {
            Place::Repository(repository) => Ok(self.registries.fetch(repository, blob, sink).await?),
            Place::Layout(folder) => {
                let digest = &blob.digest;
                (self.transfers)(&Progress::Begun { digest, size: blob.size });
                let (layout, blob, transfers) = (Layout::at(folder), blob.clone(), self.transfers.clone());
                let mut watched = Watched { sink, digest: digest.clone(), transfers };
                let read =
                    tokio::task::spawn_blocking(move || layout.fetch(&blob, &mut watched).map(|()| watched.sink));
                let sink = read.await.expect("it does not panic")?;
                (self.transfers)(&Progress::Ended { digest });
                Ok(sink)
            }
        }
    }

    /// Sees to it that `to` has a blob of `from`. One that images share is brought once: it would be work for nothing, and
    /// a registry that is writing it a second time may refuse a manifest that refers to it.
    pub async fn bring(&self, from: &Place, to: &Place, blob: &Descriptor) -> Result<(), Error> {
        let bring = async || self.bring_once(from, to, blob).await.map(|()| Some(Arc::new(())));
        self.brought.get((to.clone(), blob.digest.clone(), blob.size), bring).await.map(drop)
    }

    async fn bring_once(&self, from: &Place, to: &Place, blob: &Descriptor) -> Result<(), Error> {
        match (from, to) {
            (_, Place::Layout(folder)) => {
                let layout = Layout::at(folder);
                let _turn = self.turn().await;
                if layout.holds(blob)? {
                    return Ok(());
                }
                let writer = self.read_blob(from, blob, layout.writer(blob)?).await?;
                Ok(writer.finish()?)
            }
            (Place::Repository(from), Place::Repository(to)) => {
                Ok(self.registries.ensure_blob(Source::Repository(from), to, blob).await?)
            }
            (Place::Layout(folder), Place::Repository(to)) => {
                let layout = Layout::at(folder);
                let open = || match layout.open(blob) {
                    Ok(file) => Ok(Box::new(file) as Box<dyn std::io::Read + Send + Sync>),
                    Err(error) => Err(error.to_string()),
                };
                Ok(self.registries.ensure_blob(Source::Reader(&open), to, blob).await?)
            }
        }
    }

    async fn turn(&self) -> SemaphorePermit<'_> {
        self.turns.acquire().await.expect("it is never closed")
    }

    /// The manifests that are about another one.
    pub async fn referrers(&self, place: &Place, subject: &Digest) -> Result<Vec<Descriptor>, Error> {
        match place {
            Place::Repository(repository) => Ok(self.registries.referrers(repository, subject).await?),
            Place::Layout(folder) => Ok(Layout::at(folder).referrers(subject)?),
        }
    }
}

/// Tells of what a sink takes in.
struct Watched<S> {
    sink: S,
    digest: Digest,
    transfers: Watch,
}

impl<S: Sink> Sink for Watched<S> {
    fn take(&mut self, piece: &[u8]) -> std::io::Result<()> {
        (self.transfers)(&Progress::Moved { digest: &self.digest, bytes: piece.len() as u64 });
        self.sink.take(piece)
    }
}
