//! Which failures pass, and how long to wait for that.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// The wait before the second attempt; every further wait is twice as long.
const FIRST: Duration = Duration::from_millis(100);

/// The longest wait that a registry did not ask for.
const LONGEST: Duration = Duration::from_secs(20);

/// How often a connection that is refused, or a name that is not known, is tried: for some six seconds.
const CONNECTIONS: u32 = 7;

/// How long one request may take with all its attempts, and what is left of that.
#[derive(Debug)]
pub(super) struct Patience {
    deadline: Instant,
    attempts: u32,
}

impl Patience {
    pub(super) fn new(budget: Duration) -> Self {
        Self { deadline: Instant::now() + budget, attempts: 0 }
    }

    /// When to give up.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// How often it was tried.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Counts an attempt.
    pub(super) fn attempt(&mut self) {
        self.attempts += 1;
    }

    /// Does something that takes as long as it takes.
    pub(super) async fn uncounted<T>(&mut self, trial: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let done = trial.await;
        self.deadline += start.elapsed();
        done
    }

    /// How long to wait before the next attempt, which `asked` knows better; `None` if it would come too late.
    pub(super) fn next(&self, asked: Option<Duration>, is_connection: bool) -> Option<Duration> {
        if is_connection && self.attempts >= CONNECTIONS {
            return None;
        }
        let wait = jittered(backoff(self.attempts)).max(asked.unwrap_or_default());
        (Instant::now() + wait < self.deadline).then_some(wait)
    }
}

/// The wait after so many attempts: it doubles, up to a limit.
fn backoff(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    (FIRST * 2_u32.pow(doublings)).min(LONGEST)
}

/// Between a half and all of `wait`, so that jobs which failed together do not come back together.
fn jittered(wait: Duration) -> Duration {
    // A new state is random; nothing here needs more than that.
    let random = RandomState::new().hash_one(0_u8) % 1024;
    wait / 2 + wait / 2 * u32::try_from(random).expect("less than 1024") / 1024
}

/// Whether a request with this answer is worth another attempt.
pub(super) fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

/// The wait that `Retry-After` asks for: seconds, or a date
/// ([RFC 9110, section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_bounded() {
        let waits: Vec<u128> = (1..12).map(|attempts| backoff(attempts).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 20000, 20000, 20000]);
        for _ in 0..100 {
            let wait = jittered(FIRST);
            assert!(wait >= FIRST / 2 && wait <= FIRST, "{wait:?}");
        }
    }

    #[test]
    fn what_passes() {
        for status in [408, 429, 500, 502, 503, 504, 599] {
            assert!(is_temporary(status), "{status}");
        }
        for status in [200, 301, 400, 401, 403, 404, 405, 409, 413, 422] {
            assert!(!is_temporary(status), "{status}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        assert_eq!(retry_after("2", now), Some(Duration::from_secs(2)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:40 GMT", now), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        for bad in ["", "-1", "soon", "1.5"] {
            assert_eq!(retry_after(bad, now), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn patience_ends() {
        let mut patience = Patience::new(Duration::from_secs(60));
        patience.attempt();
        assert!(patience.next(None, true).is_some_and(|wait| wait <= FIRST));
        assert_eq!(patience.next(Some(Duration::from_secs(2)), false), Some(Duration::from_secs(2)));
        assert_eq!(patience.next(Some(Duration::from_secs(61)), false), None);
        for _ in 0..CONNECTIONS {
            patience.attempt();
        }
        assert_eq!(patience.next(None, true), None);
        assert!(patience.next(None, false).is_some());
    }
}
