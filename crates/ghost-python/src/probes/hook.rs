//! What is called at the events of one code object, for one probe. Holds callables; calls none.

use pyo3::prelude::*;

/// Callables for the events of a code object. Never changes.
#[pyclass(frozen, module = "ghostglass._native")]
pub(crate) struct ProbeHook {
    /// Only activations of this function object; of any if `None`. Closures share their code.
    pub(super) function: Option<Py<PyAny>>,
    /// `enter()`: its result is handed to `leave`.
    pub(super) enter: Option<Py<PyAny>>,
    /// `leave(token, started_ns, value, failed)`.
    pub(super) leave: Option<Py<PyAny>>,
    /// `line(number)`.
    pub(super) line: Option<Py<PyAny>>,
    /// Whether `leave` is told when the activation began.
    pub(super) timed: bool,
    /// Whether what the callables raise is for the program: breakpoints only.
    pub(super) raises: bool,
}

#[pymethods]
impl ProbeHook {
    /// Callables of one probe.
    #[new]
    #[pyo3(signature = (*, function=None, enter=None, leave=None, line=None, timed=true, raises=false))]
    fn new(
        function: Option<Py<PyAny>>,
        enter: Option<Py<PyAny>>,
        leave: Option<Py<PyAny>>,
        line: Option<Py<PyAny>>,
        timed: bool,
        raises: bool,
    ) -> Self {
        Self { function, enter, leave, line, timed, raises }
    }
}

impl ProbeHook {
    /// Whether something is to be remembered from an activation's begin to its end.
    pub(super) fn spans_activation(&self) -> bool {
        self.leave.is_some() && (self.timed || self.enter.is_some())
    }

    /// Whether starts are of interest.
    pub(super) fn wants_starts(&self) -> bool {
        self.enter.is_some() || self.spans_activation()
    }

    /// Whether ends are of interest.
    pub(super) fn wants_ends(&self) -> bool {
        self.leave.is_some()
    }

    /// Whether lines are of interest.
    pub(super) fn wants_lines(&self) -> bool {
        self.line.is_some()
    }

    /// Whether an activation of the function object at this address is meant; 0 where it is not known.
    pub(super) fn means(&self, function: usize) -> bool {
        let meant = self.function.as_ref();
        function == 0 || meant.is_none_or(|meant| meant.as_ptr() as usize == function)
    }
}
