//! Compression and decompression of content that is at hand as a file.

use std::io::{self, BufReader, Read, Write};

use flate2::FlushCompress;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress};

use super::Compression;
use super::zstd::Frames;

/// How much is compressed at a time, in bytes.
const PIECE: usize = 64 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerCompression {
    Plain,
    Gzip,
    Zstd,
}

/// What was compressed beforehand, to stand in a tarball as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Its length.
    pub size: u64,
    /// The length of the content.
    pub raw: u64,
    /// The CRC-32 of the content.
    pub checksum: u32,
}

impl LayerCompression {
    /// The kind of a layer by its
    /// [media type](https://github.com/opencontainers/image-spec/blob/main/media-types.md); `None` if it is no layer of an
    /// image.
    pub fn of(media_type: &str) -> Option<Self> {
        match media_type {
            kind if kind.ends_with("tar+gzip") || kind.ends_with("tar.gzip") => Some(Self::Gzip),
            kind if kind.ends_with("tar+zstd") || kind.ends_with("tar.zstd") => Some(Self::Zstd),
            kind if kind.ends_with(".tar") => Some(Self::Plain),
            _ => None,
        }
    }
}

/// The content of a layer without its compression.
pub fn decompressed<'r>(kind: LayerCompression, layer: impl Read + 'r) -> Box<dyn Read + 'r> {
    match kind {
        LayerCompression::Plain => Box::new(layer),
        LayerCompression::Gzip => Box::new(MultiGzDecoder::new(BufReader::new(layer))),
        LayerCompression::Zstd => Box::new(Frames::new(layer)),
    }
}

/// Decompresses what is written to it, for content that only passes by.
pub trait Verifier: Write + Send {
    /// Whether what was written came to its end: not cut short, and with the right checksum and length.
    fn finish(&mut self) -> io::Result<()>;
}

/// A verifier; there is none for Zstandard.
pub fn verifier(kind: LayerCompression, out: impl Write + Send + 'static) -> Option<Box<dyn Verifier>> {
    match kind {
        LayerCompression::Plain => Some(Box::new(Plain(out))),
        LayerCompression::Gzip => Some(Box::new(flate2::write::MultiGzDecoder::new(out))),
        LayerCompression::Zstd => None,
    }
}

/// What needs no decompression, and ends where it ends.
struct Plain<W>(W);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write + Send> Verifier for Plain<W> {
    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }
}

impl<W: Write + Send> Verifier for flate2::write::MultiGzDecoder<W> {
    fn finish(&mut self) -> io::Result<()> {
        let why = "a gzip stream that is truncated, or has a wrong checksum or length";
        self.try_finish().map_err(|_| io::Error::other(why))
    }
}

/// Compresses content with gzip, the same content always to the same bytes.
pub fn gzipped(content: &mut dyn Read, out: impl Write) -> io::Result<()> {
    let mut encoder = GzEncoder::new(out, flate2::Compression::default());
    io::copy(content, &mut encoder)?;
    encoder.finish()?.flush()
}

/// Compresses content as a part of a tarball.
pub fn packed(compression: Compression, content: impl Read, out: &mut dyn Write) -> io::Result<Packed> {
    let mut counted = CountingReader { inner: content, raw: 0, checksum: crc32fast::Hasher::new(), failed: None };
    let mut written = CountingWriter { inner: out, size: 0, failed: None };
    match compression {
        Compression::None => drop(io::copy(&mut counted, &mut written)),
        Compression::Gzip => deflate(&mut counted, &mut written)?,
        Compression::Zstd => compress(&mut counted, &mut written, CompressionLevel::Fastest),
    }
    if let Some(error) = counted.failed.or(written.failed) {
        return Err(error);
    }
    Ok(Packed { size: written.size, raw: counted.raw, checksum: counted.checksum.finalize() })
}

/// Deflates content to whole bytes, after which more blocks may follow.
fn deflate(content: &mut impl Read, out: &mut impl Write) -> io::Result<()> {
    let mut deflate = flate2::Compress::new(flate2::Compression::default(), false);
    let mut piece = vec![0; PIECE];
    let mut packed = Vec::with_capacity(PIECE);
    loop {
        let length = content.read(&mut piece)?;
        let flush = if length == 0 { FlushCompress::Sync } else { FlushCompress::None };
        let mut done = 0;
        loop {
            packed.clear();
            let before = deflate.total_in();
            deflate.compress_vec(&piece[done..length], &mut packed, flush).map_err(io::Error::other)?;
            done += usize::try_from(deflate.total_in() - before).expect("not more than there is");
            out.write_all(&packed)?;
            if done == length && packed.len() < packed.capacity() {
                break;
            }
        }
        if length == 0 {
            return Ok(());
        }
    }
}

/// A reader that is counted and summed up. It ends instead of failing, for an encoder that cannot say that it failed.
struct CountingReader<R> {
    inner: R,
    raw: u64,
    checksum: crc32fast::Hasher,
    failed: Option<io::Error>,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer).unwrap_or_else(|error| {
            self.failed = Some(error);
            0
        });
        self.raw += length as u64;
        self.checksum.update(&buffer[..length]);
        Ok(length)
    }
}

/// A writer that is counted. It swallows everything once it has failed, for the same reason.
struct CountingWriter<'w> {
    inner: &'w mut dyn Write,
    size: u64,
    failed: Option<io::Error>,
}

impl Write for CountingWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed.is_none()
            && let Err(error) = self.inner.write_all(bytes)
        {
            self.failed = Some(error);
        }
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
