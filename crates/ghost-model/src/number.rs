//! Numbers as people read them: thousands separators, durations with a unit, shares.

/// `1234567` as `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 call`, `1,234 calls`.
pub fn counted(number: u64, singular: &str, plural: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { singular } else { plural })
}

/// Durations from here on are written in minutes: what rounds up to a minute.
const MINUTES_FROM_NS: u64 = 59_950_000_000;

/// A duration: in three digits below a minute, as every other format does, then in minutes.
pub fn duration(duration_ns: u64) -> String {
    if duration_ns < MINUTES_FROM_NS {
        crate::human_duration(duration_ns)
    } else {
        long_duration(duration_ns.saturating_add(500_000_000) / 1_000_000_000)
    }
}

fn long_duration(seconds: u64) -> String {
    let minutes = seconds / 60;
    if minutes < 60 {
        format!("{minutes}m{:02}s", seconds % 60)
    } else {
        format!("{}h{:02}m", thousands(minutes / 60), minutes % 60)
    }
}

/// A number of bytes: `512 B`, `1.5 KiB`, `12 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64 / 1024.0;
    let mut unit = 0;
    // What would be written as 1024 belongs to the next unit.
    while amount >= 1023.5 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{amount:.*} {}", usize::from(amount < 9.95), UNITS[unit])
}

/// A share as a percentage that says `0%` and `100%` only where it is exact.
pub fn percentage(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0%".into();
    }
    if part >= whole {
        return "100%".into();
    }
    let percent = part as f64 / whole as f64 * 100.0;
    if percent < 0.1 {
        "<0.1%".into()
    } else if percent > 99.9 {
        ">99.9%".into()
    } else {
        format!("{percent:.1}%")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn thousands_are_separated() {
        let texts: Vec<_> = [0, 12, 999, 1_000, 635_621, 1_000_000].map(thousands).into();
        assert_eq!(texts, ["0", "12", "999", "1,000", "635,621", "1,000,000"]);
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn durations_have_fitting_units() {
        let cases = [
            (999, "<1µs"),
            (12_500, "12.5µs"),
            (4_200_000, "4.20ms"),
            (1_300_000_000, "1.30s"),
            (59_949_999_999, "59.9s"),
            (59_950_000_000, "1m00s"),
            (125_000_000_000, "2m05s"),
            (3_720_000_000_000, "1h02m"),
            (u64::MAX, "5,124,095h34m"),
        ];
        for (ns, text) in cases {
            assert_eq!(duration(ns), text, "{ns}");
        }
    }

    #[test]
    fn shares_are_never_rounded_to_none_or_all() {
        assert_eq!(percentage(0, 7), "0%");
        assert_eq!(percentage(1, 1_000_000), "<0.1%");
        assert_eq!(percentage(999_999, 1_000_000), ">99.9%");
        assert_eq!(percentage(7, 7), "100%");
        assert_eq!(percentage(1, 8), "12.5%");
        assert_eq!(percentage(1, 0), "0%");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "process", "processes"), "1 process");
        assert_eq!(counted(0, "call", "calls"), "0 calls");
    }

    proptest! {
        #[test]
        fn separators_only_separate(number: u64) {
            prop_assert_eq!(thousands(number).replace(',', ""), number.to_string());
        }

        #[test]
        fn no_duration_needs_more_than_eight_columns_below_a_day(ns in 0..86_400_000_000_000_u64) {
            prop_assert!(duration(ns).chars().count() <= 8);
        }
    }

    #[test]
    fn sizes_have_two_digits() {
        let sizes = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (12 << 20, "12 MiB"),
            ((1 << 20) - 1, "1.0 MiB"),
            (u64::MAX, "16 EiB"),
        ];
        for (bytes, text) in sizes {
            assert_eq!(size(bytes), text);
        }
    }
}
