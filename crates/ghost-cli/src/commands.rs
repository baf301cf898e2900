//! One module per command. Each returns what `main` turns into an exit code.

pub(crate) mod annotate;
pub(crate) mod anomalies;
pub(crate) mod attach;
pub(crate) mod clean;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod man;
pub(crate) mod probe;
mod project_files;
pub(crate) mod queries;
pub(crate) mod relay;
pub(crate) mod report;
pub(crate) mod requests;
pub(crate) mod run;
pub(crate) mod serve;
mod session_choice;
pub(crate) mod sessions;
pub(crate) mod span_remarks;
pub(crate) mod stubs;
pub(crate) mod telemetry;
pub(crate) mod trace;
pub(crate) mod watch;
