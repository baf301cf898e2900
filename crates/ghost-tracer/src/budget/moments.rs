//! Chance, for the moments of windows: xorshift64* (Vigna 2016). Good enough to be independent of what
//! a program does; not for secrets.

/// A stream of moments.
#[derive(Debug)]
pub(super) struct Moments(u64);

impl Moments {
    pub(super) fn new(seed: u64) -> Self {
        // Zero would stay zero. The spread makes neighbouring seeds differ from the first moment on.
        Self((seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1)
    }

    /// A number from 0 to `end`, both included, all equally likely.
    pub(super) fn up_to(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let random = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d);
        ((u128::from(random) * (u128::from(end) + 1)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_fill_their_range_evenly() {
        for seed in 0..20 {
            let mut moments = Moments::new(seed);
            let mut tenths = [0_u32; 10];
            for _ in 0..10_000 {
                tenths[moments.up_to(9) as usize] += 1;
            }
            assert!(tenths.iter().all(|count| (850..1_150).contains(count)), "{tenths:?}");
        }
        assert_eq!(Moments::new(1).up_to(0), 0);
    }
}
