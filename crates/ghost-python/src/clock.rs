//! The clock of the hot path: the processor's time stamp counter where it can be trusted, else the
//! monotonic clock. Counted in ticks; [`TickRate`] turns them into nanoseconds.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use ghost_tracer::TickRate;

/// Whether the counter runs at one rate on all cores, also in sleep states.
static INVARIANT: AtomicBool = AtomicBool::new(false);
/// Zero of the monotonic clock.
static ORIGIN: OnceLock<Instant> = OnceLock::new();

/// How long the counter is compared with the monotonic clock at start: 0.02 % error at the jitter of
/// a clock read.
const CALIBRATION_NS: u64 = 200_000;

/// Reads the clock, in ticks.
#[inline]
pub(crate) fn now() -> u64 {
    if INVARIANT.load(Relaxed) { counter() } else { monotonic_ns() }
}

/// Chooses the clock; returns its rate, its reading and the Unix time of that reading.
pub(crate) fn calibrate() -> (TickRate, u64, u64) {
    INVARIANT.store(is_invariant(), Relaxed);
    let rate = if INVARIANT.load(Relaxed) { measure() } else { TickRate::NANOSECONDS };
    let (now, unix_ns) = reading();
    (rate, now, unix_ns)
}

/// The clock's reading and the Unix time of it.
pub(crate) fn reading() -> (u64, u64) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now(), u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

fn measure() -> TickRate {
    let (ticks, ns) = paired();
    while monotonic_ns().saturating_sub(ns) < CALIBRATION_NS {
        std::hint::spin_loop();
    }
    let (later_ticks, later_ns) = paired();
    TickRate::measured(later_ticks.saturating_sub(ticks), later_ns.saturating_sub(ns))
}

/// Both clocks at one moment: the tightest of a few tries, since we may be interrupted in between.
fn paired() -> (u64, u64) {
    let attempt = || {
        let before = counter();
        let ns = monotonic_ns();
        let after = counter();
        (after.saturating_sub(before), before.midpoint(after), ns)
    };
    let tightest = (0..8).map(|_| attempt()).min_by_key(|(width, _, _)| *width);
    tightest.map_or((0, 0), |(_, ticks, ns)| (ticks, ns))
}

fn monotonic_ns() -> u64 {
    let elapsed = ORIGIN.get_or_init(Instant::now).elapsed();
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn counter() -> u64 {
    // SAFETY: `rdtsc` exists on every x86-64 processor, and is only used where `is_invariant` found
    // that the kernel lets this process execute it.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(target_arch = "x86_64")]
fn is_invariant() -> bool {
    const ADVANCED_POWER: u32 = 0x8000_0007;
    const INVARIANT_COUNTER: u32 = 1 << 8;
    // `__cpuid` is safe: every x86-64 processor has it.
    let highest = core::arch::x86_64::__cpuid(0x8000_0000).eax;
    is_allowed()
        && highest >= ADVANCED_POWER
        && core::arch::x86_64::__cpuid(ADVANCED_POWER).edx & INVARIANT_COUNTER != 0
}

/// A sandbox may have the kernel answer `rdtsc` with a signal.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn is_allowed() -> bool {
    let mut mode: std::ffi::c_int = 0;
    // SAFETY: writes the mode to the place it is given, and nothing else.
    let status = unsafe { libc::prctl(libc::PR_GET_TSC, &raw mut mode) };
    status == 0 && mode == libc::PR_TSC_ENABLE
}

#[cfg(all(target_arch = "x86_64", not(target_os = "linux")))]
fn is_allowed() -> bool {
    true
}

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn counter() -> u64 {
    monotonic_ns()
}

#[cfg(not(target_arch = "x86_64"))]
fn is_invariant() -> bool {
    false
}
