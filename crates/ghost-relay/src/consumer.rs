//! Who takes spans from whoever reads their rings. There is one reader of a ring, however many
//! consumers want its spans.

use ghost_model::Span;

/// The process that spans come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SpanProcess {
    /// Process id.
    pub pid: u32,
    /// When its ring was begun, nanoseconds since the Unix epoch; tells reused ids apart.
    pub start_unix_ns: u64,
    /// Interpreter version, `3.13.0`; empty where it is not known.
    pub python_version: String,
}

/// Takes spans in the order they ended in.
pub trait SpanConsumer {
    /// Takes some. Never waits for a disk or a network: what cannot be taken is dropped and counted.
    fn consume(&mut self, process: &SpanProcess, spans: &[Span]);
}
