//! How long the calls of a function took: a few numbers, and a histogram by factors of two.

use std::collections::BTreeMap;

use ghost_model::{BUCKETS_PER_OCTAVE, Profile, duration, percentage, thousands};
use ratatui::text::{Line, Span};

use super::BAR;
use crate::state::latency_ns;
use crate::view::ink::Ink;
use crate::view::wording::bar;

/// Nothing where no call has ended.
pub(super) fn lines(profile: &Profile, ink: Ink) -> Vec<Line<'static>> {
    let Some(mean) = profile.latency_ns_mean() else { return Vec::new() };
    let mut numbers =
        vec![("mean", mean), ("min", profile.latency_ns_min), ("max", profile.latency_ns_max)];
    for (name, quantile) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
        numbers.extend(latency_ns(profile, quantile).map(|ns| (name, ns)));
    }
    let numbers: Vec<String> =
        numbers.into_iter().map(|(name, ns)| format!("{name} {}", duration(ns))).collect();
    let mut lines = vec![
        Line::default(),
        Line::from(Ink::title("LATENCY")),
        Line::from(format!("  {}", numbers.join(" · "))),
    ];
    lines.extend(histogram(profile, ink));
    lines
}

/// One line per factor of two between the shortest and the longest, also where none lie: a gap
/// between two heaps is what to look for.
fn histogram(profile: &Profile, ink: Ink) -> Vec<Line<'static>> {
    let mut octaves: BTreeMap<u32, u64> = BTreeMap::new();
    for (bucket, count) in profile.latency.buckets() {
        let octave = octaves.entry(bucket / BUCKETS_PER_OCTAVE).or_default();
        *octave = octave.saturating_add(count);
    }
    let largest = octaves.values().copied().max().unwrap_or(0);
    let all = profile.ended_count();
    let first = octaves.keys().next().copied().unwrap_or(0);
    let last = octaves.keys().next_back().copied().unwrap_or(0);
    let line = |octave: u32| {
        let count = octaves.get(&octave).copied().unwrap_or(0);
        Line::from(vec![
            Span::raw("  "),
            Span::styled(bar(count, largest, BAR), ink.drawing()),
            Span::raw(format!(" {:>11} {:>6}", thousands(count), percentage(count, all))),
            Span::raw(format!("  ≤ {}", edge(octave))),
        ])
    };
    (first..=last).map(line).collect()
}

/// The upper edge of an octave, which durations are at most.
fn edge(octave: u32) -> String {
    match 1_u64.checked_shl(octave + 1) {
        Some(ns) if ns < 1_000 => format!("{ns}ns"),
        Some(ns) => duration(ns),
        None => duration(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_powers_of_two() {
        let edges = [0, 8, 9, 19, 63].map(edge);
        assert_eq!(edges, ["2ns", "512ns", "1.02µs", "1.05ms", "5,124,095h34m"]);
    }
}
