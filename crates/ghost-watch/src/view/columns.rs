//! Which columns of the table fit, and how wide each is.

use crate::state::SortBy;

/// Columns between columns.
pub(super) const GAP: usize = 1;
/// A name in fewer columns than this cannot be recognised; others are left out before.
const NAME_MIN: usize = 16;
/// What a name gets before the less important columns are shown.
const NAME_COMFORTABLE: usize = 24;
const SIGNATURE_MIN: usize = 12;
/// The signature gets this part of what is left over, the name the rest: two fifths.
const SIGNATURE_SHARE: (usize, usize) = (2, 5);
const TREND: usize = 8;
/// A sparkline on screens that are wider than [`WIDE`].
const TREND_WIDE: usize = 16;
const WIDE: usize = 120;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Function,
    Calls,
    Rate,
    Trend,
    Exceptions,
    Mean,
    P99,
    Total,
    SelfTime,
    Signature,
}

/// From left to right.
const ALL: [Column; 10] = [
    Column::Function,
    Column::Calls,
    Column::Rate,
    Column::Trend,
    Column::Exceptions,
    Column::Mean,
    Column::P99,
    Column::Total,
    Column::SelfTime,
    Column::Signature,
];

/// The most important first; the function is always there.
const BY_IMPORTANCE: [Column; 9] = [
    Column::Calls,
    Column::Exceptions,
    Column::Mean,
    Column::Rate,
    Column::Trend,
    Column::Signature,
    Column::P99,
    Column::Total,
    Column::SelfTime,
];

impl Column {
    /// What stands over it.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Function => "FUNCTION",
            Self::Calls => "CALLS",
            Self::Rate => "CALLS/S",
            Self::Trend => "",
            Self::Exceptions => "EXC%",
            Self::Mean => "MEAN LAT",
            Self::P99 => "P99",
            Self::Total => "TOTAL",
            Self::SelfTime => "SELF",
            Self::Signature => "DOM. ARG SIG",
        }
    }

    /// Whether it holds words, which begin on the left.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Function | Self::Signature | Self::Trend)
    }

    /// The order in which it is the deciding one.
    pub(super) fn is_sorted_by(self, sort: SortBy) -> bool {
        self == sorted(sort)
    }

    fn width_min(self, calls_width: usize, width: usize) -> usize {
        match self {
            Self::Function => NAME_MIN,
            Self::Calls => calls_width.max(self.heading().len()),
            Self::Rate => self.heading().len(),
            Self::Trend if width > WIDE => TREND_WIDE,
            Self::Trend => TREND,
            Self::Exceptions => ">99.9%".len(),
            // No duration below a day needs more.
            Self::Mean | Self::P99 | Self::Total | Self::SelfTime => 8,
            Self::Signature => SIGNATURE_MIN,
        }
    }
}

fn sorted(sort: SortBy) -> Column {
    match sort {
        SortBy::Calls => Column::Calls,
        SortBy::Rate => Column::Rate,
        SortBy::Exceptions => Column::Exceptions,
        SortBy::Latency => Column::Mean,
        SortBy::Total => Column::Total,
        SortBy::SelfTime => Column::SelfTime,
    }
}

/// The columns that fit into `width`, with their widths. `calls_width` is what the numbers of calls
/// need. The column that is sorted by comes before the others.
pub(super) fn choose(width: usize, sort: SortBy, calls_width: usize) -> Vec<(Column, usize)> {
    let mut chosen = vec![Column::Function];
    let mut left = width.saturating_sub(NAME_MIN);
    for column in [sorted(sort)].into_iter().chain(BY_IMPORTANCE) {
        let spare = match column {
            Column::Total | Column::SelfTime if column != sorted(sort) => {
                NAME_COMFORTABLE - NAME_MIN
            }
            _ => 0,
        };
        let needed = GAP + column.width_min(calls_width, width);
        if !chosen.contains(&column) && needed + spare <= left {
            chosen.push(column);
            left -= needed;
        }
    }
    let has_signature = chosen.contains(&Column::Signature);
    let signature = if has_signature { left * SIGNATURE_SHARE.0 / SIGNATURE_SHARE.1 } else { 0 };
    let in_order = ALL.into_iter().filter(|column| chosen.contains(column));
    in_order
        .map(|column| {
            let width_min = column.width_min(calls_width, width);
            match column {
                Column::Function => (column, (width_min + left - signature).min(width)),
                Column::Signature => (column, width_min + signature),
                _ => (column, width_min),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headings(width: usize, sort: SortBy) -> String {
        let chosen = choose(width, sort, 7);
        chosen.iter().map(|(column, _)| column.heading()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_less_important_columns_are_left_out_first() {
        let all = "FUNCTION CALLS CALLS/S  EXC% MEAN LAT P99 TOTAL SELF DOM. ARG SIG";
        assert_eq!(headings(120, SortBy::Calls), all);
        let eighty = "FUNCTION CALLS CALLS/S  EXC% MEAN LAT P99 DOM. ARG SIG";
        assert_eq!(headings(80, SortBy::Calls), eighty);
        assert_eq!(headings(40, SortBy::Calls), "FUNCTION CALLS EXC% MEAN LAT");
        assert_eq!(headings(40, SortBy::SelfTime), "FUNCTION CALLS EXC% SELF");
        assert_eq!(headings(10, SortBy::Calls), "FUNCTION");
    }

    proptest! {
        #[test]
        fn columns_fill_the_width_and_not_more(width in 0..300_usize, calls in 0..26_usize, sort in 0..6_usize) {
            let chosen = choose(width, SortBy::ALL[sort], calls);
            let used: usize = chosen.iter().map(|(_, width)| width + GAP).sum();
            prop_assert_eq!(used - GAP, width);
        }
    }
}
