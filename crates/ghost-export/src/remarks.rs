//! What is said beside tables, one line each: exceptions that somebody caught, gaps in the record, what
//! observing cost, and spans that are not there.
//!
//! Where it is said, and how names are made fit for a terminal, is the caller's business.

use ghost_analysis::{Escape, escapes};
use ghost_model::{
    Counter, FunctionId, Labels, Process, Profile, Recording, Session, SpanCounts, SpanLoss,
    counted, duration, thousands,
};

/// Remarks on exceptions are for the commonest only.
const CAUGHT_EXCEPTIONS_MAX: usize = 5;

/// ``ValueError raised 18 times in `validate`, swallowed in `sync_orders` ``, the commonest first.
pub fn caught_exceptions(recording: &Recording) -> Vec<String> {
    let name = |id: FunctionId| recording.function(id).key.qualname.as_str();
    let escapes = escapes(recording).into_iter().filter(|escape| escape.raised_count > 0);
    let caught = escapes.filter_map(|escape| Some((escape, escape.caught_by?)));
    let mut caught: Vec<(Escape, FunctionId)> = caught.collect();
    caught.sort_by_key(|(escape, catcher)| {
        (std::cmp::Reverse(escape.raised_count), name(escape.function), name(*catcher))
    });
    let labels = Labels::new(recording);
    let line = |(escape, catcher): &(Escape, FunctionId)| {
        let times = match escape.raised_count {
            1 => "once".into(),
            count => format!("{} times", thousands(count)),
        };
        let exception = labels.type_name(escape.exception);
        let [raised, swallowed] = [escape.function, *catcher].map(name);
        format!("{exception} raised {times} in `{raised}`, swallowed in `{swallowed}`")
    };
    let beyond = caught.len().saturating_sub(CAUGHT_EXCEPTIONS_MAX) as u64;
    let more = (beyond > 0).then(|| {
        let more = counted(beyond, "more function", "more functions");
        format!("{more} raised exceptions that were swallowed elsewhere")
    });
    caught.iter().take(CAUGHT_EXCEPTIONS_MAX).map(line).chain(more).collect()
}

/// How sure the estimates are. `None` where every number is exact.
pub fn estimates<'a>(profiles: impl Iterator<Item = &'a Profile>) -> Option<String> {
    let relative =
        |profile: &Profile| profile.call_count_se as f64 / profile.call_count().max(1) as f64;
    let errors = profiles.filter(|profile| profile.is_estimate()).map(relative);
    let largest = errors.fold(None, |largest: Option<f64>, error| {
        Some(largest.map_or(error, |largest| largest.max(error)))
    })?;
    let percent = (largest * 100.0).ceil();
    Some(format!("≈ estimates, to keep the budget; standard error up to {percent}% of the calls"))
}

/// What observing cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnCost {
    /// All of it.
    pub total_ns: u64,
    /// Of one call, picoseconds; `None` where only the total is known.
    pub call_ps: Option<u64>,
}

impl OwnCost {
    /// As measured under a budget, else the calls, each at what one was measured to cost. `None` where it
    /// was not.
    pub fn of<'a>(
        session: &Session,
        processes: impl IntoIterator<Item = &'a Process>,
    ) -> Option<Self> {
        let (mut total_ns, mut cost_ps, mut measured) = (0_u64, 0_u64, 0_u64);
        for process in processes {
            total_ns = total_ns.saturating_add(process.own_cost_ns);
            cost_ps = cost_ps.saturating_add(process.call_cost_ps);
            measured += u64::from(process.call_cost_ps > 0);
        }
        if total_ns > 0 {
            return Some(Self { total_ns, call_ps: None });
        }
        let call_ps = cost_ps.checked_div(measured)?;
        let total_ns = session.call_count.saturating_mul(call_ps) / 1000;
        Some(Self { total_ns, call_ps: Some(call_ps) })
    }

    /// In words.
    pub fn line(self) -> String {
        let total = duration(self.total_ns);
        match self.call_ps {
            None => format!("observing cost {total}, as measured"),
            Some(call_ps) => format!("observing cost about {total}: {}ns a call", call_ps / 1000),
        }
    }
}

/// One line for every counter of what could not be recorded, summed over the processes.
pub fn gaps<'a>(processes: impl IntoIterator<Item = &'a Process>) -> Vec<String> {
    let counters: Vec<&(Counter, u64)> =
        processes.into_iter().flat_map(|process| &process.counters).collect();
    let sum = |counter: Counter| {
        let all = counters.iter();
        all.filter(|(other, _)| *other == counter)
            .fold(0, |sum: u64, (_, n)| sum.saturating_add(*n))
    };
    let counters = Counter::ALL.into_iter().map(|counter| (counter, sum(counter)));
    counters.filter(|&(_, count)| count > 0).map(|(counter, count)| gap(counter, count)).collect()
}

fn gap(counter: Counter, count: u64) -> String {
    let number = thousands(count);
    match counter {
        Counter::FunctionsRefused => format!("{number} functions beyond the bound, counted as `…`"),
        Counter::SignaturesRefused => format!("{number} calls counted under the signature `…`"),
        Counter::CallersRefused => format!("{number} calls counted under the caller `…`"),
        Counter::TypesRefused => format!("{number} types beyond the bound, counted as `…`"),
        Counter::EndsMissed => format!("{number} calls whose end was not seen"),
        Counter::ActivationsDropped => format!("{number} single calls not kept as events"),
        Counter::VolatileBytes => {
            format!("{number} bytes could not be written and were lost with their process")
        }
        Counter::Failures => format!("{number} internal failures; observing stopped at the first"),
        Counter::GeneratorsRefused => format!("{number} suspended generators beyond the bound"),
        Counter::CodeRefused => format!("{number} calls could not be observed"),
        Counter::NodesRefused => format!("{number} calls counted below `…` in the call tree"),
    }
}

/// What the totals and details of spans do not include.
pub fn spans(counts: &SpanCounts) -> Vec<String> {
    lost_spans(counts).into_iter().chain(sampled_out(counts)).chain(trimmed(counts)).collect()
}

/// Spans that should be there and are not: ``12 spans did not arrive: 10 overwritten, 2 too_large``.
pub fn lost_spans(counts: &SpanCounts) -> Option<String> {
    let lost = counts.losses.iter().filter(|(loss, _)| *loss != SpanLoss::SampledOut);
    let reasons: Vec<String> =
        lost.map(|(loss, count)| format!("{} {}", thousands(*count), loss.as_str())).collect();
    let count = counted(counts.lost_count(), "span", "spans");
    (!reasons.is_empty()).then(|| format!("{count} did not arrive: {}", reasons.join(", ")))
}

fn sampled_out(counts: &SpanCounts) -> Option<String> {
    let spans = counted(counts.unsampled_count, "span", "spans");
    (counts.unsampled_count > 0).then(|| {
        format!(
            "{spans} of traces that were not sampled are in totals, not in traces and functions"
        )
    })
}

fn trimmed(counts: &SpanCounts) -> Option<String> {
    let gone = counted(counts.trimmed_count(), "older span", "older spans");
    let kept = thousands(counts.kept_count);
    (counts.trimmed_count() > 0).then(|| {
        format!("{gone} gave way to the newest {kept}, of which traces and functions are; totals are of all")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{
        ExceptionCount, Function, FunctionKey, FunctionKind, Profile, TypeId, TypeName,
    };

    #[test]
    fn the_cost_of_observing_is_that_of_its_calls() {
        let session = Session { call_count: 2_000_000, ..session() };
        let process = |call_cost_ps| Process { call_cost_ps, ..Process::default() };
        let processes = [process(0), process(80_000), process(90_000)];
        let line = OwnCost::of(&session, &processes).unwrap().line();
        assert_eq!(line, "observing cost about 170ms: 85ns a call");
        assert_eq!(OwnCost::of(&session, &processes[..1]), None);
        let budget = Process { own_cost_ns: 28_400_000, ..process(80_000) };
        let line = OwnCost::of(&session, &[budget]).unwrap().line();
        assert_eq!(line, "observing cost 28.4ms, as measured");
    }

    #[test]
    fn the_least_sure_estimate_is_told() {
        let profile = |call_count_se| Profile {
            args: vec![(Vec::new(), 1_000)],
            call_count_se,
            ..Profile::default()
        };
        let profiles = [profile(0), profile(22), profile(5)];
        let line = estimates(profiles.iter()).unwrap();
        assert_eq!(line, "≈ estimates, to keep the budget; standard error up to 3% of the calls");
        assert_eq!(estimates(profiles[..1].iter()), None);
    }

    fn session() -> Session {
        Session {
            id: ghost_model::SessionId::new(0, 0),
            script: String::new(),
            name: None,
            note: None,
            kind: ghost_model::SessionKind::Started,
            pid: 0,
            start_unix_ns: 0,
            end_unix_ns: None,
            exit_code: None,
            state: ghost_model::SessionState::Running,
            process_count: 0,
            call_count: 0,
        }
    }

    /// `sync` calls `check`, `check` calls `validate`; functions 1, 2, 3.
    fn chain(raised_in_check: u64, raised_in_validate: u64) -> Recording {
        let mut recording = Recording::default();
        recording.types.push(TypeName::new("builtins", "ValueError"));
        let raised =
            |count| ExceptionCount { exception: TypeId(1), caught_by: Some(FunctionId(1)), count };
        for (qualname, caller, raised) in [
            ("sync", FunctionId::ROOT, vec![]),
            ("check", FunctionId(1), vec![raised(raised_in_check)]),
            ("validate", FunctionId(2), vec![raised(raised_in_validate)]),
        ] {
            recording.functions.push(Function {
                key: FunctionKey { module: "shop".into(), qualname: qualname.into(), line: 1 },
                file: "shop.py".into(),
                parameters: String::new(),
                kind: FunctionKind::Function,
            });
            recording.profiles.push(Profile {
                args: vec![(vec![], 100)],
                callers: vec![(caller, 100)],
                exceptions: raised,
                ..Profile::default()
            });
        }
        recording
    }

    #[test]
    fn a_function_that_lets_an_exception_pass_did_not_raise_it() {
        let expected = ["ValueError raised 18 times in `validate`, swallowed in `sync`"];
        assert_eq!(caught_exceptions(&chain(18, 18)), expected);
    }

    #[test]
    fn what_it_raised_itself_stays() {
        let expected = [
            "ValueError raised 18 times in `validate`, swallowed in `sync`",
            "ValueError raised once in `check`, swallowed in `sync`",
        ];
        assert_eq!(caught_exceptions(&chain(19, 18)), expected);
    }

    #[test]
    fn every_counter_is_shown_and_a_failure_says_that_observing_ended() {
        let counters = Counter::ALL.into_iter().map(|counter| (counter, 1)).collect();
        let lines = gaps(&[Process { counters, ..Process::default() }]);
        assert_eq!(lines.len(), Counter::ALL.len());
        assert!(lines.contains(&"1 internal failures; observing stopped at the first".to_owned()));
    }

    #[test]
    fn gaps_are_summed_over_processes() {
        let process =
            |count| Process { counters: vec![(Counter::EndsMissed, count)], ..Process::default() };
        assert_eq!(gaps(&[process(1_000), process(234)]), ["1,234 calls whose end was not seen"]);
        assert!(gaps(&[Process::default()]).is_empty());
    }

    #[test]
    fn lost_spans_are_told_by_reason() {
        let losses = vec![
            (SpanLoss::Overwritten, 1_000),
            (SpanLoss::SampledOut, 7),
            (SpanLoss::TooLarge, 2),
        ];
        let mut counts = SpanCounts { losses, ..SpanCounts::default() };
        let expected = "1,002 spans did not arrive: 1,000 overwritten, 2 too_large";
        assert_eq!(lost_spans(&counts).as_deref(), Some(expected));
        counts.losses.retain(|(loss, _)| *loss == SpanLoss::SampledOut);
        assert_eq!(lost_spans(&counts), None);
    }

    #[test]
    fn what_gave_way_is_told() {
        let mut counts = SpanCounts { received_count: 30, kept_count: 20, ..SpanCounts::default() };
        assert!(trimmed(&counts).is_some_and(|line| line.starts_with("10 older spans")));
        counts.unsampled_count = 10;
        assert_eq!(trimmed(&counts), None);
        assert!(sampled_out(&counts).is_some_and(|line| line.starts_with("10 spans of traces")));
    }
}
