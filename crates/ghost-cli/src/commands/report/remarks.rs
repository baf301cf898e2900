//! What a report says beside its table: exceptions that somebody caught, and gaps in the record.

use std::collections::HashMap;

use ghost_export::Labels;
use ghost_model::{Counter, FunctionId, Process, Profile, Recording, Session, TypeId};

use crate::output::number::{counted, duration, thousands};

/// Remarks on exceptions are for the commonest only.
const CAUGHT_EXCEPTIONS_MAX: usize = 5;

/// An exception type that left one function and was caught in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Caught {
    exception: TypeId,
    raised_in: FunctionId,
    catcher: FunctionId,
    count: u64,
}

/// ``ValueError raised 18 times in `validate`, swallowed in `sync_orders` ``, the commonest first.
pub(super) fn caught_exceptions(recording: &Recording) -> Vec<String> {
    let mut caught = origins(recording);
    let name = |id: FunctionId| recording.function(id).key.qualname.as_str();
    caught.sort_by_key(|caught| {
        (std::cmp::Reverse(caught.count), name(caught.raised_in), name(caught.catcher))
    });
    let labels = Labels::new(recording);
    let line = |caught: &Caught| {
        let times = match caught.count {
            1 => "once".into(),
            count => format!("{} times", thousands(count)),
        };
        let exception = labels.type_name(caught.exception);
        let [raised, swallowed] = [caught.raised_in, caught.catcher].map(name);
        format!("{exception} raised {times} in `{raised}`, swallowed in `{swallowed}`")
    };
    let beyond = caught.len().saturating_sub(CAUGHT_EXCEPTIONS_MAX) as u64;
    let more = (beyond > 0).then(|| {
        let more = counted(beyond, "more function", "more functions");
        format!("{more} raised exceptions that were swallowed elsewhere")
    });
    caught.iter().take(CAUGHT_EXCEPTIONS_MAX).map(line).chain(more).collect()
}

/// Where caught exceptions came from. A function that only let one pass is no origin: what its
/// callees raised with the same type and catcher is taken off its count, as far as it called them.
fn origins(recording: &Recording) -> Vec<Caught> {
    let mut passed: HashMap<(FunctionId, TypeId, FunctionId), u64> = HashMap::new();
    let all: Vec<Caught> =
        recording.observed().flat_map(|(id, _, profile)| caught(id, profile)).collect();
    for caught in &all {
        for &(caller, calls) in &recording.profiles[caught.raised_in.index()].callers {
            if caller != caught.raised_in {
                let key = (caller, caught.exception, caught.catcher);
                *passed.entry(key).or_default() += calls.min(caught.count);
            }
        }
    }
    let origin = |caught: Caught| {
        let key = (caught.raised_in, caught.exception, caught.catcher);
        let count = caught.count.saturating_sub(passed.get(&key).copied().unwrap_or(0));
        (count > 0).then_some(Caught { count, ..caught })
    };
    all.into_iter().filter_map(origin).collect()
}

fn caught(
    raised_in: FunctionId,
    profile: &ghost_model::Profile,
) -> impl Iterator<Item = Caught> + '_ {
    profile.exceptions.iter().filter_map(move |entry| {
        let catcher = entry.caught_by?;
        Some(Caught { exception: entry.exception, raised_in, catcher, count: entry.count })
    })
}

/// How sure the estimates are. `None` where every number is exact.
pub(super) fn estimates<'a>(profiles: impl Iterator<Item = &'a Profile>) -> Option<String> {
    let relative =
        |profile: &Profile| profile.call_count_se as f64 / profile.call_count().max(1) as f64;
    let errors = profiles.filter(|profile| profile.is_estimate()).map(relative);
    let largest = errors.fold(None, |largest: Option<f64>, error| {
        Some(largest.map_or(error, |largest| largest.max(error)))
    })?;
    let percent = (largest * 100.0).ceil();
    Some(format!("≈ estimates, to keep the budget; standard error up to {percent}% of the calls"))
}

/// What observing cost: the calls, each at what one was measured to cost. `None` where it was not.
pub(super) fn own_cost(session: &Session, processes: &[Process]) -> Option<String> {
    let measured_ns = processes.iter().map(|process| process.own_cost_ns);
    let measured_ns = measured_ns.fold(0, u64::saturating_add);
    if measured_ns > 0 {
        return Some(format!("observing cost {}, as measured", duration(measured_ns)));
    }
    let costs = processes.iter().map(|process| process.call_cost_ps).filter(|&cost| cost > 0);
    let (sum, measured) =
        costs.fold((0_u64, 0_u64), |(sum, n), cost| (sum.saturating_add(cost), n + 1));
    let call_cost_ps = sum.checked_div(measured)?;
    let cost_ns = session.call_count.saturating_mul(call_cost_ps) / 1000;
    Some(format!("observing cost about {}: {}ns a call", duration(cost_ns), call_cost_ps / 1000))
}

/// One line for every counter of what could not be recorded, summed over the processes.
pub(in crate::commands) fn gaps(processes: &[Process]) -> Vec<String> {
    let sum = |counter: Counter| {
        let all = processes.iter().flat_map(|process| &process.counters);
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghost_model::{ExceptionCount, Function, FunctionKey, FunctionKind, Profile, TypeName};

    #[test]
    fn the_cost_of_observing_is_that_of_its_calls() {
        let session = Session { call_count: 2_000_000, ..session() };
        let process = |call_cost_ps| Process { call_cost_ps, ..Process::default() };
        let processes = [process(0), process(80_000), process(90_000)];
        let line = own_cost(&session, &processes).unwrap();
        assert_eq!(line, "observing cost about 170ms: 85ns a call");
        assert_eq!(own_cost(&session, &processes[..1]), None);
        let budget = Process { own_cost_ns: 28_400_000, ..process(80_000) };
        let line = own_cost(&session, &[budget]).unwrap();
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
}
