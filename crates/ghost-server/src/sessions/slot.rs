//! One session in memory: its latest view, and when it is read again.
//!
//! At most one reading at a time, at most one a second, and only when somebody asks. Who asks while it is read
//! gets the view before, unless that is old.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use ghost_model::SessionId;
use ghost_store::{DataDir, LiveSession, SessionStamp};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

use super::SessionError;
use super::view::SessionView;

/// How long a view is not even checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How long who asks waits for a newer view than the one there is.
const PATIENCE: Duration = Duration::from_millis(20);
/// A view that was right this long ago is too old to be shown.
const AGE_MAX: Duration = Duration::from_secs(5);

/// A session that somebody asked for.
pub(crate) struct Slot {
    id: SessionId,
    data_dir: DataDir,
    latest: RwLock<Option<Latest>>,
    reader: Arc<Mutex<Reader>>,
    reads: Arc<Semaphore>,
}

/// A view and when it was last known to be right.
#[derive(Clone)]
struct Latest {
    view: Arc<SessionView>,
    checked: Instant,
}

/// What one reading leaves for the next.
#[derive(Default)]
struct Reader {
    /// Keeps what it read of ended processes; given up when nothing can change any more.
    live: Option<LiveSession>,
    stamp: Option<SessionStamp>,
    reading_count: u64,
}

impl Slot {
    /// Reads nothing yet.
    pub(crate) fn new(data_dir: &DataDir, id: &SessionId, reads: Arc<Semaphore>) -> Self {
        Self {
            id: id.clone(),
            data_dir: data_dir.clone(),
            latest: RwLock::new(None),
            reader: Arc::default(),
            reads,
        }
    }

    /// Whose.
    pub(crate) fn id(&self) -> &SessionId {
        &self.id
    }

    /// The view as it is now, or was a moment ago.
    pub(crate) async fn view(self: &Arc<Self>) -> Result<Arc<SessionView>, SessionError> {
        let usable = self.latest().filter(|latest| latest.checked.elapsed() < AGE_MAX);
        if let Some(latest) = &usable
            && (latest.checked.elapsed() < CHECK_INTERVAL || self.reader.try_lock().is_err())
        {
            return Ok(Arc::clone(&latest.view));
        }
        // A task of its own: a client that goes away does not stop what others wait for.
        let refreshed = tokio::spawn(Arc::clone(self).refresh());
        let interrupted = |_| SessionError::Interrupted;
        match usable {
            None => refreshed.await.map_err(interrupted)?,
            Some(latest) => match tokio::time::timeout(PATIENCE, refreshed).await {
                Ok(view) => view.map_err(interrupted)?,
                Err(_) => Ok(latest.view),
            },
        }
    }

    async fn refresh(self: Arc<Self>) -> Result<Arc<SessionView>, SessionError> {
        let reader = Arc::clone(&self.reader).lock_owned().await;
        if let Some(latest) = self.latest().filter(|it| it.checked.elapsed() < CHECK_INTERVAL) {
            return Ok(latest.view);
        }
        let permit = Arc::clone(&self.reads).acquire_owned().await;
        let read = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            self.read(reader)
        });
        read.await.map_err(|_| SessionError::Interrupted)?
    }

    fn read(&self, mut reader: OwnedMutexGuard<Reader>) -> Result<Arc<SessionView>, SessionError> {
        let stamp = SessionStamp::of(&self.data_dir, &self.id)?;
        let before = self.latest().map(|latest| latest.view);
        let is_same_file = reader.stamp.as_ref() == Some(&stamp);
        if let Some(view) = before.clone().filter(|_| is_same_file && stamp.is_settled()) {
            return Ok(self.keep(view));
        }
        let live = reader.live.get_or_insert_with(|| LiveSession::new(&self.data_dir, &self.id));
        let live = live.read()?;
        if live.is_final && stamp.is_settled() {
            reader.live = None;
        }
        let same = before.filter(|view| is_same_file && view.live == live);
        reader.stamp = Some(stamp);
        if let Some(view) = same {
            return Ok(self.keep(view));
        }
        reader.reading_count += 1;
        let version = version(&(&self.id, &reader.stamp), reader.reading_count);
        let view = SessionView::new(&self.data_dir, live, version);
        Ok(self.keep(Arc::new(view)))
    }

    fn keep(&self, view: Arc<SessionView>) -> Arc<SessionView> {
        let latest = Latest { view: Arc::clone(&view), checked: Instant::now() };
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(latest);
        view
    }

    fn latest(&self) -> Option<Latest> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Different for every reading, also for those of another server: nobody takes an old answer for a new one.
pub(super) fn version(what: &impl Hash, reading_count: u64) -> String {
    static SERVER: OnceLock<RandomState> = OnceLock::new();
    let hash = SERVER.get_or_init(RandomState::new).hash_one((what, reading_count));
    format!("{hash:016x}-{reading_count}")
}
