//! Which sessions there are, and which one a user means.
//!
//! Only names are read to choose a session; files are opened one by one as entries are asked for,
//! so that a folder with many sessions costs a listing.

use std::convert::Infallible;
use std::fs;
use std::io::ErrorKind;
use std::str::FromStr;

use ghost_model::{Session, SessionId};

use crate::data_dir::DataDir;
use crate::session_reader::SessionReader;
use crate::store_error::StoreError;

/// The sessions of a data folder, newest first.
#[derive(Clone, Debug)]
pub struct SessionIndex {
    data_dir: DataDir,
    ids: Vec<SessionId>,
}

/// How a user names a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionSelector {
    /// The newest one.
    Latest,
    /// The one before the newest.
    Previous,
    /// The one whose id begins like this.
    Prefix(String),
}

impl FromStr for SessionSelector {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "latest" => Self::Latest,
            "previous" => Self::Previous,
            prefix => Self::Prefix(prefix.to_owned()),
        })
    }
}

/// Why no session was chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// There are none at all.
    #[error("no session recorded yet")]
    NoSessions,
    /// There is only one.
    #[error("no session before the only one")]
    NoPrevious,
    /// No id begins like this.
    #[error("no session `{prefix}`")]
    Unknown {
        /// What was asked for.
        prefix: String,
    },
    /// Several ids begin like this.
    #[error("`{prefix}` could be any of {} sessions", candidates.len())]
    Ambiguous {
        /// What was asked for.
        prefix: String,
        /// Those it could be, newest first.
        candidates: Vec<SessionId>,
    },
}

impl SessionIndex {
    /// Lists the sessions; none where there is no data folder yet.
    pub fn read(data_dir: &DataDir) -> Result<Self, StoreError> {
        let folder = data_dir.sessions_dir();
        let mut ids: Vec<SessionId> = match fs::read_dir(&folder) {
            Ok(entries) => entries.flatten().filter_map(|entry| id_of(&entry)).collect(),
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(StoreError::io("read", &folder)(error)),
        };
        ids.sort_by_cached_key(|id| std::cmp::Reverse(age_key(id)));
        Ok(Self { data_dir: data_dir.clone(), ids })
    }

    /// The ids alone, newest first.
    pub fn ids(&self) -> &[SessionId] {
        &self.ids
    }

    /// Every session, newest first. One that cannot be read does not hide the others.
    pub fn entries(
        &self,
    ) -> impl Iterator<Item = (SessionId, Result<Session, StoreError>)> + use<'_> {
        self.ids.iter().map(|id| {
            let session = SessionReader::open(&self.data_dir, id);
            (id.clone(), session.map(|reader| reader.session().clone()))
        })
    }

    /// The session a user means.
    pub fn select(&self, selector: &SessionSelector) -> Result<SessionId, SelectError> {
        match selector {
            SessionSelector::Latest => self.ids.first().cloned().ok_or(SelectError::NoSessions),
            SessionSelector::Previous if self.ids.is_empty() => Err(SelectError::NoSessions),
            SessionSelector::Previous => self.ids.get(1).cloned().ok_or(SelectError::NoPrevious),
            SessionSelector::Prefix(prefix) => self.with_prefix(prefix),
        }
    }

    fn with_prefix(&self, prefix: &str) -> Result<SessionId, SelectError> {
        let begins = |id: &&SessionId| !prefix.is_empty() && id.as_str().starts_with(prefix);
        let mut candidates: Vec<SessionId> = self.ids.iter().filter(begins).cloned().collect();
        let prefix = prefix.to_owned();
        // An id written out is meant, even where it begins a longer one.
        if let Some(exact) = candidates.iter().position(|id| id.as_str() == prefix) {
            return Ok(candidates.swap_remove(exact));
        }
        match candidates.pop() {
            None if self.ids.is_empty() => Err(SelectError::NoSessions),
            None => Err(SelectError::Unknown { prefix }),
            Some(only) if candidates.is_empty() => Ok(only),
            Some(last) => {
                candidates.push(last);
                Err(SelectError::Ambiguous { prefix, candidates })
            }
        }
    }

    /// The sessions that the user gave this name, newest first. Files that cannot be read have none.
    pub fn named(&self, name: &str) -> Vec<SessionId> {
        let is_meant = |session: &Session| session.name.as_deref() == Some(name);
        let entries = self.entries();
        let named = entries.filter(|(_, session)| session.as_ref().is_ok_and(is_meant));
        named.map(|(id, _)| id).collect()
    }

    /// The shortest beginning of an id that no other session shares.
    pub fn unique_prefix<'id>(&self, id: &'id SessionId) -> &'id str {
        let text = id.as_str();
        let shared = |other: &SessionId| {
            let pairs = text.bytes().zip(other.as_str().bytes());
            pairs.take_while(|(mine, theirs)| mine == theirs).count()
        };
        let others = self.ids.iter().filter(|other| *other != id);
        let length = others.map(shared).max().unwrap_or(0) + 1;
        text.get(..length).unwrap_or(text)
    }
}

fn id_of(entry: &fs::DirEntry) -> Option<SessionId> {
    let name = entry.file_name();
    name.to_str()?.strip_suffix(".db")?.parse().ok()
}

/// Ids begin with a decimal time that may have any number of digits.
fn age_key(id: &SessionId) -> (usize, String) {
    let text = id.as_str().trim_start_matches('0').to_owned();
    (text.len(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(ids: &[&str]) -> (tempfile::TempDir, SessionIndex) {
        let root = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(root.path().to_owned());
        data_dir.create().unwrap();
        for id in ids {
            fs::write(data_dir.sessions_dir().join(format!("{id}.db")), "").unwrap();
        }
        let index = SessionIndex::read(&data_dir).unwrap();
        (root, index)
    }

    fn select(index: &SessionIndex, text: &str) -> Result<String, SelectError> {
        let selector = text.parse().unwrap();
        index.select(&selector).map(|id| id.to_string())
    }

    #[test]
    fn sessions_are_listed_newest_first_and_other_files_ignored() {
        let names = ["999-00000001", "1000-00000001", "1000-00000002", "x", "1000-0000000g"];
        let (_root, index) = index(&names);
        let ids: Vec<_> = index.ids().iter().map(SessionId::as_str).collect();
        assert_eq!(ids, ["1000-00000002", "1000-00000001", "999-00000001"]);
        assert_eq!(select(&index, "latest").unwrap(), "1000-00000002");
        assert_eq!(select(&index, "previous").unwrap(), "1000-00000001");
    }

    #[test]
    fn a_first_session_has_no_previous_one() {
        let (_root, only) = index(&["1000-00000001"]);
        assert_eq!(select(&only, "previous"), Err(SelectError::NoPrevious));
        let (_root, none) = index(&[]);
        assert_eq!(select(&none, "previous"), Err(SelectError::NoSessions));
    }

    #[test]
    fn a_prefix_must_be_unique() {
        let (_root, index) = index(&["1000-aa000001", "1000-ab000001", "999-00000001"]);
        assert_eq!(select(&index, "9").unwrap(), "999-00000001");
        assert_eq!(select(&index, "1000-ab").unwrap(), "1000-ab000001");
        let ambiguous = select(&index, "1000-a").unwrap_err();
        assert!(
            matches!(ambiguous, SelectError::Ambiguous { candidates, .. } if candidates.len() == 2)
        );
        for unknown in ["", "%", "1000-*", "../1000"] {
            assert!(
                matches!(select(&index, unknown), Err(SelectError::Unknown { .. })),
                "{unknown}"
            );
        }
    }

    #[test]
    fn the_unique_prefix_selects_its_session() {
        let (_root, index) = index(&["1000-aa000001", "1000-ab000001", "999-00000001"]);
        let prefixes: Vec<_> = index.ids().iter().map(|id| index.unique_prefix(id)).collect();
        assert_eq!(prefixes, ["1000-ab", "1000-aa", "9"]);
        for (prefix, id) in prefixes.iter().zip(index.ids()) {
            assert_eq!(select(&index, prefix).unwrap(), id.as_str());
        }
    }

    #[test]
    fn no_folder_is_no_session() {
        let index = SessionIndex::read(&DataDir::new("/nonexistent/ghost".into())).unwrap();
        assert_eq!(select(&index, "latest"), Err(SelectError::NoSessions));
        assert_eq!(select(&index, "1"), Err(SelectError::NoSessions));
    }

    #[test]
    fn a_broken_file_is_an_entry_of_its_own() {
        let (_root, index) = index(&["1000-aa000001"]);
        let (id, session) = index.entries().next().unwrap();
        assert_eq!(id.as_str(), "1000-aa000001");
        assert!(matches!(session, Err(StoreError::NotASession { .. })));
    }
}
