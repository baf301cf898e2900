//! What a budget knows of one code object: whether it sleeps, and how sure its counts are.

use std::cell::Cell;

use crate::code_state::CodeState;

/// Calls that are seen of every function before it may sleep: its usual signatures and callers.
const CALLS_BEFORE_SLEEP: u32 = 1_000;
/// Calls without anything new before it may sleep.
const SETTLED_CALLS: u32 = 250;
/// Calls after which it may sleep though it keeps showing something new.
const CALLS_ENOUGH: u32 = 10_000;
/// Part of what the interpreter needs for a start that is not known better: code is not alike.
const START_UNCERTAINTY: f64 = 0.35;
/// What else is not known of a window: clocks, caches, what switching leaves behind.
const WINDOW_UNCERTAINTY: f64 = 0.05;

/// Which events of a code object are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Events {
    /// None.
    None,
    /// Those of starts.
    Starts,
    /// All.
    All,
}

/// The part of a code object's state that only a budget needs.
#[derive(Debug)]
pub(crate) struct Sleeper {
    /// How many times what is seen now counts: 1 always observed, 0 asleep, else in a window.
    pub(crate) weight: Cell<u32>,
    /// Whether all its events are on, so that activations are timed: not in the first half of a window.
    pub(crate) timed: Cell<bool>,
    /// When it woke last; what began before was not followed to here.
    pub(crate) awake_since: Cell<u64>,
    /// Whether it takes part in windows.
    pub(crate) sleeps: Cell<bool>,
    /// Which of its events are on.
    pub(crate) events: Cell<Events>,
    /// Starts since functions were appraised, or since the window began.
    recent: Cell<u32>,
    /// Resumptions since functions were appraised.
    resumptions: Cell<u32>,
    /// Starts while it was always observed.
    seen: Cell<u32>,
    /// Of these, those up to the last that showed something new.
    news: Cell<u32>,
    /// Windows in a row without a start.
    idle_windows: Cell<u32>,
    /// Windows since it began to sleep.
    windows: Cell<u32>,
    /// Starts in the last window; before the first, those to be expected.
    last_starts: Cell<f64>,
    /// What it said of its cycle, in calls.
    last_estimate: Cell<f64>,
}

impl Default for Sleeper {
    fn default() -> Self {
        Self {
            weight: Cell::new(1),
            timed: Cell::new(true),
            awake_since: Cell::new(0),
            sleeps: Cell::new(false),
            events: Cell::new(Events::All),
            recent: Cell::new(0),
            resumptions: Cell::new(0),
            seen: Cell::new(0),
            news: Cell::new(0),
            idle_windows: Cell::new(0),
            windows: Cell::new(0),
            last_starts: Cell::new(0.0),
            last_estimate: Cell::new(0.0),
        }
    }
}

/// What a window adds to what is not known of a count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Uncertainty {
    /// Variance of the number of calls, by the chance of where windows lay. May be negative: a part
    /// of it stands for the last cycle only.
    pub(crate) variance: f64,
    /// Calls by which all windows may be wrong in the same direction.
    pub(crate) bias: f64,
}

impl Sleeper {
    /// How many times counts what is seen whenever activations are timed: for sleepers that is but half
    /// of the window.
    #[inline]
    pub(crate) fn times(&self) -> u64 {
        match self.weight.get() {
            0 | 1 => 1,
            weight => 2 * u64::from(weight),
        }
    }

    /// How many times time spent here counts as that of a callee. Where the caller counts as many
    /// times itself, once.
    #[inline]
    pub(crate) fn times_within(&self, caller: &CodeState) -> u64 {
        if caller.sleeper.weight.get() > 1 { 1 } else { self.times() }
    }

    /// Whether an activation that began at this tick was not followed to here.
    pub(crate) fn is_stale(&self, start_ticks: u64) -> bool {
        self.sleeps.get() && start_ticks < self.awake_since.get()
    }

    /// Whether events other than starts mean something: others may still arrive while they are
    /// switched.
    #[inline]
    pub(crate) fn is_timed(&self) -> bool {
        self.weight.get() != 0 && self.timed.get()
    }

    /// Which events should be on.
    pub(crate) fn wanted_events(&self) -> Events {
        match (self.weight.get(), self.timed.get()) {
            (0, _) => Events::None,
            (_, false) => Events::Starts,
            (_, true) => Events::All,
        }
    }

    /// Notes a start.
    #[inline]
    pub(crate) fn note_start(&self) {
        self.recent.set(self.recent.get().wrapping_add(1));
    }

    /// Notes that a generator goes on: an event like a start, but no call.
    #[inline]
    pub(crate) fn note_resumption(&self) {
        self.resumptions.set(self.resumptions.get().wrapping_add(1));
    }

    /// Notes a signature, caller or type that was not seen before.
    pub(crate) fn note_news(&self) {
        self.news.set(self.seen.get().saturating_add(self.recent.get()));
    }

    /// Starts and resumptions since the last appraisal.
    pub(super) fn recent(&self) -> u32 {
        self.recent.get().saturating_add(self.resumptions.get())
    }

    /// Begins to count them anew.
    pub(super) fn take_recent(&self) {
        self.resumptions.set(0);
        self.seen.set(self.seen.get().saturating_add(self.recent.replace(0)));
    }

    /// Whether enough is known of it to look away.
    pub(super) fn may_sleep(&self) -> bool {
        let seen = self.seen.get();
        let settled = seen.saturating_sub(self.news.get()) >= SETTLED_CALLS;
        seen >= CALLS_ENOUGH || (seen >= CALLS_BEFORE_SLEEP && settled)
    }

    /// Will sleep from the next cycle on; `starts` is how many a window would have, as it is called now.
    pub(super) fn choose(&self, starts: f64) {
        self.sleeps.set(true);
        self.windows.set(0);
        self.last_starts.set(starts);
    }

    /// Goes to sleep for a first cycle of this weight. Until its window comes, nothing is known of it but
    /// how it was called before.
    pub(super) fn sleep(&self, weight: u32) -> Uncertainty {
        self.weight.set(0);
        self.recent.set(0);
        let expected = f64::from(weight) * self.last_starts.get();
        let last = self.last_estimate.replace(expected);
        Uncertainty { variance: (expected * expected - last * last) / 3.0, bias: 0.0 }
    }

    /// Sleeps in a forked child, which counts from zero.
    pub(super) fn begin_child(&self) {
        self.weight.set(0);
        self.recent.set(0);
        self.last_estimate.set(0.0);
    }

    /// Wakes for a window.
    pub(super) fn wake(&self, now: u64, weight: u32) {
        self.awake_since.set(now);
        self.timed.set(false);
        self.weight.set(weight);
        self.recent.set(0);
    }

    /// All its events are on from now on.
    pub(super) fn deepen(&self) {
        self.timed.set(true);
    }

    /// Is observed always again.
    pub(super) fn stay_awake(&self) {
        self.timed.set(true);
        self.weight.set(1);
        self.sleeps.set(false);
        self.idle_windows.set(0);
        self.windows.set(0);
        self.last_starts.set(0.0);
        self.last_estimate.set(0.0);
        self.recent.set(0);
    }

    /// Ends a window in which the interpreter needed `starts_share` of the program's time for starts.
    ///
    /// Differences between neighbouring windows estimate the variance of a stratified sample with one
    /// window per cycle (Wolter, Introduction to Variance Estimation, 8.2: successive differences);
    /// they take the program's own ups and downs for chance, which errs on the safe side. The program
    /// may end anywhere in the cycle that this window stands for: a third of its square, until the next.
    pub(super) fn end_window(&self, starts_share: f64) -> Uncertainty {
        let weight = f64::from(self.weight.replace(0));
        let starts = self.recent.replace(0);
        let idle = if starts == 0 { self.idle_windows.get() + 1 } else { 0 };
        self.idle_windows.set(idle);
        let estimate = weight * f64::from(starts);
        let last = self.last_estimate.replace(estimate);
        let starts = f64::from(starts);
        let step = weight * (starts - self.last_starts.replace(starts));
        let windows = self.windows.get().saturating_add(1);
        self.windows.set(windows);
        Uncertainty {
            variance: step * step / 2.0 * few(windows) + (estimate * estimate - last * last) / 3.0,
            bias: estimate * (WINDOW_UNCERTAINTY + START_UNCERTAINTY * starts_share),
        }
    }

    /// Windows in a row without a start.
    pub(super) fn idle_windows(&self) -> u32 {
        self.idle_windows.get()
    }

    /// Forgets all, for another code object.
    pub(crate) fn reset(&self) {
        self.stay_awake();
        self.awake_since.set(0);
        self.events.set(Events::All);
        self.seen.set(0);
        self.news.set(0);
    }
}

/// By how much a variance that is estimated from few windows is larger: what makes two standard errors
/// cover as much as they do of many (Student's distribution, its square over that of the normal one).
fn few(windows: u32) -> f64 {
    let windows = f64::from(windows);
    1.0 + 8.0 / (windows * windows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sleeps_only_when_enough_is_known() {
        let sleeper = Sleeper::default();
        let call = |times| (0..times).for_each(|_| sleeper.note_start());
        call(900);
        sleeper.note_news();
        call(200);
        sleeper.take_recent();
        assert!(!sleeper.may_sleep());
        call(50);
        sleeper.take_recent();
        assert!(sleeper.may_sleep());
    }

    #[test]
    fn equal_windows_are_sure_but_for_the_last_cycle() {
        let sleeper = Sleeper::default();
        sleeper.choose(5.0);
        let mut variance = sleeper.sleep(10).variance;
        let mut window = |starts: u32| {
            sleeper.wake(0, 10);
            sleeper.deepen();
            (0..starts).for_each(|_| sleeper.note_start());
            variance += sleeper.end_window(0.0).variance;
            variance
        };
        // As expected: all that is not known is how far the program comes in this cycle.
        assert!((window(5) - 50.0 * 50.0 / 3.0).abs() < 1e-6);
        assert!((window(5) - 50.0 * 50.0 / 3.0).abs() < 1e-6);
        assert!(window(7) > 50.0 * 50.0 / 3.0 + 20.0 * 20.0 / 2.0);
    }
}
