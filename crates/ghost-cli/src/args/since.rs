//! Moments in the past as users write them: `90m`, `12h`, `30d`, `2w`, a date, or a date and time.

use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A moment, nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Since {
    /// Nothing before it is meant.
    pub(crate) unix_ns: u64,
}

const EXPECTED: &str = "it is no duration such as `12h` or `30d`, and no date such as `2026-11-20`";

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_unix_ns = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        parse(text, now_unix_ns, &TimeZone::system()).ok_or(EXPECTED)
    }
}

fn parse(text: &str, now_unix_ns: u64, zone: &TimeZone) -> Option<Since> {
    let text = text.trim();
    let ago = ago_ns(text).map(|ago| now_unix_ns.saturating_sub(ago));
    ago.or_else(|| date_ns(text, zone)).map(|unix_ns| Since { unix_ns })
}

/// `30d`: a whole number and a unit.
fn ago_ns(text: &str) -> Option<u64> {
    const UNITS: [(char, u64); 5] =
        [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];
    let (_, seconds) = UNITS.into_iter().find(|(letter, _)| text.ends_with(*letter))?;
    let digits = text.get(..text.len() - 1)?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = if plain { digits.parse().ok()? } else { return None };
    number.checked_mul(seconds)?.checked_mul(1_000_000_000)
}

/// A time with an offset as it is, one without in the zone of this machine, a date from its start.
fn date_ns(text: &str, zone: &TimeZone) -> Option<u64> {
    let local = || text.parse::<DateTime>().ok()?.to_zoned(zone.clone()).ok();
    let moment = text.parse::<Timestamp>().ok().or_else(|| Some(local()?.timestamp()))?;
    Some(u64::try_from(moment.as_nanosecond().max(0)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_763_630_000_000_000_000;

    fn at(text: &str) -> Option<u64> {
        parse(text, NOW, &TimeZone::UTC).map(|since| since.unix_ns)
    }

    #[test]
    fn durations_count_back_from_now() {
        assert_eq!(at("90m"), Some(NOW - 5_400_000_000_000));
        assert_eq!(at("2w"), Some(NOW - 1_209_600_000_000_000));
        assert_eq!(at("0s"), Some(NOW));
        assert_eq!(at("99999d"), Some(0));
    }

    #[test]
    fn dates_are_local_unless_they_say_otherwise() {
        assert_eq!(at("2025-11-20"), Some(1_763_596_800_000_000_000));
        assert_eq!(at("2025-11-20 09:13:20"), Some(NOW));
        assert_eq!(at("2025-11-20T10:13:20+01:00"), Some(NOW));
        assert_eq!((at("1969-07-20"), at("2999-01-01")), (Some(0), Some(u64::MAX)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "d", "-1d", "1.5d", "1e9d", "nan", "30", "yesterday", "99999999999999w"] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
