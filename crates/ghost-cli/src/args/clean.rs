//! Options of `ghost clean`.

use clap::{Args, ValueEnum};

/// Arguments of `ghost clean`.
#[derive(Debug, Args)]
pub(crate) struct CleanArguments {
    /// Remove sessions that ended more than this many days ago.
    #[arg(long, value_name = "DAYS", default_value = "7", value_parser = days)]
    pub(crate) older_than: f64,
    /// Keep the newest N sessions, however old and large they are.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) keep: usize,
    /// Remove the oldest of the others until all take up no more than SIZE: `500M`, `2G`.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) max_size: Option<u64>,
    /// Sessions with a name (`ghost run --name`), too; otherwise they are kept.
    #[arg(long)]
    pub(crate) named: bool,
    /// Only say what would be removed.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to write it.
    #[arg(long, default_value = "table")]
    pub(crate) format: CleanFormat,
}

/// How the plan is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CleanFormat {
    /// For people: what is removed, and why.
    Table,
    /// For programs: what is removed and what is kept, and why.
    Json,
}

/// Longer ago than any session can be: a century.
const DAYS_MAX: f64 = 36_500.0;

fn days(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(days) if (0.0..=DAYS_MAX).contains(&days) => Ok(days),
        _ => Err(format!("it is no number of days from 0 to {DAYS_MAX}")),
    }
}

/// `1048576`, `500K`, `1.5G`, `2GiB`, `10 MB`: units are powers of 1024.
fn bytes(text: &str) -> Result<u64, &'static str> {
    const UNITS: [(char, f64); 4] =
        [('K', 1024.0), ('M', 1_048_576.0), ('G', 1_073_741_824.0), ('T', 1_099_511_627_776.0)];
    let upper = text.trim().to_ascii_uppercase();
    let bare = upper.strip_suffix("IB").or_else(|| upper.strip_suffix('B')).unwrap_or(&upper);
    let unit = UNITS.iter().find(|(letter, _)| bare.ends_with(*letter));
    let digits = unit.and_then(|(letter, _)| bare.strip_suffix(*letter)).unwrap_or(bare);
    let number: f64 = digits.trim().parse().map_err(|_| "it is no size such as `500M` or `2G`")?;
    let bytes = number * unit.map_or(1.0, |(_, size)| *size);
    if (0.0..9e18).contains(&bytes) { Ok(bytes as u64) } else { Err("it is out of range") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_units() {
        let sizes = [
            ("0", 0),
            ("1048576", 1_048_576),
            ("500K", 512_000),
            ("1.5g", 1_610_612_736),
            ("2GiB", 2_147_483_648),
            ("10 MB", 10_485_760),
        ];
        for (text, size) in sizes {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "M", "-1", "nan", "1e99", "inf", "5X", "MM", "1KK"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn days_are_finite_and_not_negative() {
        assert_eq!((days("30"), days("0.5")), (Ok(30.0), Ok(0.5)));
        for text in ["-1", "nan", "inf", "1e99", "", "seven"] {
            assert!(days(text).is_err(), "{text}");
        }
    }
}
