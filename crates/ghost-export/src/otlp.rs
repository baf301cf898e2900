//! Spans and metrics as the messages of OpenTelemetry's protocol (OTLP), ready to be sent.
//!
//! The messages themselves are those of the project (`opentelemetry-proto`); names are those of its
//! semantic conventions. Deliberately absent: sending, compression, limits.

mod metrics;
mod reply;
mod resource;
mod trace;
mod value;

pub use metrics::metrics_request;
pub use reply::{Signal, rejected_count};
pub use resource::{Origin, Service};
pub use trace::{SpansOfOrigin, trace_request};

/// The conventions whose names are used.
const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.37.0";

/// What made the spans and metrics, as OTLP wants to know it.
fn scope() -> opentelemetry_proto::tonic::common::v1::InstrumentationScope {
    opentelemetry_proto::tonic::common::v1::InstrumentationScope {
        name: "ghostglass".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests;
