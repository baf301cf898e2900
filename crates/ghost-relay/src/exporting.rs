//! All exporters together: each span to every sink that wants it, and to the metrics.
//!
//! Metrics count every span; traces, files and the console get those whose trace is kept.

mod start;
mod summary;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ghost_ledger::RingFate;
use ghost_model::{Process, Span, SpanLoss};

use crate::account::{Account, Envelope};
use crate::consumer::SpanConsumer;
use crate::lane::Lane;
use crate::metric_table::MetricTable;
use crate::otlp::MetricPusher;
use crate::prometheus_endpoint::PrometheusEndpoint;
pub use start::StartError;
pub use summary::{ExportSummary, ExporterSummary};

/// Exporters at work.
#[derive(Debug)]
pub struct Exporting {
    lanes: Vec<Lane>,
    pushers: Vec<MetricPusher>,
    endpoints: Vec<PrometheusEndpoint>,
    /// `None` where nobody wants metrics.
    metrics: Option<Arc<MetricTable>>,
    accounts: HashMap<ProcessKey, (Arc<Process>, Arc<Account>)>,
}

/// What tells processes apart.
type ProcessKey = (u32, u64);

impl Exporting {
    /// What became of the spans of a process.
    pub(crate) fn fate(&self, process: &Process) -> RingFate {
        self.accounts.get(&key(process)).map(|(_, account)| account.fate()).unwrap_or_default()
    }

    /// Whether the fate of every span of a process is known.
    pub(crate) fn is_settled(&self, process: &Process) -> bool {
        self.accounts.get(&key(process)).is_none_or(|(_, account)| account.is_settled())
    }

    /// Counts spans that were lost before they could be consumed.
    pub(crate) fn lose(&mut self, process: &Process, why: SpanLoss, count: u64) {
        let (_, account) = self.account(process);
        account.take(count);
        account.lose(why, count);
        self.miss(why, count);
    }

    /// Forgets a process that has ended.
    pub(crate) fn forget(&mut self, process: &Process) {
        self.accounts.remove(&key(process));
    }

    /// Where Prometheus can scrape, in the order of the settings.
    pub fn addresses(&self) -> impl Iterator<Item = std::net::SocketAddr> {
        self.endpoints.iter().map(PrometheusEndpoint::address)
    }

    /// Whether there is nobody to export to.
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty() && self.pushers.is_empty() && self.endpoints.is_empty()
    }

    /// Sends what is there, for no longer than that; the rest is counted.
    pub fn end(&mut self, within: Duration) -> ExportSummary {
        let deadline = Instant::now() + within;
        for lane in &self.lanes {
            lane.close(deadline);
        }
        for pusher in &self.pushers {
            pusher.close(deadline);
        }
        let lanes = self.lanes.iter_mut();
        let exporters =
            lanes.map(|lane| ExporterSummary::new(lane.name().to_owned(), &lane.finish()));
        let summary = ExportSummary { exporters: exporters.collect() };
        for pusher in &self.pushers {
            pusher.finish();
        }
        summary
    }

    fn account(&mut self, process: &Process) -> (Arc<Process>, Arc<Account>) {
        let metrics = &self.metrics;
        let (process, account) = self.accounts.entry(key(process)).or_insert_with(|| {
            if let Some(metrics) = metrics {
                metrics.add_process();
            }
            (Arc::new(process.clone()), Arc::default())
        });
        (Arc::clone(process), Arc::clone(account))
    }
}

impl SpanConsumer for Exporting {
    fn consume(&mut self, process: &Process, spans: &[Span]) {
        let (process, account) = self.account(process);
        account.take(spans.len() as u64);
        if let Some(metrics) = &self.metrics {
            metrics.add(spans);
        }
        let sink_count = self.lanes.len() as u32;
        let is_wanted = |span: &&Span| sink_count > 0 && span.is_sampled;
        let wanted = spans.iter().filter(is_wanted).map(|span| {
            let (process, account) = (Arc::clone(&process), Arc::clone(&account));
            Arc::new(Envelope::new(span.clone(), process, account, sink_count))
        });
        let wanted: Vec<Arc<Envelope>> = wanted.collect();
        let counted_only = (spans.len() - wanted.len()) as u64;
        match &self.metrics {
            Some(_) => account.export(counted_only),
            None => account.lose(SpanLoss::SampledOut, counted_only),
        }
        for lane in &self.lanes {
            lane.offer(&wanted);
        }
    }

    fn miss(&mut self, why: SpanLoss, count: u64) {
        if let Some(metrics) = &self.metrics {
            metrics.lose(why, count);
        }
    }
}

fn key(process: &Process) -> ProcessKey {
    (process.pid, process.start_unix_ns)
}

#[cfg(test)]
mod tests;
