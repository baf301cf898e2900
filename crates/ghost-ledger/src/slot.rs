//! Handles to counters inside the mapped file: what the hot path adds to.
//!
//! One writer at a time (the interpreter lock sees to that), so adding is a plain load and store;
//! atomics only keep a concurrent reader from seeing a torn number. Nothing here locks.

use crate::layout::BLOCK_BUCKETS;
use crate::sync::{AtomicU32, AtomicU64, Ordering::Relaxed, unread_word};

/// One 64-bit counter in the ledger. Valid for the life of the process.
#[derive(Clone, Copy, Debug)]
pub struct Slot(&'static AtomicU64);

impl Slot {
    pub(crate) fn new(word: &'static AtomicU64) -> Self {
        Self(word)
    }

    /// A counter that nobody reads: what a cache holds before it knows better.
    pub fn nowhere() -> Self {
        Self(unread_word())
    }

    /// Adds to the counter.
    #[inline]
    pub fn add(self, amount: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(amount), Relaxed);
    }

    /// Takes back what was added before.
    #[inline]
    pub fn subtract(self, amount: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_sub(amount), Relaxed);
    }

    /// Whether both are the same counter.
    pub fn is(self, other: Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }

    /// The counter as it stands.
    #[inline]
    pub fn get(self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The time slots of one function, in the order of the layout.
#[derive(Debug)]
#[repr(C)]
pub struct FunctionSlots {
    pub(crate) latency_ns_sum: AtomicU64,
    pub(crate) latency_ns_min: AtomicU64,
    pub(crate) latency_ns_max: AtomicU64,
    pub(crate) total_ns: AtomicU64,
    pub(crate) self_ns: AtomicU64,
    pub(crate) running_ns: AtomicU64,
    pub(crate) call_count_variance: AtomicU64,
    pub(crate) call_count_bias: AtomicU64,
}

impl FunctionSlots {
    /// Records ended activations that lasted equally long.
    #[inline]
    pub fn add_latency(&self, latency_ns: u64, times: u64) {
        bump(&self.latency_ns_sum, latency_ns.wrapping_mul(times));
        // Stored plus one, so that 0 means that none ended yet.
        let shortest = self.latency_ns_min.load(Relaxed).wrapping_sub(1);
        if latency_ns < shortest {
            self.latency_ns_min.store(latency_ns + 1, Relaxed);
        }
        if latency_ns > self.latency_ns_max.load(Relaxed) {
            self.latency_ns_max.store(latency_ns, Relaxed);
        }
    }

    /// Adds time on the stack of an activation that can be suspended. For all others it is their
    /// latency, and not stored twice.
    #[inline]
    pub fn add_running(&self, running_ns: u64) {
        bump(&self.running_ns, running_ns);
    }

    /// Adds time on the stack that was not spent in observed callees. Less than nothing, in two's
    /// complement, where callees are estimates: only the sum has a meaning.
    #[inline]
    pub fn add_self(&self, self_ns: u64) {
        bump(&self.self_ns, self_ns);
    }

    /// Adds to what is not known of the number of calls: its variance, and by how many calls it may be
    /// wrong systematically. Kept as `f64`.
    pub fn add_uncertainty(&self, variance: f64, bias: f64) {
        bump_float(&self.call_count_variance, variance);
        bump_float(&self.call_count_bias, bias);
    }

    /// Adds time on the stack of an outermost activation.
    #[inline]
    pub fn add_total(&self, total_ns: u64) {
        bump(&self.total_ns, total_ns);
    }
}

/// The counts of one node of the call tree, in the order of the layout.
#[derive(Debug)]
#[repr(C)]
pub struct NodeSlots {
    pub(crate) call_count: AtomicU64,
    pub(crate) self_ns: AtomicU64,
}

impl NodeSlots {
    /// Records activations begun here.
    #[inline]
    pub fn add_calls(&self, times: u64) {
        bump(&self.call_count, times);
    }

    /// Adds time on the stack that was not spent in observed callees.
    #[inline]
    pub fn add_self(&self, self_ns: u64) {
        bump(&self.self_ns, self_ns);
    }

    /// What tells this node from all others of the process; never 0.
    #[inline]
    pub fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }
}

#[inline]
fn bump(word: &AtomicU64, amount: u64) {
    word.store(word.load(Relaxed).wrapping_add(amount), Relaxed);
}

fn bump_float(word: &AtomicU64, amount: f64) {
    word.store((f64::from_bits(word.load(Relaxed)) + amount).to_bits(), Relaxed);
}

/// The counts of 32 neighbouring histogram buckets.
#[derive(Debug)]
#[repr(transparent)]
pub struct HistogramBlock([AtomicU32; BLOCK_BUCKETS]);

impl HistogramBlock {
    #[cfg(loom)]
    pub(crate) fn new(counts: [AtomicU32; BLOCK_BUCKETS]) -> Self {
        Self(counts)
    }

    /// Adds to a bucket; true where it went past 2³², which must be noted elsewhere.
    #[inline]
    pub fn add(&self, bucket: u32, times: u32) -> bool {
        let word = &self.0[bucket as usize % BLOCK_BUCKETS];
        let count = word.load(Relaxed).wrapping_add(times);
        word.store(count, Relaxed);
        count < times
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn slots() -> FunctionSlots {
        let zero = || AtomicU64::new(0);
        FunctionSlots {
            latency_ns_sum: zero(),
            latency_ns_min: zero(),
            latency_ns_max: zero(),
            total_ns: zero(),
            self_ns: zero(),
            running_ns: zero(),
            call_count_variance: zero(),
            call_count_bias: zero(),
        }
    }

    #[test]
    fn the_shortest_latency_may_be_zero() {
        let slots = slots();
        slots.add_latency(5, 1);
        assert_eq!(slots.latency_ns_min.load(Relaxed), 6);
        slots.add_latency(0, 1);
        slots.add_latency(9, 1);
        assert_eq!(slots.latency_ns_min.load(Relaxed), 1);
        assert_eq!(slots.latency_ns_max.load(Relaxed), 9);
        assert_eq!(slots.latency_ns_sum.load(Relaxed), 14);
    }

    #[test]
    fn a_full_bucket_says_that_it_wrapped() {
        let block = HistogramBlock([const { AtomicU32::new(u32::MAX) }; BLOCK_BUCKETS]);
        assert!(block.add(3, 1));
        assert!(!block.add(3, 1));
    }
}
