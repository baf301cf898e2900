//! Who takes spans from whoever reads their rings. There is one reader of a ring, however many
//! consumers want its spans.

use ghost_model::{Process, Span, SpanLoss};

/// Takes spans in the order they ended in.
pub trait SpanConsumer {
    /// Takes some of one process. Never waits for a disk or a network: what cannot be taken is dropped
    /// and counted.
    fn consume(&mut self, process: &Process, spans: &[Span]);

    /// Is told of spans that were lost before anybody could consume them.
    fn miss(&mut self, why: SpanLoss, count: u64) {
        let _ = (why, count);
    }
}
