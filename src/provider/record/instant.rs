//! Moments as interfaces write them: `2026-11-20T10:02:03.4Z` (<https://www.rfc-editor.org/rfc/rfc3339#section-5.6>).

use std::time::Duration;

use crate::yaml::Node;

/// A moment, in milliseconds from the year 0 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(i64);

impl Instant {
    pub(crate) fn of(node: &Node) -> Option<Self> {
        Self::parse(node.as_str()?)
    }

    /// How long after another one this is; nothing if it is before, as when a clock was set.
    pub(crate) fn since(self, other: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - other.0).unwrap_or_default())
    }

    fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once(['T', 't', ' '])?;
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let zone = time.find(['Z', 'z', '+', '-'])?;
        let (time, zone) = time.split_at(zone);
        let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
        let is_valid = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
        let offset = match zone {
            "Z" | "z" => 0,
            _ => {
                let [hours, minutes] = numbers(&zone[1..], ':', [2, 2])?;
                (hours * 60 + minutes) * if zone.starts_with('-') { -1 } else { 1 }
            }
        };
        let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
        if !is_valid || !is_fraction {
            return None;
        }
        let milliseconds = (format!("0.{fraction}").parse::<f64>().ok()? * 1000.0) as i64;
        let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - offset;
        Some(Self((minutes * 60 + second) * 1000 + milliseconds))
    }
}

/// Numbers of so many digits each.
fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(between);
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part =
            parts.next().filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// The days before one of the Gregorian calendar; the year begins in March, so that a leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(from: &str, to: &str) -> f64 {
        let instant = |text: &str| Instant::parse(text).unwrap_or_else(|| panic!("{text}"));
        instant(to).since(instant(from)).as_secs_f64()
    }

    #[test]
    fn a_moment_is_a_moment_wherever_it_was_written() {
        assert_eq!(seconds("2026-11-20T10:00:00Z", "2026-11-20T10:06:52.25Z"), 412.25);
        assert_eq!(seconds("2026-11-20T23:59:30Z", "2026-11-21T00:00:10Z"), 40.0);
        assert_eq!(seconds("2026-11-20T10:00:00Z", "2026-11-20T11:00:10+01:00"), 10.0);
        assert_eq!(seconds("2026-11-20T10:00:00Z", "2026-11-20T06:30:00-03:30"), 0.0);
        assert_eq!(seconds("2024-02-28T00:00:00Z", "2024-03-01T00:00:00Z"), 2.0 * 86_400.0, "a leap year");
        assert_eq!(seconds("2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z"), 3_600.0);
        assert_eq!(seconds("2026-11-20T10:00:10Z", "2026-11-20T10:00:00Z"), 0.0, "a clock was set");
    }

    #[test]
    fn what_is_no_moment_is_none() {
        let dates = ["", "now", "2026-11-20", "2026-13-20T10:00:00Z", "2026-11-20T25:00:00Z", "2026-11-20T10:00:00"];
        for text in dates.into_iter().chain(["2026-11-20T10:00Z", "2026-11-20T10:00:00.Z", "2026-11-20T10:00:00+1:00"])
        {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }
}
