//! From clock ticks to nanoseconds, without a division.

/// How long a tick is, as a fixed-point number of nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TickRate {
    /// Nanoseconds per tick, times 2³².
    ns_per_tick: u64,
}

impl TickRate {
    /// The rate of a clock that counts nanoseconds itself.
    pub const NANOSECONDS: Self = Self { ns_per_tick: 1 << 32 };

    /// The rate of a clock that made `ticks` in `elapsed_ns`.
    pub fn measured(ticks: u64, elapsed_ns: u64) -> Self {
        let ratio = (u128::from(elapsed_ns) << 32) / u128::from(ticks.max(1));
        Self { ns_per_tick: u64::try_from(ratio).unwrap_or(u64::MAX).max(1) }
    }

    /// Nanoseconds in so many ticks.
    #[inline]
    pub fn nanoseconds(self, ticks: u64) -> u64 {
        ((u128::from(ticks) * u128::from(self.ns_per_tick)) >> 32) as u64
    }

    /// Ticks in so many nanoseconds, rounded down.
    pub fn ticks(self, nanoseconds: u64) -> u64 {
        ((u128::from(nanoseconds) << 32) / u128::from(self.ns_per_tick)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measured_rate_converts_both_ways() {
        let rate = TickRate::measured(2_596_000, 1_000_000);
        assert_eq!(rate.nanoseconds(2_596_000_000), 999_999_999);
        assert_eq!(rate.ticks(1_000_000_000) / 1000, 2_596_000);
        assert_eq!(TickRate::NANOSECONDS.nanoseconds(12_345), 12_345);
    }

    #[test]
    fn a_century_does_not_overflow() {
        let rate = TickRate::measured(3_000, 1_000);
        assert!(rate.nanoseconds(u64::MAX) > 1 << 60);
    }
}
