//! Sessions that exist only in memory and change when a test says so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ghost_model::SessionId;

use super::delta::Row;
use super::message::Topic;
use super::watched::{Changes, Source, Watched};

/// Sessions by id.
#[derive(Debug, Default)]
pub(super) struct FakeSessions {
    pub(super) all: Mutex<BTreeMap<SessionId, FakeSession>>,
}

/// A session: a row of functions each with how often it was called.
#[derive(Clone, Debug, Default)]
pub(super) struct FakeSession {
    pub(super) rows: Vec<Counted>,
    pub(super) has_ended: bool,
    pub(super) version: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counted(pub(super) u32, pub(super) u64, pub(super) String);

impl FakeSessions {
    /// Changes a session, or begins it.
    pub(super) fn change(&self, id: &SessionId, change: impl FnOnce(&mut FakeSession)) {
        let mut all = self.all.lock().unwrap();
        let session = all.entry(id.clone()).or_default();
        change(session);
        session.version.push('v');
    }
}

/// The id of the session of that second.
pub(super) fn id(second: u64) -> SessionId {
    SessionId::new(second * 1_000_000_000, 7)
}

impl Source for FakeSessions {
    type View = FakeSession;

    async fn meant(self: &Arc<Self>, selector: &str) -> Result<SessionId, String> {
        let all = self.all.lock().unwrap();
        let mut ids = all.keys().rev();
        match selector {
            "current" | "latest" => ids.next().cloned().ok_or_else(|| "no session yet".into()),
            id => {
                ids.find(|known| known.as_str() == id).cloned().ok_or_else(|| format!("no `{id}`"))
            }
        }
    }

    async fn seen(self: &Arc<Self>, id: &SessionId) -> Result<Arc<FakeSession>, String> {
        let all = self.all.lock().unwrap();
        all.get(id).cloned().map(Arc::new).ok_or_else(|| "gone".into())
    }
}

impl Watched for FakeSession {
    fn version(&self) -> &str {
        &self.version
    }

    fn is_live(&self) -> bool {
        !self.has_ended
    }

    fn changes(&self, before: Option<&Self>, topic: Topic) -> Changes {
        let before = before.map_or(&[][..], |before| &before.rows);
        match topic {
            Topic::Functions => Changes::between(
                before,
                &self.rows,
                |row| serde_json::json!({"function_id": row.0, "call_count": row.1, "name": row.2}),
            ),
            _ => Changes::default(),
        }
    }
}

impl Row for Counted {
    type Key = u32;

    fn key(&self) -> u32 {
        self.0
    }

    fn weight(&self) -> u64 {
        self.1
    }

    fn is_like(&self, other: &Self) -> bool {
        self == other
    }
}
