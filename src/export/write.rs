//! The tarball is written: all parts at a time into a file, or one after the other into a pipe.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;

use futures_util::future::try_join_all;

use super::ExportError;
use super::layer::{ContentCheck, Layer, Origin};
use crate::archive::{Archive, Content, Framer, Part};
use crate::file::Draft;
use crate::store::Store;
use crate::transfer::Sink;

/// How much of a file is read at a time, in bytes.
const PIECE: usize = 128 << 10;

/// Something that is written to in order, for who it belongs to and for threads.
pub type Stream = Box<dyn Write + Send>;

/// Makes a writer for one place of a file, each time that it is written.
type NewStream = Box<dyn Fn() -> Stream + Send>;

/// Writes to a pipe, in order.
pub(super) async fn in_order(
    store: &Store,
    archive: &Archive<Origin>,
    (name, out): (&str, Stream),
) -> Result<(), ExportError> {
    let failed = ExportError::output(Path::new(name));
    let mut out = out;
    out.write_all(archive.prologue()).map_err(&failed)?;
    let mut framers = Vec::new();
    for part in &archive.parts {
        let (framer, back) = write(store, archive, part, (name, out, None)).await?;
        out = back;
        framers.push(framer);
    }
    out.write_all(&archive.epilogue(framers)).and_then(|()| out.flush()).map_err(&failed)
}

/// Writes to a file, which gets its name when it is whole.
pub(super) async fn side_by_side(store: &Store, archive: &Archive<Origin>, path: &Path) -> Result<(), ExportError> {
    let failed = ExportError::output(path);
    let draft = Draft::of(path).map_err(&failed)?;
    draft.writer_at(0).write_all(archive.prologue()).map_err(&failed)?;
    let name = path.display().to_string();
    let parts = archive.parts.iter().map(async |part| {
        let writer = draft.writer_at(part.at);
        let again: NewStream = Box::new(move || Box::new(writer.clone()));
        write(store, archive, part, (&name, again(), Some(again))).await.map(|(framer, _)| framer)
    });
    let epilogue = archive.epilogue(try_join_all(parts).await?);
    draft.writer_at(archive.size - epilogue.len() as u64).write_all(&epilogue).map_err(&failed)?;
    draft.finish().map_err(failed)
}

async fn write(
    store: &Store,
    archive: &Archive<Origin>,
    part: &Part<Origin>,
    (name, out, again): (&str, Stream, Option<NewStream>),
) -> Result<(Framer, Stream), ExportError> {
    let failed = ExportError::output(Path::new(name));
    let framer = archive.framer(part);
    let mut framed = Framed { framer, inside: None, name: name.to_owned(), out, begin: None };
    match &part.content {
        Content::Bytes(bytes) => framed.framer.write(bytes, &mut framed.out).map_err(failed)?,
        Content::Stored(Origin::Blob(layer), _) | Content::Packed(Origin::Blob(layer), _) => {
            framed.inside = ContentCheck::of(layer);
            framed.begin = again.map(|again| (framed.framer.clone(), layer.clone(), again));
            framed = store.fetch(&layer.place, &layer.blob, framed).await?;
            framed.inside.take().map_or(Ok(()), ContentCheck::finish).map_err(|found| layer.wrong(found))?;
        }
        Content::Stored(Origin::Prefetched(file), _) | Content::Packed(Origin::Prefetched(file), _) => {
            let mut file: &File = file;
            file.rewind().map_err(&failed)?;
            let mut piece = vec![0; PIECE];
            loop {
                let length = file.read(&mut piece).map_err(&failed)?;
                if length == 0 {
                    break;
                }
                framed.framer.write(&piece[..length], &mut framed.out).map_err(&failed)?;
            }
        }
    }
    Ok((framed.framer, framed.out))
}

/// A layer on its way into the tarball.
struct Framed {
    framer: Framer,
    inside: Option<ContentCheck>,
    name: String,
    out: Stream,
    /// What it began with, if it can begin again: a pipe has passed on what it has got.
    begin: Option<(Framer, Arc<Layer>, NewStream)>,
}

impl Sink for Framed {
    fn take(&mut self, piece: &[u8]) -> io::Result<()> {
        if let Some(inside) = &mut self.inside {
            inside.take(piece);
        }
        let written = self.framer.write(piece, &mut self.out);
        written.map_err(|cause| io::Error::other(format!("cannot write {}: {cause}", self.name)))
    }

    fn restart(&mut self) -> io::Result<bool> {
        let Some((framer, layer, again)) = &self.begin else { return Ok(false) };
        (self.framer, self.inside, self.out) = (framer.clone(), ContentCheck::of(layer), again());
        Ok(true)
    }
}
