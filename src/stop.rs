//! Stops work on a signal.

use std::future::pending;
use std::pin::pin;

use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture, Shared, select};

/// How a process is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// By its user, who waits for it at a terminal.
    Interrupt,
    /// By the system, such as CI whose job is cancelled.
    Terminate,
    /// By a terminal that goes away.
    Hangup,
}

impl Signal {
    /// The exit code that a shell gives a program which ended by it.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Hangup => 129,
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// Ends work when a signal comes.
#[derive(Clone)]
pub struct Stop(Shared<LocalBoxFuture<'static, Signal>>);

impl Stop {
    /// Stops when the future gives a signal.
    pub fn when(signal: impl Future<Output = Signal> + 'static) -> Self {
        Self(signal.boxed_local().shared())
    }

    /// Never stops.
    pub fn never() -> Self {
        Self::when(pending())
    }

    /// Does something, unless a signal comes before it is done; it may then be done, or half done, or not.
    pub async fn before<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        if self.signal().is_some() {
            return None;
        }
        match select(pin!(work), self.0.clone()).await {
            Either::Left((done, _)) => Some(done),
            Either::Right(_) => None,
        }
    }

    /// The signal, if it was received.
    pub fn signal(&self) -> Option<Signal> {
        self.0.peek().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    #[test]
    fn work_ends_when_it_is_done_or_when_it_is_to() {
        let never = Stop::never();
        assert_eq!(never.before(ready(1)).now_or_never(), Some(Some(1)));
        assert_eq!(never.before(pending::<u8>()).now_or_never(), None);
        let stop = Stop::when(ready(Signal::Terminate));
        assert_eq!(stop.before(ready(1)).now_or_never(), Some(Some(1)), "what is done is done");
        assert_eq!(stop.signal(), None);
        assert_eq!(stop.clone().before(pending::<u8>()).now_or_never(), Some(None));
        assert_eq!(stop.signal(), Some(Signal::Terminate));
        assert_eq!(stop.before(ready(1)).now_or_never(), Some(None), "nothing is begun any more");
    }
}
