//! The thread that checks what arrives of a blob and writes it away, while the next piece is on its way.

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::registry::attempt::AttemptError;
use crate::registry::blob::transfer::BlobTransfer;
use crate::registry::error::Error;
use crate::registry::http::Piece;
use crate::transfer::{Check, Sink, Wrong};

/// How many pieces may wait; they have at most some hundred kilobytes each.
const WAITING: usize = 4;

/// What has arrived of a blob, and where it goes.
pub(super) struct Intake<S> {
    pub(super) check: Check,
    pub(super) sink: S,
    /// Whether something of it has gone there.
    is_begun: bool,
}

impl<S: Sink> Intake<S> {
    pub(super) fn new(check: Check, sink: S) -> Self {
        Self { check, sink, is_begun: false }
    }

    /// Begins again with `check`, because what has come is wrong; whether where it goes can take that back.
    pub(super) fn restart(&mut self, check: Check) -> Result<bool, Halt> {
        if self.is_begun && !self.sink.restart().map_err(|error| Halt::Output(error.to_string()))? {
            return Ok(false);
        }
        (self.check, self.is_begun) = (check, false);
        Ok(true)
    }
}

/// Why a worker wants no more.
pub(super) enum Halt {
    /// It is not what it should be.
    Wrong(Wrong),
    /// It could not be passed on.
    Output(String),
}

/// A thread at work on a blob.
pub(super) struct Worker<S> {
    pieces: Sender<Piece>,
    thread: JoinHandle<(Intake<S>, Result<(), Halt>)>,
}

/// The worker wants no more; why, it says at its end.
pub(super) struct Enough;

impl<S: Sink> Worker<S> {
    pub(super) fn start(mut intake: Intake<S>) -> Self {
        let (pieces, mut waiting) = channel(WAITING);
        let thread = spawn_blocking(move || {
            let worked = work(&mut intake, &mut waiting);
            (intake, worked)
        });
        Self { pieces, thread }
    }

    /// Hands on a piece, as soon as there is room for it.
    pub(super) async fn take(&self, piece: Piece) -> Result<(), Enough> {
        self.pieces.send(piece).await.map_err(|_| Enough)
    }

    /// Waits until all is done that was handed on.
    pub(super) async fn end(self) -> (Intake<S>, Result<(), Halt>) {
        drop(self.pieces);
        self.thread.await.expect("it does not panic")
    }
}

fn work<S: Sink>(intake: &mut Intake<S>, waiting: &mut Receiver<Piece>) -> Result<(), Halt> {
    while let Some(piece) = waiting.blocking_recv() {
        intake.check.take(&piece).map_err(Halt::Wrong)?;
        intake.is_begun = true;
        intake.sink.take(&piece).map_err(|error| Halt::Output(error.to_string()))?;
    }
    Ok(())
}

impl Halt {
    pub(super) fn into_error(self, transfer: BlobTransfer<'_>) -> AttemptError {
        match self {
            Self::Wrong(wrong) => transfer.wrong(&wrong).into(),
            Self::Output(why) => Error::Output(why).into(),
        }
    }
}
