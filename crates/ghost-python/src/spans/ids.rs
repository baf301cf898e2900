//! Ids of traces and spans: random, and not the same in a forked child.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use fastrand::Rng;
use ghost_model::{SpanId, TraceId};

use super::fork_generation;

/// The generator of this process, and the generation it was seeded for. Held for a few instructions,
/// with the interpreter lock, so that no fork finds it taken.
static GENERATOR: Mutex<Option<(u32, Rng)>> = Mutex::new(None);

/// A new trace id, never zero.
pub(crate) fn trace_id() -> TraceId {
    draw(|rng| TraceId(u128::from(non_zero(rng)) << 64 | u128::from(non_zero(rng))))
}

/// A new span id, never zero.
#[inline]
pub(crate) fn span_id() -> SpanId {
    draw(|rng| SpanId(non_zero(rng)))
}

fn non_zero(rng: &mut Rng) -> u64 {
    rng.u64(1..)
}

fn draw<R>(draw: impl FnOnce(&mut Rng) -> R) -> R {
    let mut generator = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    let generation = fork_generation::current();
    match &mut *generator {
        Some((of, rng)) if *of == generation => draw(rng),
        other => draw(&mut other.insert((generation, Rng::with_seed(seed()))).1),
    }
}

/// From the system; without it, from what differs between processes.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    let read = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::NONBLOCK);
    if read == Ok(bytes.len()) {
        return u64::from_le_bytes(bytes);
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_nanos() as u64) ^ (u64::from(std::process::id()) << 32)
}
