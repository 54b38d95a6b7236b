//! The tarball is written: all parts at a time into a file, or one after the other into a pipe.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use futures_util::future::try_join_all;

use super::ExportError;
use super::layer::{Inside, Origin, told};
use crate::archive::{Archive, Content, Framer, Part};
use crate::store::Store;
use crate::transfer::Sink;

/// How much of a file is read at a time, in bytes.
const PIECE: usize = 128 << 10;

/// Writes to a pipe, in order.
pub(super) async fn in_order(store: &Store, archive: &Archive<Origin>, out: &mut dyn Write) -> Result<(), ExportError> {
    let name = "standard output";
    let failed = ExportError::output(Path::new(name));
    out.write_all(archive.prologue()).map_err(&failed)?;
    let mut framers = Vec::new();
    for part in &archive.parts {
        framers.push(write(store, archive, part, (name, &mut |bytes| out.write_all(bytes))).await?);
    }
    out.write_all(&archive.epilogue(framers)).and_then(|()| out.flush()).map_err(&failed)
}

/// Writes to a file, which gets its name when it is whole.
pub(super) async fn side_by_side(store: &Store, archive: &Archive<Origin>, path: &Path) -> Result<(), ExportError> {
    let failed = ExportError::output(path);
    let mut partial = Partial::create(path)?;
    partial.file.write_all(archive.prologue()).map_err(&failed)?;
    let name = path.display().to_string();
    let parts = archive.parts.iter().map(async |part| {
        // Each has a place of its own, and so a file of its own, once something is there to be written.
        let mut file: Option<File> = None;
        let mut out = |bytes: &[u8]| {
            if let Some(file) = &mut file {
                return file.write_all(bytes);
            }
            let opened = file.insert(OpenOptions::new().write(true).open(&partial.aside)?);
            opened.seek(SeekFrom::Start(part.at))?;
            opened.write_all(bytes)
        };
        write(store, archive, part, (&name, &mut out)).await
    });
    let epilogue = archive.epilogue(try_join_all(parts).await?);
    partial.file.seek(SeekFrom::Start(archive.size - epilogue.len() as u64)).map_err(&failed)?;
    partial.file.write_all(&epilogue).map_err(&failed)?;
    partial.finish()
}

/// Writes one part.
async fn write(
    store: &Store,
    archive: &Archive<Origin>,
    part: &Part<Origin>,
    (name, out): (&str, &mut Sink<'_>),
) -> Result<Framer, ExportError> {
    let mut framer = archive.framer(part);
    let mut out = Through(out);
    let failed = ExportError::output(Path::new(name));
    match &part.content {
        Content::Bytes(bytes) => framer.write(bytes, &mut out).map_err(failed)?,
        Content::Stored(Origin::Blob(layer), _) | Content::Packed(Origin::Blob(layer), _) => {
            let mut inside = Inside::of(layer);
            let mut sink = told(name, |piece| {
                if let Some(inside) = &mut inside {
                    inside.take(piece);
                }
                framer.write(piece, &mut out)
            });
            store.fetch(&layer.place, &layer.blob, &mut sink).await?;
            drop(sink);
            inside.map_or(Ok(()), Inside::finish).map_err(|found| layer.wrong(found))?;
        }
        Content::Stored(Origin::Staged(file), _) | Content::Packed(Origin::Staged(file), _) => {
            let mut file = &**file;
            file.rewind().map_err(&failed)?;
            let mut piece = vec![0; PIECE];
            loop {
                let length = file.read(&mut piece).map_err(&failed)?;
                if length == 0 {
                    break;
                }
                framer.write(&piece[..length], &mut out).map_err(&failed)?;
            }
        }
    }
    Ok(framer)
}

/// A closure that is written to.
struct Through<'o, 's>(&'o mut Sink<'s>);

impl Write for Through<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is being written beside the one that it will be; it goes if it never is.
struct Partial {
    file: File,
    aside: PathBuf,
    path: PathBuf,
    is_done: bool,
}

impl Partial {
    fn create(path: &Path) -> Result<Self, ExportError> {
        let failed = ExportError::output(path);
        let name = path.file_name().ok_or_else(|| failed(io::Error::other("it is no file")))?;
        // One name for all runs, so that what a killed one left is not left for ever.
        let aside = path.with_file_name(format!(".{}.partial", name.to_string_lossy()));
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&aside).map_err(&failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(failed(io::Error::other("another splitbuild is writing it")));
            }
            // Not every file system has locks.
            Err(fs::TryLockError::Error(_)) => {}
        }
        file.set_len(0).map_err(&failed)?;
        Ok(Self { file, aside, path: path.to_owned(), is_done: false })
    }

    fn finish(mut self) -> Result<(), ExportError> {
        fs::rename(&self.aside, &self.path).map_err(ExportError::output(&self.path))?;
        self.is_done = true;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_done {
            // What cannot be removed does no harm: the next run begins with it.
            let _ = fs::remove_file(&self.aside);
        }
    }
}
