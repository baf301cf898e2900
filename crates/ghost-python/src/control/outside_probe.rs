//! One probe from outside in this process: its limits, its state, and what it adds up.
//!
//! The program's threads hit it with the interpreter lock; the thread that listens reads it without. So
//! nothing in here is a Python object, and its one lock is held for moments, never across a call.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ghost_control::{
    Bucket, LineTime, Numbers, Policy, ProbeKind, ProbeSpec, ProbeState, ProbeStatus,
};
use ghost_probes::{EvaluateError, Expression, Scope, Value, evaluate};

use super::hit_ring;
use super::now_unix_ns;
use super::window::Window;

/// Expressions evaluated per second by all probes together; more would be felt by the program.
const EVALUATIONS_PER_SECOND_MAX: u32 = 20_000;
/// Errors after which a probe is switched off.
const ERRORS_MAX: u64 = 10;
/// Lines of one function that are timed.
const LINES_MAX: usize = 10_000;
/// Characters of an error that are kept.
const ERROR_CHARS_MAX: usize = 500;

static EVALUATIONS: Window = Window::new();

/// Where a probe is, as far as the program's threads know.
#[derive(Clone, Debug, Default)]
struct Known {
    state: ProbeState,
    reason: Option<String>,
    error: Option<String>,
    numbers: Option<Summed>,
    file: Option<String>,
    lines: BTreeMap<u32, LineTime>,
}

#[derive(Clone, Debug)]
struct Summed {
    count: u64,
    total: f64,
    minimum: f64,
    maximum: f64,
    buckets: BTreeMap<Option<i16>, u64>,
}

/// A probe.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) spec: ProbeSpec,
    policy: Policy,
    value: Option<Expression>,
    condition: Option<Expression>,
    hit_count: AtomicU64,
    dropped_count: AtomicU64,
    error_count: AtomicU64,
    window: Window,
    known: Mutex<Known>,
    /// Whether its end was noticed, and its events are being switched off.
    is_swept: AtomicBool,
}

impl Probe {
    /// A probe that was checked.
    pub(super) fn new(spec: ProbeSpec, policy: Policy) -> Self {
        let parsed = |text: &Option<String>| Expression::parse(text.as_ref()?).ok();
        let (value, condition) = (parsed(&spec.value), parsed(&spec.condition));
        let reason = Some("waits for the program to execute Python".to_owned());
        let known = Mutex::new(Known { reason, ..Known::default() });
        let zero = || AtomicU64::new(0);
        let (hit_count, dropped_count, error_count) = (zero(), zero(), zero());
        let window = Window::new();
        let is_swept = AtomicBool::new(false);
        Self {
            spec,
            policy,
            value,
            condition,
            hit_count,
            dropped_count,
            error_count,
            window,
            known,
            is_swept,
        }
    }

    /// Whether it can never be hit again, and why.
    pub(super) fn end(&self) -> Option<ProbeState> {
        let state = self.known().state;
        if !state.is_live() {
            return Some(state);
        }
        let is_used_up = self.spec.max_hits.is_some_and(|max| self.hit_count.load(Relaxed) >= max);
        (is_used_up || now_unix_ns() >= self.spec.expires_unix_ns).then_some(ProbeState::Expired)
    }

    /// Whether its end is news.
    pub(super) fn has_just_ended(&self) -> bool {
        self.end().is_some() && !self.is_swept.load(Relaxed)
    }

    /// Its end was noticed.
    pub(super) fn note_end(&self) {
        self.is_swept.store(true, Relaxed);
    }

    /// It cannot be applied.
    pub(super) fn give_up(&self, why: &str) {
        self.set_state(ProbeState::Error, Some(&format!("cannot be applied: {why}")));
    }

    /// The names its expressions read.
    pub(super) fn names(&self) -> Vec<String> {
        let expressions = [&self.value, &self.condition].into_iter().flatten();
        expressions.flat_map(Expression::names).map(str::to_owned).collect()
    }

    /// Whether the policy lets it look into the function that its target really leads to.
    pub(super) fn allows(&self, function: &str) -> bool {
        self.policy.allows(function)
    }

    /// An event of its target, with names to evaluate its expressions with.
    pub(super) fn hit(&self, scope: &dyn Scope) {
        let now = now_unix_ns();
        if !EVALUATIONS.admits(now, EVALUATIONS_PER_SECOND_MAX) {
            return self.drop_one();
        }
        match self.wants(scope) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return self.fail(&error.to_string()),
        }
        if !self.spec.rate_max().is_none_or(|max| self.window.admits(now, max)) {
            return self.drop_one();
        }
        if let Err(error) = self.tell(now, scope) {
            self.fail(&error.to_string());
        }
    }

    /// The lines of one call, in nanoseconds.
    pub(super) fn add_lines(&self, file: &str, calls: impl Iterator<Item = LineTime>) {
        let mut known = self.known();
        known.file.get_or_insert_with(|| file.to_owned());
        for line in calls {
            let has_room = known.lines.len() < LINES_MAX;
            let none = LineTime { line: line.line, count: 0, longest_ns: 0, total_ns: 0 };
            let sum = match known.lines.get_mut(&line.line) {
                Some(sum) => sum,
                None if has_room => known.lines.entry(line.line).or_insert(none),
                None => continue,
            };
            sum.count += line.count;
            sum.longest_ns = sum.longest_ns.max(line.longest_ns);
            sum.total_ns += line.total_ns;
        }
        drop(known);
        self.hit_count.fetch_add(1, Relaxed);
    }

    /// Takes note of where it is. What has ended stays so.
    pub(super) fn set_state(&self, state: ProbeState, reason: Option<&str>) {
        let mut known = self.known();
        if known.state.is_live() {
            known.state = state;
            known.reason = reason.map(shortened);
        }
    }

    /// What a controller is told.
    pub(super) fn status(&self) -> ProbeStatus {
        let ended = self.end();
        let known = self.known().clone();
        let state = ended.unwrap_or(known.state);
        ProbeStatus {
            probe: self.spec.clone(),
            state,
            reason: if state == known.state { known.reason } else { None },
            hit_count: self.hit_count.load(Relaxed),
            dropped_count: self.dropped_count.load(Relaxed),
            error_count: self.error_count.load(Relaxed),
            error: known.error,
            numbers: known.numbers.map(Summed::into_numbers),
            file: known.file,
            lines: known.lines.into_values().collect(),
        }
    }

    /// In a forked child: what the parent counted is the parent's. It stays where it is in its life.
    pub(super) fn begin_child(&self) {
        for count in [&self.hit_count, &self.dropped_count, &self.error_count] {
            count.store(0, Relaxed);
        }
        let mut known = self.known();
        (known.numbers, known.error) = (None, None);
        known.lines.clear();
    }

    fn wants(&self, scope: &dyn Scope) -> Result<bool, EvaluateError> {
        let Some(condition) = &self.condition else { return Ok(true) };
        let value = evaluate(condition, scope)?;
        let unclear =
            || EvaluateError::Type { operation: "if", type_name: value.type_name().to_owned() };
        value.truth().ok_or_else(unclear)
    }

    fn tell(&self, now_unix_ns: u64, scope: &dyn Scope) -> Result<(), EvaluateError> {
        let value = self.value.as_ref().map(|value| evaluate(value, scope)).transpose()?;
        if value == Some(Value::None) && self.spec.kind != ProbeKind::Log {
            return Ok(());
        }
        self.hit_count.fetch_add(1, Relaxed);
        match self.spec.kind {
            ProbeKind::Log => {
                let text = value.map(|value| crate::probes::safe_expression::text(&value));
                if !hit_ring::push(&self.spec.id, now_unix_ns, text) {
                    self.drop_one();
                }
            }
            ProbeKind::Hist => self.add(number(value.as_ref())?, true),
            ProbeKind::Incr => self.add(number(value.as_ref())?, false),
            ProbeKind::Hotspots => {}
        }
        Ok(())
    }

    fn add(&self, number: f64, has_buckets: bool) {
        let mut known = self.known();
        let sum = known.numbers.get_or_insert_with(|| Summed::begin(number));
        sum.count += 1;
        sum.total = (sum.total + number).clamp(f64::MIN, f64::MAX);
        sum.minimum = sum.minimum.min(number);
        sum.maximum = sum.maximum.max(number);
        if has_buckets {
            *sum.buckets.entry(exponent(number)).or_default() += 1;
        }
    }

    fn drop_one(&self) {
        self.dropped_count.fetch_add(1, Relaxed);
    }

    /// Keeps an error; after so many of them it is switched off.
    pub(super) fn fail(&self, error: &str) {
        let count = self.error_count.fetch_add(1, Relaxed) + 1;
        let mut known = self.known();
        known.error = Some(shortened(error));
        if count >= ERRORS_MAX && known.state.is_live() {
            known.state = ProbeState::Disabled;
            known.reason = Some(format!("switched off after {ERRORS_MAX} errors"));
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Summed {
    fn begin(number: f64) -> Self {
        let buckets = BTreeMap::new();
        Self { count: 0, total: 0.0, minimum: number, maximum: number, buckets }
    }

    fn into_numbers(self) -> Numbers {
        let Self { count, total, minimum, maximum, buckets } = self;
        let bucket = |(exponent, count)| Bucket { exponent, count };
        Numbers {
            count,
            total,
            minimum,
            maximum,
            buckets: buckets.into_iter().map(bucket).collect(),
        }
    }
}

/// Nothing counts as one.
fn number(value: Option<&Value>) -> Result<f64, EvaluateError> {
    let Some(value) = value else { return Ok(1.0) };
    let none = || EvaluateError::Type { operation: "add", type_name: value.type_name().to_owned() };
    let number = value.as_float().ok_or_else(none)?;
    if number.is_finite() { Ok(number) } else { Err(EvaluateError::Range) }
}

/// The greatest power of two below a number.
fn exponent(number: f64) -> Option<i16> {
    (number > 0.0).then(|| (number.log2().ceil() as i16) - 1)
}

fn shortened(text: &str) -> String {
    text.chars().take(ERROR_CHARS_MAX).collect()
}
