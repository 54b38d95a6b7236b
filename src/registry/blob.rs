//! Blobs of a registry: configurations, which are read whole; layers, which come and go in pieces.

mod download;
mod transfer;
mod upload;

use super::call::Call;
use super::client::Client;
use super::error::Error;
use super::http::{BodyUse, Method, Response};
use crate::digest::Digest;
use crate::oci::{Descriptor, LONGEST_CONFIG};
use crate::reference::Repository;

pub use upload::Source;

impl Client {
    /// The content of a blob, of which not more is read than its descriptor says.
    pub async fn blob(&self, repository: &Repository, blob: &Descriptor) -> Result<Vec<u8>, Error> {
        let what = format!("read {} of {}", blob.digest, repository.path);
        let registry = || repository.registry.clone();
        if blob.size > LONGEST_CONFIG {
            return Err(Error::TooLarge { registry: registry(), what, limit: LONGEST_CONFIG });
        }
        let mut call = Call::new(Method::GET, repository, format!("blobs/{}", blob.digest), &what);
        call.body_use = BodyUse::Document(blob.size);
        let take = |response: Response| {
            if response.status == 404 {
                return Err(self.host(&repository.registry).refused(&what, &response));
            }
            if response.body.len() as u64 != blob.size {
                let (expected, found) = (format!("{} bytes", blob.size), format!("{} bytes", response.body.len()));
                return Err(Error::WrongBytes { registry: registry(), what: what.clone(), expected, found });
            }
            if !blob.digest.matches(&response.body) {
                let found = Digest::of(&response.body);
                return Err(Error::wrong_digest(&repository.registry, &what, &blob.digest, &found));
            }
            Ok(response.body)
        };
        self.exchange_for(&call, take).await
    }
}
