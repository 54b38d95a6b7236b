//! `sha256:…`: a digest, parsed, printed, and computed over bytes.

use std::fmt;
use std::str::FromStr;

use ring::digest::{Context, SHA256, SHA512};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The digest of some content, by an algorithm that the
/// [OCI image spec](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#registered-algorithms) registers:
/// `sha256` or `sha512`, in lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(String);

/// Why a text is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a digest; expected sha256: and 64 hexadecimal digits", .0.escape_debug())]
pub struct DigestError(pub String);

impl Digest {
    /// The SHA-256 of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        hasher.finish()
    }

    /// The digest as it is written everywhere, `sha256:…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough of it for a person: the first twelve hexadecimal digits.
    pub fn short(&self) -> &str {
        let digits = self.0.split_once(':').map_or("", |(_, digits)| digits);
        &digits[..12]
    }

    /// Whether it is the digest of `bytes`.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish() == *self
    }

    /// Whether it is by the algorithm that everybody uses, and by which registries know what has only a tag.
    pub fn is_common(&self) -> bool {
        self.0.starts_with("sha256:")
    }

    /// Whether no content has both digests: they are by one algorithm, and differ.
    pub fn contradicts(&self, other: &Self) -> bool {
        self.is_common() == other.is_common() && self != other
    }

    /// Computes a digest by the same algorithm, piece by piece.
    pub fn hasher(&self) -> Hasher {
        if self.0.starts_with("sha512:") { Hasher(Context::new(&SHA512)) } else { Hasher::new() }
    }
}

/// Computes a digest over content that arrives in pieces, by the library that TLS brings: in assembly, in every profile.
#[derive(Clone)]
pub struct Hasher(Context);

impl Hasher {
    /// Computes a SHA-256.
    #[expect(clippy::new_without_default, reason = "which algorithm is the default is no matter of course")]
    pub fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// Takes in the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all pieces.
    pub fn finish(self) -> Digest {
        let name = if *self.0.algorithm() == SHA512 { "sha512" } else { "sha256" };
        Digest(format!("{name}:{}", hexadecimal(self.0.finish().as_ref())))
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let length = match text.split_once(':') {
            Some(("sha256", _)) => 64,
            Some(("sha512", _)) => 128,
            _ => 0,
        };
        let digits = text.split_once(':').map_or("", |(_, digits)| digits);
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if length == 0 || digits.len() != length || !digits.bytes().all(is_digit) {
            return Err(DigestError(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the specification of SHA-2: the digests of `abc`.
    const ABC_256: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const ABC_512: &str = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

    #[test]
    fn known_digests() {
        assert_eq!(Digest::of(b"abc").as_str(), ABC_256);
        for known in [ABC_256, ABC_512] {
            let digest: Digest = known.parse().expect("a digest");
            assert!(digest.matches(b"abc") && !digest.matches(b"abd"), "{known}");
        }
        assert_eq!(Digest::of(b"abc").short(), "ba7816bf8f01");
        let [short, long]: [Digest; 2] = [ABC_256, ABC_512].map(|known| known.parse().expect("a digest"));
        assert!(Digest::of(b"abd").contradicts(&short) && !long.contradicts(&short) && !short.contradicts(&short));
    }

    #[test]
    fn what_is_no_digest() {
        let upper = ABC_256.to_uppercase();
        for bad in ["", "sha256:", "abc", "md5:00", &ABC_256[..70], &upper, &ABC_256.replace("sha256", "sha512")] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }
}
