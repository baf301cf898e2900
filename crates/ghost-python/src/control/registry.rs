//! The probes from outside in this process, the oldest first, also those that have ended.
//!
//! Used by the thread that listens, and by the program's threads when they apply a change. Never held
//! across a call into Python, so no fork of Python's finds it taken by its own thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ghost_control::ProbeSpec;

use super::outside_probe::Probe;

/// Probes that can be hit at once; each has its cost.
const LIVE_MAX: usize = 200;
/// Probes that have ended and are still told of. The oldest are forgotten.
const ENDED_MAX: usize = 200;

static PROBES: Mutex<Vec<Arc<Probe>>> = Mutex::new(Vec::new());

/// Why a probe is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum RegistryError {
    #[error("this process has {LIVE_MAX} probes already")]
    Full,
    #[error("there is another probe `{id}`")]
    Taken { id: String },
}

/// Whether exactly this probe is there.
pub(super) fn holds(spec: &ProbeSpec) -> bool {
    lock().iter().any(|known| known.spec == *spec)
}

/// Takes a probe.
pub(super) fn add(probe: &Arc<Probe>) -> Result<(), RegistryError> {
    let mut probes = lock();
    if probes.iter().any(|known| known.spec.id == probe.spec.id) {
        return Err(RegistryError::Taken { id: probe.spec.id.clone() });
    }
    if probes.iter().filter(|known| known.end().is_none()).count() >= LIVE_MAX {
        return Err(RegistryError::Full);
    }
    let ended_count = probes.iter().filter(|known| known.end().is_some()).count();
    if ended_count >= ENDED_MAX
        && let Some(at) = probes.iter().position(|known| known.end().is_some())
    {
        probes.remove(at);
    }
    probes.push(Arc::clone(probe));
    Ok(())
}

/// Takes a probe out.
pub(super) fn remove(id: &str) -> Option<Arc<Probe>> {
    let mut probes = lock();
    let at = probes.iter().position(|known| known.spec.id == id)?;
    Some(probes.remove(at))
}

/// All of them.
pub(super) fn all() -> Vec<Arc<Probe>> {
    lock().clone()
}

fn lock() -> MutexGuard<'static, Vec<Arc<Probe>>> {
    PROBES.lock().unwrap_or_else(PoisonError::into_inner)
}
