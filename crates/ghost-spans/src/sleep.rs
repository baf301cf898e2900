//! How deep the consumer of a queue sleeps, so that handing over wakes it rarely: when a batch is full,
//! or when it sleeps until something comes because nothing came for long.
//!
//! Waking costs the program a system call; this decides when that is worth it, and does not know how a
//! consumer is woken.

use std::sync::atomic::{AtomicU8, Ordering::SeqCst};

use crate::queue::Queue;

/// After so many naps without an item the consumer sleeps until there is one: an idle program is not
/// woken ten times a second.
const NAPS_MAX: u32 = 10;

const AWAKE: u8 = 0;
const NAPS: u8 = 1;
const SLEEPS: u8 = 2;

/// How a consumer is to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until a batch is full or the flush interval is over.
    Interval,
    /// Until it is woken.
    Woken,
}

/// See the top of this file. A consumer that was not started yet sleeps.
#[derive(Debug)]
pub struct Sleep {
    state: AtomicU8,
    /// Every so many items a napping consumer is woken; a power of two, less one.
    wake_mask: u64,
}

impl Sleep {
    /// The sleep of a consumer that takes so many items at once from a queue with so much room.
    pub fn new(batch_max: usize, capacity: usize) -> Self {
        let wake_at = batch_max.min(capacity / 2).max(1) as u64;
        Self { state: AtomicU8::new(SLEEPS), wake_mask: (1 << wake_at.ilog2()) - 1 }
    }

    /// To be asked after item `number` was handed over: whether the consumer is to be woken.
    #[inline]
    pub fn is_wake_due(&self, number: u64) -> bool {
        match self.state.load(SeqCst) {
            AWAKE => false,
            NAPS => number & self.wake_mask == self.wake_mask,
            _ => true,
        }
    }

    /// Whoever is told true wakes the consumer; nobody else needs to.
    pub fn wake(&self) -> bool {
        self.state.swap(AWAKE, SeqCst) != AWAKE
    }

    /// The consumer could not be woken: to be tried again when the next batch is full.
    pub fn try_again(&self) {
        self.state.store(NAPS, SeqCst);
    }

    /// How the consumer is to wait after so many naps in a row; `None` where something came meanwhile.
    pub fn begin<T>(&self, queue: &Queue<T>, naps: u32) -> Option<Wait> {
        let is_deep = naps >= NAPS_MAX;
        // Before looking: who hands over later sees it, who did before is seen.
        self.state.store(if is_deep { SLEEPS } else { NAPS }, SeqCst);
        let enough = if is_deep { 0 } else { self.wake_mask as usize };
        let depth = queue.depth();
        if depth > enough || queue.is_closing() || (depth > 0 && queue.is_watched()) {
            self.end();
            return None;
        }
        Some(if is_deep { Wait::Woken } else { Wait::Interval })
    }

    /// The consumer is awake, whoever woke it.
    pub fn end(&self) {
        self.state.store(AWAKE, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Overflow;

    #[test]
    fn a_napping_consumer_is_woken_once_per_batch_and_a_sleeping_one_at_once() {
        let queue: Queue<()> = Queue::new(64, Overflow::DropOldest);
        let sleep = Sleep::new(20, 64);
        assert!(sleep.is_wake_due(0), "not started");
        assert!(sleep.wake() && !sleep.wake());
        assert!(!sleep.is_wake_due(15), "awake");
        assert_eq!(sleep.begin(&queue, 0), Some(Wait::Interval));
        let due: Vec<_> = (0..64).filter(|number| sleep.is_wake_due(*number)).collect();
        assert_eq!(due, [15, 31, 47, 63]);
        assert_eq!(sleep.begin(&queue, NAPS_MAX), Some(Wait::Woken));
        assert!(sleep.is_wake_due(1));
    }

    #[test]
    fn nobody_sleeps_while_something_waits_or_nothing_will_come() {
        let queue: Queue<()> = Queue::new(8, Overflow::DropOldest);
        let sleep = Sleep::new(4, 8);
        queue.push(());
        assert_eq!(sleep.begin(&queue, 0), Some(Wait::Interval), "a batch may fill");
        assert_eq!(sleep.begin(&queue, NAPS_MAX), None);
        (0..3).for_each(|_| assert!(queue.push(()).gone.is_none()));
        assert_eq!(sleep.begin(&queue, 0), None);
        let queue: Queue<()> = Queue::new(8, Overflow::DropOldest);
        queue.begin_close();
        assert_eq!(sleep.begin(&queue, 0), None);
    }
}
