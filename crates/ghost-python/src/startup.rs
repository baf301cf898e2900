//! From "this process belongs to a run" to "events are counted", or one line that says why not.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Once, OnceLock};

use ghost_ledger::LedgerError;
use ghost_tracer::{ScopeRules, Settings, SettingsError, TickRate, Tracer};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::boundary::{self, Condition};
use crate::calibration::calibrate;
use crate::callbacks::{CallbackType, Callbacks, on_type_died};
use crate::editable::editable_roots;
use crate::frames::{EventFrame, PublicFrame, RawFrame};
use crate::monitoring::{Events, Tools, tools_held};
use crate::naming::Naming;
use crate::observer::{Death, Observer, hexversion};
use crate::pacing::Pacing;
use crate::self_test::raw_reads_agree;
use crate::{clock, code_extra, gate, identity, probes};

/// Forces the public API, so that tests can run the fall-back on interpreters that do not need it.
const FORCE_PUBLIC_FRAMES: &str = "GHOST_FRAME_READER";

/// How frames are read, once that is decided.
static FRAME_READER: OnceLock<&str> = OnceLock::new();

/// Why a process is not observed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("this process is observed already")]
    AlreadyObserving,
    #[error("observing this process failed before")]
    Failed,
    #[error("cannot read `{}`: {source}", path.display())]
    Settings { path: PathBuf, source: std::io::Error },
    #[error("in `run.conf`: {0}")]
    Setting(#[from] SettingsError),
    #[error("other tools hold every free `sys.monitoring` id")]
    NoToolId,
    #[error("other tools hold every slot for code objects")]
    NoCodeSlot,
    #[error("{}", with_cause(.0))]
    Ledger(#[from] LedgerError),
    #[error("the interpreter refused: {0}")]
    Python(#[from] PyErr),
}

fn with_cause(error: &LedgerError) -> String {
    use std::error::Error;
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Starts observing this process into `run_dir`.
pub(crate) fn start(py: Python<'_>, run_dir: PathBuf) -> Result<(), StartError> {
    match boundary::condition() {
        Condition::Fresh | Condition::Detached => {}
        Condition::Observing => return Err(StartError::AlreadyObserving),
        Condition::Failed => return Err(StartError::Failed),
    }
    let mut settings = read_settings(&run_dir)?;
    if settings.without_functions {
        return Ok(());
    }
    add_interpreter_folders(py, &mut settings.scope)?;
    if !code_extra::request_index(|code| boundary::note_death(Death::Code(code))) {
        return Err(StartError::NoCodeSlot);
    }
    let class = CallbackType::new(py)?;
    let forced = std::env::var_os(FORCE_PUBLIC_FRAMES).is_some_and(|value| value == "public");
    let raw = !forced && raw_reads_agree(py, &class);
    FRAME_READER.get_or_init(|| if raw { "raw" } else { "public" });
    if raw {
        begin::<RawFrame>(py, run_dir, settings, &class)
    } else {
        begin::<PublicFrame>(py, run_dir, settings, &class)
    }
}

/// How frames are read; `None` before the start.
pub(crate) fn frame_reader() -> Option<&'static str> {
    FRAME_READER.get().copied()
}

/// Ends observing so that nothing of it is left at the interpreter; it may begin again.
pub(crate) fn detach(py: Python<'_>) -> PyResult<()> {
    let Some(tools) = tools_held() else { return Ok(()) };
    let monitoring = py.import("sys")?.getattr("monitoring")?;
    let events = Events::read(&monitoring)?;
    let probes = probes::tool::set_aside(py)?;
    tools.disable(&monitoring, &events)?;
    boundary::detach(Observer::detach);
    tools.free(&monitoring)?;
    probes.put_back(py)
}

fn begin<F: EventFrame>(
    py: Python<'_>,
    run_dir: PathBuf,
    settings: Settings,
    class: &CallbackType,
) -> Result<(), StartError> {
    let monitoring = py.import("sys")?.getattr("monitoring")?;
    let probes = probes::tool::set_aside(py)?;
    let outcome = match Tools::take(&monitoring)? {
        None => Err(StartError::NoToolId),
        Some(tools) => {
            let outcome = install::<F>(&monitoring, run_dir, settings, class, tools);
            if outcome.is_err() {
                tools.free(&monitoring)?;
            }
            outcome
        }
    };
    probes.put_back(py)?;
    outcome
}

fn install<F: EventFrame>(
    monitoring: &Bound<'_, PyAny>,
    run_dir: PathBuf,
    settings: Settings,
    class: &CallbackType,
    tools: Tools,
) -> Result<(), StartError> {
    let py = monitoring.py();
    let events = Events::read(monitoring)?;
    let is_again = boundary::condition() == Condition::Detached;
    let local_events = match tools.local_events(&events) {
        Some((tool, mask)) => Some([integer(py, tool.into())?, integer(py, mask)?]),
        None => None,
    };
    let quiet = settings.quiet;
    let budget = settings.budget_percent.filter(|_| {
        if local_events.is_none() && !quiet {
            say_no_budget();
        }
        local_events.is_some()
    });
    let (place, keeps_tree) = ((run_dir, quiet), settings.call_tree);
    let rate = if is_again {
        let outcome = boundary::begin_anew(|observer| {
            observer.begin_again(place, settings.scope, settings.events, local_events)
        });
        outcome.ok_or(StartError::Failed)??;
        boundary::fence(|observer| observer.tracer.rate()).unwrap_or(TickRate::NANOSECONDS)
    } else {
        begin_first::<F>(monitoring, place, settings, class, local_events)?
    };
    let callbacks = match budget {
        Some(percent) => {
            let masks = [integer(py, 0)?, integer(py, events.start())?];
            boundary::fence(|observer| observer.pacing = Some(Pacing::new(percent, rate, masks)));
            continue_in_children(py)?;
            Callbacks::budgeted::<F>()
        }
        None if keeps_tree => {
            boundary::fence(|observer| observer.tracer.keep_call_tree());
            Callbacks::reading::<F, true>()
        }
        None => Callbacks::reading::<F, false>(),
    };
    tools.register(monitoring, &events, class, &callbacks)?;
    calibrate::<F>(monitoring, (tools.worker(), &events))?;
    watch_forks();
    tools.enable(monitoring, &events)?;
    if is_again {
        // What answered DISABLE before would not be discovered again. Other tools' places come back
        // once, too, which is what this function is documented to do.
        monitoring.call_method0("restart_events")?;
    }
    Ok(())
}

/// Makes the observer of this process; returns the clock's rate.
fn begin_first<F: EventFrame>(
    monitoring: &Bound<'_, PyAny>,
    (run_dir, quiet): (PathBuf, bool),
    settings: Settings,
    class: &CallbackType,
    local_events: Option<[*mut ffi::PyObject; 2]>,
) -> Result<TickRate, StartError> {
    let type_died = class.make(monitoring.py(), on_type_died)?.into_ptr();
    let naming = Naming::new::<F>(settings.scope, type_died);
    let path = identity::ledger_path(&run_dir);
    let who = identity::identity(hexversion());
    let clock = clock::calibrate();
    let tracer = Tracer::begin(&path, &who, settings.events, naming, clock)?;
    let set_local_events = monitoring.getattr("set_local_events")?.into_ptr();
    boundary::install(Observer::new(tracer, (run_dir, quiet), set_local_events, local_events));
    Ok(clock.0)
}

/// An integer that is kept for ever.
fn integer(py: Python<'_>, number: u32) -> PyResult<*mut ffi::PyObject> {
    Ok(number.into_pyobject(py).map_err(PyErr::from)?.into_any().into_ptr())
}

/// Has every fork shut the gate in the child. Cannot be taken back, so it is done once.
fn watch_forks() {
    static WATCHED: Once = Once::new();
    // SAFETY: the handler only stores two words; the extension is never unloaded.
    WATCHED.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(gate::shut_after_fork));
    });
}

/// With one tool, events are global, and cannot be switched for single functions.
fn say_no_budget() {
    let line = b"ghost: no budget is kept: another tool holds a `sys.monitoring` id we need\n";
    // A closed stderr is no reason to fail.
    let _ = std::io::stderr().write_all(line);
}

/// A child in which every function sleeps has no event that would make it begin its own ledger.
fn continue_in_children(py: Python<'_>) -> PyResult<()> {
    static ASKED: AtomicBool = AtomicBool::new(false);
    if ASKED.swap(true, Relaxed) {
        return Ok(());
    }
    let hook = PyDict::new(py);
    let native = py.import("ghostglass._native")?;
    hook.set_item("after_in_child", native.getattr("continue_in_child")?)?;
    py.import("os")?.getattr("register_at_fork")?.call((), Some(&hook))?;
    Ok(())
}

fn read_settings(run_dir: &Path) -> Result<Settings, StartError> {
    let path = run_dir.join("run.conf");
    let text = std::fs::read_to_string(&path);
    let text = text.map_err(|source| StartError::Settings { path, source })?;
    Ok(Settings::parse(&text)?)
}

/// Tells the project from the interpreter's own folders.
fn add_interpreter_folders(py: Python<'_>, rules: &mut ScopeRules) -> PyResult<()> {
    let sys = py.import("sys")?;
    let os_file: String = py.import("os")?.getattr("__file__")?.extract()?;
    if let Some(folder) = Path::new(&os_file).parent() {
        add_with_target(&mut rules.libraries, folder);
    }
    let prefix: String = sys.getattr("prefix")?.extract()?;
    if prefix != sys.getattr("base_prefix")?.extract::<String>()? {
        add_with_target(&mut rules.libraries, Path::new(&prefix));
    }
    for entry in sys.getattr("path")?.try_iter()? {
        let Ok(entry) = entry?.extract::<String>() else { continue };
        let folder = Path::new(&entry);
        if folder.ends_with("site-packages") || folder.ends_with("dist-packages") {
            add_with_target(&mut rules.libraries, folder);
            for root in editable_roots(folder) {
                add_with_target(&mut rules.roots, Path::new(&root));
            }
        }
    }
    Ok(())
}

/// Adds a folder, and what it is a link to.
fn add_with_target(folders: &mut Vec<String>, folder: &Path) {
    let mut add = |path: &Path| {
        let path = path.to_string_lossy().into_owned();
        if !folders.contains(&path) {
            folders.push(path);
        }
    };
    add(folder);
    if let Ok(target) = folder.canonicalize() {
        add(&target);
    }
}
