//! Where `ghost run` sends spans beside the session: from the options to exporters at work.
//!
//! A destination that makes no sense is a usage error before anything starts; one that is not there is
//! a line, and the program runs all the same.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ghost_model::{Process, Span, SpanLoss};
use ghost_relay::{
    Destination, DestinationError, ExportSettings, Exporting, Lookup, Say, SettingsError,
    SpanConsumer,
};

use crate::environment;
use crate::output::talk;

/// How long the end of the program waits for receivers that do not answer.
const END_WAIT_MAX: Duration = Duration::from_millis(1_500);

/// Why nothing can be exported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExporterError {
    /// What was given is no destination. It is not repeated: it may hold a password.
    #[error("`--exporter`: {0}")]
    Destination(#[from] DestinationError),
    /// A variable is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// What the options and OpenTelemetry's variables ask for.
pub(in crate::commands) fn settings(options: &[String]) -> Result<ExportSettings, ExporterError> {
    let lookup: Lookup<'_> = &environment::opentelemetry;
    let destinations = options.iter().map(|option| Ok((option.parse::<Destination>()?, lookup)));
    let destinations: Vec<_> = destinations.collect::<Result<_, DestinationError>>()?;
    let settings = ExportSettings::new(&destinations, lookup)?;
    if settings.is_disabled() {
        talk::say("exporter `otlp`: switched off by `OTEL_SDK_DISABLED`");
    }
    Ok(settings)
}

/// Exporters at work, shared by the thread that reads spans and the one that ends the run.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Exporters(Arc<Mutex<Exporting>>);

impl Exporters {
    /// Starts what can start, and says what cannot; `None` where there is nothing to export to.
    pub(in crate::commands) fn start(settings: &ExportSettings, quiet: bool) -> Option<Self> {
        let (exporting, problems) = Exporting::start(settings, &Say::new(|line| talk::say(line)));
        for problem in &problems {
            talk::say_with(talk::with_causes(problem), problem.hint());
        }
        for address in exporting.addresses().filter(|_| !quiet) {
            talk::say(format_args!("metrics at http://{address}/metrics"));
        }
        (!exporting.is_empty()).then(|| Self(Arc::new(Mutex::new(exporting))))
    }

    /// Sends what is there, and says what did not arrive.
    pub(in crate::commands) fn end(&self) {
        let summary = self.lock().end(END_WAIT_MAX);
        for exporter in summary.exporters.iter().filter(|exporter| exporter.lost_count() > 0) {
            talk::say(exporter);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Exporting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SpanConsumer for Exporters {
    fn consume(&mut self, process: &Process, spans: &[Span]) {
        self.lock().consume(process, spans);
    }

    fn miss(&mut self, why: SpanLoss, count: u64) {
        self.lock().miss(why, count);
    }
}
