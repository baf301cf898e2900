//! The native thread between a queue and a sink of this process: started by the first item, woken when
//! a batch is full or the flush interval is over, ended when the queue is closed.
//!
//! It touches nothing of Python and holds no lock while it writes. It does not know how threads are made
//! here: the caller says, because theirs must have all signals blocked.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::queue::{Pushed, Queue};
use crate::sinks::{Item, Sink};
use crate::sleep::{Sleep, Wait};

/// How a writer works.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Items per batch.
    pub batch_max: usize,
    /// Longest time an item waits for its batch to fill.
    pub flush_interval: Duration,
}

/// Starts a thread that runs the given work; false where the system has none to give.
pub type Spawn = fn(Box<dyn FnOnce() + Send>) -> bool;

/// See the top of this file.
pub struct Writer {
    queue: Queue<Item>,
    sink: Mutex<Option<Box<dyn Sink>>>,
    pace: Pace,
    spawn: Spawn,
    sleep: Sleep,
    is_started: AtomicBool,
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
        let sleep = Sleep::new(pace.batch_max, queue.capacity());
        let is_started = AtomicBool::new(false);
        let sink = Mutex::new(Some(sink));
        Self { queue, sink, pace, spawn, sleep, is_started, thread: OnceLock::new() }
    }

    /// Hands over one item.
    #[inline]
    pub fn push(self: &Arc<Self>, item: Item) {
        let Pushed { number, gone } = self.queue.push(item);
        drop(gone);
        if self.sleep.is_wake_due(number) {
            self.wake();
        }
    }

    /// The queue, for its counts.
    pub fn queue(&self) -> &Queue<Item> {
        &self.queue
    }

    /// Waits until everything handed over before is written or dropped; false if that took too long.
    pub fn flush(self: &Arc<Self>, deadline: Instant) -> bool {
        self.queue.wait_settled(deadline, || self.wake())
    }

    /// Takes no more items and lets the thread end by itself.
    pub fn begin_close(self: &Arc<Self>) {
        self.queue.begin_close();
        self.wake();
    }

    /// Nobody hands over any more, and nobody will wait.
    pub fn let_go(self: &Arc<Self>) {
        self.begin_close();
        if !self.is_started.load(SeqCst) && self.queue.depth() == 0 {
            self.queue.finish();
        }
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

    /// Wakes the thread; starts it where there is something to do for the first time.
    #[cold]
    fn wake(self: &Arc<Self>) {
        if !self.sleep.wake() {
            return;
        }
        match self.thread.get() {
            Some(thread) => thread.unpark(),
            // Started or not, it will look at the queue before it sleeps.
            None if self.queue.is_closing() => {}
            None => self.start(),
        }
    }

    fn start(self: &Arc<Self>) {
        if self.is_started.swap(true, SeqCst) {
            return;
        }
        let writer = Arc::clone(self);
        if !(self.spawn)(Box::new(move || writer.run())) {
            self.is_started.store(false, SeqCst);
            self.sleep.try_again();
        }
    }

    /// What the thread does.
    fn run(&self) {
        let sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut sink) = sink else { return };
        let _ = self.thread.set(std::thread::current());
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
            match self.sleep.begin(&self.queue, naps) {
                Some(Wait::Interval) => std::thread::park_timeout(self.pace.flush_interval),
                Some(Wait::Woken) => std::thread::park(),
                None => {}
            }
            self.sleep.end();
            naps += 1;
        }
        sink.close();
        self.queue.finish();
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

    fn spawn(work: Box<dyn FnOnce() + Send>) -> bool {
        std::thread::Builder::new().spawn(work).is_ok()
    }

    fn no_thread(_: Box<dyn FnOnce() + Send>) -> bool {
        false
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
            // Until it sleeps so deep that any item would wake it.
            while !writer.sleep.is_wake_due(0) {
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
