//! Options of `ghost serve`.

use clap::Args;

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
}
