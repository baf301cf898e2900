//! Keeps this process to its budget: measures what callbacks take, switches the events of sleeping
//! functions, and has the timer ask for turns. What is to be done when is decided by
//! [`ghost_tracer::Budget`].

use std::ffi::{c_int, c_void};

use ghost_tracer::{Budget, CodeState, Dispatch, Events, Moment, TickRate, Turn};
use pyo3::ffi::PyObject;

use crate::boundary::fence;
use crate::clock;
use crate::gate::without_events;
use crate::observer::Observer;
use crate::timer::Timer;

/// Processor time within which the interpreter makes a pending call while it executes Python code.
const AT_ONCE_NS: u64 = 50_000;

/// What a process with a budget has beside its observer.
#[derive(Debug)]
pub(crate) struct Pacing {
    budget: Budget,
    timer: Timer,
    rate: TickRate,
    /// The masks of a code object without events and with those of starts, as Python integers; kept
    /// for ever.
    masks: [*mut PyObject; 2],
}

impl Pacing {
    /// A budget of `percent` of the program's time.
    pub(crate) fn new(percent: f64, rate: TickRate, masks: [*mut PyObject; 2]) -> Self {
        let seed = clock::now() ^ u64::from(std::process::id()).rotate_left(32);
        // Ticks of a second rather than of a nanosecond, which are few.
        let ticks_per_ns = rate.ticks(1_000_000_000) as f64 / 1e9;
        let budget = Budget::new(percent / 100.0, ticks_per_ns, seed);
        Self { budget, timer: Timer::new(on_turn), rate, masks }
    }
}

/// The pending call that the timer asks for.
extern "C" fn on_turn(_: *mut c_void) -> c_int {
    Timer::answered();
    fence(|observer| observer.turn(clock::now()));
    // Anything else would raise in the program.
    0
}

/// The processor time at which a window that was opened at `now` began. Where the timer's call had to
/// wait long, no Python code ran meanwhile, and the window began when it was asked for.
fn began_ns(wake_ns: Option<u64>, now: Moment) -> u64 {
    let asked_ns = Timer::asked_at_ns();
    let asked = wake_ns.is_some_and(|wake_ns| asked_ns >= wake_ns);
    let waited = now.cpu_ns.saturating_sub(asked_ns) > AT_ONCE_NS;
    if asked && waited { asked_ns } else { cpu_ns() }
}

fn moment() -> Moment {
    Moment { ticks: clock::now(), cpu_ns: cpu_ns() }
}

/// Processor time of this process, in nanoseconds.
pub(crate) fn cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: fills the structure; fails only for clocks that do not exist.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

impl Observer {
    /// The clock without what observing took: what activations are timed with under a budget.
    #[inline]
    pub(crate) fn program_time(&self, now: u64) -> u64 {
        now.saturating_sub(self.own_ticks())
    }

    /// What observing took so far, where that is measured.
    #[inline]
    pub(crate) fn own_ticks(&self) -> u64 {
        self.pacing.as_ref().map_or(0, |pacing| pacing.budget.own_ticks())
    }

    /// Adds a callback that began at `begin` and ends now.
    #[inline]
    pub(crate) fn measured(&mut self, begin: u64) {
        if let Some(pacing) = &mut self.pacing {
            pacing.budget.meter().add(begin, clock::now());
        }
    }

    /// Adds a callback for a start.
    #[inline]
    pub(crate) fn measured_start(&mut self, begin: u64) {
        self.measured(begin);
        if let Some(pacing) = &mut self.pacing {
            pacing.budget.meter().starts += 1;
        }
    }

    /// Does what is due; the result is when the callback that called really began.
    #[inline]
    pub(crate) fn pace(&mut self, begin: u64) -> u64 {
        if self.pacing.as_ref().is_some_and(|pacing| pacing.budget.is_due(begin)) {
            self.turn(begin);
            return clock::now();
        }
        begin
    }

    #[cold]
    fn turn(&mut self, begin: u64) {
        let Some(mut pacing) = self.pacing.take() else { return };
        let now = Moment { ticks: begin, cpu_ns: cpu_ns() };
        let wake_ns = pacing.budget.wake_ns();
        let mut opened = false;
        // New sleepers may join at the moment a window is due.
        for _ in 0..2 {
            let turn = self.tracer.turn(&mut pacing.budget, now);
            match turn {
                Turn::Stay => break,
                Turn::Wake => {
                    pacing.budget.open_window(now);
                    opened = true;
                }
                Turn::Deepen => pacing.budget.deepen_window(now),
                Turn::Sleep => self.tracer.put_to_sleep(&mut pacing.budget, now),
            }
            let switch_ticks = self.switch_sleepers(&mut pacing);
            if turn != Turn::Sleep {
                break;
            }
            pacing.budget.sleepers_asleep(switch_ticks, now);
        }
        if pacing.budget.wake_ns() != wake_ns {
            pacing.timer.schedule(pacing.budget.wake_ns());
        }
        let end = clock::now();
        pacing.budget.meter().add_work(begin, end);
        pacing.budget.postpone(end.saturating_sub(begin));
        if opened {
            pacing.budget.window_opened(began_ns(wake_ns, now));
        }
        self.pacing = Some(pacing);
    }

    /// Switches the events of sleepers to what they should be; says how long it took.
    fn switch_sleepers(&self, pacing: &mut Pacing) -> u64 {
        let begin = clock::now();
        without_events(|| {
            let sleepers = pacing.budget.sleepers().iter();
            let switched = sleepers.filter_map(|code| Some((code, code.events_to_switch()?)));
            for (code, events) in switched {
                self.switch(code, events, pacing.masks);
            }
        });
        clock::now().saturating_sub(begin)
    }

    fn switch(&self, code: &CodeState, events: Events, [none, starts]: [*mut PyObject; 2]) {
        let Some([_, all]) = self.local_events else { return };
        let mask = match events {
            Events::None => none,
            Events::Starts => starts,
            Events::All => all,
        };
        // What could not be switched is tried again at the next turn.
        if self.set_local_events(code.code().0 as *mut PyObject, mask) {
            code.set_events(events);
        }
    }

    /// Begins to measure, now that it is known what the interpreter itself needs for events.
    pub(crate) fn begin_pacing(&mut self, dispatch: Dispatch) {
        if let Some(pacing) = &mut self.pacing {
            pacing.budget.begin(dispatch, moment());
        }
    }

    /// How long a tick is, where there is a budget.
    pub(crate) fn rate(&self) -> TickRate {
        self.pacing.as_ref().map_or(TickRate::NANOSECONDS, |pacing| pacing.rate)
    }

    /// What callbacks took so far; `None` without a budget.
    pub(crate) fn measured_so_far(&mut self) -> Option<u64> {
        Some(self.pacing.as_mut()?.budget.meter().own_ticks)
    }

    /// Goes on in a forked child.
    pub(crate) fn pace_child(&mut self) {
        if let Some(mut pacing) = self.pacing.take() {
            pacing.timer.begin_child();
            pacing.budget.begin_child(moment());
            self.switch_sleepers(&mut pacing);
            pacing.timer.schedule(pacing.budget.wake_ns());
            self.pacing = Some(pacing);
        }
    }

    /// Ends the timer's thread; the window that is open counts up to here.
    pub(crate) fn stop_pacing(&mut self) {
        if let Some(mut pacing) = self.pacing.take() {
            pacing.timer.stop();
            self.tracer.note_own_cost(&pacing.budget);
            self.pacing = Some(pacing);
        }
    }
}
