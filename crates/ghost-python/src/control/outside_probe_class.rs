//! A probe from outside as `ghostglass.probes.outside` knows it. Decides nothing: [`super::outside_probe`]
//! does.

use std::sync::Arc;

use ghost_control::{LineTime, ProbeState};
use ghost_probes::{Scope, Value, is_secret};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::outside_probe::Probe;
use crate::probes::safe_expression::{self, Names};

/// A probe that was asked for from outside the process.
#[pyclass(frozen, module = "ghostglass._native")]
pub(crate) struct OutsideProbe(Arc<Probe>);

impl OutsideProbe {
    pub(super) fn new(probe: &Arc<Probe>) -> Self {
        Self(Arc::clone(probe))
    }
}

#[pymethods]
impl OutsideProbe {
    /// Its id.
    #[getter]
    fn id(&self) -> &str {
        &self.0.spec.id
    }

    /// Its target.
    #[getter]
    fn target(&self) -> &str {
        &self.0.spec.target
    }

    /// Its name.
    #[getter]
    fn name(&self) -> &str {
        &self.0.spec.name
    }

    /// What it does: `log`, `hist`, `incr` or `hotspots`.
    #[getter]
    fn kind(&self) -> &'static str {
        use ghost_control::ProbeKind as Kind;
        match self.0.spec.kind {
            Kind::Log => "log",
            Kind::Hist => "hist",
            Kind::Incr => "incr",
            Kind::Hotspots => "hotspots",
        }
    }

    /// Its event.
    #[getter]
    fn event(&self) -> &'static str {
        use ghost_control::ProbeEvent as Event;
        match self.0.spec.event {
            Event::Call => "call",
            Event::Return => "return",
            Event::Raise => "raise",
            Event::Line => "line",
            Event::End => "end",
        }
    }

    /// The names its expressions read.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.0.names()
    }

    /// Tell whether it can never be hit again.
    fn is_over(&self) -> bool {
        self.0.end().is_some()
    }

    /// Tell whether the policy of the run lets it look into a function.
    #[pyo3(signature = (function, /))]
    fn allows(&self, function: &str) -> bool {
        self.0.allows(function)
    }

    /// Take a hit, with the names its expressions may read.
    #[pyo3(signature = (names, /))]
    fn hit(&self, names: &Bound<'_, PyDict>) {
        self.0.hit(&Unsecret::of(names));
    }

    /// Add the lines of one call: line, count, longest and total seconds.
    #[pyo3(signature = (file, lines, /))]
    fn add_lines(&self, file: &str, lines: Vec<(u32, f64, f64, f64)>) {
        let ns = |seconds: f64| (seconds * 1e9) as u64;
        let lines = lines.into_iter().map(|(line, count, longest, total)| LineTime {
            line,
            count: count as u64,
            longest_ns: ns(longest),
            total_ns: ns(total),
        });
        self.0.add_lines(file, lines);
    }

    /// Note an error of ours.
    #[pyo3(signature = (error, /))]
    fn fail(&self, error: &str) {
        self.0.fail(error);
    }

    /// Note where it is: `pending`, `active` or `error`, and why.
    #[pyo3(signature = (state, reason, /))]
    fn set_state(&self, state: &str, reason: Option<&str>) {
        let state = match state {
            "active" => ProbeState::Active,
            "error" => ProbeState::Error,
            _ => ProbeState::Pending,
        };
        self.0.set_state(state, reason);
    }
}

/// Names of a hit. What has the name of a secret under one name has it under all: a parameter that is one
/// is hidden in `args` and in other variables, too.
struct Unsecret<'a, 'py> {
    names: &'a Bound<'py, PyDict>,
    secrets: Vec<usize>,
}

impl<'a, 'py> Unsecret<'a, 'py> {
    fn of(names: &'a Bound<'py, PyDict>) -> Self {
        let is_hidden = |name: &Bound<'py, PyAny>| {
            name.cast_exact::<PyString>().is_ok_and(|name| name.to_str().is_ok_and(is_secret))
        };
        let secrets = names.iter().filter(|(name, value)| is_hidden(name) && is_telling(value));
        let secrets = secrets.map(|(_, value)| value.as_ptr() as usize).collect();
        Self { names, secrets }
    }

    fn hides(&self, value: &Bound<'_, PyAny>) -> bool {
        self.secrets.contains(&(value.as_ptr() as usize))
    }
}

/// Whether an object can be a secret: not one that is shared by all that are equal.
fn is_telling(value: &Bound<'_, PyAny>) -> bool {
    !value.is_none() && !value.is_exact_instance_of::<pyo3::types::PyBool>()
}

impl Scope for Unsecret<'_, '_> {
    fn look_up(&self, name: &str) -> Option<Value> {
        let found = Names(self.names).find(name)?;
        if self.hides(&found) {
            return Some(Value::Redacted);
        }
        let Ok(items) = found.cast_exact::<PyTuple>() else {
            return Some(safe_expression::copied(&found));
        };
        let mut copy = safe_expression::copied(&found);
        if let Value::Sequence(copies) = &mut copy {
            for (item, copy) in items.iter().zip(copies) {
                if self.hides(&item) {
                    *copy = Value::Redacted;
                }
            }
        }
        Some(copy)
    }
}
