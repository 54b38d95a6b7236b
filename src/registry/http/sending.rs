//! A body on its way out: how long ago a piece of it was taken.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Body as HttpBody, Frame, SizeHint};
use reqwest::Body;
use tokio::time::{Instant, sleep_until};

/// What has become of a request so far.
#[derive(Clone)]
pub(super) struct Sending(Arc<Mutex<State>>);

struct State {
    /// When the last piece was taken, or it began.
    moved: Instant,
    /// Whether all of a long body has been taken.
    is_whole: bool,
}

impl Sending {
    pub(super) fn begin() -> Self {
        Self(Arc::new(Mutex::new(State { moved: Instant::now(), is_whole: false })))
    }

    /// The same body, watched.
    pub(super) fn watch(&self, inner: Body) -> Body {
        Body::wrap(Watched { inner, sending: self.clone() })
    }

    /// Ends when nothing has moved for `limit`. A registry that has got a long body may have to put it away before it
    /// answers: how long that may take, the caller knows.
    pub(super) async fn silent(&self, limit: Duration) {
        loop {
            let (moved, is_whole) = {
                let state = self.0.lock().expect("no holder panics");
                (state.moved, state.is_whole)
            };
            if is_whole {
                return std::future::pending().await;
            }
            if moved.elapsed() >= limit {
                return;
            }
            sleep_until(moved + limit).await;
        }
    }

    fn moved(&self, is_whole: bool) {
        let mut state = self.0.lock().expect("no holder panics");
        state.moved = Instant::now();
        state.is_whole |= is_whole;
    }
}

struct Watched {
    inner: Body,
    sending: Sending,
}

impl HttpBody for Watched {
    type Data = <Body as HttpBody>::Data;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = ready!(Pin::new(&mut self.inner).poll_frame(context));
        // Who knows the length does not ask for the end.
        let is_whole = polled.is_none() || self.inner.size_hint().exact() == Some(0);
        self.sending.moved(is_whole);
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
