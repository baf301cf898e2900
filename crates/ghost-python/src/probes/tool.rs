//! Under which tool id the events of probes come.
//!
//! Without a run: one of the two free ids, held while there is a probe. Under `ghost run` both are the
//! observer's. Ends and lines then come under the id of *discovery*, which wants nothing but starts.
//! Starts cannot: discovery has switched its own off for good at every code object seen so far. They
//! come under the *worker's* id, whose callback for starts is replaced while there is a probe by one that
//! runs the hooks and then what was there. Its masks are merged: [`merged_mask`].

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use ghost_tracer::Events as Switched;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::ffi::{self, PyObject, vectorcallfunc};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyCode;

use super::callbacks::{Callbacks, hooks_failed};
use super::hook::ProbeHook;
use super::points::{self, Hooks};
use crate::boundary;
use crate::callbacks::CallbackType;
use crate::code_extra;
use crate::monitoring::{FREE_IDS, TOOL_NAME, Tools, tools_held};
use crate::observer::Death;
use crate::python_calls;
use crate::self_test::raw_reads_agree;
use crate::startup::frame_reader;

/// The ids of events, while there is a probe.
struct Held {
    starts: u8,
    others: u8,
    /// What the worker's starts called before; `None` where the id is our own.
    before: Option<Py<PyAny>>,
    events: Numbers,
}

/// Event numbers of the running interpreter.
#[derive(Clone, Copy)]
struct Numbers {
    start: u32,
    returned: u32,
    unwind: u32,
    line: u32,
}

static HELD: Mutex<Option<Held>> = Mutex::new(None);

/// The type of our callables; made once.
static CALLBACK_TYPE: PyOnceLock<CallbackType> = PyOnceLock::new();
/// What the self-test said, where no observer asked it.
static RAW_READS_AGREE: OnceLock<bool> = OnceLock::new();

fn held() -> MutexGuard<'static, Option<Held>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Call the hooks at the events of a code object from now on; with none, leave it alone.
#[pyfunction]
#[pyo3(signature = (code, hooks, /))]
pub(crate) fn watch_code(code: &Bound<'_, PyCode>, hooks: Vec<Py<ProbeHook>>) -> PyResult<()> {
    let py = code.py();
    let monitoring = py.import("sys")?.getattr("monitoring")?;
    if held().is_none() {
        if hooks.is_empty() {
            return Ok(());
        }
        take(&monitoring)?;
        python_calls::watch_end(py)?;
    }
    let masks = Masks::of(&hooks);
    let hooks: Hooks = hooks.into();
    let ends = hooks.is_empty();
    let code = code.as_any();
    if ends {
        // Events first: none may come for hooks that are gone.
        switch(&monitoring, code, masks)?;
    }
    drop(points::set(code.clone().unbind(), &hooks));
    if !ends {
        switch(&monitoring, code, masks)?;
    }
    if points::count() == 0 { give_back(&monitoring) } else { Ok(()) }
}

/// Probes that were taken off their code objects, to be put back.
pub(crate) struct SetAside(Vec<(Py<PyCode>, Vec<Py<ProbeHook>>)>);

/// Takes all probes off, so that the observer can take or give up the ids they share with it.
pub(crate) fn set_aside(py: Python<'_>) -> PyResult<SetAside> {
    let mut aside = Vec::new();
    for (code, hooks) in points::all(py) {
        let Ok(code) = code.into_bound(py).cast_into::<PyCode>() else { continue };
        watch_code(&code, Vec::new())?;
        aside.push((code.unbind(), hooks.iter().map(|hook| hook.clone_ref(py)).collect()));
    }
    Ok(SetAside(aside))
}

impl SetAside {
    /// Puts them back, under the ids there are now.
    pub(crate) fn put_back(self, py: Python<'_>) -> PyResult<()> {
        self.0.into_iter().try_for_each(|(code, hooks)| watch_code(code.bind(py), hooks))
    }
}

/// Tell how much probes hold: code objects, activations, activations refused, hooks that raised.
#[pyfunction]
pub(crate) fn probe_counts() -> (usize, usize, u64, u64) {
    let (begun, refused) = points::activations();
    (points::count(), begun, refused, hooks_failed())
}

/// Which events the hooks of a code object want.
#[derive(Clone, Copy)]
struct Masks {
    starts: bool,
    ends: bool,
    lines: bool,
}

impl Masks {
    fn of(hooks: &[Py<ProbeHook>]) -> Self {
        Self {
            starts: hooks.iter().any(|hook| hook.get().wants_starts()),
            ends: hooks.iter().any(|hook| hook.get().wants_ends()),
            lines: hooks.iter().any(|hook| hook.get().wants_lines()),
        }
    }
}

/// Takes ids and registers callbacks.
fn take(monitoring: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = monitoring.py();
    let class = CALLBACK_TYPE.get_or_try_init(py, || CallbackType::new(py))?;
    let callbacks = Callbacks::reading(reads_raw(py, class));
    let numbers = monitoring.getattr("events")?;
    let number = |name: &str| numbers.getattr(name)?.extract::<u32>();
    let events = Numbers {
        start: number("PY_START")?,
        returned: number("PY_RETURN")?,
        unwind: number("PY_UNWIND")?,
        line: number("LINE")?,
    };
    let (starts, others, is_shared) = ids(monitoring)?;
    let register = |id: u8, event: u32, target: vectorcallfunc| {
        monitoring.call_method1("register_callback", (id, event, class.make(py, target)?))
    };
    register(others, events.returned, callbacks.returned)?;
    register(others, events.unwind, callbacks.unwound)?;
    register(others, events.line, callbacks.line)?;
    let before = register(starts, events.start, callbacks.start)?;
    let before = (is_shared && !before.is_none()).then(|| before.unbind());
    set_unwind(monitoring, others, events.unwind, true)?;
    *held() = Some(Held { starts, others, before, events });
    Ok(())
}

/// The ids for starts and for other events, and whether they are the observer's.
fn ids(monitoring: &Bound<'_, PyAny>) -> PyResult<(u8, u8, bool)> {
    const NONE_LEFT: &str = "other tools hold the `sys.monitoring` ids that probes need";
    match tools_held() {
        Some(Tools::Two { discovery, worker }) => return Ok((worker, discovery, true)),
        Some(Tools::One(_)) => return Err(PyRuntimeError::new_err(NONE_LEFT)),
        None => {}
    }
    for id in FREE_IDS.into_iter().rev() {
        match monitoring.call_method1("use_tool_id", (id, TOOL_NAME)) {
            Ok(_) => return Ok((id, id, false)),
            Err(error) if error.is_instance_of::<PyValueError>(monitoring.py()) => {}
            Err(error) => return Err(error),
        }
    }
    Err(PyRuntimeError::new_err(NONE_LEFT))
}

/// Whether frames can be read raw: what the observer found, else what a test finds now.
fn reads_raw(py: Python<'_>, class: &CallbackType) -> bool {
    if let Some(reader) = frame_reader() {
        return reader == "raw";
    }
    *RAW_READS_AGREE.get_or_init(|| {
        code_extra::request_index(|code| boundary::note_death(Death::Code(code)))
            && raw_reads_agree(py, class)
    })
}

/// Exceptions leaving functions are told for all code or none (up to 3.14).
fn set_unwind(monitoring: &Bound<'_, PyAny>, id: u8, unwind: u32, on: bool) -> PyResult<()> {
    let events: u32 = monitoring.call_method1("get_events", (id,))?.extract()?;
    let events = if on { events | unwind } else { events & !unwind };
    monitoring.call_method1("set_events", (id, events)).map(drop)
}

/// Undoes [`take`].
fn give_back(monitoring: &Bound<'_, PyAny>) -> PyResult<()> {
    let Some(Held { starts, others, before, events }) = held().take() else { return Ok(()) };
    let is_shared = before.is_some();
    set_unwind(monitoring, others, events.unwind, false)?;
    monitoring.call_method1("register_callback", (starts, events.start, before))?;
    for event in [events.returned, events.unwind, events.line] {
        monitoring.call_method1("register_callback", (others, event, monitoring.py().None()))?;
    }
    if !is_shared {
        monitoring.call_method1("free_tool_id", (starts,))?;
    }
    Ok(())
}

/// Switches the events of a code object to what its hooks want.
fn switch(monitoring: &Bound<'_, PyAny>, code: &Bound<'_, PyAny>, masks: Masks) -> PyResult<()> {
    let Some((starts, others, events)) =
        held().as_ref().map(|held| (held.starts, held.others, held.events))
    else {
        return Ok(());
    };
    let start = if masks.starts { events.start } else { 0 };
    let rest =
        if masks.ends { events.returned } else { 0 } | if masks.lines { events.line } else { 0 };
    let set = |id: u8, mask: u32| monitoring.call_method1("set_local_events", (id, code, mask));
    if starts == others {
        set(starts, start | rest)?;
        return Ok(());
    }
    set(others, rest)?;
    let now: u32 = monitoring.call_method1("get_local_events", (starts, code))?.extract()?;
    let keep = observer_wants_starts(code.as_ptr());
    set(starts, if keep { now | start } else { now & !events.start | start })?;
    Ok(())
}

/// Whether the observer counts starts of this code object at present.
fn observer_wants_starts(code: *mut PyObject) -> bool {
    // SAFETY: called with the interpreter lock and a live code object.
    let state = unsafe { code_extra::state_by_api(code) };
    state.is_some_and(|state| state.events() != Switched::None)
}

/// What is to be called after the hooks of a start: the observer's own callback, where it wants it.
pub(super) fn observers_callback(
    code: *mut PyObject,
) -> Option<impl FnOnce(*const *mut PyObject, usize, *mut PyObject)> {
    let before = held().as_ref()?.before.as_ref()?.as_ptr();
    observer_wants_starts(code).then_some(move |arguments, count, names| {
        // SAFETY: the observer's callable lives as long as its registration, which we keep; it is
        // called with what the interpreter called us with.
        unsafe {
            let answer = ffi::PyObject_Vectorcall(before, arguments, count, names);
            if answer.is_null() {
                ffi::PyErr_Clear();
            }
            ffi::Py_XDECREF(answer);
        }
    })
}

/// The mask with which the observer is to switch the events of a code object: its own, and starts where
/// a probe wants them. A new reference, or null where its own will do.
pub(crate) fn merged_mask(code: *mut PyObject, mask: *mut PyObject) -> *mut PyObject {
    let start = match held().as_ref() {
        Some(held) if held.before.is_some() => held.events.start,
        _ => return std::ptr::null_mut(),
    };
    if !points::wants_starts(code as usize) {
        return std::ptr::null_mut();
    }
    // SAFETY: the interpreter lock is held; `mask` is a live small integer.
    unsafe {
        let mask = ffi::PyLong_AsLong(mask);
        ffi::PyLong_FromLong(mask | i64::from(start))
    }
}
