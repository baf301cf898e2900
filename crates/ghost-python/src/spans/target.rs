//! The collector an emitter was given.

use ghost_model::SpanLoss;
use pyo3::prelude::*;

use super::collector::Collector;

/// A collector.
#[derive(Debug, FromPyObject)]
#[pyo3(transparent)]
pub(crate) struct Target(Py<Collector>);

impl Target {
    /// Hands a span over.
    pub(crate) fn push(&self, record: Vec<u8>, is_sampled: bool) {
        self.0.get().push(record, is_sampled);
    }

    /// Counts spans that are not handed over.
    pub(crate) fn refuse(&self, why: SpanLoss, count: u64) {
        self.0.get().refuse(why, count);
    }
}
