//! What a build job hands on where that is no file: the words of an output, its commit and the digest of each name that it
//! has pushed, in order. There are no names in it: CI systems drop an output in which they see a secret, and a user's name
//! may be one.

use super::HandoverError;
use crate::digest::Digest;
use crate::platform::Platform;

/// The longest of these, in bytes: some ten thousand digests.
const LONGEST: usize = 1 << 20;

/// What was pushed for a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub platform: Platform,
    /// The commit that it was built from.
    pub revision: String,
    digests: Vec<Digest>,
}

impl Words {
    /// Reads the words for indexes, so many of them.
    ///
    /// # Errors
    /// Nothing at all; words of another form; another number of digests.
    pub fn parse(platform: &Platform, text: &str, indexes: usize) -> Result<Self, HandoverError> {
        let bad = |why: String| HandoverError::Words { platform: platform.clone(), why };
        if text.len() > LONGEST {
            return Err(bad(format!("they are longer than {LONGEST} bytes")));
        }
        let mut words = text.split_ascii_whitespace();
        let Some(revision) = words.next() else { return Err(HandoverError::Nothing { platform: platform.clone() }) };
        if revision.starts_with("sha256:") {
            return Err(bad("the commit is missing".into()));
        }
        let digests: Vec<Digest> =
            words.map(str::parse).collect::<Result<_, _>>().map_err(|error| bad(format!("{error}")))?;
        if digests.len() != indexes {
            return Err(bad(format!("{} digests for {indexes} names", digests.len())));
        }
        Ok(Self { platform: platform.clone(), revision: revision.to_owned(), digests })
    }

    /// The digest for the index in that place.
    pub fn digest(&self, place: usize) -> &Digest {
        &self.digests[place]
    }
}
