//! What is read for several targets is read once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;

use crate::oci::{Descriptor, Raw};
use crate::reference::{Place, Reference};
use crate::store::{Error, Store};

/// Why nothing could be read.
pub(super) enum Miss {
    /// There is nothing.
    Missing,
    /// The place did not answer well.
    Error(Error),
}

type Shelf<K, V> = Mutex<HashMap<K, Arc<OnceCell<Arc<V>>>>>;

/// Manifests and configurations of one call.
pub(super) struct Reader<'c> {
    pub(super) store: &'c Store,
    manifests: Shelf<(Place, String), Raw>,
    blobs: Shelf<(Place, String), Vec<u8>>,
}

impl<'c> Reader<'c> {
    pub(super) fn new(store: &'c Store) -> Self {
        Self { store, manifests: Shelf::default(), blobs: Shelf::default() }
    }

    /// The manifest of a reference.
    pub(super) async fn manifest(&self, reference: &Reference) -> Result<Arc<Raw>, Miss> {
        let key = (reference.place(), reference.pointer().to_owned());
        let read = async || match self.store.manifest(reference).await {
            Ok(Some(raw)) => Ok(Arc::new(raw)),
            Ok(None) => Err(Miss::Missing),
            Err(error) => Err(Miss::Error(error)),
        };
        slot(&self.manifests, key).get_or_try_init(read).await.cloned()
    }

    /// A configuration.
    pub(super) async fn blob(&self, place: &Place, blob: &Descriptor) -> Result<Arc<Vec<u8>>, Error> {
        let key = (place.clone(), blob.digest.to_string());
        let read = async || self.store.blob(place, blob).await.map(Arc::new);
        slot(&self.blobs, key).get_or_try_init(read).await.cloned()
    }
}

fn slot<K: Eq + Hash, V>(shelf: &Shelf<K, V>, key: K) -> Arc<OnceCell<Arc<V>>> {
    shelf.lock().expect("no holder panics").entry(key).or_default().clone()
}
