//! Which failures pass, and how long to wait for that.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};

/// The wait before the second attempt; every further wait is twice as long.
const FIRST: Duration = Duration::from_millis(100);

/// The longest wait that a registry did not ask for.
const LONGEST: Duration = Duration::from_secs(20);

/// How often a connection that is refused, or a name that is not known, is tried: for some six seconds.
const CONNECTIONS: u32 = 7;

/// How much a transfer must move so that it is given its time anew, in bytes: less than that is no progress.
pub(super) const PROGRESS: u64 = 64 << 10;

/// How much of what is sent may be in the buffers of the system and of who reads it, in bytes.
const BUFFERED: u64 = 32 << 20;

/// Nobody waits longer.
pub(super) const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// When to give up. What waits for its turn here puts it off, and so does a transfer that moves. The time of an attempt
/// in vain is lost, from when it last moved, until there is more than there was before.
#[derive(Clone, Debug)]
pub(super) struct Deadline {
    budget: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    at: Instant,
    /// When it last moved, or began.
    mark: Instant,
    /// How many bytes have moved since.
    moved: u64,
    /// How much time attempts in vain took.
    lost: Duration,
    /// How many bytes are there for good since then.
    gained: u64,
}

/// What an attempt may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeoutPolicy {
    /// All attempts together as long as one request may.
    Request,
    /// As long as it moves: it is given that time anew with every [`PROGRESS`] bytes.
    Transfer,
}

/// It is too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Late;

impl Deadline {
    fn new(budget: Duration) -> Self {
        let now = Instant::now();
        let state = State { at: now + budget, mark: now, moved: 0, lost: Duration::ZERO, gained: 0 };
        Self { budget, state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }

    /// Another attempt begins.
    fn begin(&self) {
        let mut state = self.state();
        let lost = state.mark.elapsed();
        state.lost += lost;
        state.mark = Instant::now();
        state.moved = 0;
        state.at = state.mark + self.budget.saturating_sub(state.lost);
    }

    /// Whether there is time for another attempt after a wait.
    fn allows(&self, wait: Duration) -> bool {
        let state = self.state();
        state.lost + state.mark.elapsed() + wait < self.budget
    }

    /// Does something that must be done by then.
    pub(super) async fn bounded<T>(&self, trial: impl Future<Output = T>) -> Result<T, Late> {
        let mut trial = pin!(trial);
        loop {
            let at = self.state().at;
            match timeout_at(at, trial.as_mut()).await {
                Ok(done) => return Ok(done),
                Err(_) if self.state().at > at => {}
                Err(_) => return Err(Late),
            }
        }
    }

    /// Does something that does not count: it is nobody's but ours that it takes long, or it has a time of its own.
    pub(super) async fn uncounted<T>(&self, wait: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let done = wait.await;
        let mut state = self.state();
        state.at += start.elapsed();
        state.mark += start.elapsed();
        done
    }

    /// So many bytes have moved.
    pub(super) fn moved(&self, bytes: u64) {
        let mut state = self.state();
        state.moved += bytes;
        if state.moved >= PROGRESS {
            state.mark = Instant::now();
            state.moved = 0;
            state.at = state.mark + self.budget;
        }
    }

    /// So many bytes are there for good, and need not be moved by another attempt.
    pub(super) fn gained(&self, bytes: u64) {
        let mut state = self.state();
        state.gained += bytes;
        if state.gained >= PROGRESS {
            state.gained = 0;
            state.lost = Duration::ZERO;
        }
    }

    /// All of it is on its way, `took` after it began; what the system still holds of it moves on unseen, and not faster
    /// than the rest.
    pub(super) fn handed_over(&self, bytes: u64, took: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
        let share = BUFFERED.min(bytes) as f64 / bytes.max(1) as f64;
        self.state().at = Instant::now() + self.budget + took.mul_f64(share);
    }
}

/// How long something may take with all its attempts, and how many there were.
#[derive(Debug)]
pub(super) struct RetryBudget {
    begun: Instant,
    deadline: Deadline,
    attempts: u32,
    /// Whether what came once was not what was asked for.
    is_doubtful: bool,
    /// The attempt that the registry answered with 401, after which the login was renewed.
    renewed: Cell<Option<u32>>,
}

impl RetryBudget {
    pub(super) fn new(budget: Duration) -> Self {
        let deadline = Deadline::new(budget);
        Self { begun: Instant::now(), deadline, attempts: 0, is_doubtful: false, renewed: Cell::default() }
    }

    /// When it was first asked for, be it sent or not.
    pub(super) fn begun(&self) -> Instant {
        self.begun
    }

    /// When to give up.
    pub(super) fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    /// How often it was tried.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Begins an attempt.
    pub(super) fn attempt(&mut self) {
        self.attempts += 1;
        self.deadline.begin();
    }

    /// Whether what came once was not what was asked for: nothing that was kept on the way is wanted then.
    pub(super) fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }

    /// Other bytes came than were asked for; whether that is believed only when they come again.
    pub(super) fn doubt(&mut self) -> bool {
        !std::mem::replace(&mut self.is_doubtful, true)
    }

    /// The login is renewed for the attempt that comes next.
    pub(super) fn renew(&self) {
        self.renewed.set(Some(self.attempts));
    }

    /// Whether the login was renewed for this attempt: it is as new as can be.
    pub(super) fn is_renewed(&self) -> bool {
        self.renewed.get().is_some_and(|attempt| attempt + 1 == self.attempts)
    }

    /// How long to wait before the next attempt, which `asked` knows better; `None` if it would come too late.
    pub(super) fn next(&self, asked: Option<Duration>, is_connection: bool) -> Option<Duration> {
        if is_connection && self.attempts >= CONNECTIONS {
            return None;
        }
        let wait = jittered(backoff(self.attempts)).max(asked.unwrap_or_default());
        self.deadline.allows(wait).then_some(wait)
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
    // What is not implemented (501) will not be soon.
    matches!(status, 408 | 429 | 500 | 502..=599)
}

/// The wait that `Retry-After` asks for: seconds, or a date
/// ([RFC 9110, section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has room for are a long time, too.
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(FOREVER));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default().min(FOREVER))
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
        for status in [200, 301, 400, 401, 403, 404, 405, 409, 413, 422, 501] {
            assert!(!is_temporary(status), "{status}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        assert_eq!(retry_after("2", now), Some(Duration::from_secs(2)));
        for huge in ["4294967296", "99999999999999999999"] {
            assert_eq!(retry_after(huge, now), Some(FOREVER), "{huge}");
        }
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:40 GMT", now), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now), Some(FOREVER), "it is far away");
        for bad in ["", "-1", "soon", "1.5"] {
            assert_eq!(retry_after(bad, now), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn a_budget_ends() {
        let mut budget = RetryBudget::new(Duration::from_secs(60));
        budget.attempt();
        assert!(budget.next(None, true).is_some_and(|wait| wait <= FIRST));
        assert_eq!(budget.next(Some(Duration::from_secs(2)), false), Some(Duration::from_secs(2)));
        assert_eq!(budget.next(Some(Duration::from_secs(61)), false), None);
        for _ in 0..CONNECTIONS {
            budget.attempt();
        }
        assert_eq!(budget.next(None, true), None);
        assert!(budget.next(None, false).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_is_put_off_by_what_does_not_count_and_by_what_moves() {
        let millis = Duration::from_millis;
        let never = std::future::pending::<()>;
        let deadline = Deadline::new(millis(50));
        deadline.uncounted(tokio::time::sleep(millis(200))).await;
        assert_eq!(deadline.bounded(async { 1 }).await, Ok(1));
        assert_eq!(deadline.bounded(never()).await, Err(Late));

        let deadline = Deadline::new(millis(100));
        let moves = deadline.clone();
        let moving = async {
            for _ in 0..8 {
                tokio::time::sleep(millis(40)).await;
                moves.moved(PROGRESS);
            }
        };
        assert_eq!(deadline.bounded(moving).await, Ok(()));
        deadline.handed_over(2 * BUFFERED, millis(400));
        assert_eq!(deadline.bounded(tokio::time::sleep(millis(200))).await, Ok(()), "a half of it may be on its way");
        assert_eq!(deadline.bounded(never()).await, Err(Late));
        deadline.moved(PROGRESS);
        let dripping = async {
            loop {
                tokio::time::sleep(millis(5)).await;
                moves.moved(1);
            }
        };
        assert_eq!(deadline.bounded(dripping).await.map(|()| 0), Err(Late));
    }

    #[tokio::test(start_paused = true)]
    async fn what_moves_in_vain_ends() {
        let deadline = Deadline::new(Duration::from_millis(200));
        for attempt in 0..5 {
            assert_eq!(deadline.allows(Duration::ZERO), attempt < 4, "{attempt}");
            deadline.begin();
            deadline.moved(PROGRESS);
            tokio::time::sleep(Duration::from_millis(55)).await;
        }
        deadline.begin();
        deadline.gained(PROGRESS);
        assert!(deadline.allows(Duration::from_millis(100)), "what is there for good was not in vain");
    }

    #[test]
    fn a_login_is_new_for_one_attempt() {
        let mut budget = RetryBudget::new(Duration::from_secs(60));
        let mut next = |renews: bool| {
            budget.attempt();
            let is_renewed = budget.is_renewed();
            if renews {
                budget.renew();
            }
            is_renewed
        };
        assert_eq!([true, true, false, true].map(&mut next), [false, true, true, false]);
    }

    #[test]
    fn other_bytes_are_believed_the_second_time() {
        let mut budget = RetryBudget::new(Duration::from_secs(60));
        assert!(!budget.is_doubtful());
        assert_eq!((budget.doubt(), budget.is_doubtful(), budget.doubt()), (true, true, false));
    }
}
