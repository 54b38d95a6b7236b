//! Whether somebody still reads what is written in order, such as into a pipe.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::file::{Handle, check_close};

/// Who reads.
#[derive(Clone, Default)]
pub(super) struct Reader(Arc<AtomicBool>);

/// What is written for a reader.
pub(super) struct Watched<W> {
    out: W,
    reader: Reader,
}

impl Reader {
    /// Whether nobody reads any more.
    pub(super) fn is_gone(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Watches whether what is written is read.
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

    /// The end of what is written.
    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush().and_then(|()| check_close(&self.out));
        self.seen(flushed)
    }
}
