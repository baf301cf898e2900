//! How much memory this process has, as the kernel counts it. Knows nothing of the allocator: what
//! that keeps for later is memory we have, too.

use std::fs;
use std::io;

/// Memory of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProcessMemory {
    /// Private memory that is really there: resident, less what is shared with other processes or
    /// with files.
    pub(crate) alloc_bytes: u64,
    /// Private memory that was obtained from the system, used or not: heap, stacks and what the
    /// allocator keeps. Never less than `alloc_bytes`.
    pub(crate) sys_bytes: u64,
}

/// Why it is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MemoryError {
    /// The kernel's file cannot be read.
    #[error("cannot read `{STATM}`")]
    Unreadable(#[source] io::Error),
    /// It says something else than documented.
    #[error("cannot understand `{STATM}`")]
    Format,
}

/// Pages: size, resident, shared, text, 0, data and stack, 0. See `proc_pid_statm(5)`.
const STATM: &str = "/proc/self/statm";

impl ProcessMemory {
    /// Of this moment.
    pub(crate) fn now() -> Result<Self, MemoryError> {
        let text = fs::read_to_string(STATM).map_err(MemoryError::Unreadable)?;
        Self::parse(&text, rustix::param::page_size() as u64).ok_or(MemoryError::Format)
    }

    fn parse(statm: &str, page_bytes: u64) -> Option<Self> {
        let pages: Vec<u64> =
            statm.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
        let &[_, resident, shared, _, _, data, ..] = pages.as_slice() else { return None };
        let alloc_bytes = resident.saturating_sub(shared).saturating_mul(page_bytes);
        Some(Self { alloc_bytes, sys_bytes: data.saturating_mul(page_bytes).max(alloc_bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_become_bytes() {
        let memory = ProcessMemory::parse("90 50 20 5 0 60 0\n", 4096).unwrap();
        assert_eq!(memory, ProcessMemory { alloc_bytes: 30 * 4096, sys_bytes: 60 * 4096 });
        for broken in ["", "1 2", "a b c d e f g", "-1 2 3 4 5 6 7"] {
            assert_eq!(ProcessMemory::parse(broken, 4096), None, "{broken}");
        }
    }

    #[test]
    fn memory_that_is_used_is_seen() {
        let before = ProcessMemory::now().unwrap();
        let block = vec![1_u8; 64 << 20];
        let after = ProcessMemory::now().unwrap();
        assert!(after.alloc_bytes >= before.alloc_bytes + (48 << 20), "{before:?} {after:?}");
        assert!(after.sys_bytes >= after.alloc_bytes);
        assert_eq!(block.last(), Some(&1));
    }
}
