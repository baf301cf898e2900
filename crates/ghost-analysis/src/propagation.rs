//! Where exceptions came from: what a function raised itself, and what it only let pass.
//!
//! A recording counts who an exception left and who ended it, not the way between. So this is an
//! estimate: what a callee raised of the same type with the same end is taken to have passed through
//! its caller, as often as the caller called it at most.

use std::collections::HashMap;

use ghost_model::{FunctionId, Recording, TypeId};

/// An exception type with whoever ended it.
type Flight = (TypeId, Option<FunctionId>);

/// For every function and kind of flight: how many it let pass at most, and from which callees.
#[derive(Debug, Default)]
pub(crate) struct Propagation {
    passed: HashMap<(FunctionId, Flight), Vec<(FunctionId, u64)>>,
}

impl Propagation {
    /// Of all observed functions.
    pub(crate) fn of(recording: &Recording) -> Self {
        let mut passed: HashMap<(FunctionId, Flight), Vec<(FunctionId, u64)>> = HashMap::new();
        for (id, _, profile) in recording.observed() {
            for raised in &profile.exceptions {
                let flight = (raised.exception, raised.caught_by);
                let outside = profile.callers.iter().filter(|&&(caller, _)| caller != id);
                for &(caller, calls) in outside {
                    let count = calls.min(raised.count);
                    passed.entry((caller, flight)).or_default().push((id, count));
                }
            }
        }
        Self { passed }
    }

    /// Callees through which exceptions of this kind came, the most first, and how many at most.
    pub(crate) fn passed(
        &self,
        function: FunctionId,
        exception: TypeId,
        caught_by: Option<FunctionId>,
    ) -> Vec<(FunctionId, u64)> {
        let found = self.passed.get(&(function, (exception, caught_by)));
        let mut callees = found.cloned().unwrap_or_default();
        callees.sort_by_key(|&(callee, count)| (std::cmp::Reverse(count), callee));
        callees
    }
}
