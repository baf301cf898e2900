//! Options of `ghost anomalies`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ghost_analysis::Severity;

use super::since::Since;

/// Arguments of `ghost anomalies`.
#[derive(Debug, Args)]
pub(crate) struct AnomaliesArguments {
    /// Session id, the start of one, a name, or `latest`.
    #[arg(value_name = "SESSION", default_value = "latest")]
    pub(crate) session: String,
    /// Share of calls, 0 to 1, above which exceptions are too many.
    #[arg(long, value_name = "SHARE", default_value = "0.05", value_parser = share)]
    pub(crate) exc_threshold: f64,
    /// Standard deviations above its module that make a function slow.
    #[arg(long, value_name = "SIGMA", default_value = "2.5", value_parser = deviations)]
    pub(crate) latency_z: f64,
    /// Look for functions that were never called in this file only; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Vec<PathBuf>,
    /// A function called in one of the newest N sessions of the same files was called.
    #[arg(long, value_name = "N", conflicts_with = "since")]
    pub(crate) sessions: Option<usize>,
    /// The same for all sessions since then: `30d`, `12h`, a date.
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<Since>,
    /// Leave out findings below this.
    #[arg(long, value_name = "LEVEL", default_value = "low")]
    pub(crate) min_severity: SeverityLevel,
    /// How to write them.
    #[arg(long, default_value = "table")]
    pub(crate) format: AnomaliesFormat,
    /// End with exit code 1 if there is a finding of this severity or above.
    #[arg(long, value_name = "LEVEL")]
    pub(crate) fail_on: Option<SeverityLevel>,
}

/// How severe a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeverityLevel {
    /// Worth knowing.
    Low,
    /// Probably a defect.
    Medium,
    /// A defect on much of the traffic.
    High,
}

impl From<SeverityLevel> for Severity {
    fn from(level: SeverityLevel) -> Self {
        match level {
            SeverityLevel::Low => Self::Low,
            SeverityLevel::Medium => Self::Medium,
            SeverityLevel::High => Self::High,
        }
    }
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnomaliesFormat {
    /// For people.
    Table,
    /// One document for programs.
    Json,
    /// One finding per line for programs.
    Jsonl,
    /// For issues and chats.
    Markdown,
    /// For code scanning services, SARIF 2.1.0.
    Sarif,
    /// For the log of a GitHub action, which shows them beside the source.
    Github,
}

fn share(text: &str) -> Result<f64, &'static str> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or("it is no share between 0 and 1; `0.05` is 5 %")
}

fn deviations(text: &str) -> Result<f64, &'static str> {
    let deviations = text.parse::<f64>().ok().filter(|number| (0.0..=1e6).contains(number));
    deviations.ok_or("it is no number of standard deviations, such as `2.5`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_numbers_that_can_be_meant() {
        assert_eq!(share("0.1"), Ok(0.1));
        assert_eq!(deviations("3"), Ok(3.0));
        for text in ["", "nan", "inf", "-0.1", "1.5", "5%", "1e99"] {
            assert!(share(text).is_err(), "{text}");
        }
        for text in ["nan", "inf", "-1", "1e99", "x"] {
            assert!(deviations(text).is_err(), "{text}");
        }
    }
}
