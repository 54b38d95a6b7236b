//! Calls side by side: most of them wait.

use std::sync::Mutex;

/// Does something with each, so many at a time; the results in no order.
pub fn each<T: Send, R: Send>((width, all): (usize, Vec<T>), work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let (queue, done) = (Mutex::new(all.into_iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..width {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no holder panics").next();
                    let Some(next) = next else { return };
                    let result = work(next);
                    done.lock().expect("no holder panics").push(result);
                }
            });
        }
    });
    done.into_inner().expect("no holder panics")
}
