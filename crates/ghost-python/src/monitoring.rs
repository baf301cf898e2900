//! `sys.monitoring`: which tool ids we take, which events we ask for. Safe code throughout.
//!
//! Two tools where two ids are free: *discovery* sees the first start of every code object and then
//! disables itself there; the *worker* gets local events on observed code only. With one id free, one
//! tool with global events. Ids 0, 1, 2 and 5 belong to debuggers, coverage, profilers and optimizers.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::callbacks::{CallbackType, Callbacks, set_disable};

/// Ids nobody else has a claim to.
pub(crate) const FREE_IDS: [u8; 2] = [3, 4];
/// What `sys.monitoring.get_tool` says of us.
pub(crate) const TOOL_NAME: &str = "ghostglass";

/// The ids the observer holds, while it observes.
static HELD: Mutex<Option<Tools>> = Mutex::new(None);

/// The ids the observer holds; `None` where nothing is observed.
pub(crate) fn tools_held() -> Option<Tools> {
    *HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set_held(tools: Option<Tools>) {
    *HELD.lock().unwrap_or_else(PoisonError::into_inner) = tools;
}

/// The ids we hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tools {
    /// One for first sights, one for observed code.
    Two { discovery: u8, worker: u8 },
    /// One for both.
    One(u8),
}

impl Tools {
    /// Takes free ids. `None` where there are none.
    pub(crate) fn take(monitoring: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let mut taken = Vec::new();
        for id in FREE_IDS {
            match monitoring.call_method1("use_tool_id", (id, TOOL_NAME)) {
                Ok(_) => taken.push(id),
                Err(error) if error.is_instance_of::<PyValueError>(monitoring.py()) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(match taken[..] {
            [discovery, worker] => Some(Self::Two { discovery, worker }),
            [only] => Some(Self::One(only)),
            _ => None,
        })
    }

    /// Gives the ids back.
    pub(crate) fn free(self, monitoring: &Bound<'_, PyAny>) -> PyResult<()> {
        let (first, second) = match self {
            Self::Two { discovery, worker } => (discovery, Some(worker)),
            Self::One(only) => (only, None),
        };
        for id in [Some(first), second].into_iter().flatten() {
            monitoring.call_method1("free_tool_id", (id,))?;
        }
        Ok(())
    }

    /// The id of the tool that observed code has.
    pub(crate) fn worker(self) -> u8 {
        match self {
            Self::Two { worker, .. } | Self::One(worker) => worker,
        }
    }

    /// The worker's id and the events of observed code, where that gets them one by one; none where all
    /// events are global.
    pub(crate) fn local_events(self, events: &Events) -> Option<(u8, u32)> {
        matches!(self, Self::Two { .. }).then(|| (self.worker(), events.local()))
    }

    /// Registers the callbacks. No event arrives before [`Self::enable`].
    pub(crate) fn register(
        self,
        monitoring: &Bound<'_, PyAny>,
        events: &Events,
        class: &CallbackType,
        callbacks: &Callbacks,
    ) -> PyResult<()> {
        let py = monitoring.py();
        set_disable(monitoring.getattr("DISABLE")?.into_ptr());
        if let Self::Two { discovery, .. } = self {
            let callback = class.make(py, callbacks.discover)?;
            monitoring.call_method1("register_callback", (discovery, events.start, callback))?;
        }
        let worker = [
            (events.start, callbacks.start),
            (events.resume, callbacks.resume),
            (events.returned, callbacks.returned),
            (events.yielded, callbacks.yielded),
            (events.unwind, callbacks.unwound),
            (events.throw, callbacks.thrown),
            (events.handled, callbacks.handled),
            (events.reraise, callbacks.reraised),
        ];
        for (event, target) in worker {
            let callback = class.make(py, target)?;
            monitoring.call_method1("register_callback", (self.worker(), event, callback))?;
        }
        Ok(())
    }

    /// Lets events through.
    pub(crate) fn enable(self, monitoring: &Bound<'_, PyAny>, events: &Events) -> PyResult<()> {
        let global = match self {
            Self::Two { discovery, .. } => {
                monitoring.call_method1("set_events", (discovery, events.start))?;
                events.global()
            }
            Self::One(_) => events.global() | events.local(),
        };
        monitoring.call_method1("set_events", (self.worker(), global))?;
        set_held(Some(self));
        Ok(())
    }

    /// Undoes [`Self::enable`] and [`Self::register`]: no event comes any more, and nothing of ours is
    /// left at the interpreter. Local events are the caller's.
    pub(crate) fn disable(self, monitoring: &Bound<'_, PyAny>, events: &Events) -> PyResult<()> {
        set_held(None);
        let nobody = || monitoring.py().None();
        if let Self::Two { discovery, .. } = self {
            monitoring.call_method1("set_events", (discovery, 0))?;
            monitoring.call_method1("register_callback", (discovery, events.start, nobody()))?;
        }
        monitoring.call_method1("set_events", (self.worker(), 0))?;
        for event in events.all() {
            monitoring.call_method1("register_callback", (self.worker(), event, nobody()))?;
        }
        Ok(())
    }
}

/// Event numbers of the running interpreter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Events {
    start: u32,
    resume: u32,
    returned: u32,
    yielded: u32,
    unwind: u32,
    throw: u32,
    handled: u32,
    reraise: u32,
}

impl Events {
    pub(crate) fn read(monitoring: &Bound<'_, PyAny>) -> PyResult<Self> {
        let events = monitoring.getattr("events")?;
        let number = |name: &str| events.getattr(name)?.extract();
        Ok(Self {
            start: number("PY_START")?,
            resume: number("PY_RESUME")?,
            returned: number("PY_RETURN")?,
            yielded: number("PY_YIELD")?,
            unwind: number("PY_UNWIND")?,
            throw: number("PY_THROW")?,
            handled: number("EXCEPTION_HANDLED")?,
            reraise: number("RERAISE")?,
        })
    }

    /// The event of starts.
    pub(crate) fn start(&self) -> u32 {
        self.start
    }

    /// Events that can be had for single code objects.
    pub(crate) fn local(&self) -> u32 {
        self.start | self.resume | self.returned | self.yielded
    }

    /// Every event a callback is registered for.
    fn all(&self) -> [u32; 8] {
        let Self { start, resume, returned, yielded, unwind, throw, handled, reraise } = *self;
        [start, resume, returned, yielded, unwind, throw, handled, reraise]
    }

    /// Events that exist for all code only (up to 3.14). Never answered with DISABLE: that would
    /// raise in the program.
    fn global(&self) -> u32 {
        self.unwind | self.throw | self.handled | self.reraise
    }
}
