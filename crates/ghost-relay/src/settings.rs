//! Where spans are to go and how: destinations as users write them, completed by OpenTelemetry's
//! variables.
//!
//! An error names the variable and what is wrong with it, never what it holds: it may be a credential.

mod destination;
mod endpoint;
mod otlp;
mod pairs;
mod variables;

use std::net::SocketAddr;
use std::path::PathBuf;

use ghost_export::otlp::Service;

pub use destination::{Destination, DestinationError};
pub(crate) use otlp::{OtlpSettings, Protocol, SignalSettings, TlsFiles};
pub use variables::Lookup;
use variables::Variables;

/// Why the settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A variable holds something else than it should.
    #[error("variable `{variable}`: {reason}")]
    Variable {
        /// Its name.
        variable: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// What was given as an endpoint is none.
    #[error("the endpoint of `otlp` is not usable: {reason}")]
    Endpoint {
        /// What is wrong.
        reason: &'static str,
    },
}

/// One place that spans or metrics go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExporterSettings {
    /// A receiver of OTLP.
    Otlp(Box<OtlpSettings>),
    /// An address that Prometheus scrapes.
    Prometheus(SocketAddr),
    /// A folder with files of JSON lines.
    Jsonl(PathBuf),
    /// Standard error of this process.
    Console {
        /// With one line for each field.
        pretty: bool,
    },
}

/// All places, and who we are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportSettings {
    pub(crate) exporters: Vec<ExporterSettings>,
    pub(crate) service: Service,
    /// Whether `OTEL_SDK_DISABLED` keeps OTLP from starting although it was asked for.
    is_disabled: bool,
}

impl ExportSettings {
    /// Completes destinations by variables. Each destination has a lookup of its own, because some are
    /// given other variables than the rest.
    pub fn new(
        destinations: &[(Destination, Lookup<'_>)],
        lookup: Lookup<'_>,
    ) -> Result<Self, SettingsError> {
        let service = service(&Variables(lookup))?;
        let mut settings = Self { service, ..Self::default() };
        for (destination, lookup) in destinations {
            settings.add(destination, &Variables(*lookup))?;
        }
        Ok(settings)
    }

    /// Whether nothing is to be exported.
    pub fn is_empty(&self) -> bool {
        self.exporters.is_empty()
    }

    /// Whether `OTEL_SDK_DISABLED` keeps OTLP from starting although it was asked for.
    pub fn is_disabled(&self) -> bool {
        self.is_disabled
    }

    fn add(
        &mut self,
        destination: &Destination,
        variables: &Variables<'_>,
    ) -> Result<(), SettingsError> {
        let exporter = match destination {
            Destination::Otlp(endpoint) => {
                if variables.is_true("OTEL_SDK_DISABLED") {
                    self.is_disabled = true;
                    return Ok(());
                }
                let settings = OtlpSettings::new(endpoint.as_ref(), variables)?;
                ExporterSettings::Otlp(Box::new(settings))
            }
            Destination::Prometheus(None) => {
                ExporterSettings::Prometheus(destination::prometheus_address(variables)?)
            }
            Destination::Prometheus(Some(address)) => ExporterSettings::Prometheus(*address),
            Destination::Jsonl(folder) => ExporterSettings::Jsonl(folder.clone()),
            Destination::Console { pretty } => ExporterSettings::Console { pretty: *pretty },
        };
        self.exporters.push(exporter);
        Ok(())
    }
}

/// `OTEL_SERVICE_NAME` wins over the name among the attributes.
fn service(variables: &Variables<'_>) -> Result<Service, SettingsError> {
    let mut attributes = variables.pairs("OTEL_RESOURCE_ATTRIBUTES")?.unwrap_or_default();
    if let Some(name) = variables.get("OTEL_SERVICE_NAME") {
        attributes.push(("service.name".into(), name));
    }
    Ok(Service { attributes })
}

#[cfg(test)]
mod tests;
