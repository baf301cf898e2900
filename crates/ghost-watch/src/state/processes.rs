//! The processes of the session at the latest reading, and how busy each of them is.

use std::collections::HashMap;

use ghost_model::{Counter, ProcessState};
use ghost_store::LiveProcess;

use super::rates::{Clock, Ring, Tick};

/// Tells processes apart: ids are used again, but not at the same moment.
type ProcessKey = (u32, u64);

/// The processes of one session.
#[derive(Clone, Debug, Default)]
pub(super) struct Processes {
    all: Vec<LiveProcess>,
    rings: HashMap<ProcessKey, Ring>,
}

fn key(live: &LiveProcess) -> ProcessKey {
    (live.process.pid, live.process.start_unix_ns)
}

impl Processes {
    /// Takes the processes of a reading.
    pub(super) fn update(&mut self, all: Vec<LiveProcess>, tick: Tick) {
        let mut before = std::mem::take(&mut self.rings);
        for live in &all {
            let mut ring = before.remove(&key(live)).unwrap_or_default();
            ring.take(tick, live.call_count);
            self.rings.insert(key(live), ring);
        }
        self.all = all;
    }

    /// Every process: running ones first, each with its calls per second.
    pub(super) fn rows(&self, clock: &Clock) -> Vec<(&LiveProcess, Option<f64>)> {
        let rate = |live: &LiveProcess| self.rings.get(&key(live)).and_then(|r| r.latest(clock));
        let mut rows: Vec<_> = self.all.iter().map(|live| (live, rate(live))).collect();
        rows.sort_by_key(|(live, _)| {
            let process = &live.process;
            (process.state != ProcessState::Running, process.start_unix_ns, process.pid)
        });
        rows
    }

    /// How many there are, and how many of them run.
    pub(super) fn counts(&self) -> (u64, u64) {
        let runs = |live: &&LiveProcess| live.process.state == ProcessState::Running;
        (self.all.len() as u64, self.all.iter().filter(runs).count() as u64)
    }

    /// What observing cost so far, and what it costs a call; `None` where it was not measured.
    pub(super) fn own_cost(&self) -> Option<OwnCost> {
        let measured = self.all.iter().filter(|live| live.process.call_cost_ps > 0);
        let cost_ps = |live: &LiveProcess| {
            u128::from(live.call_count) * u128::from(live.process.call_cost_ps)
        };
        let (cost, calls) = measured.fold((0, 0_u128), |(cost, calls), live| {
            (cost + cost_ps(live), calls + u128::from(live.call_count))
        });
        let call_ps = cost.checked_div(calls)?;
        let ns = |ps: u128| u64::try_from(ps / 1000).unwrap_or(u64::MAX);
        Some(OwnCost { total_ns: ns(cost), call_ns: ns(call_ps) })
    }

    /// What could not be recorded, summed over the processes; counters that are not zero.
    pub(super) fn gaps(&self) -> Vec<(Counter, u64)> {
        let counters = || self.all.iter().flat_map(|live| &live.process.counters);
        let sum = |counter: Counter| {
            let same = counters().filter(|(other, _)| *other == counter);
            (counter, same.fold(0, |sum: u64, (_, count)| sum.saturating_add(*count)))
        };
        Counter::ALL.map(sum).into_iter().filter(|(_, count)| *count > 0).collect()
    }
}

/// What observing cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnCost {
    /// All calls together.
    pub(crate) total_ns: u64,
    /// One call, in the mean.
    pub(crate) call_ns: u64,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::staging::{reading, shop};
    use super::*;

    #[test]
    fn running_processes_come_first_and_costs_are_those_of_the_calls() {
        let (mut processes, mut clock) = (Processes::default(), Clock::default());
        for (seconds, times) in [(0, 1), (2, 2)] {
            let tick = clock.tick(Duration::from_secs(seconds));
            processes.update(reading(shop(times), seconds).live.processes, tick);
        }
        let rows: Vec<_> = processes
            .rows(&clock)
            .into_iter()
            .map(|(live, rate)| (live.process.pid, rate))
            .collect();
        assert_eq!(rows, [(42, Some(3_198.0)), (43, Some(0.0))]);
        assert_eq!(processes.counts(), (2, 1));
        assert_eq!(processes.gaps(), [(Counter::EndsMissed, 3)]);
        let calls = 2 + 2 * 6_356 + 1_234 + 80 + 1;
        let cost = OwnCost { total_ns: calls * 85, call_ns: 85 };
        assert_eq!(processes.own_cost(), Some(cost));
        assert_eq!(Processes::default().own_cost(), None);
    }
}
