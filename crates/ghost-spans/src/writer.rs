//! The native thread between a queue and a sink of this process: started by the first item, woken when
//! a batch is full or the flush interval is over, ended when the queue is closed.
//!
//! It touches nothing of Python and holds no lock while it writes. It does not know how threads are made
//! here: the caller says, because theirs must have all signals blocked.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::queue::{Pushed, Queue};
use crate::sinks::{Item, Sink};

/// After so many intervals without an item the thread sleeps until there is one: an idle program is not
/// woken ten times a second.
const NAPS_MAX: u32 = 10;

/// The thread is working.
const AWAKE: u8 = 0;
/// It sleeps until a batch is full or the interval is over.
const NAPS: u8 = 1;
/// It sleeps until something comes.
const SLEEPS: u8 = 2;

/// Starts a thread that runs the given work; `None` where the system has none to give.
pub type Spawn = fn(Box<dyn FnOnce() + Send>) -> Option<Thread>;

/// How a writer works.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Items per batch.
    pub batch_max: usize,
    /// Longest time an item waits for its batch to fill.
    pub flush_interval: Duration,
}

/// See the top of this file.
pub struct Writer {
    queue: Queue<Item>,
    sink: Mutex<Option<Box<dyn Sink>>>,
    pace: Pace,
    spawn: Spawn,
    /// Every so many items the thread is woken; a power of two, less one.
    wake_mask: u64,
    is_started: AtomicBool,
    sleep: AtomicU8,
    thread: OnceLock<Thread>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl Writer {
    /// A writer whose thread does not run yet.
    pub fn new(queue: Queue<Item>, sink: Box<dyn Sink>, pace: Pace, spawn: Spawn) -> Self {
        let wake_at = pace.batch_max.min(queue.capacity() / 2).max(1) as u64;
        Self {
            queue,
            sink: Mutex::new(Some(sink)),
            pace,
            spawn,
            wake_mask: (1 << wake_at.ilog2()) - 1,
            is_started: AtomicBool::new(false),
            sleep: AtomicU8::new(AWAKE),
            thread: OnceLock::new(),
        }
    }

    /// Hands over one item.
    #[inline]
    pub fn push(self: &Arc<Self>, item: Item) {
        let Pushed { number, gone } = self.queue.push(item);
        drop(gone);
        match self.sleep.load(SeqCst) {
            AWAKE if self.is_started.load(SeqCst) => {}
            NAPS if number & self.wake_mask != self.wake_mask => {}
            AWAKE => self.start(),
            _ => self.wake(),
        }
    }

    /// The queue, for its counts.
    pub fn queue(&self) -> &Queue<Item> {
        &self.queue
    }

    /// Waits until everything handed over before is written or dropped; false if that took too long.
    pub fn flush(self: &Arc<Self>, deadline: Instant) -> bool {
        self.start();
        self.wake();
        self.queue.wait_settled(deadline)
    }

    /// Takes no more items and lets the thread end by itself.
    pub fn begin_close(&self) {
        self.queue.begin_close();
        self.wake();
    }

    /// Waits for the end, but not longer than given: what is not written by then is dropped.
    pub fn finish_close(self: &Arc<Self>, deadline: Instant) {
        if !self.is_started.swap(true, SeqCst) {
            // No thread: nothing came, or the system had none.
            self.run();
        }
        if !self.queue.wait_closed(deadline) {
            self.queue.abandon();
        }
    }

    #[cold]
    fn start(self: &Arc<Self>) {
        if self.queue.is_closing() || self.is_started.swap(true, SeqCst) {
            return;
        }
        let writer = Arc::clone(self);
        match (self.spawn)(Box::new(move || writer.run())) {
            Some(thread) => {
                let _ = self.thread.set(thread);
            }
            // The next item tries again.
            None => self.is_started.store(false, SeqCst),
        }
    }

    #[cold]
    fn wake(&self) {
        self.sleep.store(AWAKE, SeqCst);
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    /// What the thread does.
    fn run(&self) {
        let sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut sink) = sink else { return };
        let mut batch = Vec::with_capacity(self.pace.batch_max);
        let mut naps = 0;
        loop {
            if self.queue.take(self.pace.batch_max, &mut batch) > 0 {
                let outcome = sink.write(&batch);
                self.queue.settle(&outcome);
                naps = 0;
                // A batch that is not full is worth waiting for.
                if batch.len() == self.pace.batch_max {
                    continue;
                }
            } else if self.queue.is_closing() {
                break;
            }
            naps += 1;
            self.nap(if naps > NAPS_MAX { SLEEPS } else { NAPS });
        }
        sink.close();
        self.queue.finish();
    }

    /// Sleeps, unless something came since the queue was empty, or will not come any more.
    fn nap(&self, depth: u8) {
        self.sleep.store(depth, SeqCst);
        let is_due = self.queue.depth() > self.wake_mask as usize
            || (depth == SLEEPS && self.queue.depth() > 0)
            || self.queue.is_closing();
        match depth {
            _ if is_due => {}
            SLEEPS => std::thread::park(),
            _ => std::thread::park_timeout(self.pace.flush_interval),
        }
        self.sleep.store(AWAKE, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::{Outcome, Overflow};
    use ghost_model::SpanLoss;
    use proptest::prelude::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    const FOREVER: Duration = Duration::from_mins(1);

    fn spawn(work: Box<dyn FnOnce() + Send>) -> Option<Thread> {
        std::thread::Builder::new().spawn(work).ok().map(|thread| thread.thread().clone())
    }

    fn no_thread(_: Box<dyn FnOnce() + Send>) -> Option<Thread> {
        None
    }

    /// Sends what it is given, fails every so many batches, and asks before each whether it may go on.
    struct Telling {
        to: Sender<usize>,
        fail_every: usize,
        batches: usize,
        gate: Option<Receiver<()>>,
    }

    impl Sink for Telling {
        fn write(&mut self, batch: &[Item]) -> Outcome {
            if let Some(gate) = &self.gate {
                let _ = gate.recv();
            }
            self.batches += 1;
            if self.fail_every > 0 && self.batches.is_multiple_of(self.fail_every) {
                return Outcome::dropped(batch.len(), SpanLoss::ExporterFailed);
            }
            let _ = self.to.send(batch.len());
            Outcome::EXPORTED
        }
    }

    fn writer(
        capacity: usize,
        batch_max: usize,
        fail_every: usize,
        gate: Option<Receiver<()>>,
        spawn: Spawn,
    ) -> (Arc<Writer>, Receiver<usize>) {
        let (to, seen) = channel();
        let sink = Telling { to, fail_every, batches: 0, gate };
        let pace = Pace { batch_max, flush_interval: Duration::from_millis(1) };
        let queue = Queue::new(capacity, Overflow::DropOldest);
        (Arc::new(Writer::new(queue, Box::new(sink), pace, spawn)), seen)
    }

    fn deadline() -> Instant {
        Instant::now() + FOREVER
    }

    fn close(writer: &Arc<Writer>, deadline: Instant) {
        writer.begin_close();
        writer.finish_close(deadline);
    }

    #[test]
    fn everything_is_written_before_a_flush_and_a_close_return() {
        let (writer, seen) = writer(64, 4, 0, None, spawn);
        (0..10).for_each(|_| writer.push(Item::Event(Vec::new())));
        assert!(writer.flush(deadline()));
        assert_eq!(writer.queue().counts().exported, 10);
        writer.push(Item::Event(Vec::new()));
        close(&writer, deadline());
        close(&writer, deadline());
        assert_eq!(seen.try_iter().sum::<usize>(), 11);
        writer.push(Item::Event(Vec::new()));
        assert_eq!(writer.queue().counts().dropped(SpanLoss::Closed), 1);
        assert_eq!(writer.queue().counts().pending(), 0);
    }

    #[test]
    fn one_item_arrives_without_being_asked_for_also_after_a_long_sleep() {
        let (writer, seen) = writer(64, 16, 0, None, spawn);
        for _ in 0..2 {
            writer.push(Item::Event(Vec::new()));
            assert_eq!(seen.recv_timeout(FOREVER), Ok(1));
            while writer.sleep.load(SeqCst) != SLEEPS {
                std::thread::yield_now();
            }
        }
        close(&writer, deadline());
    }

    #[test]
    fn without_a_thread_closing_writes() {
        let (writer, seen) = writer(64, 4, 0, None, no_thread);
        (0..10).for_each(|_| writer.push(Item::Event(Vec::new())));
        close(&writer, deadline());
        assert_eq!(seen.try_iter().sum::<usize>(), 10);
    }

    #[test]
    fn a_sink_that_does_not_come_back_holds_up_nobody() {
        let (open, gate) = channel();
        let (writer, seen) = writer(4, 2, 0, Some(gate), spawn);
        (0..100).for_each(|_| writer.push(Item::Event(Vec::new())));
        close(&writer, Instant::now());
        let counts = writer.queue().counts();
        assert_eq!((counts.produced, counts.exported, counts.pending()), (100, 0, 0));
        assert!(counts.dropped(SpanLoss::Closed) >= 1);
        // The batch that arrives after all was counted as dropped already, and stays so.
        drop(open);
        while seen.recv_timeout(FOREVER).is_ok() {}
        assert_eq!(writer.queue().counts(), counts);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_item_is_accounted_for_once(
            threads in 1usize..4,
            items in 0usize..400,
            capacity in 1usize..64,
            batch_max in 1usize..32,
            fail_every in 0usize..4,
            close_after in 0usize..400,
            is_patient in any::<bool>(),
        ) {
            let (writer, seen) = writer(capacity, batch_max, fail_every, None, spawn);
            std::thread::scope(|scope| {
                for thread in 0..threads {
                    let writer = &writer;
                    scope.spawn(move || for item in 0..items {
                        if thread == 0 && item == close_after {
                            let wait = if is_patient { FOREVER } else { Duration::ZERO };
                            close(writer, Instant::now() + wait);
                        }
                        writer.push(Item::Event(vec![0; 8]));
                    });
                }
            });
            close(&writer, deadline());
            let counts = writer.queue().counts();
            prop_assert_eq!(counts.produced, (threads * items) as u64);
            prop_assert_eq!(counts.pending(), 0);
            drop(writer);
            let arrived = seen.iter().sum::<usize>() as u64;
            let late = counts.dropped(SpanLoss::Closed);
            prop_assert!((counts.exported..=counts.exported + late).contains(&arrived));
        }
    }
}
