//! A tarball, planned before it is written: where each byte of its content will stand, so that its parts can be written
//! side by side and in any order.
//!
//! That works with compression as well. What is compressed already, as layers usually are, goes as it is into blocks that
//! are only marked as stored; only what is not is compressed, beforehand.

mod frame;
mod pack;
mod zstd;

use std::io;

pub use frame::{Framer, Unframer};
pub use pack::{LayerCompression, Packed, Verifier, decompressed, gzipped, packed, verifier};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    #[default]
    None,
    /// `.tar.gz` ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952)).
    Gzip,
    /// `.tar.zst` ([RFC 8878](https://www.rfc-editor.org/rfc/rfc8878)).
    Zstd,
}

#[derive(Clone, Debug)]
pub struct File<K> {
    /// Its path, with `/` between folders; a folder if it ends in one.
    pub path: String,
    pub content: Content<K>,
}

/// What is in a file; `K` says where it comes from.
#[derive(Clone, Debug)]
pub enum Content<K> {
    Bytes(Vec<u8>),
    /// Something of a length, which is stored as it is.
    Stored(K, u64),
    /// Something that was compressed beforehand.
    Packed(K, Packed),
}

/// A part of the tarball, at a known place.
#[derive(Clone, Debug)]
pub struct Part<K> {
    /// Where it begins in the file that is written, in bytes.
    pub at: u64,
    pub content: Content<K>,
}

/// A tarball, part by part.
#[derive(Clone, Debug)]
pub struct Archive<K> {
    pub compression: Compression,
    /// Its parts, in order and without gaps.
    pub parts: Vec<Part<K>>,
    /// Its length in bytes.
    pub size: u64,
}

/// Why there cannot be such a tarball.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its parts are too large for one file")]
pub struct TooLarge;

impl<K> Archive<K> {
    /// The tarball of some files. The same files give the same bytes: it has no times and no users.
    pub fn new(files: Vec<File<K>>, compression: Compression) -> Result<Self, TooLarge> {
        let mut contents = Vec::new();
        let mut pending = Vec::new();
        for file in files {
            let size = file.content.raw_size();
            let blocks = size.checked_next_multiple_of(512).ok_or(TooLarge)?;
            let padding = usize::try_from(blocks - size).expect("less than a block");
            pending.extend(header(&file.path, size));
            match file.content {
                Content::Bytes(bytes) => pending.extend(bytes),
                outside => {
                    contents.push(Content::Bytes(std::mem::take(&mut pending)));
                    contents.push(outside);
                }
            }
            pending.extend(vec![0; padding]);
        }
        // Two empty blocks are its end.
        pending.extend([0; 1024]);
        contents.push(Content::Bytes(pending));

        let mut at = frame::prologue(compression).len() as u64;
        let mut parts = Vec::new();
        // What comes from elsewhere is a part even without a byte: it is fetched, and so checked.
        let is_part = |content: &Content<K>| !matches!(content, Content::Bytes(bytes) if bytes.is_empty());
        for content in contents.into_iter().filter(is_part) {
            let size = match &content {
                Content::Packed(_, packed) => packed.size,
                _ => frame::framed(compression, content.raw_size()).ok_or(TooLarge)?,
            };
            parts.push(Part { at, content });
            at = at.checked_add(size).filter(|end| *end < u64::MAX / 4).ok_or(TooLarge)?;
        }
        Ok(Self { compression, parts, size: at + frame::epilogue_size(compression) })
    }

    /// What stands before the parts.
    pub fn prologue(&self) -> &'static [u8] {
        frame::prologue(self.compression)
    }

    /// What stands after the parts, by the checksum of each.
    pub fn epilogue(&self, checksums: Vec<Framer>) -> Vec<u8> {
        frame::epilogue(self.compression, checksums)
    }

    /// What writes the content of a part as it stands in the file.
    pub fn framer(&self, part: &Part<K>) -> Framer {
        match &part.content {
            Content::Packed(_, packed) => Framer::packed(packed),
            content => Framer::new(self.compression, content.raw_size()),
        }
    }

    /// What reads the content of a part as it stands in the file.
    pub fn unframer<R: io::Read>(&self, part: &Part<K>, file: R) -> Unframer<R> {
        Unframer::new(self.compression, part.content.raw_size(), file)
    }
}

impl<K> Content<K> {
    /// Its length without compression.
    pub fn raw_size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Stored(_, size) => *size,
            Self::Packed(_, packed) => packed.raw,
        }
    }
}

/// The header of a file in a tarball, as long as its path needs.
fn header(path: &str, size: u64) -> Vec<u8> {
    let is_folder = path.ends_with('/');
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(if is_folder { tar::EntryType::Directory } else { tar::EntryType::Regular });
    header.set_mode(if is_folder { 0o755 } else { 0o644 });
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut header, path, io::empty()).expect("a path of ours, written to memory");
    std::mem::take(builder.get_mut())
}

#[cfg(test)]
mod tests;
