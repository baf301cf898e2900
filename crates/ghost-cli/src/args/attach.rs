//! Options of `ghost attach`.

use clap::Args;

use super::Observing;

/// Arguments of `ghost attach`.
#[derive(Debug, Args)]
pub(crate) struct AttachArguments {
    /// Detach after this time. Default: when you press Ctrl-C, or the process ends.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) detach_after: Option<f64>,
    /// Attach to this process only, not to the Python processes below it.
    #[arg(long)]
    pub(crate) no_children: bool,
    /// How to observe.
    #[command(flatten)]
    pub(crate) observing: Observing,
    /// The process.
    #[arg(value_name = "PID", value_parser = clap::value_parser!(u32).range(1..=i64::from(i32::MAX)))]
    pub(crate) pid: u32,
}

/// A time that a person would wait.
fn seconds(text: &str) -> Result<f64, &'static str> {
    let seconds = text.strip_suffix('s').unwrap_or(text).parse().ok();
    let seconds = seconds.filter(|seconds: &f64| (0.1..=1e9).contains(seconds));
    seconds.ok_or("a time is a number of seconds, at least 0.1")
}
