//! The metrics of this process: what spans said, and what became of them, for whoever shows or sends
//! them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use ghost_export::otlp::{Origin, Service, metrics_request};
use ghost_export::prometheus::{Exposition, MetricsView, write_exposition};
use ghost_export::{DroppedSpans, ExportedSpans, SERIES_MAX, SpanFlow, SpanMetrics};
use ghost_model::{Span, SpanLoss};
use prost::Message;

use crate::lane::LaneMeter;

/// Counts of spans, shared by who adds and who shows.
#[derive(Debug)]
pub(crate) struct MetricTable {
    service: Service,
    instance_id: String,
    metrics: Mutex<SpanMetrics>,
    meters: Mutex<Vec<LaneMeter>>,
    /// Lost before they came to us.
    lost: [AtomicU64; SpanLoss::ALL.len()],
    process_count: AtomicU64,
}

impl MetricTable {
    pub(crate) fn new(service: Service, instance_id: String) -> Self {
        Self {
            service,
            instance_id,
            metrics: Mutex::new(SpanMetrics::new(now_unix_ns(), SERIES_MAX)),
            meters: Mutex::default(),
            lost: Default::default(),
            process_count: AtomicU64::new(0),
        }
    }

    /// Counts spans.
    pub(crate) fn add(&self, spans: &[Span]) {
        let mut metrics = lock(&self.metrics);
        for span in spans {
            metrics.add(span);
        }
    }

    /// Shows the counts of one more lane.
    pub(crate) fn watch(&self, meter: LaneMeter) {
        lock(&self.meters).push(meter);
    }

    /// Spans that were lost before they came here.
    pub(crate) fn lose(&self, why: SpanLoss, count: u64) {
        if let Some(lost) = self.lost.get(why as usize) {
            lost.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Spans come from one more process.
    pub(crate) fn add_process(&self) {
        self.process_count.fetch_add(1, Ordering::Relaxed);
    }

    /// Everything as text.
    pub(crate) fn exposition(&self, exposition: Exposition) -> String {
        // A copy, so that nobody waits while it is written out.
        let (metrics, flow) = (lock(&self.metrics).clone(), self.flow());
        let mut target = self.service.facts();
        target.push(("service.instance.id".into(), self.instance_id.clone()));
        write_exposition(
            &MetricsView { metrics: &metrics, flow: &flow, target: &target },
            exposition,
        )
    }

    /// Everything as a request of OTLP.
    pub(crate) fn otlp_request(&self) -> Vec<u8> {
        let (metrics, flow) = (lock(&self.metrics).clone(), self.flow());
        let origin = Origin { instance_id: self.instance_id.clone(), ..Origin::default() };
        metrics_request(&self.service, &origin, &metrics, &flow, now_unix_ns()).encode_to_vec()
    }

    /// What became of spans. Requests whose trace was not kept are no loss to be shown here.
    fn flow(&self) -> SpanFlow {
        let lost = SpanLoss::ALL.into_iter().zip(&self.lost);
        let lost = lost.map(|(reason, count)| (None, reason, count.load(Ordering::Relaxed)));
        let meters = lock(&self.meters).clone();
        let counts = meters.iter().map(|meter| (&meter.name, meter.counts()));
        let counts: Vec<_> = counts.collect();
        let exported = counts.iter().map(|(name, counts)| ExportedSpans {
            exporter: (*name).clone(),
            count: counts.exported,
        });
        let lost_on_the_way = counts.iter().flat_map(|(name, counts)| {
            counts.lost().into_iter().map(|(reason, count)| (Some((*name).clone()), reason, count))
        });
        let dropped = lost.chain(lost_on_the_way).filter(|(_, _, count)| *count > 0);
        let dropped =
            dropped.map(|(exporter, reason, count)| DroppedSpans { exporter, reason, count });
        SpanFlow {
            exported: exported.collect(),
            dropped: dropped.collect(),
            process_count: self.process_count.load(Ordering::Relaxed),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now_unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
