//! What the table is sorted by.

use std::cmp::Ordering;

use ghost_model::Function;

use super::functions::Row;

/// What the rows are sorted by, largest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// Number of calls.
    #[default]
    Calls,
    /// Calls per second since the previous reading.
    Rate,
    /// Share of calls that ended by an exception.
    Exceptions,
    /// Mean time from call to return.
    Latency,
    /// Time in the function and what it called.
    Total,
    /// Time in the function alone.
    SelfTime,
}

impl SortBy {
    /// Every order, as the key `s` goes through them.
    pub const ALL: [Self; 6] =
        [Self::Calls, Self::Rate, Self::Exceptions, Self::Latency, Self::Total, Self::SelfTime];

    /// The word of the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Rate => "rate",
            Self::Exceptions => "exceptions",
            Self::Latency => "latency",
            Self::Total => "total",
            Self::SelfTime => "self",
        }
    }

    /// The order `steps` after this one, round and round.
    pub(super) fn after(self, steps: usize) -> Self {
        let position = Self::ALL.iter().position(|&sort| sort == self).unwrap_or(0);
        Self::ALL[(position + steps) % Self::ALL.len()]
    }
}

/// Largest first; equal ones by their key, so that rows do not jump about.
pub(super) fn compare(sort: SortBy, a: (&Row, &Function), b: (&Row, &Function)) -> Ordering {
    size(sort, b.0)
        .total_cmp(&size(sort, a.0))
        .then_with(|| tie(sort, b.0).cmp(&tie(sort, a.0)))
        .then_with(|| a.1.key.cmp(&b.1.key))
        .then_with(|| a.1.file.cmp(&b.1.file))
}

fn size(sort: SortBy, row: &Row) -> f64 {
    match sort {
        SortBy::Calls => row.call_count as f64,
        SortBy::Rate => row.calls_per_second.unwrap_or(0.0),
        SortBy::Exceptions => row.exception_count as f64 / (row.call_count.max(1)) as f64,
        SortBy::Latency => row.latency_ns_mean.unwrap_or(0) as f64,
        SortBy::Total => row.total_ns as f64,
        SortBy::SelfTime => row.self_ns as f64,
    }
}

fn tie(sort: SortBy, row: &Row) -> (u64, u64) {
    (if sort == SortBy::Exceptions { row.exception_count } else { 0 }, row.call_count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_through_the_orders_comes_back() {
        let backwards = SortBy::ALL.len() - 1;
        for sort in SortBy::ALL {
            assert_eq!(sort.after(1).after(backwards), sort);
            assert_eq!(sort.after(SortBy::ALL.len()), sort);
        }
    }
}
