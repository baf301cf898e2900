//! The observer of this process: the tracer, and what it must know of the interpreter.

use std::io::Write;
use std::path::PathBuf;

use ghost_ledger::LedgerError;
use ghost_model::Counter;
use ghost_tracer::{
    CodeAddress, CodeDescription, CodeState, EventsMode, Raised, ScopeRules, Tracer, TypeAddress,
};
use pyo3::ffi::{self, PyObject};

use crate::frames::{EventFrame, next_traceback, type_of};
use crate::gate::without_events;
use crate::naming::Naming;
use crate::pacing::Pacing;
use crate::probes::tool::merged_mask;
use crate::{attachment, clock, code_extra, identity};

/// Something whose address must be forgotten.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Death {
    Code(CodeAddress),
    Type(TypeAddress),
}

/// What becomes of a code object that starts for the first time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Discovery {
    /// Observed from this start on.
    Observed(&'static CodeState),
    /// Not observed, for good.
    Outside,
    /// Not known: the interpreter has no memory left. The next start asks again.
    Undecided,
}

/// Everything a callback works with.
#[derive(Debug)]
pub(crate) struct Observer {
    pub(crate) tracer: Tracer<Naming>,
    run_dir: PathBuf,
    quiet: bool,
    /// `sys.monitoring.set_local_events`; kept for ever.
    set_local_events: *mut PyObject,
    /// Tool id and event mask for observed code, as Python integers; kept for ever. Null where the
    /// events are global already.
    pub(crate) local_events: Option<[*mut PyObject; 2]>,
    /// Where there is a budget.
    pub(crate) pacing: Option<Pacing>,
}

impl Observer {
    pub(crate) fn new(
        tracer: Tracer<Naming>,
        (run_dir, quiet): (PathBuf, bool),
        set_local_events: *mut PyObject,
        local_events: Option<[*mut PyObject; 2]>,
    ) -> Self {
        Self { tracer, run_dir, quiet, set_local_events, local_events, pacing: None }
    }

    /// First sight of a code object: decides whether it is observed from now on. A start that
    /// leaves it undecided is lost, and counted as such.
    #[cold]
    #[inline(never)]
    pub(crate) fn discover<F: EventFrame>(&mut self, code: *mut PyObject) -> Discovery {
        let discovery = without_events(|| self.discover_undisturbed::<F>(code));
        if matches!(discovery, Discovery::Undecided) {
            self.tracer.count(Counter::CodeRefused, 1);
        }
        discovery
    }

    fn discover_undisturbed<F: EventFrame>(&mut self, code: *mut PyObject) -> Discovery {
        // SAFETY: called from PY_START: the lock is held and the frame of `code` executes.
        let frame = unsafe { F::executing(0) };
        let address = CodeAddress(code as usize);
        let globals = frame.globals_of(address);
        if globals.is_null() {
            return Discovery::Undecided;
        }
        let decision = self.tracer.interpreter().decide(code, globals, frame.function());
        match decision {
            None => Discovery::Undecided,
            Some((false, _)) => Discovery::Outside,
            Some((true, description)) => {
                let discovery = self.observe::<F>(code, &description);
                if let Discovery::Observed(_) = discovery
                    && !self.enable_local_events(code)
                {
                    return self.take_back(code);
                }
                discovery
            }
        }
    }

    /// Makes a live code object one that is observed, as soon as it has events.
    pub(crate) fn observe<F: EventFrame>(
        &mut self,
        code: *mut PyObject,
        description: &CodeDescription,
    ) -> Discovery {
        // SAFETY: the caller holds the code object. A mark as caller goes first, and is forgotten.
        if !unsafe { code_extra::clear(code) } {
            return Discovery::Undecided;
        }
        let address = CodeAddress(code as usize);
        self.tracer.code_died(address);
        // Where there is no room for a function, there will be none later.
        let Some(state) = self.tracer.observe(address, description) else {
            return Discovery::Outside;
        };
        state.set_tag(F::cells_of(code, description.positional + description.keyword_only));
        // SAFETY: as above; the state lives for ever.
        if unsafe { code_extra::set_state(code, state) } {
            Discovery::Observed(state)
        } else {
            self.take_back(code)
        }
    }

    /// Makes a code object unknown again, so that its next start discovers it.
    fn take_back(&mut self, code: *mut PyObject) -> Discovery {
        // SAFETY: the caller holds the code object. Storing nothing where something is, or where
        // nothing could be stored, needs no memory.
        unsafe { code_extra::clear(code) };
        self.tracer.code_died(CodeAddress(code as usize));
        Discovery::Undecided
    }

    fn enable_local_events(&self, code: *mut PyObject) -> bool {
        let Some([_, events]) = self.local_events else { return true };
        if self.set_local_events(code, events) {
            return true;
        }
        // Half done: the events are noted, the instructions not changed. Asked for the same events
        // again the interpreter would do nothing, so they are taken back, which may fail half way, too.
        // SAFETY: the lock is held; a small integer needs no memory.
        let no_events = unsafe { ffi::PyLong_FromLong(0) };
        self.set_local_events(code, no_events);
        // SAFETY: our reference, or null.
        unsafe { ffi::Py_XDECREF(no_events) };
        false
    }

    /// `sys.monitoring.set_local_events` for a live code object; false where it raises.
    pub(crate) fn set_local_events(&self, code: *mut PyObject, events: *mut PyObject) -> bool {
        let Some([tool, _]) = self.local_events else { return false };
        let merged = merged_mask(code, events);
        let arguments = [tool, code, if merged.is_null() { events } else { merged }];
        // SAFETY: a C function of the interpreter with three live arguments; it runs no user code.
        unsafe {
            let result = ffi::PyObject_Vectorcall(
                self.set_local_events,
                arguments.as_ptr(),
                arguments.len(),
                std::ptr::null_mut(),
            );
            ffi::Py_XDECREF(merged);
            if result.is_null() {
                ffi::PyErr_Clear();
                return false;
            }
            ffi::Py_DECREF(result);
        }
        true
    }

    /// Begins the ledger of a forked child. Where it cannot, the child counts in memory, which nobody
    /// will read: said in one line, unless the run itself is over.
    pub(crate) fn begin_child(&mut self) {
        let path = identity::ledger_path(&self.run_dir);
        let who = identity::identity(hexversion());
        self.pace_child();
        attachment::begin_child();
        let Err(error) = self.tracer.begin_child(&path, &who) else { return };
        self.tracer.count(Counter::Failures, 1);
        if self.run_dir.exists() && !self.quiet {
            let line = format!("ghost: process {} is not recorded: {error}\n", who.pid);
            // A closed stderr is no reason to fail.
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }

    /// Begins again, in another run folder, after [`Self::detach`].
    pub(crate) fn begin_again(
        &mut self,
        (run_dir, quiet): (PathBuf, bool),
        rules: ScopeRules,
        events: EventsMode,
        local_events: Option<[*mut PyObject; 2]>,
    ) -> Result<(), LedgerError> {
        let path = identity::ledger_path(&run_dir);
        let who = identity::identity(hexversion());
        (self.run_dir, self.quiet, self.local_events) = (run_dir, quiet, local_events);
        self.tracer.interpreter().rules = rules;
        self.tracer.begin_again(&path, &who, events, clock::reading())
    }

    /// Ends observing: no code object has events or a mark of ours any more, no type is watched, and
    /// the ledger is closed. The gate is shut.
    pub(crate) fn detach(&mut self) {
        self.stop_pacing();
        self.pacing = None;
        // SAFETY: the lock is held; a small integer needs no memory.
        let no_events = unsafe { ffi::PyLong_FromLong(0) };
        for code in self.tracer.live_code() {
            let code = code.0 as *mut PyObject;
            // SAFETY: deaths were told up to here, so the code object lives.
            unsafe {
                if code_extra::state_by_api(code).is_some() {
                    self.set_local_events(code, no_events);
                }
                code_extra::clear(code);
            }
        }
        // SAFETY: our reference, or null.
        unsafe { ffi::Py_XDECREF(no_events) };
        // Without memory to let go of the ledger it stays mapped, closed.
        let _ = self.tracer.detach();
        self.tracer.interpreter().unwatch_types();
    }

    /// Marks the end of the process in its ledger.
    pub(crate) fn close(&mut self) {
        self.stop_pacing();
        self.tracer.close();
    }

    /// Forgets an address.
    pub(crate) fn forget(&mut self, death: Death) {
        match death {
            Death::Code(code) => self.tracer.code_died(code),
            Death::Type(class) => self.tracer.type_died(class),
        }
    }
}

/// `sys.hexversion` of the headers this was built with.
pub(crate) fn hexversion() -> u32 {
    // SAFETY: a constant of the running interpreter.
    unsafe { ffi::Py_Version as u32 }
}

/// What an event says of an exception.
///
/// # Safety
/// `exception` is a live exception object.
pub(crate) unsafe fn raised<F: EventFrame>(exception: *mut PyObject) -> Raised {
    // SAFETY: the caller's promise.
    unsafe {
        Raised {
            object: ghost_tracer::ExceptionAddress(exception as usize),
            class: type_of(exception),
            traceback: F::traceback(exception),
            next_link: next_traceback,
        }
    }
}

/// Whether an exception is exactly a `GeneratorExit`.
///
/// # Safety
/// `exception` is a live object.
pub(crate) unsafe fn is_generator_exit(exception: *mut PyObject) -> bool {
    // SAFETY: the caller's promise, and a static of the interpreter.
    unsafe { ffi::Py_TYPE(exception).cast() == ffi::PyExc_GeneratorExit }
}
