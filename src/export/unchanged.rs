//! Whether a file holds the tarball already.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::layer::Origin;
use crate::archive::{Archive, Content, Framer, Part};
use crate::file;
use crate::transfer::Check;

/// How much of a file is read at a time, in bytes.
const PIECE: usize = 128 << 10;

/// Whether the file at `path` is what would be written, byte for byte; every layer in it is checked by its digest, so
/// nothing needs to be fetched for that. A file that cannot be read is not.
pub(super) fn is_same(archive: &Archive<Origin>, path: &Path) -> bool {
    let is_like = path.metadata().is_ok_and(|found| found.is_file() && found.len() == archive.size);
    is_like && compared(archive, path).unwrap_or(false)
}

fn compared(archive: &Archive<Origin>, path: &Path) -> io::Result<bool> {
    let mut file = file::open(path)?;
    if !is_next(&mut file, archive.prologue())? {
        return Ok(false);
    }
    // Each thread takes the next part until there is none, or one differs.
    let next = AtomicUsize::new(0);
    let framers: Mutex<Vec<Option<Framer>>> = Mutex::new(vec![None; archive.parts.len()]);
    let compare = || -> io::Result<bool> {
        let mut file = file::open(path)?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = archive.parts.get(number) else { return Ok(true) };
            file.seek(SeekFrom::Start(part.at))?;
            let Some(framer) = part_is_same(archive, part, &mut file)? else {
                next.store(archive.parts.len(), Ordering::Relaxed);
                return Ok(false);
            };
            framers.lock().expect("no holder panics")[number] = Some(framer);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(archive.parts.len());
    let all_same = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(compare)).collect();
        threads.into_iter().all(|thread| matches!(thread.join(), Ok(Ok(true))))
    });
    let framers: Option<Vec<Framer>> = framers.into_inner().expect("no holder panics").into_iter().collect();
    let (true, Some(framers)) = (all_same, framers) else { return Ok(false) };
    let epilogue = archive.epilogue(framers);
    file.seek(SeekFrom::Start(archive.size - epilogue.len() as u64))?;
    is_next(&mut file, &epilogue)
}

fn part_is_same(archive: &Archive<Origin>, part: &Part<Origin>, file: &mut File) -> io::Result<Option<Framer>> {
    let mut framer = archive.framer(part);
    let same = match &part.content {
        Content::Bytes(bytes) => {
            let mut framed = Vec::new();
            framer.write(bytes, &mut framed)?;
            is_next(file, &framed)?
        }
        Content::Stored(Origin::Blob(layer), _) | Content::Packed(Origin::Blob(layer), _) => {
            let mut check = Check::new(&layer.blob.digest, layer.blob.size);
            let mut content = archive.unframer(part, BufReader::with_capacity(PIECE, file));
            let mut piece = vec![0; PIECE];
            loop {
                let length = content.read(&mut piece)?;
                if length == 0 {
                    break check.finish().is_ok();
                }
                if check.take(&piece[..length]).is_err() {
                    break false;
                }
                framer.write(&piece[..length], &mut io::sink())?;
            }
        }
        Content::Stored(Origin::Prefetched(prefetched), _) | Content::Packed(Origin::Prefetched(prefetched), _) => {
            let mut prefetched = &**prefetched;
            prefetched.rewind()?;
            let mut piece = vec![0; PIECE];
            loop {
                let length = prefetched.read(&mut piece)?;
                let mut framed = Vec::new();
                framer.write(&piece[..length], &mut framed)?;
                if length == 0 {
                    break true;
                }
                if !is_next(file, &framed)? {
                    break false;
                }
            }
        }
    };
    Ok(same.then_some(framer))
}

/// Whether a file goes on with `expected`.
fn is_next(file: &mut File, expected: &[u8]) -> io::Result<bool> {
    let mut found = vec![0; expected.len()];
    file.read_exact(&mut found)?;
    Ok(found == expected)
}
