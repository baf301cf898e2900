//! Sessions made up for the tests of this crate.

use std::time::Duration;

use ghost_model::{
    CallTree, Counter, ExceptionCount, Function, FunctionId, FunctionKey, FunctionKind, Process,
    ProcessState, Profile, Recording, Session, SessionId, SessionState, TypeId, TypeName,
    bucket_index,
};
use ghost_store::{LiveProcess, LiveState};

use super::Reading;

const START_UNIX_NS: u64 = 1_763_630_000_500_000_000;

/// A function and what it was called like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Called {
    pub(crate) qualname: &'static str,
    pub(crate) call_count: u64,
    pub(crate) raised: u64,
    pub(crate) latency_ns: u64,
    pub(crate) kind: FunctionKind,
}

impl Called {
    pub(crate) fn new(qualname: &'static str, call_count: u64) -> Self {
        Self { qualname, call_count, raised: 0, latency_ns: 900, kind: FunctionKind::Function }
    }
}

/// A recording with these functions, numbered from 1. All take `(int, str)` but their last call,
/// which took `(float, str)`; what they raise is caught by the first of them.
pub(crate) fn recording(all: &[Called]) -> Recording {
    let mut recording = Recording::default();
    for name in ["int", "str", "float", "ValueError"] {
        recording.types.push(TypeName::new("builtins", name));
    }
    let [int, str, float, error] = [1, 2, 3, 4].map(TypeId);
    for called in all {
        recording.functions.push(Function {
            key: FunctionKey { module: "shop".into(), qualname: called.qualname.into(), line: 7 },
            file: "shop.py".into(),
            parameters: "price,currency".into(),
            kind: called.kind,
        });
        let calls = called.call_count;
        let mut profile = Profile {
            args: vec![(vec![int, str], calls.saturating_sub(1)), (vec![float, str], calls.min(1))],
            returns: vec![(int, calls - called.raised)],
            callers: vec![(FunctionId::ROOT, 1), (FunctionId(1), calls.saturating_sub(1))],
            args_by_caller: vec![
                ((FunctionId::ROOT, vec![float, str]), 1),
                ((FunctionId(1), vec![int, str]), calls.saturating_sub(1)),
            ],
            latency_ns_sum: calls * called.latency_ns,
            latency_ns_min: called.latency_ns / 4,
            latency_ns_max: called.latency_ns * 4,
            total_ns: calls * called.latency_ns,
            self_ns: calls * called.latency_ns / 2,
            ..Profile::default()
        };
        for (latency_ns, share) in [(called.latency_ns / 4, 10), (called.latency_ns * 4, 100)] {
            profile.latency.add(bucket_index(latency_ns), calls / share);
        }
        profile.latency.add(bucket_index(called.latency_ns), calls - calls / 10 - calls / 100);
        if called.raised > 0 {
            let caught_by = Some(FunctionId(1));
            let raised = ExceptionCount { exception: error, caught_by, count: called.raised };
            profile.exceptions.push(raised);
            recording.profiles[1].handled.push((error, called.raised));
        }
        recording.profiles.push(profile);
    }
    recording
}

/// A small shop that was called `times` as often as the smallest one.
pub(crate) fn shop(times: u64) -> Recording {
    recording(&[
        Called { latency_ns: 1_300_000_000, ..Called::new("sync_orders", 2) },
        Called::new("fib", 6_356 * times),
        Called { latency_ns: 12_500, ..Called::new("Catalogue.<locals>.look_up_by_name", 1_234) },
        Called { latency_ns: 4_200_000, raised: 18, ..Called::new("validate", 40 * times) },
        Called {
            kind: FunctionKind::Module,
            latency_ns: 2_000_000_000,
            ..Called::new("<module>", 1)
        },
    ])
}

/// A reading of a running session, so many seconds after the beginning of watching.
pub(crate) fn reading(recording: Recording, seconds: u64) -> Reading {
    let call_count: u64 = recording.profiles.iter().map(Profile::call_count).sum();
    let process = |pid, parent_pid, state, counters| Process {
        pid,
        parent_pid,
        start_unix_ns: START_UNIX_NS,
        python_version: "3.13.0".into(),
        call_cost_ps: 85_000,
        state,
        counters,
        ..Process::default()
    };
    let ended = process(43, 42, ProcessState::Ended, vec![(Counter::EndsMissed, 3)]);
    let running = process(42, 1, ProcessState::Running, vec![]);
    let processes = vec![
        LiveProcess { process: ended, call_count: 700 },
        LiveProcess { process: running, call_count: call_count - 700 },
    ];
    let session = Session {
        id: SessionId::new(START_UNIX_NS, 7),
        script: "shop.py".into(),
        name: None,
        note: None,
        kind: ghost_model::SessionKind::Started,
        pid: 42,
        start_unix_ns: START_UNIX_NS,
        end_unix_ns: None,
        exit_code: None,
        state: SessionState::Running,
        process_count: 2,
        call_count,
    };
    Reading {
        live: LiveState {
            session,
            processes,
            recording,
            call_tree: CallTree::default(),
            is_final: false,
        },
        now_unix_ns: START_UNIX_NS + (60 + seconds) * 1_000_000_000,
        at: Duration::from_secs(seconds),
    }
}
