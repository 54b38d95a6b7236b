//! What is read for several targets is read once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;

use crate::oci::{Descriptor, Raw};
use crate::reference::{Reference, Repository};
use crate::registry::{Client, Error};

/// Why nothing could be read.
pub(super) enum Miss {
    /// There is nothing.
    Missing,
    /// The registry did not answer well.
    Error(Error),
}

type Shelf<K, V> = Mutex<HashMap<K, Arc<OnceCell<Arc<V>>>>>;

/// Manifests and configurations of one call.
pub(super) struct Reader<'c> {
    pub(super) client: &'c Client,
    manifests: Shelf<(Repository, String), Raw>,
    blobs: Shelf<(Repository, String), Vec<u8>>,
}

impl<'c> Reader<'c> {
    pub(super) fn new(client: &'c Client) -> Self {
        Self { client, manifests: Shelf::default(), blobs: Shelf::default() }
    }

    /// The manifest of a reference.
    pub(super) async fn manifest(&self, reference: &Reference) -> Result<Arc<Raw>, Miss> {
        let key = (reference.repository(), reference.pointer().to_owned());
        let read = async || match self.client.manifest(reference).await {
            Ok(Some(raw)) => Ok(Arc::new(raw)),
            Ok(None) => Err(Miss::Missing),
            Err(error) => Err(Miss::Error(error)),
        };
        slot(&self.manifests, key).get_or_try_init(read).await.cloned()
    }

    /// A configuration.
    pub(super) async fn blob(&self, repository: &Repository, blob: &Descriptor) -> Result<Arc<Vec<u8>>, Error> {
        let key = (repository.clone(), blob.digest.to_string());
        let read = async || self.client.blob(repository, blob).await.map(Arc::new);
        slot(&self.blobs, key).get_or_try_init(read).await.cloned()
    }
}

fn slot<K: Eq + Hash, V>(shelf: &Shelf<K, V>, key: K) -> Arc<OnceCell<Arc<V>>> {
    shelf.lock().expect("no holder panics").entry(key).or_default().clone()
}
