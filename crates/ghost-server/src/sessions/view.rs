//! A session at one moment, with everything that is asked of it made once and kept.
//!
//! A view never changes: whoever holds one sees one moment, and the next reading is another view. Parts that
//! not everybody asks for are made by the first who does, while others wait for them.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use ghost_model::{FunctionId, Labels, Recording, SessionId};
use ghost_store::{DataDir, LiveState, SessionReader, StoreError};

use super::callees::Callees;
use super::error_rows::{ErrorRow, error_table};
use super::function_rows::{FunctionAddress, FunctionRow, by_address, function_table};
use super::span_view::SpanView;
use super::table::Table;

/// What is known of a session, as of one reading.
pub(crate) struct SessionView {
    /// Changes with every reading that found something new.
    pub(crate) version: String,
    /// What was read.
    pub(crate) live: LiveState,
    /// How its types are written.
    pub(crate) labels: Labels,
    /// The functions that were called.
    pub(crate) functions: Table<FunctionRow>,
    data_dir: DataDir,
    places: OnceLock<HashMap<FunctionAddress, FunctionId>>,
    callees: OnceLock<Callees>,
    errors: OnceLock<Table<ErrorRow>>,
    spans: OnceLock<Result<SpanView, Arc<StoreError>>>,
}

impl SessionView {
    /// The view of a reading.
    pub(crate) fn new(data_dir: &DataDir, live: LiveState, version: String) -> Self {
        Self {
            version,
            labels: Labels::new(&live.recording),
            functions: function_table(&live.recording),
            live,
            data_dir: data_dir.clone(),
            places: OnceLock::new(),
            callees: OnceLock::new(),
            errors: OnceLock::new(),
            spans: OnceLock::new(),
        }
    }

    /// The session.
    pub(crate) fn id(&self) -> &SessionId {
        &self.live.session.id
    }

    /// What was recorded of its functions.
    pub(crate) fn recording(&self) -> &Recording {
        &self.live.recording
    }

    /// A function by its address, also one that was not observed.
    pub(crate) fn function_at(&self, address: FunctionAddress) -> Option<FunctionId> {
        self.places.get_or_init(|| by_address(self.recording())).get(&address).copied()
    }

    /// Who is called by whom.
    pub(crate) fn callees(&self) -> &Callees {
        self.callees.get_or_init(|| Callees::of(self.recording()))
    }

    /// Exceptions by function and type.
    pub(crate) fn errors(&self) -> &Table<ErrorRow> {
        self.errors.get_or_init(|| error_table(self.recording()))
    }

    /// What was recorded of requests, queries and traces. Read when first asked for.
    pub(crate) fn spans(&self) -> Result<&SpanView, Arc<StoreError>> {
        let read = || {
            let reader = SessionReader::open(&self.data_dir, self.id())?;
            SpanView::read(&reader, &self.live)
        };
        self.spans.get_or_init(|| read().map_err(Arc::new)).as_ref().map_err(Arc::clone)
    }
}

impl std::fmt::Debug for SessionView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = (self.id(), &self.version);
        f.debug_tuple("SessionView").field(&parts).finish()
    }
}
