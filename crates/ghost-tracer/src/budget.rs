//! Keeps what observing costs below a share of the program's time (`--budget`).
//!
//! Rare functions are always observed, so their counts are exact. Functions that would cost too much
//! *sleep*: their events are off. Time is cut into cycles, and once in every cycle, at a random moment,
//! all sleepers are awake for one short window. What is counted in a window counts `weight` times,
//! `weight` being the length of the cycle over that of the window: the Horvitz–Thompson estimator of
//! a stratified sample. It is unbiased whatever the program does, because chance places the windows,
//! and nothing the program did in the same cycle.
//!
//! ```text
//! cycle  |........................SSFF........|.....SSFF...........................|
//!         asleep                  window       next cycle: new weight, new moment
//! ```
//!
//! In the first half of a window only starts are seen (S), in the second all events (F), until there
//! were as many starts again. So the length of the window depends on what a start costs, which is
//! little and much the same for all code; what the others cost is neither. What only the second half
//! sees counts twice as often.
//!
//! Lengths are *program time*: processor time of the process, less what observing took. By the clock a
//! window would hold too few calls, since calls are slower in it; and where processors are scarce too
//! many, since a window begins when the process runs, and cycles also pass when it does not.
//!
//! Knows no interpreter: it is told the time and says what to do ([`Turn`]). Switching events on and
//! off is the caller's.

mod appraisal;
mod meter;
mod moments;
pub(crate) mod sleeper;

use crate::code_state::CodeState;
use meter::Meter;
use moments::Moments;
use sleeper::Uncertainty;

/// Longest piece of own work: switching some hundred functions.
const OWN_NS_MAX: u64 = 100_000;
/// Shortest window: long against what switching costs, short against how long programs run.
const WINDOW_NS: u64 = 300_000;
/// A window lasts at least so many times as long as switching takes.
const WINDOW_PER_SWITCH: u64 = 16;
/// Own time after which functions are appraised again.
const APPRAISAL_OWN_NS: u64 = 1_000_000;
/// Least part of the budget for windows; what is always observed may leave them no less.
const WINDOW_SHARE_MIN: f64 = 0.5;
/// Bounds of the weight. Beyond the upper one too little would be seen of anything.
const WEIGHTS: (f64, f64) = (2.0, 2_000.0);
/// Own time per program time in windows, before one was seen.
const SLOWDOWN_FIRST: f64 = 2.0;
/// Windows without a call after which a function is always observed again.
const IDLE_WINDOWS_MAX: u32 = 32;
/// How much the newest window counts in what is expected of the next.
const SMOOTHING: f64 = 0.3;
/// Starts in the first half of a window from which they tell the length of the second: fewer cost
/// next to nothing.
const HALF_STARTS_MIN: u64 = 50;
/// How much slower than usual the program is taken to be in a window at most.
const SLOWER_MAX: f64 = 20.0;
/// Least time between two looks at the processor time: asking the system takes a microsecond.
const LOOK_NS_MIN: u64 = 20_000;

/// What the interpreter needs for one event besides our own work, in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dispatch {
    /// For a start.
    pub start_ticks: u64,
    /// For another event.
    pub other_ticks: u64,
}

impl Dispatch {
    fn own_ticks(self, meter: &Meter) -> u64 {
        let others = meter.events - meter.starts;
        meter.own_ticks + meter.starts * self.start_ticks + others * self.other_ticks
    }
}

/// What the caller must do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing.
    Stay,
    /// Switch the start events of all sleepers on: a window begins.
    Wake,
    /// Switch all events of theirs on: its second half begins.
    Deepen,
    /// Switch the events of sleepers off.
    Sleep,
}

/// One moment by both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Reading of the clock.
    pub ticks: u64,
    /// Processor time of the process, in nanoseconds.
    pub cpu_ns: u64,
}

/// Where in a cycle we are. Processor times, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nobody sleeps.
    Exact,
    /// Before the window, perhaps still in the rest of the cycle before.
    Before { wake_ns: u64 },
    /// In the first half of the window.
    Shallow { began: Mark },
    /// In its second half.
    Deep { began: Mark, deepened: Mark },
}

/// Processor time, with what of it was own, and how many events there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    cpu_ns: u64,
    own_ns: u64,
    meter: Meter,
}

/// The state of a budget. One per process.
#[derive(Debug)]
pub struct Budget {
    /// Part of the program's time that observing may take.
    share: f64,
    ticks_per_ns: f64,
    dispatch: Dispatch,
    phase: Phase,
    /// Where the cycle began or will begin.
    cycle: Mark,
    window_ns: u64,
    next_window_ns: u64,
    weight: u32,
    sleepers: Vec<&'static CodeState>,
    /// Will sleep from the next cycle on.
    joining: Vec<&'static CodeState>,
    /// Whether they can join when the cycle begins: they were chosen before that.
    adopts: bool,
    /// Own time per program time in windows, smoothed.
    slowdown: f64,
    /// Own time outside of windows, as a part of all, smoothed.
    exact_share: f64,
    own_in_windows_ns: u64,
    /// The last appraisal. Own time without that of windows.
    appraised: Mark,
    moments: Moments,
    due: u64,
    due_own: u64,
    due_starts: u64,
    meter: Meter,
}

impl Budget {
    /// A budget of `share` of the program's time. `seed` places the windows.
    pub fn new(share: f64, ticks_per_ns: f64, seed: u64) -> Self {
        let ticks = |ns: u64| (ns as f64 * ticks_per_ns) as u64;
        Self {
            share,
            ticks_per_ns,
            dispatch: Dispatch::default(),
            phase: Phase::Exact,
            cycle: Mark::default(),
            window_ns: WINDOW_NS,
            next_window_ns: WINDOW_NS,
            weight: 1,
            sleepers: Vec::new(),
            joining: Vec::new(),
            adopts: false,
            slowdown: SLOWDOWN_FIRST,
            exact_share: 0.0,
            own_in_windows_ns: 0,
            appraised: Mark::default(),
            moments: Moments::new(seed),
            due: u64::MAX,
            due_own: ticks(APPRAISAL_OWN_NS),
            due_starts: u64::MAX,
            meter: Meter::new(ticks(OWN_NS_MAX)),
        }
    }

    /// Begins to measure, now that it is known what the interpreter needs for events.
    pub fn begin(&mut self, dispatch: Dispatch, now: Moment) {
        self.dispatch = dispatch;
        self.meter = Meter::new(self.ticks(OWN_NS_MAX));
        self.own_in_windows_ns = 0;
        self.due_starts = u64::MAX;
        self.appraised = self.mark(now.cpu_ns);
        self.due_own = self.ticks(APPRAISAL_OWN_NS);
    }

    /// Starts over in a forked child: sleepers sleep, in a cycle of its own. They may have been awake,
    /// so their events must be switched.
    pub fn begin_child(&mut self, now: Moment) {
        self.begin(self.dispatch, now);
        for code in self.sleepers.iter().filter(|code| code.sleeper.sleeps.get()) {
            code.sleeper.begin_child();
        }
        if self.phase != Phase::Exact {
            self.begin_cycle(self.mark(now.cpu_ns), now);
        }
    }

    fn ticks(&self, ns: u64) -> u64 {
        (ns as f64 * self.ticks_per_ns) as u64
    }

    /// Own work so far.
    #[inline]
    pub fn meter(&mut self) -> &mut Meter {
        &mut self.meter
    }

    /// Own time so far, with what the interpreter spent on events.
    pub fn own_ticks(&self) -> u64 {
        self.dispatch.own_ticks(&self.meter)
    }

    fn own_ns(&self) -> u64 {
        (self.own_ticks() as f64 / self.ticks_per_ns) as u64
    }

    fn mark(&self, cpu_ns: u64) -> Mark {
        Mark { cpu_ns, own_ns: self.own_ns(), meter: self.meter }
    }

    /// The clock without what observing took.
    #[inline]
    pub fn program_time(&self, now: u64) -> u64 {
        now.saturating_sub(self.own_ticks())
    }

    /// Whether [`Self::turn`] has something to do. All that the hot path asks.
    #[inline]
    pub fn is_due(&self, now: u64) -> bool {
        now >= self.due
            || self.meter.own_ticks >= self.due_own
            || self.meter.starts >= self.due_starts
    }

    /// The processor time at which a window must begin even if no event says so; `None` while it is
    /// open, or nobody sleeps. All other turns can wait for the next event.
    pub fn wake_ns(&self) -> Option<u64> {
        match self.phase {
            Phase::Before { wake_ns } => Some(wake_ns),
            Phase::Exact | Phase::Shallow { .. } | Phase::Deep { .. } => None,
        }
    }

    /// Functions whose events are switched on and off.
    pub fn sleepers(&self) -> &[&'static CodeState] {
        &self.sleepers
    }

    /// Decides what is to be done. `codes` are all observed functions.
    pub fn turn(&mut self, now: Moment, codes: impl Iterator<Item = &'static CodeState>) -> Turn {
        if self.meter.own_ticks >= self.due_own {
            self.appraise(now, codes);
        }
        match self.phase {
            Phase::Exact if !self.joining.is_empty() => {
                self.begin_cycle(self.mark(now.cpu_ns), now);
                self.adopt();
                Turn::Sleep
            }
            Phase::Exact => Turn::Stay,
            Phase::Before { .. } if self.adopts && now.cpu_ns >= self.cycle.cpu_ns => {
                self.adopt();
                self.look_again(now, self.wake_ns());
                Turn::Sleep
            }
            Phase::Before { wake_ns } if now.cpu_ns >= wake_ns => Turn::Wake,
            Phase::Before { wake_ns } => {
                let next = if self.adopts { self.cycle.cpu_ns } else { wake_ns };
                self.look_again(now, Some(next));
                Turn::Stay
            }
            Phase::Shallow { began } => {
                let half_ns = self.window_ns / 2;
                let left = self.left_ns(began, half_ns, now);
                if left == 0 { Turn::Deepen } else { Turn::Stay }
            }
            Phase::Deep { deepened, .. } if self.due_starts != u64::MAX => {
                self.look_again(now, None);
                let over = self.meter.starts >= self.due_starts;
                // A program that stops calling anything is not waited for.
                let late = self.lasted_ns(deepened, now.cpu_ns) > self.window_ns;
                if over || late { Turn::Sleep } else { Turn::Stay }
            }
            Phase::Deep { began, .. } => {
                let left = self.left_ns(began, self.window_ns, now);
                if left == 0 { Turn::Sleep } else { Turn::Stay }
            }
        }
    }

    /// Program time that is left of a part of a window. Looks again when it will be over, if the program
    /// goes on as slowly as it did in the window so far.
    fn left_ns(&mut self, began: Mark, length_ns: u64, now: Moment) -> u64 {
        let lasted_ns = self.lasted_ns(began, now.cpu_ns);
        let left_ns = length_ns.saturating_sub(lasted_ns);
        let passed_ns = now.cpu_ns.saturating_sub(began.cpu_ns);
        let slower = (passed_ns as f64 / lasted_ns.max(1) as f64).clamp(1.0, SLOWER_MAX);
        self.look_again(now, Some(now.cpu_ns + (left_ns as f64 * slower) as u64));
        left_ns
    }

    /// A turn took so many ticks, in which the program did nothing.
    pub fn postpone(&mut self, ticks: u64) {
        self.due = self.due.saturating_add(ticks);
    }

    /// Sets when there can be something to do: the clock runs at least as fast as processor time.
    fn look_again(&mut self, now: Moment, at_cpu_ns: Option<u64>) {
        let left = |at: u64| self.ticks(at.saturating_sub(now.cpu_ns).max(LOOK_NS_MIN));
        self.due = at_cpu_ns.map_or(u64::MAX, |at| now.ticks + left(at));
    }

    /// New sleepers join where a cycle begins: what they did before was counted call by call.
    fn adopt(&mut self) {
        self.adopts = false;
        self.sleepers.append(&mut self.joining);
        // Code that died since does not sleep any more.
        self.sleepers.retain(|code| code.sleeper.sleeps.get());
    }

    /// Program time since a mark.
    fn lasted_ns(&self, began: Mark, cpu_ns: u64) -> u64 {
        let own_ns = self.own_ns().saturating_sub(began.own_ns);
        cpu_ns.saturating_sub(began.cpu_ns).saturating_sub(own_ns)
    }

    /// Where this cycle ends, as far as is known: its length is program time, too.
    fn cycle_end(&self) -> Mark {
        let own_ns = self.own_ns().saturating_sub(self.cycle.own_ns);
        let end_ns = self.cycle.cpu_ns + u64::from(self.weight) * self.window_ns + own_ns;
        self.mark(end_ns)
    }

    /// Chooses weight and window of the cycle that begins at `cycle`, which may be yet to come.
    fn begin_cycle(&mut self, cycle: Mark, now: Moment) {
        self.window_ns = self.next_window_ns;
        let left = (self.share - self.exact_share).max(self.share * WINDOW_SHARE_MIN);
        let weight = (self.slowdown / left).ceil();
        self.weight = weight.clamp(WEIGHTS.0, WEIGHTS.1) as u32;
        self.cycle = cycle;
        let before_ns = u64::from(self.weight - 1) * self.window_ns;
        let wake_ns = cycle.cpu_ns + self.moments.up_to(before_ns);
        self.phase = Phase::Before { wake_ns };
        self.adopts = !self.joining.is_empty();
        self.look_again(now, Some(if self.adopts { cycle.cpu_ns } else { wake_ns }));
    }

    /// A window begins: events must be switched on now.
    pub fn open_window(&mut self, now: Moment) {
        let began = self.mark(now.cpu_ns);
        // A window that comes after its cycle stands for all the time since that began.
        let late = began.cpu_ns.saturating_sub(self.cycle.cpu_ns) / self.window_ns.max(1) + 1;
        self.weight = self.weight.max(u32::try_from(late).unwrap_or(u32::MAX));
        self.phase = Phase::Shallow { began };
        self.look_again(now, Some(now.cpu_ns + self.window_ns / 2));
        let time = self.program_time(now.ticks);
        for code in self.sleepers.iter().filter(|code| code.sleeper.sleeps.get()) {
            code.sleeper.wake(time, self.weight);
        }
    }

    /// The window began at `cpu_ns`: the events are on, and what that took is measured.
    pub fn window_opened(&mut self, cpu_ns: u64) {
        self.phase = Phase::Shallow { began: self.mark(cpu_ns) };
    }

    /// The second half of the window begins; `now` is when the other events begin to be switched on.
    pub fn deepen_window(&mut self, now: Moment) {
        let Phase::Shallow { began } = self.phase else { return };
        let deepened = self.mark(now.cpu_ns);
        let starts = deepened.meter.starts - began.meter.starts;
        if starts >= HALF_STARTS_MIN {
            self.due_starts = deepened.meter.starts + starts;
        }
        self.phase = Phase::Deep { began, deepened };
        self.look_again(now, Some(now.cpu_ns + self.window_ns / 2));
        for code in self.sleepers.iter().filter(|code| code.sleeper.sleeps.get()) {
            code.sleeper.deepen();
        }
    }

    /// Sleepers go to sleep: the window is over, or there are new ones. `note` gets what a window
    /// adds to what is not known of each.
    pub(crate) fn close_window(&mut self, mut note: impl FnMut(&'static CodeState, Uncertainty)) {
        let Phase::Deep { began, deepened } = self.phase else {
            let awake = self.sleepers.iter().filter(|code| code.sleeper.weight.get() != 0);
            let awake = awake.filter(|code| code.sleeper.sleeps.get());
            return awake.for_each(|code| note(code, code.sleeper.sleep(self.weight)));
        };
        self.due_starts = u64::MAX;
        let starts = deepened.meter.starts - began.meter.starts;
        let of_starts_ns = (starts * self.dispatch.start_ticks) as f64 / self.ticks_per_ns;
        let starts_share = of_starts_ns / (self.window_ns / 2) as f64;
        for code in &self.sleepers {
            note(code, code.sleeper.end_window(starts_share));
        }
        self.release_idle();
    }

    /// Functions that were not called for long are observed always again.
    fn release_idle(&mut self) {
        self.sleepers.retain(|code| {
            if !code.sleeper.sleeps.get() {
                return false;
            }
            let idle = code.sleeper.idle_windows() >= IDLE_WINDOWS_MAX;
            if idle {
                code.sleeper.stay_awake();
            }
            !idle
        });
    }

    /// The events are switched, which took `switch_ticks`. After a window: what it cost in all says how
    /// often there can be one.
    pub fn sleepers_asleep(&mut self, switch_ticks: u64, now: Moment) {
        let Phase::Deep { began, .. } = self.phase else { return };
        let own_ns = self.own_ns().saturating_sub(began.own_ns);
        self.own_in_windows_ns += own_ns;
        let slowdown = own_ns as f64 / self.window_ns as f64;
        self.slowdown += SMOOTHING * (slowdown - self.slowdown);
        let switch_ns = (switch_ticks as f64 / self.ticks_per_ns) as u64;
        self.next_window_ns = WINDOW_NS.max(switch_ns * WINDOW_PER_SWITCH);
        let cycle_ns = now.cpu_ns.saturating_sub(self.cycle.cpu_ns).max(1) as f64;
        let all_ns = self.own_ns().saturating_sub(self.cycle.own_ns);
        let exact_share = all_ns.saturating_sub(own_ns) as f64 / cycle_ns;
        self.exact_share += SMOOTHING * (exact_share - self.exact_share);
        if self.sleepers.is_empty() && self.joining.is_empty() {
            self.phase = Phase::Exact;
            self.due = u64::MAX;
        } else {
            self.begin_cycle(self.cycle_end(), now);
        }
    }
}

#[cfg(test)]
mod tests;
