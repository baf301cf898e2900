//! Adds what other sessions say about the same files: a function called in one of them was called.

use ghost_analysis::History;
use ghost_model::{Session, SessionId};
use ghost_store::{SessionIndex, SessionReader};

use crate::args::AnomaliesArguments;
use crate::commands::session_choice;
use crate::exit::CommandError;
use crate::output::talk;

/// Adds every session that was asked for and has to do with these files. One that cannot be read is
/// said, and does not count.
pub(super) fn add_others(
    history: &mut History,
    arguments: &AnomaliesArguments,
    session: &Session,
    files: &[String],
) -> Result<(), CommandError> {
    if arguments.sessions.is_none() && arguments.since.is_none() {
        return Ok(());
    }
    let data_dir = session_choice::data_dir()?;
    let index = SessionIndex::read(&data_dir)?;
    let newest = index.ids().iter().take(arguments.sessions.unwrap_or(usize::MAX));
    for id in newest.filter(|id| **id != session.id && is_since(arguments, id)) {
        match SessionReader::open(&data_dir, id).and_then(|reader| reader.recording()) {
            Ok(recording) => {
                if recording.observed().any(|(_, function, _)| files.contains(&function.file)) {
                    history.add(&recording);
                }
            }
            Err(error) => talk::say(error),
        }
    }
    Ok(())
}

/// Ids begin with the second in which the session began.
fn is_since(arguments: &AnomaliesArguments, id: &SessionId) -> bool {
    let Some(since) = arguments.since else { return true };
    let seconds = id.as_str().split('-').next().and_then(|text| text.parse::<u64>().ok());
    seconds.is_none_or(|seconds| seconds >= since.unix_ns / 1_000_000_000)
}
