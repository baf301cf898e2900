//! What observing has taken so far.

/// Own work, as the callbacks measure it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// Ticks between the beginning and the end of our callbacks, and in switching events.
    pub own_ticks: u64,
    /// Events that called us; the interpreter's part in each comes on top.
    pub events: u64,
    /// Starts among them.
    pub starts: u64,
    /// No piece of work takes longer; one that seems to was interrupted by the system, which has
    /// nothing to do with us.
    ticks_max: u64,
}

impl Meter {
    pub(super) fn new(ticks_max: u64) -> Self {
        Self { own_ticks: 0, events: 0, starts: 0, ticks_max }
    }

    /// Adds work that no event is about.
    pub fn add_work(&mut self, begin: u64, end: u64) {
        self.own_ticks += end.saturating_sub(begin).min(self.ticks_max);
    }

    /// Adds one callback.
    #[inline]
    pub fn add(&mut self, begin: u64, end: u64) {
        self.own_ticks += end.saturating_sub(begin).min(self.ticks_max);
        self.events += 1;
    }
}
