//! One caller of one function: what the end of an activation must know of its beginning, and the
//! inline cache of what that caller received.
//!
//! Made once per function and caller, and kept for the life of the process: shadow stacks refer to
//! it. At most [`crate::limits::CALLERS_MAX`] per function.

use crate::slot_cache::SlotCache;

/// A caller of a function.
#[derive(Debug, Default)]
pub(crate) struct Edge {
    /// Number of the calling function.
    pub(crate) caller: u32,
    /// Types of the values it received.
    pub(crate) returns: SlotCache,
}

impl Edge {
    pub(crate) fn leak(caller: u32) -> &'static Self {
        Box::leak(Box::new(Self { caller, returns: SlotCache::default() }))
    }
}
