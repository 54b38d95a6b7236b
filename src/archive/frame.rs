//! Content in blocks that say that it is stored as it is, so that where each byte stands follows from its place alone.

use std::io::{self, Read, Write};

use super::{Compression, Packed};

/// The longest stored block of deflate, in bytes ([RFC 1951, section 3.2.4](https://www.rfc-editor.org/rfc/rfc1951)).
const DEFLATE: u64 = 65_535;

/// The longest raw block of Zstandard, in bytes, with the window of `FRAME`.
const ZSTANDARD: u64 = 128 << 10;

/// Magic number, a descriptor without anything optional, a window of 128 KiB
/// ([RFC 8878, section 3.1.1](https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1)).
const FRAME: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];

/// Magic number, deflate, no name, no time, unknown system.
const MEMBER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// An empty stored block that is the last one.
const LAST: [u8; 5] = [1, 0, 0, 0xff, 0xff];

impl Compression {
    fn block(self) -> u64 {
        match self {
            Self::None => u64::MAX,
            Self::Gzip => DEFLATE,
            Self::Zstd => ZSTANDARD,
        }
    }

    /// What stands before the blocks of one part.
    fn opening(self) -> &'static [u8] {
        match self {
            Self::None | Self::Gzip => &[],
            Self::Zstd => &FRAME,
        }
    }

    /// What stands before a block of `size` bytes.
    fn header(self, size: u64, is_last: bool) -> Vec<u8> {
        match self {
            Self::None => Vec::new(),
            Self::Gzip => {
                let [low, high] = u16::try_from(size).expect("no block is longer").to_le_bytes();
                vec![0, low, high, !low, !high]
            }
            Self::Zstd => {
                let word = u32::try_from(size << 3).expect("no block is longer") | u32::from(is_last);
                word.to_le_bytes()[..3].to_vec()
            }
        }
    }
}

/// What stands before all parts.
pub(super) fn prologue(compression: Compression) -> &'static [u8] {
    match compression {
        Compression::Gzip => &MEMBER,
        Compression::None | Compression::Zstd => &[],
    }
}

/// The length of what stands after all parts.
pub(super) fn epilogue_size(compression: Compression) -> u64 {
    match compression {
        Compression::Gzip => LAST.len() as u64 + 8,
        Compression::None | Compression::Zstd => 0,
    }
}

/// What stands after all parts.
pub(super) fn epilogue(compression: Compression, parts: Vec<Framer>) -> Vec<u8> {
    if compression != Compression::Gzip {
        return Vec::new();
    }
    let mut all = crc32fast::Hasher::new();
    let mut size = 0_u64;
    for part in parts {
        all.combine(&part.checksum);
        size += part.size;
    }
    let size = u32::try_from(size % (1 << 32)).expect("it is the rest");
    [&LAST[..], &all.finalize().to_le_bytes(), &size.to_le_bytes()].concat()
}

/// The length of a part of `size` bytes; `None` if it overflows.
pub(super) fn framed(compression: Compression, size: u64) -> Option<u64> {
    if size == 0 {
        return Some(0);
    }
    let header = compression.header(0, false).len() as u64;
    let headers = size.div_ceil(compression.block()).checked_mul(header)?;
    size.checked_add(headers)?.checked_add(compression.opening().len() as u64)
}

/// Writes the content of one part in blocks, and sums it up.
#[derive(Clone, Debug)]
pub struct Framer {
    compression: Compression,
    size: u64,
    left: u64,
    block: u64,
    checksum: crc32fast::Hasher,
}

impl Framer {
    pub(super) fn new(compression: Compression, size: u64) -> Self {
        Self { compression, size, left: size, block: 0, checksum: crc32fast::Hasher::new() }
    }

    /// For a part that was compressed, and summed up, beforehand; it is written as it is.
    pub(super) fn packed(packed: &Packed) -> Self {
        let checksum = crc32fast::Hasher::new_with_initial_len(packed.checksum, packed.raw);
        Self { compression: Compression::None, size: packed.raw, left: packed.size, block: 0, checksum }
    }

    /// The next piece of the content, of which there is not more than there should be.
    pub fn write(&mut self, mut piece: &[u8], out: &mut dyn Write) -> io::Result<()> {
        if self.compression == Compression::None {
            return out.write_all(piece);
        }
        if self.compression == Compression::Gzip {
            self.checksum.update(piece);
        }
        while !piece.is_empty() {
            if self.block == 0 {
                if self.left == self.size {
                    out.write_all(self.compression.opening())?;
                }
                self.block = self.left.min(self.compression.block());
                out.write_all(&self.compression.header(self.block, self.block == self.left))?;
            }
            let length = piece.len().min(usize::try_from(self.block).unwrap_or(usize::MAX));
            out.write_all(&piece[..length])?;
            piece = &piece[length..];
            self.block -= length as u64;
            self.left -= length as u64;
        }
        Ok(())
    }
}

/// Reads the content of one part from its blocks; it ends early where they are not as they would be written.
#[derive(Debug)]
pub struct Unframer<R> {
    compression: Compression,
    size: u64,
    left: u64,
    block: u64,
    file: R,
}

impl<R: Read> Unframer<R> {
    pub(super) fn new(compression: Compression, size: u64, file: R) -> Self {
        Self { compression, size, left: size, block: 0, file }
    }

    fn expect(&mut self, expected: &[u8]) -> io::Result<bool> {
        let mut found = vec![0; expected.len()];
        self.file.read_exact(&mut found)?;
        Ok(found == expected)
    }
}

impl<R: Read> Read for Unframer<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        if self.block == 0 {
            self.block = self.left.min(self.compression.block());
            let header = self.compression.header(self.block, self.block == self.left);
            let is_first = self.left == self.size;
            if (is_first && !self.expect(self.compression.opening())?) || !self.expect(&header)? {
                self.left = 0;
                return Ok(0);
            }
        }
        let length = buffer.len().min(usize::try_from(self.block).unwrap_or(usize::MAX));
        let read = self.file.read(&mut buffer[..length])?;
        self.block -= read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}
