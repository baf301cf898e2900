//! How much of a function's time is its own: waited or worked in it and in what is not observed.
//!
//! For plain functions the recording knows exactly. A coroutine's latency holds what it awaited, so
//! there the time of observed callees is taken off, each by its share of calls; that is an estimate.

use std::collections::HashMap;

use ghost_model::{Function, FunctionId, FunctionKind, Profile, Recording};

/// Time of observed callees below each function, estimated.
#[derive(Debug)]
pub(crate) struct OwnTime {
    callees_ns: HashMap<FunctionId, u64>,
}

impl OwnTime {
    /// Of all functions of a recording.
    pub(crate) fn of(recording: &Recording) -> Self {
        let mut callees_ns: HashMap<FunctionId, u64> = HashMap::new();
        for (id, function, profile) in recording.observed() {
            let calls = profile.call_count();
            let elapsed_ns = elapsed_ns(function, profile);
            for &(caller, count) in profile.callers.iter().filter(|(caller, _)| *caller != id) {
                let share = u128::from(elapsed_ns) * u128::from(count.min(calls));
                let share_ns = share.checked_div(u128::from(calls)).unwrap_or(0) as u64;
                let sum = callees_ns.entry(caller).or_default();
                *sum = sum.saturating_add(share_ns);
            }
        }
        Self { callees_ns }
    }

    /// Own time of all calls of a function.
    pub(crate) fn own_ns(&self, id: FunctionId, function: &Function, profile: &Profile) -> u64 {
        if function.kind == FunctionKind::Coroutine {
            let callees_ns = self.callees_ns.get(&id).copied().unwrap_or(0);
            return profile.latency_ns_sum.saturating_sub(callees_ns);
        }
        profile.self_ns
    }
}

/// Time that a caller waits for a function: a generator is waited for only while it runs.
fn elapsed_ns(function: &Function, profile: &Profile) -> u64 {
    match function.kind {
        FunctionKind::Generator | FunctionKind::AsyncGenerator => profile.running_ns,
        _ => profile.latency_ns_sum,
    }
}
