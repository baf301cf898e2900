//! Requests over time: how many, how many failed and how long they took, in steps of a rolling window.
//!
//! Made of the requests that are kept; whether those are all is the caller's to say.

use ghost_model::{Durations, Span, SpanKind};

/// How far back a window reaches, seconds.
pub(crate) const WINDOW_S: u64 = 900;
/// Lengths of steps there are, seconds. The shortest that gives at most [`STEPS_MAX`] of them is used.
const STEPS_S: [u64; 4] = [1, 2, 5, 10];
/// Steps of a window: about one for each two columns of a small chart.
const STEPS_MAX: u64 = 90;

const SECOND_NS: u64 = 1_000_000_000;

/// Requests added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// When it begins.
    pub(crate) start_unix_ns: u64,
    pub(crate) request_count: u64,
    pub(crate) error_count: u64,
    pub(crate) duration: Durations,
}

/// A window of time, and what was in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    /// Length of a step, seconds.
    pub(crate) step_s: u64,
    /// How much of the window the session covers, seconds.
    pub(crate) covered_s: u64,
    /// Every step without a gap, oldest first.
    pub(crate) steps: Vec<Step>,
    /// All of them together.
    pub(crate) all: Step,
}

/// The requests among `spans` that began in the window before `now_unix_ns`, as far as it lies after the
/// beginning. Steps begin at whole multiples of their length, so that the next reading has the same ones.
pub(crate) fn traffic(spans: &[Span], beginning_unix_ns: u64, now_unix_ns: u64) -> Traffic {
    let earliest = now_unix_ns.saturating_sub(WINDOW_S * SECOND_NS).max(beginning_unix_ns);
    let covered_s = now_unix_ns.saturating_sub(earliest).div_ceil(SECOND_NS).max(1);
    let fits = |step_s: &u64| covered_s / step_s < STEPS_MAX;
    let step_s = STEPS_S.into_iter().find(fits).unwrap_or(STEPS_S[3]);
    let length_ns = step_s * SECOND_NS;
    let first = earliest / length_ns;
    let last = (now_unix_ns / length_ns).max(first).min(first + STEPS_MAX + 1);
    let empty = |number: u64| Step { start_unix_ns: number * length_ns, ..Step::default() };
    let mut series: Vec<Step> = (first..=last).map(empty).collect();
    let mut all = Step { start_unix_ns: earliest, ..Step::default() };
    for span in spans.iter().filter(|span| span.kind == SpanKind::Request) {
        let start = span.start_unix_ns;
        let place = (start / length_ns).checked_sub(first).map(|place| place as usize);
        let step = place.and_then(|place| series.get_mut(place));
        if let Some(step) = step.filter(|_| start >= earliest && start <= now_unix_ns) {
            step.add(span);
            all.add(span);
        }
    }
    Traffic { step_s, covered_s, steps: series, all }
}

impl Step {
    fn add(&mut self, request: &Span) {
        self.request_count += 1;
        self.error_count += u64::from(request.is_error);
        self.duration.add(request.duration_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request(start_unix_ns: u64) -> Span {
        Span { kind: SpanKind::Request, start_unix_ns, duration_ns: 5, ..Span::default() }
    }

    #[test]
    fn only_requests_of_the_window_count() {
        let now = 10_000 * SECOND_NS;
        let query = Span { kind: SpanKind::Query, ..request(now) };
        let failed = Span { is_error: true, ..request(now) };
        let before = request(now - (WINDOW_S + 1) * SECOND_NS);
        let traffic = traffic(&[query, failed, before, request(now - 60 * SECOND_NS)], 0, now);
        assert_eq!((traffic.step_s, traffic.covered_s), (10, WINDOW_S));
        assert_eq!((traffic.all.request_count, traffic.all.error_count), (2, 1));
        assert_eq!(traffic.steps.last().map(|step| step.error_count), Some(1));
    }

    #[test]
    fn a_young_session_has_short_steps() {
        let traffic = traffic(&[request(7 * SECOND_NS)], 5 * SECOND_NS, 8 * SECOND_NS);
        let counts: Vec<u64> = traffic.steps.iter().map(|step| step.request_count).collect();
        assert_eq!((traffic.step_s, traffic.covered_s, counts), (1, 3, vec![0, 0, 1, 0]));
    }

    proptest! {
        #[test]
        fn steps_add_up_and_have_no_gap(
            starts in prop::collection::vec(0_u64..2_000, 0..50),
            beginning in 0_u64..2_000,
            now in 0_u64..2_000,
        ) {
            let spans: Vec<Span> = starts.iter().map(|s| request(s * SECOND_NS)).collect();
            let traffic = traffic(&spans, beginning * SECOND_NS, now * SECOND_NS);
            let sum: u64 = traffic.steps.iter().map(|step| step.request_count).sum();
            prop_assert_eq!(sum, traffic.all.request_count);
            prop_assert!(traffic.steps.len() as u64 <= STEPS_MAX + 2);
            let step_ns = traffic.step_s * SECOND_NS;
            prop_assert!(traffic.steps.windows(2).all(|w| w[1].start_unix_ns - w[0].start_unix_ns == step_ns));
            let seen = starts.iter().filter(|s| **s >= beginning && **s <= now && now - **s <= WINDOW_S);
            prop_assert_eq!(traffic.all.request_count, seen.count() as u64);
        }
    }
}
