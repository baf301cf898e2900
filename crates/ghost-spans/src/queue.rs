//! The bounded queue between the program and one exporter.
//!
//! Handing over never waits and takes no lock. Everything that goes in is counted, and everything that
//! leaves is counted once: as exported, or as dropped for a reason. That holds while several threads hand
//! over, while it is being closed, and when an exporter does not come back from a batch.
//!
//! Items that have to go are returned, never destroyed here, unless the queue is closed: destroying one
//! may run code of the program.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_queue::ArrayQueue;
use ghost_model::SpanLoss;

use crate::accounting::{Accounting, Counts};

/// Longest time between two looks at the counters of somebody who waits for them.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Which item has to go when there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The one that waited longest.
    DropOldest,
    /// The one that came last.
    DropNewest,
}

/// Items are taken and handed over.
const OPEN: u8 = 0;
/// No item is taken any more, the waiting ones are handed over.
const CLOSING: u8 = 1;
/// None waits, and none will.
const CLOSED: u8 = 2;

/// What became of an item that was handed over.
#[derive(Debug)]
pub struct Pushed<T> {
    /// How many were handed over before.
    pub number: u64,
    /// The one that had to go for it, or itself.
    pub gone: Option<T>,
}

/// See the top of this file.
#[derive(Debug)]
pub struct Queue<T> {
    ring: ArrayQueue<T>,
    overflow: Overflow,
    phase: AtomicU8,
    /// Items in the hands of the exporter. Whoever sets it to zero decides their fate.
    in_flight: AtomicU64,
    accounting: Accounting,
    watchers: AtomicU32,
    settled: (Mutex<()>, Condvar),
}

impl<T> Queue<T> {
    /// A queue for so many items, at least one.
    pub fn new(capacity: usize, overflow: Overflow) -> Self {
        Self {
            ring: ArrayQueue::new(capacity.max(1)),
            overflow,
            phase: AtomicU8::new(OPEN),
            in_flight: AtomicU64::new(0),
            accounting: Accounting::default(),
            watchers: AtomicU32::new(0),
            settled: (Mutex::new(()), Condvar::new()),
        }
    }

    /// Hands over one item.
    #[inline]
    pub fn push(&self, item: T) -> Pushed<T> {
        let number = self.accounting.produce(1);
        if self.phase.load(SeqCst) != OPEN {
            self.accounting.lose(SpanLoss::Closed, 1);
            return Pushed { number, gone: Some(item) };
        }
        let (gone, loss) = match self.overflow {
            Overflow::DropOldest => (self.ring.force_push(item), SpanLoss::DroppedOldest),
            Overflow::DropNewest => (self.ring.push(item).err(), SpanLoss::QueueFull),
        };
        if gone.is_some() {
            self.accounting.lose(loss, 1);
        }
        // Closed since the first look: nobody else would find the item. The queue's own operation is a
        // full fence, so either this sees the new phase, or who closes sees the item.
        if self.phase.load(SeqCst) == CLOSED {
            self.sweep();
        }
        Pushed { number, gone }
    }

    /// Counts items that never get into the queue.
    pub fn refuse(&self, loss: SpanLoss, count: u64) {
        self.accounting.produce(count);
        self.accounting.lose(loss, count);
    }

    /// Takes up to `count_max` items to be exported; [`Queue::settle`] must follow if there were any.
    pub fn take(&self, count_max: usize, batch: &mut Vec<T>) -> usize {
        batch.clear();
        batch.extend(std::iter::from_fn(|| self.ring.pop()).take(count_max));
        if !batch.is_empty() {
            self.in_flight.store(batch.len() as u64, SeqCst);
            if self.phase.load(SeqCst) == CLOSED {
                self.give_up();
                batch.clear();
            }
        }
        batch.len()
    }

    /// Counts what became of the batch, unless who closed the queue could not wait and did.
    pub fn settle(&self, outcome: &Outcome) {
        let count = self.in_flight.swap(0, SeqCst);
        if outcome.dropped > 0 {
            self.accounting.fail();
        }
        if count > 0 {
            let dropped = outcome.dropped.min(count);
            self.accounting.export(count - dropped);
            self.accounting.lose(outcome.loss, dropped);
        }
        self.notify();
    }

    /// Takes no item any more; those that wait are still to be taken.
    pub fn begin_close(&self) {
        let _ = self.phase.compare_exchange(OPEN, CLOSING, SeqCst, SeqCst);
    }

    /// Whether no more items are accepted.
    pub fn is_closing(&self) -> bool {
        self.phase.load(SeqCst) != OPEN
    }

    /// Whether nothing waits and nothing will.
    pub fn is_closed(&self) -> bool {
        self.phase.load(SeqCst) == CLOSED
    }

    /// Closed for good by whoever took the last item.
    pub fn finish(&self) {
        self.phase.store(CLOSED, SeqCst);
        self.sweep();
        self.notify();
    }

    /// Closed for good by somebody who cannot wait: everything that is not exported by now is dropped.
    pub fn abandon(&self) {
        self.phase.store(CLOSED, SeqCst);
        self.sweep();
        self.give_up();
        self.notify();
        // Who has just taken a batch, or is handing over, sees the phase within a few instructions.
        let deadline = Instant::now() + LOOK_AGAIN;
        while self.counts().pending() > 0 && Instant::now() < deadline {
            std::thread::yield_now();
            self.sweep();
        }
    }

    /// Waits until nothing waits that was handed over before; false if that took too long. `wake` wakes
    /// the consumer, which will not wait for more items while somebody waits for those that are there.
    pub fn wait_settled(&self, deadline: Instant, wake: impl FnOnce()) -> bool {
        let wanted = self.counts().produced;
        self.watchers.fetch_add(1, SeqCst);
        wake();
        let is_settled = self.wait(deadline, || self.counts().settled() >= wanted);
        self.watchers.fetch_sub(1, SeqCst);
        is_settled
    }

    /// Whether somebody waits for the items that are there.
    pub fn is_watched(&self) -> bool {
        self.watchers.load(SeqCst) > 0
    }

    /// Waits until the queue is closed for good; false if that took too long.
    pub fn wait_closed(&self, deadline: Instant) -> bool {
        self.wait(deadline, || self.is_closed())
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        self.accounting.counts()
    }

    /// Items that wait.
    pub fn depth(&self) -> usize {
        self.ring.len()
    }

    /// Items that may wait.
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }

    fn sweep(&self) {
        while self.ring.pop().is_some() {
            self.accounting.lose(SpanLoss::Closed, 1);
        }
    }

    fn give_up(&self) {
        let count = self.in_flight.swap(0, SeqCst);
        self.accounting.lose(SpanLoss::Closed, count);
    }

    fn notify(&self) {
        if self.watchers.load(SeqCst) > 0 {
            drop(self.lock());
            self.settled.1.notify_all();
        }
    }

    fn wait(&self, deadline: Instant, is_done: impl Fn() -> bool) -> bool {
        self.watchers.fetch_add(1, SeqCst);
        let mut guard = self.lock();
        let mut done = is_done();
        while !done && Instant::now() < deadline {
            let left = deadline.saturating_duration_since(Instant::now()).min(LOOK_AGAIN);
            let waited = self.settled.1.wait_timeout(guard, left);
            guard = waited.unwrap_or_else(PoisonError::into_inner).0;
            done = is_done();
        }
        drop(guard);
        self.watchers.fetch_sub(1, SeqCst);
        done
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.settled.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Items that did not arrive.
    pub dropped: u64,
    /// Why.
    pub loss: SpanLoss,
}

impl Outcome {
    /// All arrived.
    pub const EXPORTED: Self = Self { dropped: 0, loss: SpanLoss::ExporterFailed };

    /// Some or all did not.
    pub fn dropped(count: usize, loss: SpanLoss) -> Self {
        Self { dropped: count as u64, loss }
    }
}
