//! Carries spans from their rings to whoever is to see them: OpenTelemetry receivers, Prometheus, files.
//!
//! # Constraints, and what each forced
//! * A dead receiver must hold up neither the program nor another receiver: every sink has a thread and
//!   a bounded queue of its own, and what does not fit is dropped, oldest first, and counted.
//! * Counts are exact: of the spans given to a sink each one is exported or counted under one reason.
//! * Credentials are sent and nothing else: they are neither printed nor part of an error.
//!
//! Runs in processes of our own only. Deliberately absent: sessions, the command line, and reading the
//! environment: settings come through a function that looks a variable up.
#![forbid(unsafe_code)]

mod account;
mod consumer;
mod exporting;
mod follow;
mod lane;
mod metric_table;
mod notice;
mod otlp;
mod prometheus_endpoint;
mod relay;
mod retry;
mod secret;
mod settings;
mod sink;
mod text_sink;
mod transport;

pub use consumer::SpanConsumer;
pub use exporting::{ExportSummary, ExporterSummary, Exporting, StartError};
pub use notice::Say;
pub use relay::{RelayConfiguration, RelayError, relay};
pub use settings::{Destination, DestinationError, ExportSettings, Lookup, SettingsError};
pub use transport::TransportError;
