//! The sessions of a data folder as the server shows them: found by what they are called, read at most once
//! a second and only when somebody asks, kept as long as they are asked for.
//!
//! Knows no HTTP. What a session is made of is `view`; when it is read again is `slot`.

mod anomalies;
mod callees;
mod difference;
mod error_rows;
mod estimated_tree;
mod exact_tree;
mod function_rows;
mod list;
mod process_rows;
mod results;
mod slot;
mod span_columns;
mod span_view;
mod table;
mod traffic;
mod view;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ghost_model::SessionId;
use ghost_store::{DataDir, SelectError, SessionIndex, SessionSelector, SessionStamp, StoreError};
use tokio::sync::Semaphore;

pub(crate) use anomalies::{Anomalies, FINDING_COLUMNS, FindingRow};
pub(crate) use difference::Difference;
pub(crate) use error_rows::{ERROR_COLUMNS, ErrorRow};
pub(crate) use estimated_tree::{TreeNode, estimated_tree};
pub(crate) use exact_tree::exact_tree;
pub(crate) use function_rows::{FUNCTION_COLUMNS, FunctionAddress, FunctionRow};
pub(crate) use list::{Listing, SESSION_COLUMNS, SessionEntry};
pub(crate) use process_rows::{PROCESS_COLUMNS, process_table};
pub(crate) use span_columns::{FLOW_COLUMNS, QUERY_COLUMNS, REQUEST_COLUMNS, TRACE_COLUMNS};
pub(crate) use span_view::SpanView;
pub(crate) use table::{Column, Cut, Order, Page, Table};
pub(crate) use traffic::{Step, Traffic, WINDOW_S, traffic};
pub(crate) use view::SessionView;

use list::SessionList;
use results::Results;
use slot::Slot;

/// Sessions held in memory: the one that is looked at, one to compare it with, and as many on the way.
const SESSIONS_MAX: usize = 4;
/// A session nobody asked for this long is given up.
const IDLE_MAX: Duration = Duration::from_mins(5);
/// Sessions read at once: reading is work for the processor, which the observed program needs too.
const READS_MAX: usize = 2;
/// Sessions looked through for anomalies at once, and pairs compared.
const COMPUTATIONS_MAX: usize = 1;
/// How long a name keeps meaning the same session.
const CHOICE_AGE_MAX: Duration = Duration::from_secs(1);
/// Names whose meaning is remembered.
const CHOICES_MAX: usize = 64;
/// Bytes of a name; file systems allow no longer ones.
const SELECTOR_BYTES_MAX: usize = 255;

/// Why there is no view of a session.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum SessionError {
    /// None is called so.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
    /// Whoever read it did not come to an end.
    #[error("reading was interrupted")]
    Interrupted,
}

impl From<StoreError> for SessionError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

/// The sessions of a data folder.
pub(crate) struct Sessions {
    /// Where they lie.
    pub(crate) data_dir: DataDir,
    /// The one that `current` stands for, as a selector.
    pub(crate) current: String,
    list: SessionList,
    /// The latest used last, with when that was.
    slots: Mutex<Vec<(Instant, Arc<Slot>)>>,
    choices: Mutex<HashMap<String, (Instant, SessionId)>>,
    reads: Arc<Semaphore>,
    anomalies: Results<Anomalies>,
    differences: Results<Difference>,
}

impl Sessions {
    /// Reads nothing yet.
    pub(crate) fn new(data_dir: DataDir, current: String) -> Self {
        Self {
            list: SessionList::new(data_dir.clone()),
            data_dir,
            current,
            slots: Mutex::default(),
            choices: Mutex::default(),
            reads: Arc::new(Semaphore::new(READS_MAX)),
            anomalies: Results::new(COMPUTATIONS_MAX),
            differences: Results::new(COMPUTATIONS_MAX),
        }
    }

    /// The session that is called so, as it is now or was a moment ago.
    pub(crate) async fn view(
        self: &Arc<Self>,
        wanted: &str,
    ) -> Result<Arc<SessionView>, SessionError> {
        let id = self.select(wanted).await?;
        self.view_of(&id).await
    }

    /// The session with this id, as it is now or was a moment ago.
    pub(crate) async fn view_of(&self, id: &SessionId) -> Result<Arc<SessionView>, SessionError> {
        if !self.is_held(id) {
            // What is not there must not push out what is.
            let (data_dir, id) = (self.data_dir.clone(), id.clone());
            let looked = tokio::task::spawn_blocking(move || SessionStamp::of(&data_dir, &id));
            looked.await.map_err(|_| SessionError::Interrupted)??;
        }
        let slot = self.slot(id);
        let view = slot.view().await;
        if view.is_err() {
            self.forget(id);
        }
        view
    }

    /// The session that is meant by an id, the start of one, a name, `latest`, `previous` or `current`.
    pub(crate) async fn select(self: &Arc<Self>, wanted: &str) -> Result<SessionId, SessionError> {
        let wanted = if wanted == "current" { &self.current } else { wanted };
        if let Ok(id) = wanted.parse() {
            // Written out: whether there is one is known when it is read.
            return Ok(id);
        }
        if let Some(id) = self.chosen(wanted) {
            return Ok(id);
        }
        let (sessions, name) = (Arc::clone(self), wanted.to_owned());
        let found = tokio::task::spawn_blocking(move || sessions.find(&name)).await;
        let id = found.map_err(|_| SessionError::Interrupted)??;
        let mut choices = self.choices.lock().unwrap_or_else(PoisonError::into_inner);
        if choices.len() >= CHOICES_MAX {
            choices.clear();
        }
        choices.insert(wanted.to_owned(), (Instant::now(), id.clone()));
        Ok(id)
    }

    /// All sessions, newest first; for a thread that may wait.
    pub(crate) fn list(&self) -> Result<Arc<Listing>, SessionError> {
        Ok(self.list.read()?)
    }

    /// What detectors find in a view, or found in one shortly before; `None` while they look.
    pub(crate) async fn anomalies(&self, view: &Arc<SessionView>) -> Option<Arc<Anomalies>> {
        let seen = Arc::clone(view);
        let make = move || Anomalies::of(&seen);
        self.anomalies.get(view.id().as_str(), &view.version, make).await
    }

    /// What is different between two views, or was shortly before; `None` while they are compared.
    pub(crate) async fn difference(
        &self,
        before: &Arc<SessionView>,
        after: &Arc<SessionView>,
    ) -> Option<Arc<Difference>> {
        let key = format!("{} {}", before.id(), after.id());
        let version = difference::version(before, after);
        let (old, new) = (Arc::clone(before), Arc::clone(after));
        self.differences.get(&key, &version, move || Difference::between(&old, &new)).await
    }

    fn chosen(&self, wanted: &str) -> Option<SessionId> {
        let choices = self.choices.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, id) = choices.get(wanted)?;
        (at.elapsed() < CHOICE_AGE_MAX).then(|| id.clone())
    }

    fn find(&self, wanted: &str) -> Result<SessionId, SessionError> {
        let unknown = || SelectError::Unknown { prefix: wanted.to_owned() };
        if wanted.len() > SELECTOR_BYTES_MAX {
            return Err(unknown().into());
        }
        let index = SessionIndex::read(&self.data_dir)?;
        let selector: SessionSelector = wanted.parse().unwrap_or(SessionSelector::Latest);
        match index.select(&selector) {
            Err(SelectError::Unknown { .. }) => {
                self.list.read()?.named(wanted).ok_or_else(|| unknown().into())
            }
            selected => Ok(selected?),
        }
    }

    fn slot(&self, id: &SessionId) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|(used, slot)| used.elapsed() < IDLE_MAX || slot.id() == id);
        let place = slots.iter().position(|(_, slot)| slot.id() == id);
        let slot = match place {
            Some(place) => slots.remove(place).1,
            None => Arc::new(Slot::new(&self.data_dir, id, Arc::clone(&self.reads))),
        };
        if slots.len() >= SESSIONS_MAX {
            slots.remove(0);
        }
        slots.push((Instant::now(), Arc::clone(&slot)));
        slot
    }

    fn is_held(&self, id: &SessionId) -> bool {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().any(|(_, slot)| slot.id() == id)
    }

    fn forget(&self, id: &SessionId) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|(_, slot)| slot.id() != id);
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").field("data_dir", &self.data_dir).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
