//! All functions of the session at the latest reading, and how often each was called lately.

use std::collections::HashMap;
use std::time::Duration;

use ghost_model::{
    Function, FunctionId, FunctionKey, FunctionKind, Histogram, Labels, Profile, Recording,
};

use super::rates::{Clock, Ring, Tick};

/// The numbers of one function by which rows are sorted and shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The function in the recording of the latest reading.
    pub id: FunctionId,
    /// Activations begun.
    pub call_count: u64,
    /// Activations ended by an exception.
    pub exception_count: u64,
    /// Mean duration of ended activations.
    pub latency_ns_mean: Option<u64>,
    /// Time on the stack, outermost activations only.
    pub total_ns: u64,
    /// Time on the stack less that of observed callees.
    pub self_ns: u64,
    /// Calls since the previous reading; `None` before there are two.
    pub calls_per_second: Option<f64>,
    /// Whether it is the body of a module or class.
    pub is_body: bool,
}

/// The functions of one session.
#[derive(Clone, Debug)]
pub(super) struct Functions {
    pub(super) recording: Recording,
    pub(super) labels: Labels,
    /// Of every called function of the recording.
    pub(super) rows: Vec<Row>,
    /// Parallel to the functions of the recording.
    rings: Vec<Ring>,
    all: Ring,
    pub(super) clock: Clock,
    tick: Tick,
}

/// Where functions of the previous reading are in this one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Moved {
    /// All where they were.
    None,
    /// By their previous id.
    To(Vec<Option<FunctionId>>),
}

impl Moved {
    /// The id of a function that had this one.
    pub(super) fn id_of(&self, before: FunctionId) -> Option<FunctionId> {
        match self {
            Self::None => Some(before),
            Self::To(ids) => ids.get(before.index()).copied().flatten(),
        }
    }
}

impl Default for Functions {
    fn default() -> Self {
        let recording = Recording::default();
        Self {
            labels: Labels::new(&recording),
            recording,
            rows: Vec::new(),
            rings: Vec::new(),
            all: Ring::default(),
            clock: Clock::default(),
            tick: Tick::First,
        }
    }
}

impl Functions {
    /// Takes what was read `at` after the beginning of watching.
    pub(super) fn update(&mut self, recording: Recording, at: Duration) -> Moved {
        let moved = moved(&self.recording.functions, &recording.functions);
        self.carry_rings(&moved, recording.functions.len());
        let tick = self.clock.tick(at);
        self.tick = tick;
        let counts: Vec<u64> = recording.profiles.iter().map(Profile::call_count).collect();
        for (ring, &call_count) in self.rings.iter_mut().zip(&counts) {
            ring.take(tick, call_count);
        }
        self.all.take(tick, counts.iter().fold(0, |sum, &count| sum.saturating_add(count)));
        let observed = recording.observed().filter(|(id, ..)| counts[id.index()] > 0);
        self.rows = observed
            .map(|(id, function, profile)| Row {
                calls_per_second: self.rings.get(id.index()).and_then(|r| r.latest(&self.clock)),
                ..Row::new(id, function, profile, counts[id.index()])
            })
            .collect();
        self.labels = Labels::new(&recording);
        self.recording = recording;
        moved
    }

    fn carry_rings(&mut self, moved: &Moved, length: usize) {
        if let Moved::To(ids) = moved {
            let rings = std::mem::take(&mut self.rings);
            self.rings = vec![Ring::default(); length];
            for (ring, id) in rings.into_iter().zip(ids) {
                if let Some(slot) = id.and_then(|id| self.rings.get_mut(id.index())) {
                    *slot = ring;
                }
            }
        }
        self.rings.resize(length, Ring::default());
    }

    /// What the latest reading means for rings kept elsewhere.
    pub(super) fn latest_tick(&self) -> Tick {
        self.tick
    }

    /// Calls per second of all functions together.
    pub(super) fn calls_per_second(&self) -> Option<f64> {
        self.all.latest(&self.clock)
    }

    /// Calls per second of one function at the latest readings, oldest first.
    pub(super) fn rates(&self, id: FunctionId, width: usize) -> Vec<f64> {
        self.rings.get(id.index()).map_or(Vec::new(), |ring| ring.rates(&self.clock, width))
    }
}

impl Row {
    fn new(id: FunctionId, function: &Function, profile: &Profile, call_count: u64) -> Self {
        Self {
            id,
            call_count,
            exception_count: profile.exception_count(),
            latency_ns_mean: profile.latency_ns_mean(),
            total_ns: profile.total_ns,
            self_ns: profile.self_ns,
            calls_per_second: None,
            is_body: matches!(function.kind, FunctionKind::Module | FunctionKind::ClassBody),
        }
    }
}

/// Functions keep their ids as long as only new ones are added, which is nearly always.
fn moved(before: &[Function], now: &[Function]) -> Moved {
    let same = |(a, b): (&Function, &Function)| a.key == b.key && a.file == b.file;
    if before.len() <= now.len() && before.iter().zip(now).all(same) {
        return Moved::None;
    }
    let named = now.iter().zip((0..).map(FunctionId)).map(|(f, id)| ((&f.key, &*f.file), id));
    let ids: HashMap<(&FunctionKey, &str), FunctionId> = named.collect();
    Moved::To(before.iter().map(|f| ids.get(&(&f.key, &*f.file)).copied()).collect())
}

/// A quantile of the latency. The middle of a bucket may lie beyond the durations that are in it.
pub(crate) fn latency_ns(profile: &Profile, quantile: f64) -> Option<u64> {
    let estimate = Histogram::quantile_ns(&profile.latency, quantile)?;
    Some(estimate.min(profile.latency_ns_max).max(profile.latency_ns_min))
}

#[cfg(test)]
mod tests {
    use super::super::staging::{Called, recording};
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn rates_follow_a_function_that_gets_another_id() {
        let mut functions = Functions::default();
        functions.update(recording(&[Called::new("a", 10), Called::new("b", 50)]), seconds(0));
        functions.update(recording(&[Called::new("a", 11), Called::new("b", 70)]), seconds(1));
        let moved =
            functions.update(recording(&[Called::new("b", 100), Called::new("a", 11)]), seconds(2));
        assert_eq!(moved.id_of(FunctionId(2)), Some(FunctionId(1)));
        assert_eq!(functions.rates(FunctionId(1), 9), [20.0, 30.0]);
        assert_eq!(functions.rates(FunctionId(2), 9), [1.0, 0.0]);
        assert_eq!(functions.calls_per_second(), Some(30.0));
    }

    #[test]
    fn a_function_that_appears_later_was_called_since_the_reading_before() {
        let mut functions = Functions::default();
        functions.update(recording(&[Called::new("a", 10)]), seconds(0));
        let later = recording(&[Called::new("a", 10), Called::new("b", 8)]);
        assert_eq!(functions.update(later, seconds(2)), Moved::None);
        assert_eq!(functions.rows[1].calls_per_second, Some(4.0));
    }

    #[test]
    fn a_function_that_is_gone_is_nowhere() {
        let mut functions = Functions::default();
        functions.update(recording(&[Called::new("a", 10), Called::new("b", 50)]), seconds(0));
        let moved = functions.update(recording(&[Called::new("b", 51)]), seconds(1));
        assert_eq!(
            (moved.id_of(FunctionId(1)), moved.id_of(FunctionId(2))),
            (None, Some(FunctionId(1)))
        );
        assert_eq!(functions.rows[0].calls_per_second, Some(1.0));
    }

    #[test]
    fn a_quantile_never_lies_outside_the_durations() {
        let mut profile =
            Profile { latency_ns_min: 4_200_000, latency_ns_max: 4_200_000, ..Profile::default() };
        assert_eq!(latency_ns(&profile, 0.99), None);
        profile.latency.add(ghost_model::bucket_index(4_200_000), 3);
        assert_eq!(latency_ns(&profile, 0.99), Some(4_200_000));
    }
}
