//! When spans begin, in nanoseconds since 1970: the monotonic clock, set by the system's clock now and
//! then, so that a span never takes negative time and a process that runs for weeks stays right.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use std::sync::OnceLock;

/// How long one comparison of the clocks is good for.
const COMPARISON_NS: u64 = 1_000_000_000;

static ORIGIN: OnceLock<Instant> = OnceLock::new();
/// What to add to the monotonic clock, and until when.
static OFFSET_NS: AtomicU64 = AtomicU64::new(0);
static VALID_UNTIL_NS: AtomicU64 = AtomicU64::new(0);

/// Nanoseconds of the monotonic clock since the first call.
#[inline]
pub(crate) fn monotonic_ns() -> u64 {
    ORIGIN.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// The Unix time of a reading of [`monotonic_ns`].
#[inline]
pub(crate) fn unix_ns(monotonic_ns: u64) -> u64 {
    if monotonic_ns >= VALID_UNTIL_NS.load(Relaxed) {
        compare();
    }
    OFFSET_NS.load(Relaxed).wrapping_add(monotonic_ns)
}

#[cold]
fn compare() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = monotonic_ns();
    OFFSET_NS.store((since.as_nanos() as u64).wrapping_sub(now), Relaxed);
    VALID_UNTIL_NS.store(now + COMPARISON_NS, Relaxed);
}
