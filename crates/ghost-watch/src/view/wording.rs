//! How names, rates and bars are written.

use std::collections::HashMap;

use ghost_model::{Function, FunctionId, FunctionKind, thousands, visible};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::state::Watch;

/// Heights of a sparkline.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// `Cart.add:7`, as reports write it.
pub(super) fn name(function: &Function) -> String {
    let key = &function.key;
    let text = match function.kind {
        FunctionKind::Overflow => key.qualname.clone(),
        _ if key.line == 0 => key.qualname.clone(),
        _ => format!("{}:{}", key.qualname, key.line),
    };
    visible(&text).into_owned()
}

/// `shop:Cart.add:7`.
pub(super) fn full_name(function: &Function) -> String {
    if function.key.module.is_empty() {
        return name(function);
    }
    visible(&function.key.to_string()).into_owned()
}

/// The names of functions on one screen; where two would be the same, with their module.
pub(super) fn names(watch: &Watch, ids: &[FunctionId]) -> Vec<String> {
    let mut seen: HashMap<(&str, u32), u32> = HashMap::new();
    let key = |id: FunctionId| {
        let key = &watch.function(id).key;
        (key.qualname.as_str(), key.line)
    };
    for id in ids {
        *seen.entry(key(*id)).or_default() += 1;
    }
    let unique = |id: FunctionId| seen.get(&key(id)).is_none_or(|&count| count == 1);
    let written = |&id: &FunctionId| {
        let function = watch.function(id);
        if unique(id) { name(function) } else { full_name(function) }
    };
    ids.iter().map(written).collect()
}

/// Calls per second in at most five columns, but for what no machine does: `0.3`, `123`, `12.3k`.
pub fn rate(calls_per_second: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    // What would be rounded up to a thousand belongs to the next unit.
    let unit = UNITS.iter().find(|(size, _)| calls_per_second >= size * 0.9995);
    match unit {
        Some((size, unit)) => {
            let amount = calls_per_second / size;
            let decimals = if amount < 9.995 { 2 } else { usize::from(amount < 99.95) };
            format!("{amount:.decimals$}{unit}")
        }
        None if calls_per_second >= 9.95 => thousands(calls_per_second.round() as u64),
        None if calls_per_second > 0.0 && calls_per_second < 0.05 => "<0.1".into(),
        None if calls_per_second <= 0.0 => "0".into(),
        None => format!("{calls_per_second:.1}"),
    }
}

/// One character per rate, the largest as high as a line; `width` columns, the newest on the right.
pub(super) fn sparkline(rates: &[f64], width: usize) -> String {
    let largest = rates.iter().copied().fold(0.0, f64::max);
    let newest = &rates[rates.len().saturating_sub(width)..];
    let height = |&rate: &f64| {
        if rate <= 0.0 || largest <= 0.0 {
            return ' ';
        }
        let step = (rate / largest * HEIGHTS.len() as f64).ceil() as usize;
        HEIGHTS[step.clamp(1, HEIGHTS.len()) - 1]
    };
    let drawn: String = newest.iter().map(height).collect();
    format!("{drawn:>width$}")
}

/// A bar for a share of the whole: at least a mark where there is anything at all.
pub(super) fn bar(part: u64, whole: u64, width: usize) -> String {
    let share = if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let marks = ((share * width as f64).round() as usize).clamp(usize::from(part > 0), width);
    format!("{:<width$}", "█".repeat(marks))
}

/// The text within `width` columns: its middle is left out, since both ends of a qualified name say
/// more than what is between them.
pub(super) fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let head = taken(text.chars(), room / 2);
    let tail: String = taken(text.chars().rev(), room - room / 2).chars().rev().collect();
    if width == 0 { String::new() } else { format!("{head}…{tail}") }
}

fn taken(characters: impl Iterator<Item = char>, width: usize) -> String {
    let mut columns = 0;
    let fits = |character: &char| {
        columns += character.width().unwrap_or(0);
        columns <= width
    };
    characters.take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rates_have_fitting_units() {
        let cases = [
            (0.0, "0"),
            (0.01, "<0.1"),
            (0.3, "0.3"),
            (9.94, "9.9"),
            (123.4, "123"),
            (999.4, "999"),
            (999.6, "1.00k"),
            (12_345.0, "12.3k"),
            (123_456.0, "123k"),
            (999_600.0, "1.00M"),
            (1_234_567.0, "1.23M"),
        ];
        for (value, text) in cases {
            assert_eq!(rate(value), text, "{value}");
        }
    }

    #[test]
    fn a_sparkline_is_as_high_as_its_largest_rate() {
        assert_eq!(sparkline(&[0.0, 1.0, 4.0, 8.0], 6), "   ▁▄█");
        assert_eq!(sparkline(&[9.0, 1.0, 8.0], 2), "▁█");
        assert_eq!(sparkline(&[], 3), "   ");
        assert_eq!(sparkline(&[0.0, 0.0], 3), "   ");
    }

    #[test]
    fn a_bar_has_a_mark_for_anything_at_all() {
        assert_eq!(bar(1, 1_000, 4), "█   ");
        assert_eq!(bar(1_000, 1_000, 4), "████");
        assert_eq!((bar(0, 9, 2), bar(0, 0, 2)), ("  ".into(), "  ".into()));
    }

    proptest! {
        #[test]
        fn no_rate_needs_more_than_five_columns(value in 0.0..1e12_f64) {
            prop_assert!(rate(value).len() <= 5, "{}", rate(value));
        }

        #[test]
        fn shortening_never_exceeds_the_width(text in "\\PC{0,40}", width in 0..30_usize) {
            prop_assert!(shortened(&text, width).width() <= width);
        }
    }
}
