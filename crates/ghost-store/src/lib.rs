//! Session databases: one `SQLite` file per session, derived from the ledgers of its processes.
//!
//! Entry points: [`SessionWriter`] (what `ghost run` holds), [`recover`] (what every other command
//! runs first), [`SessionIndex`] and [`SessionReader`] (what the commands that show something use), and
//! [`LiveSession`] (what shows a session while it runs).
//!
//! # Invariants
//! * Folding writes absolute totals per process: folding a ledger twice changes nothing, and a
//!   crash at any point is healed by folding again.
//! * A ledger is deleted only after its process is dead *and* its totals are committed.
//! * Readers open `mode=ro` and trust nothing in the file; every failure is a [`StoreError`].
//! * Only names are stored, never a value of the observed program.
//!
//! Deliberately absent: environment variables, formatting for humans, any judgement of what was
//! measured. The format of the file is described in `docs/session-file.md`.
#![forbid(unsafe_code)]

mod abandoned;
mod activation_rows;
mod attribute_text;
mod call_tree_rows;
mod data_dir;
mod fold;
mod histogram_text;
mod holdings_size;
mod interner;
mod inventory;
mod live_session;
mod maintenance;
mod open;
mod profile_rows;
mod profile_sets;
mod reading;
mod recording_rows;
mod recover;
mod relocation;
mod removal;
pub mod retention;
mod run_folder;
mod schema;
mod session_index;
mod session_reader;
mod session_row;
mod session_stamp;
mod session_writer;
mod source_definitions;
mod source_files;
mod span_count_rows;
mod span_drain;
mod span_fold;
mod span_function_rows;
mod span_rows;
mod span_schema;
mod span_total_rows;
#[cfg(feature = "staging")]
mod staging;
mod store_error;
mod unsigned;
mod upgrade;

#[cfg(test)]
mod session_properties;
#[cfg(test)]
mod session_tests;
#[cfg(test)]
mod span_tests;
#[cfg(test)]
mod stage;

use ghost_ledger::liveness;

pub use abandoned::{Abandoned, abandoned};
pub use data_dir::DataDir;
pub use fold::FoldReport;
pub use holdings_size::{HoldingsMeter, HoldingsSize};
pub use inventory::{Holding, inventory};
pub use live_session::{LiveProcess, LiveSession, LiveState};
pub use maintenance::{
    CHECKPOINT_INTERVAL, Checkpoint, CheckpointMode, Checkpointed, check_integrity,
    checkpoint_idle_sessions,
};
pub use recover::{Recovery, recover};
pub use removal::{RemoveError, remove_session};
pub use run_folder::{EventsKept, Hold, RunFolder};
pub use schema::{APPLICATION_ID, SCHEMA_VERSION};
pub use session_index::{SelectError, SessionIndex, SessionSelector};
pub use session_reader::SessionReader;
pub use session_stamp::SessionStamp;
pub use session_writer::{NewSession, SessionEnd, SessionWriter};
pub use source_definitions::{Definitions, ScriptError};
pub use source_files::{SourceFiles, SourceFolders};
pub use span_drain::{Drained, SpanListener};
#[cfg(feature = "staging")]
pub use staging::{StagedProcess, stage_session};
pub use store_error::StoreError;
