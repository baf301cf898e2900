//! What became of spans on their way: produced, exported, dropped and why. Numbers only.

use ghost_model::SpanLoss;

/// Spans that did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedSpans {
    /// The exporter that did not get them; `None` where they were lost before any exporter.
    pub exporter: Option<String>,
    /// Why.
    pub reason: SpanLoss,
    /// How many.
    pub count: u64,
}

/// Spans that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedSpans {
    /// The exporter that sent or wrote them.
    pub exporter: String,
    /// How many.
    pub count: u64,
}

/// What became of all spans so far. No number ever decreases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanFlow {
    /// What arrived, one line for each exporter.
    pub exported: Vec<ExportedSpans>,
    /// What did not, one line for each exporter and reason.
    pub dropped: Vec<DroppedSpans>,
    /// Processes that spans came from.
    pub process_count: u64,
}
