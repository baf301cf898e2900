//! Exporters that speak to other machines: spans go into a ring, and a relay, a process of our own, reads
//! it. Nothing of ours here opens a connection.
//!
//! The ring is made at the first span of a process; a forked child makes its own. The ring outlives the
//! process, so nothing is lost by not waiting for the relay.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ghost_ledger::SpanRing;
use ghost_model::SpanLoss;
use ghost_spans::accounting::{Accounting, Counts};
use ghost_spans::fork_local::ForkLocal;
use ghost_spans::queue::Overflow;
use pyo3::prelude::*;

use super::relay_start::RelayStart;
use super::{Settings, at_exit, event_span};
use crate::identity;
use crate::observer::hexversion;

/// Room for some twenty thousand spans, which the relay reads several times a second.
const RING_BYTES: u32 = 4 << 20;
/// Room for one span, as a rule.
const SPAN_BYTES: usize = 256;
/// What is tried where there is no room for that.
const RING_BYTES_MIN: u32 = 256 << 10;
/// How often it is looked whether the relay still lives; it may have been killed.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// After so many spans the clock is asked.
const ASK_CLOCK_MASK: u64 = 63;
/// Between two looks at what the relay says.
const POLL: Duration = Duration::from_millis(5);

/// See the top of this file.
#[derive(Debug)]
pub(super) struct RelayLane {
    start: Arc<RelayStart>,
    settings: Settings,
    ring: ForkLocal<Arc<Ring>>,
}

/// The ring of one process.
#[derive(Debug)]
pub(super) struct Ring {
    start: Arc<RelayStart>,
    settings: Settings,
    state: Mutex<State>,
    is_closed: AtomicBool,
    /// What never came into the ring.
    outside: Accounting,
}

#[derive(Debug, Default)]
struct State {
    ring: Option<SpanRing>,
    was_tried: bool,
    looked: Option<Instant>,
}

impl RelayLane {
    pub(super) fn new(start: Arc<RelayStart>, settings: Settings) -> Self {
        let ring = ForkLocal::new(Ring::new(&start, settings));
        Self { start, settings, ring }
    }

    /// The ring of this process.
    pub(super) fn ring(&self) -> &Arc<Ring> {
        self.ring.get(|| Ring::new(&self.start, self.settings))
    }

    /// Whoever counts wants what is not kept too, so the relay gets everything.
    pub(super) fn push(&self, record: &[u8]) {
        self.ring().push(record);
    }

    pub(super) fn enqueue(&self, event: &Bound<'_, PyAny>) {
        match event_span::record(event) {
            Some(record) => self.ring().push(&record),
            None => self.ring().refuse(SpanLoss::Unreadable, 1),
        }
    }
}

impl Drop for RelayLane {
    fn drop(&mut self) {
        if let Some(ring) = self.ring.existing() {
            ring.begin_close();
        }
    }
}

impl Ring {
    fn new(start: &Arc<RelayStart>, settings: Settings) -> Arc<Self> {
        let ring = Arc::new(Self {
            start: Arc::clone(start),
            settings,
            state: Mutex::default(),
            is_closed: AtomicBool::new(false),
            outside: Accounting::default(),
        });
        at_exit::note_ring(&ring);
        ring
    }

    fn push(&self, record: &[u8]) {
        if self.is_closed.load(Relaxed) {
            return self.refuse(SpanLoss::Closed, 1);
        }
        let mut state = self.lock();
        if !state.was_tried {
            state.was_tried = true;
            state.ring = self.make();
        }
        let Some(ring) = &mut state.ring else {
            drop(state);
            return self.refuse(SpanLoss::NoRing, 1);
        };
        // What is refused is counted in the ring.
        let _ = ring.push(record);
        if ring.records() & ASK_CLOCK_MASK == 1 {
            self.look_after_relay(&mut state);
        }
    }

    pub(super) fn refuse(&self, loss: SpanLoss, count: u64) {
        self.outside.produce(count);
        self.outside.lose(loss, count);
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = self.outside.counts();
        let state = self.lock();
        let Some(ring) = &state.ring else { return counts };
        let fate = ring.fate();
        counts.exported += fate.exported;
        counts.produced += ring.records() + ring.refused();
        for loss in SpanLoss::ALL {
            counts.dropped[loss as usize] += ring.refused_for(loss);
        }
        for (loss, count) in fate.lost {
            counts.dropped[loss as usize] += count;
        }
        counts.produced = counts.produced.max(counts.settled());
        counts
    }

    /// Waits until the relay says what became of everything; false if that took too long.
    pub(super) fn flush(&self, deadline: Instant) -> bool {
        while self.counts().pending() > 0 {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(POLL);
        }
        true
    }

    /// Waits until the relay has read everything; it exports what is left when we are gone.
    pub(super) fn wait_read(&self, deadline: Instant) {
        let is_read = || self.lock().ring.as_ref().is_none_or(SpanRing::is_drained);
        while !is_read() && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
    }

    pub(super) fn begin_close(&self) {
        if self.is_closed.swap(true, Relaxed) {
            return;
        }
        if let Some(ring) = &self.lock().ring {
            ring.close();
        }
    }

    /// Waits until there is a relay, which will read what is left after us too.
    pub(super) fn wait_started(&self, deadline: Instant) {
        self.start.wait(deadline);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Relaxed)
    }

    fn make(&self) -> Option<SpanRing> {
        let folder: &PathBuf = self.start.folder()?;
        let who = identity::identity(hexversion());
        let drops_oldest = self.settings.overflow == Overflow::DropOldest;
        let wanted = self.settings.queue_size.saturating_mul(SPAN_BYTES);
        let bytes = u32::try_from(wanted).unwrap_or(u32::MAX).max(RING_BYTES);
        let path = identity::spans_path(folder);
        let create = |bytes| SpanRing::create(&path, &who, bytes, drops_oldest).ok();
        create(bytes).or_else(|| create(RING_BYTES_MIN))
    }

    fn look_after_relay(&self, state: &mut State) {
        if state.looked.is_none_or(|looked| looked.elapsed() >= LOOK_AGAIN) {
            state.looked = Some(Instant::now());
            self.start.begin();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
