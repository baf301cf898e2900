//! Options of `ghost telemetry`.

use clap::{Args, ValueEnum};

/// Arguments of `ghost telemetry`.
#[derive(Debug, Args)]
pub(crate) struct TelemetryArguments {
    /// What to do.
    #[arg(value_name = "ACTION", default_value = "show")]
    pub(crate) action: TelemetryAction,
}

/// What to do about usage data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TelemetryAction {
    /// Print exactly what would be sent, and say whether it is.
    Show,
    /// Allow it, where an endpoint is configured.
    On,
    /// Forbid it.
    Off,
}
