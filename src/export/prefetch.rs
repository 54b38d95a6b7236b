//! Layers that must be at hand before the tarball is written, because its length depends on what becomes of them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio::sync::Semaphore;

use super::ExportError;
use super::layer::{Layer, Reason};
use crate::archive::{Compression, LayerCompression, Packed, decompressed, gzipped, packed};
use crate::digest::{Digest, Hasher};
use crate::oci::Descriptor;
use crate::store::Store;
use crate::transfer::Sink;

/// How many layers are compressed or decompressed at a time; each takes some memory, and Zstandard's window of it.
const WORKERS: usize = 2;

/// A layer in a scratch file.
#[derive(Clone, Debug)]
pub(super) struct Prefetched {
    pub(super) reason: Reason,
    /// What the tarball holds for it, which is another blob if it was converted.
    pub(super) blob: Descriptor,
    /// How it was compressed for the tarball, if it was.
    pub(super) packed: Option<Packed>,
    /// Its bytes, in a file without a name, which goes with this process.
    pub(super) file: Arc<File>,
}

/// Fetches and converts all layers that need it.
pub(super) async fn prefetch(
    store: &Store,
    layers: &[Layer],
    (compression, scratch): (Compression, &Path),
) -> Result<BTreeMap<Digest, Prefetched>, ExportError> {
    let needed = layers.iter().filter_map(|layer| Some((layer, layer.reason(compression)?)));
    let turns = Semaphore::new(WORKERS);
    let prefetched = needed.map(async |(layer, reason)| {
        let _turn = turns.acquire().await.expect("it is never closed");
        let prefetched = prefetch_one(store, (layer, reason), (compression, scratch)).await?;
        Ok::<_, ExportError>((layer.blob.digest.clone(), prefetched))
    });
    Ok(try_join_all(prefetched).await?.into_iter().collect())
}

async fn prefetch_one(
    store: &Store,
    (layer, reason): (&Layer, Reason),
    (compression, scratch): (Compression, &Path),
) -> Result<Prefetched, ExportError> {
    let failed = ExportError::output(scratch);
    let file = tempfile::tempfile_in(scratch).map_err(&failed)?;
    let fetched = store.fetch(&layer.place, &layer.blob, ScratchFile { file, folder: scratch.to_owned() }).await?;
    let mut fetched = fetched.file;
    fetched.rewind().map_err(&failed)?;

    let (kind, expected) = layer.content.clone().expect("only layers of images are prefetched");
    let made = tempfile::tempfile_in(scratch).map_err(&failed)?;
    // It keeps a processor busy for long.
    let worked = tokio::task::spawn_blocking(move || {
        let work = Conversion { kind, reason, compression, expected };
        work.run(fetched, made)
    });
    let done = worked.await.map_err(|error| failed(io::Error::other(error)))?.map_err(&failed)?;
    if let Some(flaw) = done.flaw {
        return Err(layer.flawed(&flaw));
    }
    let mut blob = layer.blob.clone();
    if let Some((digest, size)) = done.converted {
        blob = Descriptor { media_type: as_gzip(&blob.media_type), digest, size, ..blob };
    }
    Ok(Prefetched { reason, blob, packed: done.packed, file: Arc::new(done.file) })
}

/// A file without a name in a folder.
struct ScratchFile {
    file: File,
    folder: PathBuf,
}

impl Sink for ScratchFile {
    fn take(&mut self, piece: &[u8]) -> io::Result<()> {
        let failed = |cause| io::Error::other(format!("cannot write a file in {}: {cause}", self.folder.display()));
        self.file.write_all(piece).map_err(failed)
    }

    fn restart(&mut self) -> io::Result<bool> {
        self.file.rewind().and_then(|()| self.file.set_len(0)).map(|()| true)
    }
}

/// How a layer is decompressed, and perhaps compressed again.
struct Conversion {
    kind: LayerCompression,
    reason: Reason,
    compression: Compression,
    expected: Digest,
}

struct Converted {
    file: File,
    /// Why it could not be read to its end, or what it holds if that is wrong.
    flaw: Option<io::Error>,
    converted: Option<(Digest, u64)>,
    packed: Option<Packed>,
}

impl Conversion {
    fn run(self, fetched: File, mut made: File) -> io::Result<Converted> {
        let content = decompressed(self.kind, fetched.try_clone()?);
        let mut content = HashingReader { inner: content, hasher: self.expected.hasher(), flaw: None };
        let mut done = Converted { file: fetched, flaw: None, converted: None, packed: None };
        match self.reason {
            Reason::Check => drop(io::copy(&mut content, &mut io::sink())),
            Reason::Convert => {
                let mut out = HashingWriter { inner: BufWriter::new(&made), hasher: Hasher::new(), size: 0 };
                gzipped(&mut content, &mut out)?;
                done.converted = Some((out.hasher.finish(), out.size));
            }
            Reason::Pack => done.packed = Some(packed(self.compression, &mut content, &mut BufWriter::new(&made))?),
        }
        let found = content.hasher.finish();
        done.flaw = content.flaw.or_else(|| (found != self.expected).then(|| io::Error::other(found.to_string())));
        if self.reason != Reason::Check {
            made.rewind()?;
            done.file = made;
        }
        Ok(done)
    }
}

/// Content that is hashed as it is read. Content that cannot be read ends, and its flaw is reported afterwards.
struct HashingReader<R> {
    inner: R,
    hasher: Hasher,
    flaw: Option<io::Error>,
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer).unwrap_or_else(|error| {
            self.flaw = Some(error);
            0
        });
        self.hasher.update(&buffer[..length]);
        Ok(length)
    }
}

struct HashingWriter<W> {
    inner: W,
    hasher: Hasher,
    size: u64,
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..length]);
        self.size += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The media type of the same layer, compressed with gzip.
fn as_gzip(media_type: &str) -> String {
    match media_type.strip_suffix("zstd") {
        Some(rest) => format!("{rest}gzip"),
        None => media_type.to_owned(),
    }
}
