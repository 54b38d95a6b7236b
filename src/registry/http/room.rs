//! How many connections to a host are opened: as many as there are requests at a time.
//!
//! hyper's pool begins a connection for each request that finds none idle, and gives that request whichever is free
//! first. So while connections come about (TLS takes a few round trips) those that are there are passed on, the
//! requests after them begin more, and at the end there are up to twice as many as can be used. Here a connection that
//! is one too many waits: one of the others becomes free for its request.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task;
use tokio::time::timeout;
use tower_layer::Layer;
use tower_service::Service;

/// After how long a connection that is one too many is opened all the same: one that a server has closed while it was
/// idle is still counted.
const PATIENCE: Duration = Duration::from_secs(1);

type BoxError = Box<dyn Error + Send + Sync>;

/// The connections to one host.
pub(super) struct Room {
    /// How many may be opened still.
    free: Semaphore,
    /// How many more there may be for bodies that are read for long.
    for_streams: AtomicUsize,
}

impl Room {
    pub(super) fn new(width: usize, streams: usize) -> Arc<Self> {
        Arc::new(Self { free: Semaphore::new(width), for_streams: AtomicUsize::new(streams) })
    }

    /// A body is read for long, beside as many requests as before.
    pub(super) fn stream(&self) {
        let one_less = |left: usize| left.checked_sub(1);
        if self.for_streams.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
            self.free.add_permits(1);
        }
    }

    /// A connection has ended.
    pub(super) fn ended(&self) {
        self.free.add_permits(1);
    }
}

/// A connection that a request may need.
#[derive(Clone)]
struct Order {
    room: Arc<Room>,
    /// Whether it has waited for long. The sender goes when the request is answered, by whichever connection.
    is_late: watch::Receiver<bool>,
}

tokio::task_local! {
    /// That of the request which is being sent: hyper asks for its connection in the same task.
    static ORDER: Order;
}

/// Sends a request, for which a connection may be opened if there is room.
pub(super) async fn send<T>(room: &Arc<Room>, request: impl Future<Output = T>) -> T {
    let (late, is_late) = watch::channel(false);
    let mut sent = Box::pin(ORDER.scope(Order { room: Arc::clone(room), is_late }, request));
    if let Ok(answer) = timeout(PATIENCE, sent.as_mut()).await {
        return answer;
    }
    late.send_replace(true);
    sent.await
}

/// Bounds the connections of a client.
#[derive(Clone)]
pub(super) struct Bounds;

/// What opens connections, within bounds.
#[derive(Clone)]
pub(super) struct Bounded<S>(S);

impl<S> Layer<S> for Bounds {
    type Service = Bounded<S>;

    fn layer(&self, inner: S) -> Bounded<S> {
        Bounded(inner)
    }
}

impl<S, To> Service<To> for Bounded<S>
where
    S: Service<To, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, to: To) -> Self::Future {
        // Nothing is opened before it is awaited.
        let connecting = self.0.call(to);
        let Ok(mut order) = ORDER.try_with(Clone::clone) else { return Box::pin(connecting) };
        let task = task::try_id();
        Box::pin(async move {
            let permit = tokio::select! {
                biased;
                permit = order.room.free.acquire() => Some(permit?),
                // An error is that nobody waits any more.
                late = order.is_late.wait_for(|is_late| *is_late) => late.map(|_| None)?,
            };
            // hyper leaves what a request does not need any more to a task of its own.
            if permit.is_none() && task::try_id() != task {
                return Err("the request has another connection".into());
            }
            let connection = connecting.await?;
            if let Some(permit) = permit {
                permit.forget();
            }
            Ok(connection)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// Opens nothing, and counts.
    #[derive(Clone)]
    struct Opener(Arc<AtomicUsize>);

    impl Service<()> for Opener {
        type Response = ();
        type Error = BoxError;
        type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            let opened = Arc::clone(&self.0);
            Box::pin(async move {
                opened.fetch_add(1, Ordering::Relaxed);
                Ok(())
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_one_too_many_waits() {
        let (room, opened) = (Room::new(1, 1), Arc::new(AtomicUsize::new(0)));
        let open = || send(&room, async { Bounds.layer(Opener(Arc::clone(&opened))).call(()).await });
        let begun = tokio::time::Instant::now();
        open().await.expect("there is room");
        assert_eq!(begun.elapsed(), Duration::ZERO);
        open().await.expect("it is late");
        assert_eq!(begun.elapsed(), PATIENCE);
        room.ended();
        open().await.expect("one has ended");
        (0..3).for_each(|_| room.stream());
        open().await.expect("there is room for one more");
        assert_eq!((begun.elapsed(), opened.load(Ordering::Relaxed)), (PATIENCE, 4));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_opened_for_a_request_that_another_connection_serves() {
        let (room, opened) = (Room::new(0, 0), Arc::new(AtomicUsize::new(0)));
        let mut layered = Bounds.layer(Opener(Arc::clone(&opened)));
        let left_over = send(&room, async { Ok::<_, Infallible>(layered.call(())) }).await.expect("it is sent");
        left_over.await.expect_err("nobody waits for it");
        assert_eq!(opened.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_opened_for_a_request_that_another_connection_serves_slowly() {
        let (room, opened) = (Room::new(0, 0), Arc::new(AtomicUsize::new(0)));
        let mut layered = Bounds.layer(Opener(Arc::clone(&opened)));
        let mut left_over = None;
        let served = async {
            left_over = Some(tokio::spawn(layered.call(())));
            tokio::time::sleep(PATIENCE * 3).await;
        };
        send(&room, served).await;
        left_over.expect("it was begun").await.expect("it does not panic").expect_err("it is too many");
        assert_eq!(opened.load(Ordering::Relaxed), 0);
    }
}
