//! What holds for every recording and every damage.

use std::fs;

use ghost_model::{
    ExceptionCount, FunctionId, FunctionKind, Histogram, Profile, Recording, SessionState, TypeId,
    TypeName, bucket_index,
};
use proptest::prelude::*;

use crate::stage::{DEAD_PID, Stage, activation, calls, end, fib, function, snapshot};
use crate::{SessionReader, StoreError};

/// Lists in one order, so that recordings can be compared whatever order they were counted in.
fn sorted(mut recording: Recording) -> Recording {
    for profile in &mut recording.profiles {
        profile.args.sort();
        profile.returns.sort();
        profile.yields.sort();
        profile.handled.sort();
        profile.callers.sort();
        profile.args_by_caller.sort();
        profile.returns_by_caller.sort();
        profile.exceptions.sort_by_key(|e| (e.exception, e.caught_by, e.count));
    }
    recording
}

const NAMES: [&str; 4] = ["a", "b.<locals>.c", "línea\n\u{1b}[1m\"'", "<lambda>"];

fn recordings() -> impl Strategy<Value = Recording> {
    let types = prop::sample::subsequence(NAMES.to_vec(), 0..=4);
    let functions = prop::sample::subsequence(NAMES.to_vec(), 0..=4);
    (types, functions).prop_flat_map(|(types, functions)| {
        let (type_count, function_count) = (types.len() as u32 + 1, functions.len() as u32 + 1);
        let profiles = prop::collection::vec(profiles(type_count, function_count), functions.len());
        profiles.prop_map(move |profiles| {
            let mut recording = Recording::default();
            for name in &types {
                let mro = vec![format!("app.{}", name.replace('\n', "")), "builtins.object".into()];
                recording.types.push(TypeName { mro, ..TypeName::new("app", *name) });
            }
            for (name, profile) in functions.iter().zip(profiles) {
                recording.functions.push(function(name, FunctionKind::Function));
                recording.profiles.push(profile);
            }
            recording
        })
    })
}

fn counts<K: std::fmt::Debug + Ord + std::hash::Hash + Clone>(
    key: impl Strategy<Value = K>,
) -> impl Strategy<Value = Vec<(K, u64)>> {
    prop::collection::btree_map(key, 1_u64..1 << 40, 0..4).prop_map(|map| map.into_iter().collect())
}

fn profiles(types: u32, functions: u32) -> impl Strategy<Value = Profile> {
    let type_id = move || (0..types).prop_map(TypeId);
    let function_id = move || (0..functions).prop_map(FunctionId);
    let args = counts(prop::collection::vec(type_id(), 0..3))
        .prop_filter("a function that was observed was called", |args| !args.is_empty());
    let exceptions = counts((type_id(), prop::option::of(function_id())));
    let lists = (args, counts(type_id()), counts(type_id()), counts(type_id()), exceptions);
    // Pairs need not add up to the lists here: each is stored for itself.
    let pairs = (
        counts((function_id(), prop::collection::vec(type_id(), 0..3))),
        counts((function_id(), type_id())),
    );
    let latencies = prop::collection::vec((1_u64..1 << 40, 1_u64..1 << 30), 0..5);
    (lists, counts(function_id()), pairs, latencies, 0_u64..1 << 40).prop_map(
        |((args, returns, yields, handled, exceptions), callers, pairs, latencies, time)| {
            let (args_by_caller, returns_by_caller) = pairs;
            let mut latency = Histogram::default();
            for (duration, count) in &latencies {
                latency.add(bucket_index(*duration), *count);
            }
            let durations = || latencies.iter().map(|(duration, _)| *duration);
            Profile {
                args,
                returns,
                yields,
                handled,
                exceptions: exceptions
                    .into_iter()
                    .map(|((exception, caught_by), count)| ExceptionCount {
                        exception,
                        caught_by,
                        count,
                    })
                    .collect(),
                callers,
                args_by_caller,
                returns_by_caller,
                latency_ns_sum: durations().sum(),
                latency_ns_min: durations().min().unwrap_or(0),
                latency_ns_max: durations().max().unwrap_or(0),
                latency,
                total_ns: time,
                self_ns: time / 2,
                running_ns: time / 3,
                call_count_se: time % 97,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_folded_is_what_is_read(recording in recordings()) {
        let stage = Stage::new("");
        stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, recording.clone()));
        stage.writer().finish(end(SessionState::Finished)).unwrap();
        prop_assert_eq!(sorted(stage.reader().recording().unwrap()), sorted(recording));
    }

    #[test]
    fn several_processes_read_as_their_merge(a in recordings(), b in recordings()) {
        let stage = Stage::new("");
        stage.ledger(DEAD_PID, 1, snapshot(DEAD_PID, a.clone()));
        stage.ledger(DEAD_PID + 1, 2, snapshot(DEAD_PID + 1, b.clone()));
        stage.writer().finish(end(SessionState::Finished)).unwrap();
        let mut merged = a;
        merged.merge(b);
        let reader = stage.reader();
        prop_assert_eq!(sorted(reader.recording().unwrap()), sorted(merged.clone()));
        let mut again = Recording::default();
        for (_, recording) in reader.recordings().unwrap() {
            again.merge(recording);
        }
        // Recordings of one process leave the parameters of the other's functions alone.
        prop_assert_eq!(calls(&again), calls(&merged));
    }

    #[test]
    fn growing_in_steps_is_growing_at_once(steps in prop::collection::vec(recordings(), 1..4)) {
        let stage = Stage::new("");
        let mut writer = stage.writer();
        let mut grown = Recording::default();
        for step in steps {
            grown.merge(step);
            stage.live_ledger(grown.clone());
            writer.fold(&stage.run_dir()).unwrap();
        }
        prop_assert_eq!(sorted(stage.reader().recording().unwrap()), sorted(grown));
    }
}

/// A small generator of its own, so that the mutations below are the same on every machine.
fn numbers(mut state: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

fn read_everything(stage: &Stage) -> Result<(), StoreError> {
    let reader = SessionReader::open(&stage.data_dir, &stage.id)?;
    reader.processes()?;
    let recording = reader.recording()?;
    reader.recordings()?;
    for id in 0..recording.functions.len() as u32 {
        reader.activations(FunctionId(id))?;
    }
    Ok(())
}

#[test]
fn no_damage_makes_reading_panic() {
    let stage = Stage::new("");
    let mut ended = snapshot(DEAD_PID, fib(21));
    ended.activations = (1..=9).map(|sequence| activation(sequence, 5)).collect();
    stage.ledger(DEAD_PID, 1, ended);
    stage.writer().finish(end(SessionState::Finished)).unwrap();
    read_everything(&stage).unwrap();
    let whole = fs::read(stage.path()).unwrap();
    let mut below = numbers(1);
    let mut refused = 0;
    for round in 0..600 {
        let mut bytes = whole.clone();
        if round % 6 == 0 {
            bytes.truncate(below(whole.len() as u64) as usize);
        } else {
            for _ in 0..=below(8) {
                let at = below(whole.len() as u64) as usize;
                bytes[at] = below(256) as u8;
            }
        }
        fs::write(stage.path(), &bytes).unwrap();
        refused += u32::from(read_everything(&stage).is_err());
    }
    assert!(refused > 100, "only {refused} of 600 noticed");
}
