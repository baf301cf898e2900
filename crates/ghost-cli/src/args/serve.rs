//! Options of `ghost serve`.

use clap::{Args, ValueEnum};

/// Arguments of `ghost serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
The link is printed on standard output. Whoever has it can read all sessions; it ends with the server.")]
pub(crate) struct ServeArguments {
    /// Session to show first: an id, the start of one, a name, or `latest`, which follows new ones.
    #[arg(value_name = "SESSION", default_value = "latest")]
    pub(crate) session: String,
    /// Port to listen at; 0 for any that is free.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,
    /// Name or address to listen at. Others than those of this machine are open to its network.
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    pub(crate) host: String,
    /// Open the dashboard in a browser.
    #[arg(long)]
    pub(crate) open: bool,
    /// For programs: print `api_port` and `token` as a line of JSON instead of a link, and stop when
    /// standard input ends.
    #[arg(long, conflicts_with = "open")]
    pub(crate) sidecar: bool,
    /// What to write on standard error besides. Default: `GHOST_LOG`, else `warn`.
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log: Option<LogLevel>,
}

/// How much is written on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// What could become a failure, too.
    Warn,
    /// Every request.
    Info,
    /// Every connection.
    Debug,
    /// Everything.
    Trace,
}
