//! Blobs of a registry: configurations, which are read whole; layers, which come and go in pieces.

mod download;
mod upload;

use super::client::{Call, Client, FRESH, Pace, Trouble};
use super::error::Error;
use super::redirect::Reach;
use super::retry::Patience;
use super::wire::{Answer, Ask, Body, HeaderMap, HeaderValue, Method, Url, header};
use crate::oci::{Descriptor, LONGEST_CONFIG};
use crate::reference::Repository;
use crate::transfer::Wrong;

pub use upload::Source;

/// A blob on its way: where it is, what it should be, and what is said of it in errors: `read layer ba7816bf8f01`.
#[derive(Clone, Copy)]
struct Parcel<'a> {
    repository: &'a Repository,
    blob: &'a Descriptor,
    what: &'a str,
}

impl Client {
    /// The content of a blob, of which not more is read than its descriptor says.
    pub async fn blob(&self, repository: &Repository, blob: &Descriptor) -> Result<Vec<u8>, Error> {
        let what = format!("read {} of {}", blob.digest, repository.path);
        let registry = || repository.registry.clone();
        if blob.size > LONGEST_CONFIG {
            return Err(Error::TooLarge { registry: registry(), what, limit: LONGEST_CONFIG });
        }
        let mut call = call(Method::GET, repository, format!("blobs/{}", blob.digest), &what);
        call.limit = Some(blob.size);
        let take = |answer: Answer| {
            if answer.status == 404 {
                return Err(self.refused(repository, &what, &answer));
            }
            if answer.body.len() as u64 != blob.size {
                let (expected, found) = (format!("{} bytes", blob.size), format!("{} bytes", answer.body.len()));
                return Err(Error::WrongBytes { registry: registry(), what: what.clone(), expected, found });
            }
            if !blob.digest.matches(&answer.body) {
                let found = crate::digest::Digest::of(&answer.body);
                return Err(Error::wrong_digest(&repository.registry, &what, &blob.digest, &found));
            }
            Ok(answer.body)
        };
        self.exchange_for(&call, take).await
    }
}

impl Parcel<'_> {
    /// It is not what it should be.
    fn wrong(&self, wrong: &Wrong) -> Error {
        let expected = match wrong {
            Wrong::Digest(_) => self.blob.digest.to_string(),
            Wrong::Long(_) | Wrong::Short { .. } => format!("{} bytes", self.blob.size),
        };
        let (registry, what) = (self.repository.registry.clone(), self.what.to_owned());
        Error::WrongBytes { registry, what, expected, found: wrong.to_string() }
    }
}

pub(super) fn call<'a>(method: Method, repository: &'a Repository, path: String, what: &'a str) -> Call<'a> {
    let reach = if matches!(method, Method::GET | Method::HEAD) { Reach::Anywhere } else { Reach::Write };
    Call { method, repository, path, what, headers: HeaderMap::new(), body: None, limit: None, reach }
}
