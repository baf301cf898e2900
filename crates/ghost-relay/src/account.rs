//! What became of the spans of one process, exact to the span however many sinks there are.
//!
//! A span is exported when every sink that wanted it has it, and lost when one of them does not; the
//! first reason counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use ghost_ledger::RingFate;
use ghost_model::{Process, Span, SpanLoss};

/// Counts of one process.
#[derive(Debug, Default)]
pub(crate) struct Account {
    taken: AtomicU64,
    exported: AtomicU64,
    lost: [AtomicU64; SpanLoss::ALL.len()],
}

impl Account {
    /// Spans that were handed over.
    pub(crate) fn take(&self, count: u64) {
        self.taken.fetch_add(count, Ordering::Relaxed);
    }

    /// Spans that have arrived.
    pub(crate) fn export(&self, count: u64) {
        self.exported.fetch_add(count, Ordering::Relaxed);
    }

    /// Spans that have not.
    pub(crate) fn lose(&self, why: SpanLoss, count: u64) {
        if let Some(lost) = self.lost.get(why as usize) {
            lost.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// What became of them so far.
    pub(crate) fn fate(&self) -> RingFate {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let lost = SpanLoss::ALL.into_iter().zip(self.lost.iter().map(load));
        RingFate {
            read: load(&self.taken),
            exported: load(&self.exported),
            lost: lost.filter(|(_, count)| *count > 0).collect(),
        }
    }

    /// Whether the fate of every span is known.
    pub(crate) fn is_settled(&self) -> bool {
        let fate = self.fate();
        fate.read <= fate.exported + fate.lost.iter().map(|(_, count)| count).sum::<u64>()
    }
}

/// A span on its way to several sinks.
#[derive(Debug)]
pub(crate) struct Envelope {
    /// The span.
    pub(crate) span: Span,
    /// The process it comes from.
    pub(crate) process: Arc<Process>,
    /// Memory it takes, roughly.
    pub(crate) bytes: usize,
    account: Arc<Account>,
    open: AtomicU32,
    is_lost: AtomicBool,
}

impl Envelope {
    /// For so many sinks, at least one.
    pub(crate) fn new(
        span: Span,
        process: Arc<Process>,
        account: Arc<Account>,
        sink_count: u32,
    ) -> Self {
        let bytes = bytes_of(&span);
        let (open, is_lost) = (AtomicU32::new(sink_count), AtomicBool::new(false));
        Self { span, process, bytes, account, open, is_lost }
    }

    /// One sink has it, or says why not.
    pub(crate) fn settle(&self, loss: Option<SpanLoss>) {
        if let Some(why) = loss
            && !self.is_lost.swap(true, Ordering::AcqRel)
        {
            self.account.lose(why, 1);
        }
        let is_last = self.open.fetch_sub(1, Ordering::AcqRel) == 1;
        if is_last && !self.is_lost.load(Ordering::Acquire) {
            self.account.export(1);
        }
    }
}

/// A bound of memory needs no better than this.
fn bytes_of(span: &Span) -> usize {
    let texts = span.attributes.iter().map(|(key, value)| {
        let key = match key {
            ghost_model::AttributeKey::Known(_) => 0,
            ghost_model::AttributeKey::Named(name) => name.len(),
        };
        let value = match value {
            ghost_model::AttributeValue::Text(text) => text.len(),
            _ => 0,
        };
        key + value + size_of::<(ghost_model::AttributeKey, ghost_model::AttributeValue)>()
    });
    size_of::<Envelope>() + span.name.len() + texts.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(account: &Arc<Account>, sinks: u32) -> Envelope {
        account.take(1);
        Envelope::new(Span::default(), Arc::default(), Arc::clone(account), sinks)
    }

    #[test]
    fn exported_means_by_all() {
        let account = Arc::new(Account::default());
        let span = envelope(&account, 2);
        span.settle(None);
        assert_eq!((account.fate().exported, account.is_settled()), (0, false));
        span.settle(None);
        assert_eq!((account.fate().exported, account.is_settled()), (1, true));
    }

    #[test]
    fn what_one_sink_loses_is_lost_once() {
        let account = Arc::new(Account::default());
        let span = envelope(&account, 3);
        span.settle(Some(SpanLoss::Rejected));
        span.settle(None);
        span.settle(Some(SpanLoss::Closed));
        let fate = account.fate();
        assert_eq!((fate.exported, fate.lost), (0, vec![(SpanLoss::Rejected, 1)]));
    }
}
