//! How long to wait before another try: what the receiver says, else longer each time, at random so that
//! many senders do not come back at once, and not for ever.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

/// The first pause.
const PAUSE_MIN: Duration = Duration::from_millis(500);
/// No pause of our own is longer.
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// Whoever asks for more than this is asked again earlier: the queue is full long before.
const ASKED_MAX: Duration = Duration::from_mins(5);
/// After this much waiting a batch makes room for newer ones.
const WAITED_MAX: Duration = Duration::from_mins(1);

/// The pauses of one batch.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    attempts: u32,
    waited: Duration,
}

impl Backoff {
    /// The next pause; `None` where enough was waited.
    pub(crate) fn pause(&mut self, asked: Option<Duration>) -> Option<Duration> {
        if self.waited >= WAITED_MAX {
            return None;
        }
        let grown = PAUSE_MIN.saturating_mul(1 << self.attempts.min(10)).min(PAUSE_MAX);
        self.attempts += 1;
        let pause = asked.map_or_else(|| grown.mul_f64(jitter()), |asked| asked.min(ASKED_MAX));
        self.waited += pause.max(Duration::from_millis(1));
        Some(pause)
    }
}

/// From a half to one and a half.
fn jitter() -> f64 {
    let random = RandomState::new().hash_one(0) >> 11;
    0.5 + random as f64 / (1_u64 << 53) as f64
}

/// Reads the header `Retry-After`: seconds, or a date.
pub(crate) fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(header).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let mut backoff = Backoff::default();
        let pauses: Vec<Duration> = std::iter::from_fn(|| backoff.pause(None)).collect();
        assert!(pauses.len() >= 5, "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= PAUSE_MAX.mul_f64(1.5)), "{pauses:?}");
        assert!(pauses.iter().sum::<Duration>() < WAITED_MAX + PAUSE_MAX.mul_f64(1.5));
    }

    #[test]
    fn what_the_receiver_asks_for_is_kept_within_reason() {
        let mut backoff = Backoff::default();
        let asked = Duration::from_secs(7);
        assert_eq!(backoff.pause(Some(asked)), Some(asked));
        assert_eq!(backoff.pause(Some(Duration::MAX)), Some(ASKED_MAX));
        assert_eq!(backoff.pause(None), None);
        let mut at_once = Backoff::default();
        assert_eq!(at_once.pause(Some(Duration::ZERO)), Some(Duration::ZERO));
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        let now = httpdate::parse_http_date("Fri, 20 Nov 2026 10:00:00 GMT").unwrap();
        let after = |header| retry_after(header, now);
        assert_eq!(after(" 30 "), Some(Duration::from_secs(30)));
        assert_eq!(after("Fri, 20 Nov 2026 10:00:09 GMT"), Some(Duration::from_secs(9)));
        assert_eq!(after("Fri, 20 Nov 2020 10:00:09 GMT"), Some(Duration::ZERO));
        for nonsense in ["", "-1", "soon", "1.5"] {
            assert_eq!(after(nonsense), None, "{nonsense}");
        }
    }
}
