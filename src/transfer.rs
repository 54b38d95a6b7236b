//! Content on its way from one place to another: counted, hashed, and stopped as soon as it cannot be what it should be.

use std::io;
use std::sync::Arc;

use crate::digest::{Digest, Hasher};

/// How many blobs are under way at a time, at most: enough to fill a line, and few enough to be read at the same pace.
pub const TRANSFERS: usize = 6;

/// Where content goes, piece by piece and in order. It works on a thread of its own, so that several blobs keep several
/// processors busy.
pub trait Sink: Send + 'static {
    /// Takes in the next piece; an error ends the transfer.
    fn take(&mut self, piece: &[u8]) -> io::Result<()>;

    /// Forgets what it has taken in, which was wrong, and begins again; whether it can.
    fn restart(&mut self) -> io::Result<bool> {
        Ok(false)
    }
}

impl Sink for Vec<u8> {
    fn take(&mut self, piece: &[u8]) -> io::Result<()> {
        self.extend_from_slice(piece);
        Ok(())
    }

    fn restart(&mut self) -> io::Result<bool> {
        self.clear();
        Ok(true)
    }
}

impl Sink for () {
    fn take(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn restart(&mut self) -> io::Result<bool> {
        Ok(true)
    }
}

/// A step of a transfer, for progress bars.
#[derive(Clone, Debug)]
pub enum Progress<'a> {
    /// Content begins to move.
    Begun {
        digest: &'a Digest,
        /// Its length in bytes.
        size: u64,
    },
    /// A piece has moved.
    Moved {
        digest: &'a Digest,
        /// The length of the piece in bytes.
        bytes: u64,
    },
    /// All of it has moved.
    Ended { digest: &'a Digest },
    /// It stopped before its end, or was not what it should be; perhaps it begins again.
    Broken { digest: &'a Digest },
}

/// Who watches; pieces may move on any thread.
pub type Watch = Arc<dyn Fn(&Progress<'_>) + Send + Sync>;

/// Counts and hashes content that should have a digest and a length.
#[derive(Clone, Debug)]
pub struct Check {
    expected: Digest,
    hasher: Hasher,
    size: u64,
    taken: u64,
}

/// Why content is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("more than {0} bytes")]
    Long(u64),
    #[error("{found} bytes")]
    Short { expected: u64, found: u64 },
    #[error("{0}")]
    Digest(Digest),
}

impl Check {
    /// Content of `size` bytes with a digest.
    pub fn new(expected: &Digest, size: u64) -> Self {
        Self { expected: expected.clone(), hasher: expected.hasher(), size, taken: 0 }
    }

    /// How many bytes there have been.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// How many bytes are still to come.
    pub fn left(&self) -> u64 {
        self.size - self.taken
    }

    /// The next piece. With the last one the digest is compared, so that a piece that is good may be passed on.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), Wrong> {
        let more = bytes.len() as u64;
        if more > self.left() {
            return Err(Wrong::Long(self.size));
        }
        self.taken += more;
        self.hasher.update(bytes);
        if self.left() == 0 { self.finish() } else { Ok(()) }
    }

    /// Whether content that has come to its end is whole and right.
    pub fn finish(&self) -> Result<(), Wrong> {
        if self.left() > 0 {
            return Err(Wrong::Short { expected: self.size, found: self.taken });
        }
        let found = self.hasher.clone().finish();
        if found == self.expected { Ok(()) } else { Err(Wrong::Digest(found)) }
    }

    /// Whether the bytes so far are those that `other` has seen, which must be as many.
    pub fn is_at_one_with(&self, other: &Self) -> bool {
        self.taken == other.taken && self.hasher.clone().finish() == other.hasher.clone().finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &[u8], size: u64) -> Check {
        Check::new(&Digest::of(content), size)
    }

    #[test]
    fn good_content_in_pieces() {
        let mut check = check(b"abcdef", 6);
        assert_eq!(check.take(b"abc"), Ok(()));
        assert_eq!((check.taken(), check.left()), (3, 3));
        assert_eq!(check.finish(), Err(Wrong::Short { expected: 6, found: 3 }));
        assert_eq!(check.take(b"def"), Ok(()));
        assert_eq!(check.finish(), Ok(()));
        assert_eq!(check.take(b"g"), Err(Wrong::Long(6)));
    }

    #[test]
    fn the_last_piece_is_refused_before_it_is_passed_on() {
        let mut check = check(b"abcdef", 6);
        assert_eq!(check.take(b"abX"), Ok(()));
        assert_eq!(check.take(b"def"), Err(Wrong::Digest(Digest::of(b"abXdef"))));
    }

    #[test]
    fn two_readings_of_one_beginning() {
        let (mut one, mut other) = (check(b"abcdef", 6), check(b"abcdef", 6));
        one.take(b"abc").expect("good so far");
        assert!(!one.is_at_one_with(&other));
        other.take(b"abX").expect("good so far");
        assert!(!one.is_at_one_with(&other));
        let mut third = Check::new(&Digest::of(b"abcdef"), 6);
        third.take(b"abc").expect("good so far");
        assert!(one.is_at_one_with(&third));
    }
}
