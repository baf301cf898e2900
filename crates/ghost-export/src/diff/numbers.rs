//! Numbers of a comparison. Two decimals everywhere, so that both sides line up by eye.

/// `480ns`, `12.50ms`, `1.30s`.
pub(super) fn duration(ns: u64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e3, "µs"), (1e6, "ms"), (1e9, "s")];
    if ns < 1_000 {
        return format!("{ns}ns");
    }
    // What would be written as 1000.00 belongs to the next unit.
    let fitting = UNITS.iter().find(|(size, _)| (ns as f64) < 999.995 * size);
    let (size, unit) = fitting.unwrap_or(&UNITS[2]);
    format!("{:.2}{unit}", ns as f64 / size)
}

/// `0.34×`; more digits where two say nothing.
pub(super) fn factor(factor: f64) -> String {
    match factor {
        small if small < 0.01 => format!("{small:.4}×"),
        middle if middle < 100.0 => format!("{middle:.2}×"),
        large => format!("{large:.0}×"),
    }
}

/// `60.0%`; more digits where one would say nothing.
pub(super) fn share(share: f64) -> String {
    let percent = share * 100.0;
    let is_near_an_end = percent > 0.0 && percent < 0.1 || percent > 99.9 && percent < 100.0;
    if is_near_an_end { format!("{percent:.3}%") } else { format!("{percent:.1}%") }
}

/// `p < 0.001`, `p = 0.004`.
pub(super) fn probability(p: f64) -> String {
    if p < 0.001 { "p < 0.001".into() } else { format!("p = {p:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_decimals() {
        for (ns, text) in [
            (0, "0ns"),
            (999, "999ns"),
            (1_500, "1.50µs"),
            (12_500_000, "12.50ms"),
            (999_999_000, "1.00s"),
            (90_000_000_000, "90.00s"),
        ] {
            assert_eq!(duration(ns), text);
        }
    }

    #[test]
    fn nothing_that_differs_reads_as_if_it_did_not() {
        assert_eq!(
            [0.336, 0.0004, 12.0, 250.4].map(factor),
            ["0.34×", "0.0004×", "12.00×", "250×"]
        );
        assert_eq!([0.0, 0.6, 0.0004, 1.0].map(share), ["0.0%", "60.0%", "0.040%", "100.0%"]);
        assert_eq!([0.0, 0.0042].map(probability), ["p < 0.001", "p = 0.004"]);
    }
}
