//! What was recorded, as text for other programs and people: one file per format.
//!
//! Entry point: [`write`] with an [`ExportView`] and a [`Format`]. A view says which functions to
//! write and in which order; the formats add nothing and leave nothing out.
//!
//! Names may hold anything a Python program can put into a name. JSON escapes what it must; CSV and
//! Markdown show control characters as escape sequences, so that a name can neither break a row nor
//! reach a terminal.
//!
//! Spans have formats of their own: [`otlp`] and [`prometheus`], the latter from [`SpanMetrics`].
//!
//! Deliberately absent: choosing and sorting functions, opening files, colours.
#![forbid(unsafe_code)]

mod collapsed;
mod csv;
mod diff;
mod distribution;
mod explain;
mod findings;
mod flat;
mod format;
mod json;
mod markdown;
pub mod otlp;
#[cfg(feature = "parquet")]
mod parquet;
mod pprof;
pub mod prometheus;
pub mod remarks;
mod sheet;
mod span_flow;
mod span_metrics;
mod span_sheets;
mod speedscope;
mod stacks;
mod trace;
mod view;

pub use diff::{
    DIFF_SCHEMA_VERSION, DiffFormat, DiffLine, DiffView, Tone, diff_json, diff_lines, write_diff,
};
pub use explain::{
    Drawing, EXPLAIN_SCHEMA_VERSION, ExplainFormat, ExplainLine, ExplainView, Explanation,
    explanation_lines, fact_lines, facts_json, write_explanation,
};
pub use findings::{
    FINDINGS_SCHEMA_VERSION, FindingsFormat, FindingsView, finding_json, write_findings,
};
pub use format::{ExportError, Exporter, Format, FormatError, write};
pub use ghost_model::{Labels, human_duration, visible};
pub use json::SCHEMA_VERSION;
pub use markdown::code as code_span;
pub use sheet::{SHEET_SCHEMA_VERSION, Sheet, SheetFormat, write_sheets};
pub use span_flow::{DroppedSpans, ExportedSpans, SpanFlow};
pub use span_metrics::{DurationBuckets, Family, OTHER, SERIES_MAX, Series, SpanMetrics};
pub use span_sheets::{flow_sheet, query_sheet, request_sheet, trace_json};
pub use view::ExportView;

#[cfg(test)]
mod sample;
