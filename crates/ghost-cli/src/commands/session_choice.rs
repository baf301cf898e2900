//! From what the user calls a session to an open one; the beginning of every command that shows
//! something.

use std::time::{SystemTime, UNIX_EPOCH};

use ghost_model::{Session, SessionId, SessionState};
use ghost_store::{DataDir, SelectError, SessionIndex, SessionReader, recover};

use crate::environment;
use crate::exit::CommandError;
use crate::output::talk;

/// Opens the data folder and brings it up to date. What cannot be brought up to date is said, and
/// does not keep the rest from being shown.
pub(super) fn data_dir() -> Result<DataDir, CommandError> {
    let data_dir = DataDir::new(environment::data_root()?);
    catch_up(&data_dir);
    Ok(data_dir)
}

/// Folds in what programs left behind whose `ghost run` did not see their end.
pub(super) fn catch_up(data_dir: &DataDir) {
    match recover(data_dir) {
        Ok(recovery) => {
            for (path, reason) in &recovery.broken {
                talk::say(format_args!("cannot use `{}`: {reason}", path.display()));
            }
        }
        Err(error) => talk::say(format_args!("cannot complete earlier sessions: {error}")),
    }
}

/// Opens the session that `wanted` names: an id, the start of one, a name, or `latest`.
pub(super) fn open(wanted: &str) -> Result<SessionReader, CommandError> {
    let data_dir = data_dir()?;
    let id = select(&data_dir, wanted)?;
    Ok(SessionReader::open(&data_dir, &id)?)
}

/// Opens two sessions.
pub(super) fn open_two(first: &str, second: &str) -> Result<[SessionReader; 2], CommandError> {
    let data_dir = data_dir()?;
    let [first, second] = [select(&data_dir, first)?, select(&data_dir, second)?];
    Ok([SessionReader::open(&data_dir, &first)?, SessionReader::open(&data_dir, &second)?])
}

/// The session that `wanted` names.
pub(super) fn select(data_dir: &DataDir, wanted: &str) -> Result<SessionId, CommandError> {
    let index = SessionIndex::read(data_dir)?;
    let selector = wanted.parse().unwrap_or_else(|never: std::convert::Infallible| match never {});
    match index.select(&selector) {
        Err(unknown @ SelectError::Unknown { .. }) => {
            newest_named(&index, wanted).ok_or_else(|| unknown.into())
        }
        selected => Ok(selected?),
    }
}

/// The newest session of that name. That it was chosen among several is said.
fn newest_named(index: &SessionIndex, name: &str) -> Option<SessionId> {
    let named = index.named(name);
    let newest = named.first()?;
    if named.len() > 1 {
        let count = named.len();
        talk::say(format_args!(
            "{count} sessions are named `{name}`; this is the newest, {newest}"
        ));
    }
    Some(newest.clone())
}

/// How long a session took; for a running one, until now.
pub(super) fn duration_ns(session: &Session) -> Option<u64> {
    let running = session.state == SessionState::Running;
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        u64::try_from(since.as_nanos()).ok()
    };
    let end = session.end_unix_ns.or_else(|| if running { now() } else { None })?;
    Some(end.saturating_sub(session.start_unix_ns))
}
