//! Spans in the observed process: what programs and adapters call to tell of requests, functions and
//! queries.
//!
//! Called by Python code of ours and of the program, never by a callback of the interpreter but for
//! [`span_of_sample`] and [`is_detailing`]. Everything runs under the interpreter lock; no lock of ours
//! is held across a call into Python.
//!
//! # Way of a span
//! [`begin`] or [`emitter`] → [`active_span`] → [`request_state`], where it is not decided yet whether
//! its trace is kept → [`target`] (a collector) and [`run`] (the ring that the parent reads).

mod active_span;
mod asgi_exchange;
mod attribute_value;
mod begin;
mod collector;
mod context;
#[expect(unsafe_code, reason = "reads and sets our own context variable")]
mod context_var;
mod detail;
mod emitter;
mod foreign;
#[expect(unsafe_code, reason = "registers the fork handler")]
pub(crate) mod fork_generation;
mod ids;
mod request_state;
pub(crate) mod run;
mod sampler;
mod statement;
mod target;
mod use_span;
mod wall_clock;
mod wsgi_body;
mod wsgi_exchange;

use ghost_model::SpanKind;
use pyo3::prelude::*;

/// Adds what Python may call.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    fork_generation::watch();
    module.add_class::<active_span::ActiveSpan>()?;
    module.add_class::<asgi_exchange::AsgiExchange>()?;
    module.add_class::<asgi_exchange::AsgiRoom>()?;
    module.add_class::<collector::Collector>()?;
    module.add_class::<collector::exporter_queue::ExporterQueue>()?;
    module.add_class::<context::SpanContext>()?;
    module.add_class::<emitter::Emitter>()?;
    module.add_class::<sampler::Sampler>()?;
    module.add_class::<use_span::UseSpan>()?;
    module.add_class::<wsgi_exchange::WsgiExchange>()?;
    module.add_class::<wsgi_exchange::WsgiRoom>()?;
    module.add_function(wrap_pyfunction!(collector::at_exit::close_collectors, module)?)?;
    module.add_function(wrap_pyfunction!(collector::event_text::console_text, module)?)?;
    module.add_function(wrap_pyfunction!(context::current_span, module)?)?;
    module.add_function(wrap_pyfunction!(context::get_span_id, module)?)?;
    module.add_function(wrap_pyfunction!(context::get_trace_id, module)?)?;
    module.add_function(wrap_pyfunction!(context::span_id, module)?)?;
    module.add_function(wrap_pyfunction!(context::trace_id, module)?)?;
    module.add_function(wrap_pyfunction!(foreign::set_foreign_context, module)?)?;
    module.add_function(wrap_pyfunction!(statement::redact_statement, module)?)?;
    module.add_function(wrap_pyfunction!(run::enabled, module)?)?;
    module.add_function(wrap_pyfunction!(run::run_emitter, module)?)?;
    Ok(())
}

/// The span in which an activation begins, 0 for none. `None` where it is neither due to be sampled
/// nor within a request that is recorded in detail. Called by callbacks; runs no code of the program.
pub(crate) fn span_of_sample(is_due: bool) -> Option<u64> {
    if !is_due && !detail::is_any() {
        return None;
    }
    context_var::in_callback(|context| {
        let Some(context) = context else { return is_due.then_some(0) };
        let is_in_detail = || context.request.as_ref().is_some_and(|it| it.detail().take());
        (is_due || is_in_detail()).then_some(context.span.0)
    })
}

/// Whether some request is recorded in detail. Called by callbacks.
pub(crate) fn is_detailing() -> bool {
    detail::is_any()
}

/// What the span of a record is about.
fn kind_of(record: &[u8]) -> SpanKind {
    record.get(1).and_then(|number| SpanKind::from_number(*number)).unwrap_or_default()
}
