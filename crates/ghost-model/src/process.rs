//! One observed process, and what the observer says of itself in it.

/// How far a process has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProcessState {
    /// Still running.
    #[default]
    Running,
    /// Ended by itself: the interpreter shut down.
    Finished,
    /// Ended without shutting the interpreter down: a signal, `os._exit`, or a replaced image.
    Ended,
    /// Observing ended; the process may go on.
    Detached,
}

impl ProcessState {
    /// The word used in tables, JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Ended => "ended",
            Self::Detached => "detached",
        }
    }
}

/// What the observer counts about itself: everything refused, lost or failed. Each is shown in the
/// report where it is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Counter {
    /// Functions beyond the bound, counted together as `…`.
    FunctionsRefused = 0,
    /// Activations counted under the signature `…`.
    SignaturesRefused = 1,
    /// Callers counted under `…`.
    CallersRefused = 2,
    /// Types counted as `…`.
    TypesRefused = 3,
    /// Activations of which the end was not seen (stack entries dropped on resynchronisation).
    EndsMissed = 4,
    /// Sampled activations that were overwritten or not kept.
    ActivationsDropped = 5,
    /// Bytes counted in memory because the ledger could not grow; lost when the process ends.
    VolatileBytes = 6,
    /// Internal failures; the first one switches observing off.
    Failures = 7,
    /// Suspended generators forgotten because too many were open.
    GeneratorsRefused = 8,
    /// Calls of code that could not be observed, for want of memory; each next one tries again.
    CodeRefused = 9,
    /// Activations whose place in the call tree is not told: counted below `…`.
    NodesRefused = 10,
}

impl Counter {
    /// Every counter, in the order of its number.
    pub const ALL: [Self; 11] = [
        Self::FunctionsRefused,
        Self::SignaturesRefused,
        Self::CallersRefused,
        Self::TypesRefused,
        Self::EndsMissed,
        Self::ActivationsDropped,
        Self::VolatileBytes,
        Self::Failures,
        Self::GeneratorsRefused,
        Self::CodeRefused,
        Self::NodesRefused,
    ];

    /// The word used in tables, JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FunctionsRefused => "functions_refused",
            Self::SignaturesRefused => "signatures_refused",
            Self::CallersRefused => "callers_refused",
            Self::TypesRefused => "types_refused",
            Self::EndsMissed => "ends_missed",
            Self::ActivationsDropped => "activations_dropped",
            Self::VolatileBytes => "volatile_bytes",
            Self::Failures => "failures",
            Self::GeneratorsRefused => "generators_refused",
            Self::CodeRefused => "code_refused",
            Self::NodesRefused => "nodes_refused",
        }
    }

    /// The counter written as this word, if there is one.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|counter| counter.as_str() == word)
    }
}

/// One observed process of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Process id of its parent when it started.
    pub parent_pid: u32,
    /// Start of the process as the kernel counts it (clock ticks since boot); tells reused ids apart.
    pub kernel_start_ticks: u64,
    /// Inode of the namespace in which its ids mean something; 0 where it is not known.
    pub pid_namespace: u64,
    /// When observing began, nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// When the interpreter shut down or observing ended, if it did.
    pub end_unix_ns: Option<u64>,
    /// Interpreter version, `3.13.0`.
    pub python_version: String,
    /// What observing one call costs, measured when observing began, picoseconds; 0 where it was not.
    pub call_cost_ps: u64,
    /// What observing has taken, nanoseconds, where that is measured (under a budget); else 0.
    pub own_cost_ns: u64,
    /// How far it has come.
    pub state: ProcessState,
    /// Counters that are not zero.
    pub counters: Vec<(Counter, u64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_numbered_without_gaps() {
        for (number, counter) in Counter::ALL.into_iter().enumerate() {
            assert_eq!(counter as usize, number);
            assert_eq!(Counter::from_word(counter.as_str()), Some(counter));
        }
    }
}
