//! How often something was called per second, over the latest readings: rings of a fixed length, so
//! that watching for a week takes no more memory than watching for a minute.

use std::time::Duration;

/// Readings that are kept: a minute at the default interval, and the width of a wide sparkline.
pub(super) const READINGS_KEPT: usize = 60;

/// When the latest readings were made; shared by all rings.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    seconds: [f32; READINGS_KEPT],
    next: usize,
    kept: usize,
    latest: Option<Duration>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { seconds: [0.0; READINGS_KEPT], next: 0, kept: 0, latest: None }
    }
}

/// What a reading at some moment means for the rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tick {
    /// The first one: counts to compare the next with.
    First,
    /// Counts since the previous reading belong here.
    At(usize),
}

impl Clock {
    /// Notes a reading, `at` after the beginning of watching.
    pub(super) fn tick(&mut self, at: Duration) -> Tick {
        let Some(before) = self.latest.replace(at) else { return Tick::First };
        let position = self.next;
        self.seconds[position] = at.saturating_sub(before).as_secs_f32();
        self.next = (position + 1) % READINGS_KEPT;
        self.kept = (self.kept + 1).min(READINGS_KEPT);
        Tick::At(position)
    }

    /// Positions of the kept readings, newest first.
    fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        (1..=self.kept).map(|age| (self.next + READINGS_KEPT - age) % READINGS_KEPT)
    }
}

/// Calls of one thing between the latest readings.
#[derive(Clone, Debug, Default)]
pub(super) struct Ring {
    call_count: u64,
    /// Empty until something is called: most functions of a large program are not.
    calls: Vec<u32>,
}

impl Ring {
    /// Takes the number of calls at a reading.
    pub(super) fn take(&mut self, tick: Tick, call_count: u64) {
        let calls = call_count.saturating_sub(self.call_count);
        self.call_count = call_count;
        let Tick::At(position) = tick else { return };
        if calls > 0 && self.calls.is_empty() {
            self.calls = vec![0; READINGS_KEPT];
        }
        if let Some(slot) = self.calls.get_mut(position) {
            *slot = u32::try_from(calls).unwrap_or(u32::MAX);
        }
    }

    /// Calls per second between the two latest readings; `None` before there are two.
    pub(super) fn latest(&self, clock: &Clock) -> Option<f64> {
        clock.positions().next().map(|position| self.rate(clock, position))
    }

    /// Calls per second at the latest readings, at most `width` of them, oldest first.
    pub(super) fn rates(&self, clock: &Clock, width: usize) -> Vec<f64> {
        let newest_first = clock.positions().take(width);
        let mut rates: Vec<f64> = newest_first.map(|position| self.rate(clock, position)).collect();
        rates.reverse();
        rates
    }

    fn rate(&self, clock: &Clock, position: usize) -> f64 {
        let calls = self.calls.get(position).copied().unwrap_or(0);
        let seconds = clock.seconds.get(position).copied().unwrap_or(0.0);
        if seconds > 0.0 { f64::from(calls) / f64::from(seconds) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn rates_are_calls_by_the_time_that_really_passed() {
        let (mut clock, mut ring) = (Clock::default(), Ring::default());
        ring.take(clock.tick(seconds(0)), 1_000);
        assert_eq!(ring.latest(&clock), None);
        ring.take(clock.tick(seconds(1)), 1_100);
        ring.take(clock.tick(seconds(5)), 1_500);
        ring.take(clock.tick(seconds(6)), 1_500);
        assert_eq!(ring.rates(&clock, 10), [100.0, 100.0, 0.0]);
        assert_eq!((ring.latest(&clock), ring.rates(&clock, 2)), (Some(0.0), vec![100.0, 0.0]));
    }

    #[test]
    fn a_function_that_is_never_called_keeps_no_ring() {
        let (mut clock, mut ring) = (Clock::default(), Ring::default());
        for second in 0..1_000 {
            ring.take(clock.tick(seconds(second)), 7);
        }
        assert_eq!((ring.calls.capacity(), ring.latest(&clock)), (0, Some(0.0)));
    }

    #[test]
    fn a_count_that_becomes_less_and_a_moment_without_time_are_no_calls() {
        let (mut clock, mut ring) = (Clock::default(), Ring::default());
        for (at, count) in [(0, 5), (1, 9), (1, 90), (2, 3)] {
            ring.take(clock.tick(seconds(at)), count);
        }
        assert_eq!(ring.rates(&clock, 10), [4.0, 0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn a_ring_holds_the_newest_readings(calls in prop::collection::vec(0_u64..1_000, 1..200)) {
            let (mut clock, mut ring) = (Clock::default(), Ring::default());
            let mut total = 0;
            ring.take(clock.tick(seconds(0)), total);
            for (second, &calls) in (1..).zip(&calls) {
                total += calls;
                ring.take(clock.tick(seconds(second)), total);
            }
            let newest = &calls[calls.len().saturating_sub(READINGS_KEPT)..];
            let expected: Vec<f64> = newest.iter().map(|&calls| calls as f64).collect();
            prop_assert_eq!(ring.rates(&clock, 1_000), expected);
            prop_assert!(ring.calls.len() <= READINGS_KEPT);
        }
    }
}
