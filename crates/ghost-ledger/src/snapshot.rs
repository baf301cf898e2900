//! What a reader makes of one ledger: everything in the words of the model.

use ghost_model::{Activation, CallTree, Process, Recording};

/// The content of one ledger at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerSnapshot {
    /// The process that wrote it. `state` is `Finished` where the ledger was closed, else `Running`:
    /// whether such a process is still alive is for the caller to find out.
    pub process: Process,
    /// Its types, functions and profiles.
    pub recording: Recording,
    /// What ran below what, where that was kept: places keep their numbers for the life of the process.
    pub call_tree: CallTree,
    /// Sampled activations still in the ring, oldest first.
    pub activations: Vec<Activation>,
}
