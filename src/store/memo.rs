//! What is asked for by its digest stays what it is: it is asked for once, however often it is wanted.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;

use super::Error;

/// An answer of a place, or that there is none.
type Answer<V> = Result<Option<Arc<V>>, Error>;

/// Answers of one call.
pub(super) struct Memo<K, V>(Mutex<HashMap<K, Arc<OnceCell<Answer<V>>>>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone, V> Memo<K, V> {
    /// The answer that is known or under way, else a new one. All who wait for it get it; but what is not there, or could
    /// not be had, may be so later, and is asked for again by those who come then.
    pub(super) async fn get(&self, key: K, ask: impl AsyncFnOnce() -> Answer<V>) -> Answer<V> {
        let cell = self.known().entry(key.clone()).or_default().clone();
        // Only one of thousands may have to ask; those who wait need no room for that.
        let answer = cell.get_or_init(|| Box::pin(ask())).await.clone();
        if !matches!(answer, Ok(Some(_))) {
            let mut known = self.known();
            if known.get(&key).is_some_and(|newest| Arc::ptr_eq(newest, &cell)) {
                known.remove(&key);
            }
        }
        answer
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<K, Arc<OnceCell<Answer<V>>>>> {
        self.0.lock().expect("no holder panics")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn what_is_there_is_asked_for_once_and_what_is_not_is_shared_and_forgotten() {
        let (memo, asked) = (Memo::<&str, u8>::default(), AtomicUsize::new(0));
        let ask = async |key, answer: Option<u8>| {
            let ask = async || {
                asked.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok(answer.map(Arc::new))
            };
            memo.get(key, ask).await.expect("no error").map(|found| *found)
        };
        assert_eq!(join_all((0..100).map(|_| ask("a", Some(1)))).await, [Some(1); 100]);
        assert_eq!(ask("a", Some(2)).await, Some(1));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert_eq!(join_all((0..100).map(|_| ask("b", None))).await, [None; 100]);
        assert_eq!(ask("b", Some(3)).await, Some(3), "it may be there later");
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }
}
