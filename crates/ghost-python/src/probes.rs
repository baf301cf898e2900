//! Live probes: what `ghostglass.probes` needs of the interpreter's events.
//!
//! Knows code objects and callables only. Targets, instruments and what they evaluate are Python, in
//! `python/ghostglass/probes`. No function is patched: events are those of the target's code object.
//!
//! Under `ghost run` both tool ids we may use are the observer's ([`tool`]); its callbacks do not change,
//! and cost what they cost, unless a probe exists.

#[expect(unsafe_code, reason = "called by the interpreter with raw arguments")]
mod callbacks;
mod hook;
mod points;
pub(crate) mod safe_expression;
#[expect(unsafe_code, reason = "asks the observer's state of a code object")]
pub(crate) mod tool;

use pyo3::prelude::*;

/// Adds what Python may call.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<hook::ProbeHook>()?;
    module.add_class::<safe_expression::SafeExpression>()?;
    module.add_function(wrap_pyfunction!(tool::watch_code, module)?)?;
    module.add_function(wrap_pyfunction!(tool::probe_counts, module)?)?;
    Ok(())
}
