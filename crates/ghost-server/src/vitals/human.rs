//! Sizes and times as the monitor shows them to people. The rules are those of its documented format,
//! which differ on purpose from [`ghost_model::size`]: `64 MB`, not `64 MiB`.

const UNITS: [&str; 7] = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

const SECONDS_OF_MINUTE: u64 = 60;
const SECONDS_OF_HOUR: u64 = 60 * SECONDS_OF_MINUTE;
const SECONDS_OF_DAY: u64 = 24 * SECONDS_OF_HOUR;

/// `52.3 MB`: powers of 1024, one decimal place, which is left out where it is zero.
pub(crate) fn bytes(bytes: u64) -> String {
    let (mut amount, mut unit) = (bytes as f64, 0);
    // What would be written as 1024 belongs to the next unit.
    while amount >= 1023.95 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    let text = format!("{amount:.1}");
    format!("{} {}", text.strip_suffix(".0").unwrap_or(&text), UNITS[unit])
}

/// `3d 12h` from a day on, `2h 0m` from an hour on, else `59m`. Nothing is rounded up.
pub(crate) fn uptime(seconds: u64) -> String {
    let (days, hours) = (seconds / SECONDS_OF_DAY, seconds % SECONDS_OF_DAY / SECONDS_OF_HOUR);
    let minutes = seconds % SECONDS_OF_HOUR / SECONDS_OF_MINUTE;
    match (days, hours) {
        (0, 0) => format!("{minutes}m"),
        (0, _) => format!("{hours}h {minutes}m"),
        _ => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_written_as_documented() {
        let written = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KB"),
            (1536, "1.5 KB"),
            (52_428_800, "50 MB"),
            (54_840_525, "52.3 MB"),
            (67_108_864, "64 MB"),
            (134_217_728, "128 MB"),
            (1_288_490_189, "1.2 GB"),
            (1_048_575, "1 MB"),
            (u64::MAX, "16 EB"),
        ];
        for (number, text) in written {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn times_are_written_in_three_tiers() {
        let written = [
            (0, "0m"),
            (59, "0m"),
            (3_599, "59m"),
            (3_600, "1h 0m"),
            (7_200, "2h 0m"),
            (86_399, "23h 59m"),
            (86_400, "1d 0h"),
            (302_400, "3d 12h"),
        ];
        for (number, text) in written {
            assert_eq!(uptime(number), text);
        }
    }

    fn parsed(text: &str) -> (f64, usize) {
        let (amount, unit) = text.split_once(' ').unwrap();
        (amount.parse().unwrap(), UNITS.iter().position(|known| *known == unit).unwrap())
    }

    proptest! {
        #[test]
        fn a_size_tells_its_number(number in any::<u64>()) {
            let text = bytes(number);
            let (amount, unit) = parsed(&text);
            let unit_bytes = 1024_f64.powi(unit as i32);
            // Half of the last decimal place.
            prop_assert!((amount * unit_bytes - number as f64).abs() <= 0.0501 * unit_bytes, "{text}");
            prop_assert!(amount < 1024.0 && (amount >= 1.0 || unit == 0), "{text}");
            prop_assert!(!text.contains(".0 "));
        }

        #[test]
        fn a_larger_size_is_never_written_smaller(number in any::<u64>(), more in any::<u64>()) {
            let key = |number| { let (amount, unit) = parsed(&bytes(number)); (unit, amount) };
            prop_assert!(key(number) <= key(number.saturating_add(more)));
        }

        #[test]
        fn an_uptime_tells_its_seconds(seconds in 0_u64..1 << 40) {
            let text = uptime(seconds);
            let value = |part: &str| {
                let (number, unit) = part.split_at(part.len() - 1);
                let unit = match unit { "d" => 86_400, "h" => 3_600, _ => 60 };
                number.parse::<u64>().unwrap() * unit
            };
            let told: u64 = text.split(' ').map(value).sum();
            let step = if seconds < SECONDS_OF_DAY { 60 } else { SECONDS_OF_HOUR };
            prop_assert!(told <= seconds && seconds - told < step, "{text}");
            prop_assert_eq!(text.contains('d'), seconds >= SECONDS_OF_DAY);
            prop_assert_eq!(text.contains('h'), seconds >= SECONDS_OF_HOUR);
        }
    }
}
