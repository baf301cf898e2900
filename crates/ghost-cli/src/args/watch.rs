//! Options of `ghost watch`.

use std::time::Duration;

use clap::{Args, ValueEnum};

/// Arguments of `ghost watch`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without a terminal on standard output a table is written every interval, until the session ends.
On a terminal, `?` lists the keys.")]
pub(crate) struct WatchArguments {
    /// Session id, the start of one, a name, or `latest`.
    #[arg(value_name = "SESSION", default_value = "latest")]
    pub(crate) session: String,
    /// How often to look at the session.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = interval, allow_negative_numbers = true)]
    pub(crate) interval: Duration,
    /// What to sort by, largest first.
    #[arg(long, value_name = "BY", default_value = "calls")]
    pub(crate) sort: WatchSortBy,
    /// How many functions to show; all on a terminal, 20 elsewhere.
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    /// Only functions of modules whose name matches.
    #[arg(long, value_name = "GLOB")]
    pub(crate) module: Option<String>,
}

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WatchSortBy {
    /// Number of calls.
    Calls,
    /// Mean time from call to return.
    Latency,
    /// Share of calls that ended by an exception.
    Exceptions,
    /// Time in the function and what it called.
    Total,
    /// Time in the function alone.
    #[value(name = "self")]
    SelfTime,
    /// Calls per second.
    Rate,
}

/// More often than this, and watching would be what the machine does.
const SECONDS_MIN: f64 = 0.1;
/// A day: whoever waits longer wants `ghost report`.
const SECONDS_MAX: f64 = 86_400.0;

fn interval(text: &str) -> Result<Duration, String> {
    match text.trim().parse::<f64>() {
        Ok(seconds) if (SECONDS_MIN..=SECONDS_MAX).contains(&seconds) => {
            Ok(Duration::from_secs_f64(seconds))
        }
        _ => Err(format!("it is no number of seconds from {SECONDS_MIN} to {SECONDS_MAX}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_neither_nothing_nor_for_ever() {
        assert_eq!(interval("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(interval(" 2 "), Ok(Duration::from_secs(2)));
        for text in ["0", "-1", "nan", "inf", "1e99", "abc", "", "0.01"] {
            assert!(interval(text).is_err(), "{text}");
        }
    }
}
