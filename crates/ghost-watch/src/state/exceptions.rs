//! Exceptions that left functions, and who caught them.

use std::cmp::Reverse;

use ghost_model::{FunctionId, Recording, TypeId};

/// Exceptions of one type that left one function and ended in one other, or in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExceptionRow {
    pub(crate) exception: TypeId,
    pub(crate) function: FunctionId,
    pub(crate) caught_by: Option<FunctionId>,
    pub(crate) count: u64,
    /// Calls of the function they left.
    pub(crate) call_count: u64,
}

/// Every such group of the functions that are wanted, the largest first.
pub(super) fn rows(
    recording: &Recording,
    is_wanted: impl Fn(FunctionId) -> bool,
) -> Vec<ExceptionRow> {
    let raising = recording.observed().filter(|(_, _, profile)| !profile.exceptions.is_empty());
    let mut rows: Vec<ExceptionRow> = raising
        .filter(|(id, ..)| is_wanted(*id))
        .flat_map(|(function, _, profile)| {
            let call_count = profile.call_count();
            profile.exceptions.iter().map(move |entry| ExceptionRow {
                exception: entry.exception,
                function,
                caught_by: entry.caught_by,
                count: entry.count,
                call_count,
            })
        })
        .collect();
    rows.sort_by_key(|row| (Reverse(row.count), row.function, row.exception, row.caught_by));
    rows
}

#[cfg(test)]
mod tests {
    use super::super::staging::{Called, recording};
    use super::*;

    #[test]
    fn the_most_frequent_is_first_and_unwanted_functions_are_left_out() {
        let raising = |qualname, raised| Called { raised, ..Called::new(qualname, 100) };
        let recording = recording(&[raising("a", 0), raising("b", 3), raising("c", 9)]);
        let functions = |wanted: &dyn Fn(FunctionId) -> bool| {
            let rows = rows(&recording, wanted).into_iter();
            rows.map(|row| (row.function.0, row.count, row.call_count)).collect::<Vec<_>>()
        };
        assert_eq!(functions(&|_| true), [(3, 9, 100), (2, 3, 100)]);
        assert_eq!(functions(&|id| id.0 == 2), [(2, 3, 100)]);
    }
}
