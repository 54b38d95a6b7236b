//! Notices when the reader of a pipe has gone.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::file::{Handle, check_close};

#[derive(Clone, Default)]
pub(super) struct Reader(Arc<AtomicBool>);

/// A writer that notices when its reader has gone.
pub(super) struct Watched<W> {
    out: W,
    reader: Reader,
}

impl Reader {
    /// Whether a write found the pipe closed.
    pub(super) fn is_gone(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Wraps a writer.
    pub(super) fn watched<W: Write + Handle>(&self, out: W) -> Watched<W> {
        Watched { out, reader: self.clone() }
    }
}

impl<W> Watched<W> {
    fn seen<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if result.as_ref().is_err_and(|error| error.kind() == ErrorKind::BrokenPipe) {
            self.reader.0.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl<W: Write + Handle> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.seen(written)
    }

    /// Also reports what closing would.
    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush().and_then(|()| check_close(&self.out));
        self.seen(flushed)
    }
}
