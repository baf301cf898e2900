//! Which sessions there are, and what each file says of its own: read again only where it changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ghost_model::{Session, SessionId};
use ghost_store::{DataDir, SessionIndex, SessionReader, SessionStamp, StoreError};

use super::table::{Column, Table};

/// How long a list is not even checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// One session, or a file that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionEntry {
    /// Its place, the newest first.
    pub(crate) place: usize,
    pub(crate) id: SessionId,
    /// What the file says, or the word for why it cannot be read.
    pub(crate) session: Result<Session, &'static str>,
}

impl SessionEntry {
    fn number(&self, number: impl Fn(&Session) -> u64) -> u64 {
        self.session.as_ref().map_or(0, number)
    }

    fn text<'a>(&'a self, text: impl Fn(&'a Session) -> Option<&'a str>) -> &'a str {
        self.session.as_ref().ok().and_then(text).unwrap_or_default()
    }
}

/// What sessions are sorted by.
pub(crate) const SESSION_COLUMNS: [Column<SessionEntry>; 6] = [
    Column { name: "start_unix_ns", compare: |a, b| b.place.cmp(&a.place) },
    Column {
        name: "call_count",
        compare: |a, b| a.number(|it| it.call_count).cmp(&b.number(|it| it.call_count)),
    },
    Column {
        name: "process_count",
        compare: |a, b| a.number(|it| it.process_count).cmp(&b.number(|it| it.process_count)),
    },
    Column {
        name: "script_path",
        compare: |a, b| a.text(|it| Some(&it.script)).cmp(b.text(|it| Some(&it.script))),
    },
    Column {
        name: "name",
        compare: |a, b| a.text(|it| it.name.as_deref()).cmp(b.text(|it| it.name.as_deref())),
    },
    Column {
        name: "state",
        compare: |a, b| {
            a.text(|it| Some(it.state.as_str())).cmp(b.text(|it| Some(it.state.as_str())))
        },
    },
];

/// All sessions at one moment.
pub(crate) struct Listing {
    /// Changes with the list.
    pub(crate) version: String,
    /// The newest first.
    pub(crate) table: Table<SessionEntry>,
}

impl Listing {
    /// The newest session that the user gave this name.
    pub(crate) fn named(&self, name: &str) -> Option<SessionId> {
        let is_meant = |entry: &&SessionEntry| {
            entry.session.as_ref().is_ok_and(|session| session.name.as_deref() == Some(name))
        };
        self.table.rows().iter().find(is_meant).map(|entry| entry.id.clone())
    }
}

/// The list, kept up to date.
pub(crate) struct SessionList {
    data_dir: DataDir,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    latest: Option<(Instant, Arc<Listing>)>,
    known: HashMap<SessionId, (SessionStamp, Result<Session, &'static str>)>,
    reading_count: u64,
}

impl SessionList {
    /// Reads nothing yet.
    pub(crate) fn new(data_dir: DataDir) -> Self {
        Self { data_dir, state: Mutex::default() }
    }

    /// The list as it is now, or was a second ago.
    pub(crate) fn read(&self) -> Result<Arc<Listing>, StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, listing)) = &state.latest
            && at.elapsed() < CHECK_INTERVAL
        {
            return Ok(Arc::clone(listing));
        }
        let entries = self.entries(&mut state)?;
        let same = state.latest.take().map(|(_, listing)| listing);
        let same = same.filter(|listing| listing.table.rows() == entries);
        let listing = same.unwrap_or_else(|| {
            state.reading_count += 1;
            Arc::new(listing(entries, state.reading_count))
        });
        state.latest = Some((Instant::now(), Arc::clone(&listing)));
        Ok(listing)
    }

    fn entries(&self, state: &mut State) -> Result<Vec<SessionEntry>, StoreError> {
        let index = SessionIndex::read(&self.data_dir)?;
        let mut before = std::mem::take(&mut state.known);
        let mut entries = Vec::with_capacity(index.ids().len());
        for id in index.ids() {
            // Gone meanwhile, or a link that could lead anywhere.
            let Ok(stamp) = SessionStamp::of(&self.data_dir, id) else { continue };
            let known =
                before.remove(id).filter(|(known, _)| *known == stamp && stamp.is_settled());
            let (_, session) = known.unwrap_or_else(|| (stamp.clone(), self.session(id)));
            state.known.insert(id.clone(), (stamp, session.clone()));
            entries.push(SessionEntry { place: entries.len(), id: id.clone(), session });
        }
        Ok(entries)
    }

    fn session(&self, id: &SessionId) -> Result<Session, &'static str> {
        let reader = SessionReader::open(&self.data_dir, id);
        reader.map(|reader| reader.session().clone()).map_err(|error| error.state_word())
    }
}

fn listing(entries: Vec<SessionEntry>, reading_count: u64) -> Listing {
    let table = Table::new(entries, &SESSION_COLUMNS, |entry, text| {
        text.push_str(entry.id.as_str());
        if let Ok(session) = &entry.session {
            let labels = [session.name.as_deref(), session.note.as_deref()];
            for part in [Some(session.script.as_str())].into_iter().chain(labels).flatten() {
                text.push('\n');
                text.push_str(part);
            }
        }
    });
    Listing { version: super::slot::version(&"list", reading_count), table }
}
